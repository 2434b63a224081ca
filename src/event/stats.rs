//! What the events of a run amount to, host by host: Ansible's counting rules.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Event, Outcome, TaskResult};

/// Counts per host, as the recap and the exit code need them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Stats {
    pub hosts: IndexMap<Arc<str>, HostStats>,
    /// `set_stats` per host, and of the run under the empty name.
    pub custom: BTreeMap<String, Map<String, Value>>,
    /// Tasks that include others: counted once for each file, not when they finish.
    #[serde(skip)]
    includes: HashSet<u64>,
    /// Hosts whose errors so far were forgiven.
    #[serde(default)]
    forgiven: HashMap<Arc<str>, (u64, u64)>,
}

/// Counts of one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct HostStats {
    pub ok: u64,
    pub changed: u64,
    pub unknown: u64,
    pub unreachable: u64,
    pub failed: u64,
    pub skipped: u64,
    pub rescued: u64,
    pub ignored: u64,
    /// Seconds its tasks took, together.
    #[serde(default)]
    pub seconds: f64,
}

impl Stats {
    /// Counts what an event adds.
    pub(crate) fn add(&mut self, event: &Event) {
        match event {
            Event::TaskStarted { task, .. } if task.is_include() => {
                self.includes.insert(task.id);
            }
            Event::HostFinished { task, host, result, rescued, .. } => {
                if result.outcome == Outcome::Ok && self.includes.contains(task) {
                    return;
                }
                self.hosts.entry(host.clone()).or_default().count(result, *rescued);
            }
            Event::HostsSkipped { hosts, result, .. } => {
                for host in hosts {
                    self.hosts.entry(host.clone()).or_default().count(result, false);
                }
            }
            Event::Redone { host, result, rescued, .. } => {
                self.hosts.entry(host.clone()).or_default().uncount(result, *rescued);
            }
            Event::Included { hosts, .. } => {
                for host in hosts {
                    self.hosts.entry(host.clone()).or_default().ok += 1;
                }
            }
            Event::Steered { words, passed_over: None, .. } if words == super::FORGIVEN => {
                let errors =
                    |(name, host): (&Arc<str>, &HostStats)| (name.clone(), (host.failed, host.unreachable));
                self.forgiven = self.hosts.iter().map(errors).collect();
            }
            Event::Custom { host, data, aggregate } => {
                let name = host.as_deref().unwrap_or_default();
                let known = self.custom.entry(name.to_string()).or_default();
                for (key, value) in data {
                    let old = known.get(key).filter(|_| *aggregate);
                    known.insert(
                        key.clone(),
                        old.and_then(|old| sum(old, value)).unwrap_or_else(|| value.clone()),
                    );
                }
            }
            _ => {}
        }
    }

    /// Hosts that failed or could not be reached, in the order they were first heard of.
    pub(crate) fn broken(&self) -> impl Iterator<Item = &Arc<str>> {
        self.hosts.keys().filter(|name| self.errors(name) != (0, 0))
    }

    /// How often a host failed and was out of reach since it was last forgiven.
    pub(crate) fn errors(&self, host: &str) -> (u64, u64) {
        let (failed, unreachable) = self.forgiven.get(host).copied().unwrap_or_default();
        let left = |host: &HostStats| {
            (host.failed - failed.min(host.failed), host.unreachable.saturating_sub(unreachable))
        };
        self.hosts.get(host).map(left).unwrap_or_default()
    }
}

impl HostStats {
    /// Takes one finished task back.
    fn uncount(&mut self, result: &TaskResult, rescued: bool) {
        let mut once = Self::default();
        once.count(result, rescued);
        for (all, one) in [
            (&mut self.ok, once.ok),
            (&mut self.changed, once.changed),
            (&mut self.unknown, once.unknown),
            (&mut self.unreachable, once.unreachable),
            (&mut self.failed, once.failed),
            (&mut self.skipped, once.skipped),
            (&mut self.rescued, once.rescued),
            (&mut self.ignored, once.ignored),
        ] {
            *all = all.saturating_sub(one);
        }
    }

