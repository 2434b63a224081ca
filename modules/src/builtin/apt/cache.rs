//! The lists of packages, and the package files that apt keeps.

use std::path::Path;
use std::time::{Duration, SystemTime};

use serde_json::json;

use super::{Apt, State, Upgrade, get};
use crate::{Command, Fail, Hands, Target};

/// Fetches the lists of packages where that is wanted and due.
pub(super) fn refresh(apt: &Apt, target: &mut Target) -> Result<(), Fail> {
    let fetched = fetched(target)?;
    let now = SystemTime::now();
    let valid = Duration::from_secs(apt.cache_valid_time);
    let fresh = fetched.is_some_and(|then| then + valid >= now);
    let wanted = apt.update_cache.unwrap_or(apt.cache_valid_time > 0);
    let due = wanted && (apt.cache_valid_time == 0 || !fresh);
    target.set("cache_updated", due);
    target.set("cache_update_time", seconds(fetched));
    if !due {
        return Ok(());
    }
    let only =
        apt.name.is_empty() && apt.deb.is_none() && apt.upgrade == Upgrade::No && apt.state != State::Fixed;
    let lists = target.system("/var/lib/apt/lists");
    if only {
        let show = |age: &str| json!({"lists of packages": age});
        let before = show(&fetched.map_or("none".to_owned(), crate::files::local_stamp));
        target
            .change("lists of packages", before, show("fetched now"), |hands| update(apt, hands, &lists))?;
    } else {
        target.refresh(|hands| update(apt, hands, &lists))?;
    }
    let fetched = self::fetched(target)?;
    target.set("cache_update_time", seconds(fetched));
    Ok(())
}

fn seconds(time: Option<SystemTime>) -> u64 {
    time.and_then(|time| time.duration_since(SystemTime::UNIX_EPOCH).ok()).map_or(0, |age| age.as_secs())
}

/// When the lists were last fetched.
fn fetched(target: &Target) -> Result<Option<SystemTime>, Fail> {
    for path in ["/var/lib/apt/periodic/update-success-stamp", "/var/lib/apt/lists"] {
        if let Some(meta) = target.stat(target.system(path))? {
            return Ok(meta.modified().ok());
        }
    }
    Ok(None)
}

/// Runs `apt-get update`, again where it fails, with longer and longer pauses.
fn update(apt: &Apt, hands: &mut Hands, lists: &Path) -> Result<(), Fail> {
    let mut pause = 1;
    for last in (0..=apt.update_cache_retries).rev().map(|left| left == 0) {
        let begun = SystemTime::now();
        match get::run(apt, hands, &["update".to_owned()]) {
            Ok(output) if !output.errors().contains("W: Failed to fetch") => {
                return touch(hands, lists, begun);
            }
            Ok(output) if last => {
                let line =
                    output.errors().lines().find(|line| line.contains("Failed to fetch")).map(str::to_owned);
                return Err(failed(&line.unwrap_or_default()));
            }
            Err(fail) if last => return Err(Fail { message: failed(&fail.message).message, ..fail }),
            _ => std::thread::sleep(Duration::from_secs(pause.min(apt.update_cache_retry_max_delay))),
        }
        pause *= 2;
    }
    Ok(())
}

fn failed(why: &str) -> Fail {
    Fail::new(format!("Failed to update apt cache after retries: {why}"))
}

/// Lists that were fetched, but had nothing new, are as fresh as new ones.
fn touch(hands: &mut Hands, lists: &Path, begun: SystemTime) -> Result<(), Fail> {
    let old = std::fs::metadata(lists).and_then(|meta| meta.modified()).is_ok_and(|time| time < begun);
    if old { hands.set_times(lists, None, Some(SystemTime::now())) } else { Ok(()) }
}

/// Removes all kept package files.
pub(super) fn clean(apt: &Apt, target: &mut Target) -> Result<(), Fail> {
    let mut kept = Vec::new();
    for directory in ["/var/cache/apt/archives", "/var/cache/apt/archives/partial"] {
        let names = target.list(target.system(directory)).ok().flatten().unwrap_or_default();
        let names = names.into_iter().filter_map(|name| name.into_string().ok());
        kept.extend(names.filter(|name| name.ends_with(".deb")));
    }
    let none: Vec<String> = Vec::new();
    target.change("kept package files", json!(kept), json!(none), |hands| {
        get::run(apt, hands, &["clean".to_owned()]).map(drop)
    })?;
    Ok(())
}

/// Removes kept package files that nobody offers any more.
pub(super) fn autoclean(apt: &Apt, target: &mut Target) -> Result<(), Fail> {
    let words = ["--simulate".to_owned(), "autoclean".to_owned()];
    let command: Command = get::command(apt, &words);
    let said = target.query(&command)?.expect_ok("apt-get autoclean")?.text();
    let gone: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("Del ")).collect();
    let none: Vec<String> = Vec::new();
    target.change("kept package files", json!(gone), json!(none), |hands| {
        let output = get::run(apt, hands, &words[1..])?;
        hands.set("stdout", output.text());
        Ok(())
    })?;
    Ok(())
}
