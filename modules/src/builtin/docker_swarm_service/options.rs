//! The options of a service in a swarm.

use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::docker::Engine;
use crate::{args, choices};

args! {
    /// Run a service in a swarm, change it in its place, or remove it.
    ///
    /// What is not said stays as it is. Only what differs is told to the swarm, which then replaces tasks one after
    /// another as `update_config` says.
    pub struct DockerSwarmService as "docker_swarm_service" {
        /// Its name.
        name: String,
        /// Whether it should be there.
        state: State = "present",
        /// Its image.
        image: Option<String>,
        /// Whether to ask the registry for the digest of the image now, and to move the service to it.
        resolve_image: bool = false,
        /// The command, as words or as a line; else that of the image.
        command: Option<Value>,
        /// The arguments of the command.
        args: Option<Vec<String>>,
        /// How its tasks are spread.
        mode: Mode = "replicated",
        /// How many tasks; -1 leaves them as they are, and a new service gets one.
        replicas: i64 = "-1",
        /// Variables, as a dictionary or a list of `NAME=value`.
        env: Option<Value>,
        /// Files of variables on the target, below `env`.
        env_files: Option<Vec<PathBuf>>,
        /// Labels of the service.
        labels: Option<Map<String, Value>>,
        /// Labels of its containers.
        container_labels: Option<Map<String, Value>>,
        /// Networks, as names or dictionaries of `name`, `aliases` and `options`.
        networks: Option<Vec<Value>>,
        /// Ports that are reached from outside.
        publish: Option<Vec<Publish>>,
        /// How clients find its tasks.
        endpoint_mode: Option<EndpointMode>,
        /// File systems in its containers.
        mounts: Option<Vec<Mount>>,
        /// Secrets that its containers may read.
        secrets: Option<Vec<SecretGrant>>,
        /// Configs that its containers may read.
        configs: Option<Vec<ConfigGrant>>,
        /// The most that a task may use.
        limits: Option<Resources>,
        /// What a node must have left for a task.
        reservations: Option<Resources>,
        /// Where tasks may run.
        placement: Option<Placement>,
        /// When tasks are started again.
        restart_config: Option<Restart>,
        /// How changes are rolled out.
        update_config: Option<Update>,
        /// How changes are rolled back.
        rollback_config: Option<Update>,
        /// How health is found out.
        healthcheck: Option<Healthcheck>,
        /// Where logs go.
        logging: Option<Logging>,
        /// Names and addresses more in `/etc/hosts`.
        hosts: Option<Map<String, Value>>,
        /// The name of its containers for themselves.
        hostname: Option<String>,
        /// Servers of names.
        dns: Option<Vec<String>>,
        /// Domains to look names up in.
        dns_search: Option<Vec<String>>,
        /// Options of the look-up.
        dns_options: Option<Vec<String>>,
        /// The user, by name or number.
        user: Option<String>,
        /// More groups of the user.
        groups: Option<Vec<String>>,
        /// Where the command runs.
        working_dir: Option<String>,
        /// Whether a small init is the first process.
        init: Option<bool>,
        /// Whether there is a terminal.
        tty: Option<bool>,
        /// Whether its root cannot be written to.
        read_only: Option<bool>,
        /// Settings of the kernel.
        sysctls: Option<Map<String, Value>>,
        /// Capabilities more.
        cap_add: Option<Vec<String>>,
        /// Capabilities less.
        cap_drop: Option<Vec<String>>,
        /// The signal that ends it.
        stop_signal: Option<String>,
        /// How long it has to end, as `1m30s`.
        stop_grace_period: Option<String>,
        /// Start all tasks anew though nothing differs.
        force_update: bool = false,
        /// Wait until the service has come about; a failing task is told at once.
        wait: bool = false,
        /// How many seconds to wait; else until it has come about or cannot.
        wait_timeout: Option<u64>,
        ..engine: Engine,
    }
    rules [RequiredIf("wait", "true", &["image"])]
}

choices! {
    /// Whether it should be there.
    pub enum State {
        /// There.
        Present = "present",
        /// Gone.
        Absent = "absent",
    }
}

choices! {
    /// How tasks are spread.
    pub enum Mode {
        /// A number of tasks.
        Replicated = "replicated",
        /// One on each node.
        Global = "global",
        /// A number of tasks that end.
        ReplicatedJob = "replicated-job",
    }
}

choices! {
    /// How clients find tasks.
    pub enum EndpointMode {
        /// By one address for all.
        Vip = "vip",
        /// By the addresses of all.
        Dnsrr = "dnsrr",
    }
}

choices! {
    /// Protocols of ports.
    pub enum Protocol {
        /// TCP.
        Tcp = "tcp",
        /// UDP.
        Udp = "udp",
    }
}

