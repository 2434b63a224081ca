//! The options as parts of the specification that the swarm has of a service.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::options::{DockerSwarmService, Mode, Mount, Update};
use crate::compose::units::{bytes, nanoseconds, text};
use crate::compose::variables;
use crate::docker::Client;
use crate::{Fail, Target};

/// An option that was given: its name, where the specification has it, and what it is there.
pub(super) type Wish = (&'static str, &'static str, Value);

const CONTAINER: &str = "/TaskTemplate/ContainerSpec";

/// What was given, in the words of the swarm.
pub(super) fn wishes(
    options: &DockerSwarmService,
    target: &Target,
    client: &Client,
) -> Result<Vec<Wish>, Fail> {
    let mut all = Wishes(Vec::new());
    container(options, target, &mut all)?;
    all.add("networks", "/TaskTemplate/Networks", networks(options, client)?);
    all.add("secrets", "/TaskTemplate/ContainerSpec/Secrets", grants(options, client, "secret")?);
    all.add("configs", "/TaskTemplate/ContainerSpec/Configs", grants(options, client, "config")?);
    template(options, &mut all)?;
    all.add("labels", "/Labels", options.labels.as_ref().map(plain));
    all.add("update_config", "/UpdateConfig", update(options.update_config.as_ref(), "update_config")?);
    all.add(
        "rollback_config",
        "/RollbackConfig",
        update(options.rollback_config.as_ref(), "rollback_config")?,
    );
    all.add("endpoint_mode", "/EndpointSpec/Mode", options.endpoint_mode.map(|mode| mode.as_str().into()));
    all.add("publish", "/EndpointSpec/Ports", options.publish.as_ref().map(|ports| {
        let one = |port: &super::options::Publish| {
            let mut all = json!({
                "Protocol": port.protocol.as_str(), "TargetPort": port.target_port, "PublishMode": port.mode.as_str(),
            });
            if let Some(published) = port.published_port {
                all["PublishedPort"] = published.into();
            }
            all
        };
        ports.iter().map(one).collect()
    }));
    Ok(all.0)
}

/// The mode of a service with so many tasks.
pub(super) fn mode(mode: Mode, replicas: u64) -> Value {
    match mode {
        Mode::Replicated => json!({"Replicated": {"Replicas": replicas}}),
        Mode::Global => json!({"Global": {}}),
        Mode::ReplicatedJob => {
            json!({"ReplicatedJob": {"MaxConcurrent": replicas, "TotalCompletions": replicas}})
        }
    }
}

struct Wishes(Vec<Wish>);

impl Wishes {
    fn add(&mut self, option: &'static str, place: &'static str, value: Option<Value>) {
        self.0.extend(value.map(|value| (option, place, value)));
    }

    fn part(&mut self, option: &'static str, place: &'static str, value: &Option<impl Clone + Into<Value>>) {
        self.add(option, place, value.clone().map(Into::into));
    }
}

/// Values as texts.
fn plain(map: &Map<String, Value>) -> Value {
    map.iter()
        .map(|(key, value)| (key.clone(), text(value).unwrap_or_default().into()))
        .collect::<Map<_, _>>()
        .into()
}

/// Nanoseconds of a time; a number alone is of them.
pub(super) fn time(option: &str, given: &Option<String>) -> Result<Option<Value>, Fail> {
    let Some(given) = given else { return Ok(None) };
    let read = given.trim().parse::<i64>().ok().or_else(|| nanoseconds(given));
    let wrong = || Fail::new(format!("`{option}`: expected a time as `1m30s`, found `{given}`"));
    read.map(|time| Some(time.into())).ok_or_else(wrong)
}

fn amount(option: &str, given: &Option<String>) -> Result<Option<Value>, Fail> {
    let Some(given) = given else { return Ok(None) };
    let wrong = || Fail::new(format!("`{option}`: expected an amount as `64M`, found `{given}`"));
    bytes(given).map(|amount| Some(amount.into())).ok_or_else(wrong)
}

fn words(option: &str, value: &Value) -> Result<Value, Fail> {
    match value {
        Value::String(line) => crate::words::split(line)
            .map(Value::from)
            .map_err(|why| Fail::new(format!("`{option}`: {why}: `{line}`"))),
        Value::Array(items) => Ok(items.iter().filter_map(text).collect::<Vec<_>>().into()),
        _ => Err(Fail::new(format!("`{option}`: expected a string or a list of strings"))),
    }
}

