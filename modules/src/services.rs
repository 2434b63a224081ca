//! Services where systemd does not run: OpenRC, and init scripts; and a list of all, whoever manages them.

mod all;

pub use all::{Known, all};

use crate::target::{Command, Fail, Target};

/// What starts services.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Manager {
    /// `systemctl`
    Systemd,
    /// `rc-service` and `rc-update`
    Openrc,
    /// `service`, or the scripts themselves
    Sysv,
}

impl Manager {
    /// The manager of this name, or for `auto` the one that runs.
    pub fn find(target: &Target<'_>, name: &str) -> Result<Self, Fail> {
        match name.rsplit('.').next().unwrap_or_default() {
            "systemd" | "systemd_service" => Ok(Self::Systemd),
            "openrc" => Ok(Self::Openrc),
            "sysvinit" => Ok(Self::Sysv),
            "auto" | "service" if target.stat(target.system("/run/systemd/system"))?.is_some() => {
                Ok(Self::Systemd)
            }
            "auto" | "service" if target.find_program("rc-service").is_some() => Ok(Self::Openrc),
            "auto" | "service" => Ok(Self::Sysv),
            other => Err(Fail::new(format!("unknown service manager: `{other}`"))),
        }
    }

    /// Whether there is a service of this name.
    pub fn knows(self, target: &Target<'_>, name: &str) -> Result<bool, Fail> {
        let known = |path: &str| Ok::<_, Fail>(target.stat(target.system(path).join(name))?.is_some());
        Ok(known("/etc/init.d")? || known("/etc/rc.d/init.d")? || known("/usr/local/etc/init.d")?)
    }

    /// The command that does something to a service.
    pub fn command(self, target: &Target<'_>, name: &str, verb: &str) -> Command {
        match self {
            Self::Systemd => Command::new("systemctl").args([verb, "--", name]),
            Self::Openrc => Command::new("rc-service").args(["--", name, verb]),
            Self::Sysv if target.find_program("service").is_some() => {
                Command::new("service").args([name, verb])
            }
            Self::Sysv => Command::new(target.system("/etc/init.d").join(name)).arg(verb),
        }
    }

    /// Whether a service runs; by `pattern`, whether a process has it in its command line.
    pub fn runs(self, target: &mut Target<'_>, name: &str, pattern: Option<&str>) -> Result<bool, Fail> {
        if let Some(pattern) = pattern {
            return processes(target, pattern);
        }
        let output = target.query(&self.command(target, name, "status"))?;
        let said = output.text().to_lowercase();
        let denied = ["not running", "stopped", "is dead"].iter().any(|words| said.contains(words));
        Ok(output.ok() && !denied)
    }

    /// Whether a service starts with the machine.
    pub fn enabled(self, target: &mut Target<'_>, name: &str, runlevel: &str) -> Result<bool, Fail> {
        if self == Self::Openrc {
            let said = target.query(&Command::new("rc-update").args(["show", runlevel]))?.text();
            return Ok(said
                .lines()
                .any(|line| line.split('|').next().is_some_and(|word| word.trim() == name)));
        }
        for level in ["rc2.d", "rc3.d", "rc4.d", "rc5.d", "rcS.d"] {
            for directory in [format!("/etc/{level}"), format!("/etc/rc.d/{level}")] {
                let links = target.list(target.system(directory))?.unwrap_or_default();
                let is_start = |link: &str| link.starts_with('S') && link.get(3..) == Some(name);
                if links.iter().filter_map(|link| link.to_str()).any(is_start) {
                    return Ok(true);
                }
            }
        }
        Ok(false)
    }

    /// The commands that have a service start with the machine, or not.
    pub fn enable(
        self,
        target: &Target<'_>,
        name: &str,
        runlevel: &str,
        on: bool,
    ) -> Result<Vec<Command>, Fail> {
        if self == Self::Openrc {
            let verb = if on { "add" } else { "del" };
            return Ok(vec![Command::new("rc-update").args([verb, name, runlevel])]);
        }
        if target.find_program("update-rc.d").is_some() {
            let defaults = Command::new("update-rc.d").args([name, "defaults"]);
            let set = Command::new("update-rc.d").args([name, if on { "enable" } else { "disable" }]);
            return Ok(if on { vec![defaults, set] } else { vec![set] });
        }
        if target.find_program("chkconfig").is_some() {
            return Ok(vec![Command::new("chkconfig").args([name, if on { "on" } else { "off" }])]);
        }
        Err(Fail::new(format!("no tool on this host to enable the service `{name}`")))
    }
}

/// Whether a process has the text in its command line, this one aside.
fn processes(target: &Target<'_>, pattern: &str) -> Result<bool, Fail> {
    let own = std::process::id().to_string();
    let proc = target.system("/proc");
    for entry in target.list(&proc)?.unwrap_or_default() {
        let number = entry.to_string_lossy().into_owned();
        if number == own || !number.bytes().all(|byte| byte.is_ascii_digit()) {
            continue;
        }
        // A process may end while we look.
        let line = target.read(proc.join(&number).join("cmdline")).ok().flatten().unwrap_or_default();
        if String::from_utf8_lossy(&line).replace('\0', " ").contains(pattern) {
            return Ok(true);
        }
    }
    Ok(false)
}
