//! baton's own output: calm. A task is mentioned when something came of it: what
//! changed, what failed and why; the same on many hosts is said once.

mod recap;
mod report;
mod style;
mod why;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use indexmap::{IndexMap, IndexSet};

use self::report::{Item, Report};
use self::style::Style;
use super::live::Live;
use super::{Output, Screen, names, text};
use crate::event::{Doing, Event, Level, Stats, TaskInfo, TaskResult};

/// So many words of host names stand before a result.
const NAMES: usize = 8;

/// Shows what is worth saying.
pub(crate) struct DefaultOutput {
    screen: Screen,
    style: Style,
    verbosity: u8,
    playbooks: Vec<String>,
    log: Option<String>,
    started: f64,
    tasks: HashMap<u64, TaskInfo>,
    /// All hosts, in the order of their plays.
    order: IndexSet<Arc<str>>,
    /// Hosts of a task come one by one (`free`), not together.
    scattered: bool,
    /// What there is to say, task by task, until all its hosts are through.
    waiting: BTreeMap<u64, Vec<(Arc<str>, Report)>>,
    items: HashMap<(u64, Arc<str>), Vec<Item>>,
    /// The task whose heading stands above.
    heading: Option<u64>,
    live: Live,
    told: HashSet<String>,
    pending: IndexMap<Vec<String>, Vec<Arc<str>>>,
    stats: Stats,
}

impl Output for DefaultOutput {
    fn event(&mut self, event: &Event, stats: &Stats) {
        self.live.event(event);
        match event {
            Event::RunStarted { playbooks, verbosity, log, time, .. } => {
                (self.playbooks, self.log, self.started) = (playbooks.clone(), log.clone(), *time);
                self.verbosity = *verbosity;
            }
            Event::Notice { level, message, .. } => self.notice(*level, message),
            Event::PlayStarted { play, hosts, strategy, check, .. } => {
                self.flush();
                self.scattered = strategy != "linear";
                self.order.extend(hosts.iter().cloned());
                self.play(play, hosts.len(), *check);
            }
            Event::BatchStarted { hosts, .. } => self.batch(hosts),
            Event::TaskStarted { task, .. } => {
                if !self.scattered {
                    self.flush();
                }
                self.tasks.insert(task.id, task.clone());
            }
            Event::Output { task, host, line, .. } => self.output(*task, host, line),
            Event::ItemFinished { task, host, label, result, .. } => {
                self.warnings(*task, result);
                let Some(info) = self.tasks.get(task) else { return };
                let item = Item::new(info, label, result, self.verbosity, &self.style);
                self.items.entry((*task, host.clone())).or_default().push(item);
            }
            Event::Retrying { task, host, attempt, retries, .. } if self.verbosity >= 1 => {
                let left = (retries + 1).saturating_sub(*attempt);
                self.now(*task, &format!("{host}: not yet, {} left", text::count(left as usize, "try")));
            }
            Event::HostFinished { task, host, result, rescued, .. } => {
                self.host(*task, host, result, *rescued)
            }
            Event::Included { task, file, hosts, label } if self.verbosity >= 1 => {
                let hosts = names::fold(hosts.iter().map(|host| &**host), NAMES);
                let label = label.as_ref().map(|l| format!(" for {}", report::label(l))).unwrap_or_default();
                self.now(*task, &format!("{hosts}: included {file}{label}"));
            }
            Event::PlayAborted { play, reason } => {
                self.flush();
                let words = format!("play {play} stopped for all hosts: `{reason}`");
                self.screen.line(&self.style.failed(&words));
            }
            Event::RunAborted { drawn, .. } => {
                self.flush();
                self.notice(Level::Error, drawn);
            }
            Event::PlayFinished { .. } => self.flush(),
            Event::Pending { host, handlers } => {
                self.pending.entry(handlers.clone()).or_default().push(host.clone());
            }
            Event::StatusAsked { time, doing } => self.status(*time, doing),
            Event::RunFinished { time, interrupted, .. } => {
                self.flush();
                self.stats = stats.clone();
                self.finish(*time, *interrupted);
            }
            _ => {}
        }
    }

    fn takes_many(&self) -> bool {
        // Nothing is said of what was skipped.
        self.verbosity == 0
    }
}

impl DefaultOutput {
    /// Prints to `screen`.
    pub(crate) fn new(screen: Screen) -> Self {
        Self {
            style: Style { color: screen.color },
            screen,
            verbosity: 0,
            playbooks: Vec::new(),
            log: None,
            started: 0.0,
            tasks: HashMap::new(),
            order: IndexSet::new(),
            scattered: false,
            waiting: BTreeMap::new(),
            items: HashMap::new(),
            heading: None,
            live: Live::default(),
            told: HashSet::new(),
            pending: IndexMap::new(),
            stats: Stats::default(),
        }
    }

