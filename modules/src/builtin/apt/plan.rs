//! What apt says it would do.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::status::Status;
use super::{Apt, get};
use crate::sorting::Trees;
use crate::{Command, Fail, Target};

/// The packages that apt would touch, each with the version it would have; `None` for not there.
pub(super) struct Plan {
    steps: BTreeMap<String, Option<String>>,
    purged: Vec<String>,
    /// All that the simulation said.
    pub(super) said: String,
}

/// Asks apt what it would do.
pub(super) fn simulate(apt: &Apt, target: &mut Target, words: &[String]) -> Result<Plan, Fail> {
    let all: Vec<String> = std::iter::once("--simulate".to_owned()).chain(words.iter().cloned()).collect();
    let command: Command = get::command(apt, &all);
    let output = target.query(&command)?;
    if !output.ok() {
        return Err(get::failure(words, &output));
    }
    Ok(read(&output.text()))
}

fn read(said: &str) -> Plan {
    let mut plan = Plan { steps: BTreeMap::new(), purged: Vec::new(), said: said.to_owned() };
    for line in said.lines() {
        let mut words = line.split_whitespace();
        let (Some(verb), Some(name)) = (words.next(), words.next()) else { continue };
        match verb {
            "Inst" => {
                let version = line.split_once('(').and_then(|(_, rest)| rest.split_whitespace().next());
                plan.steps.insert(name.to_owned(), Some(version.unwrap_or_default().to_owned()));
            }
            "Remv" => drop(plan.steps.insert(name.to_owned(), None)),
            "Purg" => {
                plan.steps.insert(name.to_owned(), None);
                plan.purged.push(name.to_owned());
            }
            // Only to be configured: it is unpacked already.
            "Conf" if !plan.steps.contains_key(name) => {
                let version = line.split_once('(').and_then(|(_, rest)| rest.split_whitespace().next());
                plan.steps.insert(name.to_owned(), Some(version.unwrap_or_default().to_owned()));
            }
            _ => {}
        }
    }
    plan
}

impl Plan {
    /// The packages as they are.
    pub(super) fn before(&self, status: &Status) -> Value {
        let version = |name: &String| {
            let installed = status.installed.get(name).cloned();
            let left = status.leftovers.get(name).filter(|_| self.purged.contains(name));
            installed.or_else(|| left.map(|_| "configuration files".to_owned()))
        };
        show(self.steps.keys().filter_map(|name| Some((name, version(name)?))))
    }

    /// The packages as they would be.
    pub(super) fn after(&self) -> Value {
        show(self.steps.iter().filter_map(|(name, version)| Some((name, version.clone()?))))
    }
}

fn show<'a>(packages: impl Iterator<Item = (&'a String, String)>) -> Value {
    json!(packages.to_map())
}
