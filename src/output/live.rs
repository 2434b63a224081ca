//! What hosts are doing now, and the lines that long commands print meanwhile.

use std::collections::HashMap;
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use indexmap::IndexMap;

use super::text;
use crate::event::{Doing, Event};

/// A command is long when it runs for so many seconds.
const LONG: f64 = 3.0;

/// So many lines are kept until then.
const KEPT: usize = 500;

/// The tasks in hand.
#[derive(Default)]
pub(super) struct Live {
    /// Host and task, since when.
    busy: IndexMap<(Arc<str>, u64), f64>,
    /// Lines not shown yet.
    held: HashMap<(Arc<str>, u64), Vec<String>>,
    now: f64,
}

impl Live {
    pub(super) fn event(&mut self, event: &Event) {
        match event {
            Event::HostStarted { task, host, time } => {
                self.busy.insert((host.clone(), *task), *time);
            }
            Event::HostFinished { task, host, .. } => {
                let key = (host.clone(), *task);
                self.busy.shift_remove(&key);
                self.held.remove(&key);
            }
            Event::Output { time, .. } => self.now = *time,
            _ => {}
        }
    }

    /// The lines to show when one more came: none at first, then all.
    pub(super) fn lines(&mut self, task: u64, host: &Arc<str>, line: &str) -> Vec<String> {
        let key = (host.clone(), task);
        let since = self.busy.get(&key).copied().unwrap_or(self.now);
        if self.now - since >= LONG {
            let mut lines = self.held.remove(&key).unwrap_or_default();
            lines.push(line.to_string());
            return lines;
        }
        let held = self.held.entry(key).or_default();
        held.push(line.to_string());
        if held.len() > KEPT {
            held.remove(0);
        }
        Vec::new()
    }

    /// What each host is doing, and what goes on with connections.
    pub(super) fn told(&self, time: f64, doing: &[Doing], name: impl Fn(u64) -> String) -> Vec<String> {
        let busy = self.busy(time, name);
        let connection = |doing: &Doing| {
            format!("  connection to {}: {}, {}", doing.host, doing.what, text::duration(doing.seconds))
        };
        let mut lines = vec![format!("{} busy", text::count(busy.len(), "host"))];
        lines.extend(busy.iter().map(|line| format!("  {line}")));
        lines.extend(doing.iter().map(connection));
        lines
    }

    /// `web1: install nginx, 12 s`, the longest first.
    fn busy(&self, time: f64, name: impl Fn(u64) -> String) -> Vec<String> {
        let mut busy: Vec<_> = self.busy.iter().collect();
        busy.order_by(|a, b| a.1.total_cmp(b.1));
        let line = |((host, task), since): (&(Arc<str>, u64), &f64)| {
            format!("{host}: {}, {}", name(*task), text::duration(time - since))
        };
        busy.into_iter().map(line).collect()
    }
}
