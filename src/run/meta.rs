//! `meta`: what changes the walk itself.

use std::sync::Arc;

use crate::action::Answer;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::event::{Event, FORGIVEN, Level, Outcome, TaskResult};
use crate::plan::PlannedTask;

use super::cursor::Position;
use super::strategy::Batch;
use super::{announce, inherit, verdict};

/// One `meta` step for the hosts that stand at it.
pub(super) async fn step(batch: &mut Batch, task: &Arc<PlannedTask>, position: &Position, members: &[usize]) {
    let what = task.task.action.args.raw.as_ref().map(|f| f.value.to_text()).unwrap_or_default();
    if !task.implicit {
        let first = &batch.hosts[members[0]];
        announce::task(&batch.play, task, &first.name, first.cursor.in_handlers()).await;
    }
    let mut chosen = Vec::new();
    for member in members.iter().copied() {
        match holds(batch, task, member) {
            Ok(true) => chosen.push(member),
            Ok(false) => {
                passed_over(batch, task, &what, member).await;
                batch.hosts[member].advance();
            }
            Err(answer) => fail(batch, task, member, answer).await,
        }
    }
    if chosen.is_empty() {
        return;
    }
    tell(batch, task, &what, &chosen).await;
    if let Some(words) = misplaced(batch, task, &what, chosen[0]) {
        let problem = Diagnostic::error("misplaced-meta", words).at(&task.task.span, "");
        return batch.play.run.abort(&Diagnostics(vec![problem])).await;
    }
    match what.as_str() {
        "flush_handlers" => flush(batch, task, position, &chosen),
        "end_host" => each(batch, &chosen, |host| host.end()),
        "end_role" => each(batch, &chosen, |host| {
            host.take();
            host.cursor.end_role();
        }),
        "end_play" | "end_batch" => {
            batch.hosts.iter_mut().filter(|h| h.is_active()).for_each(|h| h.end());
            if what == "end_play" {
                batch.play.end_play();
            }
        }
        _ => {
            act(batch, task, &what, &chosen).await;
            each(batch, &chosen, |host| host.advance());
        }
    }
}

/// What cannot be done where the step stands.
// ansible: scripts look for these words.
fn misplaced(batch: &Batch, task: &PlannedTask, what: &str, member: usize) -> Option<&'static str> {
    let handler = batch.hosts[member].cursor.in_handlers();
    match what {
        "flush_handlers" if handler => Some("flush_handlers cannot be used as a handler"),
        "end_role" if handler => Some("Cannot execute 'end_role' from a handler"),
        "end_role" if inherit::role(&task.lineage).is_none() => {
            Some("Cannot execute 'end_role' from outside of a role")
        }
        _ => None,
    }
}

/// Actions that are for all hosts at once.
fn is_for_all(what: &str) -> bool {
    matches!(what, "end_play" | "end_batch" | "refresh_inventory" | "clear_host_errors")
}

/// Says what is done, to each host it is done to.
async fn tell(batch: &Batch, task: &PlannedTask, what: &str, chosen: &[usize]) {
    if task.implicit {
        return debug(batch, chosen).await;
    }
    for member in &chosen[..if is_for_all(what) { 1 } else { chosen.len() }] {
        let host = batch.hosts[*member].name.clone();
        let words = match what {
            "flush_handlers" => format!("triggered running handlers for {host}"),
            "refresh_inventory" => "inventory successfully refreshed".into(),
            "clear_facts" => "facts cleared".into(),
            "clear_host_errors" => FORGIVEN.into(),
            "end_batch" => "ending batch".into(),
            "end_play" => "ending play".into(),
            "end_host" => format!("ending play for {host}"),
            "end_role" => format!("ending role {} for {host}", role(task)),
            "reset_connection" => "reset connection".into(),
            other => other.to_owned(),
        };
        batch.play.run.send(Event::Steered { task: task.id, host, words, passed_over: None }).await;
    }
}

/// With `ANSIBLE_DEBUG` handlers are told of that run at the end of a section.
async fn debug(batch: &Batch, chosen: &[usize]) {
    if !batch.play.run.options.debug {
        return;
    }
    for host in chosen.iter().map(|member| &batch.hosts[*member]).filter(|host| !host.notified.is_empty()) {
        let message = format!("META: triggered running handlers for {}", host.name);
        batch.play.run.send(Event::Notice { level: Level::Detail, message, origin: None }).await;
    }
}

