//! docker_node

use serde_json::{Map, Value};

use crate::args::Return;
use crate::docker::{Client, Engine};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Change a node of a swarm: its role, whether it gets work, its labels.
    pub struct DockerNode as "docker_node" {
        /// Its name or number; the number where several have the name.
        hostname: String,
        /// Its labels.
        labels: Option<Map<String, Value>>,
        /// Whether other labels stay.
        labels_state: LabelsState = "merge",
        /// Labels to take away; one that is in `labels` too stays.
        labels_to_remove: Option<Vec<String>>,
        /// Whether it gets work.
        availability: Option<Availability>,
        /// Its role.
        role: Option<Role>,
        ..engine: Engine,
    }
}

choices! {
    /// What becomes of other labels.
    pub enum LabelsState {
        /// They stay.
        Merge = "merge",
        /// They go.
        Replace = "replace",
    }
}

choices! {
    /// Whether a node gets work.
    pub enum Availability {
        /// It does.
        Active = "active",
        /// It keeps what it has, and gets no more.
        Pause = "pause",
        /// It gives up what it has.
        Drain = "drain",
    }
}

choices! {
    /// What a node is.
    pub enum Role {
        /// A manager.
        Manager = "manager",
        /// A worker.
        Worker = "worker",
    }
}

returns! {
    /// The node, as the engine tells it.
    node: dict,
}

impl Module for DockerNode {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Let a node give up its work
  community.docker.docker_node:
    hostname: node2
    availability: drain
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        client.need_manager()?;
        let node = find(&client, &self.hostname)?;
        let before = node["Spec"].clone();
        let after = self.wanted(target, before.clone());
        let id = node["ID"].as_str().unwrap_or_default().to_owned();
        let path = format!("/nodes/{id}/update?version={}", node["Version"]["Index"]);
        let body = after.clone();
        target.change(&format!("node {}", self.hostname), before, after, |hands| {
            client
                .post(hands, &path, &body)
                .map_err(|error| error.when(&format!("cannot change node `{}`", self.hostname)))
        })?;
        target.set("node", client.get(&format!("/nodes/{id}"))?);
        Ok(())
    }
}

impl DockerNode {
    fn wanted(&self, target: &mut Target, mut spec: Value) -> Value {
        if let Some(role) = self.role {
            spec["Role"] = role.as_str().into();
        }
        if let Some(availability) = self.availability {
            spec["Availability"] = availability.as_str().into();
        }
        let plain = |value: &Value| crate::compose::units::text(value).unwrap_or_default();
        let given: Option<Map<String, Value>> = self
            .labels
            .as_ref()
            .map(|all| all.iter().map(|(key, value)| (key.clone(), plain(value).into())).collect());
        let mut labels = spec["Labels"].as_object().cloned().unwrap_or_default();
        match (self.labels_state, &given) {
            (LabelsState::Replace, given) => labels = given.clone().unwrap_or_default(),
            (LabelsState::Merge, given) => {
                for name in self.labels_to_remove.iter().flatten() {
                    if given.as_ref().is_some_and(|given| given.contains_key(name)) {
                        target.warn(format!(
                            "label `{name}` is in `labels` and in `labels_to_remove`: it stays"
                        ));
                    } else {
                        labels.remove(name);
                    }
                }
                labels.extend(given.clone().unwrap_or_default());
            }
        }
        spec["Labels"] = labels.into();
        spec
    }
}

/// The node of a name or number.
pub(crate) fn find(client: &Client, name: &str) -> Result<Value, Fail> {
    let all = client.listed("/nodes", &Value::Null)?;
    let of_name: Vec<&Value> = all.iter().filter(|node| node["Description"]["Hostname"] == name).collect();
    match (all.iter().find(|node| node["ID"] == name), of_name.as_slice()) {
        (Some(node), _) => Ok(node.clone()),
        (None, [node]) => Ok((*node).clone()),
        (None, []) => {
            let known: Vec<&str> =
                all.iter().filter_map(|node| node["Description"]["Hostname"].as_str()).collect();
            Err(Fail::new(format!("there is no node `{name}` in the swarm, but `{}`", known.join("`, `"))))
        }
        (None, _) => {
            Err(Fail::new(format!("several nodes have the name `{name}`"))
                .hint("give the number of the node"))
        }
    }
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;

    #[test]
    fn a_node_gets_labels_and_gives_up_its_work() {
        let _swarm = InSwarm::new();
        let info = Sandbox::new("docker_node_info").reads(json!({"self": true}));
        let name = info["nodes"][0]["Description"]["Hostname"].as_str().unwrap();
        let sandbox = Sandbox::new("docker_node");
        let reply = sandbox.converges(json!({"hostname": name, "labels": {"a": 1, "b": "x"}}));
        assert_eq!(reply.values["node"]["Spec"]["Labels"], json!({"a": "1", "b": "x"}));
        let args = json!({"hostname": name, "labels": {"c": "y"}, "labels_to_remove": ["a"], "availability": "drain"});
        let reply = sandbox.converges(args);
        assert_eq!(reply.values["node"]["Spec"]["Labels"], json!({"b": "x", "c": "y"}));
        assert_eq!(reply.values["node"]["Spec"]["Availability"], "drain");
        sandbox.converges(json!({"hostname": name, "labels_state": "replace"}));
        let said = sandbox.run(json!({"hostname": "nobody"})).failure.unwrap();
        assert_eq!(said, format!("there is no node `nobody` in the swarm, but `{name}`"));
        let said = sandbox.run(json!({"hostname": name, "role": "worker"})).failure.unwrap();
        assert!(said.contains("last manager"), "{said}");
    }
}
