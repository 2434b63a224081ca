//! The client: one per server and login for a whole play, with the discovery it has made.

use std::collections::HashMap;
use std::io::Read;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use serde_json::Value;
use sha2::{Digest, Sha256};
use ureq::http::{Method, Request, Response};
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::{Agent, Body};

use super::apply::Schema;
use super::config::Config;
use super::dial::{Dialer, Endpoint};
use super::discovery::{Discovery, Resource};
use super::error::ApiError;
use super::login::{Kept, Login};
use super::options::{Cluster, Surroundings};
use super::tls;
use super::write::Write;
use crate::{Fail, Hands, Target};

/// How long a request may wait for the head of its answer.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often a request is made again that failed in a way that may pass.
const RETRIES: u32 = 5;

static CLIENTS: LazyLock<Mutex<HashMap<String, Arc<Client>>>> = LazyLock::new(Mutex::default);

/// Speaks to one server as one user.
#[derive(Debug)]
pub struct Client {
    /// The server and login.
    pub config: Config,
    pub(super) endpoint: Arc<Endpoint>,
    pub(super) kept: Kept,
    pub(super) discovery: Mutex<Arc<Discovery>>,
    pub(super) schema: Mutex<Option<Arc<Schema>>>,
    agent: Agent,
    requests: AtomicUsize,
}

/// Which objects of a kind are meant.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// By labels, with commas between: `app=web,tier!=cache`.
    pub labels: String,
    /// By fields: `status.phase=Running`.
    pub fields: String,
}

/// Addresses are looked up where the connection is made.
#[derive(Debug)]
struct NoResolver;

impl Resolver for NoResolver {
    fn resolve(
        &self,
        _: &ureq::http::Uri,
        _: &ureq::config::Config,
        _: ureq::unversioned::transport::NextTimeout,
    ) -> Result<ResolvedSocketAddrs, ureq::Error> {
        Ok(self.empty())
    }
}

impl Cluster {
    /// The client of these options: the same for the whole life of the worker's process.
    ///
    /// # Errors
    /// When the options, the kubeconfig or what it names are wrong. The server is not asked yet.
    pub fn client(&self, target: &Target<'_>) -> Result<Arc<Client>, Fail> {
        self.open(&Surroundings::of(target))
    }

    /// As [`Cluster::client`], outside of modules.
    ///
    /// # Errors
    /// When the options, the kubeconfig or what it names are wrong.
    pub fn open(&self, around: &Surroundings) -> Result<Arc<Client>, Fail> {
        let config = self.config(around)?;
        let key = fingerprint(&config);
        if let Some(client) = clients().get(&key) {
            return Ok(client.clone());
        }
        let client = Arc::new(Client::new(config)?);
        Ok(clients().entry(key).or_insert(client).clone())
    }
}

fn clients() -> std::sync::MutexGuard<'static, HashMap<String, Arc<Client>>> {
    CLIENTS.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What tells one connection from another, with no secret to be read in it.
