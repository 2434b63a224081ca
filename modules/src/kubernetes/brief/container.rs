//! A container in brief: environment, ports, probes, resources.

use serde_json::{Map, Value, json};

use super::notes::{Make, Notes, Row};
use super::values::{command, container_ports, keep, number, number_or_text, text, truth};

/// What of a container is more than renamed.
const CONTAINER: &[Row] = &[
    ("args", "args", command),
    ("command", "command", command),
    ("env", "env", env),
    ("env_from", "envFrom", env_from),
    ("image", "image", text),
    ("liveness_probe", "livenessProbe", probe),
    ("ports", "ports", container_ports),
    ("readiness_probe", "readinessProbe", probe),
    ("resources", "resources", resources),
    ("startup_probe", "startupProbe", probe),
    ("stdin", "stdin", truth),
    ("tty", "tty", truth),
];

/// A container of the API.
pub(super) fn container(options: &Map<String, Value>, notes: &mut Notes) -> Map<String, Value> {
    let mut options = options.clone();
    if let Some(probes) = options.shift_remove("probes") {
        spread_probes(&probes, &mut options, notes);
    }
    let mut made = notes.translate(&options, CONTAINER);
    let port = made.get("ports").and_then(|ports| ports.pointer("/0/containerPort")).cloned();
    for name in ["livenessProbe", "readinessProbe", "startupProbe"] {
        if let Some(Value::Object(probe)) = made.get_mut(name) {
            notes.within(name, |notes| fill_port(probe, port.as_ref(), notes));
        }
    }
    made
}

/// `probes: {readiness: …}` as `readiness_probe`.
fn spread_probes(probes: &Value, into: &mut Map<String, Value>, notes: &mut Notes) {
    let Value::Object(map) = probes else {
        notes.within("probes", |notes| notes.expected("a dictionary", probes));
        return;
    };
    for (kind, probe) in map {
        let kind = kind.trim_end_matches("_probe").trim_end_matches("Probe");
        if ["liveness", "readiness", "startup"].contains(&kind) {
            into.insert(format!("{kind}_probe"), probe.clone());
        } else {
            let words = format!("unknown probe `{kind}`, known are `liveness`, `readiness`, `startup`");
            notes.within("probes", |notes| notes.wrong(words));
        }
    }
}

/// A probe without a port is for the container's first one.
fn fill_port(probe: &mut Map<String, Value>, port: Option<&Value>, notes: &mut Notes) {
    let Some(get) = probe.get_mut("httpGet").and_then(Value::as_object_mut) else { return };
    match (get.contains_key("port"), port) {
        (true, _) => {}
        (false, Some(port)) => drop(get.insert("port".into(), port.clone())),
        (false, None) => notes.wrong("it names no port, and the container has none"),
    }
}

/// The environment: a mapping, a list of the API, or a list of `NAME=value`.
fn env(value: &Value, notes: &mut Notes) -> Value {
    if let Value::Object(map) = value {
        let entry =
            |(name, value): (&String, &Value)| notes.within(name, |notes| variable(name, value, notes));
        return map.iter().map(entry).collect();
    }
    notes.each(value, |item, notes| match item {
        Value::String(pair) if pair.contains('=') => {
            let (name, value) = pair.split_once('=').unwrap_or_default();
            json!({"name": name, "value": value})
        }
        Value::Object(map) if map.contains_key("name") => {
            let mut made = map.clone();
            if let Some(value) = made.get_mut("value") {
                *value = notes.within("value", |notes| text(value, notes));
            }
            made.into()
        }
        other => notes.expected("`NAME=value` or a dictionary with `name`", other),
    })
}

/// One variable: its value, or where the value comes from.
fn variable(name: &str, value: &Value, notes: &mut Notes) -> Value {
    let Value::Object(from) = value else {
        let value = if value.is_null() { json!("") } else { text(value, notes) };
        return json!({"name": name, "value": value});
    };
    let key = from.get("key").cloned().unwrap_or_else(|| name.into());
    let part = |of: &Value| {
        let mut part = json!({"name": of, "key": key});
        if let Some(optional) = from.get("optional") {
            part["optional"] = optional.clone();
        }
        part
    };
    let short = |names: &[&str]| names.iter().find_map(|name| from.get(*name)).filter(|of| of.is_string());
    let source = if let Some(inner) = from.get("valueFrom").or_else(|| from.get("value_from")) {
        inner.clone()
    } else if let Some(of) = short(&["secret"]) {
        json!({"secretKeyRef": part(of)})
    } else if let Some(of) = short(&["config_map", "configMap"]) {
        json!({"configMapKeyRef": part(of)})
    } else if let Some(path) = short(&["field"]) {
        json!({"fieldRef": {"fieldPath": path}})
    } else if let Some(resource) = short(&["resource"]) {
        json!({"resourceFieldRef": {"resource": resource}})
    } else if from.keys().any(|key| key.ends_with("Ref")) {
        value.clone()
    } else {
        return notes.expected("a value, or a dictionary with `secret`, `config_map` or `field`", value);
    };
    json!({"name": name, "valueFrom": source})
}

