//! `--step`: the user is asked before each task.

use super::strategy::{Batch, Group};
use super::{announce, prompts};
use crate::event::{Event, Level};

/// So wide is the line that repeats a question.
const WIDTH: usize = 79;

impl Batch {
    /// Whether the user wants a task to run: asked once for all hosts, or for each where they do not wait for another.
    pub(super) async fn is_wanted(&self, group: &Group) -> bool {
        let run = &self.play.run;
        if !run.options.step {
            return true;
        }
        let mut asking = run.stepping.lock().await;
        if !*asking {
            return true;
        }
        let host = &self.hosts[group.members[0]];
        let task = announce::info(&self.play, &group.task, &host.name, host.cursor.in_handlers());
        let kind = if task.handler { "HANDLER" } else { "TASK" };
        let role = task.role.map(|role| format!("{role} : ")).unwrap_or_default();
        let name = if task.name.is_empty() { task.action } else { task.name };
        let on = if self.lockstep { String::new() } else { format!("on {} ", host.name) };
        let question = format!("Perform task: {kind}: {role}{name} {on}(N)o/(y)es/(c)ontinue: ");
        run.drained().await;
        let answer = prompts::typed(&question).await.unwrap_or_default().to_lowercase();
        let stars = "*".repeat(WIDTH.saturating_sub(question.trim_end().chars().count()).max(3));
        if run.planner.is_lenient() {
            let message = format!("\n{} {stars}", question.trim_end());
            run.send(Event::Notice { level: Level::Detail, message, origin: None }).await;
        }
        *asking = !matches!(answer.as_str(), "c" | "continue");
        matches!(answer.as_str(), "y" | "yes" | "c" | "continue")
    }
}
