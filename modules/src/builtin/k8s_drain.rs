//! k8s_drain

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::kubernetes::edit::edit;
use crate::kubernetes::{self as k8s, Client, Cluster, Patch, Resource, Seen, Selection, Watch, Write};
use crate::{Fail, Module, Side, Target, args, choices, returns};

args! {
    /// Free a node of its pods, and keep others away; or let them come again.
    ///
    /// What stands in the way is found before anything is done. Pods are evicted one after another; a
    /// disruption budget that forbids it is told with its numbers.
    pub struct K8sDrain as "k8s_drain" {
        /// The node.
        name: String,
        /// What is wanted: no new pods (`cordon`), pods again (`uncordon`), or none at all (`drain`).
        state: State = "drain",
        /// Labels of the pods that are meant; else all on the node.
        #[alias("label_selectors")]
        pod_selectors: Option<Vec<String>>,
        /// How pods are removed.
        delete_options: Option<DeleteOptions>,
        ..cluster: Cluster,
    }
}

args! {
    /// How pods are removed.
    pub struct DeleteOptions {
        /// How many seconds pods have to end; else as many as they say themselves.
        terminate_grace_period: Option<u32>,
        /// Remove pods too that nobody will make again.
        force: bool = false,
        /// Go on though there are pods of daemon sets, which stay.
        ignore_daemonsets: bool = false,
        /// Remove pods too that keep data in an `emptyDir`.
        delete_emptydir_data: bool = false,
        /// Delete rather than evict; disruption budgets do not count then.
        disable_eviction: bool = false,
        /// How many seconds to wait until the pods have gone, and to try evictions again that a budget forbids;
        /// 0 is without end. Without it nothing is waited for.
        wait_timeout: Option<u64>,
        /// Not needed: the pods are watched.
        wait_sleep: u64 = "5",
    }
}

impl DeleteOptions {
    /// Nothing said.
    const PLAIN: Self = Self {
        terminate_grace_period: None,
        force: false,
        ignore_daemonsets: false,
        delete_emptydir_data: false,
        disable_eviction: false,
        wait_timeout: None,
        wait_sleep: 5,
    };
}

returns! {
    /// What was done, in words.
    result: str,
}

choices! {
    /// What is wanted of a node.
    pub enum State {
        Cordon = "cordon",
        Drain = "drain",
        Uncordon = "uncordon",
    }
}

impl Module for K8sDrain {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Free a node for its upgrade
  kubernetes.core.k8s_drain:
    name: node-3
    delete_options: {ignore_daemonsets: true, delete_emptydir_data: true, wait_timeout: 300}

- name: Use it again
  kubernetes.core.k8s_drain:
    name: node-3
    state: uncordon
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let node = client.node(&self.name)?;
        let held = node.pointer("/spec/unschedulable") == Some(&Value::Bool(true));
        let close = self.state != State::Uncordon;
        let pods = if self.state == State::Drain { self.pods(target, &client)? } else { Vec::new() };
        if held != close {
            let resource = client.resource("Node", Some("v1"))?;
            let body =
                json!({"spec": {"unschedulable": if close { Value::Bool(true) } else { Value::Null }}});
            let write = Write::patch(&resource, "", &self.name, Patch::Merge, body);
            edit(target, &client, &resource, Some(&node), &write)?;
        }
        let word = if close { "unschedulable" } else { "schedulable" };
        let already = if held == close { "already " } else { "" };
        let mut said = format!("node {} {already}marked {word}.", self.name);
        if !pods.is_empty() {
            self.remove(target, &client, &pods)?;
            said += &format!(" {} Pod(s) deleted from node.", pods.len());
        }
        target.set("result", said);
        Ok(())
    }
}

/// What is to become of a pod of a node that is drained.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Goes,
    /// It goes if the option of this name is set; the words say what it is.
    Needs(&'static str, &'static str),
    /// It stays, if the option is set.
    Stays(&'static str, &'static str),
    /// It is of the node itself, and not in the server's hands.
    Mirror,
}

