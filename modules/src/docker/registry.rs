//! A registry asked directly, for what an engine does not tell of it: the number of the image behind a digest.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::{Client, HUB, Login, Remote, escape};
use crate::args::Args;
use crate::web::{self, Response};

/// What is taken for an answer: the manifest of one image, of docker's or of the open kind.
const MANIFESTS: &str = "application/vnd.docker.distribution.manifest.v2+json, application/vnd.oci.image.manifest.v1+json, \
     application/vnd.docker.distribution.manifest.list.v2+json, application/vnd.oci.image.index.v1+json";

/// The largest manifest that is read.
const LIMIT: u64 = 4 << 20;

impl Client {
    /// The number of the image that a digest stands for; `None` where that cannot be known, as of an image for
    /// several platforms.
    pub fn registry_image(&self, of: &Remote, digest: &str) -> Option<String> {
        let registry = of.name.registry();
        let insecure = self.is_insecure(registry);
        let host = if registry == HUB { "registry-1.docker.io" } else { registry };
        let schemes: &[&str] = if insecure { &["https", "http"] } else { &["https"] };
        schemes.iter().find_map(|scheme| {
            let url = format!("{scheme}://{host}/v2/{}/manifests/{digest}", of.name.path());
            let manifest: Value = serde_json::from_slice(&get(&url, of.login.as_ref(), !insecure)?).ok()?;
            manifest.pointer("/config/digest").and_then(Value::as_str).map(str::to_owned)
        })
    }

    /// Whether the engine talks to a registry without looking who answers.
    fn is_insecure(&self, registry: &str) -> bool {
        let local = ["127.", "localhost", "[::1]"].iter().any(|start| registry.starts_with(start));
        let known = self.get("/info").unwrap_or_default();
        let own = known
            .get("RegistryConfig")
            .and_then(|config| config.get("IndexConfigs")?.get(registry)?.get("Secure"));
        local || own.and_then(Value::as_bool) == Some(false)
    }
}

/// What an address answers, with a login where it wants one.
fn get(url: &str, login: Option<&Login>, verify: bool) -> Option<Vec<u8>> {
    let mut answer = fetch(url, None, verify)?;
    if answer.status == 401 {
        let asked = answer.headers.iter().find(|(name, _)| name == "www-authenticate")?.1.clone();
        let basic = login.map(|login| {
            format!("Basic {}", STANDARD.encode(format!("{}:{}", login.username, login.password)))
        });
        let pass = match asked.split_once(' ')? {
            (kind, _) if kind.eq_ignore_ascii_case("basic") => basic?,
            (_, wanted) => format!("Bearer {}", token(wanted, basic, verify)?),
        };
        answer = fetch(url, Some(pass), verify)?;
    }
    read(answer)
}

fn fetch(url: &str, pass: Option<String>, verify: bool) -> Option<Response> {
    let mut headers = Map::new();
    headers.insert("Accept".to_owned(), MANIFESTS.into());
    headers.extend(pass.map(|pass| ("Authorization".to_owned(), pass.into())));
    let args = json!({"headers": headers, "validate_certs": verify, "timeout": 10});
    let request = web::Request::parse(args.as_object()?).ok()?;
    request.get(url, None).ok()
}

fn read(answer: Response) -> Option<Vec<u8>> {
    use std::io::Read;
    let mut bytes = Vec::new();
    answer.body.take(LIMIT).read_to_end(&mut bytes).ok()?;
    (answer.status == 200).then_some(bytes)
}

/// A token of the server that the registry names: `realm="…",service="…",scope="…"`.
fn token(wanted: &str, basic: Option<String>, verify: bool) -> Option<String> {
    let value = |name: &str| {
        let (_, rest) = wanted.split_once(&format!("{name}=\""))?;
        rest.split_once('"').map(|(value, _)| value)
    };
    let mut url = value("realm")?.to_owned();
    for name in ["service", "scope"] {
        if let Some(value) = value(name) {
            url += &format!("{}{name}={}", if url.contains('?') { '&' } else { '?' }, escape(value));
        }
    }
    let answer: Value = serde_json::from_slice(&read(fetch(&url, basic, verify)?)?).ok()?;
    let token = answer.get("token").or_else(|| answer.get("access_token"))?;
    token.as_str().map(str::to_owned)
}
