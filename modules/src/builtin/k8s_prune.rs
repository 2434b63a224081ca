//! k8s_prune

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::applyset::{ApplySet, Member, SetOptions};
use crate::kubernetes::{Cluster, Sources, edit};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Remove the objects of an ApplySet that belong to it no more.
    ///
    /// Kept is what `k8s_apply` has applied to the set in this run, and what the manifests given here name. Objects are
    /// never found by other labels than that of the set.
    pub struct K8sPrune as "k8s_prune" {
        /// The set.
        applyset: SetOptions,
        /// Remove all objects of the set.
        all: bool = false,
        ..sources: Sources,
        ..cluster: Cluster,
    }
}

returns! {
    /// What was removed, each as `Kind namespace/name`.
    pruned: list,
}

impl Module for K8sPrune {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Apply one part
  k8s_apply:
    src: shop.yaml
    applyset: {name: shop, namespace: web}

- name: Apply the other part
  k8s_apply:
    src: stock.yaml
    applyset: {name: shop, namespace: web}

- name: Remove what is in neither
  k8s_prune:
    applyset: {name: shop, namespace: web}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let set = ApplySet::of(&client, &self.applyset, self.sources.namespace.as_deref())?;
        let mut keep: BTreeSet<Member> = set.kept();
        if self.sources.is_given() {
            for manifest in self.sources.manifests(target, &client)? {
                let kind = crate::kubernetes::text(&manifest.object, "/kind");
                let resource =
                    client.resource(kind, Some(crate::kubernetes::text(&manifest.object, "/apiVersion")))?;
                let own = crate::kubernetes::namespace(&manifest.object);
                let usual = self.sources.namespace.as_deref().unwrap_or_else(|| client.namespace());
                let space = if own.is_empty() { usual } else { own };
                let space = if resource.namespaced { space } else { "" };
                keep.insert((resource.group_kind(), space.to_owned(), manifest.name().to_owned()));
            }
        }
        if self.all {
            keep.clear();
        } else if keep.is_empty() {
            return Err(Fail::new(format!(
                "nothing was applied to the set `{}` in this run, so all of it would go",
                self.applyset.name
            ))
            .hint("apply to it first, give the manifests to keep, or say `all: true`"));
        }
        let gone = set.prune(target, &keep)?;
        let pruned: Vec<Value> =
            gone.iter().map(|one| edit::title(&one.resource, &one.object).into()).collect();
        if !pruned.is_empty() {
            let kinds = keep.iter().map(|(kind, ..)| kind.clone()).collect();
            let spaces = keep.iter().map(|(_, space, _)| space.clone()).collect();
            set.record(target, &kinds, &spaces)?;
        }
        target.set("pruned", json!(pruned));
        Ok(())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::kubernetes::lab::{self, Namespace};

    #[test]
    fn what_no_task_applied_to_the_set_goes_and_nothing_else() {
        let space = Namespace::new();
        let map = |name: &str| json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}});
        let set = json!({"name": "parts", "kind": "ConfigMap"});
        for name in ["a", "b"] {
            let reply = lab::sandbox("k8s_apply")
                .run(json!({"definition": map(name), "namespace": space.name, "applyset": set}));
            assert_eq!(reply.failure, None);
        }
        space.apply(map("other"));
        let sandbox = lab::sandbox("k8s_prune");
        let args = json!({"applyset": set, "namespace": space.name});
        sandbox.keeps(args.clone());
        let said = sandbox.fails(json!({"applyset": {"name": "new"}, "namespace": space.name}));
        assert!(said.starts_with("nothing was applied to the set `new` in this run"), "{said}");
        let reply = sandbox.converges(json!({"applyset": set, "namespace": space.name, "all": true}));
        assert_eq!(reply.diff.iter().filter(|diff| diff.after.is_empty()).count(), 2, "{:?}", reply.diff);
        assert!(space.find("ConfigMap", "a").is_none() && space.find("ConfigMap", "other").is_some());
    }
}