fn role(task: &PlannedTask) -> String {
    inherit::role(&task.lineage).map(|role| role.role.name.clone()).unwrap_or_default()
}

/// The condition does not hold on a host.
async fn passed_over(batch: &Batch, task: &PlannedTask, what: &str, member: usize) {
    let host = batch.hosts[member].name.clone();
    let rest = match what {
        "flush_handlers" => format!("not running handlers for {host}"),
        "clear_facts" => format!("not clearing facts and fact cache for {host}"),
        "clear_host_errors" => format!("not clearing host error state for {host}"),
        "end_batch" => "continuing current batch".into(),
        "end_play" => "continuing play".into(),
        "end_host" => format!("continuing execution for {host}"),
        "end_role" => format!("continuing role {} for {host}", role(task)),
        _ => return,
    };
    let words = format!("{what} conditional evaluated to False, {rest}");
    let message = if what == "end_host" { words.replace("False", "false") } else { what.to_owned() };
    let event = Event::Steered { task: task.id, host, words, passed_over: Some(message) };
    batch.play.run.send(event).await;
}

fn each(batch: &mut Batch, chosen: &[usize], change: impl Fn(&mut super::host::HostState)) {
    for member in chosen {
        change(&mut batch.hosts[*member]);
    }
}

/// Effects that leave the walk as it is.
async fn act(batch: &mut Batch, task: &PlannedTask, what: &str, chosen: &[usize]) {
    match what {
        "clear_facts" => {
            for member in chosen {
                batch.play.run.store.clear_facts(&batch.hosts[*member].name);
            }
        }
        "reset_connection" => {
            for member in chosen {
                batch.play.reset_connection(&batch.hosts[*member].name, task).await;
            }
        }
        "refresh_inventory" => batch.play.run.refresh_inventory(),
        "clear_host_errors" => {
            batch.play.clear_host_errors();
            batch.hosts.iter_mut().for_each(|host| host.forgive());
        }
        _ => {}
    }
}

/// Whether its conditions hold on a host.
fn holds(batch: &Batch, task: &Arc<PlannedTask>, member: usize) -> Result<bool, Answer> {
    let scope = batch.play.scope(&batch.hosts[member].name, task);
    let conditions = inherit::conditions(&task.lineage);
    let first_false = verdict::all_hold(conditions, &batch.play.run.engine, &scope)?;
    Ok(first_false.is_none())
}

async fn fail(batch: &mut Batch, task: &Arc<PlannedTask>, member: usize, answer: Answer) {
    let host = batch.hosts[member].name.clone();
    let rescued = batch.hosts[member].cursor.would_rescue();
    let result = TaskResult {
        outcome: Outcome::Failed,
        result: answer.registered(),
        explanation: answer.explanation,
        ..TaskResult::default()
    };
    let time = batch.play.run.now();
    batch.play.run.send(Event::HostStarted { task: task.id, host: host.clone(), time }).await;
    batch
        .play
        .run
        .send(Event::HostFinished { task: task.id, host: host.clone(), result, rescued, time })
        .await;
    batch.hosts[member].fail();
}

/// Pushes the handlers; a host that owes none goes on.
fn flush(batch: &mut Batch, task: &Arc<PlannedTask>, position: &Position, chosen: &[usize]) {
    let Batch { play, hosts, .. } = batch;
    let handlers = play.handlers.steps();
    for member in chosen {
        let host = &mut hosts[*member];
        if host.notified.is_empty() {
            host.advance();
            continue;
        }
        let names = std::mem::take(&mut host.notifications);
        if !names.is_empty() {
            // ansible: names mean what they mean by now, roles that came in since included.
            let scope = play.scope(&host.name, task);
            let found =
                |name: &String| play.handlers.find(name, &play.run.engine, &scope).unwrap_or_default();
            host.notified = names.iter().flat_map(found).collect();
        }
        host.take();
        host.cursor.flush(position, handlers.clone());
    }
}
