//! The table of properties: which option it is, where the engine keeps it, how it is compared, and what
//! the user's value is to the engine. What does not fit in a row is in `wishes`.

use serde_json::Value;

use super::compare::Kind::{self, List, Map, Maps, Set, Single};
use super::forms::{
    as_is, bandwidth, bytes, capabilities, command, container, device_requests, devices, health, hosts,
    labels, links, mac_address, memory_swap, nano, operations, texts, tmpfs, ulimits, words,
};
use super::wishes::Task;
use crate::Fail;

/// What the user's value is to the engine.
pub(super) type Form = fn(&Value, &Task<'_>) -> Result<Value, Fail>;

/// One property of a container.
pub(super) struct Property {
    pub(super) option: &'static str,
    /// Where an inspection has it; a new container takes `Config/x` as `x`, an update `HostConfig/x` as `x`.
    pub(super) place: &'static str,
    pub(super) kind: Kind,
    pub(super) form: Form,
    /// Whether the engine changes it without making the container anew.
    pub(super) updates: bool,
}

const fn row(option: &'static str, place: &'static str, kind: Kind, form: Form) -> Property {
    Property { option, place, kind, form, updates: false }
}

const fn live(option: &'static str, place: &'static str, form: Form) -> Property {
    Property { option, place, kind: Single, form, updates: true }
}

#[rustfmt::skip]
pub(super) const PROPERTIES: &[Property] = &[
    row("auto_remove", "HostConfig/AutoRemove", Single, as_is),
    live("blkio_weight", "HostConfig/BlkioWeight", as_is),
    row("capabilities", "HostConfig/CapAdd", Set, capabilities),
    row("cap_drop", "HostConfig/CapDrop", Set, capabilities),
    row("cgroupns_mode", "HostConfig/CgroupnsMode", Single, as_is),
    row("cgroup_parent", "HostConfig/CgroupParent", Single, as_is),
    row("command", "Config/Cmd", List, command),
    live("cpu_period", "HostConfig/CpuPeriod", as_is),
    live("cpu_quota", "HostConfig/CpuQuota", as_is),
    live("cpus", "HostConfig/NanoCpus", nano),
    live("cpuset_cpus", "HostConfig/CpusetCpus", as_is),
    live("cpuset_mems", "HostConfig/CpusetMems", as_is),
    live("cpu_shares", "HostConfig/CpuShares", as_is),
    row("devices", "HostConfig/Devices", Maps, devices),
    row("device_read_bps", "HostConfig/BlkioDeviceReadBps", Maps, bandwidth),
    row("device_write_bps", "HostConfig/BlkioDeviceWriteBps", Maps, bandwidth),
    row("device_read_iops", "HostConfig/BlkioDeviceReadIOps", Maps, operations),
    row("device_write_iops", "HostConfig/BlkioDeviceWriteIOps", Maps, operations),
    row("device_requests", "HostConfig/DeviceRequests", Maps, device_requests),
    row("device_cgroup_rules", "HostConfig/DeviceCgroupRules", List, as_is),
    row("dns_opts", "HostConfig/DnsOptions", Set, as_is),
    row("dns_servers", "HostConfig/Dns", List, as_is),
    row("dns_search_domains", "HostConfig/DnsSearch", List, as_is),
    row("domainname", "Config/Domainname", Single, as_is),
    row("entrypoint", "Config/Entrypoint", List, words),
    row("etc_hosts", "HostConfig/ExtraHosts", Set, hosts),
    row("groups", "HostConfig/GroupAdd", Set, as_is),
    row("healthcheck", "Config/Healthcheck", Map, health),
    row("hostname", "Config/Hostname", Single, as_is),
    row("init", "HostConfig/Init", Single, as_is),
    row("ipc_mode", "HostConfig/IpcMode", Single, container),
    live("kernel_memory", "HostConfig/KernelMemory", bytes),
    row("labels", "Config/Labels", Map, labels),
    row("links", "HostConfig/Links", Set, links),
    row("log_driver", "HostConfig/LogConfig/Type", Single, as_is),
    row("log_options", "HostConfig/LogConfig/Config", Map, texts),
    row("mac_address", "Config/MacAddress", Single, mac_address),
    live("memory", "HostConfig/Memory", bytes),
    live("memory_reservation", "HostConfig/MemoryReservation", bytes),
    live("memory_swap", "HostConfig/MemorySwap", memory_swap),
    row("memory_swappiness", "HostConfig/MemorySwappiness", Single, as_is),
    row("network_mode", "HostConfig/NetworkMode", Single, container),
    row("oom_killer", "HostConfig/OomKillDisable", Single, as_is),
    row("oom_score_adj", "HostConfig/OomScoreAdj", Single, as_is),
    row("pid_mode", "HostConfig/PidMode", Single, container),
    live("pids_limit", "HostConfig/PidsLimit", as_is),
    row("privileged", "HostConfig/Privileged", Single, as_is),
    row("publish_all_ports", "HostConfig/PublishAllPorts", Single, as_is),
    row("read_only", "HostConfig/ReadonlyRootfs", Single, as_is),
    live("restart_policy", "HostConfig/RestartPolicy/Name", as_is),
    live("restart_retries", "HostConfig/RestartPolicy/MaximumRetryCount", as_is),
    row("runtime", "HostConfig/Runtime", Single, as_is),
    row("security_opts", "HostConfig/SecurityOpt", Set, as_is),
    row("shm_size", "HostConfig/ShmSize", Single, bytes),
    row("stop_signal", "Config/StopSignal", Single, as_is),
    row("stop_timeout", "Config/StopTimeout", Single, as_is),
    row("storage_opts", "HostConfig/StorageOpt", Map, texts),
    row("sysctls", "HostConfig/Sysctls", Map, texts),
    row("tmpfs", "HostConfig/Tmpfs", Map, tmpfs),
    row("tty", "Config/Tty", Single, as_is),
    row("ulimits", "HostConfig/Ulimits", Maps, ulimits),
    row("user", "Config/User", Single, as_is),
    row("userns_mode", "HostConfig/UsernsMode", Single, as_is),
    row("uts", "HostConfig/UTSMode", Single, as_is),
    row("volume_driver", "HostConfig/VolumeDriver", Single, as_is),
    row("volumes_from", "HostConfig/VolumesFrom", Set, as_is),
    row("working_dir", "Config/WorkingDir", Single, as_is),
];

/// How the option of a row is compared.
pub(super) fn kind(option: &str) -> Option<Kind> {
    PROPERTIES.iter().find(|row| row.option == option).map(|row| row.kind)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::options::Properties;
    use super::*;
    use crate::args::Flatten;

    /// Options that `wishes` looks after.
    const OTHERS: [&str; 10] = [
        "detach",
        "env",
        "env_file",
        "exposed_ports",
        "interactive",
        "mounts",
        "networks",
        "platform",
        "published_ports",
        "volumes",
    ];

    #[test]
    fn every_option_has_one_row_and_every_row_an_option() {
        let declared: BTreeSet<&str> = <Properties as Flatten>::OPTIONS.iter().map(|o| o.name).collect();
        let rows: Vec<&str> = PROPERTIES.iter().map(|row| row.option).chain(OTHERS).collect();
        assert_eq!(rows.len(), rows.iter().collect::<BTreeSet<_>>().len());
        assert_eq!(declared, rows.into_iter().collect());
    }
}
