//! Short forms to long ones, so that files can be merged and read in one way.

use std::path::{Component, Path, PathBuf};

use serde_json::{Map, Value, json};

use super::source::{Source, joined};
use super::units::{text, truth};
use super::{ports, volumes};

/// The long form of a whole file; mistakes in short forms are added to `wrong`.
pub(super) fn normal(
    source: &Source,
    directory: &Path,
    home: &str,
    wrong: &mut Vec<String>,
) -> Map<String, Value> {
    let mut file = source.value.as_object().cloned().unwrap_or_default();
    file.retain(|key, _| !key.starts_with("x-"));
    for section in ["services", "networks", "volumes", "secrets", "configs"] {
        let Some(Value::Object(named)) = file.get_mut(section) else { continue };
        named.retain(|key, _| !key.starts_with("x-") || section == "services");
        for (name, value) in named.iter_mut() {
            let at = joined(&format!("/{section}"), name);
            let mut map = value.as_object().cloned().unwrap_or_default();
            map.retain(|key, _| !key.starts_with("x-"));
            match section {
                "services" => Normal { source, directory, home, wrong }.service(&at, &mut map),
                _ => resource(section, directory, home, &mut map),
            }
            *value = Value::Object(map);
        }
    }
    file
}

/// A path as seen from the project's directory, without `.` and `..`.
pub(super) fn absolute(path: &str, directory: &Path, home: &str) -> String {
    let path = match path.strip_prefix('~') {
        Some(rest) if rest.is_empty() || rest.starts_with('/') => PathBuf::from(format!("{home}{rest}")),
        _ => directory.join(path),
    };
    let mut clean = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(clean.pop()),
            Component::CurDir => {}
            part => clean.push(part),
        }
    }
    clean.display().to_string()
}

fn resource(section: &str, directory: &Path, home: &str, map: &mut Map<String, Value>) {
    for key in ["labels", "driver_opts"] {
        map.entry(key).and_modify(|value| *value = pairs(value));
    }
    // Version 3.3 and before: `external: {name: x}`.
    if let Some(name) = map.get("external").and_then(|external| external.get("name")).cloned() {
        map.insert("name".to_owned(), name);
        map.insert("external".to_owned(), true.into());
    }
    if let (Some(Value::String(file)), "secrets" | "configs") = (map.get_mut("file"), section) {
        *file = absolute(file, directory, home);
    }
}

/// A list of `NAME=value` as a dictionary; a name alone has no value.
pub(super) fn pairs(value: &Value) -> Value {
    let split = |item: &Value| {
        let item = text(item).unwrap_or_default();
        match item.split_once('=') {
            Some((name, value)) => (name.to_owned(), value.into()),
            None => (item, Value::Null),
        }
    };
    match value {
        Value::Array(items) => Value::Object(items.iter().map(split).collect()),
        Value::Object(map) => {
            let plain = |value: &Value| text(value).map_or(Value::Null, Value::from);
            Value::Object(map.iter().map(|(key, value)| (key.clone(), plain(value))).collect())
        }
        _ => json!({}),
    }
}

fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => {
            items.iter().map(|item| text(item).map_or(item.clone(), Value::from)).collect()
        }
        Value::Null => Vec::new(),
        other => vec![text(other).map_or(Value::Null, Value::from)],
    }
}

/// Names, each with a dictionary, from a list of names or a dictionary with gaps.
fn named(value: &Value, default: &Value) -> Value {
    match value {
        Value::Array(items) => {
            Value::Object(items.iter().filter_map(text).map(|name| (name, default.clone())).collect())
        }
        Value::Object(map) => {
            let whole = |value: &Value| if value.is_null() { default.clone() } else { value.clone() };
            Value::Object(map.iter().map(|(name, value)| (name.clone(), whole(value))).collect())
        }
        _ => json!({}),
    }
}

struct Normal<'n> {
    source: &'n Source,
    directory: &'n Path,
    home: &'n str,
    wrong: &'n mut Vec<String>,
}

