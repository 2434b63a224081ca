//! docker_volume_info

use crate::args::{Return, Value};
use crate::docker::{Engine, escape};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell all that the engine knows of a volume.
    pub struct DockerVolumeInfo as "docker_volume_info" {
        /// The volume's name.
        #[alias("volume_name")]
        name: String,
        ..engine: Engine,
    }
}

returns! {
    /// Whether it is there.
    exists: bool,
    /// The volume as the engine inspects it; nothing where it is not there.
    volume: dict,
}

impl Module for DockerVolumeInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at the volume of the application
  community.docker.docker_volume_info:
    name: shop
  register: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let found = client.find(&format!("/volumes/{}", escape(&self.name)))?;
        target.set("exists", found.is_some());
        target.set("volume", found.unwrap_or(Value::Null));
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;

    #[test]
    fn a_volume_is_told_of() {
        let scratch = Scratch::new();
        let name = scratch.name("volume");
        scratch.post("/volumes/create", &json!({"Name": name}));
        let sandbox = Sandbox::new("docker_volume_info");
        let values = sandbox.reads(json!({"name": name}));
        assert_eq!((&values["exists"], &values["volume"]["Name"]), (&json!(true), &json!(name)));
        let values = sandbox.reads(json!({"name": scratch.name("none")}));
        assert_eq!((&values["exists"], &values["volume"]), (&json!(false), &json!(null)));
    }
}
