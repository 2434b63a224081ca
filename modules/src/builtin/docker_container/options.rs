//! The properties of a container as options. They are only declared here and kept as one map (`given`), since
//! a table and not code says what becomes of each.

#![expect(dead_code, reason = "the declarations are read, never the fields")]

use crate::args::{Map, Value};
use crate::{args, choices};

args! {
    /// What a container is to be like; what is not given is left to the image and the engine.
    pub(super) struct Properties {
        /// Whether the engine removes the container when it ends.
        auto_remove: Option<bool>,
        /// Weight of its block input and output, from 10 to 1000.
        blkio_weight: Option<u16>,
        /// Capabilities to add.
        capabilities: Option<Vec<String>>,
        /// Capabilities to drop.
        cap_drop: Option<Vec<String>>,
        /// The cgroup namespace to use.
        cgroupns_mode: Option<CgroupNamespace>,
        /// The cgroup to put the container under.
        cgroup_parent: Option<String>,
        /// The command: a line, split as by a shell, or a list of words; empty for that of the image.
        command: Option<Value>,
        /// Length of a CPU period in microseconds.
        cpu_period: Option<i64>,
        /// CPU time in each period in microseconds.
        cpu_quota: Option<i64>,
        /// How many CPUs it may use, in parts too.
        cpus: Option<f64>,
        /// CPUs it may run on, as `0-2,4`.
        cpuset_cpus: Option<String>,
        /// Memory nodes it may use, as `0,1`.
        cpuset_mems: Option<String>,
        /// Relative weight of its CPU time.
        cpu_shares: Option<i64>,
        /// Whether to go on at once; else the end of the container is waited for.
        detach: Option<bool>,
        /// Devices of the host, as `/dev/sda:/dev/xvda:rwm`.
        devices: Option<Vec<String>>,
        /// Bytes that may be read from devices in a second.
        device_read_bps: Option<Vec<Bandwidth>>,
        /// Bytes that may be written to devices in a second.
        device_write_bps: Option<Vec<Bandwidth>>,
        /// Reads from devices in a second.
        device_read_iops: Option<Vec<Operations>>,
        /// Writes to devices in a second.
        device_write_iops: Option<Vec<Operations>>,
        /// Devices to ask a driver for, such as GPUs.
        device_requests: Option<Vec<DeviceRequest>>,
        /// Rules of the devices' cgroup, as `c 42:* rmw`.
        device_cgroup_rules: Option<Vec<String>>,
        /// Options of name resolution.
        dns_opts: Option<Vec<String>>,
        /// Servers of name resolution.
        dns_servers: Option<Vec<String>>,
        /// Domains that names are searched in.
        dns_search_domains: Option<Vec<String>>,
        /// The domain of the container.
        domainname: Option<String>,
        /// The entry point, as a list of words.
        entrypoint: Option<Vec<String>>,
        /// Variables of the environment. Values are strings: quote numbers and booleans.
        env: Option<Map<String, Value>>,
        /// A file on the target with lines `NAME=value`; `env` is stronger.
        env_file: Option<std::path::PathBuf>,
        /// More names for `/etc/hosts`, with their addresses.
        etc_hosts: Option<Map<String, Value>>,
        /// Ports that are open to other containers, as `80`, `80/udp` or `8000-8010`.
        #[alias("exposed", "expose")]
        exposed_ports: Option<Vec<String>>,
        /// More groups of the container's user.
        groups: Option<Vec<String>>,
        /// How the engine finds out that the container is well; `test: [NONE]` for not at all.
        healthcheck: Option<Healthcheck>,
        /// The name of the container's host.
        hostname: Option<String>,
        /// Whether a small init process reaps and forwards signals.
        init: Option<bool>,
        /// Whether standard input stays open.
        interactive: Option<bool>,
        /// The IPC namespace: `private`, `shareable`, `host`, `container:NAME`.
        ipc_mode: Option<String>,
        /// Most memory of the kernel for it, as `64M`.
        kernel_memory: Option<String>,
        /// Labels of the container. Values are strings: quote booleans and fractions.
        labels: Option<Map<String, Value>>,
        /// Links to other containers, as `NAME:ALIAS`.
        links: Option<Vec<String>>,
        /// The driver of its log.
        log_driver: Option<String>,
        /// Options of the log's driver.
        #[alias("log_opt")]
        log_options: Option<Map<String, Value>>,
        /// The hardware address of its network interface.
        mac_address: Option<String>,
        /// Most memory, as `512M` or `2G`; 0 for no limit.
        memory: Option<String>,
        /// Memory that is kept for it when memory is short.
        memory_reservation: Option<String>,
        /// Most memory and swap together; `unlimited` or -1 for no limit.
        memory_swap: Option<String>,
        /// How readily its memory is swapped out, from 0 to 100.
        memory_swappiness: Option<i64>,
        /// File systems to mount.
        mounts: Option<Vec<Mount>>,
        /// The network it is in: `bridge`, `host`, `none`, `container:NAME`, a network's name, `default`.
        network_mode: Option<String>,
        /// Networks it is connected to.
        networks: Option<Vec<Network>>,
        /// Whether the container is not killed when memory is short.
        oom_killer: Option<bool>,
        /// How soon it is killed when memory is short, from -1000 to 1000.
        oom_score_adj: Option<i64>,
        /// The process namespace: `host` or `container:NAME`.
        pid_mode: Option<String>,
        /// How many processes it may have; -1 for no limit.
        pids_limit: Option<i64>,
        /// The platform, as `linux/amd64`.
        platform: Option<String>,
        /// Whether it may do all that the host may.
        privileged: Option<bool>,
        /// Whether all exposed ports are published on ports of the host that are free.
        publish_all_ports: Option<bool>,
        /// Ports to publish, as `80`, `8080:80`, `127.0.0.1:8080:80/tcp`, `8000-8009:9000-9009`; `all` means
        /// `publish_all_ports`.
        #[alias("ports")]
        published_ports: Option<Vec<String>>,
        /// Whether its root file system cannot be written to.
        read_only: Option<bool>,
        /// When the engine starts it again after it ended.
        restart_policy: Option<RestartPolicy>,
        /// How often it is started again at most.
        restart_retries: Option<i64>,
        /// The runtime to use.
        runtime: Option<String>,
        /// Options of security, as `no-new-privileges` or `apparmor:NAME`.
        security_opts: Option<Vec<String>>,
        /// Size of `/dev/shm`, as `64M`.
        shm_size: Option<String>,
        /// The signal that ends it.
        stop_signal: Option<String>,
        /// Seconds to wait after the signal before it is killed. Kept with a new container; a difference
        /// alone re-creates none.
        stop_timeout: Option<i64>,
        /// Options of the storage driver, as `size: 12m`.
        storage_opts: Option<Map<String, Value>>,
        /// Settings of the kernel.
        sysctls: Option<Map<String, Value>>,
        /// Temporary file systems, as `/run:size=64m,mode=755`.
        tmpfs: Option<Vec<String>>,
        /// Whether it has a terminal.
        tty: Option<bool>,
        /// Limits, as `nofile:1024:2048`.
        ulimits: Option<Vec<String>>,
        /// The user, by name or number, and a group after a colon.
        user: Option<String>,
        /// The user namespace: `host` or empty.
        userns_mode: Option<String>,
        /// The UTS namespace: `host` or empty.
        uts: Option<String>,
        /// The driver of volumes.
        volume_driver: Option<String>,
        /// Volumes, as `/on/host:/inside`, `NAME:/inside:ro`, or `/inside` for one without a name.
        volumes: Option<Vec<String>>,
        /// Containers whose volumes it gets too.
        volumes_from: Option<Vec<String>>,
        /// Where the command runs.
        working_dir: Option<String>,
    }
}

