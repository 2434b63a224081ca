//! From options, kubeconfig files or a pod's own credentials to one server and one login.

use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::login::{Exec, Login};
use super::options::{Cluster, Surroundings};
use crate::args::Secret;
use crate::{Fail, yaml};

/// One server and one login, all files read.
#[derive(Clone, Debug)]
pub struct Config {
    /// The server's address.
    pub server: String,
    /// The namespace that the context names.
    pub namespace: Option<String>,
    /// Where it comes from, for messages: ``context `x` of `/home/me/.kube/config` ``.
    pub origin: String,
    pub(super) tls_server_name: Option<String>,
    pub(super) ca: Option<Vec<u8>>,
    pub(super) insecure: bool,
    pub(super) proxy: Option<String>,
    pub(super) proxy_login: Option<Secret>,
    pub(super) login: Login,
    /// A client certificate and its key, as PEM.
    pub(super) certificate: Option<(Vec<u8>, Secret)>,
    /// Headers of each request: whom to act as, how the client calls itself.
    pub(super) headers: Vec<(String, String)>,
}

/// Entries of a kubeconfig, files merged: what comes first counts.
#[derive(Default)]
struct Kubeconfig {
    clusters: Vec<(String, Value)>,
    users: Vec<(String, Value)>,
    contexts: Vec<(String, Value)>,
    current: Option<String>,
    from: Vec<String>,
}

impl Cluster {
    /// The server and login that these options mean.
    ///
    /// # Errors
    /// When a file is missing or wrong, or nothing says which cluster is meant.
    pub fn config(&self, around: &Surroundings) -> Result<Config, Fail> {
        let (options, in_cluster) = self.resolved(around)?;
        let mut config = options.base(around, in_cluster)?;
        options.apply(around, &mut config)?;
        Ok(config)
    }

    fn base(&self, around: &Surroundings, in_cluster: bool) -> Result<Config, Fail> {
        let complete = self.host.is_some()
            && (self.api_key.is_some() || self.username.is_some() || self.client_cert.is_some());
        if in_cluster {
            return own_cluster(around)?.ok_or_else(|| {
                Fail::new("the task does not run in a pod: `KUBERNETES_SERVICE_HOST` is not set")
            });
        }
        if !(complete && self.kubeconfig.is_none()) {
            if let Some(file) = self.kubeconfig(around)? {
                return file.choose(self.context.as_deref(), around);
            }
            if let Some(config) = own_cluster(around)? {
                return Ok(config);
            }
        }
        match &self.host {
            Some(host) => Ok(Config::at(host.clone(), format!("option `host` `{host}`"))),
            None => Err(Fail::new("no cluster is named: there is no `~/.kube/config`, `KUBECONFIG` is not set and the task does not run in a pod")
                .hint("give `kubeconfig`, or `host` and `api_key`")),
        }
    }

    fn kubeconfig(&self, around: &Surroundings) -> Result<Option<Kubeconfig>, Fail> {
        let mut merged = Kubeconfig::default();
        match &self.kubeconfig {
            Some(Value::Object(inline)) => {
                merged.merge(&Value::Object(inline.clone()), Path::new("."), "option `kubeconfig`")?;
                return Ok(Some(merged));
            }
            Some(Value::String(text)) if text.contains('\n') => {
                merged.merge(&parse(text, "option `kubeconfig`")?, Path::new("."), "option `kubeconfig`")?;
                return Ok(Some(merged));
            }
            Some(Value::String(paths)) => merged.files(paths, around)?,
            Some(_) => return Err(Fail::new("`kubeconfig` must be a path or a dictionary")),
            None => match around.variable("KUBECONFIG") {
                Some(paths) => merged.files(&paths, around)?,
                None => {
                    let usual = around.path("~/.kube/config");
                    if !usual.exists() {
                        return Ok(None);
                    }
                    merged.files(&usual.display().to_string(), around)?;
                }
            },
        }
        Ok(Some(merged))
    }

