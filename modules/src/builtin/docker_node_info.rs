//! docker_node_info

use serde_json::Value;

use super::docker_node::find;
use crate::args::Return;
use crate::docker::Engine;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell about nodes of the swarm that the engine manages.
    pub struct DockerNodeInfo as "docker_node_info" {
        /// Their names or numbers; else all.
        name: Option<Vec<String>>,
        /// Only the node that answers.
        self_: bool = false,
        ..engine: Engine,
    }
}

returns! {
    /// The nodes, as the engine tells them.
    nodes: list,
}

impl Module for DockerNodeInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at all nodes
  community.docker.docker_node_info:
  register: nodes
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let own = client.need_manager()?.node;
        let nodes = match self.name.as_deref() {
            _ if self.self_ => vec![find(&client, &own)?],
            None | Some([]) => client.listed("/nodes", &Value::Null)?,
            Some(names) => names.iter().map(|name| find(&client, name)).collect::<Result<_, _>>()?,
        };
        target.set("nodes", nodes);
        Ok(())
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;

    #[test]
    fn nodes_are_told_by_name_or_all() {
        let _swarm = InSwarm::new();
        let sandbox = Sandbox::new("docker_node_info");
        let all = sandbox.reads(json!({}));
        let name = &all["nodes"][0]["Description"]["Hostname"];
        assert_eq!(sandbox.reads(json!({"name": [name]}))["nodes"][0]["ID"], all["nodes"][0]["ID"]);
        assert_eq!(sandbox.reads(json!({"self": true}))["nodes"][0]["ManagerStatus"]["Leader"], true);
    }
}