args! {
    /// Bytes in a second of a device.
    pub(super) struct Bandwidth {
        /// The device.
        path: String,
        /// How many, as `1M`.
        rate: String,
    }
}

args! {
    /// Operations in a second of a device.
    pub(super) struct Operations {
        /// The device.
        path: String,
        /// How many.
        rate: i64,
    }
}

args! {
    /// Devices that a driver gives.
    pub(super) struct DeviceRequest {
        /// Any of these lists of capabilities, as `[[gpu]]`.
        capabilities: Option<Vec<Vec<String>>>,
        /// How many; -1 for all.
        count: Option<i64>,
        /// Which.
        device_ids: Option<Vec<String>>,
        /// Whose.
        driver: Option<String>,
        /// What the driver is told.
        options: Option<Map<String, Value>>,
    }
}

args! {
    /// How health is found out. Times are as `1m30s`.
    pub(super) struct Healthcheck {
        /// The command: a line for a shell, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`.
        test: Option<Value>,
        /// Whether the test of the image stays where none is given, as with docker's command line.
        test_cli_compatible: bool = false,
        /// Time between tests.
        interval: Option<String>,
        /// Time that a test may take.
        timeout: Option<String>,
        /// Time for the start, in which failures do not count.
        start_period: Option<String>,
        /// Time between tests during the start.
        start_interval: Option<String>,
        /// Failures in a row that make it unhealthy.
        retries: Option<i64>,
    }
}

