//! The options by which modules that stand in for a docker command find the engine.

use std::path::PathBuf;

use crate::docker::{Client, Engine};
use crate::{Fail, Target, args};

args! {
    /// Which engine to use, where `timeout` means something else.
    pub struct Cli {
        /// Where the engine listens, as `unix:///path` or `tcp://host:port`; else what `DOCKER_HOST` says, or the usual
        /// socket.
        #[alias("docker_url")]
        docker_host: Option<String>,
        /// Whether the connection is encrypted, without looking who answers.
        tls: Option<bool>,
        /// Whether the connection is encrypted and the engine's certificate must be good.
        #[alias("tls_verify")]
        validate_certs: Option<bool>,
        /// The name that the engine's certificate must have; else that of its address.
        tls_hostname: Option<String>,
        /// A file with the certificates of authorities that are trusted.
        #[alias("ca_cert", "tls_ca_cert", "cacert_path")]
        ca_path: Option<PathBuf>,
        /// A file with our own certificate.
        #[alias("tls_client_cert", "cert_path")]
        client_cert: Option<PathBuf>,
        /// A file with the key of our certificate.
        #[alias("tls_client_key", "key_path")]
        client_key: Option<PathBuf>,
        /// The version of the API to speak; `auto` is the newest that both know.
        #[alias("docker_api_version")]
        api_version: Option<String>,
        /// Taken for Ansible's sake: no docker command is run.
        docker_cli: Option<PathBuf>,
        /// A context of the docker command; only `default` is known.
        cli_context: Option<String>,
    }
}

impl Cli {
    /// The engine of a module's target.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub(crate) fn connect(&self, target: &Target) -> Result<Client, Fail> {
        if let Some(context) = self.cli_context.as_deref().filter(|context| *context != "default") {
            let fail = Fail::new(format!("contexts of the docker command are not read: `{context}`"));
            return Err(fail.hint("say `docker_host`"));
        }
        let engine = Engine {
            docker_host: self.docker_host.clone(),
            tls: self.tls,
            validate_certs: self.validate_certs,
            tls_hostname: self.tls_hostname.clone(),
            ca_path: self.ca_path.clone(),
            client_cert: self.client_cert.clone(),
            client_key: self.client_key.clone(),
            api_version: self.api_version.clone(),
            timeout: None,
            use_ssh_client: false,
            debug: false,
        };
        Ok(engine.connect(target)?)
    }
}
