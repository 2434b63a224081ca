//! service

use std::time::Duration;

use super::systemd_service::{State, SystemdService};
use crate::args::{Args, Map, Return, Value};
use crate::services::Manager;
use crate::{Command, Fail, Module, Target, args, returns};

args! {
    /// Start, stop and enable services, with whatever starts them on the target.
    pub struct Service as "service" {
        /// The name of the service; systemd can do without for `daemon_reload`.
        name: Option<String>,
        /// Whether it is to run; `restarted` and `reloaded` always act.
        state: Option<State>,
        /// Whether it is to start with the machine.
        enabled: Option<bool>,
        /// How many seconds to wait between stop and start of a restart; not used with systemd.
        sleep: Option<u64>,
        /// Text in the command line of a process of a service that cannot tell whether it runs; not used with systemd.
        pattern: Option<String>,
        /// The runlevel of OpenRC.
        runlevel: String = "default",
        /// More words for the init script; not used with systemd.
        #[alias("args")]
        arguments: String = "",
        /// What starts services, as `systemd`, `openrc` or `sysvinit`; `auto` takes what runs.
        r#use: String = "auto",
        ..more: Map<String, Value>,
    }
}

returns! {
    /// The name of the service.
    name: str,
    /// What `systemctl show` said of it before.
    status: dict if "systemd runs",
    /// Whether it was to start with the machine.
    enabled: bool if "`enabled` is given",
    /// Whether it was to run.
    state: str if "`state` is given",
}

impl Module for Service {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have a server run, now and after every start
  ansible.builtin.service:
    name: nginx
    state: started
    enabled: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let manager = Manager::find(target, &self.r#use)?;
        if manager == Manager::Systemd {
            return self.by_systemd(target);
        }
        if let Some(name) = self.more.keys().next() {
            return Err(Fail::new(format!("services of this host do not know the option `{name}`")));
        }
        let Some(name) = self.name.as_deref() else {
            return Err(Fail::new("missing required arguments: name"));
        };
        if self.state.is_none() && self.enabled.is_none() {
            return Err(Fail::new("one of the following is required: state, enabled"));
        }
        target.set("name", name);
        if !manager.knows(target, name)? {
            return Err(Fail::new(format!("Could not find the requested service {name}: host")));
        }
        if let Some(enabled) = self.enabled {
            self.enable(target, manager, name, enabled)?;
        }
        match self.state {
            Some(state) => self.bring(target, manager, name, state),
            None => Ok(()),
        }
    }
}

impl Service {
    /// All that `systemd_service` knows goes to it.
    fn by_systemd(self, target: &mut Target) -> Result<(), Fail> {
        let mut args = self.more;
        args.extend(self.name.map(|name| ("name".to_owned(), name.into())));
        args.extend(self.state.map(|state| ("state".to_owned(), state.as_str().into())));
        args.extend(self.enabled.map(|enabled| ("enabled".to_owned(), enabled.into())));
        let problems = |problems: Vec<crate::args::ArgProblem>| {
            Fail::new(problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
        };
        SystemdService::parse(&args).map_err(problems)?.run(target)
    }

    fn enable(&self, target: &mut Target, manager: Manager, name: &str, enabled: bool) -> Result<(), Fail> {
        let is = manager.enabled(target, name, &self.runlevel)?;
        target.set("enabled", enabled);
        let show = |on: bool| serde_json::json!({"enabled": on});
        let commands = if is == enabled {
            Ok(Vec::new())
        } else {
            manager.enable(target, name, &self.runlevel, enabled)
        };
        let commands = commands?;
        target.change(&format!("service {} (enabled)", name), show(is), show(enabled), |hands| {
            commands.iter().try_for_each(|command| hands.run(command).map(drop))
        })?;
        Ok(())
    }

    fn bring(&self, target: &mut Target, manager: Manager, name: &str, state: State) -> Result<(), Fail> {
        let runs = manager.runs(target, name, self.pattern.as_deref())?;
        target.set("state", if state == State::Stopped { "stopped" } else { "started" });
        let verbs: &[&str] = match state {
            State::Started => &["start"],
            State::Stopped => &["stop"],
            State::Restarted if self.sleep.is_some() => &["stop", "start"],
            State::Restarted => &["restart"],
            State::Reloaded if runs => &["reload"],
            State::Reloaded => &["start"],
        };
        let words: Vec<&str> = self.arguments.split_whitespace().collect();
        let commands: Vec<(&str, Command)> =
            verbs.iter().map(|verb| (*verb, manager.command(target, name, verb).args(&words))).collect();
        let show = |word: &str| serde_json::json!({"state": word});
        let (before, after) = (show(if runs { "started" } else { "stopped" }), show(state.as_str()));
        target.change(&format!("service {} (state)", name), before, after, |hands| {
            for (index, (verb, command)) in commands.iter().enumerate() {
                if index > 0 {
                    std::thread::sleep(Duration::from_secs(self.sleep.unwrap_or(0)));
                }
                let output = hands.try_run(command)?;
                if !(output.ok() || *verb == "stop" && commands.len() > 1) {
                    let said = [output.errors(), output.text()].concat();
                    let fail = Fail::new(format!("Unable to {verb} service {name}: {}", said.trim()));
                    return Err(fail.with("rc", output.rc));
                }
            }
            Ok(())
        })?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;
    use crate::wire::Change;

    const SERVICE: &str = r#"
case $2 in
status) [ -e $SANDBOX/runs ]; exit ;;
start|restart) touch $SANDBOX/runs ;;
stop) rm -f $SANDBOX/runs ;;
esac
echo "service $*" >> $SANDBOX/log"#;
    const UPDATE: &str = r#"