    fn notice(&mut self, level: Level, message: &str) {
        let (word, tint): (_, fn(&Style, &str) -> String) = match level {
            Level::Detail => ("detail", Style::hint),
            Level::Hint => ("hint", Style::hint),
            Level::Warning => ("warning", Style::warning),
            Level::Deprecation => ("deprecated", Style::warning),
            Level::Error => ("error", Style::failed),
        };
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let line = format!("{}: {}", tint(&self.style, word), text::clean(message));
        if self.told.insert(line.clone()) {
            self.screen.error_line(&line);
        }
    }

    fn warnings(&mut self, task: u64, result: &TaskResult) {
        let warnings = result.result.get("warnings").and_then(|w| w.as_array()).into_iter().flatten();
        let place = self.tasks.get(&task).map(|task| task.place.clone()).unwrap_or_default();
        for warning in warnings.map(report::label).collect::<Vec<_>>() {
            self.notice(Level::Warning, &format!("{warning} ({place})"));
        }
    }

    fn play(&mut self, name: &str, hosts: usize, check: bool) {
        self.heading = None;
        let mode = if check { ", check mode: nothing is changed" } else { "" };
        let hosts = match hosts {
            0 => "no hosts matched".to_string(),
            hosts => text::count(hosts, "host"),
        };
        let line = format!("{} {hosts}{mode}", self.style.strong(&format!("play {name}:")));
        self.screen.line(&line);
    }

    fn batch(&mut self, hosts: &[Arc<str>]) {
        self.flush();
        if self.verbosity >= 1 {
            let hosts = names::fold(hosts.iter().map(|host| &**host), NAMES);
            self.screen.line(&self.style.faint(&format!("batch: {hosts}")));
        }
    }

    /// A line of a task's that is shown at once.
    fn now(&mut self, task: u64, line: &str) {
        self.headline(task);
        self.screen.line(&format!("  {line}"));
    }

    /// A line of a long command, once it has shown itself to be long.
    fn output(&mut self, task: u64, host: &Arc<str>, line: &str) {
        if self.tasks.get(&task).is_some_and(|task| task.no_log) {
            return;
        }
        for line in self.live.lines(task, host, line) {
            let line = format!("{} {}", self.style.faint(&format!("{host} │")), text::clean(&line));
            self.now(task, &line);
        }
    }

    fn host(&mut self, id: u64, host: &Arc<str>, result: &TaskResult, rescued: bool) {
        let items = self.items.remove(&(id, host.clone())).unwrap_or_default();
        if items.is_empty() {
            self.warnings(id, result);
        }
        let Some(task) = self.tasks.get(&id) else { return };
        let report = Report::new(task, result, rescued, &items, self.verbosity, &self.style);
        if let Some(report) = report {
            self.waiting.entry(id).or_default().push((host.clone(), report));
        }
        if self.scattered {
            self.flush();
        }
    }

    /// Says what there is to say of the tasks that are through.
    fn flush(&mut self) {
        for (task, mut reports) in std::mem::take(&mut self.waiting) {
            self.headline(task);
            // Which host was done first is chance; what is printed should not be.
            reports.order_by_key(|(host, _)| self.order.get_index_of(host));
            let mut groups: IndexMap<Report, Vec<Arc<str>>> = IndexMap::new();
            for (host, report) in reports {
                groups.entry(report).or_default().push(host);
            }
            groups.sort_by(|a, _, b, _| a.rank.cmp(&b.rank));
            for (report, hosts) in groups {
                let hosts = names::fold(hosts.iter().map(|host| &**host), NAMES);
                for line in report.lines(&hosts, &self.style) {
                    self.screen.line(&format!("  {line}"));
                }
            }
        }
    }

    /// The name of the task, unless it stands above already.
    fn headline(&mut self, id: u64) {
        if self.heading == Some(id) {
            return;
        }
        self.heading = Some(id);
        let Some(task) = self.tasks.get(&id) else { return };
        let mut line = self.style.strong(&report::name(task));
        if self.verbosity >= 1 {
            line = format!("{line} {}", self.style.faint(&format!("({})", task.place)));
        }
        self.screen.line(&line);
    }

    /// What each host is doing.
    fn status(&mut self, time: f64, doing: &[Doing]) {
        let name = |id| self.tasks.get(&id).map(report::name).unwrap_or_default();
        for line in self.live.told(time, doing, name) {
            self.screen.line(&text::clean(&line));
        }
    }
}

#[cfg(test)]
mod tests;
