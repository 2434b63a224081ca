//! docker_prune

use crate::args::{CheckSupport, Map, Return, Value};
use crate::docker::{Engine, quantity, query, texts};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Remove what nothing uses any more: containers, images, networks, volumes and what builds have kept.
    pub struct DockerPrune as "docker_prune" {
        /// Whether containers that ended are removed.
        containers: bool = false,
        /// Which of them, as `until: 24h` or `label: [a=b]`.
        containers_filters: Option<Map<String, Value>>,
        /// Whether images are removed: those without a name, or with the filter `dangling: false` all unused ones.
        images: bool = false,
        /// Which of them.
        images_filters: Option<Map<String, Value>>,
        /// Whether networks that no container is in are removed.
        networks: bool = false,
        /// Which of them.
        networks_filters: Option<Map<String, Value>>,
        /// Whether volumes that no container has are removed. What is in them is lost.
        volumes: bool = false,
        /// Which of them.
        volumes_filters: Option<Map<String, Value>>,
        /// Whether what builds have kept is removed.
        builder_cache: bool = false,
        /// Whether all of it goes, not only what no image needs.
        builder_cache_all: bool = false,
        /// Which of it.
        builder_cache_filters: Option<Map<String, Value>>,
        /// How much of it stays, as `2G`.
        builder_cache_keep_storage: Option<String>,
        ..engine: Engine,
    }
}

returns! {
    /// The containers that were removed.
    containers: list if "`containers` is true",
    /// The bytes that this gave.
    containers_space_reclaimed: int if "`containers` is true",
    /// The images that were removed, and the names they lost.
    images: list if "`images` is true",
    /// The bytes that this gave.
    images_space_reclaimed: int if "`images` is true",
    /// The networks that were removed.
    networks: list if "`networks` is true",
    /// The volumes that were removed.
    volumes: list if "`volumes` is true",
    /// The bytes that this gave.
    volumes_space_reclaimed: int if "`volumes` is true",
    /// What was removed of what builds have kept.
    builder_cache_caches_deleted: list if "`builder_cache` is true",
    /// The bytes that this gave.
    builder_cache_space_reclaimed: int if "`builder_cache` is true",
}

impl Module for DockerPrune {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const CHECK: CheckSupport =
        CheckSupport::None("the engine does not tell beforehand what it would remove");
    const EXAMPLES: &'static str = "\
- name: Remove what is left of old deployments
  community.docker.docker_prune:
    containers: true
    containers_filters: {until: 24h}
    images: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let keep = self.builder_cache_keep_storage.as_deref().map(quantity::bytes).transpose();
        let keep =
            keep.map_err(|fail| Fail::new(format!("`builder_cache_keep_storage`: {}", fail.message)))?;
        let keep = keep.map(|bytes| bytes.to_string()).unwrap_or_default();
        let all = if self.builder_cache_all { "true" } else { "" };
        let of = |filters: &Option<Map<String, Value>>| texts::filters(filters.as_ref());
        let build = query(
            "/build/prune",
            &[("filters", &of(&self.builder_cache_filters)), ("all", all), ("keep-storage", &keep)],
        );
        let plain = |kind: &str, filters| query(&format!("/{kind}/prune"), &[("filters", &of(filters))]);
        let prunes = [
            (
                self.containers,
                "containers",
                "ContainersDeleted",
                plain("containers", &self.containers_filters),
            ),
            (self.images, "images", "ImagesDeleted", plain("images", &self.images_filters)),
            (self.networks, "networks", "NetworksDeleted", plain("networks", &self.networks_filters)),
            (self.volumes, "volumes", "VolumesDeleted", plain("volumes", &self.volumes_filters)),
            (self.builder_cache, "builder_cache", "CachesDeleted", build),
        ];
        let client = self.engine.connect(target)?;
        target.perform(|hands| {
            let mut anything = false;
            for (_, kind, list, path) in prunes.iter().filter(|(wanted, ..)| *wanted) {
                let answer = client.post(hands, path, &Value::Null);
                let answer = answer
                    .map_err(|error| error.when(&format!("cannot prune {}", kind.replace('_', " "))))?;
                let removed = answer[list].as_array().cloned().unwrap_or_default();
                let space = answer["SpaceReclaimed"].as_u64();
                anything |= !removed.is_empty() || space.is_some_and(|space| space > 0);
                let name = if *kind == "builder_cache" { "builder_cache_caches_deleted" } else { kind };
                hands.set(name, removed);
                if *kind != "networks" {
                    hands.set(&format!("{kind}_space_reclaimed"), space.unwrap_or_default());
                }
            }
            if !anything {
                hands.unchanged();
            }
            Ok(())
        })?;
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::{Value, json};

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;
    use crate::wire::Change;

    #[test]
    fn what_nothing_uses_is_removed_and_nothing_else() {
        let scratch = Scratch::new();
        let (label, other) = (scratch.name("l"), scratch.name("m"));
        let labels = json!({&label: "1"});
        let (volume, network, kept) = (scratch.name("volume"), scratch.name("network"), scratch.name("kept"));
        scratch.post("/volumes/create", &json!({"Name": volume, "Labels": labels}));
        scratch.post("/volumes/create", &json!({"Name": kept, "Labels": {other: "1"}}));
        scratch.post("/networks/create", &json!({"Name": network, "Labels": labels}));
        let container = scratch.start_with(json!({"Cmd": ["true"], "Labels": labels}));
        scratch.post(&format!("/containers/{container}/wait"), &Value::Null);
        let filters = json!({"label": [format!("{label}=1")]});
        let args = json!({
            "containers": true, "containers_filters": filters, "networks": true, "networks_filters": filters,
            "volumes": true, "volumes_filters": filters, "images": true, "images_filters": filters,
        });
        let sandbox = Sandbox::new("docker_prune");
        let values = sandbox.performs(args.clone()).values;
        assert_eq!((&values["volumes"], &values["networks"]), (&json!([volume]), &json!([network])));
        assert_eq!((values["containers"].as_array().unwrap().len(), &values["images"]), (1, &json!([])));
        assert_eq!(scratch.get(&format!("/volumes/{kept}"))["Name"], kept);
        let again = sandbox.run(args);
        assert_eq!((again.failure, again.change), (None, Change::No));
    }

    #[test]
    fn what_builds_have_kept_goes_too() {
        let args = json!({"builder_cache": true, "builder_cache_filters": {"until": "87600h"}, "builder_cache_keep_storage": "1T"});
        let reply = Sandbox::new("docker_prune").run(args);
        assert_eq!((reply.failure, &reply.values["builder_cache_space_reclaimed"]), (None, &json!(0)));
        let message = Sandbox::new("docker_prune").fails(json!({"builder_cache_keep_storage": "much"}));
        assert_eq!(message, "`builder_cache_keep_storage`: expected an amount as `64M`, found `much`");
    }
}
