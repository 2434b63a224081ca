//! docker_stack

mod absent;
mod kept;
mod services;
mod spec;
#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value, json};

use super::docker_compose::{Cli, ipam_body};
use crate::args::{Home, Return};
use crate::compose::units::truth;
use crate::compose::{Given, Input, Project, load};
use crate::docker::Client;
use crate::{Fail, Module, Side, Target, args, choices, returns};

/// The label by which all of a stack is found.
const NAMESPACE: &str = "com.docker.stack.namespace";

args! {
    /// Deploy compose files to a swarm as a stack: networks, secrets, configs and services with its name and label.
    ///
    /// Reads files of version 3 and of the compose specification, and speaks with the engine itself: no `docker`
    /// command need be installed, though `docker stack` sees what was made. A secret or config with another content
    /// than before gets a name with a part of its digest, since neither can be changed; the service reads it from
    /// the same file, and the old one goes. Keys that a swarm does not know (`build`, `depends_on`, `restart` beside
    /// `deploy.restart_policy`, `privileged`, …) are told in a warning and not looked at.
    pub struct DockerStack as "docker_stack" {
        /// The name of the stack.
        name: String,
        /// Whether it should be there.
        state: State = "present",
        /// Compose files on the target, or the content of such files, each put onto those before it.
        compose: Vec<Value> = "",
        /// Remove services of the stack that are no longer in the files.
        prune: bool = false,
        /// Whether to go on at once; else wait until the services have come about, or fail with what their tasks say.
        detach: bool = true,
        /// How many seconds to wait for each service without `detach`; else until it has come about or cannot.
        wait_timeout: Option<u64>,
        /// Give the nodes the login for the registry.
        with_registry_auth: bool = false,
        /// When the registry is asked for the digest of an image: `always`, for images that are `changed`, or `never`.
        resolve_image: Resolve = "always",
        /// Taken for Ansible's sake: what is removed is waited for.
        absent_retries: u32 = "0",
        /// Taken for Ansible's sake: what is removed is waited for.
        absent_retries_interval: u32 = "1",
        ..engine: Cli,
    }
    rules [RequiredIf("state", "present", &["compose"])]
}

choices! {
    /// Whether the stack should be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Gone.
        Absent = "absent",
    }
}

choices! {
    /// When the registry is asked for digests.
    pub enum Resolve {
        /// Each time.
        Always = "always",
        /// When the name differs.
        Changed = "changed",
        /// Never.
        Never = "never",
    }
}

returns! {
    /// What is different in the specifications of services, by their names.
    stack_spec_diff: dict if "services were changed",
}

impl Module for DockerStack {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Deploy the shop and wait until it runs
  community.docker.docker_stack:
    name: shop
    compose: [/srv/shop/docker-compose.yml]
    prune: true
    detach: false

- name: Remove it
  community.docker.docker_stack:
    name: shop
    state: absent
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let fits = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.name.is_empty() || !self.name.chars().all(fits) {
            return Err(Fail::new(format!(
                "a stack's name is of letters, digits, `-` and `_`: `{}`",
                self.name
            )));
        }
        let project = match self.state {
            State::Present => Some(self.project(target)?),
            State::Absent => None,
        };
        let client = self.engine.connect(target)?;
        client.need_manager()?;
        let Some(project) = project else { return self.absent(target, &client) };
        for warning in &project.warnings {
            target.warn(warning.as_str());
        }
        let networks = self.networks(target, &client, &project)?;
        let granted = self.grants(target, &client, &project)?;
        let services = self.services(target, &client, &project, &networks, &granted)?;
        self.clean(target, &client, &granted)?;
        if !self.detach {
            let limit = self.wait_timeout.map(Duration::from_secs);
            for id in services {
                target.refresh(|hands| client.converged(hands, &id, limit))?;
            }
        }
        Ok(())
    }
}

