//! k8s_apply

mod brief;
mod hash;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value};

use crate::args::Return;
use crate::kubernetes::apply::{self, Applied, Applying, Manifest, Mode, Removal};
use crate::kubernetes::applyset::{ApplySet, SetOptions, member};
use crate::kubernetes::{
    Client, Cluster, DeleteOptions, MANAGER, Patch, Selection, Sources, Waiting, matches_labels, placed,
};
use crate::sorting::Trees;
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Bring objects of Kubernetes to what manifests say, and wait until they have come about.
    ///
    /// The whole set is tried by the server's dry run before anything is written: a mistake anywhere means that nothing is
    /// applied, and all mistakes are told with document, line and field. Namespaces and definitions of new kinds come
    /// first. Whether something changed is the server's answer. As `k8s` it means what it does in Ansible: objects
    /// are patched unless `apply` is set, and are waited for only with `wait`.
    pub struct K8sApply as "k8s_apply" {
        /// Whether the objects should be there; `patched` changes only those that are.
        state: State = "present",
        /// Apply on the server, so that fields that are said no more go; else objects are patched.
        apply: Option<bool>,
        /// Apply on the server in the name of a manager.
        server_side_apply: Option<ServerSideApply>,
        /// In whose name fields are owned; else `baton`.
        field_manager: Option<String>,
        /// Take fields over that others own.
        force_conflicts: bool = false,
        /// Replace objects as a whole that are there.
        force: bool = false,
        /// How objects are patched: the first way that the server takes for a kind.
        merge_type: Option<Vec<MergeType>>,
        /// The beginning of a name that the server completes; each run makes a new object.
        generate_name: Option<String>,
        /// Put a digest of their content behind the names of config maps and secrets.
        append_hash: bool = false,
        /// How strictly manifests are checked; by default a field that the server does not know is a mistake.
        validate: Option<Validate>,
        /// Go on with other objects when one fails.
        continue_on_error: bool = false,
        /// Only objects with these labels.
        label_selectors: Option<Vec<String>>,
        /// How objects are removed.
        delete_options: Option<DeleteOptions>,
        /// Remove all objects of the kind where none is named.
        delete_all: bool = false,
        /// Fields that are not given back.
        hidden_fields: Vec<String> = "metadata.managedFields",
        /// Wait until the objects have come about, or are gone. True unless called as `k8s`.
        wait: Option<bool>,
        /// The set that the objects belong to, so that those that are applied no more can be removed.
        applyset: Option<SetOptions>,
        /// Remove the objects of the set that are not among these.
        prune: bool = false,
        /// In brief: the environment of the deployment's container.
        env: Option<Value>,
        /// In brief: the image of the deployment; else the one of its base, or its name.
        image: Option<String>,
        /// In brief: a deployment, with the options of `k8s_deploy`.
        deployment: Option<Map<String, Value>>,
        /// In brief: a service, with the options of `k8s_service`.
        service: Option<Map<String, Value>>,
        /// In brief: modules whose objects of this play are the base of the deployment and the service.
        from: Option<Vec<String>>,
        ..waiting: Waiting,
        ..sources: Sources,
        ..cluster: Cluster,
    }
    rules [
        MutuallyExclusive(&["resource_definition", "src", "template", "deployment"]),
        MutuallyExclusive(&["resource_definition", "src", "template", "service"]),
        MutuallyExclusive(&["merge_type", "apply"]),
        MutuallyExclusive(&["name", "generate_name"]),
        RequiredBy("prune", &["applyset"]),
    ]
}

args! {
    /// How the server applies.
    pub struct ServerSideApply {
        /// In whose name fields are owned.
        field_manager: String,
        /// Take fields over that others own.
        force_conflicts: bool = false,
    }
}

args! {
    /// How strictly manifests are checked.
    pub struct Validate {
        /// Whether a mistake is a failure; else it is a warning.
        fail_on_error: bool = true,
        /// Not needed: the server's own schema is used.
        version: Option<String>,
        /// Whether fields that are not known are a mistake.
        strict: bool = true,
    }
}

