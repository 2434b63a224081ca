//! Events that are worded in several places.

use std::sync::Arc;

use crate::action::Answer;
use crate::diagnostic::{self, Diagnostics, Severity, Span};
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

pub(super) fn info(play: &PlayRun, planned: &PlannedTask, host: &Arc<str>, handler: bool) -> TaskInfo {
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
    let mut origin = Origin::of(&task.span);
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

/// Whether a play's tasks foretell, where they do not say otherwise.
pub(super) fn checks(play: &PlayRun) -> bool {
    let scope = play.own_scope();
    let keywords = Keywords { lineage: &play.plan.lineage, engine: &play.run.engine, scope: &scope };
    let asked = keywords.flag("check_mode", |d| d.check_mode.as_ref()).ok().flatten();
    asked.unwrap_or(play.run.options.check)
}

/// A task as the debugger names it.
pub(super) fn title(play: &PlayRun, planned: &PlannedTask, host: &Arc<str>) -> String {
    let info = info(play, planned, host, false);
    let name = if info.name.is_empty() { info.action } else { info.name };
    match info.role {
        Some(role) => format!("TASK: {role} : {name}"),
        None => format!("TASK: {name}"),
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
    let own = &task.action.name_span;
    let place = |place: &Option<Span>| place.clone().unwrap_or_else(|| own.clone());
    let outer = mistake.contexts().iter().map(|(message, at)| (message.clone(), Some(place(at))));
    let outer: Vec<_> = outer.collect();
    // ansible: it points at the text of a template, not into it.
    let around = outer.last().and_then(|(_, at)| at.clone()).filter(|at| {
        mistake.place().is_some_and(|inner| {
            Arc::ptr_eq(&inner.source, &at.source) && (at.start..=at.end).contains(&inner.start)
        })
    });
    let inner = (mistake.reason().to_owned(), around.or_else(|| mistake.place().cloned()));
    let told =
        |(message, place): (String, Option<Span>)| Cause { message, origin: place.as_ref().map(Origin::of) };
    let told_so = answer.failure.as_ref().is_none_or(|told| told.starts_with("Task failed"));
    let task = told_so.then(|| Cause { message: "Task failed".into(), origin: Some(Origin::of(own)) });
    task.into_iter().chain(outer.into_iter().chain([inner]).map(told)).collect()
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

/// Mistakes that fail the host: what is not there may be elsewhere on another. Others are in a text that is the same
/// for all, and that nothing can rescue.
const OF_HOSTS: [&str; 6] =
    ["missing-file", "unreadable-file", "missing-role", "no-role", "module-not-built-in", "vault"];

/// Whether mistakes in what was to be included end the run.
// ansible: so do those of reading; those of finding fail the host.
pub(super) fn is_grave(mistakes: &Diagnostics) -> bool {
    let mut errors = mistakes.0.iter().filter(|found| found.severity == Severity::Error);
    errors.any(|found| !OF_HOSTS.contains(&found.slug))
}

/// The result when the run ends for what was to be included.
pub(super) fn given_up(file: Option<&str>) -> TaskResult {
    let mut result = serde_json::Map::new();
    result.insert("changed".into(), false.into());
    result.insert("failed".into(), true.into());
    result.extend(file.map(|file| ("include".to_owned(), file.into())));
    result.insert("reason".into(), "there are mistakes in what was to be included".into());
    TaskResult { outcome: Outcome::Failed, result, ..TaskResult::default() }
}

/// The result when what was to be included cannot be read, with all its mistakes.
pub(super) fn unreadable(mistakes: &Diagnostics, file: Option<&str>) -> TaskResult {
    let first = mistakes.0.iter().find(|found| found.severity == Severity::Error);
    let reason = first.map_or("", |first| first.words.as_ref().unwrap_or(&first.message));
    let origin = first.and_then(|first| first.place.as_ref()).map(|(span, _)| Origin::of(span));
    let mut result = serde_json::Map::new();
    result.insert("changed".into(), false.into());
    result.insert("failed".into(), true.into());
    result.extend(file.map(|file| ("include".to_owned(), file.into())));
    result.insert("reason".into(), reason.into());
    TaskResult {
        outcome: Outcome::Failed,
        result,
        explanation: Some(diagnostic::render_all(mistakes, false)),
        causes: vec![Cause { message: reason.to_owned(), origin }],
        ..TaskResult::default()
    }
}
