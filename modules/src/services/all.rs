//! All services of a target, as those who manage them tell.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::target::{Command, Fail, Target};

/// What is known of a service.
#[derive(Debug, PartialEq)]
pub struct Known {
    /// `running`, `stopped`, or another word of who manages it.
    pub state: String,
    /// Whether it starts with the machine, or what is wrong with it.
    pub status: Option<String>,
    /// Who manages it.
    pub source: &'static str,
    /// The runlevels it starts in, where there are such.
    pub runlevels: Option<Value>,
}

/// Services by their names.
type Services = BTreeMap<String, Known>;

/// All services; where two know one of the same name, systemd counts.
pub fn all(target: &mut Target<'_>) -> Result<Services, Fail> {
    let has = |target: &Target<'_>, name: &str| target.find_program(name).is_some();
    let mut services = Services::new();
    let (chkconfig, openrc) = (has(target, "chkconfig"), has(target, "rc-status"));
    if chkconfig {
        runlevels(target, &mut services)?;
    } else if openrc && has(target, "rc-update") {
        of_openrc(target, &mut services)?;
    } else if !openrc && has(target, "service") {
        scripts(target, &mut services)?;
    }
    if has(target, "systemctl") && systemd_runs(target)? {
        units(target, &mut services)?;
        unit_files(target, &mut services)?;
    }
    Ok(services)
}

/// Whether systemd is what runs the machine.
fn systemd_runs(target: &Target<'_>) -> Result<bool, Fail> {
    for sign in ["/run/systemd/system", "/dev/.run/systemd", "/dev/.systemd"] {
        if target.stat(target.system(sign))?.is_some() {
            return Ok(true);
        }
    }
    let init = target.read_text(target.system("/proc/1/comm"))?;
    Ok(init.is_some_and(|name| name.contains("systemd")))
}

/// What a command that only looks says, with a warning where it fails.
fn ask(target: &mut Target<'_>, command: &Command) -> Result<String, Fail> {
    let output = target.query(command)?;
    if !output.ok() {
        let words = command.words().join(" ");
        target.warn(format!("`{words}` failed with exit code {}: {}", output.rc, output.errors().trim()));
    }
    Ok(output.text())
}

/// Init scripts, as ` [ + ]  ssh`; of those that do not say how they are nothing is told.
fn scripts(target: &mut Target<'_>, services: &mut Services) -> Result<(), Fail> {
    let command = Command::new("service").arg("--status-all");
    let output = target.query(&command)?;
    // Without init scripts it fails with this code where it comes with systemd.
    if output.rc == 4 && target.stat(target.system("/etc/init.d"))?.is_none() {
        return Ok(());
    }
    if !output.ok() {
        target.warn(format!("`service` failed with exit code {}: {}", output.rc, output.errors().trim()));
    }
    for line in output.text().lines() {
        let line = line.trim();
        let found = ["running", "stopped"].into_iter().zip(["[ + ]", "[ - ]"]);
        for (state, sign) in found {
            if let Some(name) = line.strip_prefix(sign) {
                add(services, name.trim(), state, None, "sysv");
            }
        }
    }
    Ok(())
}

/// Init scripts with runlevels, as `sshd 0:off 1:off 2:on 3:on 4:on 5:on 6:off`.
fn runlevels(target: &mut Target<'_>, services: &mut Services) -> Result<(), Fail> {
    let mut listed = String::new();
    for options in [&[][..], &["--list"], &["-l", "--allservices"]] {
        listed = target.query(&Command::new("chkconfig").args(options))?.text();
        if listed.contains("3:on") || listed.contains("3:off") {
            break;
        }
    }
    for line in listed.lines().filter(|line| line.contains("3:on") || line.contains("3:off")) {
        let Some(name) = line.split_whitespace().next() else { continue };
        let status = if line.contains("3:on") { "enabled" } else { "disabled" };
        let output = target.query(&Command::new("service").args([name, "status"]))?;
        let denied = ["root", "permission", "not in sudoers"];
        let errors = output.errors().to_lowercase();
        let state = match output.rc {
            0 => "running".to_owned(),
            rc if denied.iter().any(|word| errors.contains(word)) => {
                target.warn(format!("no permission to ask for the state of the service `{name}`"));
                // ansible: the exit code stands where the state is not known.
                rc.to_string()
            }
            _ => "stopped".to_owned(),
        };
        add(services, name, &state, Some(status), "sysv");
    }
    Ok(())
}

