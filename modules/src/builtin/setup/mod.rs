//! setup

mod collector;
mod date_time;
mod devices;
mod distribution;
mod firmware;
mod local;
mod machine;
mod managers;
mod mounts;
mod netlink;
mod network;
mod platform;
mod processor;
mod python;
mod security;
mod subset;
#[cfg(test)]
mod tests;
mod user;
mod virtualization;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::args::{Map, Return, Value};
use crate::sorting::Trees;
use crate::{Fail, Module, Target, args, returns};

use collector::COLLECTORS;
use machine::Machine;
use python::Python;

args! {
    /// Gather facts about the target.
    ///
    /// Only what is asked for is looked at, and no collector holds up the others for longer than
    /// `gather_timeout`. File systems of other machines are named, but not measured. `ohai` and `facter`
    /// are accepted and give nothing.
    pub struct Setup as "setup" {
        /// What to gather: `all`, `min`, `hardware`, `network`, `virtual`, the name of a collector or of a fact;
        /// with `!` before it, what to leave out.
        gather_subset: Vec<String> = "all",
        /// Patterns for the names of the facts to give back, as `ansible_distribution*`; without any, all.
        filter: Vec<String> = "",
        /// For how many seconds one collector may look.
        gather_timeout: u64 = 10,
        /// The directory of the target's own facts, files that end in `.fact`.
        fact_path: PathBuf = "/etc/ansible/facts.d",
        /// The Python that is told of, where the user names one; given by the action.
        _python: Option<String>,
    }
}

returns! {
    /// The facts, by their full names.
    ansible_facts: dict,
}

impl Module for Setup {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Learn the distribution and nothing else
  ansible.builtin.setup:
    gather_subset: ['!all', '!min', distribution]
    filter: ansible_distribution*
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let wanted = subset::resolve(&self.gather_subset)?;
        let limit = Duration::from_secs(self.gather_timeout.max(1));
        let machine = Machine::look(target, &wanted, limit);
        let (mut facts, warnings) = collector::collect(machine, &wanted, limit);
        if wanted.contains("local") {
            let path = target.system(&self.fact_path);
            facts.insert("local".into(), Value::Object(local::facts(target, &path, limit)?));
        }
        if wanted.contains("python") || wanted.contains("platform") {
            let python = Python::find(target, self._python.as_deref(), limit);
            if let Some(python) = python.as_ref().filter(|_| wanted.contains("python")) {
                facts.insert("python".into(), python.fact());
            }
            if let Some(python) = python.filter(|_| wanted.contains("platform")) {
                facts.insert("python_version".into(), python.version().into());
            }
        }
        warnings.into_iter().for_each(|warning| target.warn(warning));
        target.set("ansible_facts", self.named(facts)?);
        Ok(())
    }
}

impl Setup {
    /// The facts under their full names, those that the filter lets through.
    fn named(&self, facts: Map<String, Value>) -> Result<Map<String, Value>, Fail> {
        let patterns = patterns(&self.filter)?;
        let passes = |name: &str| {
            patterns.is_empty()
                || patterns.iter().any(|(pattern, prefixed)| {
                    pattern.matches(if *prefixed { name } else { name.trim_start_matches("ansible_") })
                })
        };
        let facts: BTreeMap<String, Value> =
            facts.into_iter().map(|(name, value)| (full_name(&name), value)).to_map();
        let mut named: Map<String, Value> = facts.into_iter().filter(|(name, _)| passes(name)).collect();
        if patterns.is_empty() {
            named.insert("gather_subset".into(), self.gather_subset.clone().into());
            named.insert("module_setup".into(), true.into());
        }
        Ok(named)
    }
}

/// The patterns of a filter, each with whether it is for the full name.
fn patterns(filter: &[String]) -> Result<Vec<(glob::Pattern, bool)>, Fail> {
    // ansible: an empty word is no filter
    let words = filter.iter().filter(|word| !word.is_empty());
    let read = words.map(|word| match glob::Pattern::new(word) {
        Ok(pattern) => Ok((pattern, word.starts_with("ansible_") || word.starts_with('*'))),
        Err(error) => Err(Fail::new(format!("`filter` is not a pattern: {word}: {}", error.msg))),
    });
    read.collect()
}

// ansible: only hyphens are replaced, so that `eth0.5` stays as it is
fn full_name(name: &str) -> String {
    format!("ansible_{}", name.replace('-', "_"))
}

/// Every collector, by the names it is asked for with; `local` and `python` run programs, so they are not among the
/// others.
fn all_names() -> impl Iterator<Item = &'static str> {
    let of = COLLECTORS.iter().flat_map(|collector| [&[collector.name], collector.facts].concat());
    of.chain(["local", "facter", "ohai", "python"])
}
