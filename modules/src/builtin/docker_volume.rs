//! docker_volume

use serde_json::json;

use crate::args::{Map, Return, Value};
use crate::docker::{Engine, escape, texts};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Add and remove volumes.
    pub struct DockerVolume as "docker_volume" {
        /// The name of the volume.
        #[alias("name")]
        volume_name: String,
        /// Whether it is to be there.
        state: State = "present",
        /// The driver that keeps it.
        driver: String = "local",
        /// What the driver is told.
        driver_options: Map<String, Value> = "{}",
        /// Labels of the volume. Values are strings: quote booleans and fractions.
        labels: Option<Map<String, Value>>,
        /// When a volume that is there is made anew, and all that is in it is lost.
        recreate: Recreate = "never",
        ..engine: Engine,
    }
}

returns! {
    /// The volume as the engine inspects it.
    volume: dict if "it is to be there",
}

choices! {
    /// Whether a volume is to be there.
    pub enum State {
        /// Not there.
        Absent = "absent",
        /// There.
        Present = "present",
    }
}

choices! {
    /// When a volume is made anew.
    pub enum Recreate {
        /// Each time.
        Always = "always",
        /// Never; what differs is warned of.
        Never = "never",
        /// When driver, options or labels differ.
        OptionsChanged = "options-changed",
    }
}

impl Module for DockerVolume {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Have a volume for the database
  community.docker.docker_volume:
    name: shop-data
    labels: {backup: daily}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let labels = self.labels.as_ref().map(texts::labels).transpose()?;
        let place = format!("/volumes/{}", escape(&self.volume_name));
        let found = client.find(&place)?;
        let what = format!("volume {}", self.volume_name);
        let failed = |verb: &str| format!("cannot {verb} volume `{}`", self.volume_name);
        if self.state == State::Absent {
            let before = found.map(|volume| shown(&volume));
            target.change(&what, before, None::<Value>, |hands| {
                client.delete(hands, &place).map_err(|error| error.when(&failed("remove")))
            })?;
            return Ok(());
        }
        let wanted = json!({
            "Name": self.volume_name,
            "Driver": self.driver,
            "DriverOpts": texts::options(&self.driver_options),
            "Labels": labels.unwrap_or_default(),
        });
        let differs = found.as_ref().is_some_and(|volume| !self.is_as_wanted(volume, &wanted));
        let anew = match self.recreate {
            Recreate::Always => found.is_some(),
            Recreate::Never => false,
            Recreate::OptionsChanged => differs,
        };
        if differs && !anew {
            target.warn(format!(
                "volume `{}` stays, though it differs: `recreate` is `never`",
                self.volume_name
            ));
        }
        let after = match &found {
            Some(volume) if !anew => shown(volume),
            Some(_) if !differs => json!({"recreated": true}),
            _ => asked(&wanted),
        };
        target.change(&what, found.as_ref().map(shown), after, |hands| {
            if found.is_some() {
                client.delete(hands, &place).map_err(|error| error.when(&failed("remove")))?;
            }
            client.post(hands, "/volumes/create", &wanted).map_err(|error| error.when(&failed("create")))
        })?;
        if let Some(volume) = client.find(&place)? {
            target.set("volume", volume);
        }
        Ok(())
    }
}

impl DockerVolume {
    /// What is wanted counts; a volume may have more options and labels.
    fn is_as_wanted(&self, volume: &Value, wanted: &Value) -> bool {
        let within = |wanted: &Value, found: &Value| {
            let entries = wanted.as_object().into_iter().flatten();
            entries.into_iter().all(|(key, value)| found.get(key) == Some(value))
        };
        volume["Driver"] == self.driver.as_str()
            && within(&wanted["DriverOpts"], &volume["Options"])
            && within(&wanted["Labels"], &volume["Labels"])
    }
}

/// A volume as a diff shows it.
fn shown(volume: &Value) -> Value {
    let or_empty = |value: &Value| if value.is_null() { json!({}) } else { value.clone() };
    json!({"driver": volume["Driver"], "driver_options": or_empty(&volume["Options"]), "labels": or_empty(&volume["Labels"])})
}

/// A volume that is asked for as a diff shows it.
fn asked(wanted: &Value) -> Value {
    json!({"driver": wanted["Driver"], "driver_options": wanted["DriverOpts"], "labels": wanted["Labels"]})
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::{Value, json};

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;
    use crate::wire::Change;

    #[test]
    fn a_volume_is_made_changed_and_removed() {
        let scratch = Scratch::new();
        let name = scratch.name("volume");
        let sandbox = Sandbox::new("docker_volume");
        let reply = sandbox.converges(json!({"name": name, "labels": {"a": "1"}}));
        assert_eq!(reply.values["volume"]["Labels"]["a"], "1");
        let other = json!({"name": name, "labels": {"a": "2"}});
        let kept = sandbox.keeps(other.clone());
        assert!(kept.warnings[0].contains("though it differs"), "{kept:?}");
        let mut anew = other;
        anew["recreate"] = "options-changed".into();
        sandbox.converges(anew.clone());
        assert_eq!(scratch.get(&format!("/volumes/{name}"))["Labels"]["a"], "2");
        anew["recreate"] = "always".into();
        assert_eq!(sandbox.check(anew.clone()).change, Change::Yes);
        assert_eq!(sandbox.run(anew).change, Change::Yes);
        sandbox.converges(json!({"volume_name": name, "state": "absent"}));
        assert_eq!(scratch.get(&format!("/volumes/{name}")), Value::Null);
    }

    #[test]
    fn a_volume_with_options_keeps_them() {
        let scratch = Scratch::new();
        let options = json!({"type": "tmpfs", "device": "tmpfs", "o": "size=1m"});
        let args =
            json!({"name": scratch.name("volume"), "driver_options": options, "recreate": "options-changed"});
        let reply = Sandbox::new("docker_volume").converges(args);
        assert_eq!(reply.values["volume"]["Options"], options);
    }

    #[test]
    fn what_the_engine_refuses_is_said() {
        let scratch = Scratch::new();
        let sandbox = Sandbox::new("docker_volume");
        let name = scratch.name("volume");
        let message = sandbox.fails(json!({"name": name, "driver": "no-such-driver"}));
        assert!(message.starts_with(&format!("cannot create volume `{name}`: ")), "{message}");
        scratch.post("/volumes/create", &json!({"Name": name}));
        scratch
            .start_with(json!({"Cmd": ["sleep", "600"], "HostConfig": {"Binds": [format!("{name}:/data")]}}));
        let message = sandbox.fails(json!({"name": name, "state": "absent"}));
        assert!(message.contains("volume is in use"), "{message}");
    }
}
