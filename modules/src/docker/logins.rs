//! Logins to registries, where the docker command keeps them: `config.json` and the programs it names.

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use serde_json::{Map, Value, json};

use super::reference::HUB;
use crate::args::Home;
use crate::{Command, Fail, Target};

/// Docker's own registry, as `config.json` names it.
pub const HUB_KEY: &str = "https://index.docker.io/v1/";

/// A login to one registry.
#[derive(Clone, PartialEq, Eq)]
pub struct Login {
    /// The user; empty with a token alone.
    pub username: String,
    /// The password, or with `is_token` a token that stands for one.
    pub password: String,
    /// Whether the password is an identity token.
    pub is_token: bool,
}

/// A `config.json`.
pub struct Logins {
    /// Where it is, or would be.
    pub path: PathBuf,
    /// What is in it.
    pub config: Map<String, Value>,
}

/// The key of a registry: its host, or Docker's own old address.
pub fn key(registry: &str) -> String {
    let host = registry.trim_start_matches("https://").trim_start_matches("http://");
    let host = host.split('/').next().unwrap_or_default();
    match host {
        HUB | "index.docker.io" | "registry-1.docker.io" | "" => HUB_KEY.to_owned(),
        host => host.to_owned(),
    }
}

impl Login {
    /// As the engine wants it in the header `X-Registry-Auth`.
    pub fn header(&self, registry: &str) -> String {
        URL_SAFE.encode(self.json(registry).to_string())
    }

    pub(super) fn json(&self, registry: &str) -> Value {
        let address = key(registry);
        match self.is_token {
            true => json!({"identitytoken": self.password, "serveraddress": address}),
            false => json!({"username": self.username, "password": self.password, "serveraddress": address}),
        }
    }
}

impl Logins {
    /// The user's `config.json`: in `DOCKER_CONFIG`, or `~/.docker`.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn load(target: &Target) -> Result<Self, Fail> {
        let directory = target.env("DOCKER_CONFIG").filter(|path| !path.is_empty()).map(PathBuf::from);
        let home = || target.home(None).map(|home| Path::new(&home).join(".docker"));
        let directory = directory.or_else(home).unwrap_or_else(|| PathBuf::from("/root/.docker"));
        Self::load_from(target, &directory.join("config.json"))
    }

    /// A `config.json` elsewhere.
    ///
    /// # Errors
    /// When it cannot be read, or is no JSON.
    pub fn load_from(target: &Target, path: &Path) -> Result<Self, Fail> {
        let text = target.read(path)?.unwrap_or_default();
        let wrong = |why: String| Fail::new(format!("cannot read `{}`: {why}", path.display()));
        let config = match text.iter().all(u8::is_ascii_whitespace) {
            true => Value::Object(Map::new()),
            false => serde_json::from_slice(&text).map_err(|error| wrong(error.to_string()))?,
        };
        match config {
            Value::Object(config) => Ok(Self { path: path.to_owned(), config }),
            _ => Err(wrong("it is no dictionary".to_owned())),
        }
    }

    /// The program that keeps the login of a registry, where `config.json` names one.
    pub fn program(&self, registry: &str) -> Option<String> {
        let key = key(registry);
        let given = self.config.get("credHelpers").and_then(Value::as_object);
        let own = given.and_then(|helpers| {
            let same = helpers.iter().find(|(name, _)| self::key(name) == key);
            same.and_then(|(_, program)| program.as_str())
        });
        let name = own.or_else(|| self.config.get("credsStore")?.as_str()).filter(|name| !name.is_empty());
        name.map(|name| format!("docker-credential-{name}"))
    }

    /// The login to a registry, if there is one.
    ///
    /// # Errors
    /// When the program that keeps it fails.
    pub fn find(&self, target: &mut Target, registry: &str) -> Result<Option<Login>, Fail> {
        match self.program(registry) {
            Some(program) => kept(target, &program, &key(registry)),
            None => Ok(self.written(registry)),
        }
    }

    /// The login that stands in `config.json` itself.
    pub fn written(&self, registry: &str) -> Option<Login> {
        let key = key(registry);
        let all = self.config.get("auths")?.as_object()?;
        let entry =
            all.get(&key).or_else(|| all.iter().find(|(name, _)| self::key(name) == key).map(|(_, e)| e))?;
        let text = |name: &str| entry.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
        if let Some(token) = text("identitytoken") {
            return Some(Login { username: String::new(), password: token.to_owned(), is_token: true });
        }
        let decoded = text("auth").and_then(|auth| STANDARD.decode(auth).ok());
        let decoded = decoded.and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default();
        let (user, password) =
            decoded.split_once(':').or_else(|| Some((text("username")?, text("password")?)))?;
        let (username, password) = (user.to_owned(), password.trim_end_matches('\0').to_owned());
        Some(Login { username, password, is_token: false })
    }
}

/// The login that a program keeps.
fn kept(target: &mut Target, program: &str, key: &str) -> Result<Option<Login>, Fail> {
    if target.find_program(program).is_none() {
        return Err(Fail::new(format!(
            "there is no program `{program}`, which `config.json` names for `{key}`"
        )));
    }
    let output = target.query(&Command::new(program).arg("get").stdin(key).own_locale())?;
    if !output.ok() {
        let said = output.text() + &output.errors();
        let unknown = said.to_lowercase().contains("credentials not found");
        return if unknown {
            Ok(None)
        } else {
            Err(Fail::new(format!("`{program}` failed: {}", said.trim())))
        };
    }
    let answer: Value = serde_json::from_slice(&output.stdout).unwrap_or_default();
    let text = |name: &str| answer.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
    let (username, password) = (text("Username"), text("Secret"));
    if password.is_empty() {
        return Ok(None);
    }
    let is_token = username == "<token>";
    Ok(Some(Login { username, password, is_token }))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn logins(config: Value) -> Logins {
        Logins { path: PathBuf::new(), config: config.as_object().unwrap().clone() }
    }

    #[test]
    fn logins_are_found_by_any_address_of_their_registry() {
        let auth = STANDARD.encode("ann:se:cret");
        let logins = logins(
            json!({"auths": {"https://reg.example.org/v2/": {"auth": auth}, HUB_KEY: {"auth": auth}}}),
        );
        for registry in ["reg.example.org", "https://reg.example.org", "docker.io", HUB_KEY] {
            let login = logins.written(registry).unwrap();
            assert_eq!((login.username.as_str(), login.password.as_str()), ("ann", "se:cret"));
        }
        assert!(logins.written("other.example.org").is_none());
    }

    #[test]
    fn a_registrys_own_program_comes_before_the_one_for_all() {
        let logins = logins(json!({"credsStore": "pass", "credHelpers": {"a.b": "ecr"}}));
        assert_eq!(logins.program("a.b").as_deref(), Some("docker-credential-ecr"));
        assert_eq!(logins.program("c.d").as_deref(), Some("docker-credential-pass"));
    }
}
