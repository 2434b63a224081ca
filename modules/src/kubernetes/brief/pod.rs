//! A pod's template in brief: containers, volumes with their mounts, and what is the pod's own.

use serde_json::{Map, Value, json};

use super::container::container;
use super::notes::{Make, Notes, Row, snake};
use super::values::{keep, labels, number, references, text, truth};

/// What of a pod is more than renamed; all else is the container's.
const POD: &[Row] = &[
    ("active_deadline", "activeDeadlineSeconds", number),
    ("affinity", "affinity", keep),
    ("automount_service_account_token", "automountServiceAccountToken", truth),
    ("dns_policy", "dnsPolicy", text),
    ("enable_service_links", "enableServiceLinks", truth),
    ("host_aliases", "hostAliases", keep),
    ("host_network", "hostNetwork", truth),
    ("image_pull_secrets", "imagePullSecrets", references),
    ("node_name", "nodeName", text),
    ("node_selector", "nodeSelector", labels),
    ("pod_security_context", "securityContext", keep),
    ("priority_class", "priorityClassName", text),
    ("priority_class_name", "priorityClassName", text),
    ("restart_policy", "restartPolicy", text),
    ("service_account", "serviceAccountName", text),
    ("service_account_name", "serviceAccountName", text),
    ("termination_grace_period", "terminationGracePeriodSeconds", number),
    ("termination_grace_period_seconds", "terminationGracePeriodSeconds", number),
    ("tolerations", "tolerations", keep),
    ("topology_spread_constraints", "topologySpreadConstraints", keep),
];

/// What is read here by hand.
const OWN: [&str; 6] = ["containers", "init_containers", "volumes", "pod", "container", "container_name"];

/// The spec of a pod whose one container has `name`; options of the object around it are gone already.
pub(super) fn pod(name: &str, options: &Map<String, Value>, notes: &mut Notes) -> Map<String, Value> {
    let is_pods = |key: &str| POD.iter().any(|(name, ..)| *name == key);
    let (own, rest): (Map<_, _>, Map<_, _>) =
        options.clone().into_iter().partition(|(key, _)| OWN.contains(&snake(key).as_str()));
    let (of_pod, of_container): (Map<_, _>, Map<_, _>) =
        rest.into_iter().partition(|(key, _)| is_pods(&snake(key)));
    let mut spec = notes.translate(&of_pod, POD);
    let own = |key: &str| own.iter().find(|(name, _)| snake(name) == key).map(|(_, value)| value);
    let mut containers = match own("containers") {
        Some(list) => notes.within("containers", |notes| containers(list, notes)),
        None => {
            let mut made = container(&of_container, notes);
            let called = own("container").or(own("container_name")).cloned().unwrap_or_else(|| name.into());
            made.insert("name".into(), called);
            vec![made.into()]
        }
    };
    if own("containers").is_some() && !of_container.is_empty() {
        let keys: Vec<String> = of_container.keys().map(|key| format!("`{key}`")).collect();
        notes.wrong(format!("{} belong into `containers`, which is given", keys.join(", ")));
    }
    if let Some(list) = own("init_containers") {
        let made = notes.within("init_containers", |notes| self::containers(list, notes));
        spec.insert("initContainers".into(), made.into());
    }
    if let Some(list) = own("volumes") {
        let made = notes.within("volumes", |notes| volumes(list, notes));
        let (volumes, mounts): (Vec<_>, Vec<_>) = made.into_iter().unzip();
        spec.insert("volumes".into(), volumes.into());
        mount(&mut containers, mounts.into_iter().flatten());
    }
    spec.insert("containers".into(), containers.into());
    if let Some(Value::Object(raw)) = own("pod") {
        spec.extend(raw.clone());
    }
    spec
}

fn containers(list: &Value, notes: &mut Notes) -> Vec<Value> {
    let made = notes.each(list, |item, notes| match item {
        Value::Object(map) => container(map, notes).into(),
        other => notes.expected("a dictionary", other),
    });
    if let Value::Array(made) = made { made } else { Vec::new() }
}

/// Mounts of volumes in brief are the first container's.
fn mount(containers: &mut [Value], mounts: impl Iterator<Item = Value>) {
    let Some(Value::Object(first)) = containers.first_mut() else { return };
    let mut all: Vec<Value> =
        first.get("volumeMounts").and_then(Value::as_array).cloned().unwrap_or_default();
    all.extend(mounts);
    if !all.is_empty() {
        first.insert("volumeMounts".into(), all.into());
    }
}

/// Sources of a volume that a name is enough for: the key in brief, that of the API, and what the name is there.
const SOURCES: &[(&str, &str, &str)] = &[
    ("config_map", "configMap", "name"),
    ("secret", "secret", "secretName"),
    ("claim", "persistentVolumeClaim", "claimName"),
    ("pvc", "persistentVolumeClaim", "claimName"),
    ("persistent_volume_claim", "persistentVolumeClaim", "claimName"),
    ("host_path", "hostPath", "path"),
    ("empty_dir", "emptyDir", ""),
];

fn volumes(list: &Value, notes: &mut Notes) -> Vec<(Value, Option<Value>)> {
    let one = std::slice::from_ref(list);
    let items = list.as_array().map_or(one, Vec::as_slice).iter().enumerate();
    items.map(|(index, item)| notes.within(&index.to_string(), |notes| volume(item, notes))).collect()
}

/// A volume and where it is mounted.
fn volume(item: &Value, notes: &mut Notes) -> (Value, Option<Value>) {
    let Value::Object(map) = item else { return (notes.expected("a dictionary", item), None) };
    let table: [Row; 6] = [
        ("mount", "mountPath", text),
        ("mount_path", "mountPath", text),
        ("path", "mountPath", text),
        ("sub_path", "subPath", text),
        ("read_only", "readOnly", truth),
        ("mount_propagation", "mountPropagation", keep as Make),
    ];
    let of_mount = |key: &str| table.iter().any(|(name, ..)| *name == key);
    let (of_mount, of_volume): (Map<_, _>, Map<_, _>) =
        map.clone().into_iter().partition(|(key, _)| of_mount(&snake(key)));
    let mut volume = Map::new();
    for (key, value) in of_volume {
        match SOURCES.iter().find(|(brief, ..)| *brief == snake(&key)) {
            Some((_, full, name)) => drop(volume.insert((*full).to_owned(), source(name, &value))),
            None => drop(volume.insert(key, value)),
        }
    }
    let name = match volume.get("name") {
        Some(name) => name.clone(),
        None => volume_name(&volume).into(),
    };
    volume.insert("name".into(), name.clone());
    let mut mount = notes.translate(&of_mount, &table);
    if !mount.contains_key("mountPath") {
        return (volume.into(), None);
    }
    mount.insert("name".into(), name);
    (volume.into(), Some(mount.into()))
}

fn source(name: &str, value: &Value) -> Value {
    match value {
        Value::Object(_) => value.clone(),
        _ if name.is_empty() => json!({}),
        text => Value::Object(Map::from_iter([(name.to_owned(), text.clone())])),
    }
}

/// A volume that has no name is called after what it holds.
fn volume_name(volume: &Map<String, Value>) -> String {
    let inner = volume.values().find_map(|source| {
        ["name", "secretName", "claimName"].iter().find_map(|key| source.get(*key)?.as_str())
    });
    inner.unwrap_or("data").replace(|c: char| !c.is_ascii_alphanumeric() && c != '-', "-")
}