fn fate(pod: &Value) -> Fate {
    let owners = k8s::items(pod, "/metadata/ownerReferences");
    let volumes = k8s::items(pod, "/spec/volumes");
    if pod.pointer("/metadata/annotations/kubernetes.io~1config.mirror").is_some() {
        Fate::Mirror
    } else if ["Succeeded", "Failed"].contains(&k8s::text(pod, "/status/phase")) {
        Fate::Goes
    } else if owners.iter().any(|owner| k8s::text(owner, "/kind") == "DaemonSet") {
        Fate::Stays("ignore_daemonsets", "of a daemon set")
    } else if owners.is_empty() {
        Fate::Needs("force", "that nobody makes again")
    } else if volumes.iter().any(|volume| volume.get("emptyDir").is_some()) {
        Fate::Needs("delete_emptydir_data", "with data in an `emptyDir`")
    } else {
        Fate::Goes
    }
}

impl K8sDrain {
    fn how(&self) -> &DeleteOptions {
        self.delete_options.as_ref().unwrap_or(&DeleteOptions::PLAIN)
    }

    /// The pods that are to go; what stands in the way is told all at once.
    fn pods(&self, target: &mut Target<'_>, client: &Client) -> Result<Vec<Value>, Fail> {
        let labels = self.pod_selectors.clone().unwrap_or_default().join(",");
        let found = client.pods("", &Selection { labels, fields: format!("spec.nodeName={}", self.name) })?;
        let how = self.how();
        let given = [
            ("force", how.force),
            ("ignore_daemonsets", how.ignore_daemonsets),
            ("delete_emptydir_data", how.delete_emptydir_data),
        ];
        let has = |option: &str| given.iter().any(|(name, set)| *name == option && *set);
        let (mut going, mut stays): (Vec<Value>, Map<String, Value>) = (Vec::new(), Map::new());
        let (mut errors, mut own): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
        for pod in found {
            let place = format!("`{}/{}`", k8s::namespace(&pod), k8s::name(&pod));
            match fate(&pod) {
                Fate::Goes => going.push(pod),
                Fate::Needs(option, _) if has(option) => going.push(pod),
                Fate::Stays(option, what) if has(option) => drop(stays.insert(place, what.into())),
                Fate::Needs(option, what) | Fate::Stays(option, what) => {
                    errors.push(format!("pod {place} {what} (option `{option}`)"));
                }
                Fate::Mirror => own.push(place),
            }
        }
        if !errors.is_empty() {
            return Err(Fail::new(format!(
                "node `{}` is not drained, for there is {}",
                self.name,
                errors.join(", ")
            )));
        }
        for (place, what) in stays {
            target.warn(format!("pod {place} {} stays", what.as_str().unwrap_or_default()));
        }
        if !own.is_empty() {
            target.warn(format!("pods of the node itself stay: {}", own.join(", ")));
        }
        Ok(going)
    }