choices! {
    /// Where a port is published.
    pub enum PublishMode {
        /// On all nodes.
        Ingress = "ingress",
        /// On the nodes that have a task.
        Host = "host",
    }
}

choices! {
    /// Kinds of mounts.
    pub enum MountKind {
        /// A path of the node.
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
    /// When tasks are started again.
    pub enum Condition {
        /// Never.
        None = "none",
        /// After they failed.
        OnFailure = "on-failure",
        /// Always.
        Any = "any",
    }
}

args! {
    /// A port.
    pub struct Publish {
        /// The port outside; else one that is free.
        published_port: Option<u16>,
        /// The port in the container.
        target_port: u16,
        /// Its protocol.
        protocol: Protocol = "tcp",
        /// Where it is published.
        mode: PublishMode = "ingress",
    }
}

args! {
    /// A file system.
    pub struct Mount {
        /// What is mounted: a volume's name or a path of the node.
        source: Option<String>,
        /// Where it is in the container.
        target: String,
        /// Its kind.
        r#type: MountKind = "bind",
        /// Whether it cannot be written to.
        readonly: Option<bool>,
        /// Labels of a new volume.
        labels: Option<Map<String, Value>>,
        /// How mounts in it go over; for `bind`.
        propagation: Option<String>,
        /// Whether a new volume stays empty.
        no_copy: Option<bool>,
        /// The driver of a new volume: its `name` and `options`.
        driver_config: Option<Driver>,
        /// Its size, as `64M`; for `tmpfs`.
        tmpfs_size: Option<String>,
        /// Its mode as a number; for `tmpfs`.
        tmpfs_mode: Option<i64>,
    }
}

args! {
    /// A driver of volumes.
    pub struct Driver {
        /// Its name.
        name: Option<String>,
        /// What it is told.
        options: Option<Map<String, Value>>,
    }
}

args! {
    /// A secret to read.
    pub struct SecretGrant {
        /// Its number; else found by its name.
        secret_id: Option<String>,
        /// Its name.
        secret_name: String,
        /// The file in `/run/secrets`; else its name.
        filename: Option<String>,
        /// Who owns the file.
        uid: Option<String>,
        /// Whose group it has.
        gid: Option<String>,
        /// Its mode.
        mode: Option<i64>,
    }
}

args! {
    /// A config to read.
    pub struct ConfigGrant {
        /// Its number; else found by its name.
        config_id: Option<String>,
        /// Its name.
        config_name: String,
        /// The file; else its name, in `/`.
        filename: Option<String>,
        /// Who owns the file.
        uid: Option<String>,
        /// Whose group it has.
        gid: Option<String>,
        /// Its mode.
        mode: Option<i64>,
    }
}

args! {
    /// Amounts of what a node has.
    pub struct Resources {
        /// Processors; 0 is no limit.
        cpus: Option<f64>,
        /// Memory, as `64M`; 0 is no limit.
        memory: Option<String>,
    }
}

args! {
    /// Where tasks run.
    pub struct Placement {
        /// What a node must be, as `node.role == manager`.
        constraints: Option<Vec<String>>,
        /// Over what tasks are spread, as `spread: node.labels.zone`.
        preferences: Option<Vec<Map<String, Value>>>,
        /// The most tasks on one node.
        replicas_max_per_node: Option<i64>,
    }
}

args! {
    /// When tasks are started again.
    pub struct Restart {
        /// When.
        condition: Option<Condition>,
        /// How long after, as `5s`.
        delay: Option<String>,
        /// How often.
        max_attempts: Option<i64>,
        /// The time in which that is counted.
        window: Option<String>,
    }
}

args! {
    /// How changes are rolled out.
    pub struct Update {
        /// How many tasks at a time; 0 is all.
        parallelism: Option<i64>,
        /// The time between them, as `10s`.
        delay: Option<String>,
        /// What happens when tasks fail: `continue`, `pause` or, when rolled out, `rollback`.
        failure_action: Option<String>,
        /// How long tasks are watched for failures.
        monitor: Option<String>,
        /// What part of the tasks may fail.
        max_failure_ratio: Option<f64>,
        /// Whether the old task ends first: `stop-first` or `start-first`.
        order: Option<String>,
    }
}

args! {
    /// How health is found out.
    pub struct Healthcheck {
        /// The command: a line for a shell, or a list that begins with `CMD`, `CMD-SHELL` or `NONE`.
        test: Option<Value>,
        /// Time between tests.
        interval: Option<String>,
        /// Time that a test may take.
        timeout: Option<String>,
        /// Failures in a row that make it unhealthy.
        retries: Option<i64>,
        /// Time for the start, in which failures do not count.
        start_period: Option<String>,
    }
}

args! {
    /// Where logs go.
    pub struct Logging {
        /// The driver.
        driver: Option<String>,
        /// What it is told.
        options: Option<Map<String, Value>>,
    }
}
