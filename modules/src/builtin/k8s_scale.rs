//! k8s_scale

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::edit::{Edited, edit};
use crate::kubernetes::workload::Workload;
use crate::kubernetes::{self as k8s, Client, Cluster, Patch, Selection, Write};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Set how many pods a deployment, stateful set, replica set or job has.
    pub struct K8sScale as "k8s_scale" {
        /// The name of the object; `deployment/web` says the kind too.
        name: Option<String>,
        /// Its kind; else the first of deployment, stateful set, replica set and job that has the name.
        kind: Option<String>,
        /// The version of the kind, as `apps/v1`.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Labels of several objects, in place of `name`.
        label_selectors: Vec<String> = "",
        /// A manifest that says kind, name and namespace.
        #[alias("definition", "inline")]
        resource_definition: Option<Value>,
        /// How many pods; of a job, how many at once.
        replicas: u32,
        /// Only if it has so many now; else nothing is done.
        current_replicas: Option<u32>,
        /// Only if it has this version; else nothing is done.
        resource_version: Option<String>,
        /// Whether to wait until they are ready. A job is not waited for.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "20",
        /// Not needed: the object is watched.
        wait_sleep: u64 = "5",
        /// Whether to go on with the other objects after a mistake.
        continue_on_error: bool = false,
        ..cluster: Cluster,
    }
    rules [ RequiredOneOf(&["name", "label_selectors", "resource_definition"]) ]
}

returns! {
    /// The object; of several, `results` has all.
    result: dict if "one object is meant",
    /// What became of each object.
    results: list if "several objects are meant",
    /// How many seconds were waited.
    duration: int if "with `wait`",
    /// Why nothing was done.
    warning: str if "`current_replicas` or `resource_version` did not fit",
}

impl Module for K8sScale {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Make room for the evening
  kubernetes.core.k8s_scale:
    kind: Deployment
    name: web
    namespace: shop
    replicas: 6
    wait_timeout: 60
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let begun = Instant::now();
        let space = self.namespace.as_deref().unwrap_or_else(|| client.namespace());
        if k8s::awaits(target, space, self.name.as_deref().unwrap_or_default())? {
            return Ok(());
        }
        let all = self.meant(&client)?;
        let several = all.len() > 1;
        let (mut results, mut errors) = (Vec::new(), Vec::new());
        for one in &all {
            match self.scale(target, &client, one) {
                Ok(Ok(object)) if several => results.push(json!({"result": k8s::wanted(&object)})),
                Ok(Ok(object)) => target.set("result", object),
                Ok(Err(why)) if several => results.push(json!({"warning": why, "changed": false})),
                Ok(Err(why)) => {
                    target.set("warning", why);
                    target.set("result", json!({}));
                }
                Err(fail) if several && self.continue_on_error => {
                    errors.push(json!({"error": fail.message, "failed": true}))
                }
                Err(fail) => return Err(fail),
            }
        }
        if several {
            target.set("results", results);
        }
        if !errors.is_empty() {
            target.set("errors", errors);
        }
        if self.wait {
            target.set("duration", begun.elapsed().as_secs());
        }
        Ok(())
    }
}

impl K8sScale {
    /// The objects that are meant.
    fn meant(&self, client: &Client) -> Result<Vec<Workload>, Fail> {
        let definition = self.resource_definition.clone().unwrap_or_default();
        let told = |own: &Option<String>, pointer: &str| {
            own.clone().or_else(|| definition.pointer(pointer)?.as_str().map(str::to_owned))
        };
        let namespace =
            told(&self.namespace, "/metadata/namespace").unwrap_or_else(|| client.namespace().to_owned());
        let kind = told(&self.kind, "/kind");
        let version = told(&self.api_version, "/apiVersion").filter(|version| version != "v1");
        let name = told(&self.name, "/metadata/name");
        match (name, kind) {
            (None, kind) => {
                let kind = kind.as_deref().unwrap_or("Deployment");
                let resource = client.resource(kind, version.as_deref())?;
                let labels = self.label_selectors.join(",");
                let found = client
                    .list(
                        &resource,
                        &namespace,
                        &Selection { labels: labels.clone(), ..Selection::default() },
                    )?
                    .0;
                if found.is_empty() {
                    return Err(Fail::new(format!(
                        "no {kind} in namespace `{namespace}` has the labels `{labels}`"
                    )));
                }
                Ok(found.into_iter().map(|object| Workload { resource: resource.clone(), object }).collect())
            }
            (Some(name), None) => Ok(vec![client.workload_or_fail(&namespace, &name)?]),
            (Some(name), Some(kind)) => {
                let resource = client.resource(&kind, version.as_deref())?;
                Ok(vec![client.named(&resource, &namespace, &name)?])
            }
        }
    }

