//! Events that are worded in several places.

use std::sync::Arc;

use crate::action::Answer;
use crate::diagnostic::Span;
use crate::event::Cause;
use crate::event::{Event, Origin, Outcome, TaskInfo, TaskResult};
use crate::plan::PlannedTask;
use crate::playbook::Task;

use super::include::Include;
use super::settings::Keywords;
use super::{PlayRun, inherit};

/// A task begins; its name is rendered with what `host` knows.
/// With `handler` it runs because a handler was notified.
pub(super) async fn task(play: &PlayRun, planned: &PlannedTask, host: &Arc<str>, handler: bool) {
    let time = play.run.now();
    play.run.send(Event::TaskStarted { task: info(play, planned, host, handler), time }).await;
}

fn info(play: &PlayRun, planned: &PlannedTask, host: &Arc<str>, handler: bool) -> TaskInfo {
    let task = &planned.task;
    let scope = play.scope(host, planned);
    let keywords = Keywords { lineage: &planned.lineage, engine: &play.run.engine, scope: &scope };
    let flag = |found: Result<Option<bool>, _>, default| found.ok().flatten().unwrap_or(default);
    let name = task.name.as_ref().map(|field| match play.run.engine.resolve(&field.value, &scope) {
        Ok(value) => value.to_text(),
        Err(_) => field.value.to_json().as_str().unwrap_or_default().to_owned(),
    });
    let (line, _) = task.span.position();
    let no_log = flag(keywords.flag("no_log", |d| d.no_log.as_ref()), false);
    let mut origin = origin(&task.span);
    if no_log {
        // What must not be shown may stand in the task's own lines.
        origin.lines.clear();
    }
    TaskInfo {
        origin: Some(origin),
        looped: task.looping.is_some(),
        id: planned.id,
        name: name.or_else(|| role_of(task)).unwrap_or_default(),
        role: inherit::role(&planned.lineage).map(|role| role.role.name.clone()),
        action: task.action.name.clone(),
        place: format!("{}:{line}", task.span.source.name),
        handler,
        check: flag(keywords.flag("check_mode", |d| d.check_mode.as_ref()), play.run.options.check),
        diff: flag(keywords.flag("diff", |d| d.diff.as_ref()), play.run.options.diff),
        no_log,
        position: Vec::new(),
        args: Default::default(),
    }
}

/// ansible: an included role stands for the name of its task.
fn role_of(task: &Task) -> Option<String> {
    let short = crate::action::short_name(&task.action.name);
    let (_, _, role) = task.action.args.options.iter().find(|(key, ..)| key == "name" || key == "role")?;
    let role = role.value.to_json();
    (short == "include_role").then(|| format!("{} : {}", task.action.name, role.as_str().unwrap_or_default()))
}

/// The reasons of a failure of the user's text, outermost first.
pub(super) fn causes(answer: &Answer, task: &Task) -> Vec<Cause> {
    let Some(mistake) = &answer.mistake else { return Vec::new() };
    let outer = mistake.trail().iter().rev().map(|(message, place)| (message.clone(), place.as_ref()));
    let inner = (mistake.message().to_owned(), mistake.place());
    let told = |(message, place): (String, Option<&Span>)| Cause { message, origin: place.map(origin) };
    let task = Cause { message: "Task failed".into(), origin: Some(origin(&task.action.name_span)) };
    std::iter::once(task).chain(outer.chain([inner]).map(told)).collect()
}

/// A place with the lines that show it.
pub(super) fn origin(span: &Span) -> Origin {
    let (line, column) = span.position();
    let path = std::path::absolute(&span.source.name)
        .map_or_else(|_| span.source.name.clone(), |p| p.display().to_string());
    let first = line.saturating_sub(3);
    let lines = span.source.text.lines().skip(first).take(line - first).map(str::to_owned).collect();
    Origin { path, line: line as u32, column: column as u32, lines }
}

/// A file or role was included for these hosts.
pub(super) fn included(planned: &PlannedTask, include: &Include, hosts: Vec<Arc<str>>) -> Event {
    Event::Included { task: planned.id, file: include.name(), hosts, label: include.label.clone() }
}

/// A host's task is finished.
pub(super) async fn finished(
    play: &PlayRun,
    planned: &PlannedTask,
    host: &Arc<str>,
    result: TaskResult,
    rescued: bool,
) {
    play.run.tell_warnings().await;
    let time = play.run.now();
    play.run.send(Event::HostFinished { task: planned.id, host: host.clone(), result, rescued, time }).await;
}

/// The result when what was to be included cannot be read; `drawn` has all its mistakes.
pub(super) fn unreadable(drawn: &str) -> TaskResult {
    let first = drawn.lines().next().unwrap_or_default();
    let mut result = serde_json::Map::new();
    result.insert("failed".into(), true.into());
    result.insert("msg".into(), first.strip_prefix("error: ").unwrap_or(first).into());
    TaskResult {
        outcome: Outcome::Failed,
        result,
        explanation: Some(drawn.to_owned()),
        ..TaskResult::default()
    }
}
