//! hostname

use std::path::PathBuf;

use serde_json::json;

use crate::args::Return;
use crate::{Command, Fail, Module, Target, args, choices, returns};

args! {
    /// Give the target its name for when it starts again; with systemd and on Alpine at once too.
    pub struct Hostname as "hostname" {
        /// The name.
        name: String,
        /// How the system keeps its name; else it is found out.
        r#use: Option<Strategy>,
    }
}

returns! {
    /// The name.
    name: str,
    /// The facts that follow from it: `ansible_hostname`, `ansible_nodename`, `ansible_fqdn`, `ansible_domain`.
    ansible_facts: dict,
}

choices! {
    /// How a system keeps its name.
    pub enum Strategy {
        /// In `/etc/hostname`, and by `hostname`.
        Alpine = "alpine",
        /// By `hostnamectl` where systemd runs, else in `/etc/hostname`.
        Debian = "debian",
        /// In `/etc/hostname`.
        Generic = "generic",
        /// In `/etc/conf.d/hostname`.
        Openrc = "openrc",
        /// In `/etc/sysconfig/network`.
        Redhat = "redhat",
        /// In `/etc/HOSTNAME`.
        Sles = "sles",
        /// By `hostnamectl`.
        Systemd = "systemd",
    }
}

impl Module for Hostname {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Name the host as the inventory does
  ansible.builtin.hostname:
    name: \"{{ inventory_hostname }}\"
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let name = self.name.as_str();
        if name.is_empty() || name.len() > 64 {
            return Err(Fail::new(format!("name must have 1 to 64 characters on this system: `{name}`")));
        }
        let strategy = self.strategy(target)?;
        // NetworkManager complains unless the name for the next start is set first.
        self.keep(target, strategy)?;
        let set = match strategy {
            Strategy::Systemd => Some(Command::new("hostnamectl").args(["--transient", "set-hostname"])),
            Strategy::Alpine => Some(Command::new("hostname")),
            _ => None,
        };
        if let Some(set) = set {
            let now = target.query(&Command::new("hostname"))?.expect_ok("hostname")?.text();
            target.change("hostname", now.trim(), name, |hands| hands.run(&set.arg(name)))?;
        }
        let full = target.query(&Command::new("hostname").arg("-f")).ok().filter(|output| output.ok());
        let full = full.map_or_else(|| name.to_owned(), |output| output.text().trim().to_owned());
        target.set("name", name);
        target.set(
            "ansible_facts",
            json!({
                "ansible_hostname": name.split('.').next(),
                "ansible_nodename": name,
                "ansible_fqdn": full,
                "ansible_domain": full.split_once('.').map_or("", |(_, domain)| domain),
            }),
        );
        Ok(())
    }
}

impl Hostname {
    /// How this system keeps its name.
    fn strategy(&self, target: &Target) -> Result<Strategy, Fail> {
        let has = |path: &str| target.stat(target.system(path)).map(|meta| meta.is_some());
        Ok(match self.r#use {
            Some(other) if other != Strategy::Debian => other,
            _ if has("/run/systemd/system")? => Strategy::Systemd,
            Some(_) => Strategy::Debian,
            None if has("/etc/alpine-release")? => Strategy::Alpine,
            None if has("/etc/gentoo-release")? => Strategy::Openrc,
            None => Strategy::Generic,
        })
    }

    /// Keeps the name for the next start.
    fn keep(&self, target: &mut Target, strategy: Strategy) -> Result<(), Fail> {
        let name = self.name.as_str();
        let (path, key) = match strategy {
            Strategy::Openrc => ("/etc/conf.d/hostname", Some(("hostname=", "\""))),
            Strategy::Redhat => ("/etc/sysconfig/network", Some(("HOSTNAME=", ""))),
            Strategy::Sles => ("/etc/HOSTNAME", None),
            _ => ("/etc/hostname", None),
        };
        let path: PathBuf = target.system(path);
        let text = target.read(&path)?.unwrap_or_default();
        let (now, after) = match key {
            Some((key, quote)) => among(&text, key, &format!("{key}{quote}{name}{quote}\n")),
            None => {
                let text = String::from_utf8_lossy(&text);
                let is_name = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
                (text.lines().find(is_name).map(|line| line.trim().to_owned()), format!("{name}\n").into())
            }
        };
        let what = path.display().to_string();
        target.change(&what, now, name, |hands| match strategy {
            Strategy::Systemd => {
                let set = ["--static", "--pretty", "set-hostname", name];
                hands.run(&Command::new("hostnamectl").args(set)).map(drop)
            }
            _ => hands.write(&path, &after),
        })?;
        Ok(())
    }
}

/// The name that stands behind a key in a file, and the file with `line` in its place, or at its end.
fn among(text: &[u8], key: &str, line: &str) -> (Option<String>, Vec<u8>) {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|byte| *byte == b'\n').collect();
    let is_it = |there: &&[u8]| there.trim_ascii_start().starts_with(key.as_bytes());
    let Some(at) = lines.iter().position(is_it) else {
        let end: &[u8] = if text.is_empty() || text.ends_with(b"\n") { b"" } else { b"\n" };
        return (None, [text, end, line.as_bytes()].concat());
    };
    let now = String::from_utf8_lossy(&lines[at].trim_ascii()[key.len()..]);
    let now = now.trim_matches(['"', '\'']).to_owned();
    lines[at] = line.as_bytes();
    (Some(now), lines.concat())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const TOOL: &str = r#"
case "$1" in
  "") cat "$SANDBOX/name" ;;
  -f) echo "$(cat "$SANDBOX/name").example.org" ;;
  *) echo "$1" > "$SANDBOX/name" ;;
esac"#;

    fn sandbox() -> Sandbox {
        Sandbox::new("hostname").tool("hostname", TOOL).file("name", "old\n")
    }

    #[test]
    fn the_name_holds_now_and_later() {
        let sandbox = sandbox().file("etc/hostname", "# mine\nold\n");
        let reply = sandbox.converges(json!({"name": "web1", "use": "alpine"}));
        assert_eq!((sandbox.text("name"), sandbox.text("etc/hostname")), ("web1\n".into(), "web1\n".into()));
        assert_eq!(reply.values["ansible_facts"]["ansible_fqdn"], "web1.example.org");
    }

    #[test]
    fn a_file_is_no_reason_to_rename_what_runs() {
        let sandbox = sandbox().file("etc/hostname", "old\n");
        sandbox.converges(json!({"name": "web1"}));
        assert_eq!((sandbox.text("name"), sandbox.text("etc/hostname")), ("old\n".into(), "web1\n".into()));
    }

    #[test]
    fn files_of_several_settings_keep_the_others() {
        let sandbox = sandbox().file("etc/conf.d/hostname", "# mine\nhostname=\"old\"\nx=1");
        sandbox.converges(json!({"name": "web1", "use": "openrc"}));
        assert_eq!(sandbox.text("etc/conf.d/hostname"), "# mine\nhostname=\"web1\"\nx=1");
        let sandbox = sandbox.file("etc/sysconfig/network", "NETWORKING=yes");
        sandbox.converges(json!({"name": "web1", "use": "redhat"}));
        assert_eq!(sandbox.text("etc/sysconfig/network"), "NETWORKING=yes\nHOSTNAME=web1\n");
    }
}
