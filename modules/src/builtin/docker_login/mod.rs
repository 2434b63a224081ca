//! docker_login

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;

use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::args::{Map, Return, Secret, Value};
use crate::docker::{Engine, Login, Logins, key};
use crate::target::Replace;
use crate::{Command, Fail, Hands, Module, Side, Target, args, choices, returns};

args! {
    /// Log in to a registry, and out of it.
    ///
    /// The registry is asked by the engine whether the login is good, in check mode too. It is kept where the docker command
    /// keeps it: by the program that `config.json` names for the registry, or in `config.json` itself, readable by its owner
    /// only.
    pub struct DockerLogin as "docker_login" {
        /// The registry, as `registry.example.org:5000`.
        #[alias("registry", "url")]
        registry_url: String = "https://index.docker.io/v1/",
        /// The user to log in as.
        username: Option<String>,
        /// The password.
        password: Option<Secret>,
        /// Ask the registry and keep the login though it is kept already.
        #[alias("reauth")]
        reauthorize: bool = false,
        /// The `config.json` to use; else that in `DOCKER_CONFIG`, or `~/.docker/config.json`.
        #[alias("dockercfg_path")]
        config_path: Option<PathBuf>,
        /// Whether to be logged in.
        state: State = "present",
        ..engine: Engine,
    }
    rules [RequiredIf("state", "present", &["username", "password"])]
}

returns! {
    /// Who is logged in, and where.
    login_result: dict if "`state` is `present`",
    /// What was done, in words.
    actions: list,
}

choices! {
    /// Whether to be logged in.
    pub enum State {
        /// Logged in.
        Present = "present",
        /// Logged out.
        Absent = "absent",
    }
}

impl Module for DockerLogin {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Log in to our registry
  community.docker.docker_login:
    registry_url: registry.example.org
    username: deployer
    password: \"{{ registry_password }}\"
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let registry = key(&self.registry_url);
        let logins = match &self.config_path {
            Some(path) => Logins::load_from(target, path)?,
            None => Logins::load(target)?,
        };
        let kept = logins.find(target, &registry)?;
        target.set("actions", json!([]));
        match self.state {
            State::Present => self.log_in(target, &logins, kept, &registry),
            State::Absent => log_out(target, &logins, kept, &registry),
        }
    }
}

impl DockerLogin {
    fn log_in(
        &self,
        target: &mut Target,
        logins: &Logins,
        kept: Option<Login>,
        registry: &str,
    ) -> Result<(), Fail> {
        let username = self.username.clone().unwrap_or_default();
        let password = self.password.as_ref().map(Secret::reveal).unwrap_or_default().to_owned();
        let login = Login { username: username.clone(), password, is_token: false };
        let mut result = json!({"username": username, "serveraddress": registry});
        let same = kept.as_ref() == Some(&login);
        if !same || self.reauthorize {
            let client = self.engine.connect(target)?;
            let status = client.check_login(registry, &login).map_err(|error| {
                let cannot = format!("cannot log in to `{registry}` as `{username}`");
                let words = error.message.to_lowercase();
                let fail = error.when(&cannot);
                match words.contains("connection refused") || words.contains("no such host") {
                    true => fail.hint("the registry does not answer: is its name right, and does it run?"),
                    false => fail,
                }
            })?;
            result["Status"] = status.into();
        }
        target.set("login_result", result);
        let after = json!({"username": username, "password": "the given one"});
        let before: Side = match kept {
            None => Side::Absent,
            Some(_) if same && !self.reauthorize => after.clone().into(),
            Some(_) if same => json!({"username": username, "password": "to be asked for again"}).into(),
            Some(kept) => json!({"username": kept.username, "password": "another one"}).into(),
        };
        let made = target.change(&format!("login to {registry}"), before, after, |hands| {
            keep(hands, logins, registry, &login)
        })?;
        if made.differs() {
            target.set("actions", json!([format!("Logged into {registry}")]));
        }
        Ok(())
    }
}

fn log_out(target: &mut Target, logins: &Logins, kept: Option<Login>, registry: &str) -> Result<(), Fail> {
    let Some(kept) = kept else { return Ok(()) };
    let before = json!({"username": kept.username});
    target.change(&format!("login to {registry}"), before, Side::Absent, |hands| {
        match logins.program(registry) {
            Some(program) => hands.run(&helper(&program, "erase", registry)).map(drop),
            None => write(hands, logins, registry, None),
        }
    })?;
    target.set("actions", json!([format!("Logged out of {registry}")]));
    Ok(())
}

fn helper(program: &str, verb: &str, input: &str) -> Command {
    Command::new(program).arg(verb).stdin(input).own_locale()
}

fn keep(hands: &mut Hands<'_>, logins: &Logins, registry: &str, login: &Login) -> Result<(), Fail> {
    if let Some(program) = logins.program(registry) {
        let entry = json!({"ServerURL": registry, "Username": login.username, "Secret": login.password});
        return hands.run(&helper(&program, "store", &entry.to_string())).map(drop);
    }
    let auth = STANDARD.encode(format!("{}:{}", login.username, login.password));
    write(hands, logins, registry, Some(json!({"auth": auth})))
}

/// Writes `config.json` with this entry for a registry, in the place of all that mean the same.
fn write(hands: &mut Hands<'_>, logins: &Logins, registry: &str, entry: Option<Value>) -> Result<(), Fail> {
    let mut config = logins.config.clone();
    let auths = config.entry("auths").or_insert_with(|| Value::Object(Map::new()));
    if let Some(auths) = auths.as_object_mut() {
        auths.retain(|name, _| key(name) != registry);
        auths.extend(entry.map(|entry| (registry.to_owned(), entry)));
    }
    let directory = logins.path.parent().unwrap_or(Path::new("/"));
    if !directory.exists() {
        hands.make_parents(directory)?;
        hands.mkdir(directory, 0o700)?;
    }
    let text = serde_json::to_string_pretty(&config).unwrap_or_default() + "\n";
    hands
        .replace(&logins.path, &mut text.as_bytes(), &Replace { mode: Some(0o600), ..Replace::default() })
        .map(drop)
}