    /// What stands in options comes before what stands in a kubeconfig.
    fn apply(&self, around: &Surroundings, config: &mut Config) -> Result<(), Fail> {
        if let Some(host) = &self.host {
            config.server.clone_from(host);
        }
        if let Some(token) = &self.api_key {
            let bare = token.reveal().trim_start_matches("Bearer ").to_owned();
            config.login = Login::Token(bare.into());
        } else if let (Some(user), Some(password)) = (&self.username, &self.password) {
            config.login = Login::Basic(user.clone(), password.clone());
        }
        if let Some(path) = &self.ca_cert {
            config.ca = Some(read(path)?);
        }
        if let Some(path) = &self.client_cert {
            let key = self.client_key.as_ref().unwrap_or(path);
            config.certificate = Some((read(path)?, secret(read(key)?)));
        }
        if let Some(good) = self.validate_certs {
            config.insecure = !good;
        }
        if let Some(user) = &self.impersonate_user {
            config.headers.push(("Impersonate-User".into(), user.clone()));
        }
        for group in self.impersonate_groups.iter().flatten() {
            config.headers.push(("Impersonate-Group".into(), group.clone()));
        }
        self.proxy(around, config);
        Ok(())
    }

    fn proxy(&self, around: &Surroundings, config: &mut Config) {
        let of_tls = !config.server.starts_with("http://");
        let names = if of_tls { ["HTTPS_PROXY", "https_proxy"] } else { ["HTTP_PROXY", "http_proxy"] };
        let without = self.no_proxy.clone();
        let without =
            without.or_else(|| ["NO_PROXY", "no_proxy"].iter().find_map(|name| around.variable(name)));
        let direct = without.is_some_and(|hosts| is_direct(&config.server, &hosts));
        let surrounding = || names.iter().find_map(|name| around.variable(name)).filter(|_| !direct);
        let given = self.proxy.clone().filter(|_| !(direct && self.no_proxy.is_some()));
        config.proxy = given.or_else(|| config.proxy.take()).or_else(surrounding);
        let Some(headers) = &self.proxy_headers else { return };
        config.proxy_login.clone_from(&headers.proxy_basic_auth);
        if let Some(agent) = &headers.user_agent {
            config.headers.push(("User-Agent".into(), agent.clone()));
        }
        if let Some((user, password)) =
            headers.basic_auth.as_ref().and_then(|text| text.reveal().split_once(':'))
        {
            config.login = Login::Basic(user.to_owned(), Secret::from(password.to_owned()));
        }
    }
}

/// Whether a server is among the hosts that need no proxy.
fn is_direct(server: &str, hosts: &str) -> bool {
    let host = super::dial::host_and_port(server).map(|(_, host, ..)| host).unwrap_or_default();
    hosts
        .split(',')
        .map(|part| part.trim().trim_start_matches('.'))
        .filter(|part| !part.is_empty())
        .any(|part| part == "*" || host == part || host.ends_with(&format!(".{part}")))
}

impl Config {
    /// Whether the server's certificate is not looked at.
    pub fn is_insecure(&self) -> bool {
        self.insecure
    }

    fn at(server: String, origin: String) -> Self {
        Self {
            server,
            namespace: None,
            origin,
            tls_server_name: None,
            ca: None,
            insecure: false,
            proxy: None,
            proxy_login: None,
            login: Login::None,
            certificate: None,
            headers: Vec::new(),
        }
    }
}

/// What a pod knows of the cluster around it; `None` outside of pods.
fn own_cluster(around: &Surroundings) -> Result<Option<Config>, Fail> {
    let (Some(host), Some(port)) =
        (around.variable("KUBERNETES_SERVICE_HOST"), around.variable("KUBERNETES_SERVICE_PORT"))
    else {
        return Ok(None);
    };
    let directory = &around.service_account;
    let host = if host.contains(':') { format!("[{host}]") } else { host };
    let namespace = std::fs::read_to_string(directory.join("namespace")).ok();
    Ok(Some(Config {
        namespace: namespace.map(|text| text.trim().to_owned()),
        ca: Some(read(&directory.join("ca.crt"))?),
        login: Login::TokenFile(directory.join("token")),
        ..Config::at(format!("https://{host}:{port}"), "the pod's service account".into())
    }))
}

