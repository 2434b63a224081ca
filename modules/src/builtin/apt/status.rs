//! What dpkg has installed.

use std::collections::BTreeMap;

use crate::{Command, Fail, Target};

/// The packages that dpkg knows.
pub(super) struct Status {
    /// Versions of installed packages, by name and by `name:architecture`.
    pub(super) installed: BTreeMap<String, String>,
    /// Packages of which configuration files are left.
    pub(super) leftovers: BTreeMap<String, String>,
    /// What installed packages stand in for.
    provided: Vec<String>,
}

const FORMAT: &str =
    "${db:Status-Want}\t${db:Status-Status}\t${Package}\t${Architecture}\t${Version}\t${Provides}\n";

impl Status {
    pub(super) fn read(target: &mut Target) -> Result<Self, Fail> {
        let output = target.query(&Command::new("dpkg-query").args(["-W", "-f", FORMAT]))?;
        let mut status =
            Self { installed: BTreeMap::new(), leftovers: BTreeMap::new(), provided: Vec::new() };
        for line in output.text().lines() {
            let fields: Vec<&str> = line.split('\t').collect();
            let [_, state, name, architecture, version, provides] = fields[..] else { continue };
            let into = match state {
                "installed" | "triggers-pending" | "triggers-awaited" => &mut status.installed,
                "config-files" => &mut status.leftovers,
                _ => continue,
            };
            into.insert(name.to_owned(), version.to_owned());
            into.insert(format!("{name}:{architecture}"), version.to_owned());
            if state != "config-files" {
                let names = provides.split(',').filter_map(|part| part.split_whitespace().next());
                status.provided.extend(names.map(str::to_owned));
            }
        }
        Ok(status)
    }

    /// Whether an installed package stands in for the name.
    pub(super) fn provides(&self, name: &str) -> bool {
        self.provided.iter().any(|provided| provided == name)
    }
}
