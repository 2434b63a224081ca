//! k8s_delete

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::apply::{self, Removal};
use crate::kubernetes::{Cluster, DeleteOptions, Selection, Sources, Waiting, edit};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Remove objects of Kubernetes, and wait until they are really gone.
    ///
    /// What is not there is well, as is a kind that the server has not.
    pub struct K8sDelete as "k8s_delete" {
        /// Which objects of the kind are meant where none is named, by labels.
        label_selectors: Option<Vec<String>>,
        /// Which objects of the kind are meant where none is named, by fields.
        field_selectors: Option<Vec<String>>,
        /// Remove all objects of the kind where none is named.
        delete_all: bool = false,
        /// How objects are removed.
        delete_options: Option<DeleteOptions>,
        /// Whether to wait until they are gone.
        wait: bool = true,
        ..waiting: Waiting,
        ..sources: Sources,
        ..cluster: Cluster,
    }
    rules [
        RequiredOneOf(&["resource_definition", "src", "template", "kind", "_documents"]),
    ]
}

returns! {
    /// What was removed, each as `Kind namespace/name`.
    removed: list,
}

impl Module for K8sDelete {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Remove a deployment and wait until its pods are gone too
  k8s_delete:
    kind: Deployment
    name: shop
    namespace: web
    delete_options: {propagationPolicy: Foreground}

- name: Remove all that a file has brought
  k8s_delete:
    src: manifests/shop.yaml
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        if let Some(kind) = self.sources.kind.as_ref().filter(|_| self.sources.resource_definition.is_none())
            && client.find(kind, self.sources.api_version.as_deref())?.is_none()
        {
            target.set("removed", json!([]));
            return Ok(());
        }
        let manifests = self.sources.manifests(target, &client)?;
        let joined =
            |words: &Option<Vec<String>>| words.as_ref().map(|words| words.join(",")).unwrap_or_default();
        let how = Removal {
            namespace: self.sources.namespace.clone(),
            options: Some(DeleteOptions::body(self.delete_options.as_ref())?),
            selection: Selection {
                labels: joined(&self.label_selectors),
                fields: joined(&self.field_selectors),
            },
            all: self.delete_all,
            wait: self.wait.then(|| self.waiting.limit()),
        };
        let done = apply::delete(target, &client, &manifests, &how)?;
        let removed = done.iter().filter(|one| one.changed);
        let removed: Vec<Value> = removed.map(|one| edit::title(&one.resource, &one.object).into()).collect();
        target.set("removed", removed);
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use crate::kubernetes::lab::{self, Namespace};

    #[test]
    fn objects_are_removed_by_name_and_by_labels_and_are_really_gone() {
        let space = Namespace::new();
        let map = |name: &str, part: &str| {
            space.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"part": part}}}));
        };
        [("a", "x"), ("b", "x"), ("c", "y")].iter().for_each(|(name, part)| map(name, part));
        space.pod("p", "sleep 1000");
        let sandbox = lab::sandbox("k8s_delete");
        let reply = sandbox.converges(json!({"kind": "Pod", "name": "p", "namespace": space.name}));
        assert!(space.find("Pod", "p").is_none(), "it is gone when the task ends");
        assert_eq!(reply.values["removed"], json!([format!("Pod {}/p", space.name)]));
        sandbox.converges(json!({"kind": "cm", "namespace": space.name, "label_selectors": ["part=x"]}));
        assert!(space.find("ConfigMap", "b").is_none() && space.find("ConfigMap", "c").is_some());
        sandbox.keeps(json!({"kind": "NoSuchKind", "api_version": "example.org/v1", "name": "x"}));
        let said = sandbox.fails(json!({"kind": "ConfigMap", "namespace": space.name}));
        assert!(said.starts_with("no name is given for the ConfigMap to remove"), "{said}");
    }

    #[test]
    fn what_is_held_is_told_with_what_holds_it() {
        let space = Namespace::new();
        let meta = json!({"name": "held", "finalizers": ["example.org/hold"]});
        space.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta}));
        let begun = Instant::now();
        let args = json!({"kind": "ConfigMap", "name": "held", "namespace": space.name, "wait_timeout": 2});
        let said = lab::sandbox("k8s_delete").run(args).failure.unwrap();
        assert!(said.ends_with("it is being removed, held by example.org/hold"), "{said}");
        assert!(begun.elapsed() < Duration::from_secs(10));
        let free = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": space.name, "finalizers": []}});
        let reply =
            lab::sandbox("k8s_apply").run(json!({"definition": free, "merge_type": "merge", "wait": false}));
        assert_eq!(reply.failure, None, "the name space can go");
    }
}
