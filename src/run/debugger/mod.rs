//! The task debugger: after a task that ended as its `debugger:` says, the user looks around,
//! changes arguments, and lets it run again or goes on.

mod console;
mod dialog;
mod statement;

use std::sync::Arc;
use std::sync::atomic::Ordering;

use crate::event::{Event, Outcome};
use crate::plan::PlannedTask;
use crate::vars::TaskScope;

use super::finish::Finished;
use super::settings::Keywords;
use super::{PlayRun, inherit};
use dialog::{Dialog, Next};

/// One dialogue at a time: there is one terminal.
static TERMINAL: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());

/// Whether a task may come to ask the user at all.
pub(super) fn possible(play: &PlayRun, planned: &PlannedTask) -> bool {
    play.debugging || inherit::nearest(&planned.lineage, |d| d.debugger.as_ref()).is_some()
}

/// Whether the user is to be asked, now that a task has ended so on a host.
pub(super) fn wanted(play: &PlayRun, planned: &PlannedTask, host: &Arc<str>, done: &Finished) -> bool {
    let scope = play.scope(host, planned);
    let keywords = Keywords { lineage: &planned.lineage, engine: &play.run.engine, scope: &scope };
    let when = keywords.text(|d| d.debugger.as_ref()).ok().flatten();
    let options = &play.run.options;
    let failed = match done.outcome {
        Outcome::Failed => true,
        Outcome::Ignored => !options.debugger_forgives,
        _ => false,
    };
    let unreachable = matches!(done.outcome, Outcome::Unreachable | Outcome::UnreachableIgnored);
    match when.as_deref() {
        Some("always") => true,
        Some("never") => false,
        Some("on_failed") if failed => true,
        Some("on_unreachable") if unreachable => true,
        Some("on_skipped") if done.outcome == Outcome::Skipped => true,
        _ => play.debugging && (failed || unreachable),
    }
}

/// Asks until the user knows how to go on: the task to run again, or `None` when all stays as it is.
pub(super) async fn ask(
    play: &PlayRun,
    planned: &Arc<PlannedTask>,
    host: &Arc<str>,
    done: &Finished,
    rescued: bool,
) -> Option<Arc<PlannedTask>> {
    if play.run.is_stopping() {
        return None;
    }
    let _terminal = TERMINAL.lock().await;
    play.run.drained().await;
    let dialog = dialog(play, planned, host, done, &play.scope(host, planned));
    let (next, args) = tokio::task::spawn_blocking(move || dialog.hold()).await.ok()?;
    match next {
        Next::Continue => None,
        Next::Quit => {
            play.run.stopping.store(true, Ordering::Relaxed);
            None
        }
        Next::Redo => {
            let result = done.result.clone();
            play.run.send(Event::Redone { task: planned.id, host: host.clone(), result, rescued }).await;
            let mut task = (*planned.task).clone();
            task.action.args = args;
            Some(Arc::new(PlannedTask { task: Arc::new(task), ..planned.copied() }))
        }
    }
}

fn dialog(
    play: &PlayRun,
    planned: &PlannedTask,
    host: &Arc<str>,
    done: &Finished,
    scope: &TaskScope,
) -> Dialog {
    Dialog::new(
        play.run.engine.clone(),
        scope.clone(),
        host.clone(),
        super::announce::title(play, planned, host),
        planned.task.action.clone(),
        done.result.result.clone(),
    )
}