choices! {
    /// Whether objects should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
        Patched = "patched",
    }
}

choices! {
    /// How an object is patched.
    pub enum MergeType {
        /// Operations (RFC 6902).
        Json = "json",
        /// A merge (RFC 7386).
        Merge = "merge",
        /// A merge that knows the keys of lists.
        Strategic = "strategic-merge",
    }
}

returns! {
    /// The object as the server has it, or `results` of several, each with `method`, `changed` and `result`.
    result: dict,
    /// How it came about: `apply`, `create`, `patch`, `update` or `delete`.
    method: str if "there is but one object",
    /// How many seconds it took.
    duration: int,
    /// What was removed from the set.
    pruned: list if "`prune`",
    /// What is wrong, each with `place`, `field` and `message`.
    problems: list if "the set is wrong",
    /// What had been applied before the failure.
    applied: list if "it failed in the middle",
}

impl Module for K8sApply {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Apply all manifests of a directory and wait
  k8s_apply:
    src: manifests/

- name: Apply one object
  k8s_apply:
    definition:
      apiVersion: v1
      kind: ConfigMap
      metadata: {name: colours, namespace: web}
      data: {sky: blue}

- name: Apply a rendered template, and remove what it has no more
  k8s_apply:
    template: app.yaml.j2
    applyset: {name: app, namespace: web}
    prune: true

- name: In brief, on top of what other tasks of the play have said
  k8s_apply:
    name: shop
    deployment: {replicas: 3}
    service: {selector: {app: shop}}
    from: [k8s_deploy, k8s_service]
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let begun = Instant::now();
        let client = self.cluster.client(target)?;
        let mut manifests = self.manifests(target, &client)?;
        if manifests.is_empty() {
            target.set("result", Value::Object(Map::new()));
            return Ok(());
        }
        if self.append_hash {
            manifests.iter_mut().for_each(|manifest| hash::append(&mut manifest.object));
        }
        let done = match self.state {
            State::Absent => apply::delete(target, &client, &manifests, &self.removal()?)?,
            _ => self.apply(target, &client, manifests)?,
        };
        target.set("result", apply::returned(&done, &self.hidden_fields));
        if let [one] = done.as_slice() {
            target.set("method", one.method);
        }
        target.set("duration", begun.elapsed().as_secs());
        Ok(())
    }
}

impl K8sApply {
    fn manifests(&self, target: &Target<'_>, client: &Client) -> Result<Vec<Manifest>, Fail> {
        let namespace = self.sources.namespace.as_deref().unwrap_or_else(|| client.namespace());
        if self.deployment.is_some() || self.service.is_some() {
            return brief::manifests(self, client, namespace);
        }
        if !self.sources.is_given() {
            return Err(Fail::new("nothing to apply")
                .hint("give `definition`, `src` or `template`, or in brief `deployment` or `service`"));
        }
        let mut all = self.sources.manifests(target, client)?;
        if let Some(beginning) = &self.generate_name {
            for meta in all.iter_mut().filter_map(|m| m.object.get_mut("metadata")?.as_object_mut()) {
                meta.entry("generateName").or_insert_with(|| beginning.clone().into());
            }
        }
        let wanted = self.label_selectors.as_ref().map(|labels| labels.join(","));
        if let Some(wanted) = wanted.filter(|_| self.state != State::Absent || self.sources.kind.is_none()) {
            all.retain(|manifest| matches_labels(&manifest.object, &wanted));
        }
        Ok(all)
    }