fn container(options: &DockerSwarmService, target: &Target, all: &mut Wishes) -> Result<(), Fail> {
    let command = options.command.as_ref().map(|command| words("command", command)).transpose()?;
    all.add("command", "/TaskTemplate/ContainerSpec/Command", command);
    all.part("args", "/TaskTemplate/ContainerSpec/Args", &options.args);
    all.add("env", "/TaskTemplate/ContainerSpec/Env", environment(options, target)?);
    all.add(
        "container_labels",
        "/TaskTemplate/ContainerSpec/Labels",
        options.container_labels.as_ref().map(plain),
    );
    all.part("hostname", "/TaskTemplate/ContainerSpec/Hostname", &options.hostname);
    all.part("user", "/TaskTemplate/ContainerSpec/User", &options.user);
    all.part("groups", "/TaskTemplate/ContainerSpec/Groups", &options.groups);
    all.part("working_dir", "/TaskTemplate/ContainerSpec/Dir", &options.working_dir);
    all.part("init", "/TaskTemplate/ContainerSpec/Init", &options.init);
    all.part("tty", "/TaskTemplate/ContainerSpec/TTY", &options.tty);
    all.part("read_only", "/TaskTemplate/ContainerSpec/ReadOnly", &options.read_only);
    all.add("sysctls", "/TaskTemplate/ContainerSpec/Sysctls", options.sysctls.as_ref().map(plain));
    all.part("cap_add", "/TaskTemplate/ContainerSpec/CapabilityAdd", &options.cap_add);
    all.part("cap_drop", "/TaskTemplate/ContainerSpec/CapabilityDrop", &options.cap_drop);
    all.part("stop_signal", "/TaskTemplate/ContainerSpec/StopSignal", &options.stop_signal);
    let grace = time("stop_grace_period", &options.stop_grace_period)?;
    all.add("stop_grace_period", "/TaskTemplate/ContainerSpec/StopGracePeriod", grace);
    all.part("dns", "/TaskTemplate/ContainerSpec/DNSConfig/Nameservers", &options.dns);
    all.part("dns_search", "/TaskTemplate/ContainerSpec/DNSConfig/Search", &options.dns_search);
    all.part("dns_options", "/TaskTemplate/ContainerSpec/DNSConfig/Options", &options.dns_options);
    let hosts = options.hosts.as_ref().map(|hosts| {
        let one =
            |(name, address): (&String, &Value)| format!("{} {name}", text(address).unwrap_or_default());
        hosts.iter().map(one).collect::<Vec<_>>().into()
    });
    all.add("hosts", "/TaskTemplate/ContainerSpec/Hosts", hosts);
    let mounts =
        options.mounts.as_ref().map(|mounts| mounts.iter().map(mount).collect::<Result<Vec<_>, _>>());
    all.add("mounts", "/TaskTemplate/ContainerSpec/Mounts", mounts.transpose()?.map(Value::from));
    all.add("healthcheck", "/TaskTemplate/ContainerSpec/Healthcheck", health(options)?);
    debug_assert!(
        all.0.iter().all(|(_, place, _)| place.starts_with(CONTAINER)),
        "all of them are of the container"
    );
    Ok(())
}

fn template(options: &DockerSwarmService, all: &mut Wishes) -> Result<(), Fail> {
    let nano = |cpus: f64| Value::from((cpus * 1e9).round() as i64);
    if let Some(limits) = &options.limits {
        all.add("limits", "/TaskTemplate/Resources/Limits/NanoCPUs", limits.cpus.map(nano));
        all.add(
            "limits",
            "/TaskTemplate/Resources/Limits/MemoryBytes",
            amount("limits.memory", &limits.memory)?,
        );
    }
    if let Some(reserved) = &options.reservations {
        let memory = amount("reservations.memory", &reserved.memory)?;
        all.add("reservations", "/TaskTemplate/Resources/Reservations/NanoCPUs", reserved.cpus.map(nano));
        all.add("reservations", "/TaskTemplate/Resources/Reservations/MemoryBytes", memory);
    }
    if let Some(placement) = &options.placement {
        all.part("placement", "/TaskTemplate/Placement/Constraints", &placement.constraints);
        let spread = |map: &Map<String, Value>| json!({"Spread": {"SpreadDescriptor": map.get("spread")}});
        let preferences = placement.preferences.as_ref().map(|list| list.iter().map(spread).collect());
        all.add("placement", "/TaskTemplate/Placement/Preferences", preferences);
        all.part("placement", "/TaskTemplate/Placement/MaxReplicas", &placement.replicas_max_per_node);
    }
    if let Some(restart) = &options.restart_config {
        let (delay, window) =
            (time("restart_config.delay", &restart.delay)?, time("restart_config.window", &restart.window)?);
        all.add(
            "restart_config",
            "/TaskTemplate/RestartPolicy/Condition",
            restart.condition.map(|c| c.as_str().into()),
        );
        all.add("restart_config", "/TaskTemplate/RestartPolicy/Delay", delay);
        all.part("restart_config", "/TaskTemplate/RestartPolicy/MaxAttempts", &restart.max_attempts);
        all.add("restart_config", "/TaskTemplate/RestartPolicy/Window", window);
    }
    if let Some(logging) = &options.logging {
        all.part("logging", "/TaskTemplate/LogDriver/Name", &logging.driver);
        all.add("logging", "/TaskTemplate/LogDriver/Options", logging.options.as_ref().map(plain));
    }
    Ok(())
}