fn fingerprint(config: &Config) -> String {
    let login = match &config.login {
        Login::Token(token) => token.reveal().to_owned(),
        Login::Basic(user, password) => format!("{user}:{}", password.reveal()),
        other => format!("{other:?}"),
    };
    let key = config.certificate.as_ref().map(|(chain, key)| (chain, key.reveal()));
    let proxy = config.proxy_login.as_ref().map(|login| login.reveal());
    let text = format!("{config:?} {login} {key:?} {proxy:?}");
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl Client {
    pub(super) fn new(config: Config) -> Result<Self, Fail> {
        let kept = Kept::default();
        let certificate = match &config.login {
            Login::Exec(plugin) => kept.get(plugin)?.certificate,
            _ => None,
        };
        let settings = tls::settings(&config, certificate.as_ref().or(config.certificate.as_ref()))?;
        let endpoint = Arc::new(Endpoint::new(&config, settings)?);
        let agent = Agent::with_parts(
            ureq::config::Config::builder()
                .http_status_as_error(false)
                .proxy(None)
                .max_redirects(0)
                .max_redirects_will_error(false)
                .allow_non_standard_methods(true)
                .user_agent(concat!("baton/", env!("CARGO_PKG_VERSION")))
                .timeout_connect(Some(Duration::from_secs(10)))
                .timeout_recv_response(Some(PATIENCE))
                .max_idle_age(Duration::from_secs(50))
                .build(),
            Dialer(endpoint.clone()),
            NoResolver,
        );
        Ok(Self {
            config,
            endpoint,
            kept,
            discovery: Mutex::default(),
            schema: Mutex::default(),
            agent,
            requests: AtomicUsize::new(0),
        })
    }

    /// How many requests were made so far.
    pub fn requests(&self) -> usize {
        self.requests.load(Ordering::Relaxed)
    }

    /// The namespace that is meant where none is named.
    pub fn namespace(&self) -> &str {
        self.config.namespace.as_deref().unwrap_or("default")
    }

    /// One object; `None` where there is none.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn get(&self, resource: &Resource, namespace: &str, name: &str) -> Result<Option<Value>, ApiError> {
        match self.read(&resource.path(namespace, name)) {
            Ok(object) => Ok(Some(object)),
            Err(error) if error.is_missing() => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// All objects of a kind in a namespace (all, if it is empty), with `kind` and `apiVersion`; and the version of the list.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn list(
        &self,
        resource: &Resource,
        namespace: &str,
        selection: &Selection,
    ) -> Result<(Vec<Value>, String), ApiError> {
        let base = resource.path(namespace, "");
        let mut query = selection.query();
        query.push(("limit", "500".to_owned()));
        let (mut all, mut next) = (Vec::new(), String::new());
        loop {
            let mut page = query.clone();
            if !next.is_empty() {
                page.push(("continue", next));
            }
            let mut list = self.read(&with_query(&base, &page))?;
            let text = |key: &str| list.pointer(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            let version = text("/metadata/resourceVersion");
            next = text("/metadata/continue");
            if let Some(Value::Array(items)) = list.get_mut("items").map(Value::take) {
                all.extend(items.into_iter().map(|item| resource.named(item)));
            }
            if next.is_empty() {
                return Ok((all, version));
            }
        }
    }

    /// Whatever is at a path, as JSON.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn read(&self, path: &str) -> Result<Value, ApiError> {
        self.json(&Ask { method: Method::GET, path, body: None, safe: true, accept: "application/json" })
    }

    /// As [`Client::read`], where the server is asked for another form of JSON.
    pub(super) fn read_as(&self, path: &str, accept: &str) -> Result<Value, ApiError> {
        self.json(&Ask { method: Method::GET, path, body: None, safe: true, accept })
    }

    /// Text, as of logs, to be read as it comes.
    ///
    /// # Errors
    /// When the server does not give it.
    pub fn stream(&self, path: &str) -> Result<Box<dyn Read + Send>, ApiError> {
        let ask = Ask { method: Method::GET, path, body: None, safe: true, accept: "*/*" };
        Ok(Box::new(self.ask(&ask)?.into_body().into_reader()))
    }

    /// What the server would answer to a write, by its dry run; nothing is kept.
    ///
    /// # Errors
    /// When it would refuse.
    pub fn foretell(&self, write: &Write) -> Result<Value, ApiError> {
        self.send(&Write { dry_run: true, ..write.clone() })
    }

    /// Writes.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn write(&self, _: &mut Hands<'_>, write: &Write) -> Result<Value, ApiError> {
        self.send(write)
    }

    /// Sends a write; an apply takes over what its own manager has written otherwise, by a patch or a scaling.
    pub(super) fn send(&self, write: &Write) -> Result<Value, ApiError> {
        match self.sent(write) {
            Err(error) if write.is_in_its_own_way(&error) => self.sent(&write.clone().forced()),
            other => other,
        }
    }

    fn sent(&self, write: &Write) -> Result<Value, ApiError> {
        let path = write.url();
        let body = write.body.as_ref().map(|body| (write.content_type, body.to_string()));
        let body = body.as_ref().map(|(kind, text)| (*kind, text.as_str()));
        self.json(&Ask {
            method: write.method.clone(),
            path: &path,
            body,
            safe: write.dry_run || write.repeats,
            accept: "application/json",
        })
    }

    fn json(&self, ask: &Ask<'_>) -> Result<Value, ApiError> {
        let mut response = self.ask(ask)?;
        let bytes = response.body_mut().with_config().limit(512 << 20).read_to_vec();
        let bytes = bytes.map_err(|error| ApiError::unreachable(&error, &self.config))?;
        serde_json::from_slice(&bytes).map_err(|_| {
            let start: String = String::from_utf8_lossy(&bytes).chars().take(80).collect();
            ApiError::local(format!("`{}` does not speak as an API server: {start}", self.config.server))
        })
    }

    /// Asks, and asks again what may pass and does no harm.
    fn ask(&self, ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
        let (mut round, mut renewed) = (0, false);
        loop {
            let error = match self.once(ask) {
                Ok(response) => return Ok(response),
                Err(error) => error,
            };
            if error.code == 401 && !renewed && self.renew()? {
                renewed = true;
                continue;
            }
            let Some(pause) = ask.pause(&error, round).filter(|_| round < RETRIES) else { return Err(error) };
            thread::sleep(pause);
            round += 1;
        }
    }

    /// Asks the credential plugin anew, where there is one.
    fn renew(&self) -> Result<bool, ApiError> {
        let Login::Exec(plugin) = &self.config.login else { return Ok(false) };
        self.kept.forget();
        if let Some(certificate) = self.kept.get(plugin)?.certificate {
            self.endpoint.renew(tls::settings(&self.config, Some(&certificate))?);
        }
        Ok(true)
    }

    fn once(&self, ask: &Ask<'_>) -> Result<Response<Body>, ApiError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let url = format!("{}{}", self.endpoint.url(), ask.path);
        let mut request = Request::builder().method(ask.method.clone()).uri(url).header("Accept", ask.accept);
        for (name, value) in self.headers()? {
            request = request.header(name, value);
        }
        let wrong = |error: ureq::http::Error| ApiError::local(format!("not a request: {error}"));
        let response = match ask.body {
            Some((kind, text)) => {
                self.agent.run(request.header("Content-Type", kind).body(text).map_err(wrong)?)
            }
            None => self.agent.run(request.body(()).map_err(wrong)?),
        };
        let mut response = response.map_err(|error| ApiError::unreachable(&error, &self.config))?;
        let code = response.status().as_u16();
        if (200..300).contains(&code) {
            return Ok(response);
        }
        let after = response.headers().get("retry-after").and_then(|value| value.to_str().ok()?.parse().ok());
        let body = response.body_mut().with_config().limit(1 << 20).read_to_vec().unwrap_or_default();
        let error = ApiError::answered(code, &body, &self.config);
        Err(ApiError { retry_after: error.retry_after.or(after), ..error })
    }

    /// Headers that say who asks.
    pub(super) fn headers(&self) -> Result<Vec<(String, String)>, ApiError> {
        let mut headers = self.config.headers.clone();
        let login = self.config.login.header(&self.kept)?;
        headers.extend(login.map(|value| ("Authorization".to_owned(), value)));
        Ok(headers)
    }
}

