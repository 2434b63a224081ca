//! `apt-get`: its options, its locks, and the services of new packages.

use std::path::Path;
use std::time::{Duration, Instant};

use super::{Apt, State};
use crate::{Command, Fail, Hands, Output};

/// The command with the options that the task gives.
pub(super) fn command(apt: &Apt, words: &[String]) -> Command {
    let mut options: Vec<String> = vec!["-q".into(), "-y".into()];
    let mut set = |name: &str, value: &str| options.extend(["-o".to_owned(), format!("{name}={value}")]);
    for option in apt.dpkg_options.split(',').map(str::trim).filter(|option| !option.is_empty()) {
        set("Dpkg::Options::", &format!("--{option}"));
    }
    set("DPkg::Lock::Timeout", &apt.lock_timeout.to_string());
    if let Some(recommends) = apt.install_recommends {
        set("APT::Install-Recommends", if recommends { "yes" } else { "no" });
    }
    if let Some(release) = &apt.default_release {
        options.extend(["-t".to_owned(), release.clone()]);
    }
    let flags = [
        ("--no-remove", apt.fail_on_autoremove && apt.state != State::Absent),
        ("--purge", apt.purge && apt.autoremove),
        ("--allow-downgrades", apt.force || apt.allow_downgrade),
        ("--allow-unauthenticated", apt.force || apt.allow_unauthenticated),
        ("--allow-change-held-packages", apt.force || apt.allow_change_held_packages),
        ("--allow-remove-essential", apt.force),
    ];
    options.extend(flags.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag.to_owned()));
    quiet(Command::new("apt-get")).args(options).args(words)
}

/// A command of apt that asks nobody anything.
pub(super) fn quiet(command: Command) -> Command {
    command
        .env("DEBIAN_FRONTEND", "noninteractive")
        .env("DEBIAN_PRIORITY", "critical")
        .env("APT_LISTCHANGES_FRONTEND", "none")
        .env("NEEDRESTART_SUSPEND", "1")
}

/// Runs apt; while somebody else holds a lock, again and again.
pub(super) fn run(apt: &Apt, hands: &mut Hands, words: &[String]) -> Result<Output, Fail> {
    let command = command(apt, words).live();
    let until = Instant::now() + Duration::from_secs(apt.lock_timeout);
    loop {
        let output = hands.try_run(&command)?;
        if output.ok() {
            return Ok(output);
        }
        if !is_locked(&output) || Instant::now() >= until {
            return Err(failure(words, &output));
        }
        std::thread::sleep(Duration::from_secs(1));
    }
}

pub(super) fn is_locked(output: &Output) -> bool {
    let said = output.errors();
    ["Could not get lock", "Unable to acquire the dpkg frontend lock", "Unable to lock directory"]
        .iter()
        .any(|words| said.contains(words))
}

/// What apt could not do, in Ansible's words where it has some.
pub(super) fn failure(words: &[String], output: &Output) -> Fail {
    let said = output.errors();
    let quoted = |after: &str| {
        let rest = said.split_once(after)?.1;
        Some(rest.lines().next().unwrap_or_default().trim().trim_matches(['\'', '"']).to_owned())
    };
    let missing = quoted("Unable to locate package ").or_else(|| {
        let line = said.lines().find(|line| line.contains("has no installation candidate"))?;
        Some(line.split(['\'', '"']).nth(1)?.to_owned())
    });
    let version = said.lines().find(|line| line.contains("E: Version '")).and_then(|line| {
        let mut parts = line.split('\'');
        let (version, name) = (parts.nth(1)?, parts.nth(1)?);
        Some(format!("no available installation candidate for {name}={version}"))
    });
    let first = said.lines().find(|line| line.starts_with("E: ")).map(|line| line[3..].to_owned());
    let verb = words.first().map(String::as_str).unwrap_or_default();
    let message = match (missing, version) {
        (Some(name), _) => format!("No package matching '{name}' is available"),
        (None, Some(words)) => words,
        (None, None) => {
            format!("`apt-get {verb}` failed: {}", first.unwrap_or_else(|| said.trim().to_owned()))
        }
    };
    Fail::new(message).with("rc", output.rc).with("stdout", output.text()).with("stderr", said.as_str())
}

/// Does something while `policy-rc.d` gives this answer; what was there comes back.
pub(super) fn with_policy<T>(
    hands: &mut Hands,
    code: Option<i32>,
    path: &Path,
    make: impl FnOnce(&mut Hands) -> Result<T, Fail>,
) -> Result<T, Fail> {
    let Some(code) = code else { return make(hands) };
    let kept = path.with_extension("d.baton");
    let there = path.exists();
    if there {
        hands.rename(path, &kept)?;
    }
    let made = hands
        .write(path, format!("#!/bin/sh\nexit {code}\n").as_bytes())
        .and_then(|()| hands.set_mode(path, 0o755))
        .and_then(|()| make(hands));
    let restored = if there { hands.rename(&kept, path) } else { hands.remove(path) };
    made.and_then(|value| restored.map(|()| value))
}