impl Kubeconfig {
    fn files(&mut self, paths: &str, around: &Surroundings) -> Result<(), Fail> {
        let paths: Vec<PathBuf> =
            paths.split(':').filter(|part| !part.is_empty()).map(|part| around.path(part)).collect();
        for path in &paths {
            if path.exists() || paths.len() == 1 {
                let name = format!("`{}`", path.display());
                let text = String::from_utf8_lossy(&read(path)?).into_owned();
                let directory = path.parent().unwrap_or(Path::new("."));
                self.merge(&parse(&text, &name)?, directory, &name)?;
            }
        }
        match self.from.is_empty() {
            true => Err(Fail::new(format!("none of these files exists: {}", list(&paths)))),
            false => Ok(()),
        }
    }

    fn merge(&mut self, file: &Value, directory: &Path, name: &str) -> Result<(), Fail> {
        if !file.is_object() {
            return Err(Fail::new(format!("{name} is no kubeconfig: it has no entries")));
        }
        merge_into(&mut self.clusters, file, "clusters", "cluster", directory);
        merge_into(&mut self.users, file, "users", "user", directory);
        merge_into(&mut self.contexts, file, "contexts", "context", directory);
        let current = text(file, "current-context").filter(|name| !name.is_empty());
        self.current = self.current.take().or(current);
        self.from.push(name.to_owned());
        Ok(())
    }

    fn choose(&self, context: Option<&str>, around: &Surroundings) -> Result<Config, Fail> {
        let from = self.from.join(", ");
        let alone = || match self.contexts.as_slice() {
            [(name, _)] => Some(name.as_str()),
            _ => None,
        };
        let name = context.or(self.current.as_deref()).or_else(alone);
        let name =
            name.ok_or_else(|| Fail::new(format!("{from} has no current context")).hint("give `context`"))?;
        let context = find(&self.contexts, "context", name, &from)?;
        let cluster = text(context, "cluster").unwrap_or_default();
        let cluster = find(&self.clusters, "cluster", &cluster, &from)?;
        let server = text(cluster, "server").filter(|server| !server.is_empty());
        let server = server
            .ok_or_else(|| Fail::new(format!("the cluster of context `{name}` of {from} has no `server`")))?;
        let mut config = Config {
            namespace: text(context, "namespace").filter(|namespace| !namespace.is_empty()),
            tls_server_name: text(cluster, "tls-server-name"),
            ca: data_or_file(cluster, "certificate-authority")?,
            insecure: cluster.get("insecure-skip-tls-verify") == Some(&Value::Bool(true)),
            proxy: text(cluster, "proxy-url").filter(|proxy| !proxy.is_empty()),
            ..Config::at(server, format!("context `{name}` of {from}"))
        };
        let user = text(context, "user").unwrap_or_default();
        if !user.is_empty() {
            config.log_in(find(&self.users, "user", &user, &from)?, &user, around)?;
        }
        Ok(config)
    }
}

impl Config {
    fn log_in(&mut self, user: &Value, name: &str, around: &Surroundings) -> Result<(), Fail> {
        let certificate = data_or_file(user, "client-certificate")?;
        if let (Some(certificate), Some(key)) = (certificate, data_or_file(user, "client-key")?) {
            self.certificate = Some((certificate, secret(key)));
        }
        self.login = match (text(user, "tokenFile"), text(user, "token"), text(user, "username")) {
            (Some(file), ..) if !file.is_empty() => Login::TokenFile(file.into()),
            (_, Some(token), _) if !token.is_empty() => Login::Token(token.into()),
            (.., Some(user_name)) => {
                Login::Basic(user_name, text(user, "password").unwrap_or_default().into())
            }
            _ => Login::None,
        };
        if let Some(plugin) = user.get("exec").filter(|plugin| plugin.is_object()) {
            self.login = Login::Exec(Exec::new(plugin, self, around)?);
        }
        if user.get("auth-provider").is_some_and(Value::is_object) {
            return Err(Fail::new(format!(
                "user `{name}` has an `auth-provider`, which Kubernetes no longer has"
            ))
            .hint("replace it by an `exec` plugin"));
        }
        for (key, header) in [("as", "Impersonate-User"), ("as-uid", "Impersonate-Uid")] {
            let value = text(user, key).map(|value| (header.to_owned(), value));
            self.headers.extend(value);
        }
        for group in user.get("as-groups").and_then(Value::as_array).into_iter().flatten() {
            self.headers
                .extend(group.as_str().map(|group| ("Impersonate-Group".to_owned(), group.to_owned())));
        }
        Ok(())
    }
}

