//! k8s_cluster_info

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::kubernetes::{Cluster, Discovery};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Say which Kubernetes answers, and what kinds it has.
    pub struct K8sClusterInfo as "k8s_cluster_info" {
        /// Not needed: each task looks for new kinds when one is not known.
        invalidate_cache: bool = true,
        ..cluster: Cluster,
    }
}

returns! {
    /// The kinds by `apiVersion`, each with `plural_name`, `namespaced`, `short_names` and `verbs`.
    apis: dict,
    /// The server's address.
    connection: dict,
    /// The versions of the server and of this client.
    version: dict,
    /// Groups whose kinds could not be learned, and why.
    broken: dict,
}

impl Module for K8sClusterInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: See whether the cluster answers
  kubernetes.core.k8s_cluster_info:
  register: cluster
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let server = client.read("/version")?;
        if self.invalidate_cache {
            client.forget();
        }
        let discovery = client.discover()?;
        target.set("apis", apis(&discovery));
        target.set(
            "broken",
            discovery
                .broken
                .iter()
                .map(|(group, why)| (group.clone(), why.clone().into()))
                .collect::<Map<_, Value>>(),
        );
        let config = &client.config;
        target.set("connection", json!({"host": config.server, "cert_file": null, "verify_ssl": !config.is_insecure(), "namespace": client.namespace()}));
        target.set("version", json!({"client": env!("CARGO_PKG_VERSION"), "server": {"kubernetes": server}}));
        Ok(())
    }
}

fn apis(discovery: &Discovery) -> Value {
    let preferred: Vec<String> = discovery
        .groups()
        .iter()
        .filter_map(|(group, versions)| {
            let version = versions.first()?;
            Some(if group.is_empty() { version.clone() } else { format!("{group}/{version}") })
        })
        .collect();
    let mut all = Map::new();
    for resource in discovery.all() {
        let version = resource.api_version();
        let kinds = all.entry(version.clone()).or_insert_with(|| json!({}));
        kinds[&resource.kind] = json!({
            "plural_name": resource.plural, "singular_name": resource.singular, "namespaced": resource.namespaced,
            "short_names": resource.short_names, "verbs": resource.verbs, "preferred": preferred.contains(&version),
            "categories": [], "name": resource.plural,
        });
    }
    all.into()
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::kubernetes::lab;

    #[test]
    fn the_cluster_tells_its_version_and_kinds() {
        let seen = lab::sandbox("k8s_cluster_info").reads(json!({}));
        let deployment = &seen["apis"]["apps/v1"]["Deployment"];
        assert_eq!(
            (&deployment["plural_name"], &deployment["preferred"]),
            (&json!("deployments"), &json!(true))
        );
        assert!(seen["version"]["server"]["kubernetes"]["gitVersion"].as_str().unwrap().starts_with('v'));
        assert!(seen["connection"]["host"].as_str().unwrap().starts_with("https://"));
    }
}
