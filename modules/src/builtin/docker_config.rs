//! docker_config

use serde_json::json;

use crate::args::Return;
use crate::docker::{Engine, Kept};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Keep a file of configuration in a swarm, for its services.
    ///
    /// A label keeps a digest of its content, by which another content is noticed.
    pub struct DockerConfig as "docker_config" {
        /// Its content.
        data: Option<String>,
        /// Whether the content is a template of Go that the swarm fills in.
        template_driver: Option<TemplateDriver>,
        ..kept: Kept,
        ..engine: Engine,
    }
    rules [MutuallyExclusive(&["data", "data_src"]), RequiredIfAny("state", "present", &["data", "data_src"])]
}

choices! {
    /// Who fills in templates.
    pub enum TemplateDriver {
        /// Go's own.
        Golang = "golang",
    }
}

returns! {
    /// The number of the config.
    config_id: str if "`state` is `present`",
    /// Its name, with its version where it has one.
    config_name: str if "`state` is `present`",
}

impl Module for DockerConfig {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Keep the configuration of a web server
  community.docker.docker_config:
    name: nginx.conf
    data_src: /srv/shop/nginx.conf
    rolling_versions: true
  register: config
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let extra =
            self.template_driver.map_or(json!({}), |driver| json!({"Templating": {"Name": driver.as_str()}}));
        self.kept.run(target, &client, "config", self.data.as_deref(), &extra)
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;
    use crate::wire::Change;

    #[test]
    fn a_config_is_made_changed_by_its_content_and_removed() {
        let _swarm = InSwarm::new();
        let sandbox = Sandbox::new("docker_config");
        let first = sandbox.converges(json!({"name": "c", "data": "one"}));
        let second = sandbox.converges(json!({"name": "c", "data": "one", "template_driver": "golang"}));
        assert_ne!(first.values["config_id"], second.values["config_id"]);
        assert_eq!(sandbox.run(json!({"name": "c", "data": "one", "force": true})).change, Change::Yes);
        sandbox.converges(json!({"name": "c", "state": "absent"}));
    }
}
