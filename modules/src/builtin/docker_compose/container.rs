//! What a service's container is to the engine: the body of its creation.

use serde_json::{Map, Value, json};

use super::names::{container_name, labels};
use crate::Fail;
use crate::compose::units::{bytes, nanoseconds, number, text, truth, whole};
use crate::compose::{Project, strings};
use crate::sorting::Sorting;

/// What a value of a service is to the engine; `None` where there is nothing to say.
type Form = fn(&Value) -> Option<Value>;

/// Keys of a service, where the engine has them, and how.
#[rustfmt::skip]
const PLACES: &[(&str, &str, Form)] = &[
    ("/hostname", "/Hostname", words),
    ("/domainname", "/Domainname", words),
    ("/user", "/User", words),
    ("/working_dir", "/WorkingDir", words),
    ("/tty", "/Tty", boolean),
    ("/stdin_open", "/OpenStdin", boolean),
    ("/stop_signal", "/StopSignal", words),
    ("/stop_grace_period", "/StopTimeout", seconds),
    ("/mac_address", "/MacAddress", words),
    ("/command", "/Cmd", argv),
    ("/entrypoint", "/Entrypoint", argv),
    ("/healthcheck", "/Healthcheck", health),
    ("/environment", "/Env", environment),
    ("/cap_add", "/HostConfig/CapAdd", same),
    ("/cap_drop", "/HostConfig/CapDrop", same),
    ("/cgroup", "/HostConfig/CgroupnsMode", words),
    ("/cgroup_parent", "/HostConfig/CgroupParent", words),
    ("/cpu_period", "/HostConfig/CpuPeriod", microseconds),
    ("/cpu_quota", "/HostConfig/CpuQuota", microseconds),
    ("/cpu_rt_period", "/HostConfig/CpuRealtimePeriod", microseconds),
    ("/cpu_rt_runtime", "/HostConfig/CpuRealtimeRuntime", microseconds),
    ("/cpu_shares", "/HostConfig/CpuShares", integer),
    ("/deploy/resources/limits/cpus", "/HostConfig/NanoCpus", nano),
    ("/cpus", "/HostConfig/NanoCpus", nano),
    ("/cpuset", "/HostConfig/CpusetCpus", words),
    ("/device_cgroup_rules", "/HostConfig/DeviceCgroupRules", same),
    ("/devices", "/HostConfig/Devices", devices),
    ("/dns", "/HostConfig/Dns", same),
    ("/dns_opt", "/HostConfig/DnsOptions", same),
    ("/dns_search", "/HostConfig/DnsSearch", same),
    ("/extra_hosts", "/HostConfig/ExtraHosts", same),
    ("/group_add", "/HostConfig/GroupAdd", same),
    ("/init", "/HostConfig/Init", boolean),
    ("/logging/driver", "/HostConfig/LogConfig/Type", words),
    ("/logging/options", "/HostConfig/LogConfig/Config", same),
    ("/deploy/resources/limits/memory", "/HostConfig/Memory", size),
    ("/mem_limit", "/HostConfig/Memory", size),
    ("/deploy/resources/reservations/memory", "/HostConfig/MemoryReservation", size),
    ("/mem_reservation", "/HostConfig/MemoryReservation", size),
    ("/mem_swappiness", "/HostConfig/MemorySwappiness", integer),
    ("/memswap_limit", "/HostConfig/MemorySwap", size),
    ("/oom_kill_disable", "/HostConfig/OomKillDisable", boolean),
    ("/oom_score_adj", "/HostConfig/OomScoreAdj", integer),
    ("/deploy/resources/limits/pids", "/HostConfig/PidsLimit", integer),
    ("/pids_limit", "/HostConfig/PidsLimit", integer),
    ("/privileged", "/HostConfig/Privileged", boolean),
    ("/read_only", "/HostConfig/ReadonlyRootfs", boolean),
    ("/deploy/restart_policy", "/HostConfig/RestartPolicy", deployed_restart),
    ("/restart", "/HostConfig/RestartPolicy", restart),
    ("/runtime", "/HostConfig/Runtime", words),
    ("/security_opt", "/HostConfig/SecurityOpt", same),
    ("/shm_size", "/HostConfig/ShmSize", size),
    ("/storage_opt", "/HostConfig/StorageOpt", same),
    ("/sysctls", "/HostConfig/Sysctls", same),
    ("/tmpfs", "/HostConfig/Tmpfs", tmpfs),
    ("/ulimits", "/HostConfig/Ulimits", ulimits),
    ("/userns_mode", "/HostConfig/UsernsMode", words),
    ("/uts", "/HostConfig/UTSMode", words),
    ("/volume_driver", "/HostConfig/VolumeDriver", words),
    ("/blkio_config/weight", "/HostConfig/BlkioWeight", integer),
    ("/blkio_config/weight_device", "/HostConfig/BlkioWeightDevice", weights),
    ("/blkio_config/device_read_bps", "/HostConfig/BlkioDeviceReadBps", rates),
    ("/blkio_config/device_read_iops", "/HostConfig/BlkioDeviceReadIOps", rates),
    ("/blkio_config/device_write_bps", "/HostConfig/BlkioDeviceWriteBps", rates),
    ("/blkio_config/device_write_iops", "/HostConfig/BlkioDeviceWriteIOps", rates),
];