/// Whole config maps and secrets as environment.
fn env_from(value: &Value, notes: &mut Notes) -> Value {
    notes.each(value, |item, notes| {
        let Value::Object(map) = item else { return notes.expected("a dictionary", item) };
        let reference: Make = |value, notes| match value {
            Value::String(name) => json!({"name": name}),
            Value::Object(_) => value.clone(),
            _ => notes.expected("a name", value),
        };
        let table = [
            ("config_map", "configMapRef", reference),
            ("secret", "secretRef", reference),
            ("prefix", "prefix", keep as Make),
        ];
        notes.translate(map, &table).into()
    })
}

/// Requests and limits; `cpu` and `memory` alone are both.
fn resources(value: &Value, notes: &mut Notes) -> Value {
    let Value::Object(map) = value else { return notes.expected("a dictionary", value) };
    let amounts = |map: &Map<String, Value>, notes: &mut Notes| -> Map<String, Value> {
        map.iter().map(|(key, value)| (key.clone(), notes.within(key, |notes| text(value, notes)))).collect()
    };
    if map.contains_key("requests") || map.contains_key("limits") {
        let part = |(key, value): (&String, &Value)| match value {
            Value::Object(inner) => (key.clone(), notes.within(key, |notes| amounts(inner, notes).into())),
            other => (key.clone(), other.clone()),
        };
        return map.iter().map(part).collect::<Map<_, _>>().into();
    }
    let both = amounts(map, notes);
    json!({"requests": both, "limits": both})
}

/// The numbers of a probe.
const PROBE: &[Row] = &[
    ("delay", "initialDelaySeconds", number),
    ("initial_delay_seconds", "initialDelaySeconds", number),
    ("period", "periodSeconds", number),
    ("period_seconds", "periodSeconds", number),
    ("timeout", "timeoutSeconds", number),
    ("timeout_seconds", "timeoutSeconds", number),
    ("failures", "failureThreshold", number),
    ("failure_threshold", "failureThreshold", number),
    ("successes", "successThreshold", number),
    ("success_threshold", "successThreshold", number),
    ("http_get", "httpGet", keep),
];

/// A probe: `/healthz`, `:8080/healthz`, `tcp:8080`, `exec:test -f x`, a short mapping, or in full.
fn probe(value: &Value, notes: &mut Notes) -> Value {
    match value {
        Value::String(line) => match short_probe(line) {
            Some(probe) => probe,
            None => {
                notes.expected("a probe such as `/healthz`, `:8080/healthz`, `tcp:8080` or `exec:cmd`", value)
            }
        },
        Value::Object(map) => {
            let (how, numbers): (Map<_, _>, Map<_, _>) = map.clone().into_iter().partition(|(key, _)| {
                ["path", "port", "scheme", "host", "http", "tcp", "command", "exec"].contains(&key.as_str())
            });
            let mut made = notes.translate(&numbers, PROBE);
            made.extend(probe_action(&how, notes));
            made.into()
        }
        other => notes.expected("a probe", other),
    }
}

fn short_probe(line: &str) -> Option<Value> {
    if let Some(command) = line.strip_prefix("exec:") {
        return Some(json!({"exec": {"command": crate::words::split(command).ok()?}}));
    }
    if let Some(port) = line.strip_prefix("tcp:") {
        return Some(json!({"tcpSocket": {"port": number_or_text(&port.into())}}));
    }
    let (scheme, rest) = match line.split_once("://") {
        Some((scheme, rest)) if ["http", "https"].contains(&scheme) => (Some(scheme.to_uppercase()), rest),
        Some(_) => return None,
        None => (None, line),
    };
    let slash = rest.find('/')?;
    let (place, path) = rest.split_at(slash);
    let mut get = Map::from_iter([("path".to_owned(), path.into())]);
    get.extend(scheme.map(|scheme| ("scheme".to_owned(), scheme.into())));
    match place.strip_prefix(':') {
        Some(port) => drop(get.insert("port".into(), number_or_text(&port.into()))),
        None if place.is_empty() => {}
        None => return None,
    }
    Some(json!({"httpGet": get}))
}

/// What a probe in a short mapping does.
fn probe_action(how: &Map<String, Value>, notes: &mut Notes) -> Map<String, Value> {
    let one = |name: &str, value: Value| Map::from_iter([(name.to_owned(), value)]);
    if let Some(exec) = how.get("exec").or_else(|| how.get("command")) {
        if exec.is_object() {
            return one("exec", exec.clone());
        }
        return one("exec", json!({"command": command(exec, notes)}));
    }
    if let Some(port) = how.get("tcp") {
        return one("tcpSocket", json!({"port": number_or_text(port)}));
    }
    let mut get = how.clone();
    if let Some(path) = get.shift_remove("http") {
        get.insert("path".into(), path);
    }
    if let Some(port) = get.get_mut("port") {
        *port = number_or_text(port);
    }
    match (get.is_empty(), get.contains_key("path")) {
        (true, _) => Map::new(),
        (false, true) => one("httpGet", get.into()),
        // A port alone: whether it can be connected to.
        (false, false) => one("tcpSocket", get.into()),
    }
}