fn environment(options: &DockerSwarmService, target: &Target) -> Result<Option<Value>, Fail> {
    if options.env.is_none() && options.env_files.is_none() {
        return Ok(None);
    }
    let mut all = BTreeMap::new();
    for file in options.env_files.iter().flatten() {
        let name = file.display().to_string();
        let content =
            target.read_text(file)?.ok_or_else(|| Fail::new(format!("there is no file `{name}`")))?;
        all.extend(variables(&name, &content, &BTreeMap::new()).map_err(Fail::new)?);
    }
    let own = match &options.env {
        Some(Value::Object(map)) => {
            map.iter().map(|(key, value)| (key.clone(), text(value).unwrap_or_default())).collect()
        }
        Some(Value::Array(items)) => {
            let pair = |item: String| {
                item.split_once('=')
                    .map_or((item.clone(), String::new()), |(k, v)| (k.to_owned(), v.to_owned()))
            };
            items.iter().filter_map(text).map(pair).collect()
        }
        Some(Value::String(line)) => line
            .split(',')
            .filter_map(|pair| pair.split_once('='))
            .map(|(k, v)| (k.trim().to_owned(), v.to_owned()))
            .collect(),
        _ => Vec::new(),
    };
    all.extend(own);
    let lines: Vec<String> = all.into_iter().map(|(name, value)| format!("{name}={value}")).collect();
    Ok(Some(lines.into()))
}

fn networks(options: &DockerSwarmService, client: &Client) -> Result<Option<Value>, Fail> {
    let Some(networks) = &options.networks else { return Ok(None) };
    let one = |network: &Value| {
        let name = text(network).or_else(|| network.get("name").and_then(text));
        let name = name.ok_or_else(|| Fail::new("`networks`: a network has no `name`"))?;
        let mut all = json!({"Target": network_id(client, &name)?});
        if let Some(aliases) = network.get("aliases") {
            all["Aliases"] = aliases.clone();
        }
        if let Some(Value::Object(map)) = network.get("options") {
            all["DriverOpts"] = plain(map);
        }
        Ok(all)
    };
    networks.iter().map(one).collect::<Result<Vec<_>, Fail>>().map(|all| Some(all.into()))
}

/// The number of a network that services can be in.
pub(crate) fn network_id(client: &Client, name: &str) -> Result<String, Fail> {
    let all = client.listed("/networks", &json!({"name": [name]}))?;
    let fits = |network: &&Value| network["Name"] == name || network["Id"] == name;
    let found: Vec<&Value> = all.iter().filter(fits).collect();
    let swarm = found.iter().find(|network| network["Scope"] == "swarm");
    match (swarm.or(found.first()), name) {
        (Some(network), "host" | "bridge" | "none") => Ok(network["Id"].as_str().unwrap_or(name).to_owned()),
        (Some(network), _) if network["Scope"] == "swarm" => {
            Ok(network["Id"].as_str().unwrap_or(name).to_owned())
        }
        (Some(_), _) => {
            Err(Fail::new(format!("network `{name}` is of one node only"))
                .hint("make it with `driver: overlay`"))
        }
        (None, _) => Err(Fail::new(format!("there is no network `{name}`"))),
    }
}

/// The number of a secret or config.
pub(crate) fn kept_id(client: &Client, kind: &str, name: &str) -> Result<String, Fail> {
    let found = client.of_name(&format!("/{kind}s"), name)?;
    let id = found.and_then(|one| one["ID"].as_str().map(str::to_owned));
    id.ok_or_else(|| Fail::new(format!("there is no {kind} `{name}` in the swarm")))
}

