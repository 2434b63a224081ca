//! Package managers other than apt, driven by one table: what asks, installs, upgrades and removes; and what each
//! of them, apt too, has installed.

mod installed;
mod origins;

pub use installed::{INVENTORIES, Inventory, Package};

use std::collections::BTreeMap;

use serde_json::json;

use crate::target::{Command, Fail, Target};

/// A package manager.
#[derive(Debug)]
pub struct Manager {
    /// As Ansible calls it.
    pub name: &'static str,
    program: &'static str,
    /// Says the version of an installed package; fails for one that is not.
    installed: &'static [&'static str],
    /// Names packages that could be upgraded, of those given.
    outdated: &'static [&'static str],
    install: &'static [&'static str],
    upgrade: &'static [&'static str],
    remove: &'static [&'static str],
    refresh: &'static [&'static str],
}

const RPM: &[&str] = &["rpm", "-q", "--whatprovides", "--qf", "%{VERSION}-%{RELEASE}\n"];

/// The managers that are known, the first that is there counts.
#[rustfmt::skip]
pub const MANAGERS: &[Manager] = &[
    Manager {
        name: "dnf5", program: "dnf5", installed: RPM, outdated: &["dnf5", "-q", "check-upgrade"],
        install: &["dnf5", "-y", "install"], upgrade: &["dnf5", "-y", "upgrade"], remove: &["dnf5", "-y", "remove"],
        refresh: &["dnf5", "-y", "makecache", "--refresh"],
    },
    Manager {
        name: "dnf", program: "dnf", installed: RPM, outdated: &["dnf", "-q", "check-update"],
        install: &["dnf", "-y", "install"], upgrade: &["dnf", "-y", "upgrade"], remove: &["dnf", "-y", "remove"],
        refresh: &["dnf", "-y", "makecache", "--refresh"],
    },
    Manager {
        name: "yum", program: "yum", installed: RPM, outdated: &["yum", "-q", "check-update"],
        install: &["yum", "-y", "install"], upgrade: &["yum", "-y", "update"], remove: &["yum", "-y", "remove"],
        refresh: &["yum", "-y", "makecache"],
    },
    Manager {
        name: "zypper", program: "zypper", installed: RPM, outdated: &["zypper", "-n", "-q", "list-updates"],
        install: &["zypper", "-n", "install"], upgrade: &["zypper", "-n", "update"],
        remove: &["zypper", "-n", "remove"], refresh: &["zypper", "-n", "refresh"],
    },
    Manager {
        name: "apk", program: "apk", installed: &["apk", "info", "-v", "-e"], outdated: &["apk", "version", "-q", "-l", "<"],
        install: &["apk", "add"], upgrade: &["apk", "add", "-u"], remove: &["apk", "del"],
        refresh: &["apk", "update"],
    },
    Manager {
        name: "pacman", program: "pacman", installed: &["pacman", "-Q"], outdated: &["pacman", "-Qu"],
        install: &["pacman", "-S", "--noconfirm", "--needed"], upgrade: &["pacman", "-S", "--noconfirm", "--needed"],
        remove: &["pacman", "-R", "--noconfirm"], refresh: &["pacman", "-Sy"],
    },
];

/// What is to become of packages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// There, in any version.
    Present,
    /// There, in the newest version.
    Latest,
    /// Not there.
    Absent,
}

impl Manager {
    /// The manager of this name, or for `None` the first that is there.
    pub fn find(target: &Target<'_>, name: Option<&str>) -> Option<&'static Self> {
        let fits = |manager: &&Self| match name {
            Some(name) => manager.name == name,
            None => target.find_program(manager.program).is_some(),
        };
        MANAGERS.iter().find(fits)
    }

    /// Fetches what the manager knows of packages to come; no change of the target.
    pub fn refresh(&self, target: &mut Target<'_>) -> Result<(), Fail> {
        target.refresh(|hands| hands.run(&command(self.refresh).live()).map(drop)).map(drop)
    }

    /// Brings packages to what is wished.
    pub fn bring(&self, target: &mut Target<'_>, names: &[String], wish: Wish) -> Result<(), Fail> {
        let mut before = BTreeMap::new();
        for name in names {
            before.insert(name.as_str(), self.version(target, name)?);
        }
        let mut after = before.clone();
        let mut todo = Vec::new();
        let outdated = if wish == Wish::Latest { self.outdated(target, names)? } else { Vec::new() };
        for (name, version) in &mut after {
            let wanted = match (wish, version.is_some()) {
                (Wish::Absent, true) => None,
                (Wish::Latest, true) if outdated.iter().any(|old| old == name) => {
                    Some("the newest".to_owned())
                }
                (Wish::Present | Wish::Latest, false) => Some("installed".to_owned()),
                _ => continue,
            };
            *version = wanted;
            todo.push(*name);
        }
        let (old, new) = todo.iter().partition::<Vec<&str>, _>(|name| before[*name].is_some());
        let steps = match wish {
            Wish::Absent => vec![(self.remove, old)],
            _ => vec![(self.install, new), (self.upgrade, old)],
        };
        target.change("packages", json!(before), json!(after), |hands| {
            let (mut stdout, mut stderr) = (String::new(), String::new());
            for (words, names) in steps.into_iter().filter(|(_, names)| !names.is_empty()) {
                let output = hands.run(&command(words).args(names).live())?;
                stdout += &output.text();
                stderr += &output.errors();
            }
            hands.set("stdout", stdout);
            hands.set("stderr", stderr);
            hands.set("rc", 0);
            Ok(())
        })?;
        Ok(())
    }

    fn version(&self, target: &mut Target<'_>, name: &str) -> Result<Option<String>, Fail> {
        let output = target.query(&command(self.installed).arg(name))?;
        let version = output.text().lines().next().unwrap_or_default().trim().to_owned();
        Ok((output.ok() && !version.is_empty()).then_some(version))
    }

    /// Those of the names for which there is a newer version.
    fn outdated(&self, target: &mut Target<'_>, names: &[String]) -> Result<Vec<String>, Fail> {
        let takes_names = self.name != "zypper";
        let command = command(self.outdated).args(names.iter().filter(|_| takes_names));
        let text = target.query(&command)?.text();
        // A name may stand alone, behind bars, before an architecture or before its version.
        let stands = |line: &str, name: &str| {
            let mut words = line.split(['|', ' ', '\t']).map(str::trim);
            words.any(|word| word == name || word.strip_prefix(name).is_some_and(is_tail))
        };
        let is_old = |name: &&String| text.lines().any(|line| stands(line, name));
        Ok(names.iter().filter(is_old).cloned().collect())
    }
}

/// Whether this can stand behind a name: `.x86_64`, or `-1.2-r0`.
fn is_tail(rest: &str) -> bool {
    let version = rest.strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
    version || rest.starts_with('.')
}

fn command(words: &[&str]) -> Command {
    let (program, rest) = words.split_first().unwrap_or((&"false", &[]));
    Command::new(program).args(rest)
}
