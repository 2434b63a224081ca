//! The options of objects in brief, declared once for the modules that make them. They are kept as the mapping
//! that the user wrote, under the names declared here, so that a task and an object inside of `k8s_apply` are
//! read alike.

use serde_json::{Map, Value};

use crate::args;
use crate::args::{ArgProblem, Flatten, FromArg, Kind, Mismatch, Opt, Type};

args! {
    /// What runs in pods: one container and what surrounds it.
    pub struct Pod {
        /// The image of the container; else it is called as the object is.
        image: Option<String>,
        /// The command in place of the image's entry point: a list, or a line that is split as a shell would.
        command: Option<Value>,
        /// The arguments of the command, in the same forms.
        args: Option<Value>,
        /// The environment: a mapping, `NAME=value` in a list, or the list of the API. A value may be
        /// `{secret: NAME, key: KEY}`, `{config_map: NAME, key: KEY}` or `{field: metadata.name}`.
        env: Option<Value>,
        /// Whole config maps and secrets as environment: `[{config_map: NAME}, {secret: NAME, prefix: P_}]`.
        #[alias("envFrom")]
        env_from: Option<Value>,
        /// The ports of the container: `8080`, `http:8080`, `53/udp`, or in full.
        ports: Option<Vec<Value>>,
        /// Probes by kind (`liveness`, `readiness`, `startup`): `/healthz`, `:8080/healthz`, `tcp:8080`,
        /// `exec:COMMAND`, `{path, port, delay, period, timeout, failures}`, or in full.
        probes: Option<Map<String, Value>>,
        /// The liveness probe alone.
        #[alias("livenessProbe", "liveness")]
        liveness_probe: Option<Value>,
        /// The readiness probe alone.
        #[alias("readinessProbe", "readiness")]
        readiness_probe: Option<Value>,
        /// The startup probe alone.
        #[alias("startupProbe", "startup")]
        startup_probe: Option<Value>,
        /// `requests` and `limits`; `{cpu: 100m, memory: 64Mi}` is both.
        resources: Option<Map<String, Value>>,
        /// What is done after the container's start and before its end, as the API has it.
        lifecycle: Option<Map<String, Value>>,
        /// When the image is pulled: `Always`, `IfNotPresent` or `Never`.
        #[alias("imagePullPolicy", "pull_policy")]
        image_pull_policy: Option<PullPolicy>,
        /// Names of the secrets that the registry is logged in with.
        #[alias("imagePullSecrets")]
        image_pull_secrets: Option<Value>,
        /// The directory that the command runs in.
        #[alias("workingDir")]
        working_dir: Option<String>,
        /// Volumes, and where the container has them: `{config_map: NAME, mount: /etc/app}`, likewise with `secret`,
        /// `claim`, `empty_dir` and `host_path`, or in full with `mount`.
        volumes: Option<Vec<Value>>,
        /// Mounts of the container, in full.
        #[alias("volumeMounts")]
        volume_mounts: Option<Vec<Value>>,
        /// The service account of the pods.
        #[alias("serviceAccount", "service_account_name", "serviceAccountName")]
        service_account: Option<String>,
        /// The security context of the container.
        #[alias("securityContext")]
        security_context: Option<Map<String, Value>>,
        /// The security context of the pods.
        pod_security_context: Option<Map<String, Value>>,
        /// Labels that a node must have.
        #[alias("nodeSelector")]
        node_selector: Option<Map<String, Value>>,
        /// Taints that are borne.
        tolerations: Option<Vec<Value>>,
        /// Which nodes and neighbours are wanted.
        affinity: Option<Map<String, Value>>,
        /// How many seconds a container has to end.
        #[alias("terminationGracePeriodSeconds", "termination_grace_period_seconds")]
        termination_grace_period: Option<u32>,
        /// Several containers, each in the same brief form or in full, in place of the one.
        containers: Option<Vec<Value>>,
        /// Containers that run before, in the same forms.
        #[alias("initContainers")]
        init_containers: Option<Vec<Value>>,
        /// The name of the container; else it is called as the object is.
        container: Option<String>,
        /// Anything more of a pod's spec, as the API has it.
        pod: Option<Map<String, Value>>,
        /// Labels of the object and its pods.
        labels: Option<Map<String, Value>>,
        /// Annotations of the object.
        annotations: Option<Map<String, Value>>,
        /// More labels of the pods.
        pod_labels: Option<Map<String, Value>>,
        /// Annotations of the pods.
        pod_annotations: Option<Map<String, Value>>,
    }
}

args! {
    /// A deployment in brief.
    pub struct Deployment {
        /// How many pods; left to the server and to autoscalers where not given.
        replicas: Option<u32>,
        /// How pods are replaced: `RollingUpdate`, `Recreate`, or a mapping with `max_surge` and `max_unavailable`.
        strategy: Option<Strategy>,
        /// The labels that the pods are found by, alone or under `matchLabels`; else `app` with the name.
        selector: Option<Map<String, Value>>,
        /// How many seconds a pod must be ready to count.
        #[alias("minReadySeconds")]
        min_ready_seconds: Option<u32>,
        /// After how many seconds without progress the rollout has failed.
        #[alias("progressDeadlineSeconds")]
        progress_deadline: Option<u32>,
        /// How many old revisions are kept.
        #[alias("revisionHistoryLimit")]
        revision_history_limit: Option<u32>,
        /// Whether the rollout is held.
        paused: Option<bool>,
        ..pod: Pod,
    }
}

