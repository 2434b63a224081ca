//! k8s_info

use std::sync::Arc;

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::status::{Awaited, wait};
use crate::kubernetes::{ApiError, Client, Cluster, Resource, Selection, Waiting, apply, jsonpath};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Look at objects of Kubernetes.
    pub struct K8sInfo as "k8s_info" {
        /// The kind: `Deployment`, `deployments` or `deploy`.
        kind: String,
        /// The version of the kind; else the one that the server prefers.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// The object; all of the kind where none is named.
        name: Option<String>,
        /// Where to look; in all namespaces if not given.
        namespace: Option<String>,
        /// Which objects, by labels.
        label_selectors: Option<Vec<String>>,
        /// Which objects, by fields.
        field_selectors: Option<Vec<String>>,
        /// Whether to wait until there are such objects, and all are as they should be.
        wait: bool = false,
        /// Fields that are not given back.
        hidden_fields: Option<Vec<String>>,
        /// Give back the metadata of the objects only.
        metadata_only: bool = false,
        /// What to pick out of the answer, in the words of kubectl: `{.items[*].metadata.name}`.
        jsonpath: Option<String>,
        ..waiting: Waiting,
        ..cluster: Cluster,
    }
}

returns! {
    /// The objects.
    resources: list,
    /// Whether the server has the kind.
    api_found: bool,
    /// What `jsonpath` picked out.
    found: list if "`jsonpath`",
}

impl Module for K8sInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Look at the pods of the shop that run
  kubernetes.core.k8s_info:
    kind: Pod
    namespace: web
    label_selectors: [app=shop]
    field_selectors: [status.phase=Running]
  register: pods

- name: Wait until the claim is bound, and get its size
  kubernetes.core.k8s_info:
    kind: PersistentVolumeClaim
    name: data
    namespace: web
    wait: true
    jsonpath: '{.status.capacity.storage}'
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let found = client.find(&self.kind, self.api_version.as_deref());
        let resource = match found? {
            Some(resource) => Some(resource),
            // Kinds may have come since.
            None => {
                client.forget();
                client.find(&self.kind, self.api_version.as_deref())?
            }
        };
        target.set("api_found", resource.is_some());
        let Some(resource) = resource else {
            let said = client.resource(&self.kind, self.api_version.as_deref()).err();
            let said = said.map_or_else(String::new, |error| error.message);
            if self.wait {
                return Err(Fail::new(said));
            }
            target.set("resources", json!([]));
            target.set("msg", said);
            return Ok(());
        };
        let mut objects = match self.wait {
            true => self.awaited(target, &client, &resource)?,
            false => self.look(&client, &resource)?,
        };
        if let Some(path) = &self.jsonpath {
            let whole = match (&self.name, objects.as_slice()) {
                (Some(_), [one]) => one.clone(),
                _ => json!({"items": objects}),
            };
            target.set("found", jsonpath::pick(path, &whole).map_err(Fail::new)?);
        }
        for object in &mut objects {
            apply::hide(object, self.hidden_fields.as_deref().unwrap_or_default());
            if self.metadata_only
                && let Some(map) = object.as_object_mut()
            {
                map.retain(|key, _| ["apiVersion", "kind", "metadata"].contains(&key.as_str()));
            }
        }
        target.set("resources", objects);
        Ok(())
    }
}

impl K8sInfo {
    fn selection(&self) -> Selection {
        let joined =
            |words: &Option<Vec<String>>| words.as_ref().map(|words| words.join(",")).unwrap_or_default();
        Selection { labels: joined(&self.label_selectors), fields: joined(&self.field_selectors) }
    }

    /// Where one object is that is named.
    fn space(&self, client: &Client, resource: &Resource) -> String {
        match (&self.namespace, &self.name) {
            _ if !resource.namespaced => String::new(),
            (Some(space), _) => space.clone(),
            (None, Some(_)) => client.namespace().to_owned(),
            (None, None) => String::new(),
        }
    }

