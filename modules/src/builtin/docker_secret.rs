//! docker_secret

use serde_json::Value;

use crate::args::{Return, Secret};
use crate::docker::{Engine, Kept};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Keep a secret in a swarm, for its services.
    ///
    /// What stands in a secret is never given back, so a label keeps a digest of it, by which another content is noticed.
    pub struct DockerSecret as "docker_secret" {
        /// Its content.
        data: Option<Secret>,
        ..kept: Kept,
        ..engine: Engine,
    }
    rules [MutuallyExclusive(&["data", "data_src"]), RequiredIfAny("state", "present", &["data", "data_src"])]
}

returns! {
    /// The number of the secret.
    secret_id: str if "`state` is `present`",
    /// Its name, with its version where it has one.
    secret_name: str if "`state` is `present`",
}

impl Module for DockerSecret {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Keep a password, each new one beside the old
  community.docker.docker_secret:
    name: password
    data: \"{{ password }}\"
    rolling_versions: true
  register: secret
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        self.kept.run(target, &client, "secret", self.data.as_ref().map(Secret::reveal), &Value::Null)
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;

    #[test]
    fn a_secret_is_made_changed_by_its_content_and_removed() {
        let _swarm = InSwarm::new();
        let sandbox = Sandbox::new("docker_secret").file("key", "from a file");
        let first = sandbox.converges(json!({"name": "s", "data": "hush", "labels": {"a": 1}}));
        assert_eq!(first.values["secret_name"], "s");
        assert!(!format!("{first:?}").contains("hush"));
        let other = sandbox.converges(json!({"name": "s", "data": "aHVzaCE=", "data_is_b64": true}));
        assert_ne!(other.values["secret_id"], first.values["secret_id"]);
        sandbox.converges(json!({"name": "s", "data_src": sandbox.path("key")}));
        sandbox.converges(json!({"name": "s", "state": "absent"}));
        let said = sandbox.run(json!({"name": "s", "data": "!", "data_is_b64": true})).failure.unwrap();
        assert_eq!(said, "`data` is no base64");
    }

    #[test]
    fn versions_stand_beside_each_other() {
        let _swarm = InSwarm::new();
        let sandbox = Sandbox::new("docker_secret");
        for number in 1..=3 {
            let args = json!({"name": "v", "data": number.to_string(), "rolling_versions": true, "versions_to_keep": 2});
            assert_eq!(sandbox.converges(args).values["secret_name"], format!("v_v{number}"));
        }
        let kept = sandbox.converges(json!({"name": "v", "rolling_versions": true, "state": "absent"}));
        assert_eq!(kept.diff.len(), 2);
    }
}
