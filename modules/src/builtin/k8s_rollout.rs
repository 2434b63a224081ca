//! k8s_rollout

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::edit::{Edited, edit};
use crate::kubernetes::rollout::{self, Revision};
use crate::kubernetes::workload::Workload;
use crate::kubernetes::{self as k8s, Client, Cluster, Patch, Write};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Wait for the rollout of a deployment, daemon set or stateful set; start its pods anew, go back to an earlier
    /// revision, hold it or let it go on.
    pub struct K8sRollout as "k8s_rollout" {
        /// The name of the object; `daemonset/agent` says the kind too.
        name: String,
        /// Its kind; else the first of deployment, stateful set and daemon set that has the name.
        kind: Option<String>,
        /// The version of the kind, as `apps/v1`.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// What is wanted.
        #[alias("action")]
        state: State = "status",
        /// With `undo`, the revision to go back to; else the one before.
        #[alias("to_revision")]
        revision: Option<i64>,
        /// Whether to wait until the rollout is done.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "120",
        ..cluster: Cluster,
    }
}

returns! {
    /// The object.
    result: dict,
    /// The revision that is rolled out.
    revision: int,
    /// The revisions that are known: `revision`, `images` and `created` of each.
    revisions: list,
}

choices! {
    /// What is wanted of a rollout.
    pub enum State {
        Status = "status",
        Restart = "restart" | "restarted",
        Undo = "undo",
        Pause = "pause" | "paused",
        Resume = "resume" | "resumed",
    }
}

impl Module for K8sRollout {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Start all pods anew
  k8s_rollout:
    name: web
    namespace: shop
    state: restart

- name: Go back to where it worked
  k8s_rollout:
    name: web
    namespace: shop
    state: undo
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        if k8s::awaits(target, &namespace, &self.name)? {
            return Ok(());
        }
        let found = match &self.kind {
            Some(kind) => {
                let version = self.api_version.as_deref().filter(|version| *version != "v1");
                client.named(&client.resource(kind, version)?, &namespace, &self.name)?
            }
            None => client.workload_or_fail(&namespace, &self.name)?,
        };
        if !["Deployment", "DaemonSet", "StatefulSet"].contains(&found.resource.kind.as_str()) {
            return Err(Fail::new(format!("a {} has no rollout", found.resource.kind)));
        }
        let edited = match self.state {
            State::Status => Edited::same(found.object.clone()),
            State::Undo => rollout::undo(target, &client, &found, self.revision)?,
            _ => self.patch(target, &client, &found)?,
        };
        let limit = Duration::from_secs(self.wait_timeout);
        let object = match self.wait && self.state != State::Pause {
            true => k8s::settled(target, &client, &found.resource, edited, limit)?,
            false => edited.object,
        };
        let known =
            rollout::revisions(&client, &Workload { resource: found.resource, object: object.clone() })?;
        if let Some(now) = known.iter().find(|revision| revision.current) {
            target.set("revision", now.number);
        }
        target.set("revisions", known.iter().map(Revision::told).collect::<Vec<_>>());
        target.set("result", object);
        Ok(())
    }
}

impl K8sRollout {
    fn patch(&self, target: &mut Target<'_>, client: &Arc<Client>, found: &Workload) -> Result<Edited, Fail> {
        let Workload { resource, object } = found;
        if self.state != State::Restart && resource.kind != "Deployment" {
            return Err(Fail::new(format!("only a deployment can be held, not a {}", resource.kind)));
        }
        let held = object.pointer("/spec/paused") == Some(&Value::Bool(true));
        let body = match self.state {
            State::Restart if held => {
                return Err(Fail::new(format!("the rollout of `{}` is held", self.name))
                    .hint("`state: resume` lets it go on"));
            }
            State::Restart => {
                let now = jiff::Timestamp::try_from(SystemTime::now())
                    .map(|now| now.strftime("%FT%TZ").to_string());
                let now = now.map_err(|error| Fail::new(format!("the clock is wrong: {error}")))?;
                json!({"spec": {"template": {"metadata": {"annotations": {"kubectl.kubernetes.io/restartedAt": now}}}}})
            }
            State::Pause => json!({"spec": {"paused": true}}),
            // Taken away rather than set to false, as it stood before.
            _ if held => json!({"spec": {"paused": null}}),
            _ => return Ok(Edited::same(object.clone())),
        };
        let write = Write::patch(resource, k8s::namespace(object), k8s::name(object), Patch::Merge, body);
        edit(target, client, resource, Some(object), &write.manager(k8s::MANAGER))
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests;
