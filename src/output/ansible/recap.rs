//! The end: counts of each host, and the user's own statistics.

use baton_modules::sorting::Sorting;
use serde_json::{Map, Value};

use super::super::color::Color;
use super::super::python;
use super::Ansible;
use crate::event::HostStats;

impl Ansible {
    pub(super) fn finish(&mut self) {
        self.banner("PLAY RECAP");
        let mut hosts: Vec<_> =
            self.stats.hosts.iter().map(|(name, counts)| (name.clone(), *counts)).collect();
        hosts.order_by(|a, b| a.0.cmp(&b.0));
        for (name, counts) in hosts {
            let line = self.recap_line(&name, &counts);
            self.screen.line(&line);
        }
        self.screen.line("\n");
        if self.settings.show_custom_stats && !self.stats.custom.is_empty() {
            self.custom();
        }
        self.dry_run();
    }

    fn recap_line(&self, name: &str, counts: &HostStats) -> String {
        let color = self.screen.color;
        let host_color = if counts.failed > 0 || counts.unreachable > 0 {
            Color::Failed
        } else if counts.changed > 0 {
            Color::Changed
        } else {
            Color::Ok
        };
        let blanks = " ".repeat(26usize.saturating_sub(name.chars().count()));
        let count = |word: &str, number: u64, tint: Color| {
            let text = format!("{word}={number:<4}");
            if number > 0 { tint.paint(&text, color) } else { text }
        };
        [
            format!("{}{blanks} :", host_color.paint(name, color)),
            count("ok", counts.ok - counts.unknown, Color::Ok),
            count("changed", counts.changed, Color::Changed),
            count("unreachable", counts.unreachable, Color::Unreachable),
            count("failed", counts.failed, Color::Failed),
            // ansible: it has no word for what cannot be foretold, and skips it.
            count("skipped", counts.skipped + counts.unknown, Color::Skipped),
            count("rescued", counts.rescued, Color::Ok),
            count("ignored", counts.ignored, Color::Warning),
        ]
        .join(" ")
    }

    fn custom(&mut self) {
        self.banner("CUSTOM STATS: ");
        let custom = std::mem::take(&mut self.stats.custom);
        for (host, data) in custom.iter().filter(|(host, _)| !host.is_empty()) {
            self.screen.line(&format!("\t{host}: {}", one_line(data)));
        }
        if let Some(data) = custom.get("") {
            self.screen.line(&format!("\n\tRUN: {}", one_line(data)));
            self.screen.line("\n");
        }
        self.stats.custom = custom;
    }
}

/// Ansible's odd form: indented by one, then the line ends left out.
fn one_line(data: &Map<String, Value>) -> String {
    python::json(&Value::Object(data.clone()), Some(1)).replace('\n', "")
}