case $2 in
enable) mkdir -p $SANDBOX/etc/rc2.d; touch $SANDBOX/etc/rc2.d/S01$1 ;;
disable) rm $SANDBOX/etc/rc2.d/S01$1 ;;
esac"#;

    fn sandbox() -> Sandbox {
        let sandbox = Sandbox::new("service").file("etc/init.d/app", "").tool("service", SERVICE);
        sandbox.tool("update-rc.d", UPDATE)
    }

    #[test]
    fn only_systemd_does_without_a_name_or_a_state() {
        let nameless = sandbox().fails(json!({"state": "started", "use": "sysvinit"}));
        assert_eq!(nameless, "missing required arguments: name");
        let idle = sandbox().fails(json!({"name": "app", "use": "sysvinit"}));
        assert_eq!(idle, "one of the following is required: state, enabled");
    }

    #[test]
    fn a_service_is_started_and_enabled_by_init_scripts() {
        let sandbox = sandbox();
        let args = |state: &str, enabled: bool| json!({"name": "app", "state": state, "enabled": enabled, "use": "sysvinit"});
        let reply = sandbox.converges(args("started", true));
        assert_eq!((&reply.values["state"], &reply.values["enabled"]), (&json!("started"), &json!(true)));
        sandbox.converges(args("stopped", false));
        assert_eq!(sandbox.text("log"), "service app start\nservice app stop\n");
    }

    #[test]
    fn a_restart_always_acts_with_a_pause_on_demand() {
        let sandbox = sandbox();
        let reply = sandbox
            .run(json!({"name": "app", "state": "restarted", "sleep": 0, "args": "fast", "use": "sysvinit"}));
        assert_eq!(reply.change, Change::Yes);
        assert_eq!(sandbox.text("log"), "service app stop fast\nservice app start fast\n");
    }

    #[test]
    fn openrc_has_runlevels() {
        let update = "case $1 in show) echo ' sshd | default'; [ -e $SANDBOX/on ] && echo ' app | boot' ;; add) touch $SANDBOX/on ;; esac; exit 0";
        let sandbox = sandbox().tool("rc-update", update).tool("rc-service", "[ $3 != status ]");
        sandbox.converges(json!({"name": "app", "enabled": true, "runlevel": "boot"}));
        assert_eq!(sandbox.check(json!({"name": "app", "state": "started"})).change, Change::Yes);
    }

    #[test]
    fn where_systemd_runs_it_is_asked() {
        let systemctl = "case $1 in show) echo LoadState=loaded; echo ActiveState=active ;; esac";
        let sandbox = sandbox().dir("run/systemd/system").tool("systemctl", systemctl);
        let reply = sandbox.keeps(json!({"name": "app", "state": "started", "sleep": 3}));
        assert_eq!(reply.values["status"]["LoadState"], "loaded");
    }

    #[test]
    fn an_unknown_service_is_named() {
        let said = sandbox().fails(json!({"name": "nope", "state": "started", "use": "sysvinit"}));
        assert_eq!(said, "Could not find the requested service nope: host");
    }
}
