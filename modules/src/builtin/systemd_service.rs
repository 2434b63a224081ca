//! systemd_service

use crate::args::{Map, Return, Value};
use crate::{Command, Fail, Module, Target, args, choices, returns};

args! {
    /// Start, stop, enable and mask units of systemd.
    pub struct SystemdService as "systemd_service" {
        /// The unit; without an ending, a service.
        #[alias("service", "unit")]
        name: Option<String>,
        /// Whether it is to run; `restarted` and `reloaded` always act.
        state: Option<State>,
        /// Whether it is to start with the machine.
        enabled: Option<bool>,
        /// Whether links that are in the way are replaced.
        force: bool = false,
        /// Whether it is to be impossible to start it.
        masked: Option<bool>,
        /// Whether systemd reads its files again first.
        #[alias("daemon-reload")]
        daemon_reload: bool = false,
        /// Whether systemd starts itself again first.
        #[alias("daemon-reexec")]
        daemon_reexec: bool = false,
        /// Whose units are meant: the system's, the task's user's, or all users'.
        scope: Scope = "system",
        /// Whether not to wait until what was asked for is done.
        no_block: bool = false,
    }
    rules [
        RequiredOneOf(&["state", "enabled", "masked", "daemon_reload", "daemon_reexec"]),
        RequiredBy("state", &["name"]),
        RequiredBy("enabled", &["name"]),
        RequiredBy("masked", &["name"]),
    ]
}

returns! {
    /// The unit.
    name: str,
    /// What `systemctl show` said of it before.
    status: dict,
    /// Whether it was to start with the machine.
    enabled: bool if "`enabled` is given",
    /// Whether it was to run.
    state: str if "`state` is given",
}

choices! {
    /// Whether a unit is to run.
    pub enum State {
        /// Not anew where it runs.
        Started = "started",
        /// Not running.
        Stopped = "stopped",
        /// Running anew.
        Restarted = "restarted",
        /// With its configuration read anew; started where it does not run.
        Reloaded = "reloaded",
    }
}

choices! {
    /// Whose units are meant.
    pub enum Scope {
        /// The system's.
        System = "system",
        /// The user's.
        User = "user",
        /// All users'.
        Global = "global",
    }
}

impl Module for SystemdService {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have a server run, now and after every start
  ansible.builtin.systemd_service:
    name: nginx
    state: started
    enabled: true
    daemon_reload: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        if target.find_program("systemctl").is_none() {
            return Err(Fail::new("no `systemctl` on this host"));
        }
        target.set("name", self.name.clone().map_or(Value::Null, Value::from));
        target.set("status", Map::new());
        for (verb, _) in [("daemon-reexec", self.daemon_reexec), ("daemon-reload", self.daemon_reload)]
            .into_iter()
            .filter(|(_, wanted)| *wanted)
        {
            let command = self.systemctl(&[verb]);
            target.refresh(|hands| {
                let output = hands.try_run(&command)?;
                let words = || format!("failure {} during {verb}: {}", output.rc, output.errors().trim_end());
                if output.ok() { Ok(()) } else { Err(Fail::new(words())) }
            })?;
        }
        match self.name.clone() {
            Some(name) => self.bring(target, &name),
            None => Ok(()),
        }
    }
}

impl SystemdService {
    fn systemctl(&self, words: &[&str]) -> Command {
        let command = match self.scope {
            Scope::System => Command::new("systemctl"),
            Scope::Global => Command::new("systemctl").arg("--global"),
            Scope::User => {
                let uid = rustix::process::getuid().as_raw();
                let command = Command::new("systemctl").arg("--user");
                match std::env::var_os("XDG_RUNTIME_DIR") {
                    Some(_) => command,
                    None => command.env("XDG_RUNTIME_DIR", &format!("/run/user/{uid}")),
                }
            }
        };
        command.args(words)
    }

