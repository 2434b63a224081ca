//! Names, labels and digests, those of `docker compose` itself, so that its tools see what is ours.

use serde_json::{Map, Value, json};

use super::container::Wanted;
use crate::compose::{Condition, Project, digest};

pub(super) const PROJECT: &str = "com.docker.compose.project";
pub(super) const SERVICE: &str = "com.docker.compose.service";
pub(super) const NUMBER: &str = "com.docker.compose.container-number";
pub(super) const ONEOFF: &str = "com.docker.compose.oneoff";
pub(super) const HASH: &str = "com.docker.compose.config-hash";
pub(super) const NETWORK: &str = "com.docker.compose.network";
pub(super) const VOLUME: &str = "com.docker.compose.volume";
pub(super) const VERSION: &str = "com.docker.compose.version";

/// What stands in the label of the version: whose digests they are.
pub(super) const OURS: &str = concat!("baton-", env!("CARGO_PKG_VERSION"));

/// The name of a service's container.
pub(super) fn container_name(project: &Project, service: &str, definition: &Value, number: usize) -> String {
    match definition.get("container_name").and_then(Value::as_str) {
        Some(name) => name.to_owned(),
        None => format!("{}-{service}-{number}", project.name),
    }
}

/// The image of a service: its own, or the one that is built.
pub(super) fn image_name(project: &Project, service: &str, definition: &Value) -> String {
    let own = definition.get("image").and_then(Value::as_str);
    own.map_or_else(|| format!("{}-{service}", project.name), str::to_owned)
}

/// The digest of all that makes a container of a service what it is.
pub(super) fn config_hash(project: &Project, definition: &Value) -> String {
    let mut own = definition.clone();
    if let Some(map) = own.as_object_mut() {
        for key in ["build", "pull_policy", "scale", "depends_on", "profiles", "develop", "attach"] {
            map.remove(key);
        }
        if let Some(Value::Object(deploy)) = map.get_mut("deploy") {
            for key in [
                "replicas",
                "update_config",
                "rollback_config",
                "placement",
                "mode",
                "endpoint_mode",
                "labels",
            ] {
                deploy.remove(key);
            }
        }
    }
    let shared = |kind: &str, named: &Map<String, Value>| -> Value {
        let used = own.get(kind).and_then(Value::as_array).into_iter().flatten();
        used.filter_map(|grant| {
            Some((grant["source"].as_str()?.to_owned(), named.get(grant["source"].as_str()?)?.clone()))
        })
        .collect::<Map<String, Value>>()
        .into()
    };
    let (secrets, configs) = (shared("secrets", &project.secrets), shared("configs", &project.configs));
    let used_networks =
        own.get("networks").and_then(Value::as_object).map(|map| map.keys().cloned().collect());
    let used_networks: Vec<String> = used_networks.unwrap_or_else(|| vec!["default".to_owned()]);
    let volumes = own.get("volumes").and_then(Value::as_array).into_iter().flatten();
    let used_volumes: Vec<String> = volumes
        .filter(|volume| volume["type"] == "volume")
        .filter_map(|v| Some(v["source"].as_str()?.to_owned()))
        .collect();
    let names = |keys: &[String], named: &Map<String, Value>| -> Vec<String> {
        keys.iter().filter_map(|key| Some(project.full_name(key, named.get(key)?))).collect()
    };
    let names = json!([names(&used_networks, &project.networks), names(&used_volumes, &project.volumes)]);
    digest(&json!({"service": own, "secrets": secrets, "configs": configs, "names": names}))
}

/// The labels of a container: the user's, then compose's.
pub(super) fn labels(wanted: &Wanted<'_>) -> Value {
    let project = wanted.project;
    let own = wanted.definition.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    let plain = |value: Value| if value.is_null() { "".into() } else { value };
    let mut labels: Map<String, Value> = own.into_iter().map(|(key, value)| (key, plain(value))).collect();
    let files = project.files.join(",");
    let needs: Vec<String> = Project::dependencies(wanted.definition)
        .iter()
        .map(|needed| {
            let condition = match needed.condition {
                Condition::Started => "service_started",
                Condition::Healthy => "service_healthy",
                Condition::Completed => "service_completed_successfully",
            };
            format!("{}:{condition}:{}", needed.service, needed.restart)
        })
        .collect();
    for (key, value) in [
        (PROJECT, project.name.as_str()),
        (SERVICE, wanted.service),
        (NUMBER, &wanted.number.to_string()),
        (ONEOFF, "False"),
        (HASH, &config_hash(project, wanted.definition)),
        ("com.docker.compose.image", wanted.image_id),
        ("com.docker.compose.project.working_dir", &project.directory.display().to_string()),
        ("com.docker.compose.project.config_files", &files),
        ("com.docker.compose.depends_on", &needs.join(",")),
        (VERSION, OURS),
    ] {
        labels.insert(key.to_owned(), value.into());
    }
    labels.into()
}