/// Services of OpenRC, as ` sshd [  started  ]`, and their runlevels, as ` sshd | default`.
fn of_openrc(target: &mut Target<'_>, services: &mut Services) -> Result<(), Fail> {
    let shown = target.query(&Command::new("rc-update").args(["show", "-v"]))?.text();
    let levels = |(name, levels): (&str, &str)| {
        let levels: Vec<String> = levels.split_whitespace().map(str::to_owned).collect();
        (name.trim().to_owned(), if levels.is_empty() { Value::Null } else { levels.into() })
    };
    let levels: BTreeMap<String, Value> =
        shown.lines().filter_map(|line| line.split_once('|')).map(levels).collect();
    let status = target.query(&Command::new("rc-status").args(["-a", "-s", "-m"]))?.text();
    for line in status.lines().filter(|line| line.starts_with(' ')) {
        let line = line.replace(['[', ']'], "");
        let mut words = line.split_whitespace();
        let (Some(name), Some(state)) = (words.next(), words.next()) else { continue };
        match levels.get(name) {
            _ if name == "*" => {}
            Some(levels) => {
                add(services, name, state, None, "openrc").runlevels = Some(levels.clone());
            }
            None => target.warn(format!("`rc-update` does not know the service `{name}`")),
        }
    }
    Ok(())
}

/// What is wrong with a unit, in systemd's words; it stands before all else.
const BAD: [&str; 3] = ["not-found", "masked", "failed"];

/// Units that systemd has loaded, as `cron.service loaded active running Regular jobs`.
fn units(target: &mut Target<'_>, services: &mut Services) -> Result<(), Fail> {
    let command =
        Command::new("systemctl").args(["list-units", "--no-pager", "--type", "service", "--all", "--plain"]);
    for line in ask(target, &command)?.lines() {
        let fields: Vec<&str> = line.split_whitespace().filter(|word| *word != "●").collect();
        let [name, load, active, sub, ..] = fields[..] else { continue };
        if !name.ends_with(".service") {
            continue;
        }
        let bad = [load, active, sub].into_iter().find(|word| BAD.contains(word));
        let state = if sub == "running" { "running" } else { "stopped" };
        add(services, name, state, Some(bad.unwrap_or(active)), "systemd");
    }
    Ok(())
}

/// Units that systemd could load, as `cron.service enabled enabled`.
fn unit_files(target: &mut Target<'_>, services: &mut Services) -> Result<(), Fail> {
    let command =
        Command::new("systemctl").args(["list-unit-files", "--no-pager", "--type", "service", "--all"]);
    let listed = ask(target, &command)?;
    let mut asleep = Vec::new();
    for line in listed.lines() {
        let mut words = line.split_whitespace();
        let (Some(name), Some(status)) = (words.next(), words.next()) else { continue };
        if !name.ends_with(".service") {
            continue;
        }
        match services.get_mut(name).filter(|known| known.source == "systemd") {
            Some(known) if known.status.as_deref().is_none_or(|status| !BAD.contains(&status)) => {
                known.status = Some(status.to_owned());
            }
            Some(_) => {}
            None => {
                add(services, name, "unknown", Some(status), "systemd");
                asleep.push(name);
            }
        }
    }
    // A template is no unit: systemd has no state of it.
    asleep.retain(|name| !name.contains("@."));
    for (name, state) in states(target, &asleep)? {
        if let Some(known) = services.get_mut(&name) {
            known.state = state;
        }
    }
    Ok(())
}

/// The states of units that are not loaded, asked for at once.
fn states(target: &mut Target<'_>, names: &[&str]) -> Result<Vec<(String, String)>, Fail> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let show = |names: &[&str]| {
        Command::new("systemctl").args(["show", "--property=Id,ActiveState", "--"]).args(names)
    };
    let state = |text: &str| {
        text.lines().find_map(|line| line.strip_prefix("ActiveState=")).map(|word| word.trim().to_owned())
    };
    let text = target.query(&show(names))?.text();
    // What is shown of an alias is another unit's, so the order tells whose it is.
    let found: Vec<String> = text.split("\n\n").filter_map(state).collect();
    if found.len() == names.len() {
        return Ok(names.iter().map(|name| (*name).to_owned()).zip(found).collect());
    }
    let mut single = Vec::new();
    for name in names {
        let text = target.query(&show(&[name]))?.text();
        single.extend(state(&text).map(|state| ((*name).to_owned(), state)));
    }
    Ok(single)
}

fn add<'s>(
    services: &'s mut Services,
    name: &str,
    state: &str,
    status: Option<&str>,
    source: &'static str,
) -> &'s mut Known {
    let known = Known { state: state.to_owned(), status: status.map(str::to_owned), source, runlevels: None };
    services.entry(name.to_owned()).insert_entry(known).into_mut()
}
