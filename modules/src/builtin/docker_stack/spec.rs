//! What a service of a compose file is to a swarm.

use serde_json::{Map, Value, json};

use super::super::docker_compose::health;
use super::kept::Granted;
use super::{DockerStack, NAMESPACE};
use crate::Fail;
use crate::compose::units::{bytes, nanoseconds, number, octal, text, truth, whole};
use crate::compose::{Project, strings};

type Form = fn(&Value) -> Option<Value>;

/// Keys of a service, where the specification has them, and how.
#[rustfmt::skip]
const PLACES: &[(&str, &str, Form)] = &[
    ("/entrypoint", "/TaskTemplate/ContainerSpec/Command", argv),
    ("/command", "/TaskTemplate/ContainerSpec/Args", argv),
    ("/hostname", "/TaskTemplate/ContainerSpec/Hostname", words),
    ("/environment", "/TaskTemplate/ContainerSpec/Env", environment),
    ("/working_dir", "/TaskTemplate/ContainerSpec/Dir", words),
    ("/user", "/TaskTemplate/ContainerSpec/User", words),
    ("/group_add", "/TaskTemplate/ContainerSpec/Groups", same),
    ("/tty", "/TaskTemplate/ContainerSpec/TTY", boolean),
    ("/stdin_open", "/TaskTemplate/ContainerSpec/OpenStdin", boolean),
    ("/read_only", "/TaskTemplate/ContainerSpec/ReadOnly", boolean),
    ("/stop_signal", "/TaskTemplate/ContainerSpec/StopSignal", words),
    ("/stop_grace_period", "/TaskTemplate/ContainerSpec/StopGracePeriod", time),
    ("/healthcheck", "/TaskTemplate/ContainerSpec/Healthcheck", health),
    ("/extra_hosts", "/TaskTemplate/ContainerSpec/Hosts", hosts),
    ("/dns", "/TaskTemplate/ContainerSpec/DNSConfig/Nameservers", same),
    ("/dns_search", "/TaskTemplate/ContainerSpec/DNSConfig/Search", same),
    ("/dns_opt", "/TaskTemplate/ContainerSpec/DNSConfig/Options", same),
    ("/init", "/TaskTemplate/ContainerSpec/Init", boolean),
    ("/sysctls", "/TaskTemplate/ContainerSpec/Sysctls", same),
    ("/cap_add", "/TaskTemplate/ContainerSpec/CapabilityAdd", same),
    ("/cap_drop", "/TaskTemplate/ContainerSpec/CapabilityDrop", same),
    ("/ulimits", "/TaskTemplate/ContainerSpec/Ulimits", ulimits),
    ("/deploy/resources/limits/cpus", "/TaskTemplate/Resources/Limits/NanoCPUs", nano),
    ("/deploy/resources/limits/memory", "/TaskTemplate/Resources/Limits/MemoryBytes", size),
    ("/deploy/resources/limits/pids", "/TaskTemplate/Resources/Limits/Pids", integer),
    ("/deploy/resources/reservations/cpus", "/TaskTemplate/Resources/Reservations/NanoCPUs", nano),
    ("/deploy/resources/reservations/memory", "/TaskTemplate/Resources/Reservations/MemoryBytes", size),
    ("/restart", "/TaskTemplate/RestartPolicy", restart),
    ("/deploy/restart_policy", "/TaskTemplate/RestartPolicy", restart_policy),
    ("/deploy/placement/constraints", "/TaskTemplate/Placement/Constraints", same),
    ("/deploy/placement/preferences", "/TaskTemplate/Placement/Preferences", preferences),
    ("/deploy/placement/max_replicas_per_node", "/TaskTemplate/Placement/MaxReplicas", integer),
    ("/logging/driver", "/TaskTemplate/LogDriver/Name", words),
    ("/logging/options", "/TaskTemplate/LogDriver/Options", same),
    ("/deploy/update_config", "/UpdateConfig", update),
    ("/deploy/rollback_config", "/RollbackConfig", update),
    ("/deploy/endpoint_mode", "/EndpointSpec/Mode", words),
    ("/ports", "/EndpointSpec/Ports", ports),
];