impl Normal<'_> {
    fn service(&mut self, at: &str, service: &mut Map<String, Value>) {
        for (key, value) in service.iter_mut().filter(|(_, value)| !value.is_null()) {
            let here = format!("{at}/{key}");
            match key.as_str() {
                "environment" | "labels" | "sysctls" | "storage_opt" => *value = pairs(value),
                "dns"
                | "dns_search"
                | "dns_opt"
                | "tmpfs"
                | "profiles"
                | "cap_add"
                | "cap_drop"
                | "expose"
                | "security_opt"
                | "group_add"
                | "links"
                | "external_links"
                | "volumes_from"
                | "device_cgroup_rules" => *value = listed(value).into(),
                "networks" => *value = named(value, &json!({})),
                "depends_on" => *value = named(value, &json!({"condition": "service_started"})),
                "ports" => *value = self.items(&here, value, ports::port),
                "volumes" => {
                    let (directory, home) = (self.directory, self.home);
                    *value =
                        self.items(&here, value, |text| Ok(vec![volumes::volume(text, directory, home)?]));
                    self.sources(value);
                }
                "secrets" | "configs" => {
                    *value = self.items(&here, value, |name| Ok(vec![json!({"source": name})]))
                }
                "devices" => *value = self.items(&here, value, |text| Ok(vec![device(text)])),
                "env_file" => {
                    let list =
                        Value::Array(if value.is_array() { listed(value) } else { vec![value.clone()] });
                    *value = self.items(&here, &list, |path| Ok(vec![json!({"path": path})]));
                    self.paths(value);
                }
                "extra_hosts" => *value = hosts(value),
                "build" => self.build(value),
                "extends" if !value.is_object() => *value = json!({"service": text(value)}),
                "healthcheck" => health(value),
                "ulimits" => ulimits(value),
                "deploy" => deploy(value),
                "logging" => {
                    if let Some(options) = value.get_mut("options") {
                        *options = pairs(options);
                    }
                }
                _ => {}
            }
        }
        service.retain(|key, value| !value.is_null() || self.source.tag(&joined(at, key)) == Some("!reset"));
    }

    /// The items of a list, short ones made long.
    fn items(&mut self, at: &str, value: &Value, long: impl Fn(&str) -> Result<Vec<Value>, String>) -> Value {
        let mut all = Vec::new();
        for (index, item) in value.as_array().into_iter().flatten().enumerate() {
            match text(item) {
                None => all.push(item.clone()),
                Some(short) => match long(&short) {
                    Ok(items) => all.extend(items),
                    Err(message) => self.wrong.push(self.source.at(&format!("{at}/{index}"), &message)),
                },
            }
        }
        all.into()
    }

    /// Relative sources of bind mounts in the long form.
    fn sources(&self, volumes: &mut Value) {
        for volume in volumes.as_array_mut().into_iter().flatten() {
            if volume["type"] == "bind" && volume["source"].is_string() {
                volume["source"] = self.absolute(&volume["source"]);
            }
            if let Some(target) = volume["target"].as_str() {
                volume["target"] =
                    if target.len() > 1 { target.trim_end_matches('/') } else { target }.into();
            }
        }
    }

    fn paths(&self, files: &mut Value) {
        for file in files.as_array_mut().into_iter().flatten() {
            file["path"] = self.absolute(&file["path"]);
        }
    }

    fn absolute(&self, path: &Value) -> Value {
        absolute(path.as_str().unwrap_or_default(), self.directory, self.home).into()
    }

    fn build(&self, value: &mut Value) {
        if !value.is_object() {
            *value = json!({"context": value});
        }
        let context = value.get("context").cloned().unwrap_or_else(|| ".".into());
        let is_remote =
            context.as_str().is_some_and(|context| context.contains("://") || context.starts_with("git@"));
        value["context"] = if is_remote { context } else { self.absolute(&context) };
        for key in ["args", "labels"] {
            if let Some(own) = value.get_mut(key) {
                *own = pairs(own);
            }
        }
        if let Some(own) = value.get_mut("extra_hosts") {
            *own = hosts(own);
        }
        for key in ["cache_from", "tags", "platforms"] {
            if let Some(own) = value.get_mut(key) {
                *own = listed(own).into();
            }
        }
    }
}

/// `name:address`, `name=address` or a dictionary as a list of `name:address`.
fn hosts(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let each = |(name, addresses): (&String, &Value)| {
                let name = name.clone();
                listed(addresses)
                    .into_iter()
                    .map(move |address| format!("{name}:{}", text(&address).unwrap_or_default()))
            };
            map.iter().flat_map(each).collect::<Vec<_>>().into()
        }
        list => {
            let colon = |item: Value| text(&item).map_or(item, |item| item.replacen('=', ":", 1).into());
            listed(list).into_iter().map(colon).collect()
        }
    }
}

fn device(text: &str) -> Value {
    let parts: Vec<&str> = text.split(':').collect();
    json!({
        "source": parts[0],
        "target": parts.get(1).unwrap_or(&parts[0]),
        "permissions": parts.get(2).unwrap_or(&"rwm"),
    })
}

fn health(value: &mut Value) {
    if truth(&value["disable"]) {
        *value = json!({"test": ["NONE"]});
    }
    match value.get_mut("test") {
        Some(test @ Value::String(_)) => *test = json!(["CMD-SHELL", test]),
        Some(test @ Value::Array(_)) => *test = listed(test).into(),
        _ => {}
    }
    if let Some(map) = value.as_object_mut() {
        map.remove("disable");
    }
}

fn ulimits(value: &mut Value) {
    for limit in value.as_object_mut().into_iter().flat_map(|map| map.values_mut()) {
        if !limit.is_object() {
            *limit = json!({"soft": limit, "hard": limit});
        }
    }
}

fn deploy(value: &mut Value) {
    if let Some(labels) = value.get_mut("labels") {
        *labels = pairs(labels);
    }
    let constraints = value.pointer_mut("/placement/constraints");
    if let Some(constraints) = constraints {
        *constraints = listed(constraints).into();
    }
}
