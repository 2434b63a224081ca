//! docker_swarm_service

mod options;
mod spec;
#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;

use std::time::Duration;

use serde_json::{Value, json};

use crate::args::Return;
use crate::docker::{Client, Reference, Remote};
use crate::sorting::Sorting;
use crate::{Fail, Module, Side, Target, returns};

pub use options::DockerSwarmService;
use options::{Mode, State};
pub(crate) use spec::{kept_id, network_id};

returns! {
    /// The service, as the engine tells it, with `name`, `image`, `mode` and `replicas` beside it.
    swarm_service: dict if "`state` is `present`",
    /// The options that differed.
    changes: list,
    /// Whether it was removed and made anew.
    rebuilt: bool,
}

impl Module for DockerSwarmService {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Three web servers, replaced one after another
  community.docker.docker_swarm_service:
    name: web
    image: nginx:1.27
    replicas: 3
    publish:
      - published_port: 80
        target_port: 80
    update_config:
      parallelism: 1
      order: start-first
      failure_action: rollback
    wait: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        client.need_manager()?;
        let there = client.of_name("/services", &self.name)?;
        target.set("changes", Vec::<String>::new());
        target.set("rebuilt", false);
        match (self.state, there) {
            (State::Absent, None) => Ok(()),
            (State::Absent, Some(there)) => self.remove(target, &client, &there),
            (State::Present, there) => self.present(target, &client, there),
        }
    }
}

impl DockerSwarmService {
    fn remove(&self, target: &mut Target, client: &Client, there: &Value) -> Result<(), Fail> {
        let path = format!("/services/{}", there["ID"].as_str().unwrap_or_default());
        let before = shown(&there["Spec"]);
        target.change(&format!("service {}", self.name), before, Side::Absent, |hands| {
            Ok(client.delete(hands, &path)?)
        })?;
        Ok(())
    }

    fn present(&self, target: &mut Target, client: &Client, there: Option<Value>) -> Result<(), Fail> {
        let old = there.as_ref().map(|there| there["Spec"].clone());
        let (new, changes) = self.wanted(target, client, old.as_ref())?;
        let rebuilt = old.as_ref().is_some_and(|old| kind(&old["Mode"]) != kind(&new["Mode"]));
        let before = old.as_ref().map_or(Side::Absent, |old| Side::Json(shown(old)));
        let id = there.as_ref().and_then(|there| there["ID"].as_str()).unwrap_or_default();
        let version = there.as_ref().map_or(Value::Null, |there| there["Version"]["Index"].clone());
        let what = format!("service {}", self.name);
        let wait = self.wait.then(|| self.wait_timeout.map(Duration::from_secs));
        let made = target.change(&what, before, shown(&new), |hands| {
            let words = |verb: &str| format!("cannot {verb} service `{}`", self.name);
            if there.is_some() && !rebuilt {
                let path = format!("/services/{id}/update?version={version}");
                client.post(hands, &path, &new).map_err(|error| error.when(&words("change")))?;
                return Ok(id.to_owned());
            }
            if rebuilt {
                client.delete(hands, &format!("/services/{id}"))?;
            }
            let made =
                client.post(hands, "/services/create", &new).map_err(|error| error.when(&words("make")))?;
            Ok(made["ID"].as_str().unwrap_or_default().to_owned())
        })?;
        target.set("changes", changes);
        target.set("rebuilt", rebuilt);
        let id = made.done().unwrap_or_else(|| id.to_owned());
        if let Some(limit) = wait.filter(|_| !id.is_empty()) {
            target.refresh(|hands| client.converged(hands, &id, limit))?;
        }
        self.report(target, client, &id)
    }

    fn report(&self, target: &mut Target, client: &Client, id: &str) -> Result<(), Fail> {
        if id.is_empty() {
            return Ok(());
        }
        let mut service = client.get(&format!("/services/{id}"))?;
        let spec = service["Spec"].clone();
        service["name"] = spec["Name"].clone();
        service["image"] = spec["TaskTemplate"]["ContainerSpec"]["Image"].clone();
        service["mode"] = kind(&spec["Mode"]).into();
        service["replicas"] = spec.pointer("/Mode/Replicated/Replicas").cloned().unwrap_or_default();
        target.set("swarm_service", service);
        Ok(())
    }

