//! docker_container_info

use crate::args::{Return, Value};
use crate::docker::{Engine, escape};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell all that the engine knows of a container.
    pub struct DockerContainerInfo as "docker_container_info" {
        /// The container, by name or number.
        name: String,
        ..engine: Engine,
    }
}

returns! {
    /// Whether it is there.
    exists: bool,
    /// The container as the engine inspects it; nothing where it is not there.
    container: dict,
}

impl Module for DockerContainerInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at the application
  community.docker.docker_container_info:
    name: shop
  register: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let found = client.find(&format!("/containers/{}/json", escape(&self.name)))?;
        target.set("exists", found.is_some());
        target.set("container", found.unwrap_or(Value::Null));
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;

    #[test]
    fn a_container_is_told_of() {
        let scratch = Scratch::new();
        let name = scratch.start("sleep 600");
        let sandbox = Sandbox::new("docker_container_info");
        let values = sandbox.reads(json!({"name": name}));
        assert_eq!(
            (&values["exists"], &values["container"]["Name"]),
            (&json!(true), &json!(format!("/{name}")))
        );
        let values = sandbox.reads(json!({"name": scratch.name("none")}));
        assert_eq!((&values["exists"], &values["container"]), (&json!(false), &json!(null)));
    }
}
