//! The options by which every module of Docker finds its engine, and the environment behind them.

use std::path::PathBuf;
use std::time::Duration;

use super::endpoint::{DEFAULT_HOST, Endpoint, Tls};
use super::{Client, Error};
use crate::args::{Home, is_true};
use crate::{Target, args};

args! {
    /// Which engine to use, taken into the options of other modules.
    pub struct Engine {
        /// Where the engine listens, as `unix:///path` or `tcp://host:port`; else what `DOCKER_HOST` says, or the usual
        /// socket.
        #[alias("docker_url")]
        docker_host: Option<String>,
        /// Whether the connection is encrypted, without looking who answers; else what `DOCKER_TLS` says.
        tls: Option<bool>,
        /// Whether the connection is encrypted and the engine's certificate must be good; else what `DOCKER_TLS_VERIFY`
        /// says.
        #[alias("tls_verify")]
        validate_certs: Option<bool>,
        /// The name that the engine's certificate must have; else that of its address.
        tls_hostname: Option<String>,
        /// A file with the certificates of authorities that are trusted; else `ca.pem` in `DOCKER_CERT_PATH`, or the
        /// system's.
        #[alias("ca_cert", "tls_ca_cert", "cacert_path")]
        ca_path: Option<PathBuf>,
        /// A file with our own certificate; else `cert.pem` in `DOCKER_CERT_PATH`.
        #[alias("tls_client_cert", "cert_path")]
        client_cert: Option<PathBuf>,
        /// A file with the key of our certificate; else `key.pem` in `DOCKER_CERT_PATH`.
        #[alias("tls_client_key", "key_path")]
        client_key: Option<PathBuf>,
        /// The version of the API to speak; `auto` is the newest that both know.
        #[alias("docker_api_version")]
        api_version: Option<String>,
        /// How many seconds an answer of the engine may take to begin; else what `DOCKER_TIMEOUT` says, or 60.
        timeout: Option<u64>,
        /// Taken for Ansible's sake: there is no other client of SSH to use.
        use_ssh_client: bool = false,
        /// Taken for Ansible's sake: what the engine says is told anyhow.
        debug: bool = false,
    }
}

impl Engine {
    /// The engine of a module's target.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub fn connect(&self, target: &Target) -> Result<Client, Error> {
        Client::connect(&self.endpoint(&|name| target.variable(name))?)
    }

    /// Where these options and an environment say that the engine is.
    ///
    /// # Errors
    /// When an address is of a kind that cannot be used.
    pub fn endpoint(&self, env: &dyn Fn(&str) -> Option<String>) -> Result<Endpoint, Error> {
        let env = |name: &str| env(name).filter(|value| !value.is_empty());
        let host = self.docker_host.clone().or_else(|| env("DOCKER_HOST"));
        let mut endpoint = Endpoint::parse(host.as_deref().unwrap_or(DEFAULT_HOST))?;
        let seconds = self.timeout.or_else(|| env("DOCKER_TIMEOUT")?.parse().ok()).unwrap_or(60);
        endpoint.timeout = Duration::from_secs(seconds.max(1));
        let version = self.api_version.clone().or_else(|| env("DOCKER_API_VERSION"));
        endpoint.api_version = version.filter(|version| version != "auto");
        // ansible: an empty `DOCKER_TLS_VERIFY` is none, and any other word than a false one is a wish
        let verify = self.validate_certs.or_else(|| env("DOCKER_TLS_VERIFY").map(|word| is_true(&word)));
        let tls = self.tls.or_else(|| env("DOCKER_TLS").map(|word| is_true(&word)));
        let is_https = host.is_some_and(|host| host.starts_with("https://"));
        if verify == Some(true) || tls == Some(true) || is_https {
            endpoint.tls = Some(self.tls(verify == Some(true), &env)?);
        }
        Ok(endpoint)
    }

    fn tls(&self, verify: bool, env: &dyn Fn(&str) -> Option<String>) -> Result<Tls, Error> {
        let directory = env("DOCKER_CERT_PATH").map(PathBuf::from);
        let beside = |name: &str| directory.as_ref().map(|path| path.join(name)).filter(|path| path.exists());
        let file = |given: &Option<PathBuf>, name: &str| given.clone().or_else(|| beside(name));
        let client = match (file(&self.client_cert, "cert.pem"), file(&self.client_key, "key.pem")) {
            (Some(certificate), Some(key)) => Some((certificate, key)),
            (None, None) => None,
            _ => return Err(Error::new("`client_cert` and `client_key` belong together: one is missing")),
        };
        let name = self.tls_hostname.clone().or_else(|| env("DOCKER_TLS_HOSTNAME"));
        Ok(Tls { verify, name, ca: file(&self.ca_path, "ca.pem"), client })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::args::Args;

    fn endpoint(args: serde_json::Value, env: &[(&str, &str)]) -> Endpoint {
        let engine = Engine::parse(args.as_object().unwrap()).unwrap();
        let find =
            |name: &str| env.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned());
        engine.endpoint(&find).unwrap()
    }

    #[test]
    fn options_come_before_the_environment() {
        let env = [("DOCKER_HOST", "tcp://a:1"), ("DOCKER_TIMEOUT", "7")];
        assert_eq!(endpoint(json!({}), &[]).shown(), DEFAULT_HOST);
        assert_eq!(endpoint(json!({}), &env).shown(), "tcp://a:1");
        assert_eq!(endpoint(json!({}), &env).timeout.as_secs(), 7);
        assert_eq!(endpoint(json!({"docker_url": "tcp://b:2"}), &env).shown(), "tcp://b:2");
        assert_eq!(endpoint(json!({"api_version": "auto"}), &[]).api_version, None);
    }

    #[test]
    fn tls_is_used_where_it_is_wished_for() {
        assert_eq!(endpoint(json!({}), &[]).tls, None);
        assert!(!endpoint(json!({"tls": true}), &[]).tls.unwrap().verify);
        assert!(endpoint(json!({}), &[("DOCKER_TLS_VERIFY", "1")]).tls.unwrap().verify);
        assert_eq!(endpoint(json!({}), &[("DOCKER_TLS_VERIFY", "")]).tls, None);
    }
}
