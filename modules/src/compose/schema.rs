//! The keys of compose files and what may stand in them: the one table that checks files.

use Shape::*;

/// What may stand at a key.
#[derive(Clone, Copy, Debug)]
pub(super) enum Shape {
    /// A single value.
    Text,
    Number,
    Truth,
    /// Bytes, as `64m`.
    Size,
    /// A duration, as `1m30s`.
    Time,
    /// One of these words.
    Word(&'static [&'static str]),
    /// A single value or a list of them.
    Texts,
    /// A list of `NAME=value`, or a mapping.
    Pairs,
    /// A dictionary of these keys.
    Keys(&'static [Key]),
    /// A single value, or a dictionary of these keys.
    TextOr(&'static [Key]),
    /// Names, each with nothing or a dictionary of these keys.
    Named(&'static [Key]),
    /// A list of names, or as `Named`.
    NamesOr(&'static [Key]),
    /// A list of single values and dictionaries of these keys.
    Items(&'static [Key]),
    /// A list of `host:address`, or a mapping to addresses or lists of them.
    Hosts,
    /// Anything.
    Any,
    /// What is known, but not done here: why.
    Never(&'static str),
}

/// A key and what may stand at it.
pub(super) type Key = (&'static str, Shape);

const NOT_LINUX: Shape = Never("only engines on Windows know it");
const NOT_DONE: Shape = Never("baton does not do this");

pub(super) const PROJECT: &[Key] = &[
    ("version", Text),
    ("name", Text),
    ("services", Named(SERVICE)),
    ("networks", Named(NETWORK)),
    ("volumes", Named(VOLUME)),
    ("secrets", Named(SECRET)),
    ("configs", Named(SECRET)),
    ("include", Never("baton does not include projects; name all files in `files`")),
    ("models", NOT_DONE),
];

#[rustfmt::skip]
pub(super) const SERVICE: &[Key] = &[
    ("annotations", Never("the engines that baton speaks to have no annotations")),
    ("attach", Truth),
    ("blkio_config", Keys(&[
        ("weight", Number), ("weight_device", Items(&[("path", Text), ("weight", Number)])),
        ("device_read_bps", Items(RATE)), ("device_read_iops", Items(RATE)),
        ("device_write_bps", Items(RATE)), ("device_write_iops", Items(RATE)),
    ])),
    ("build", TextOr(BUILD)),
    ("cap_add", Texts),
    ("cap_drop", Texts),
    ("cgroup", Word(&["host", "private"])),
    ("cgroup_parent", Text),
    ("command", Texts),
    ("configs", Items(GRANT)),
    ("container_name", Text),
    ("cpu_count", NOT_LINUX),
    ("cpu_percent", NOT_LINUX),
    ("cpu_period", Time),
    ("cpu_quota", Time),
    ("cpu_rt_period", Time),
    ("cpu_rt_runtime", Time),
    ("cpu_shares", Number),
    ("cpus", Number),
    ("cpuset", Text),
    ("credential_spec", NOT_LINUX),
    ("depends_on", NamesOr(&[
        ("condition", Word(&["service_started", "service_healthy", "service_completed_successfully"])),
        ("restart", Truth), ("required", Truth),
    ])),
    ("deploy", Keys(DEPLOY)),
    ("develop", Any),
    ("device_cgroup_rules", Texts),
    ("devices", Items(&[("source", Text), ("target", Text), ("permissions", Text)])),
    ("dns", Texts),
    ("dns_opt", Texts),
    ("dns_search", Texts),
    ("domainname", Text),
    ("entrypoint", Texts),
    ("env_file", Items(&[("path", Text), ("required", Truth), ("format", Word(&["raw"]))])),
    ("environment", Pairs),
    ("expose", Texts),
    ("extends", TextOr(&[("service", Text), ("file", Text)])),
    ("external_links", Texts),
    ("extra_hosts", Hosts),
    ("gpus", NOT_DONE),
    ("group_add", Texts),
    ("healthcheck", Keys(HEALTH)),
    ("hostname", Text),
    ("image", Text),
    ("init", Truth),
    ("ipc", Text),
    ("isolation", NOT_LINUX),
    ("label_file", NOT_DONE),
    ("labels", Pairs),
    ("links", Texts),
    ("logging", Keys(&[("driver", Text), ("options", Pairs)])),
    ("mac_address", Text),
    ("mem_limit", Size),
    ("mem_reservation", Size),
    ("mem_swappiness", Number),
    ("memswap_limit", Size),
    ("models", NOT_DONE),
    ("network_mode", Text),
    ("networks", NamesOr(&[
        ("aliases", Texts), ("ipv4_address", Text), ("ipv6_address", Text), ("link_local_ips", Texts),
        ("mac_address", Text), ("driver_opts", Pairs), ("priority", Number), ("gw_priority", NOT_DONE),
        ("interface_name", NOT_DONE),
    ])),
    ("oom_kill_disable", Truth),
    ("oom_score_adj", Number),
    ("pid", Text),
    ("pids_limit", Number),
    ("platform", Text),
    ("ports", Items(&[
        ("target", Number), ("published", Text), ("host_ip", Text), ("protocol", Word(&["tcp", "udp", "sctp"])),
        ("mode", Word(&["host", "ingress"])), ("name", Text), ("app_protocol", Text),
    ])),
    ("post_start", NOT_DONE),
    ("pre_stop", NOT_DONE),
    ("privileged", Truth),
    ("profiles", Texts),
    ("provider", NOT_DONE),
    ("pull_policy", Word(&["always", "never", "missing", "if_not_present", "build"])),
    ("read_only", Truth),
    ("restart", Text),
    ("runtime", Text),
    ("scale", Number),
    ("secrets", Items(GRANT)),
    ("security_opt", Texts),
    ("shm_size", Size),
    ("stdin_open", Truth),
    ("stop_grace_period", Time),
    ("stop_signal", Text),
    ("storage_opt", Pairs),
    ("sysctls", Pairs),
    ("tmpfs", Texts),
    ("tty", Truth),
    ("ulimits", Any),
    ("use_api_socket", NOT_DONE),
    ("user", Text),
    ("userns_mode", Text),
    ("uts", Text),
    ("volume_driver", Text),
    ("volumes", Items(&[
        ("type", Word(&["bind", "volume", "tmpfs", "npipe", "cluster", "image"])), ("source", Text), ("target", Text),
        ("read_only", Truth), ("consistency", Text),
        ("bind", Keys(&[("propagation", Text), ("create_host_path", Truth), ("selinux", Word(&["z", "Z"])),
            ("recursive", NOT_DONE)])),
        ("volume", Keys(&[("nocopy", Truth), ("subpath", NOT_DONE), ("labels", Pairs)])),
        ("tmpfs", Keys(&[("size", Size), ("mode", Number)])),
    ])),
    ("volumes_from", Texts),
    ("working_dir", Text),
];

const RATE: &[Key] = &[("path", Text), ("rate", Size)];

#[rustfmt::skip]
const BUILD: &[Key] = &[
    ("context", Text), ("dockerfile", Text), ("dockerfile_inline", Never("write a `Dockerfile`")), ("args", Pairs), ("target", Text),
    ("labels", Pairs), ("network", Text), ("no_cache", Truth), ("pull", Truth), ("shm_size", Size),
    ("cache_from", Texts), ("extra_hosts", Hosts), ("platforms", Texts), ("tags", Texts), ("isolation", NOT_LINUX),
    ("additional_contexts", NOT_DONE), ("cache_to", NOT_DONE), ("entitlements", NOT_DONE),
    ("privileged", NOT_DONE), ("provenance", NOT_DONE), ("sbom", NOT_DONE),
    ("secrets", Never("an engine without BuildKit has no build secrets")), ("ssh", NOT_DONE), ("ulimits", NOT_DONE),
];

const GRANT: &[Key] = &[("source", Text), ("target", Text), ("uid", Text), ("gid", Text), ("mode", Number)];

#[rustfmt::skip]
const HEALTH: &[Key] = &[
    ("test", Texts), ("interval", Time), ("timeout", Time), ("retries", Number), ("start_period", Time),
    ("start_interval", Never("engines before 25 do not know it")), ("disable", Truth),
];

#[rustfmt::skip]
const UPDATE: &[Key] = &[
    ("parallelism", Number), ("delay", Time), ("failure_action", Word(&["continue", "pause", "rollback"])),
    ("monitor", Time), ("max_failure_ratio", Number), ("order", Word(&["stop-first", "start-first"])),
];

#[rustfmt::skip]
const DEPLOY: &[Key] = &[
    ("mode", Word(&["replicated", "global", "replicated-job", "global-job"])),
    ("replicas", Number),
    ("endpoint_mode", Word(&["vip", "dnsrr"])),
    ("labels", Pairs),
    ("update_config", Keys(UPDATE)),
    ("rollback_config", Keys(UPDATE)),
    ("resources", Keys(&[("limits", Keys(RESOURCES)), ("reservations", Keys(RESOURCES))])),
    ("restart_policy", Keys(&[
        ("condition", Word(&["none", "on-failure", "any"])), ("delay", Time), ("max_attempts", Number), ("window", Time),
    ])),
    ("placement", Keys(&[
        ("constraints", Texts), ("preferences", Items(&[("spread", Text)])), ("max_replicas_per_node", Number),
    ])),
];

#[rustfmt::skip]
const RESOURCES: &[Key] = &[
    ("cpus", Number), ("memory", Size), ("pids", Number), ("devices", NOT_DONE),
    ("generic_resources", Items(&[("discrete_resource_spec", Keys(&[("kind", Text), ("value", Number)]))])),
];

#[rustfmt::skip]
const NETWORK: &[Key] = &[
    ("name", Text), ("driver", Text), ("driver_opts", Pairs), ("attachable", Truth), ("enable_ipv6", Truth),
    ("enable_ipv4", NOT_DONE), ("internal", Truth), ("external", TextOr(&[("name", Text)])), ("labels", Pairs),
    ("ipam", Keys(&[
        ("driver", Text), ("options", Pairs),
        ("config", Items(&[("subnet", Text), ("ip_range", Text), ("gateway", Text), ("aux_addresses", Pairs)])),
    ])),
];

const VOLUME: &[Key] = &[
    ("name", Text),
    ("driver", Text),
    ("driver_opts", Pairs),
    ("external", TextOr(&[("name", Text)])),
    ("labels", Pairs),
];

#[rustfmt::skip]
const SECRET: &[Key] = &[
    ("name", Text), ("file", Text), ("content", Text), ("environment", Text), ("labels", Pairs),
    ("external", TextOr(&[("name", Text)])), ("driver", NOT_DONE), ("driver_opts", NOT_DONE),
    ("template_driver", Word(&["golang"])),
];
