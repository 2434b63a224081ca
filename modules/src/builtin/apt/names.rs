//! Which of the named packages there is something to do for, and in which version.

use glob::Pattern;

use super::status::Status;
use super::{Apt, State};
use crate::sorting::Sorting;
use crate::{Command, Fail, Target};

/// A name with what the task says of its version.
struct Wanted<'a> {
    name: &'a str,
    version: Version<'a>,
}

#[derive(Clone, Copy)]
enum Version<'a> {
    Any,
    /// This one, or one that the pattern matches.
    Is(&'a str),
    AtLeast(&'a str),
}

impl<'a> Wanted<'a> {
    fn of(word: &'a str) -> Self {
        let (name, version) = match (word.split_once(">="), word.split_once('=')) {
            (Some((name, version)), _) => (name, Version::AtLeast(version.trim())),
            (None, Some((name, version))) => (name, Version::Is(version.trim())),
            (None, None) => (word, Version::Any),
        };
        Self { name: name.trim(), version }
    }
}

/// What apt is to be given for the packages that are not as they should be.
pub(super) fn to_install(apt: &Apt, target: &mut Target, status: &Status) -> Result<Vec<String>, Fail> {
    let mut found = Vec::new();
    for word in &apt.name {
        let wanted = Wanted::of(word);
        if !is_pattern(wanted.name) {
            found.extend(one(apt, target, status, &wanted)?);
            continue;
        }
        let names = known(target, wanted.name)?;
        if names.is_empty() {
            return Err(Fail::new(format!("No package(s) matching '{}' available", wanted.name)));
        }
        for name in &names {
            found.extend(one(apt, target, status, &Wanted { name, version: wanted.version })?);
        }
    }
    found.dedup();
    Ok(found)
}

fn one(apt: &Apt, target: &mut Target, status: &Status, wanted: &Wanted) -> Result<Option<String>, Fail> {
    let name = wanted.name;
    let installed = status.installed.get(name);
    let absent = installed.is_none() && !(status.provides(name) && is_virtual(target, name)?);
    if absent && apt.only_upgrade {
        return Ok(None);
    }
    let latest = apt.state == State::Latest;
    match wanted.version {
        Version::Any if absent || (latest && installed.is_some()) => Ok(Some(name.to_owned())),
        Version::Any => Ok(None),
        Version::Is(version) if !latest && installed.is_some_and(|now| matches(version, now)) => Ok(None),
        Version::Is(version) => {
            let offered = offered(target, name)?;
            match offered.into_iter().find(|offered| matches(version, offered)) {
                Some(version) if installed == Some(&version) => Ok(None),
                Some(version) => Ok(Some(format!("{name}={version}"))),
                None => Err(none_for(target, name, &format!("{name}={version}"))),
            }
        }
        Version::AtLeast(least) => {
            if let Some(now) = installed.filter(|_| !latest)
                && at_least(target, now, least)?
            {
                return Ok(None);
            }
            for offered in offered(target, name)? {
                if at_least(target, &offered, least)? {
                    return Ok((installed != Some(&offered)).then(|| format!("{name}={offered}")));
                }
            }
            Err(none_for(target, name, &format!("{name}>={least}")))
        }
    }
}

fn none_for(target: &mut Target, name: &str, spec: &str) -> Fail {
    match known(target, name) {
        Ok(names) if names.is_empty() => Fail::new(format!("No package matching '{name}' is available")),
        _ => Fail::new(format!("no available installation candidate for {spec}")),
    }
}

/// The packages that are there, of those that are not to be.
pub(super) fn to_remove(apt: &Apt, status: &Status) -> Result<Vec<String>, Fail> {
    let mut found = Vec::new();
    for word in &apt.name {
        let wanted = Wanted::of(word);
        let left = status.leftovers.iter().filter(|_| apt.purge);
        let there = status.installed.iter().chain(left);
        let fits = |version: &String| match wanted.version {
            Version::Is(wanted) => matches(wanted, version),
            _ => true,
        };
        let named = |name: &String| match is_pattern(wanted.name) {
            true => !name.contains(':') && matches(wanted.name, name),
            false => name == wanted.name,
        };
        found.extend(
            there.filter(|(name, version)| named(name) && fits(version)).map(|(name, _)| name.clone()),
        );
    }
    found.put_in_order();
    found.dedup();
    Ok(found)
}

fn is_pattern(name: &str) -> bool {
    name.contains(['*', '?', '['])
}

fn matches(pattern: &str, word: &str) -> bool {
    pattern == word || Pattern::new(pattern).is_ok_and(|pattern| pattern.matches(word))
}

/// The names of packages that a name or pattern matches.
fn known(target: &mut Target, pattern: &str) -> Result<Vec<String>, Fail> {
    let prefix = pattern.split(['*', '?', '[', ':']).next().unwrap_or_default();
    let words = ["pkgnames", prefix].into_iter().filter(|word| !word.is_empty());
    let output = target.query(&Command::new("apt-cache").args(words))?;
    let pattern = pattern.split(':').next().unwrap_or_default();
    let mut names: Vec<String> =
        output.text().lines().filter(|name| matches(pattern, name)).map(str::to_owned).collect();
    names.put_in_order();
    Ok(names)
}

/// Whether no package has the name itself.
fn is_virtual(target: &mut Target, name: &str) -> Result<bool, Fail> {
    Ok(offered(target, name)?.is_empty())
}

/// The versions that are offered, the newest first.
fn offered(target: &mut Target, name: &str) -> Result<Vec<String>, Fail> {
    let output = target.query(&Command::new("apt-cache").args(["madison", "--", name]))?;
    let text = output.text();
    let version = |line: &str| line.split('|').nth(1).map(|version| version.trim().to_owned());
    Ok(text.lines().filter_map(version).collect())
}

fn at_least(target: &mut Target, version: &str, least: &str) -> Result<bool, Fail> {
    let output = target.query(&Command::new("dpkg").args(["--compare-versions", version, "ge", least]))?;
    Ok(output.ok())
}