    fn remove(
        &self,
        target: &mut Target<'_>,
        client: &std::sync::Arc<Client>,
        pods: &[Value],
    ) -> Result<(), Fail> {
        let pod = client.resource("Pod", Some("v1"))?;
        let newer = client.find("PodDisruptionBudget", Some("policy/v1")).ok().flatten().is_some();
        let version = if newer { "policy/v1" } else { "policy/v1beta1" };
        let limit = self.how().wait_timeout;
        let until = limit.filter(|limit| *limit > 0).map(|limit| Instant::now() + Duration::from_secs(limit));
        let (mut done, all) = (0, pods.len());
        for object in pods {
            let what = format!("Pod {}/{}", k8s::namespace(object), k8s::name(object));
            let write = self.removal(&pod, object, version);
            let before = Side::from(format!("on node {}\n", self.name));
            let made = target.change(&what, before, Side::Absent, |hands| {
                loop {
                    match client.write(hands, &write) {
                        Ok(_) => return Ok(()),
                        Err(error) if error.is_missing() => return Ok(()),
                        Err(error)
                            if error.code == 429
                                && limit.is_some()
                                && until.is_none_or(|t| Instant::now() < t) =>
                        {
                            let again = Instant::now() + Duration::from_secs(2);
                            while Instant::now() < again {
                                if hands.cancelled() {
                                    let state =
                                        format!("{done} of {all} pods were removed, the node is cordoned");
                                    let words = "the run was interrupted before";
                                    return Err(Fail::new(format!(
                                        "{words} {what} could go: {}; {state}",
                                        error.message
                                    )));
                                }
                                std::thread::sleep(Duration::from_millis(200));
                            }
                        }
                        Err(error) => {
                            let causes: Vec<&str> =
                                error.causes.iter().map(|cause| cause.message.as_str()).collect();
                            let more = if causes.is_empty() {
                                String::new()
                            } else {
                                format!(" {}", causes.join(" "))
                            };
                            let state = format!("{done} of {all} pods were removed, the node is cordoned");
                            return Err(Fail::new(format!(
                                "cannot evict {what}: {}{more} ({state})",
                                error.message
                            ))
                            .with("status", error.code));
                        }
                    }
                }
            })?;
            done += usize::from(made.done().is_some());
        }
        match limit {
            Some(_) if done > 0 => self.wait_gone(target, client, &pod, pods, until),
            _ => Ok(()),
        }
    }

    fn removal(&self, resource: &Resource, pod: &Value, version: &str) -> Write {
        let grace = self.how().terminate_grace_period.map(|s| json!({"gracePeriodSeconds": s}));
        let (space, name) = (k8s::namespace(pod), k8s::name(pod));
        if self.how().disable_eviction {
            return Write::delete(resource, space, name, grace);
        }
        let mut body = json!({"apiVersion": version, "kind": "Eviction", "metadata": {"name": name, "namespace": space}});
        if let Some(grace) = grace {
            body["deleteOptions"] = grace;
        }
        Write::create(resource, space, body).subresource(&format!("{name}/eviction"))
    }

    fn wait_gone(
        &self,
        target: &mut Target<'_>,
        client: &std::sync::Arc<Client>,
        pod: &Resource,
        pods: &[Value],
        until: Option<Instant>,
    ) -> Result<(), Fail> {
        let uid = |pod: &Value| k8s::text(pod, "/metadata/uid").to_owned();
        let mut left: Vec<(String, String)> = pods
            .iter()
            .map(|pod| (uid(pod), format!("`{}/{}`", k8s::namespace(pod), k8s::name(pod))))
            .collect();
        let mut watch = Watch::default();
        let fields = format!("spec.nodeName={}", self.name);
        watch.add(client, pod, "", &Selection { fields, ..Selection::default() });
        while !left.is_empty() {
            let tick = Instant::now() + Duration::from_millis(500);
            match watch.next(until.map_or(tick, |until| until.min(tick))) {
                Some(Seen::All(_, there)) => {
                    let there: Vec<String> = there.iter().map(uid).collect();
                    left.retain(|(uid, _)| there.contains(uid));
                }
                Some(Seen::Gone(_, gone)) => left.retain(|(known, _)| *known != uid(&gone)),
                Some(Seen::Failed(error)) => return Err(error.into()),
                _ => {}
            }
            let names = || left.iter().map(|(_, name)| name.as_str()).collect::<Vec<_>>().join(", ");
            if target.cancelled() {
                return Err(Fail::new(format!(
                    "interrupted while these pods were still ending: {}",
                    names()
                )));
            }
            if !left.is_empty() && until.is_some_and(|until| Instant::now() >= until) {
                return Err(Fail::new(format!("these pods have not ended in time: {}", names())));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
