//! A service in brief.

use serde_json::{Map, Value, json};

use super::deployment::META;
use super::notes::{Make, Notes, Row, snake};
use super::overlay::overlay;
use super::values::{labels, number, number_or_text, text, truth, upper};
use crate::Fail;
use crate::args::FromArg;

/// What of a service is more than renamed.
const SERVICE: &[Row] = &[
    ("allocate_load_balancer_node_ports", "allocateLoadBalancerNodePorts", truth),
    ("cluster_ip", "clusterIP", text),
    ("external_ips", "externalIPs", super::values::keep),
    ("headless", "clusterIP", |_, _| "None".into()),
    ("health_check_node_port", "healthCheckNodePort", number),
    ("load_balancer_ip", "loadBalancerIP", text),
    ("ports", "ports", ports),
    ("publish_not_ready_addresses", "publishNotReadyAddresses", truth),
    ("type", "type", text),
];

/// The manifest of a service in brief; what is not said is `base`'s, where there is one.
///
/// # Errors
/// All mistakes in one.
pub fn service(options: &Map<String, Value>, base: Option<&Value>) -> Result<Value, Fail> {
    let mut notes = Notes::default();
    let (meta, mut own): (Map<_, _>, Map<_, _>) =
        options.clone().into_iter().partition(|(key, _)| META.contains(&snake(key).as_str()));
    own.retain(|key, value| !(value.is_null() || (key == "headless" && *value == json!(false))));
    let mut spec = notes.translate(&own, SERVICE);
    if let Some(given) = meta.get("selector").filter(|value| !value.is_null()) {
        // A service has no `matchLabels`; who copies the deployment's selector means its labels.
        let inner = given.get("matchLabels").or_else(|| given.get("match_labels")).unwrap_or(given);
        spec.insert("selector".into(), notes.within("selector", |notes| labels(inner, notes)));
    }
    let mut metadata = Map::new();
    for key in ["name", "namespace"] {
        metadata.extend(meta.get(key).filter(|v| !v.is_null()).map(|value| (key.to_owned(), value.clone())));
    }
    for key in ["labels", "annotations"] {
        if let Some(given) = meta.get(key).filter(|value| !value.is_null()) {
            metadata.insert(key.to_owned(), notes.within(key, |notes| labels(given, notes)));
        }
    }
    let made = json!({"apiVersion": "v1", "kind": "Service", "metadata": metadata, "spec": spec});
    let made = notes.finish(made)?;
    Ok(base.map_or(made.clone(), |base| overlay(base, &made)))
}

fn ports(value: &Value, notes: &mut Notes) -> Value {
    let mut made = notes.each(value, port);
    let several = made.as_array().is_some_and(|ports| ports.len() > 1);
    for port in made.as_array_mut().into_iter().flatten().filter(|_| several).filter_map(Value::as_object_mut)
    {
        let protocol = port.get("protocol").and_then(Value::as_str).unwrap_or("TCP").to_lowercase();
        let number = port.get("port").cloned().unwrap_or_default();
        port.entry("name").or_insert_with(|| format!("{protocol}-{number}").into());
    }
    made
}

/// `80`, `80:8080`, `80:http`, `53:53/udp`, or a port in full. The protocol is always said: older servers refuse a
/// port without one under server-side apply.
fn port(value: &Value, notes: &mut Notes) -> Value {
    let target: Make = |value, _| number_or_text(value);
    let mut made = match value {
        Value::Object(map) => {
            let table: [Row; 5] = [
                ("port", "port", number),
                ("target_port", "targetPort", target),
                ("target", "targetPort", target),
                ("node_port", "nodePort", number),
                ("protocol", "protocol", upper),
            ];
            notes.translate(map, &table)
        }
        other => match short(other) {
            Some(made) => made,
            None => return notes.expected("a port such as `80`, `80:8080` or `53:53/udp`", other),
        },
    };
    if !made.contains_key("port") {
        notes.wrong("a port of a service needs `port`");
    }
    made.entry("protocol").or_insert_with(|| "TCP".into());
    made.into()
}

fn short(value: &Value) -> Option<Map<String, Value>> {
    let line = String::from_arg(value).ok()?;
    let (places, protocol) = line.split_once('/').unwrap_or((&line, "TCP"));
    let (port, target) = places.split_once(':').map_or((places, None), |(port, to)| (port, Some(to)));
    let port: u16 = port.trim().parse().ok()?;
    let mut made = Map::from_iter([("port".to_owned(), Value::from(port))]);
    made.extend(target.map(|to| ("targetPort".to_owned(), number_or_text(&to.trim().into()))));
    made.insert("protocol".into(), protocol.to_uppercase().into());
    Some(made)
}
