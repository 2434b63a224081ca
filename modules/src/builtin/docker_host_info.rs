//! docker_host_info

use serde_json::json;

use crate::args::{Map, Return, Value};
use crate::docker::{Client, Engine, query, texts};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Tell of an engine, and of what it has.
    pub struct DockerHostInfo as "docker_host_info" {
        /// Whether its containers are listed.
        containers: bool = false,
        /// Whether those that do not run are listed too.
        containers_all: bool = false,
        /// Which of them, as `label: [a=b]` or `status: exited`.
        containers_filters: Option<Map<String, Value>>,
        /// Whether its images are listed.
        images: bool = false,
        /// Which of them.
        images_filters: Option<Map<String, Value>>,
        /// Whether its networks are listed.
        networks: bool = false,
        /// Which of them.
        networks_filters: Option<Map<String, Value>>,
        /// Whether its volumes are listed.
        volumes: bool = false,
        /// Which of them.
        volumes_filters: Option<Map<String, Value>>,
        /// Whether it is told how much of the disk all takes.
        disk_usage: bool = false,
        /// Whether lists have all that the engine tells, not only the most asked for.
        verbose_output: bool = false,
        ..engine: Engine,
    }
}

returns! {
    /// Whether the engine answers; told with a failure too.
    can_talk_to_docker: bool,
    /// What the engine says of itself.
    host_info: dict,
    /// Its containers.
    containers: list if "`containers` is true",
    /// Its images.
    images: list if "`images` is true",
    /// Its networks.
    networks: list if "`networks` is true",
    /// Its volumes.
    volumes: list if "`volumes` is true",
    /// What takes the disk.
    disk_usage: dict if "`disk_usage` is true",
}

impl Module for DockerHostInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: See which containers of the shop there are
  community.docker.docker_host_info:
    containers: true
    containers_all: true
    containers_filters: {label: shop}
  register: engine
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self
            .engine
            .connect(target)
            .map_err(|error| Fail::from(error).with("can_talk_to_docker", false))?;
        target.set("can_talk_to_docker", true);
        let told = self.tell(target, &client);
        told.map_err(|fail| fail.with("can_talk_to_docker", true))
    }
}

impl DockerHostInfo {
    fn tell(&self, target: &mut Target, client: &Client) -> Result<(), Fail> {
        target.set("host_info", client.get("/info")?);
        if self.disk_usage {
            let usage = client.get("/system/df")?;
            target.set(
                "disk_usage",
                if self.verbose_output { usage } else { json!({"LayersSize": usage["LayersSize"]}) },
            );
        }
        let all = if self.containers_all { "1" } else { "" };
        let containers = &["Id", "Image", "Command", "Created", "Status", "Ports", "Names"][..];
        let lists = [
            (self.containers, "containers", "/containers/json", &self.containers_filters, all, containers),
            (
                self.images,
                "images",
                "/images/json",
                &self.images_filters,
                "",
                &["Id", "RepoTags", "Created", "Size"],
            ),
            (
                self.networks,
                "networks",
                "/networks",
                &self.networks_filters,
                "",
                &["Id", "Driver", "Name", "Scope"],
            ),
            (self.volumes, "volumes", "/volumes", &self.volumes_filters, "", &["Driver", "Name"]),
        ];
        for (_, name, path, filters, all, keys) in lists.into_iter().filter(|(wanted, ..)| *wanted) {
            let filters = texts::filters(filters.as_ref());
            let mut answer = client.get(&query(path, &[("all", all), ("filters", &filters)]))?;
            let answer = if name == "volumes" { answer["Volumes"].take() } else { answer };
            let items = answer.as_array().cloned().unwrap_or_default();
            let brief = |item: Value| match self.verbose_output {
                true => item,
                false => keys
                    .iter()
                    .map(|key| ((*key).to_owned(), item[*key].clone()))
                    .collect::<Map<_, _>>()
                    .into(),
            };
            target.set(name, items.into_iter().map(brief).collect::<Vec<Value>>());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn an_engine_that_is_not_there_is_told() {
        let sandbox = Sandbox::new("docker_host_info");
        let reply = sandbox.run(json!({"docker_host": format!("unix://{}", sandbox.path("none"))}));
        assert!(reply.failure.is_some());
        assert_eq!(reply.values["can_talk_to_docker"], false);
    }

    #[cfg(feature = "lab")]
    #[test]
    fn an_engine_and_what_it_has_are_told() {
        let scratch = crate::docker::scratch::Scratch::new();
        let label = scratch.name("l");
        let volume = scratch.name("volume");
        scratch.post("/volumes/create", &json!({"Name": volume, "Labels": {&label: "1"}}));
        let container = scratch.start_with(json!({"Cmd": ["sleep", "600"], "Labels": {&label: "1"}}));
        let filters = json!({"label": label});
        let mut args = json!({"containers": true, "containers_filters": filters, "volumes": true,
            "volumes_filters": filters, "networks": true, "networks_filters": {"name": "bridge"}, "images": true,
            "images_filters": {"reference": "lab/app:1"}, "disk_usage": true});
        let sandbox = Sandbox::new("docker_host_info");
        let values = sandbox.reads(args.clone());
        assert_eq!(values["can_talk_to_docker"], true);
        assert!(values["host_info"]["ServerVersion"].is_string());
        assert_eq!(values["containers"][0]["Names"], json!([format!("/{container}")]));
        assert_eq!(values["containers"][0].get("Labels"), None);
        assert_eq!(values["volumes"], json!([{"Driver": "local", "Name": volume}]));
        assert_eq!(values["images"][0]["RepoTags"], json!(["lab/app:1"]));
        assert_eq!(values["networks"][0]["Driver"], "bridge");
        assert_eq!(values["disk_usage"].as_object().unwrap().len(), 1);
        args["verbose_output"] = true.into();
        let values = sandbox.run(args).values;
        assert_eq!(values["containers"][0]["Labels"][&label], "1");
    }
}