/// One container to make.
pub(super) struct Wanted<'w> {
    pub(super) project: &'w Project,
    pub(super) service: &'w str,
    pub(super) definition: &'w Value,
    pub(super) number: usize,
    pub(super) image: &'w str,
    pub(super) image_id: &'w str,
    /// Containers of other services, by the service's name: their ids and names.
    pub(super) others: &'w dyn Fn(&str) -> Vec<(String, String)>,
    /// Volumes without a name that an earlier container had: where, and which.
    pub(super) inherited: Vec<(String, String)>,
}

impl Wanted<'_> {
    /// Its name.
    pub(super) fn name(&self) -> String {
        container_name(self.project, self.service, self.definition, self.number)
    }

    /// The body of the request that creates it.
    pub(super) fn body(&self) -> Result<Value, Fail> {
        let mut body = json!({"Image": self.image, "HostConfig": {}});
        for (key, place, form) in PLACES {
            if let Some(value) = self.definition.pointer(key).and_then(form) {
                put(&mut body, place, value);
            }
        }
        for key in ["command", "entrypoint"] {
            if let Some(line) = self.definition.get(key).and_then(Value::as_str) {
                crate::words::split(line).map_err(|why| {
                    Fail::new(format!("`{key}` of service `{}`: {why}: `{line}`", self.service))
                })?;
            }
        }
        body["Labels"] = labels(self);
        self.ports(&mut body);
        self.namespaces(&mut body)?;
        self.volumes(&mut body);
        Ok(body)
    }

    fn ports(&self, body: &mut Value) {
        let (mut exposed, mut bindings) = (Map::new(), Map::new());
        for port in strings(self.definition, "expose") {
            let port = if port.contains('/') { port.to_owned() } else { format!("{port}/tcp") };
            exposed.insert(port, json!({}));
        }
        for port in list(self.definition, "ports") {
            let protocol = port["protocol"].as_str().unwrap_or("tcp");
            let key = format!("{}/{protocol}", text(&port["target"]).unwrap_or_default());
            exposed.insert(key.clone(), json!({}));
            let published = port.get("published").and_then(text).unwrap_or_default();
            let binding = json!({"HostIp": port["host_ip"].as_str().unwrap_or(""), "HostPort": published});
            if let Some(all) = bindings.entry(key).or_insert_with(|| json!([])).as_array_mut() {
                all.push(binding);
            }
        }
        if !exposed.is_empty() {
            body["ExposedPorts"] = exposed.into();
        }
        if !bindings.is_empty() {
            body["HostConfig"]["PortBindings"] = bindings.into();
        }
    }

    fn namespaces(&self, body: &mut Value) -> Result<(), Fail> {
        for (key, place) in [("network_mode", "NetworkMode"), ("ipc", "IpcMode"), ("pid", "PidMode")] {
            let Some(mode) = self.definition.get(key).and_then(Value::as_str) else { continue };
            body["HostConfig"][place] = match mode.strip_prefix("service:") {
                Some(other) => format!("container:{}", self.first(other, key)?.0).into(),
                None => mode.into(),
            };
        }
        let mut from = Vec::new();
        for entry in strings(self.definition, "volumes_from") {
            match entry.strip_prefix("container:") {
                Some(container) => from.push(container.to_owned()),
                None => {
                    let (other, mode) = entry.split_once(':').unwrap_or((entry, "rw"));
                    from.push(format!("{}:{mode}", self.first(other, "volumes_from")?.0));
                }
            }
        }
        if !from.is_empty() {
            body["HostConfig"]["VolumesFrom"] = from.into();
        }
        if self.definition.get("network_mode").is_none() {
            match self.networks().first() {
                Some((network, endpoint)) => {
                    body["HostConfig"]["NetworkMode"] = network.as_str().into();
                    body["NetworkingConfig"] = json!({"EndpointsConfig": {network: endpoint}});
                }
                None => body["HostConfig"]["NetworkMode"] = "none".into(),
            }
        }
        Ok(())
    }

    /// The first container of another service.
    fn first(&self, other: &str, key: &str) -> Result<(String, String), Fail> {
        let why = || {
            Fail::new(format!("`{key}` of service `{}`: service `{other}` has no container", self.service))
        };
        (self.others)(other).into_iter().next().ok_or_else(why)
    }

    /// The networks it is in, the one with the highest priority first, and how.
    pub(super) fn networks(&self) -> Vec<(String, Value)> {
        if self.definition.get("network_mode").is_some() {
            return Vec::new();
        }
        let default = Map::from_iter([("default".to_owned(), json!({}))]);
        let named = self.definition.get("networks").and_then(Value::as_object).unwrap_or(&default);
        let mut all: Vec<(&String, &Value)> = named.iter().collect();
        all.order_by_key(|(_, how)| std::cmp::Reverse(how.get("priority").and_then(whole).unwrap_or(0)));
        all.into_iter().map(|(key, how)| self.endpoint(key, how)).collect()
    }

    fn endpoint(&self, key: &str, how: &Value) -> (String, Value) {
        let mut aliases = vec![self.name(), self.service.to_owned()];
        aliases.extend(strings(how, "aliases").into_iter().map(str::to_owned));
        let mut endpoint = json!({"Aliases": aliases});
        let mut ipam = Map::new();
        for (key, name) in [
            ("ipv4_address", "IPv4Address"),
            ("ipv6_address", "IPv6Address"),
            ("link_local_ips", "LinkLocalIPs"),
        ] {
            if let Some(value) = how.get(key) {
                ipam.insert(name.to_owned(), value.clone());
            }
        }
        if !ipam.is_empty() {
            endpoint["IPAMConfig"] = ipam.into();
        }
        if let Some(options) = how.get("driver_opts") {
            endpoint["DriverOpts"] = options.clone();
        }
        if let Some(address) = how.get("mac_address") {
            endpoint["MacAddress"] = address.clone();
        }
        let links = self.links();
        if !links.is_empty() {
            endpoint["Links"] = links.into();
        }
        let definition = self.project.networks.get(key).cloned().unwrap_or_default();
        (self.project.full_name(key, &definition), endpoint)
    }

    fn links(&self) -> Vec<String> {
        let mut all = Vec::new();
        for link in strings(self.definition, "links") {
            let (other, alias) = link.split_once(':').unwrap_or((link, link));
            for (_, name) in (self.others)(other) {
                all.extend([format!("{name}:{alias}"), format!("{name}:{name}")]);
            }
        }
        for link in strings(self.definition, "external_links") {
            all.push(if link.contains(':') { link.to_owned() } else { format!("{link}:{link}") });
        }
        all
    }

    fn volumes(&self, body: &mut Value) {
        let (mut binds, mut mounts, mut own) = (Vec::new(), Vec::new(), Vec::new());
        for volume in list(self.definition, "volumes") {
            let (source, target) = (
                volume["source"].as_str().unwrap_or_default(),
                volume["target"].as_str().unwrap_or_default(),
            );
            own.push(target.to_owned());
            let is_made = volume.pointer("/bind/create_host_path").is_none_or(truth);
            if volume["type"] == "bind" && is_made {
                binds.push(bind(source, target, volume));
            } else {
                mounts.push(self.mount(source, target, volume));
            }
        }
        for (target, name) in self.inherited.iter().filter(|(target, _)| !own.contains(target)) {
            mounts.push(json!({"Type": "volume", "Source": name, "Target": target}));
        }
        for (kind, directory) in [("secrets", "/run/secrets/"), ("configs", "/")] {
            for (grant, definition) in self.grants(kind) {
                if let Some(file) = definition.get("file").and_then(Value::as_str) {
                    let target = granted_path(grant, directory);
                    mounts.push(json!({"Type": "bind", "Source": file, "Target": target, "ReadOnly": true}));
                }
            }
        }
        if !binds.is_empty() {
            body["HostConfig"]["Binds"] = binds.into();
        }
        if !mounts.is_empty() {
            body["HostConfig"]["Mounts"] = mounts.into();
        }
    }

    fn mount(&self, source: &str, target: &str, volume: &Value) -> Value {
        let kind = volume["type"].as_str().unwrap_or("volume");
        let mut mount = json!({"Type": kind, "Target": target, "ReadOnly": truth(&volume["read_only"])});
        if kind == "volume" {
            let name = match self.project.volumes.get(source) {
                Some(definition) => self.project.full_name(source, definition),
                None => self
                    .inherited
                    .iter()
                    .find(|(at, _)| at == target)
                    .map_or(String::new(), |(_, name)| name.clone()),
            };
            if !name.is_empty() {
                mount["Source"] = name.into();
            }
            if volume.pointer("/volume/nocopy").is_some_and(truth) {
                mount["VolumeOptions"] = json!({"NoCopy": true});
            }
        } else if kind == "bind" {
            mount["Source"] = source.into();
            if let Some(propagation) = volume.pointer("/bind/propagation") {
                mount["BindOptions"] = json!({"Propagation": propagation});
            }
        } else if let Some(options) = volume.get("tmpfs") {
            let bytes_of = options.get("size").and_then(size);
            mount["TmpfsOptions"] =
                json!({"SizeBytes": bytes_of, "Mode": options.get("mode").and_then(whole)});
        }
        mount
    }

    /// The secrets or configs it may read, and what they are.
    pub(super) fn grants(&self, kind: &str) -> Vec<(&Value, &Value)> {
        let named = if kind == "secrets" { &self.project.secrets } else { &self.project.configs };
        let each = |grant| Some((grant, named.get(grant_source(grant))?));
        list(self.definition, kind).iter().filter_map(each).collect()
    }
}

