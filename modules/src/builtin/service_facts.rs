//! service_facts

use crate::args::{Map, Return, Value};
use crate::services::{self, Known};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Read which services there are on the target, and how they are, as facts.
    ///
    /// Init scripts, OpenRC and systemd are asked, as far as they are there; where two know a service of the same
    /// name, systemd counts.
    pub struct ServiceFacts as "service_facts" {
    }
}

returns! {
    /// `services`: what is known of each service behind its name, which ends in `.service` for units of systemd.
    ansible_facts: dict,
    /// The name once more.
    ansible_facts.services.name: str,
    /// `running`, `stopped`, or another word of what manages it, as `inactive`.
    ansible_facts.services.state: str,
    /// Whether it starts with the machine, as `enabled`, `disabled`, `static`, `masked`, `not-found`.
    ansible_facts.services.status: str if "what manages it says so",
    /// What manages it: `systemd`, `sysv` or `openrc`.
    ansible_facts.services.source: str,
    /// The runlevels it starts in.
    ansible_facts.services.runlevels: list if "with OpenRC",
    /// Why there are no facts.
    msg: str if "there are no services",
}

impl Module for ServiceFacts {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Look at all services
  ansible.builtin.service_facts:
- name: Stop where the old service still runs
  ansible.builtin.fail:
    msg: the old service runs
  when: services['old.service'].state | default('stopped') == 'running'
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let known = services::all(target)?;
        if known.is_empty() {
            let why = "Failed to find any services. This can be due to privileges or some other configuration issue.";
            target.set("msg", why);
            target.set("skipped", true);
            return Ok(());
        }
        let services = known.into_iter().map(|(name, known)| (name.clone(), shown(name, known))).collect();
        target.set("ansible_facts", Map::from_iter([("services".to_owned(), Value::Object(services))]));
        Ok(())
    }
}

/// A service in Ansible's words.
fn shown(name: String, known: Known) -> Value {
    let mut map = Map::from_iter([
        ("name".to_owned(), Value::from(name)),
        ("state".to_owned(), known.state.into()),
        ("source".to_owned(), known.source.into()),
    ]);
    map.extend(known.status.map(|status| ("status".to_owned(), status.into())));
    map.extend(known.runlevels.map(|levels| ("runlevels".to_owned(), levels)));
    Value::Object(map)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Sandbox;

    const SYSTEMCTL: &str = r#"
case "$1" in
  list-units) cat <<END
  UNIT              LOAD      ACTIVE   SUB     DESCRIPTION
  cron.service      loaded    active   running Regular jobs
  getty@tty1.service loaded   active   running Getty on tty1
  gone.service      not-found inactive dead    gone.service
  broken.service    loaded    failed   failed  Breaks
  once.service      loaded    active   exited  Runs once

LOAD   = Reflects whether the unit definition was properly loaded.
END
  ;;
  list-unit-files) cat <<END
UNIT FILE          STATE    PRESET
cron.service       enabled  enabled
broken.service     enabled  enabled
getty@.service     enabled  enabled
app.service        disabled enabled
alias.service      alias    -
END
  ;;
  show) shift 3; for unit; do [ "$unit" = app.service ] && echo "Id=app.service" || echo "Id=other.service"
    [ "$unit" = app.service ] && echo "ActiveState=inactive" || echo "ActiveState=active"; echo; done ;;
esac"#;

    fn of(sandbox: &Sandbox) -> Value {
        sandbox.reads(json!({}))["ansible_facts"]["services"].clone()
    }

    /// A sandbox whose tools of the system are all our own.
    fn bare() -> Sandbox {
        Sandbox::new("service_facts").tool("service", "exit 0").tool("chkconfig", "exit 0")
    }

    #[test]
    fn units_of_systemd_have_state_and_status() {
        let sandbox = bare().tool("systemctl", SYSTEMCTL).dir("run/systemd/system");
        let said = of(&sandbox);
        let line = |name: &str| {
            let service = &said[name];
            format!("{} {} {}", service["state"], service["status"], service["source"]).replace('"', "")
        };
        assert_eq!(line("cron.service"), "running enabled systemd");
        assert_eq!(line("getty@tty1.service"), "running active systemd");
        assert_eq!(line("gone.service"), "stopped not-found systemd");
        assert_eq!(line("broken.service"), "stopped failed systemd");
        assert_eq!(line("once.service"), "stopped active systemd");
        assert_eq!(line("app.service"), "inactive disabled systemd");
        assert_eq!(line("alias.service"), "active alias systemd");
        assert_eq!(line("getty@.service"), "unknown enabled systemd");
        assert_eq!(said.as_object().map(serde_json::Map::len), Some(8), "{said}");
    }

    #[test]
    fn init_scripts_have_a_state() {
        let all = r#"[ "$1" = --status-all ] || exit 1; echo ' [ + ]  ssh'; echo ' [ - ]  x11-common'; echo ' [ ? ]  hwclock.sh' >&2"#;
        let sandbox = Sandbox::new("service_facts").tool("service", all);
        let wanted = json!({
            "ssh": {"name": "ssh", "state": "running", "source": "sysv"},
            "x11-common": {"name": "x11-common", "state": "stopped", "source": "sysv"},
        });
        assert_eq!(of(&sandbox), wanted);
    }

    #[test]
    fn services_of_chkconfig_have_a_status_too() {
        let list = "echo 'sshd 0:off 1:off 2:on 3:on 4:on 5:on 6:off'; echo 'old 0:off 1:off 2:off 3:off 4:off 5:off 6:off'";
        let sandbox = bare().tool("chkconfig", list).tool("service", r#"[ "$*" = 'sshd status' ]"#);
        let said = of(&sandbox);
        assert_eq!(
            said["sshd"],
            json!({"name": "sshd", "state": "running", "status": "enabled", "source": "sysv"})
        );
        assert_eq!(said["old"]["state"], "stopped");
        assert_eq!(said["old"]["status"], "disabled");
    }

    #[test]
    fn services_of_openrc_have_their_runlevels() {
        let status = "echo 'Runlevel: default'; echo ' sshd           [  started 00:12:01 (0) ]'; echo ' fsck  [  stopped  ]'; echo ' * x'";
        let update = "echo ' sshd | default nonetwork'; echo ' fsck |'";
        let sandbox = Sandbox::new("service_facts").tool("rc-status", status).tool("rc-update", update);
        let said = of(&sandbox);
        let levels = json!(["default", "nonetwork"]);
        assert_eq!(
            said["sshd"],
            json!({"name": "sshd", "runlevels": levels, "state": "started", "source": "openrc"})
        );
        assert_eq!(said["fsck"]["runlevels"], Value::Null);
    }

    #[test]
    fn no_services_are_passed_over() {
        let values = bare().reads(json!({}));
        assert_eq!(values["skipped"], true);
        assert!(values["msg"].as_str().is_some_and(|msg| msg.starts_with("Failed to find any services")));
    }
}