args! {
    /// A job in brief.
    pub struct Job {
        /// How often it is tried again.
        #[alias("backoffLimit")]
        backoff_limit: Option<u32>,
        /// How many pods must succeed.
        completions: Option<u32>,
        /// How many pods run at once.
        parallelism: Option<u32>,
        /// After how many seconds it has failed.
        #[alias("activeDeadlineSeconds")]
        deadline: Option<u32>,
        /// How many seconds after its end the server removes it.
        #[alias("ttlSecondsAfterFinished")]
        ttl: Option<u32>,
        /// What becomes of a container that fails: `Never` or `OnFailure`.
        #[alias("restartPolicy")]
        restart_policy: RestartPolicy = "Never",
        ..pod: Pod,
    }
}

args! {
    /// A service in brief.
    pub struct Service {
        /// The labels of the pods behind it.
        selector: Option<Map<String, Value>>,
        /// Its ports: `80`, `80:8080`, `80:http`, `53:53/udp`, or in full. The protocol is TCP unless said.
        ports: Option<Vec<Value>>,
        /// From where it can be reached; the server's default is `ClusterIP`.
        r#type: Option<ServiceType>,
        /// Its address in the cluster, or `None`.
        #[alias("clusterIP")]
        cluster_ip: Option<String>,
        /// Without an address of its own.
        headless: Option<bool>,
        /// The name that a service of type `ExternalName` stands for.
        #[alias("externalName")]
        external_name: Option<String>,
        /// Addresses outside that lead to it.
        #[alias("externalIPs")]
        external_ips: Option<Vec<String>>,
        /// The address a load balancer is asked for.
        #[alias("loadBalancerIP")]
        load_balancer_ip: Option<String>,
        /// `ClientIP` or `None`.
        #[alias("sessionAffinity")]
        session_affinity: Option<String>,
        /// `Cluster` or `Local`.
        #[alias("externalTrafficPolicy")]
        external_traffic_policy: Option<String>,
        /// Labels of the service.
        labels: Option<Map<String, Value>>,
        /// Annotations of the service.
        annotations: Option<Map<String, Value>>,
    }
}

crate::choices! {
    /// When an image is pulled.
    pub enum PullPolicy {
        Always = "Always",
        IfNotPresent = "IfNotPresent",
        Never = "Never",
    }
}

crate::choices! {
    /// What becomes of a job's container that fails.
    pub enum RestartPolicy {
        Never = "Never",
        OnFailure = "OnFailure",
    }
}

crate::choices! {
    /// From where a service can be reached.
    pub enum ServiceType {
        ClusterIp = "ClusterIP",
        NodePort = "NodePort",
        LoadBalancer = "LoadBalancer",
        ExternalName = "ExternalName",
    }
}

/// How pods are replaced: a word or a mapping.
#[derive(Clone, Debug)]
pub struct Strategy(pub Value);

/// The words for it.
const STRATEGIES: &[&str] = &["RollingUpdate", "Recreate"];

impl FromArg for Strategy {
    const TYPE: Type = Type { kind: Kind::Str, choices: STRATEGIES, check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let word = if let Value::Object(map) = value { map.get("type") } else { Some(value) };
        match word {
            None => Ok(Self(value.clone())),
            Some(Value::String(word)) if STRATEGIES.contains(&word.as_str()) => Ok(Self(value.clone())),
            Some(other) => {
                Err(Mismatch::new("a strategy of a deployment, `RollingUpdate` or `Recreate`", other))
            }
        }
    }
}

macro_rules! kept {
    ($($(#[doc = $text:literal])* $Kept:ident of $Declared:ident),* $(,)?) => {$(
        $(#[doc = $text])*
        #[derive(Clone, Debug, Default)]
        pub struct $Kept(pub Map<String, Value>);

        impl Flatten for $Kept {
            const OPTIONS: &'static [Opt] = $Declared::OPTIONS;

            fn take(args: &Map<String, Value>, declared: &[Opt]) -> Result<Self, Vec<ArgProblem>> {
                $Declared::take(args, declared)?;
                Ok(Self(as_declared(args, Self::OPTIONS)))
            }
        }
    )*};
}

kept! {
    /// The options of a deployment, as given.
    DeploymentOptions of Deployment,
    /// The options of a job, as given.
    JobOptions of Job,
    /// The options of a pod, as given.
    PodOptions of Pod,
    /// The options of a service, as given.
    ServiceOptions of Service,
}

/// What of the arguments is among the options, under their own names.
fn as_declared(args: &Map<String, Value>, options: &[Opt]) -> Map<String, Value> {
    let given = |option: &Opt| {
        let value =
            option.aliases.iter().rev().find_map(|name| args.get(*name)).or_else(|| args.get(option.name));
        value.filter(|value| !value.is_null()).map(|value| (option.name.to_owned(), value.clone()))
    };
    options.iter().filter_map(given).collect()
}