/// Keys that are read elsewhere than in the table.
const OTHERS: &[&str] = &[
    "image", "labels", "networks", "volumes", "secrets", "configs", "deploy", "logging", "profiles", "tmpfs",
    "scale", "expose",
];

/// Keys of a service that a swarm does not know.
pub(super) fn unknown(service: &Value) -> Vec<&str> {
    let known = |key: &str| {
        OTHERS.contains(&key) || PLACES.iter().any(|(place, ..)| place.strip_prefix('/') == Some(key))
    };
    service
        .as_object()
        .into_iter()
        .flat_map(|map| map.keys())
        .map(String::as_str)
        .filter(|key| !known(key))
        .collect()
}

impl DockerStack {
    /// The specification of a service; networks, secrets and configs stand in it by their names.
    pub(super) fn spec(
        &self,
        project: &Project,
        service: &str,
        definition: &Value,
        granted: &Granted,
    ) -> Result<Value, Fail> {
        let image = definition["image"].as_str().ok_or_else(|| {
            Fail::new(format!("service `{service}` has no `image`, and a swarm builds none"))
                .hint("build and push it first")
        })?;
        let mut spec = json!({"Name": format!("{}_{service}", self.name)});
        for (key, place, form) in PLACES {
            if let Some(value) = definition.pointer(key).and_then(form) {
                put(&mut spec, place, value);
            }
        }
        let mut labels = map(definition.pointer("/deploy/labels"));
        labels.insert("com.docker.stack.image".to_owned(), image.into());
        labels.insert(NAMESPACE.to_owned(), self.name.as_str().into());
        spec["Labels"] = labels.into();
        let mut inner = map(definition.get("labels"));
        inner.insert(NAMESPACE.to_owned(), self.name.as_str().into());
        let container = &mut spec["TaskTemplate"]["ContainerSpec"];
        container["Labels"] = inner.into();
        container["Image"] = image.into();
        let mounts = self.mounts(project, definition);
        if !mounts.is_empty() {
            container["Mounts"] = mounts.into();
        }
        for (kind, key, title) in [("secret", "secrets", "Secrets"), ("config", "configs", "Configs")] {
            let all = grants(definition, kind, key, granted);
            if !all.is_empty() {
                container[title] = all.into();
            }
        }
        spec["TaskTemplate"]["Networks"] = networks(project, service, definition).into();
        spec["Mode"] = mode(definition);
        Ok(spec)
    }

    fn mounts(&self, project: &Project, definition: &Value) -> Vec<Value> {
        let volumes = definition.get("volumes").and_then(Value::as_array).into_iter().flatten();
        let mut all: Vec<Value> = volumes.map(|volume| self.mount(project, volume)).collect();
        for path in strings(definition, "tmpfs") {
            let path = path.split(':').next().unwrap_or(path);
            all.push(json!({"Type": "tmpfs", "Target": path}));
        }
        all
    }

