//! A project: its services and what they share, in long forms.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::load::{Given, Input};
use super::units::{truth, whole};
use crate::sorting::Sorting;

/// A project as its files say it should be.
#[derive(Clone, Debug)]
pub(crate) struct Project {
    pub(crate) name: String,
    pub(crate) directory: PathBuf,
    pub(crate) files: Vec<String>,
    /// All services, those of inactive profiles too.
    pub(crate) services: Map<String, Value>,
    pub(crate) networks: Map<String, Value>,
    pub(crate) volumes: Map<String, Value>,
    pub(crate) secrets: Map<String, Value>,
    pub(crate) configs: Map<String, Value>,
    pub(crate) profiles: Vec<String>,
    pub(crate) warnings: Vec<String>,
}

/// What must hold of a service before another is started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Condition {
    Started,
    Healthy,
    Completed,
}

/// A service that another needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Dependency {
    pub(crate) service: String,
    pub(crate) condition: Condition,
    /// Whether the other is started again with it.
    pub(crate) restart: bool,
    pub(crate) required: bool,
}

impl Project {
    pub(super) fn new(input: &Input<'_>, mut merged: Map<String, Value>, warnings: Vec<String>) -> Self {
        let mut section = |name: &str| match merged.remove(name) {
            Some(Value::Object(map)) => map,
            _ => Map::new(),
        };
        let (services, mut networks) = (section("services"), section("networks"));
        let (volumes, secrets, configs) = (section("volumes"), section("secrets"), section("configs"));
        let uses_default = services.values().any(|service| {
            service.get("network_mode").is_none()
                && service.get("networks").is_none_or(|n| n.get("default").is_some())
        });
        if uses_default && !networks.contains_key("default") {
            networks.insert("default".to_owned(), Value::Object(Map::new()));
        }
        let own = merged.get("name").and_then(Value::as_str).map(str::to_owned);
        let variable = |name: &str| input.variables.get(name).filter(|value| !value.is_empty()).cloned();
        let folder = || input.directory.file_name().map(|name| project_name(&name.to_string_lossy()));
        let name = input.name.clone().or_else(|| variable("COMPOSE_PROJECT_NAME")).or(own).or_else(folder);
        let mut profiles = input.profiles.clone();
        if profiles.is_empty() {
            let named = variable("COMPOSE_PROFILES").unwrap_or_default();
            profiles.extend(named.split(',').filter(|name| !name.is_empty()).map(str::to_owned));
        }
        Self {
            name: name.unwrap_or_default(),
            directory: input.directory.clone(),
            files: input
                .files
                .iter()
                .filter(|(_, given)| matches!(given, Given::Text(_)))
                .map(|(name, _)| name.clone())
                .collect(),
            services,
            networks,
            volumes,
            secrets,
            configs,
            profiles,
            warnings,
        }
    }

    /// Whether a service is in an active profile, or in none.
    pub(crate) fn is_active(&self, service: &Value) -> bool {
        let profiles = strings(service, "profiles");
        profiles.is_empty()
            || profiles.iter().any(|name| *name == "*" || self.profiles.iter().any(|p| p == name || p == "*"))
    }

    /// The services that a service needs, by whatever key.
    pub(crate) fn dependencies(service: &Value) -> Vec<Dependency> {
        let mut all: Vec<Dependency> = Vec::new();
        for (name, how) in service.get("depends_on").and_then(Value::as_object).into_iter().flatten() {
            let condition = match how["condition"].as_str() {
                Some("service_healthy") => Condition::Healthy,
                Some("service_completed_successfully") => Condition::Completed,
                _ => Condition::Started,
            };
            let required = how.get("required").is_none_or(truth);
            all.push(Dependency {
                service: name.clone(),
                condition,
                restart: truth(&how["restart"]),
                required,
            });
        }
        let links = strings(service, "links").into_iter().map(|link| link.split(':').next().unwrap_or(link));
        let volumes =
            strings(service, "volumes_from").into_iter().filter(|from| !from.starts_with("container:"));
        let volumes = volumes.map(|from| from.split(':').next().unwrap_or(from));
        let modes = ["network_mode", "ipc", "pid"].iter();
        let modes = modes.filter_map(|key| service.get(*key)?.as_str()?.strip_prefix("service:"));
        for name in links.chain(volumes).chain(modes) {
            if !all.iter().any(|known| known.service == name) {
                let service = name.to_owned();
                all.push(Dependency {
                    service,
                    condition: Condition::Started,
                    restart: false,
                    required: true,
                });
            }
        }
        all
    }

    /// The services that are meant, each after those it needs: the named ones, or all active ones, and, with
    /// `all`, what they need.
    pub(crate) fn selected(&self, named: &[String], all: bool) -> Vec<String> {
        let mut order = Vec::new();
        let roots: Vec<&String> = match named {
            [] => self
                .services
                .iter()
                .filter(|(_, service)| self.is_active(service))
                .map(|(name, _)| name)
                .collect(),
            named => named.iter().collect(),
        };
        for name in &roots {
            self.visit(name, all, &roots, &mut order);
        }
        order
    }

    fn visit(&self, name: &str, all: bool, roots: &[&String], order: &mut Vec<String>) {
        let Some(service) = self.services.get(name) else { return };
        if order.iter().any(|known| known == name) {
            return;
        }
        for needed in Self::dependencies(service) {
            let optional = !needed.required
                && self.services.get(&needed.service).is_none_or(|other| !self.is_active(other));
            if (all && !optional) || roots.iter().any(|root| **root == needed.service) {
                self.visit(&needed.service, all, roots, order);
            }
        }
        if !order.iter().any(|known| known == name) {
            order.push(name.to_owned());
        }
    }

    /// How many containers a service has.
    pub(crate) fn replicas(service: &Value) -> usize {
        let scale = service.get("scale").or_else(|| service.pointer("/deploy/replicas"));
        scale.and_then(whole).map_or(1, |count| usize::try_from(count).unwrap_or(0))
    }

    /// The name that something shared has on the engine.
    pub(crate) fn full_name(&self, key: &str, definition: &Value) -> String {
        match definition.get("name").and_then(Value::as_str) {
            Some(name) => name.to_owned(),
            None if truth(&definition["external"]) => key.to_owned(),
            None => format!("{}_{key}", self.name),
        }
    }
}

/// The texts of a list.
pub(crate) fn strings<'v>(value: &'v Value, key: &str) -> Vec<&'v str> {
    value.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A directory's name as a project's: small letters, digits, `-` and `_`.
fn project_name(name: &str) -> String {
    let fits = |c: &char| c.is_ascii_lowercase() || c.is_ascii_digit() || ['-', '_'].contains(c);
    name.to_lowercase().chars().filter(fits).collect::<String>().trim_start_matches(['-', '_']).to_owned()
}

/// The digest of a value, whatever the order of its keys.
pub(crate) fn digest(value: &Value) -> String {
    let mut text = String::new();
    write(value, &mut text);
    crate::checksum::sha256(text.as_bytes())
}

fn write(value: &Value, out: &mut String) {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.put_in_order();
            for key in keys {
                *out += &Value::from(key.as_str()).to_string();
                out.push('{');
                write(&map[key], out);
                out.push('}');
            }
        }
        Value::Array(items) => {
            out.push('[');
            for item in items {
                write(item, out);
                out.push(',');
            }
            out.push(']');
        }
        other => *out += &other.to_string(),
    }
}