    /// Scales one object: what it is then, or why nothing was done.
    fn scale(
        &self,
        target: &mut Target<'_>,
        client: &Arc<Client>,
        one: &Workload,
    ) -> Result<Result<Value, String>, Fail> {
        let Workload { resource, object } = one;
        let (name, namespace) = (k8s::name(object), k8s::namespace(object));
        let field = if resource.kind == "Job" { "parallelism" } else { "replicas" };
        let Some(has) = k8s::number(object, &format!("/spec/{field}")) else {
            return Err(Fail::new(format!("{} `{name}` has no `{field}` to set", resource.kind)));
        };
        let version = k8s::text(object, "/metadata/resourceVersion");
        if let Some(wanted) = self.resource_version.as_deref().filter(|wanted| *wanted != version) {
            return Ok(Err(format!(
                "resource version of {} `{name}` is `{version}`, not `{wanted}`",
                resource.kind
            )));
        }
        if let Some(wanted) = self.current_replicas.filter(|wanted| i64::from(*wanted) != has) {
            return Ok(Err(format!("{} `{name}` has {has} replicas, not {wanted}", resource.kind)));
        }
        let mut made = Edited::same(object.clone());
        if has != i64::from(self.replicas) {
            let mut body = json!({"spec": {field: self.replicas}});
            if self.resource_version.is_some() {
                body["metadata"] = json!({"resourceVersion": version});
            }
            let write = Write::patch(resource, namespace, name, Patch::Merge, body).manager(k8s::MANAGER);
            made = edit(target, client, resource, Some(object), &write)?;
        }
        if self.wait && resource.kind != "Job" {
            let limit = Duration::from_secs(self.wait_timeout);
            return k8s::settled(target, client, resource, made, limit).map(Ok);
        }
        Ok(Ok(made.object))
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::kubernetes::lab;
    use crate::wire::Change;

    #[test]
    fn a_deployment_is_scaled_and_waited_for() {
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_scale");
        let args = json!({"kind": "Deployment", "name": "web", "namespace": space.name, "replicas": 2, "wait_timeout": 90});
        let reply = sandbox.converges(args);
        assert_eq!(reply.values["result"]["status"]["readyReplicas"], 2);
        let other = json!({"name": "web", "namespace": space.name, "replicas": 3, "current_replicas": 7});
        let kept = sandbox.run(other);
        assert_eq!(kept.change, Change::No);
        assert_eq!(kept.values["warning"], "Deployment `web` has 2 replicas, not 7");
        let to_nothing =
            json!({"name": "deployment/web", "namespace": space.name, "replicas": 0, "wait_timeout": 60});
        sandbox.converges(to_nothing);
        let said = sandbox
            .fails(json!({"kind": "Deployment", "name": "wep", "namespace": space.name, "replicas": 1}));
        assert!(
            said.contains("there is no Deployment `wep`") && said.contains("did you mean `web`?"),
            "{said}"
        );
    }

    #[test]
    fn what_cannot_come_about_is_told_with_the_reason() {
        let space = lab::Namespace::new();
        space.apply(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "few"}, "spec": {"hard": {"pods": "1"}}}));
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_scale");
        let reply =
            sandbox.run(json!({"name": "web", "namespace": space.name, "replicas": 3, "wait_timeout": 90}));
        let said = reply.failure.expect("the quota forbids it");
        assert!(said.contains("exceeded quota: few"), "{said}");
    }
}