    fn bring(&self, target: &mut Target, name: &str) -> Result<(), Fail> {
        let status = self.status(target, name)?;
        let load = status.get("LoadState").and_then(Value::as_str).unwrap_or_default().to_owned();
        let active = status.get("ActiveState").and_then(Value::as_str).unwrap_or_default().to_owned();
        target.set("status", status);
        let script = target.system("/etc/init.d").join(name.trim_end_matches(".service"));
        let is_script = target.stat(script)?.is_some();
        let known = !matches!(load.as_str(), "not-found" | "") || is_script;
        if let Some(masked) = self.masked {
            let verb = if masked { "mask" } else { "unmask" };
            let is = load == "masked" || self.is_enabled(target, name)?.starts_with("masked");
            self.act(target, name, "masked", (json_of(is), json_of(masked)), verb)?;
        }
        if (self.enabled.is_some() || self.state.is_some()) && !known {
            return Err(Fail::new(format!("Could not find the requested service {name}: host")));
        }
        let starts = self.state.is_some_and(|state| state != State::Stopped);
        if starts && load == "masked" && self.masked != Some(false) || starts && self.masked == Some(true) {
            return Err(Fail::new(format!("Unable to start service {name}: the unit is masked")));
        }
        if let Some(enabled) = self.enabled {
            let word = self.is_enabled(target, name)?;
            let is = match word.as_str() {
                // Such a unit cannot be enabled or disabled: others pull it in.
                "static" | "generated" | "transient" => enabled,
                "enabled" | "linked" | "enabled-runtime" => word != "enabled-runtime",
                _ => false,
            };
            let verb = if enabled { "enable" } else { "disable" };
            self.act(target, name, "enabled", (json_of(is), json_of(enabled)), verb)?;
            target.set("enabled", enabled);
        }
        match self.state {
            Some(state) => self.bring_to(target, name, state, &active),
            None => Ok(()),
        }
    }

    fn bring_to(&self, target: &mut Target, name: &str, state: State, active: &str) -> Result<(), Fail> {
        let runs = matches!(active, "active" | "activating" | "reloading");
        let now =
            if runs || active == "deactivating" && state == State::Stopped { "started" } else { "stopped" };
        let verb = match state {
            State::Started => "start",
            State::Stopped => "stop",
            State::Restarted => "restart",
            State::Reloaded if runs => "reload",
            State::Reloaded => "start",
        };
        target.set("state", if state == State::Stopped { "stopped" } else { "started" });
        self.act(target, name, "state", (now.into(), state.as_str().into()), verb)
    }

    /// Has systemd do something to the unit where both sides differ.
    fn act(
        &self,
        target: &mut Target,
        name: &str,
        key: &str,
        sides: (Value, Value),
        verb: &str,
    ) -> Result<(), Fail> {
        let show = |value: Value| Value::Object(Map::from_iter([(key.to_owned(), value)]));
        let flags = [("--no-block", self.no_block), ("--force", self.force && key == "enabled")];
        let flags = flags.into_iter().filter(|(_, on)| *on).map(|(flag, _)| flag);
        let command = self.systemctl(&[]).args(flags).args([verb, "--", name]);
        target.change(&format!("unit {name} ({key})"), show(sides.0), show(sides.1), |hands| {
            let output = hands.try_run(&command)?;
            if output.ok() {
                return Ok(());
            }
            let (said, errors) = (output.text(), output.errors());
            let fail = Fail::new(format!("Unable to {verb} service {name}: {}", errors.trim_end()));
            Err(fail.with("rc", output.rc).with("stdout", said).with("stderr", errors))
        })?;
        Ok(())
    }

    fn is_enabled(&self, target: &mut Target, name: &str) -> Result<String, Fail> {
        let output = target.query(&self.systemctl(&["is-enabled", "--", name]))?;
        Ok(output.text().lines().last().unwrap_or_default().trim().to_owned())
    }

    /// What `systemctl show` says of the unit.
    fn status(&self, target: &mut Target, name: &str) -> Result<Map<String, Value>, Fail> {
        let output = target.query(&self.systemctl(&["show", "--", name]))?;
        if !output.ok() && output.text().trim().is_empty() && self.scope != Scope::Global {
            let errors = output.errors();
            let fail = Fail::new(format!("cannot ask systemd for `{name}`: {}", errors.trim_end()));
            return Err(fail.with("rc", output.rc).with("stderr", errors));
        }
        Ok(properties(&output.text()))
    }
}

fn json_of(value: bool) -> Value {
    value.into()
}