    fn mount(&self, project: &Project, volume: &Value) -> Value {
        let kind = volume["type"].as_str().unwrap_or("volume");
        let mut mount = json!({"Type": kind, "Target": volume["target"]});
        if truth(&volume["read_only"]) {
            mount["ReadOnly"] = true.into();
        }
        match (kind, volume["source"].as_str()) {
            ("bind", Some(source)) => {
                mount["Source"] = source.into();
                if let Some(propagation) = volume.pointer("/bind/propagation") {
                    mount["BindOptions"] = json!({"Propagation": propagation});
                }
            }
            ("volume", Some(key)) => {
                let definition = project.volumes.get(key).cloned().unwrap_or_default();
                mount["Source"] = project.full_name(key, &definition).into();
                let mut options = json!({});
                if volume.pointer("/volume/nocopy").is_some_and(truth) {
                    options["NoCopy"] = true.into();
                }
                if !truth(&definition["external"]) {
                    options["Labels"] = self.labelled(&definition).into();
                    if let Some(driver) = definition.get("driver") {
                        options["DriverConfig"] =
                            json!({"Name": driver, "Options": definition.get("driver_opts")});
                    }
                }
                mount["VolumeOptions"] = options;
            }
            ("tmpfs", _) => {
                if let Some(options) = volume.get("tmpfs") {
                    let mode = options.get("mode").and_then(whole);
                    mount["TmpfsOptions"] =
                        json!({"SizeBytes": options.get("size").and_then(size), "Mode": mode});
                }
            }
            _ => {}
        }
        mount
    }
}

fn grants(definition: &Value, kind: &str, key: &str, granted: &Granted) -> Vec<Value> {
    let title = if kind == "secret" { "Secret" } else { "Config" };
    let each = |grant: &Value| {
        let source = grant["source"].as_str()?;
        let name = granted.iter().find(|((of, key), _)| *of == kind && key == source)?.1;
        let file = grant.get("target").and_then(Value::as_str).unwrap_or(source);
        let file =
            if kind == "config" && !file.starts_with('/') { format!("/{file}") } else { file.to_owned() };
        let owner = |key: &str| grant.get(key).and_then(text).unwrap_or_else(|| "0".to_owned());
        let mode = grant.get("mode").and_then(|mode| mode.as_i64().or_else(|| octal(mode.as_str()?)));
        let file =
            json!({"Name": file, "UID": owner("uid"), "GID": owner("gid"), "Mode": mode.unwrap_or(0o444)});
        let mut all = json!({"File": file});
        all[format!("{title}Name")] = name.as_str().into();
        Some(all)
    };
    definition.get(key).and_then(Value::as_array).into_iter().flatten().filter_map(each).collect()
}

fn networks(project: &Project, service: &str, definition: &Value) -> Vec<Value> {
    let default = Map::from_iter([("default".to_owned(), json!({}))]);
    let named = definition.get("networks").and_then(Value::as_object).unwrap_or(&default);
    let each = |(key, how): (&String, &Value)| {
        let network = project.networks.get(key).cloned().unwrap_or_default();
        let mut aliases: Vec<&str> = strings(how, "aliases");
        aliases.push(service);
        let name = project.full_name(key, &network);
        let is_special = ["host", "bridge", "none"].contains(&name.as_str());
        let mut all = json!({"Target": name});
        if !is_special {
            all["Aliases"] = aliases.into();
        }
        if let Some(options) = how.get("driver_opts") {
            all["DriverOpts"] = options.clone();
        }
        all
    };
    named.iter().map(each).collect()
}

fn mode(definition: &Value) -> Value {
    let replicas = Project::replicas(definition);
    match definition.pointer("/deploy/mode").and_then(Value::as_str) {
        Some("global") => json!({"Global": {}}),
        Some("global-job") => json!({"GlobalJob": {}}),
        Some("replicated-job") => {
            json!({"ReplicatedJob": {"MaxConcurrent": replicas, "TotalCompletions": replicas}})
        }
        _ => json!({"Replicated": {"Replicas": replicas}}),
    }
}

fn map(value: Option<&Value>) -> Map<String, Value> {
    let plain = |value: &Value| Value::from(text(value).unwrap_or_default());
    value
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
        .map(|(key, value)| (key.clone(), plain(value)))
        .collect()
}

fn put(spec: &mut Value, place: &str, value: Value) {
    let mut here = spec;
    for part in place.trim_start_matches('/').split('/') {
        here = &mut here[part];
    }
    *here = value;
}

fn same(value: &Value) -> Option<Value> {
    Some(value.clone())
}