/// Adds the named entries of a file, paths in them made absolute.
fn merge_into(all: &mut Vec<(String, Value)>, file: &Value, list: &str, entry: &str, directory: &Path) {
    for item in file.get(list).and_then(Value::as_array).into_iter().flatten() {
        let Some(name) = text(item, "name") else { continue };
        let mut value = item.get(entry).cloned().unwrap_or_else(|| Value::Object(Map::new()));
        for key in ["certificate-authority", "client-certificate", "client-key", "tokenFile"] {
            absolute(value.get_mut(key), directory);
        }
        let plugin = value.pointer_mut("/exec/command");
        if plugin.as_ref().and_then(|command| command.as_str()).is_some_and(|command| command.contains('/')) {
            absolute(plugin, directory);
        }
        if !all.iter().any(|(known, _)| *known == name) {
            all.push((name, value));
        }
    }
}

fn absolute(value: Option<&mut Value>, directory: &Path) {
    if let Some(Value::String(path)) = value
        && !path.is_empty()
    {
        *path = directory.join(&*path).display().to_string();
    }
}

fn find<'a>(all: &'a [(String, Value)], what: &str, name: &str, from: &str) -> Result<&'a Value, Fail> {
    let found = all.iter().find(|(known, _)| known == name).map(|(_, value)| value);
    found.ok_or_else(|| {
        let known: Vec<String> = all.iter().map(|(name, _)| format!("`{name}`")).collect();
        let fail = Fail::new(format!("{from} has no {what} `{name}`"));
        if known.is_empty() { fail } else { fail.hint(&format!("it has {}", known.join(", "))) }
    })
}

fn data_or_file(entry: &Value, key: &str) -> Result<Option<Vec<u8>>, Fail> {
    if let Some(data) = text(entry, &format!("{key}-data")).filter(|data| !data.is_empty()) {
        let bytes = STANDARD.decode(data.split_whitespace().collect::<String>());
        return bytes
            .map(Some)
            .map_err(|_| Fail::new(format!("`{key}-data` of the kubeconfig is not base64")));
    }
    text(entry, key).filter(|path| !path.is_empty()).map(|path| read(Path::new(&path))).transpose()
}

fn text(value: &Value, key: &str) -> Option<String> {
    value.get(key)?.as_str().map(str::to_owned)
}

fn read(path: &Path) -> Result<Vec<u8>, Fail> {
    std::fs::read(path).map_err(|error| Fail::io(format!("cannot read `{}`", path.display()), &error))
}

fn secret(bytes: Vec<u8>) -> Secret {
    String::from_utf8_lossy(&bytes).into_owned().into()
}

fn list(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| format!("`{}`", path.display())).collect::<Vec<_>>().join(", ")
}

fn parse(content: &str, name: &str) -> Result<Value, Fail> {
    let documents = yaml::read(content, yaml::Dialect::Go).map_err(|slips| {
        let slips = slips.iter().map(|slip| format!("line {}: {}", slip.line, slip.message));
        Fail::new(format!("{name}: {}", slips.collect::<Vec<_>>().join("; ")))
    })?;
    Ok(documents.into_iter().next().map_or(Value::Null, |document| document.value))
}

#[cfg(test)]
mod tests;
