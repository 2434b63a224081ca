//! Headings: a title and stars up to the edge.

use super::super::color::Color;
use super::{Ansible, result};

impl Ansible {
    /// A title with stars after it, and an empty line before.
    pub(super) fn banner(&mut self, title: &str) {
        // ansible: one column less than the terminal has, and never less than 79.
        let columns = self.screen.columns.map_or(79, |columns| columns.saturating_sub(1).max(79));
        let title = title.trim();
        let stars = columns.saturating_sub(console::measure_text_width(title)).max(3);
        self.screen.line(&format!("\n{title} {}", "*".repeat(stars)));
    }

    /// The playbook that the next play is of, where another was before.
    pub(super) fn playbook(&mut self) {
        while self.plays == 0 {
            let Some((name, plays)) = self.playbooks.pop() else { return };
            self.plays = plays;
            if self.verbosity >= 2 {
                let last = name.rsplit('/').next().unwrap_or(&name);
                self.banner(&format!("PLAYBOOK: {last}"));
                self.print(&format!("{plays} plays in {name}"), Color::Verbose);
            }
        }
        self.plays -= 1;
    }

    pub(super) fn play_heading(&mut self) {
        let marker = self.marker(self.play_check);
        let name = self.play.trim().to_string();
        let title = if name.is_empty() { format!("PLAY{marker}") } else { format!("PLAY [{name}]{marker}") };
        self.banner(&title);
    }

    fn marker(&self, check: bool) -> &'static str {
        if check && self.settings.check_mode_markers { " [CHECK MODE]" } else { "" }
    }

    /// The heading of a task, unless it is the one above already.
    pub(super) fn heading_before_result(&mut self, id: u64) {
        if self.announced != Some(id) {
            self.task_heading(id);
        }
    }

    pub(super) fn task_heading(&mut self, id: u64) {
        let Some(task) = self.tasks.get(&id) else { return };
        let word = if task.handler { "RUNNING HANDLER" } else { "TASK" };
        let title = format!("{word} [{}]{}", result::task_name(task), self.marker(task.check));
        self.announced = Some(id);
        self.banner(&title);
        if self.verbosity >= 2 {
            self.task_path(id);
        }
    }

    /// Where the task stands.
    pub(super) fn task_path(&mut self, id: u64) {
        let Some(task) = self.tasks.get(&id) else { return };
        let place = task.origin.as_ref().map_or(task.place.clone(), |o| format!("{}:{}", o.path, o.line));
        self.print(&format!("task path: {place}"), Color::Debug);
    }
}