/// Lines of `name=value`; a value in braces may go over several lines.
fn properties(text: &str) -> Map<String, Value> {
    let mut found = Map::new();
    let mut open: Option<(String, String)> = None;
    for line in text.lines() {
        if let Some((name, mut value)) = open.take() {
            value.push('\n');
            value.push_str(line);
            match line.trim_end().ends_with('}') {
                true => drop(found.insert(name, value.trim().into())),
                false => open = Some((name, value)),
            }
            continue;
        }
        let Some((name, value)) = line.split_once('=') else { continue };
        let value = value.trim();
        if name.starts_with("Exec") && value.starts_with('{') && !value.ends_with('}') {
            open = Some((name.to_owned(), value.to_owned()));
        } else {
            found.insert(name.to_owned(), value.into());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::properties;
    use crate::testing::Sandbox;

    /// A systemd whose unit `app` is what the files `active`, `enabled` and `load` say.
    const SYSTEMCTL: &str = r#"
while :; do case $1 in --user|--no-block|--force|--global) flags="$flags $1"; shift ;; *) break ;; esac; done
name=$3
case $1 in
show) if [ $name = app ]; then
  printf 'Id=app.service\nExecStart={ path=/x ;\n argv[]=/x }\nLoadState=%s\nActiveState=%s\n' $(cat $SANDBOX/load) $(cat $SANDBOX/active)
  else printf 'LoadState=not-found\nActiveState=inactive\n'; fi; exit ;;
is-enabled) cat $SANDBOX/enabled; exit ;;
esac
echo "systemctl$flags $1 $3" >> $SANDBOX/log
case $1 in
start|restart) echo active > $SANDBOX/active ;;
stop) echo inactive > $SANDBOX/active ;;
enable) echo enabled > $SANDBOX/enabled ;;
disable) echo disabled > $SANDBOX/enabled ;;
mask) echo masked > $SANDBOX/load ;;
unmask) echo loaded > $SANDBOX/load ;;
reload) echo 'it cannot' >&2; exit 1 ;;
esac"#;

    fn sandbox(active: &str, enabled: &str) -> Sandbox {
        let sandbox = Sandbox::new("systemd_service").file("active", active).file("enabled", enabled);
        sandbox.file("load", "loaded").tool("systemctl", SYSTEMCTL)
    }

    #[test]
    fn a_unit_is_started_and_enabled() {
        let sandbox = sandbox("inactive", "disabled");
        let reply =
            sandbox.converges(json!({"name": "app", "state": "started", "enabled": true, "no_block": true}));
        assert_eq!(sandbox.text("log"), "systemctl --no-block enable app\nsystemctl --no-block start app\n");
        assert_eq!((&reply.values["state"], &reply.values["enabled"]), (&json!("started"), &json!(true)));
        assert_eq!(reply.values["status"]["ActiveState"], "inactive");
        assert_eq!(reply.values["status"]["ExecStart"], "{ path=/x ;\n argv[]=/x }");
    }

    #[test]
    fn a_unit_is_stopped_disabled_and_masked() {
        let sandbox = sandbox("active", "enabled");
        sandbox.converges(json!({"name": "app", "state": "stopped", "enabled": false}));
        sandbox.converges(json!({"name": "app", "masked": true}));
        sandbox.converges(json!({"name": "app", "masked": false}));
        assert_eq!(sandbox.text("load"), "loaded\n");
    }

    #[test]
    fn a_restart_always_acts_and_reading_files_anew_is_no_change() {
        let sandbox = sandbox("active", "enabled");
        let reply = sandbox.run(json!({"name": "app", "state": "restarted", "daemon-reload": true}));
        assert_eq!(reply.change, crate::wire::Change::Yes);
        assert_eq!(sandbox.text("log"), "systemctl daemon-reload \nsystemctl restart app\n");
        let reply = sandbox.run(json!({"daemon_reload": true}));
        assert_eq!(reply.change, crate::wire::Change::No);
    }

    #[test]
    fn what_a_unit_cannot_do_is_said() {
        let sandbox = sandbox("active", "static");
        let said = sandbox.run(json!({"name": "app", "state": "reloaded"})).failure;
        assert_eq!(said.as_deref(), Some("Unable to reload service app: it cannot"));
        let said = sandbox.fails(json!({"name": "nope", "state": "started"}));
        assert_eq!(said, "Could not find the requested service nope: host");
        sandbox.keeps(json!({"name": "app", "enabled": true}));
    }

    #[test]
    fn values_have_equal_signs_in_them() {
        assert_eq!(properties("A=b=c\nD=\n")["A"], "b=c");
    }
}