fn grants(options: &DockerSwarmService, client: &Client, kind: &str) -> Result<Option<Value>, Fail> {
    let one = |id: &Option<String>, name: &str, file: Value| {
        let id = id.clone().map_or_else(|| kept_id(client, kind, name), Ok)?;
        let title = if kind == "secret" { "Secret" } else { "Config" };
        let mut grant = json!({"File": file});
        grant[format!("{title}ID")] = id.into();
        grant[format!("{title}Name")] = name.into();
        Ok::<_, Fail>(grant)
    };
    let file = |name: &str,
                file: &Option<String>,
                uid: &Option<String>,
                gid: &Option<String>,
                mode: Option<i64>| {
        let zero = || "0".to_owned();
        json!({
            "Name": file.clone().unwrap_or_else(|| name.to_owned()), "UID": uid.clone().unwrap_or_else(zero),
            "GID": gid.clone().unwrap_or_else(zero), "Mode": mode.unwrap_or(0o444),
        })
    };
    let all: Option<Result<Vec<Value>, Fail>> = match kind {
        "secret" => options.secrets.as_ref().map(|list| {
            list.iter()
                .map(|s| {
                    one(
                        &s.secret_id,
                        &s.secret_name,
                        file(&s.secret_name, &s.filename, &s.uid, &s.gid, s.mode),
                    )
                })
                .collect()
        }),
        _ => options.configs.as_ref().map(|list| {
            list.iter()
                .map(|c| {
                    one(
                        &c.config_id,
                        &c.config_name,
                        file(&c.config_name, &c.filename, &c.uid, &c.gid, c.mode),
                    )
                })
                .collect()
        }),
    };
    Ok(all.transpose()?.map(Value::from))
}

fn mount(mount: &Mount) -> Result<Value, Fail> {
    let kind = mount.r#type.as_str();
    if mount.source.is_none() && kind != "tmpfs" && kind != "volume" {
        return Err(Fail::new(format!("`mounts`: the mount at `{}` needs a `source`", mount.target)));
    }
    let mut all = json!({"Type": kind, "Target": mount.target});
    if let Some(source) = &mount.source {
        all["Source"] = source.as_str().into();
    }
    if mount.readonly == Some(true) {
        all["ReadOnly"] = true.into();
    }
    if let Some(propagation) = &mount.propagation {
        all["BindOptions"] = json!({"Propagation": propagation});
    }
    let mut volume = Map::new();
    if mount.no_copy == Some(true) {
        volume.insert("NoCopy".to_owned(), true.into());
    }
    if let Some(labels) = &mount.labels {
        volume.insert("Labels".to_owned(), plain(labels));
    }
    if let Some(driver) = &mount.driver_config {
        let options = driver.options.as_ref().map(plain);
        volume.insert("DriverConfig".to_owned(), json!({"Name": driver.name, "Options": options}));
    }
    if !volume.is_empty() {
        all["VolumeOptions"] = volume.into();
    }
    let size = amount("mounts.tmpfs_size", &mount.tmpfs_size)?;
    if size.is_some() || mount.tmpfs_mode.is_some() {
        all["TmpfsOptions"] = json!({"SizeBytes": size, "Mode": mount.tmpfs_mode});
    }
    Ok(all)
}

fn health(options: &DockerSwarmService) -> Result<Option<Value>, Fail> {
    let Some(check) = &options.healthcheck else { return Ok(None) };
    let mut all = json!({});
    match &check.test {
        Some(Value::String(line)) => all["Test"] = json!(["CMD-SHELL", line]),
        Some(list @ Value::Array(_)) => all["Test"] = words("healthcheck.test", list)?,
        _ => {}
    }
    for (name, given) in
        [("Interval", &check.interval), ("Timeout", &check.timeout), ("StartPeriod", &check.start_period)]
    {
        if let Some(time) = time(&format!("healthcheck.{}", name.to_lowercase()), given)? {
            all[name] = time;
        }
    }
    if let Some(retries) = check.retries {
        all["Retries"] = retries.into();
    }
    Ok(Some(all))
}

fn update(update: Option<&Update>, option: &str) -> Result<Option<Value>, Fail> {
    let Some(update) = update else { return Ok(None) };
    let mut all = json!({});
    for (name, given) in [("Delay", &update.delay), ("Monitor", &update.monitor)] {
        if let Some(time) = time(&format!("{option}.{}", name.to_lowercase()), given)? {
            all[name] = time;
        }
    }
    let parts = [
        ("Parallelism", update.parallelism.map(Value::from)),
        ("FailureAction", update.failure_action.clone().map(Value::from)),
        ("MaxFailureRatio", update.max_failure_ratio.map(Value::from)),
        ("Order", update.order.clone().map(Value::from)),
    ];
    for (name, value) in parts {
        if let Some(value) = value {
            all[name] = value;
        }
    }
    Ok(Some(all))
}
