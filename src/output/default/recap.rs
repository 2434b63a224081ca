//! The end: counts and times of each host, what failed first, and what to do next.

use std::sync::Arc;

use baton_modules::sorting::Sorting;
use indexmap::{IndexMap, IndexSet};

use super::super::log::failed_hosts_file;
use super::super::{names, text};
use super::{DefaultOutput, NAMES};
use crate::event::HostStats;

/// So many names are given to `--limit` as they are; more come from a file.
const LISTED: usize = 5;

/// Hosts with the same counts, and how long they took.
struct Row {
    counts: [u64; 8],
    hosts: Vec<Arc<str>>,
    shortest: f64,
    longest: f64,
}

impl DefaultOutput {
    pub(super) fn finish(&mut self, time: f64, interrupted: bool) {
        let total = text::duration(time - self.started);
        let word = if interrupted { "interrupted" } else { "done" };
        self.screen.line(&self.style.strong(&format!("{word} in {total}")));
        let rows = rows(&self.stats.hosts, &self.order);
        let folded: Vec<_> = rows.iter().map(|row| fold(&row.hosts)).collect();
        let width =
            folded.iter().map(|names| console::measure_text_width(names)).max().unwrap_or_default().min(40);
        for (row, names) in rows.iter().zip(&folded) {
            let line = self.row(row, names, width);
            self.screen.line(&line);
        }
        self.custom();
        self.next_steps();
    }

    fn row(&self, row: &Row, names: &str, width: usize) -> String {
        let [ok, changed, unknown, unreachable, failed, skipped, rescued, ignored] = row.counts;
        let blanks = " ".repeat(width.saturating_sub(console::measure_text_width(names)));
        let mut words = vec![format!("{ok} ok")];
        let style = &self.style;
        words.push(if changed > 0 {
            style.changed(&format!("{changed} changed"))
        } else {
            "0 changed".into()
        });
        let others = [
            (failed, style.failed(&format!("{failed} failed"))),
            (unreachable, style.failed(&format!("{unreachable} unreachable"))),
            (unknown, style.warning(&format!("{unknown} unknown"))),
            (rescued, format!("{rescued} rescued")),
            (ignored, format!("{ignored} ignored")),
            (skipped, style.faint(&format!("{skipped} skipped"))),
        ];
        words.extend(others.into_iter().filter(|(number, _)| *number > 0).map(|(_, text)| text));
        let (from, to) = (text::duration(row.shortest), text::duration(row.longest));
        let times = if from == to { to } else { format!("{from} to {to}") };
        let names = if failed + unreachable > 0 { style.failed(names) } else { style.good(names) };
        format!("  {names}{blanks}  {}  {}", words.join(", "), style.faint(&times))
    }

    fn custom(&mut self) {
        let custom = std::mem::take(&mut self.stats.custom);
        for (host, data) in &custom {
            let whose =
                if host.is_empty() { "statistics:".to_string() } else { format!("statistics of {host}:") };
            self.screen.line(&whose);
            let values = super::super::yaml::dump(&serde_json::Value::Object(data.clone()));
            for line in text::indent(text::clean(&values).lines().map(String::from), 2) {
                self.screen.line(&line);
            }
        }
        self.stats.custom = custom;
    }

    fn next_steps(&mut self) {
        let hint = self.style.hint("hint");
        for (handlers, hosts) in std::mem::take(&mut self.pending) {
            let (handlers, hosts) = (handlers.join("`, `"), fold(&hosts));
            self.screen.line(&format!("{hint}: handlers did not run on {hosts}: `{handlers}`"));
        }
        let mut broken: Vec<_> = self.stats.broken().map(|host| host.to_string()).collect();
        broken.put_in_order();
        if broken.is_empty() || self.playbooks.is_empty() {
            return;
        }
        let limit = match &self.log {
            Some(log) if broken.len() > LISTED => format!("@{}", failed_hosts_file(log)),
            _ => broken.join(","),
        };
        let playbooks = self.playbooks.join(" ");
        self.screen.line(&format!("{hint}: again for these hosts: baton run {playbooks} … --limit {limit}"));
    }
}

fn fold(hosts: &[Arc<str>]) -> String {
    names::fold(hosts.iter().map(|host| &**host), NAMES)
}

/// Hosts gathered by their counts; those that failed first.
fn rows(hosts: &IndexMap<Arc<str>, HostStats>, order: &IndexSet<Arc<str>>) -> Vec<Row> {
    let mut rows: IndexMap<[u64; 8], Row> = IndexMap::new();
    let mut hosts: Vec<_> = hosts.iter().collect();
    hosts.order_by_key(|(name, _)| order.get_index_of(*name));
    for (name, h) in hosts {
        let counts = [h.ok, h.changed, h.unknown, h.unreachable, h.failed, h.skipped, h.rescued, h.ignored];
        let row = rows.entry(counts).or_insert_with(|| Row {
            counts,
            hosts: Vec::new(),
            shortest: h.seconds,
            longest: h.seconds,
        });
        row.hosts.push(name.clone());
        row.shortest = row.shortest.min(h.seconds);
        row.longest = row.longest.max(h.seconds);
    }
    let mut rows: Vec<_> = rows.into_values().collect();
    rows.order_by_key(|row| row.counts[3] + row.counts[4] == 0);
    rows
}
