//! Which cluster a module speaks to, and as whom: options that all modules for Kubernetes share.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Map, Value};

use crate::args::{Args, Flatten, Home, Secret, expand};
use crate::{Fail, Target, args};

args! {
    /// Which cluster, and as whom; taken into the options of each module for Kubernetes.
    pub struct Cluster {
        /// The address of the API server; else the kubeconfig's, or that of the cluster the task runs in.
        host: Option<String>,
        /// A token to log in with.
        api_key: Option<Secret>,
        /// The path of a kubeconfig on the target, or its content as a dictionary.
        kubeconfig: Option<Value>,
        /// The context of the kubeconfig to use.
        context: Option<String>,
        /// The user to log in as with a password.
        username: Option<String>,
        /// The password of `username`.
        password: Option<Secret>,
        /// A client certificate to log in with, as PEM.
        #[alias("cert_file")]
        client_cert: Option<PathBuf>,
        /// The key of `client_cert`.
        #[alias("key_file")]
        client_key: Option<PathBuf>,
        /// The certificates that the server's must be signed by, as PEM.
        #[alias("ssl_ca_cert")]
        ca_cert: Option<PathBuf>,
        /// Whether the server's certificate must be good.
        #[alias("verify_ssl")]
        validate_certs: Option<bool>,
        /// The address of an HTTP proxy.
        proxy: Option<String>,
        /// Hosts that are reached without the proxy, with commas between.
        no_proxy: Option<String>,
        /// What the proxy is told.
        proxy_headers: Option<ProxyHeaders>,
        /// Whether renewed credentials are kept; those of credential plugins always are, by the plugin.
        persist_config: Option<bool>,
        /// The user to act as, if the one logged in may.
        impersonate_user: Option<String>,
        /// The groups to act as.
        impersonate_groups: Option<Vec<String>>,
        /// The same in one dictionary: `type` (`kubeconfig`, `in_cluster` or `token`), and any of the options above.
        connection: Option<Map<String, Value>>,
    }
}

args! {
    /// What a proxy is told.
    pub struct ProxyHeaders {
        /// `user:password` to log in at the proxy.
        proxy_basic_auth: Option<Secret>,
        /// `user:password` to log in at the server.
        basic_auth: Option<Secret>,
        /// How the client calls itself.
        user_agent: Option<String>,
    }
}

/// What a client needs of its surroundings: the environment, and where `~` is.
#[derive(Clone, Debug, Default)]
pub struct Surroundings {
    /// The environment.
    pub variables: BTreeMap<String, String>,
    /// The home directory.
    pub home: Option<String>,
    /// Where the cluster puts a pod's own credentials.
    pub service_account: PathBuf,
}

impl Surroundings {
    /// Those of a module.
    pub fn of(target: &Target<'_>) -> Self {
        Self {
            variables: target.environment(),
            home: target.home(None),
            service_account: target.system("/var/run/secrets/kubernetes.io/serviceaccount"),
        }
    }

    /// Those of this process.
    pub fn own() -> Self {
        let variables: BTreeMap<_, _> = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)))
            .collect();
        let service_account = "/var/run/secrets/kubernetes.io/serviceaccount".into();
        Self { home: variables.get("HOME").cloned(), variables, service_account }
    }

    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).filter(|value| !value.is_empty()).cloned()
    }

    pub(super) fn path(&self, text: &str) -> PathBuf {
        PathBuf::from(expand(text, self))
    }
}

impl Home for Surroundings {
    fn variable(&self, name: &str) -> Option<String> {
        self.variables.get(name).cloned()
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        if user.is_none() { self.home.clone() } else { None }
    }
}

/// What `connection` may be: how to log in, by the words of newcomers.
const TYPES: [&str; 3] = ["kubeconfig", "in_cluster", "token"];

