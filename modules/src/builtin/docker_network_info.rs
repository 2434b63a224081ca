//! docker_network_info

use crate::args::{Return, Value};
use crate::docker::{Engine, escape};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell all that the engine knows of a network.
    pub struct DockerNetworkInfo as "docker_network_info" {
        /// The network's name.
        name: String,
        ..engine: Engine,
    }
}

returns! {
    /// Whether it is there.
    exists: bool,
    /// The network as the engine inspects it; nothing where it is not there.
    network: dict,
}

impl Module for DockerNetworkInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at the network of the application
  community.docker.docker_network_info:
    name: shop
  register: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let found = client.find(&format!("/networks/{}", escape(&self.name)))?;
        target.set("exists", found.is_some());
        target.set("network", found.unwrap_or(Value::Null));
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;

    #[test]
    fn a_network_is_told_of() {
        let scratch = Scratch::new();
        let name = scratch.name("network");
        scratch.post("/networks/create", &json!({"Name": name}));
        let sandbox = Sandbox::new("docker_network_info");
        let values = sandbox.reads(json!({"name": name}));
        assert_eq!((&values["exists"], &values["network"]["Name"]), (&json!(true), &json!(name)));
        let values = sandbox.reads(json!({"name": scratch.name("none")}));
        assert_eq!((&values["exists"], &values["network"]), (&json!(false), &json!(null)));
    }
}