    fn applying(&self) -> Applying {
        let server = self.server_side_apply.as_ref();
        let kinds = || {
            let given =
                self.merge_type.clone().unwrap_or_else(|| vec![MergeType::Strategic, MergeType::Merge]);
            let kind = |merge: &MergeType| match merge {
                MergeType::Json => Patch::Json,
                MergeType::Merge => Patch::Merge,
                MergeType::Strategic => Patch::Strategic,
            };
            given.iter().map(kind).collect::<Vec<_>>()
        };
        let force = self.force_conflicts || server.is_some_and(|server| server.force_conflicts);
        let patches = self.merge_type.is_some() || self.apply == Some(false);
        let mode = match self.state {
            State::Patched => Mode::OnlyPatch(kinds()),
            _ if self.force => Mode::Replace,
            _ if patches && server.is_none() => Mode::Patch(kinds()),
            _ => Mode::Apply { force },
        };
        let manager = server.map(|server| &server.field_manager).or(self.field_manager.as_ref());
        Applying {
            mode,
            manager: manager.cloned().unwrap_or_else(|| MANAGER.to_owned()),
            namespace: self.sources.namespace.clone(),
            go_on: self.continue_on_error,
            lenient: self
                .validate
                .as_ref()
                .is_some_and(|validate| !(validate.fail_on_error && validate.strict)),
            wait: self.wait.unwrap_or(true).then(|| self.waiting.limit()),
            want: self.waiting.want(),
        }
    }

    fn removal(&self) -> Result<Removal, Fail> {
        let labels = self.label_selectors.as_ref().map(|labels| labels.join(",")).unwrap_or_default();
        Ok(Removal {
            namespace: self.sources.namespace.clone(),
            options: Some(DeleteOptions::body(self.delete_options.as_ref())?),
            selection: Selection { labels, ..Selection::default() },
            all: self.delete_all,
            wait: self.wait.unwrap_or(true).then(|| self.waiting.limit()),
        })
    }

    fn apply(
        &self,
        target: &mut Target<'_>,
        client: &Arc<Client>,
        mut manifests: Vec<Manifest>,
    ) -> Result<Vec<Applied>, Fail> {
        let how = self.applying();
        let Some(options) = &self.applyset else {
            let wanted: Vec<Value> = manifests.iter().map(|manifest| manifest.object.clone()).collect();
            let done = apply::apply(target, client, manifests, &how)?;
            wanted.iter().for_each(|object| placed::keep("k8s_apply", &client.config.server, object));
            return Ok(done);
        };
        let set = ApplySet::of(client, options, self.sources.namespace.as_deref())?;
        manifests.iter_mut().for_each(|manifest| set.mark(manifest));
        let (mut kinds, mut spaces) = set.recorded(set.found()?.as_ref());
        for manifest in &manifests {
            let kind = crate::kubernetes::text(&manifest.object, "/kind");
            let version = crate::kubernetes::text(&manifest.object, "/apiVersion");
            let group = version.split_once('/').map_or("", |(group, _)| group);
            kinds.insert(if group.is_empty() { kind.to_owned() } else { format!("{kind}.{group}") });
            spaces.insert(crate::kubernetes::namespace(&manifest.object).to_owned());
        }
        spaces.insert(self.sources.namespace.clone().unwrap_or_else(|| client.namespace().to_owned()));
        // What a set may hold is written down before it does, lest something be forgotten in it.
        let first = apply::check(target, client, manifests.clone(), &how);
        first?;
        set.record(target, &kinds, &spaces)?;
        let done = apply::apply(target, client, manifests, &how)?;
        let members: BTreeSet<_> = done.iter().map(|one| member(&one.resource, &one.object)).to_set();
        set.keep(members.clone());
        if self.prune {
            let gone = set.prune(target, &members)?;
            target.set(
                "pruned",
                gone.iter()
                    .map(|one| crate::kubernetes::edit::title(&one.resource, &one.object))
                    .collect::<Vec<_>>(),
            );
            let left: BTreeSet<String> = members.iter().map(|(kind, ..)| kind.clone()).to_set();
            let spaces: BTreeSet<String> = members.iter().map(|(_, space, _)| space.clone()).to_set();
            set.record(target, &left, &spaces)?;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests;
