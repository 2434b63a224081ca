//! The services of a stack: made, changed in their place, and pruned.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::super::docker_swarm_service::{bare, kept_id, network_id};
use super::kept::Granted;
use super::{DockerStack, Resolve};
use crate::compose::{Project, digest};
use crate::docker::{Client, Reference, Remote, Request};
use crate::sorting::Trees;
use crate::{Fail, Hands, Side, Target};

/// The label with the digest of what a service was made from.
const HASH: &str = "baton.stack.hash";

impl DockerStack {
    /// Brings the services to what the files say; the numbers of all of them.
    pub(super) fn services(
        &self,
        target: &mut Target,
        client: &Client,
        project: &Project,
        networks: &BTreeMap<String, String>,
        granted: &Granted,
    ) -> Result<Vec<String>, Fail> {
        let there = client.listed("/services", &self.filters())?;
        let known: BTreeMap<String, String> = client
            .listed("/networks", &Value::Null)?
            .iter()
            .filter_map(|network| {
                Some((network["Id"].as_str()?.to_owned(), network["Name"].as_str()?.to_owned()))
            })
            .to_map();
        let mut wanted = Vec::new();
        for (service, definition) in project.services.iter().filter(|(_, service)| project.is_active(service))
        {
            let spec = self.spec(project, service, definition, granted)?;
            let unknown = super::spec::unknown(definition);
            if !unknown.is_empty() {
                let keys = unknown.join("`, `");
                target.warn(format!("service `{service}`: a swarm does not know `{keys}`: not looked at"));
            }
            wanted.push(spec);
        }
        debug_assert!(networks.len() <= project.networks.len(), "names are of the project's networks");
        if self.prune {
            for old in &there {
                if !wanted.iter().any(|spec| spec["Name"] == old["Spec"]["Name"]) {
                    self.prune(target, client, old)?;
                }
            }
        }
        let (mut ids, mut differences) = (Vec::new(), Map::new());
        for spec in wanted {
            let old = there.iter().find(|old| old["Spec"]["Name"] == spec["Name"]);
            ids.extend(self.service(target, client, spec, old, &known, &mut differences)?);
        }
        if !differences.is_empty() {
            target.set("stack_spec_diff", differences);
        }
        Ok(ids)
    }

    fn prune(&self, target: &mut Target, client: &Client, old: &Value) -> Result<(), Fail> {
        let name = old["Spec"]["Name"].as_str().unwrap_or_default();
        let path = format!("/services/{}", old["ID"].as_str().unwrap_or_default());
        target.change(&format!("service {name}"), bare(&old["Spec"]), Side::Absent, |hands| {
            Ok(client.delete(hands, &path)?)
        })?;
        Ok(())
    }

    fn service(
        &self,
        target: &mut Target,
        client: &Client,
        mut spec: Value,
        old: Option<&Value>,
        known: &BTreeMap<String, String>,
        differences: &mut Map<String, Value>,
    ) -> Result<Option<String>, Fail> {
        let name = spec["Name"].as_str().unwrap_or_default().to_owned();
        let before = old.map(|old| by_names(&old["Spec"], known));
        let hash = digest(&spec);
        spec["Labels"][HASH] = hash.into();
        let (image, remote) = self.image(target, client, &spec, before.as_ref())?;
        spec["TaskTemplate"]["ContainerSpec"]["Image"] = image.into();
        let id = old.and_then(|old| old["ID"].as_str()).map(str::to_owned);
        let is_same = before.as_ref().is_some_and(|before| {
            before["Labels"][HASH] == spec["Labels"][HASH] && covers(&bare(before), &bare(&spec))
        });
        if is_same {
            return Ok(id);
        }
        if let Some(before) = &before {
            differences.insert(name.clone(), different(&bare(before), &bare(&spec)));
        }
        if let Some(count) = before.as_ref().and_then(|before| before.pointer("/TaskTemplate/ForceUpdate")) {
            spec["TaskTemplate"]["ForceUpdate"] = count.clone();
        }
        let version = old.map_or(Value::Null, |old| old["Version"]["Index"].clone());
        let side = before.map_or(Side::Absent, |before| Side::Json(bare(&before)));
        let made = target.change(&format!("service {name}"), side, bare(&spec), |hands| {
            let (verb, path) = match &id {
                Some(id) => ("change", format!("/services/{id}/update?version={version}")),
                None => ("make", "/services/create".to_owned()),
            };
            let sent = self.send(client, hands, &path, &by_numbers(client, &spec)?, remote.as_ref());
            let made = sent.map_err(|error| Fail {
                message: format!("cannot {verb} service `{name}`: {}", error.message),
                ..error
            })?;
            Ok(id.clone().or_else(|| made["ID"].as_str().map(str::to_owned)))
        })?;
        Ok(made.done().flatten().or(id))
    }