impl DockerStack {
    fn project(&self, target: &Target) -> Result<Project, Fail> {
        let mut files = Vec::new();
        let mut directory = PathBuf::from("/");
        for (index, given) in self.compose.iter().enumerate() {
            match given {
                Value::String(path) => {
                    let content = target
                        .read_text(path)?
                        .ok_or_else(|| Fail::new(format!("there is no file `{path}`")))?;
                    if let Some(above) = Path::new(path).parent().filter(|_| directory == Path::new("/")) {
                        directory = above.to_owned();
                    }
                    files.push((path.clone(), Given::Text(content)));
                }
                Value::Object(_) => files.push((format!("compose[{index}]"), Given::Value(given.clone()))),
                _ => return Err(Fail::new(format!("`compose[{index}]`: expected a path or a dictionary"))),
            }
        }
        let read = |path: &Path| target.read_text(path).ok().flatten();
        let input = Input {
            files,
            directory,
            home: target.home(None).unwrap_or_default(),
            variables: target.environment(),
            // Names of stacks may have capitals, which those of projects may not.
            name: Some("stack".to_owned()),
            profiles: Vec::new(),
            read: &read,
        };
        let mut project = load(&input).map_err(|wrong| Fail::new(wrong.join("\n")))?;
        project.name = self.name.clone();
        Ok(project)
    }

    /// Filters for all that is of the stack.
    fn filters(&self) -> Value {
        json!({"label": [format!("{NAMESPACE}={}", self.name)]})
    }

    /// The networks that services are in, made where they are not there; their names by their keys.
    fn networks(
        &self,
        target: &mut Target,
        client: &Client,
        project: &Project,
    ) -> Result<BTreeMap<String, String>, Fail> {
        let mut names = BTreeMap::new();
        let uses = |key: &String| {
            project.services.values().any(|service| match service.get("networks") {
                Some(named) => named.get(key).is_some(),
                None => key == "default",
            })
        };
        for (key, definition) in project.networks.iter().filter(|(key, _)| uses(key)) {
            let name = project.full_name(key, definition);
            let all = client.listed("/networks", &json!({"name": [name]}))?;
            let there = all.iter().find(|network| network["Name"] == name.as_str());
            names.insert(key.clone(), name.clone());
            let is_external = truth(&definition["external"]);
            match there {
                None if is_external => {
                    return Err(Fail::new(format!(
                        "network `{name}` is external, but there is none of this name"
                    )));
                }
                Some(network)
                    if network["Scope"] != "swarm"
                        && !["host", "bridge", "none"].contains(&name.as_str()) =>
                {
                    let fail = Fail::new(format!("network `{name}` is of one node only"));
                    return Err(fail.hint("services need one with `driver: overlay`"));
                }
                Some(_) => {}
                None => {
                    let body = self.network_body(&name, definition);
                    let shown = json!({"driver": body["Driver"], "options": body["Options"]});
                    target.change(&format!("network {name}"), Side::Absent, shown, |hands| {
                        let what = format!("cannot make network `{name}`");
                        client.post(hands, "/networks/create", &body).map_err(|error| error.when(&what))
                    })?;
                }
            }
        }
        Ok(names)
    }

    fn network_body(&self, name: &str, definition: &Value) -> Value {
        let mut body = json!({
            "Name": name, "CheckDuplicate": true, "Labels": self.labelled(definition),
            "Driver": definition["driver"].as_str().unwrap_or("overlay"),
            "Internal": truth(&definition["internal"]), "Attachable": truth(&definition["attachable"]),
            "EnableIPv6": truth(&definition["enable_ipv6"]),
            "Options": definition.get("driver_opts").cloned().unwrap_or_else(|| json!({})),
        });
        if let Some(ipam) = definition.get("ipam") {
            body["IPAM"] = ipam_body(ipam);
        }
        body
    }

    /// The labels of something shared, with the stack's.
    fn labelled(&self, definition: &Value) -> Map<String, Value> {
        let mut labels = definition.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
        labels.insert(NAMESPACE.to_owned(), self.name.as_str().into());
        labels
    }
}