    /// The specification as it should be, and the options in which it differs.
    fn wanted(
        &self,
        target: &mut Target,
        client: &Client,
        old: Option<&Value>,
    ) -> Result<(Value, Vec<String>), Fail> {
        let mut new = old.cloned().unwrap_or_else(|| json!({"Name": self.name}));
        let mut changes: Vec<String> = Vec::new();
        let mut wishes = spec::wishes(self, target, client)?;
        let image = "/TaskTemplate/ContainerSpec/Image";
        let current = old.and_then(|old| old.pointer(image)?.as_str()).unwrap_or_default();
        match self.image(target, client, current)? {
            Some(name) => wishes.push(("image", image, name.into())),
            None if old.is_none() => {
                return Err(Fail::new(format!(
                    "missing option `image`, needed for a new service `{}`",
                    self.name
                )));
            }
            None => {}
        }
        for (option, place, value) in wishes {
            let there = new.pointer(place).cloned().unwrap_or_default();
            let value = match (&there, value) {
                // What is not said of a part stays as it is, too.
                (Value::Object(there), Value::Object(own)) if option.ends_with("_config") => {
                    let mut all = there.clone();
                    all.extend(own);
                    Value::Object(all)
                }
                (_, value) => value,
            };
            if bare(&there) != bare(&value) {
                changes.push(option.to_owned());
                put(&mut new, place, value);
            }
        }
        let there = new.get("Mode").cloned().unwrap_or_default();
        let replicas = u64::try_from(self.replicas).ok().or_else(|| {
            there
                .pointer("/Replicated/Replicas")
                .or_else(|| there.pointer("/ReplicatedJob/TotalCompletions"))?
                .as_u64()
        });
        let mode = spec::mode(self.mode, replicas.unwrap_or(1));
        if kind(&mode) != kind(&there) {
            changes.push("mode".to_owned());
        } else if bare(&mode) != bare(&there) {
            changes.push("replicas".to_owned());
        }
        if self.mode != Mode::Global && bare(&mode) != bare(&there) || kind(&mode) != kind(&there) {
            new["Mode"] = mode;
        }
        if self.force_update {
            let count = new.pointer("/TaskTemplate/ForceUpdate").and_then(Value::as_u64).unwrap_or(0);
            new["TaskTemplate"]["ForceUpdate"] = (count + 1).into();
            changes.push("force_update".to_owned());
        }
        changes.dedup();
        Ok((new, changes))
    }

    /// The image to have, with its digest where that is wanted; one of the same name stays as it is.
    fn image(&self, target: &mut Target, client: &Client, current: &str) -> Result<Option<String>, Fail> {
        let Some(name) = &self.image else { return Ok(None) };
        if !self.resolve_image {
            let same = current.split('@').next() == Some(name.as_str());
            return Ok(Some(if same { current.to_owned() } else { name.clone() }));
        }
        let remote = Remote::of(target, Reference::parse(name)?.or_tag("latest")?)?;
        let digest = client.registry_digest(&remote)?;
        let digest = digest.ok_or_else(|| Fail::new(format!("the registry has no image `{name}`")))?;
        Ok(Some(format!("{}@{digest}", name.split('@').next().unwrap_or(name))))
    }
}

/// The word for a mode.
fn kind(mode: &Value) -> &'static str {
    let kinds = [
        ("Global", "global"),
        ("ReplicatedJob", "replicated-job"),
        ("GlobalJob", "global-job"),
        ("Replicated", "replicated"),
    ];
    kinds.iter().find(|(key, _)| mode.get(*key).is_some()).map_or("", |(_, word)| word)
}

/// A specification in a diff: without what says nothing.
pub(crate) fn shown(spec: &Value) -> Value {
    bare(spec)
}

/// A value without what says nothing: the engine leaves it off.
pub(crate) fn bare(value: &Value) -> Value {
    let says = |value: &Value| match value {
        Value::Null => false,
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => !text.is_empty(),
        Value::Array(items) => !items.is_empty(),
        Value::Object(map) => !map.is_empty(),
    };
    match value {
        Value::Object(map) => {
            let kept =
                map.iter().map(|(key, value)| (key.clone(), bare(value))).filter(|(_, value)| says(value));
            let mut kept: Vec<(String, Value)> = kept.collect();
            kept.order_by(|a, b| a.0.cmp(&b.0));
            Value::Object(kept.into_iter().collect())
        }
        Value::Array(items) => items.iter().map(bare).collect(),
        other => other.clone(),
    }
}

fn put(spec: &mut Value, place: &str, value: Value) {
    let mut here = spec;
    for part in place.trim_start_matches('/').split('/') {
        here = &mut here[part];
    }
    *here = value;
}
