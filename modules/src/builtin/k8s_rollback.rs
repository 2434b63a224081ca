//! k8s_rollback

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::rollout;
use crate::kubernetes::workload::Workload;
use crate::kubernetes::{Cluster, Selection};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Go back to the revision before, of deployments or daemon sets.
    ///
    /// Each run goes one step back; `k8s_rollout` can name the revision and waits.
    pub struct K8sRollback as "k8s_rollback" {
        /// The kind of the objects: `Deployment` or `DaemonSet`.
        kind: String,
        /// The version of the kind, as `apps/v1`.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// The name of the object.
        name: Option<String>,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Labels of several objects, in place of `name`.
        label_selectors: Vec<String> = "",
        /// Fields of several objects, in place of `name`.
        field_selectors: Vec<String> = "",
        ..cluster: Cluster,
    }
}

returns! {
    /// What became of each object: `changed`, `method`, `body` and `resources`, or `warnings`.
    rollback_info: list,
}

impl Module for K8sRollback {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Go one revision back
  kubernetes.core.k8s_rollback:
    api_version: apps/v1
    kind: Deployment
    name: web
    namespace: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let resource =
            client.resource(&self.kind, self.api_version.as_deref().filter(|version| *version != "v1"))?;
        if !["Deployment", "DaemonSet"].contains(&resource.kind.as_str()) {
            return Err(Fail::new(format!(
                "only deployments and daemon sets can go back, not a {}",
                resource.kind
            )));
        }
        let mut fields = self.field_selectors.clone();
        fields.extend(self.name.as_ref().map(|name| format!("metadata.name={name}")));
        let selection = Selection { labels: self.label_selectors.join(","), fields: fields.join(",") };
        let mut told: Vec<Value> = Vec::new();
        for object in client.list(&resource, &namespace, &selection)?.0 {
            let one = Workload { resource: resource.clone(), object };
            let known = rollout::revisions(&client, &one)?;
            let now = known.iter().find(|revision| revision.current).map_or(0, |revision| revision.number);
            if !known.iter().any(|revision| revision.number < now) {
                let name = crate::kubernetes::name(&one.object);
                let warning = format!("No rollout history found for resource {}/{name}", resource.kind);
                target.warn(warning.clone());
                told.push(json!({"changed": false, "warnings": [warning]}));
                continue;
            }
            let made = rollout::undo(target, &client, &one, None)?;
            told.push(json!({"changed": true, "method": "patch", "resources": made.object}));
        }
        target.set("rollback_info", told);
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::kubernetes::lab;
    use crate::wire::Change;

    #[test]
    fn each_run_goes_one_revision_back() {
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_rollback");
        let args =
            json!({"kind": "Deployment", "api_version": "apps/v1", "name": "web", "namespace": space.name});
        assert_eq!(sandbox.reads(args.clone())["rollback_info"][0]["changed"], false);
        let newer = json!({"name": "web", "namespace": space.name, "image": "lab/app:2", "image_pull_policy": "IfNotPresent",
            "force_conflicts": true, "wait": false});
        assert_eq!(lab::sandbox("k8s_deploy").run(newer).failure, None);
        lab::eventually(|| {
            space.get("Deployment", "web").pointer("/metadata/annotations/deployment.kubernetes.io~1revision")
                == Some(&json!("2"))
        });
        let foretold = sandbox.check(args.clone());
        assert_eq!(foretold.change, Change::Yes);
        let reply = sandbox.run(args);
        assert_eq!((reply.change, &reply.failure), (Change::Yes, &None));
        let image = space.get("Deployment", "web").pointer("/spec/template/spec/containers/0/image").cloned();
        assert_eq!(image, Some(json!("lab/app:1")));
    }
}
