//! How a client logs in: a token, a file that holds one, a password, or a plugin that is asked.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::config::Config;
use super::options::Surroundings;
use crate::Fail;
use crate::args::Secret;

/// How to log in, beside a client certificate.
#[derive(Clone, Debug)]
pub(super) enum Login {
    None,
    Token(Secret),
    /// Read for each request, as tokens of pods are renewed.
    TokenFile(PathBuf),
    Basic(String, Secret),
    Exec(Exec),
}

/// A credential plugin.
#[derive(Clone, Debug)]
pub(super) struct Exec {
    command: String,
    args: Vec<String>,
    environment: Vec<(String, String)>,
    info: Value,
    hint: Option<String>,
}

/// What a plugin answered: a token or a certificate with its key, good for a while.
#[derive(Clone, Debug, Default)]
pub(super) struct Credential {
    pub(super) token: Option<Secret>,
    pub(super) certificate: Option<(Vec<u8>, Secret)>,
    until: Option<Timestamp>,
}

/// The last answer of a plugin.
#[derive(Debug, Default)]
pub(super) struct Kept(Mutex<Option<Credential>>);

impl Kept {
    /// The credential that was kept, or a new one where there is none or it expires within a minute.
    pub(super) fn get(&self, plugin: &Exec) -> Result<Credential, Fail> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let soon = Timestamp::now().as_second() + 60;
        if let Some(good) = kept.as_ref().filter(|c| c.until.is_none_or(|until| until.as_second() > soon)) {
            return Ok(good.clone());
        }
        let new = plugin.ask()?;
        *kept = Some(new.clone());
        Ok(new)
    }

    /// Forgets it, as the server no longer takes it.
    pub(super) fn forget(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

impl Login {
    /// The value of the header `Authorization`.
    pub(super) fn header(&self, kept: &Kept) -> Result<Option<String>, Fail> {
        Ok(match self {
            Self::None => None,
            Self::Token(token) => Some(format!("Bearer {}", token.reveal())),
            Self::TokenFile(path) => {
                let token = std::fs::read_to_string(path);
                let token = token
                    .map_err(|e| Fail::io(format!("cannot read the token in `{}`", path.display()), &e))?;
                Some(format!("Bearer {}", token.trim()))
            }
            Self::Basic(user, password) => {
                Some(format!("Basic {}", STANDARD.encode(format!("{user}:{}", password.reveal()))))
            }
            Self::Exec(plugin) => kept.get(plugin)?.token.map(|token| format!("Bearer {}", token.reveal())),
        })
    }
}

impl Exec {
    pub(super) fn new(plugin: &Value, config: &Config, around: &Surroundings) -> Result<Self, Fail> {
        let text = |key: &str| plugin.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let version = text("apiVersion");
        if !["client.authentication.k8s.io/v1", "client.authentication.k8s.io/v1beta1"]
            .contains(&version.as_str())
        {
            return Err(Fail::new(format!(
                "a credential plugin must speak `client.authentication.k8s.io/v1` or `v1beta1`: `{version}`"
            )));
        }
        let mut environment: Vec<(String, String)> = around.variables.clone().into_iter().collect();
        for variable in plugin.get("env").and_then(Value::as_array).into_iter().flatten() {
            let part = |key: &str| variable.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
            environment.push((part("name"), part("value")));
        }
        let mut spec = json!({"interactive": false});
        if plugin.get("provideClusterInfo") == Some(&Value::Bool(true)) {
            spec["cluster"] = json!({"server": config.server, "insecure-skip-tls-verify": config.insecure});
            if let Some(ca) = &config.ca {
                spec["cluster"]["certificate-authority-data"] = STANDARD.encode(ca).into();
            }
        }
        let args = plugin.get("args").and_then(Value::as_array).into_iter().flatten();
        Ok(Self {
            command: text("command"),
            args: args.filter_map(|arg| arg.as_str().map(str::to_owned)).collect(),
            environment,
            info: json!({"kind": "ExecCredential", "apiVersion": version, "spec": spec}),
            hint: Some(text("installHint")).filter(|hint| !hint.is_empty()),
        })
    }

    fn ask(&self) -> Result<Credential, Fail> {
        let failed = |why: String| {
            let fail = Fail::new(format!("the credential plugin `{}` failed: {why}", self.command));
            self.hint.iter().fold(fail, |fail, hint| fail.hint(hint.trim()))
        };
        let output = Command::new(&self.command)
            .args(&self.args)
            .env_clear()
            .envs(self.environment.iter().map(|(name, value)| (name, value)))
            .env("KUBERNETES_EXEC_INFO", self.info.to_string())
            .stdin(Stdio::null())
            .output()
            .map_err(|error| failed(Fail::io("cannot run it", &error).message))?;
        if !output.status.success() {
            let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
            return Err(failed(if said.is_empty() { output.status.to_string() } else { said }));
        }
        let answer: Value =
            serde_json::from_slice(&output.stdout).map_err(|_| failed("its answer is no JSON".into()))?;
        let text = |key: &str| answer.get("status")?.get(key)?.as_str().map(str::to_owned);
        let key = text("clientKeyData").map(Secret::from);
        let credential = Credential {
            token: text("token").map(Secret::from),
            certificate: text("clientCertificateData").map(String::into_bytes).zip(key),
            until: text("expirationTimestamp").and_then(|time| time.parse().ok()),
        };
        match (&credential.token, &credential.certificate) {
            (None, None) => Err(failed("it gave neither a token nor a certificate".into())),
            _ => Ok(credential),
        }
    }
}