    /// Counts one finished task.
    fn count(&mut self, result: &TaskResult, rescued: bool) {
        self.seconds += result.seconds;
        let changed = result.result.get("changed").and_then(Value::as_bool).unwrap_or_default();
        match result.outcome {
            Outcome::Ok => self.ok += 1,
            // ansible: what changed is ok, too.
            Outcome::Changed => {
                self.ok += 1;
                self.changed += 1;
            }
            Outcome::Unknown => {
                self.ok += 1;
                self.unknown += 1;
            }
            Outcome::Skipped => self.skipped += 1,
            Outcome::Failed if rescued => self.rescued += 1,
            Outcome::Failed => self.failed += 1,
            // ansible: an ignored failure is ok, ignored, and changed if it changed something.
            Outcome::Ignored => {
                self.ok += 1;
                self.ignored += 1;
                self.changed += u64::from(changed);
            }
            Outcome::Unreachable => self.unreachable += 1,
            Outcome::UnreachableIgnored => {
                self.ok += 1;
                self.ignored += 1;
            }
        }
    }
}

/// Old and new as one, where they are of one kind.
// ansible: whatever Python can add is added; mappings are merged.
fn sum(old: &Value, new: &Value) -> Option<Value> {
    match (old, new) {
        (Value::Number(a), Value::Number(b)) => match (a.as_i64(), b.as_i64()) {
            (Some(a), Some(b)) => Some(a.saturating_add(b).into()),
            _ => Some((a.as_f64()? + b.as_f64()?).into()),
        },
        (Value::String(a), Value::String(b)) => Some(format!("{a}{b}").into()),
        (Value::Array(a), Value::Array(b)) => Some(a.iter().chain(b).cloned().collect()),
        (Value::Object(a), Value::Object(b)) => {
            let mut all = a.clone();
            all.extend(b.clone());
            Some(Value::Object(all))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::event::TaskInfo;

    fn finished(outcome: Outcome, changed: bool, rescued: bool) -> Event {
        let mut result = TaskResult { outcome, ..TaskResult::default() };
        result.result.insert("changed".into(), changed.into());
        Event::HostFinished { task: 1, host: "web".into(), result, rescued, time: 0.0 }
    }

    fn counts(events: &[Event]) -> HostStats {
        let mut stats = Stats::default();
        events.iter().for_each(|event| stats.add(event));
        stats.hosts.get("web").copied().unwrap_or_default()
    }

    #[test]
    fn what_changed_is_ok_too() {
        let found = counts(&[finished(Outcome::Changed, true, false), finished(Outcome::Ok, false, false)]);
        assert_eq!(found, HostStats { ok: 2, changed: 1, ..HostStats::default() });
    }

    #[test]
    fn an_ignored_failure_is_ok_and_ignored_and_may_have_changed() {
        let found = counts(&[finished(Outcome::Ignored, true, false)]);
        assert_eq!(found, HostStats { ok: 1, changed: 1, ignored: 1, ..HostStats::default() });
    }

    #[test]
    fn a_rescued_failure_is_not_failed() {
        let found = counts(&[finished(Outcome::Failed, true, true), finished(Outcome::Failed, true, false)]);
        assert_eq!(found, HostStats { rescued: 1, failed: 1, ..HostStats::default() });
    }

    #[test]
    fn an_ignored_unreachable_host_is_not_unreachable() {
        let found = counts(&[
            finished(Outcome::UnreachableIgnored, false, false),
            finished(Outcome::Skipped, false, false),
        ]);
        assert_eq!(found, HostStats { ok: 1, ignored: 1, skipped: 1, ..HostStats::default() });
    }

    #[test]
    fn an_include_counts_once_for_each_file() {
        let task = TaskInfo { id: 1, action: "ansible.builtin.include_tasks".into(), ..TaskInfo::default() };
        let included =
            Event::Included { task: 1, file: "a.yml".into(), hosts: vec!["web".into()], label: None };
        let found = counts(&[
            Event::TaskStarted { task, time: 0.0 },
            finished(Outcome::Ok, false, false),
            included.clone(),
            included,
        ]);
        assert_eq!(found.ok, 2);
    }

    #[test]
    fn custom_statistics_add_up() {
        let mut stats = Stats::default();
        for aggregate in [true, true, false] {
            let data = json!({"x": 1, "y": [1], "z": "a"});
            let data = data.as_object().cloned().unwrap_or_default();
            stats.add(&Event::Custom { host: None, data, aggregate });
            if aggregate && stats.custom[""]["x"] == 2 {
                assert_eq!(json!(stats.custom[""]), json!({"x": 2, "y": [1, 1], "z": "aa"}));
            }
        }
        assert_eq!(json!(stats.custom[""]), json!({"x": 1, "y": [1], "z": "a"}));
    }
}