args! {
    /// A file system in the container.
    pub(super) struct Mount {
        /// Where it is in the container.
        target: String,
        /// What it is: a path of the host, or a volume's name.
        source: Option<String>,
        /// Of which kind it is.
        r#type: MountType = "volume",
        /// Whether it cannot be written to.
        read_only: Option<bool>,
        /// How consistent host and container see it.
        consistency: Option<Consistency>,
        /// How mounts in it go over; for `bind`.
        propagation: Option<Propagation>,
        /// Whether a new volume stays empty; for `volume`.
        no_copy: Option<bool>,
        /// Labels of a new volume.
        labels: Option<Map<String, Value>>,
        /// Driver of a new volume.
        volume_driver: Option<String>,
        /// Options of the volume's driver.
        volume_options: Option<Map<String, Value>>,
        /// Its size, as `64M`; for `tmpfs`.
        tmpfs_size: Option<String>,
        /// Its mode as an octal number; for `tmpfs`.
        tmpfs_mode: Option<String>,
    }
}

args! {
    /// A network to be in.
    pub(super) struct Network {
        /// Its name.
        name: String,
        /// The address in it.
        ipv4_address: Option<String>,
        /// The IPv6 address in it.
        ipv6_address: Option<String>,
        /// More names of the container in it.
        aliases: Option<Vec<String>>,
        /// Links to containers in it, as `NAME:ALIAS`.
        links: Option<Vec<String>>,
        /// The hardware address in it.
        mac_address: Option<String>,
    }
}

choices! {
    /// A cgroup namespace.
    pub(super) enum CgroupNamespace {
        /// Its own.
        Private = "private",
        /// That of the host.
        Host = "host",
    }
}

choices! {
    /// When a container is started again.
    pub(super) enum RestartPolicy {
        /// Never.
        No = "no",
        /// After it failed.
        OnFailure = "on-failure",
        /// Always.
        Always = "always",
        /// Unless it was stopped.
        UnlessStopped = "unless-stopped",
    }
}

choices! {
    /// The kinds of mounts.
    pub(super) enum MountType {
        /// A path of the host.
        Bind = "bind",
        /// A volume.
        Volume = "volume",
        /// Memory.
        Tmpfs = "tmpfs",
        /// A named pipe of Windows.
        Npipe = "npipe",
    }
}

choices! {
    /// How consistent a mount is seen.
    pub(super) enum Consistency {
        /// As the engine likes.
        Default = "default",
        /// Fully.
        Consistent = "consistent",
        /// The host is ahead.
        Cached = "cached",
        /// The container is ahead.
        Delegated = "delegated",
    }
}

choices! {
    /// How mounts inside a mount go over.
    pub(super) enum Propagation {
        /// Not.
        Private = "private",
        /// Not, below neither.
        Rprivate = "rprivate",
        /// Both ways.
        Shared = "shared",
        /// Both ways, below too.
        Rshared = "rshared",
        /// Into the container.
        Slave = "slave",
        /// Into the container, below too.
        Rslave = "rslave",
    }
}