    fn look(&self, client: &Client, resource: &Resource) -> Result<Vec<Value>, ApiError> {
        let space = self.space(client, resource);
        let Some(name) = &self.name else {
            return Ok(client.list(resource, &space, &self.selection())?.0);
        };
        let selection = self.selection();
        if selection.labels.is_empty() && selection.fields.is_empty() {
            return Ok(client.get(resource, &space, name)?.into_iter().collect());
        }
        let mut fields = vec![format!("metadata.name={name}")];
        fields.extend(Some(selection.fields).filter(|fields| !fields.is_empty()));
        let selection = Selection { fields: fields.join(","), ..selection };
        Ok(client.list(resource, &space, &selection)?.0)
    }

    fn awaited(
        &self,
        target: &mut Target<'_>,
        client: &Arc<Client>,
        resource: &Resource,
    ) -> Result<Vec<Value>, Fail> {
        let awaited = Awaited {
            resource: resource.clone(),
            namespace: self.space(client, resource),
            name: self.name.clone().unwrap_or_default(),
            selection: self.selection(),
            want: self.waiting.want(),
        };
        let found = wait(target, client, &[awaited], &[], self.waiting.limit())?
            .into_iter()
            .next()
            .unwrap_or_default();
        Ok(found.into_iter().map(|object| resource.named(object)).collect())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::json;

    use crate::kubernetes::lab::{self, Namespace};

    #[test]
    fn objects_are_found_by_name_labels_and_fields() {
        let space = Namespace::new();
        for (name, part) in [("a", "x"), ("b", "x"), ("c", "y")] {
            space.apply(json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name, "labels": {"part": part}}, "data": {"k": name}}));
        }
        let sandbox = lab::sandbox("k8s_info");
        let names = |more: serde_json::Value| {
            let mut args = json!({"kind": "ConfigMap", "namespace": space.name, "jsonpath": "{.items[*].metadata.name}"});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            sandbox.reads(args)["found"].clone()
        };
        assert_eq!(names(json!({"label_selectors": ["part=x"]})), json!(["a", "b"]));
        assert_eq!(names(json!({"field_selectors": ["metadata.name=c"]})), json!(["c"]));
        let one = sandbox.reads(json!({"kind": "cm", "name": "a", "namespace": space.name, "hidden_fields": ["metadata", "data.k"], "jsonpath": "{.data.k}"}));
        assert_eq!(one["resources"], json!([{"apiVersion": "v1", "kind": "ConfigMap", "data": {}}]));
        assert_eq!((&one["found"], &one["api_found"]), (&json!(["a"]), &json!(true)));
        let none = sandbox.reads(json!({"kind": "ConfigMap", "name": "none", "namespace": space.name}));
        assert_eq!(none["resources"], json!([]));
    }

    #[test]
    fn a_kind_that_is_not_known_is_an_answer() {
        let seen = lab::sandbox("k8s_info").reads(json!({"kind": "Deploymnt"}));
        assert_eq!((&seen["api_found"], &seen["resources"]), (&json!(false), &json!([])));
        assert!(seen["msg"].as_str().unwrap().ends_with("did you mean `Deployment`?"));
    }

    #[test]
    fn it_waits_for_all_that_are_selected_and_for_conditions() {
        let space = Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_info");
        let pods = sandbox.reads(
            json!({"kind": "Pod", "namespace": space.name, "label_selectors": "app=web", "wait": true}),
        );
        assert_eq!(pods["resources"][0]["kind"], "Pod");
        sandbox.reads(json!({"kind": "Deployment", "name": "web", "namespace": space.name, "wait": true,
            "wait_condition": {"type": "Progressing", "status": true, "reason": "NewReplicaSetAvailable"}}));
        let begun = Instant::now();
        let said = sandbox.fails(json!({"kind": "Pod", "namespace": space.name, "label_selectors": "app=none", "wait": true, "wait_timeout": 1}));
        assert_eq!(said, "not as wanted after 1 seconds: each pod: there is none");
        assert!(begun.elapsed() < Duration::from_secs(5));
    }
}
