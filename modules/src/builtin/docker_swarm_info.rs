//! docker_swarm_info

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::docker::{Client, Engine};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell about the swarm that the engine manages: its nodes, services and tasks.
    pub struct DockerSwarmInfo as "docker_swarm_info" {
        /// Whether to list nodes.
        nodes: bool = false,
        /// Which nodes, as `role: manager`.
        nodes_filters: Option<Map<String, Value>>,
        /// Whether to list services.
        services: bool = false,
        /// Which services, as `name: web`.
        services_filters: Option<Map<String, Value>>,
        /// Whether to list tasks.
        tasks: bool = false,
        /// Which tasks, as `desired-state: running`.
        tasks_filters: Option<Map<String, Value>>,
        /// Whether to tell the key that unlocks managers.
        unlock_key: bool = false,
        /// Whether lists have all that the engine says.
        verbose_output: bool = false,
        ..engine: Engine,
    }
}

returns! {
    /// Whether the engine answers.
    can_talk_to_docker: bool,
    /// Whether it is in a swarm.
    docker_swarm_active: bool,
    /// Whether it manages it.
    docker_swarm_manager: bool,
    /// The swarm, with the secrets by which others join.
    swarm_facts: dict,
    /// The key that unlocks managers.
    swarm_unlock_key: str if "with `unlock_key`",
    /// The nodes.
    nodes: list if "with `nodes`",
    /// The services.
    services: list if "with `services`",
    /// The tasks.
    tasks: list if "with `tasks`",
}

impl Module for DockerSwarmInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Look at the nodes
  community.docker.docker_swarm_info:
    nodes: true
  register: swarm
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        for name in ["can_talk_to_docker", "docker_swarm_active", "docker_swarm_manager"] {
            target.set(name, false);
        }
        let client = self.engine.connect(target)?;
        target.set("can_talk_to_docker", true);
        let member = client.membership()?;
        target.set("docker_swarm_active", member.is_member());
        target.set("docker_swarm_manager", member.manager);
        client.need_manager()?;
        target.set("swarm_facts", client.get("/swarm")?);
        if self.unlock_key {
            let key = client.get("/swarm/unlockkey")?["UnlockKey"].take();
            target.set("swarm_unlock_key", Some(key).filter(|key| key != "").unwrap_or_default());
        }
        let lists: [(&str, bool, &Option<Map<String, Value>>, fn(&Client, &Value) -> Value); 3] = [
            ("nodes", self.nodes, &self.nodes_filters, node),
            ("services", self.services, &self.services_filters, service),
            ("tasks", self.tasks, &self.tasks_filters, task),
        ];
        for (name, _, chosen, brief) in lists.into_iter().filter(|(_, wanted, ..)| *wanted) {
            let listed = client.listed(&format!("/{name}"), &filters(chosen))?;
            let all: Vec<Value> = if self.verbose_output {
                listed
            } else {
                listed.iter().map(|one| brief(&client, one)).collect()
            };
            target.set(name, all);
        }
        Ok(())
    }
}

/// Filters as the API wants them: lists of texts.
fn filters(given: &Option<Map<String, Value>>) -> Value {
    let plain = |value: &Value| crate::compose::units::text(value).map_or(Value::Null, Value::from);
    let listed = |value: &Value| match value {
        Value::Array(items) => items.iter().map(plain).collect(),
        one => Value::Array(vec![plain(one)]),
    };
    given.as_ref().map_or(Value::Null, |map| {
        map.iter().map(|(key, value)| (key.clone(), listed(value))).collect::<Map<_, _>>().into()
    })
}

fn node(_: &Client, node: &Value) -> Value {
    let manager = match node.get("ManagerStatus") {
        Some(status) if status["Leader"] == true => "Leader".into(),
        Some(status) => status["Reachability"].clone(),
        None => Value::Null,
    };
    json!({
        "ID": node["ID"], "Hostname": node["Description"]["Hostname"], "Status": node["Status"]["State"],
        "Availability": node["Spec"]["Availability"], "ManagerStatus": manager,
        "EngineVersion": node["Description"]["Engine"]["EngineVersion"],
    })
}

fn service(_: &Client, service: &Value) -> Value {
    let spec = &service["Spec"];
    let replicated = spec.pointer("/Mode/Replicated/Replicas");
    json!({
        "ID": service["ID"], "Name": spec["Name"], "Mode": if replicated.is_some() { "Replicated" } else { "Global" },
        "Replicas": replicated, "Image": spec["TaskTemplate"]["ContainerSpec"]["Image"],
        "Ports": spec.pointer("/EndpointSpec/Ports").cloned().unwrap_or_else(|| json!([])),
    })
}

fn task(client: &Client, task: &Value) -> Value {
    let id = task["NodeID"].as_str().unwrap_or_default();
    let node = if id.is_empty() { None } else { client.find(&format!("/nodes/{id}")).ok().flatten() };
    json!({
        "ID": task["ID"], "ContainerID": task.pointer("/Status/ContainerStatus/ContainerID"),
        "Image": task["Spec"]["ContainerSpec"]["Image"],
        "Node": node.map(|node| node["Description"]["Hostname"].clone()),
        "DesiredState": task["DesiredState"], "CurrentState": task["Status"]["State"], "Error": task["Status"].get("Err"),
    })
}

#[cfg(test)]
#[cfg(feature = "lab")]
mod tests {
    use serde_json::json;

    use crate::docker::testing::InSwarm;
    use crate::testing::Sandbox;

    #[test]
    fn a_swarm_tells_its_nodes_and_services() {
        let swarm = InSwarm::new();
        let sandbox = Sandbox::new("docker_swarm_info");
        let told = sandbox.reads(
            json!({"nodes": true, "nodes_filters": {"role": "manager"}, "services": true, "tasks": true}),
        );
        assert_eq!((&told["docker_swarm_manager"], &told["services"]), (&json!(true), &json!([])));
        assert_eq!(
            (&told["nodes"][0]["ManagerStatus"], &told["nodes"][0]["Status"]),
            (&json!("Leader"), &json!("ready"))
        );
        drop(swarm);
        let _alone = InSwarm::without();
        let reply = sandbox.run(json!({}));
        assert!(reply.failure.unwrap().starts_with("the engine is in no swarm"));
        assert_eq!(reply.values["can_talk_to_docker"], true);
    }
}