    fn send(
        &self,
        client: &Client,
        hands: &mut Hands<'_>,
        path: &str,
        spec: &Value,
        remote: Option<&Remote>,
    ) -> Result<Value, Fail> {
        let request = Request::new("POST", path).json(spec);
        let request = match remote.filter(|_| self.with_registry_auth) {
            Some(remote) => request.header("X-Registry-Auth", remote.header()),
            None => request,
        };
        Ok(client.send(hands, request)?)
    }

    /// The image to have: with its digest where the registry tells it, else the one that is there.
    fn image(
        &self,
        target: &mut Target,
        client: &Client,
        spec: &Value,
        before: Option<&Value>,
    ) -> Result<(String, Option<Remote>), Fail> {
        let name = spec["TaskTemplate"]["ContainerSpec"]["Image"].as_str().unwrap_or_default().to_owned();
        let current = before.and_then(|before| before.pointer("/TaskTemplate/ContainerSpec/Image")?.as_str());
        let current = current.filter(|current| current.split('@').next() == Some(name.as_str()));
        let stays = || current.map_or_else(|| name.clone(), str::to_owned);
        let remote = Remote::of(target, Reference::parse(&name)?.or_tag("latest")?)?;
        let asks = match self.resolve_image {
            Resolve::Always => true,
            Resolve::Changed => current.is_none(),
            Resolve::Never => false,
        };
        if !asks || name.contains('@') {
            return Ok((stays(), Some(remote)));
        }
        match client.registry_digest(&remote) {
            Ok(Some(digest)) => Ok((format!("{name}@{digest}"), Some(remote))),
            // Nodes may have it nonetheless, as the docker command says too.
            Ok(None) | Err(_) => {
                target.warn(format!(
                    "no registry tells the digest of `{name}`: nodes may run different versions of it"
                ));
                Ok((stays(), Some(remote)))
            }
        }
    }
}

/// A specification with the names of networks, and without numbers of secrets and configs.
fn by_names(spec: &Value, known: &BTreeMap<String, String>) -> Value {
    let mut spec = spec.clone();
    for network in
        spec.pointer_mut("/TaskTemplate/Networks").and_then(Value::as_array_mut).into_iter().flatten()
    {
        if let Some(name) = network["Target"].as_str().and_then(|id| known.get(id)) {
            network["Target"] = name.as_str().into();
        }
    }
    for (list, id) in [("Secrets", "SecretID"), ("Configs", "ConfigID")] {
        let all =
            spec.pointer_mut(&format!("/TaskTemplate/ContainerSpec/{list}")).and_then(Value::as_array_mut);
        for one in all.into_iter().flatten().filter_map(Value::as_object_mut) {
            one.remove(id);
        }
    }
    spec
}

/// A specification with the numbers of networks, secrets and configs, as the swarm wants it.
fn by_numbers(client: &Client, spec: &Value) -> Result<Value, Fail> {
    let mut spec = spec.clone();
    for network in
        spec.pointer_mut("/TaskTemplate/Networks").and_then(Value::as_array_mut).into_iter().flatten()
    {
        network["Target"] = network_id(client, network["Target"].as_str().unwrap_or_default())?.into();
    }
    for (kind, list, title) in [("secret", "Secrets", "Secret"), ("config", "Configs", "Config")] {
        let all =
            spec.pointer_mut(&format!("/TaskTemplate/ContainerSpec/{list}")).and_then(Value::as_array_mut);
        for one in all.into_iter().flatten() {
            let name = one[format!("{title}Name")].as_str().unwrap_or_default().to_owned();
            one[format!("{title}ID")] = kept_id(client, kind, &name)?.into();
        }
    }
    Ok(spec)
}

/// Whether all that is wanted is there; the engine adds what it takes by default.
fn covers(there: &Value, wanted: &Value) -> bool {
    match (there, wanted) {
        (Value::Object(there), Value::Object(wanted)) => {
            wanted.iter().all(|(key, value)| there.get(key).is_some_and(|there| covers(there, value)))
        }
        (Value::Array(there), Value::Array(wanted)) => {
            there.len() == wanted.len()
                && there.iter().zip(wanted).all(|(there, wanted)| covers(there, wanted))
        }
        _ => there == wanted,
    }
}

/// The parts of `new` that are not so in `old`.
fn different(old: &Value, new: &Value) -> Value {
    match (old, new) {
        (Value::Object(old), Value::Object(new)) => {
            let changed = new.iter().filter(|(key, value)| old.get(*key) != Some(value));
            let part = |(key, value): (&String, &Value)| {
                (key.clone(), different(&old.get(key).cloned().unwrap_or_default(), value))
            };
            Value::Object(changed.map(part).collect())
        }
        (_, new) => json!(new),
    }
}