fn grant_source(grant: &Value) -> &str {
    grant["source"].as_str().unwrap_or_default()
}

/// Where a secret or config is in the container.
pub(super) fn granted_path(grant: &Value, directory: &str) -> String {
    let target = grant.get("target").and_then(Value::as_str).unwrap_or_else(|| grant_source(grant));
    if target.starts_with('/') { target.to_owned() } else { format!("{directory}{target}") }
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

fn put(body: &mut Value, place: &str, value: Value) {
    let mut here = body;
    for part in place.trim_start_matches('/').split('/') {
        here = &mut here[part];
    }
    *here = value;
}

fn bind(source: &str, target: &str, volume: &Value) -> String {
    let mut options = vec![if truth(&volume["read_only"]) { "ro" } else { "rw" }];
    options
        .extend(["/bind/propagation", "/bind/selinux"].iter().filter_map(|at| volume.pointer(at)?.as_str()));
    format!("{source}:{target}:{}", options.join(","))
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
    let text = text(value)?;
    if text == "-1" { Some((-1).into()) } else { bytes(&text).map(Value::from) }
}

fn time(value: &Value) -> Option<i64> {
    nanoseconds(&text(value)?)
}

fn seconds(value: &Value) -> Option<Value> {
    time(value).map(|time| (time / 1_000_000_000).into())
}

fn microseconds(value: &Value) -> Option<Value> {
    time(value).map(|time| (time / 1000).into())
}

/// A command line as words; an empty one is none.
fn argv(value: &Value) -> Option<Value> {
    match value {
        Value::String(line) => crate::words::split(line).ok().map(Value::from),
        Value::Array(items) => Some(items.iter().filter_map(text).collect::<Vec<_>>().into()),
        _ => None,
    }
}

/// A test of health as the engine has it.
pub(crate) fn health(value: &Value) -> Option<Value> {
    let mut check = Map::new();
    if let Some(test) = value.get("test") {
        check.insert("Test".to_owned(), test.clone());
    }
    for (key, name) in [("interval", "Interval"), ("timeout", "Timeout"), ("start_period", "StartPeriod")] {
        if let Some(time) = value.get(key).and_then(time) {
            check.insert(name.to_owned(), time.into());
        }
    }
    if let Some(retries) = value.get("retries").and_then(whole) {
        check.insert("Retries".to_owned(), retries.into());
    }
    Some(check.into())
}

fn environment(value: &Value) -> Option<Value> {
    let pair = |(name, value): (&String, &Value)| format!("{name}={}", text(value).unwrap_or_default());
    Some(value.as_object()?.iter().map(pair).collect::<Vec<_>>().into())
}

fn devices(value: &Value) -> Option<Value> {
    let each = |device: &Value| {
        json!({
            "PathOnHost": device["source"],
            "PathInContainer": device.get("target").unwrap_or(&device["source"]),
            "CgroupPermissions": device["permissions"].as_str().unwrap_or("rwm"),
        })
    };
    Some(value.as_array()?.iter().map(each).collect())
}

fn restart(value: &Value) -> Option<Value> {
    let policy = text(value)?;
    let (name, count) = policy.split_once(':').unwrap_or((&policy, ""));
    // A bare `no` was a boolean where the definition stands in a task.
    let name = if name == "false" { "no" } else { name };
    Some(json!({"Name": name, "MaximumRetryCount": count.parse::<i64>().unwrap_or(0)}))
}

fn deployed_restart(value: &Value) -> Option<Value> {
    let name = match value["condition"].as_str() {
        Some("none") => "no",
        Some("on-failure") => "on-failure",
        _ => "unless-stopped",
    };
    let count = value.get("max_attempts").and_then(whole).filter(|_| name == "on-failure").unwrap_or(0);
    Some(json!({"Name": name, "MaximumRetryCount": count}))
}

fn tmpfs(value: &Value) -> Option<Value> {
    let each = |entry: &Value| {
        let entry = text(entry).unwrap_or_default();
        let (path, options) = entry.split_once(':').unwrap_or((&entry, ""));
        (path.to_owned(), options.into())
    };
    Some(Value::Object(value.as_array()?.iter().map(each).collect()))
}

fn ulimits(value: &Value) -> Option<Value> {
    let each = |(name, limit): (&String, &Value)| json!({"Name": name, "Soft": whole(&limit["soft"]), "Hard": whole(&limit["hard"])});
    Some(value.as_object()?.iter().map(each).collect())
}

fn weights(value: &Value) -> Option<Value> {
    let each = |device: &Value| json!({"Path": device["path"], "Weight": whole(&device["weight"])});
    Some(value.as_array()?.iter().map(each).collect())
}

fn rates(value: &Value) -> Option<Value> {
    let each = |device: &Value| json!({"Path": device["path"], "Rate": size(&device["rate"])});
    Some(value.as_array()?.iter().map(each).collect())
}
