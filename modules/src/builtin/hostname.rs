//! hostname

use std::path::PathBuf;

use serde_json::json;

use crate::args::Return;
use crate::{Command, Fail, Module, Target, args, choices, returns};

args! {
    /// Give the target its name, now and when it starts again.
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
        /// In `/etc/hostname`.
        Alpine = "alpine",
        /// In `/etc/hostname`.
        Debian = "debian",
        /// In `/etc/hostname`.
        Generic = "generic",
        /// In `/etc/conf.d/hostname`.
        Openrc = "openrc",
        /// In `/etc/hostname`.
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
        let runs = target.stat(target.system("/run/systemd/system"))?.is_some();
        let strategy = self.r#use.unwrap_or(if runs { Strategy::Systemd } else { Strategy::Generic });
        let now = target.query(&Command::new("hostname"))?.expect_ok("hostname")?.text();
        let set = match strategy {
            Strategy::Systemd => Command::new("hostnamectl").args(["--transient", "set-hostname"]),
            _ => Command::new("hostname"),
        };
        target.change("hostname", now.trim(), name, |hands| hands.run(&set.arg(name)))?;
        self.keep(target, strategy)?;
        let full = target.query(&Command::new("hostname").arg("-f"))?;
        let full = if full.ok() { full.text().trim().to_owned() } else { name.to_owned() };
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
    /// Keeps the name for the next start.
    fn keep(&self, target: &mut Target, strategy: Strategy) -> Result<(), Fail> {
        let name = self.name.as_str();
        let path: PathBuf = target.system(match strategy {
            Strategy::Openrc => "/etc/conf.d/hostname",
            Strategy::Sles => "/etc/HOSTNAME",
            _ => "/etc/hostname",
        });
        let text = target.read_text(&path)?.unwrap_or_default();
        let is_name = |line: &&str| !line.trim().is_empty() && !line.starts_with('#');
        let (now, after) = match strategy {
            Strategy::Openrc => {
                let kept = |line: &str| line.trim_start().strip_prefix("hostname=").map(str::to_owned);
                let others = text.lines().filter(|line| kept(line).is_none());
                let after: Vec<String> =
                    others.map(str::to_owned).chain([format!("hostname=\"{name}\"")]).collect();
                let now = text.lines().find_map(kept).map(|value| value.trim_matches(['"', '\'']).to_owned());
                (now, after.join("\n") + "\n")
            }
            _ => (text.lines().find(is_name).map(|line| line.trim().to_owned()), format!("{name}\n")),
        };
        let what = path.display().to_string();
        target.change(&what, now, name, |hands| match strategy {
            Strategy::Systemd => {
                let set = ["--static", "--pretty", "set-hostname", name];
                hands.run(&Command::new("hostnamectl").args(set)).map(drop)
            }
            _ => hands.write(&path, after.as_bytes()),
        })?;
        Ok(())
    }
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
        let reply = sandbox.converges(json!({"name": "web1", "use": "debian"}));
        assert_eq!((sandbox.text("name"), sandbox.text("etc/hostname")), ("web1\n".into(), "web1\n".into()));
        assert_eq!(reply.values["ansible_facts"]["ansible_fqdn"], "web1.example.org");
    }

    #[test]
    fn openrc_keeps_what_else_is_in_its_file() {
        let sandbox = sandbox().file("etc/conf.d/hostname", "# mine\nhostname=\"old\"\n");
        sandbox.converges(json!({"name": "web1", "use": "openrc"}));
        assert_eq!(sandbox.text("etc/conf.d/hostname"), "# mine\nhostname=\"web1\"\n");
    }
}