fn words(value: &Value) -> Option<Value> {
    text(value).map(Value::from)
}

fn boolean(value: &Value) -> Option<Value> {
    Some(truth(value).into())
}

fn integer(value: &Value) -> Option<Value> {
    whole(value).map(Value::from)
}

fn nano(value: &Value) -> Option<Value> {
    number(value).map(|cpus| ((cpus * 1e9).round() as i64).into())
}

fn size(value: &Value) -> Option<Value> {
    bytes(&text(value)?).map(Value::from)
}

fn time(value: &Value) -> Option<Value> {
    nanoseconds(&text(value)?).map(Value::from)
}

fn argv(value: &Value) -> Option<Value> {
    match value {
        Value::String(line) => crate::words::split(line).ok().map(Value::from),
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().into()),
        _ => None,
    }
}

fn environment(value: &Value) -> Option<Value> {
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", text(value).unwrap_or_default());
    Some(value.as_object()?.iter().map(pair).collect::<Vec<_>>().into())
}

/// `name:address` as a line of `/etc/hosts`.
fn hosts(value: &Value) -> Option<Value> {
    let line = |host: &str| host.split_once(':').map(|(name, address)| format!("{address} {name}"));
    Some(value.as_array()?.iter().filter_map(Value::as_str).filter_map(line).collect::<Vec<_>>().into())
}

fn ulimits(value: &Value) -> Option<Value> {
    let each = |(name, limit): (&String, &Value)| json!({"Name": name, "Soft": whole(&limit["soft"]), "Hard": whole(&limit["hard"])});
    Some(value.as_object()?.iter().map(each).collect())
}

fn restart(value: &Value) -> Option<Value> {
    let policy = text(value)?;
    let (name, count) = policy.split_once(':').unwrap_or((&policy, ""));
    let condition = match name {
        "no" | "false" => "none",
        "on-failure" => "on-failure",
        _ => "any",
    };
    let mut all = json!({"Condition": condition});
    if let Ok(count) = count.parse::<u64>() {
        all["MaxAttempts"] = count.into();
    }
    Some(all)
}

fn restart_policy(value: &Value) -> Option<Value> {
    let parts = [
        ("Condition", value.get("condition").and_then(words)),
        ("Delay", value.get("delay").and_then(time)),
        ("MaxAttempts", value.get("max_attempts").and_then(integer)),
        ("Window", value.get("window").and_then(time)),
    ];
    Some(given(parts))
}

fn given<const N: usize>(parts: [(&str, Option<Value>); N]) -> Value {
    parts.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect::<Map<_, _>>().into()
}

fn preferences(value: &Value) -> Option<Value> {
    let one = |preference: &Value| json!({"Spread": {"SpreadDescriptor": preference["spread"]}});
    Some(value.as_array()?.iter().map(one).collect())
}

fn update(value: &Value) -> Option<Value> {
    let ratio = value.get("max_failure_ratio").and_then(number).map(Value::from);
    let parts = [
        ("Parallelism", value.get("parallelism").and_then(integer).or(Some(1.into()))),
        ("Delay", value.get("delay").and_then(time)),
        ("FailureAction", value.get("failure_action").and_then(words)),
        ("Monitor", value.get("monitor").and_then(time)),
        ("MaxFailureRatio", ratio),
        ("Order", value.get("order").and_then(words)),
    ];
    Some(given(parts))
}

fn ports(value: &Value) -> Option<Value> {
    let one = |port: &Value| {
        let mut all = json!({
            "Protocol": port["protocol"].as_str().unwrap_or("tcp"), "TargetPort": whole(&port["target"]),
            "PublishMode": port["mode"].as_str().unwrap_or("ingress"),
        });
        if let Some(published) = port.get("published").and_then(whole) {
            all["PublishedPort"] = published.into();
        }
        all
    };
    Some(value.as_array()?.iter().map(one).collect())
}