struct Ask<'a> {
    method: Method,
    path: &'a str,
    body: Option<(&'static str, &'a str)>,
    /// Whether it may be asked twice.
    safe: bool,
    accept: &'a str,
}

impl Ask<'_> {
    /// How long to wait before it is asked again; `None` where that is no use, or not safe.
    fn pause(&self, error: &ApiError, round: u32) -> Option<Duration> {
        let short = Duration::from_millis(100 << round.min(4));
        let told = error.retry_after.map(|seconds| Duration::from_secs(seconds.min(20)));
        match error.code {
            // A server that is gone is told within seconds.
            0 if error.is_unreachable() && round < 3 && (self.safe || !error.uncertain) => Some(short),
            // A budget that forbids an eviction does so for long.
            429 if error.message.contains("disruption budget") => None,
            // Refused before anything was done.
            429 => Some(told.unwrap_or(short * 4)),
            500 | 503 | 504 if self.safe => told.or((round < 2).then_some(short)),
            409 if self.safe && error.message.contains("the object has been modified") => Some(short),
            _ => None,
        }
    }
}

impl Selection {
    pub(super) fn query(&self) -> Vec<(&'static str, String)> {
        let all = [("labelSelector", &self.labels), ("fieldSelector", &self.fields)];
        all.into_iter()
            .filter(|(_, text)| !text.is_empty())
            .map(|(name, text)| (name, text.clone()))
            .collect()
    }
}

/// A path with a query behind it, escaped.
pub fn with_query(path: &str, query: &[(&str, String)]) -> String {
    let pairs: Vec<String> = query.iter().map(|(name, value)| format!("{name}={}", escape(value))).collect();
    if pairs.is_empty() { path.to_owned() } else { format!("{path}?{}", pairs.join("&")) }
}

/// A text as part of an address.
pub fn escape(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.~".contains(&byte);
    text.bytes()
        .map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}