impl Cluster {
    /// No option given: what the environment and a kubeconfig say.
    pub const fn plain() -> Self {
        Self {
            host: None,
            api_key: None,
            kubeconfig: None,
            context: None,
            username: None,
            password: None,
            client_cert: None,
            client_key: None,
            ca_cert: None,
            validate_certs: None,
            proxy: None,
            no_proxy: None,
            proxy_headers: None,
            persist_config: None,
            impersonate_user: None,
            impersonate_groups: None,
            connection: None,
        }
    }

    /// The options with those of `connection` and of the environment (`K8S_AUTH_…`) beneath them; and whether
    /// only the cluster around the pod is asked for.
    pub(super) fn resolved(&self, around: &Surroundings) -> Result<(Self, bool), Fail> {
        let (own, in_cluster) = self.with_connection()?;
        let mut beneath = Map::new();
        for option in Self::OPTIONS {
            let variable = format!("K8S_AUTH_{}", option.name.to_uppercase());
            let aliases = option.aliases.iter().map(|name| format!("K8S_AUTH_{}", name.to_uppercase()));
            let value = std::iter::once(variable).chain(aliases).find_map(|name| around.variable(&name));
            if let Some(value) = value.filter(|_| !["connection", "proxy_headers"].contains(&option.name)) {
                beneath.insert(option.name.to_owned(), value.into());
            }
        }
        let environment = parse(&beneath, "the environment (`K8S_AUTH_…`)")?;
        Ok((own.over(environment), in_cluster))
    }

    fn with_connection(&self) -> Result<(Self, bool), Fail> {
        let Some(given) = &self.connection else { return Ok((self.clone(), false)) };
        let mut given = given.clone();
        let kind = given.shift_remove("type").unwrap_or_else(|| TYPES[0].into());
        let kind = kind.as_str().unwrap_or_default().replace('-', "_").to_lowercase();
        let kind = if kind == "incluster" || kind == "serviceaccount" { "in_cluster" } else { &kind };
        if !TYPES.contains(&kind) {
            let known = TYPES.map(|name| format!("`{name}`")).join(", ");
            return Err(Fail::new(format!("`connection.type` must be one of {known}: `{kind}`")));
        }
        for (short, long) in
            [("path", "kubeconfig"), ("file", "kubeconfig"), ("token", "api_key"), ("url", "host")]
        {
            if let Some(value) = given.shift_remove(short) {
                given.insert(long.to_owned(), value);
            }
        }
        let unknown = given.keys().find(|name| {
            !Self::OPTIONS.iter().any(|option| option.names().any(|known| known == name.as_str()))
        });
        if let Some(name) = unknown {
            return Err(Fail::new(format!("unknown option `{name}` in `connection`")));
        }
        Ok((self.clone().over(parse(&given, "`connection`")?), kind == "in_cluster"))
    }

    /// These options; of those that are not given, the others'.
    fn over(self, other: Self) -> Self {
        Self {
            host: self.host.or(other.host),
            api_key: self.api_key.or(other.api_key),
            kubeconfig: self.kubeconfig.or(other.kubeconfig),
            context: self.context.or(other.context),
            username: self.username.or(other.username),
            password: self.password.or(other.password),
            client_cert: self.client_cert.or(other.client_cert),
            client_key: self.client_key.or(other.client_key),
            ca_cert: self.ca_cert.or(other.ca_cert),
            validate_certs: self.validate_certs.or(other.validate_certs),
            proxy: self.proxy.or(other.proxy),
            no_proxy: self.no_proxy.or(other.no_proxy),
            proxy_headers: self.proxy_headers.or(other.proxy_headers),
            persist_config: self.persist_config.or(other.persist_config),
            impersonate_user: self.impersonate_user.or(other.impersonate_user),
            impersonate_groups: self.impersonate_groups.or(other.impersonate_groups),
            connection: None,
        }
    }
}

fn parse(values: &Map<String, Value>, of: &str) -> Result<Cluster, Fail> {
    Cluster::parse(values).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Fail::new(format!("in {of}: {}", words.join("; ")))
    })
}
