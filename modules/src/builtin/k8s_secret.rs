//! k8s_secret

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::args::{Return, Secret};
use crate::kubernetes::content::{Content, encoded, metadata};
use crate::kubernetes::{self as k8s, Cluster, Placing};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Keep a secret: values, files, a login of a registry, or a certificate with its key.
    ///
    /// The secret holds just what is given. Its values are never shown: not in differences, not in results.
    pub struct K8sSecret as "k8s_secret" {
        /// The name of the secret.
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        /// What kind of secret it is; else `Opaque`, or what `registry` and `tls` make of it.
        r#type: Option<String>,
        /// The login of a registry, for `image_pull_secrets`.
        registry: Option<Registry>,
        /// A certificate and its key, as PEM files on the target.
        tls: Option<Tls>,
        ..content: Content,
        ..placing: Placing,
        ..cluster: Cluster,
    }
    rules [ MutuallyExclusive(&["registry", "tls"]) ]
}

args! {
    /// The login of a registry.
    pub struct Registry {
        /// The address of the registry.
        #[alias("host", "url")]
        server: String = "https://index.docker.io/v1/",
        /// The user.
        #[alias("user")]
        username: String,
        /// The password or token.
        password: Secret,
        /// An address that some registries want.
        email: Option<String>,
    }
}

args! {
    /// A certificate and its key.
    pub struct Tls {
        /// The certificate, followed by those that signed it.
        #[alias("certificate")]
        cert: std::path::PathBuf,
        /// Its key.
        key: std::path::PathBuf,
    }
}

returns! {
    /// The secret, without its values.
    result: dict,
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for K8sSecret {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Give the shop its password
  k8s_secret:
    name: shop
    namespace: web
    data: {password: '{{ shop_password }}'}

- name: Let the cluster pull from our registry
  k8s_secret:
    name: registry
    namespace: web
    registry: {server: registry.example.org, username: robot, password: '{{ registry_password }}'}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let mut manifest = json!({"apiVersion": "v1", "kind": "Secret", "metadata": metadata(&self.name, &namespace, &self.content)?});
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, Some(Duration::from_secs(30)));
        }
        let values = self.content.values(target)?;
        let mut data: Map<String, Value> =
            values.iter().map(|(key, bytes)| (key.clone(), encoded(bytes))).collect();
        let kind = match (&self.registry, &self.tls) {
            (Some(login), _) => {
                data.insert(".dockerconfigjson".into(), encoded(login.config().as_bytes()));
                "kubernetes.io/dockerconfigjson"
            }
            (_, Some(pair)) => {
                for (key, path) in [("tls.crt", &pair.cert), ("tls.key", &pair.key)] {
                    let bytes = target.read(path)?;
                    let bytes =
                        bytes.ok_or_else(|| Fail::new(format!("there is no file `{}`", path.display())))?;
                    data.insert(key.into(), encoded(&bytes));
                }
                "kubernetes.io/tls"
            }
            _ => "Opaque",
        };
        manifest["type"] = self.r#type.as_deref().unwrap_or(kind).into();
        if !data.is_empty() {
            manifest["data"] = data.into();
        }
        if let Some(fixed) = self.content.immutable {
            manifest["immutable"] = fixed.into();
        }
        let mut made = k8s::place(target, &client, "k8s_secret", manifest, &self.placing, None)?;
        for value in made.get_mut("data").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut)
        {
            *value = "(not shown)".into();
        }
        target.set("result", k8s::wanted(&made));
        Ok(())
    }
}

impl Registry {
    /// As the docker command keeps logins.
    fn config(&self) -> String {
        let (user, password) = (&self.username, self.password.reveal());
        let auth = encoded(format!("{user}:{password}").as_bytes());
        let mut login = json!({"username": user, "password": password, "auth": auth});
        if let Some(email) = &self.email {
            login["email"] = email.clone().into();
        }
        json!({"auths": {&self.server: login}}).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::Registry;

    #[test]
    fn a_login_is_written_as_the_docker_command_writes_it() {
        let login = Registry {
            server: "r".into(),
            username: "u".into(),
            password: "p".to_owned().into(),
            email: None,
        };
        assert_eq!(login.config(), r#"{"auths":{"r":{"username":"u","password":"p","auth":"dTpw"}}}"#);
        assert!(!format!("{login:?}").contains("\"p\""));
    }

    #[cfg(feature = "lab")]
    #[test]
    fn values_are_kept_and_never_shown() {
        use serde_json::json;

        use crate::kubernetes::lab;
        let space = lab::Namespace::new();
        let sandbox = lab::sandbox("k8s_secret").file("key", "from a file");
        let mut args = json!({"name": "s", "namespace": space.name, "data": {"password": "hunter2"}, "from_files": {"key": sandbox.path("key")}});
        let first = sandbox.converges(args.clone());
        assert_eq!(
            space.get("Secret", "s")["data"],
            json!({"password": "aHVudGVyMg==", "key": "ZnJvbSBhIGZpbGU="})
        );
        args["data"] = json!({"password": "another"});
        let second = sandbox.converges(args);
        for reply in [first, second] {
            let all = serde_json::to_string(&reply).unwrap();
            for secret in ["hunter2", "aHVudGVyMg", "another\"", "YW5vdGhlcg", "from a file", "ZnJvbSBh"] {
                assert!(!all.contains(secret), "`{secret}` in {all}");
            }
        }
        let login = json!({"name": "r", "namespace": space.name, "registry": {"server": "r.example.org", "username": "u", "password": "p"}});
        sandbox.converges(login);
        assert_eq!(space.get("Secret", "r")["type"], "kubernetes.io/dockerconfigjson");
    }
}
