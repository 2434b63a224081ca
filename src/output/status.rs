//! The status line of a terminal: how far the run is, and what hosts are busy with.

use std::collections::{HashMap, HashSet};
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};

use indexmap::IndexMap;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use parking_lot::Mutex;

use super::{Output, text};
use crate::event::{Event, Stats};

/// So many hosts are named; the longest at work first.
const NAMED: usize = 3;

/// Keeps a line below all others on the terminal.
pub(crate) struct Status {
    bar: ProgressBar,
    state: Arc<Mutex<State>>,
}

/// Writes above the status line.
pub(crate) struct Above {
    bar: ProgressBar,
    to: Box<dyn Write + Send>,
}

/// What the line says.
struct State {
    began: Instant,
    names: HashMap<u64, String>,
    steps: usize,
    begun: HashSet<u64>,
    busy: IndexMap<(Arc<str>, u64), Instant>,
    hosts: usize,
}

impl Status {
    /// A line on standard error.
    pub(crate) fn new() -> Self {
        let state = Arc::new(Mutex::new(State::new(Instant::now())));
        let shown = state.clone();
        let columns = console::Term::stderr().size().1 as usize;
        let line = move |_: &indicatif::ProgressState, out: &mut dyn std::fmt::Write| {
            let line = shown.lock().line(Instant::now());
            // The line vanishes when the terminal does; nothing is lost.
            let _ = out.write_str(&console::truncate_str(&line, columns.saturating_sub(8), "…"));
        };
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(8));
        if let Ok(style) = ProgressStyle::with_template("{spinner} {line}") {
            bar.set_style(style.with_key("line", line));
        }
        bar.enable_steady_tick(Duration::from_millis(200));
        Self { bar, state }
    }

    /// A writer whose lines appear above the status line.
    pub(crate) fn above(&self, to: impl Write + Send + 'static) -> Above {
        Above { bar: self.bar.clone(), to: Box::new(to) }
    }
}

impl Output for Status {
    fn takes_many(&self) -> bool {
        // None of them was ever busy.
        true
    }

    fn event(&mut self, event: &Event, _: &Stats) {
        self.state.lock().event(event, Instant::now());
        if let Event::RunFinished { .. } = event {
            self.bar.finish_and_clear();
        }
    }
}

impl Drop for Status {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

impl Write for Above {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.bar.suspend(|| self.to.write(bytes))
    }

    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.bar.suspend(|| self.to.write_all(bytes).and_then(|()| self.to.flush()))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.to.flush()
    }
}

impl State {
    fn new(began: Instant) -> Self {
        let (names, begun, busy) = (HashMap::new(), HashSet::new(), IndexMap::new());
        Self { began, names, steps: 0, begun, busy, hosts: 0 }
    }

    fn event(&mut self, event: &Event, now: Instant) {
        match event {
            Event::PlayStarted { steps, hosts, .. } => {
                self.steps = self.begun.len() + steps;
                self.hosts = hosts.len();
            }
            Event::TaskStarted { task, .. } => {
                let name = if task.name.is_empty() { &task.action } else { &task.name };
                self.names.insert(task.id, name.clone());
                self.begun.insert(task.id);
            }
            Event::HostStarted { task, host, .. } => {
                self.busy.insert((host.clone(), *task), now);
            }
            Event::HostFinished { task, host, .. } => {
                self.busy.shift_remove(&(host.clone(), *task));
            }
            _ => {}
        }
    }

    /// `task 12 of ≥ 40, 2 of 3 hosts busy, 1 m 12 s · web3: migrate 12 s`.
    fn line(&self, now: Instant) -> String {
        let seconds = |since: Instant| text::duration(now.saturating_duration_since(since).as_secs_f64());
        let (done, steps) = (self.begun.len(), self.steps.max(self.begun.len()));
        let mut line = format!(
            "task {done} of ≥ {steps}, {} of {} busy, {}",
            self.busy.keys().map(|(host, _)| host).collect::<HashSet<_>>().len(),
            text::count(self.hosts, "host"),
            seconds(self.began)
        );
        // Insertion order is the order of beginning.
        let named = self.busy.iter().take(NAMED).map(|((host, task), since)| {
            let name = self.names.get(task).map_or("", String::as_str);
            format!("{host}: {} {}", text::cut(name, 30), seconds(*since))
        });
        let named: Vec<_> = named.collect();
        if !named.is_empty() {
            line = format!("{line} · {}", named.join(", "));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::recording;
    use super::*;

    #[test]
    fn the_line_says_how_far_it_is_and_who_is_waited_for() {
        let began = Instant::now();
        let mut state = State::new(began);
        recording().iter().take(6).for_each(|event| state.event(event, began));
        assert_eq!(
            state.line(began + Duration::from_secs(72)),
            "task 1 of ≥ 3, 1 of 2 hosts busy, 1 m 12 s · web2: install 1 m 12 s"
        );
    }
}
