//! k8s_job

use std::io::Read;
use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::brief::{self, JobOptions};
use crate::kubernetes::edit::{Edited, edit, remove};
use crate::kubernetes::status::{Awaited, Want, wait};
use crate::kubernetes::{self as k8s, Client, Cluster, Placing, Resource, Selection, Write, with_query};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Run a command to its end as a job, and tell what it said.
    ///
    /// A job that succeeded with the same options is not run again; one that failed is. A change of its options
    /// makes a new one in its place.
    pub struct K8sJob as "k8s_job" {
        /// The name of the job.
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        /// When it runs though it has succeeded already: when its options are others, always, or never.
        rerun: Rerun = "changed",
        /// Whether to wait for its end. A job that fails is a failure then, with the last it said.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "300",
        /// Whether what it said is read at its end.
        logs: bool = true,
        ..job: JobOptions,
        ..placing: Placing,
        ..cluster: Cluster,
    }
}

returns! {
    /// The job, as the server has it.
    result: dict,
    /// `complete`, `failed`, or `running` where it was not waited for.
    status: str if "it is there",
    /// What its pod said, the last to run.
    log: str if "it was waited for",
    /// The same, line by line.
    log_lines: list if "it was waited for",
    /// The exit code of its container.
    rc: int if "it was waited for",
    /// The pod, the last to run.
    pod: str if "it was waited for",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

choices! {
    /// When a job that succeeded runs again.
    pub enum Rerun {
        Changed = "changed",
        Always = "always",
        Never = "never",
    }
}

/// Where a job keeps the digest of what it was made of.
const DIGEST: &str = "baton.dev/job-digest";

impl Module for K8sJob {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Bring the database to the new version
  k8s_job:
    name: migrate
    namespace: shop
    image: registry.example.org/shop:2
    command: ./manage migrate
    env_from: [{secret: shop}]
    backoff_limit: 0
    ttl: 86400
  register: migration
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let options = &mut self.job.0;
        options.insert("name".into(), self.name.clone().into());
        options.insert("namespace".into(), namespace.clone().into());
        let mut manifest = brief::job(options)?;
        let limit = Duration::from_secs(self.wait_timeout);
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, Some(limit));
        }
        let digest = crate::checksum::sha256(manifest.to_string().as_bytes())[..16].to_owned();
        manifest["metadata"]["annotations"][DIGEST] = digest.clone().into();
        let resource = client.resource("Job", Some("batch/v1"))?;
        let found = client.get(&resource, &namespace, &self.name)?;
        let edited = match found {
            Some(job) if !self.runs_again(&job, &digest) => Edited::same(job),
            found => self.start(target, &client, &resource, found, manifest)?,
        };
        if edited.foretold || !self.wait {
            target.set("status", outcome(&edited.object));
            target.set("result", edited.object);
            return Ok(());
        }
        let awaited = Awaited::one(&resource, &edited.object, Want::Current);
        let waited = wait(target, &client, &[awaited], std::slice::from_ref(&edited.object), limit);
        let said = self.tell(target, &client, &namespace)?;
        match waited {
            Ok(found) => {
                let job = found.into_iter().flatten().next().unwrap_or(edited.object);
                target.set("status", outcome(&job));
                target.set("result", job);
                Ok(())
            }
            Err(fail) => {
                let job = client.get(&resource, &namespace, &self.name)?.unwrap_or(edited.object);
                let known = fail.message.contains("last lines of its log") || said.is_empty();
                let more = if known { String::new() } else { format!("\nlast lines of its log:{said}") };
                let message = format!("{}{more}", fail.message);
                Err(Fail { message, ..fail }.with("status", outcome(&job)).with("result", job))
            }
        }
    }
}

/// How far a job has come.
fn outcome(job: &Value) -> &'static str {
    let has = |kind: &str| {
        let conditions = k8s::items(job, "/status/conditions").iter();
        conditions.into_iter().any(|c| k8s::text(c, "/type") == kind && k8s::text(c, "/status") == "True")
    };
    match (has("Complete"), has("Failed")) {
        (true, _) => "complete",
        (_, true) => "failed",
        _ => "running",
    }
}

impl K8sJob {
    fn runs_again(&self, job: &Value, digest: &str) -> bool {
        let same =
            job.pointer("/metadata/annotations").and_then(|all| all.get(DIGEST)) == Some(&digest.into());
        match (self.rerun, outcome(job)) {
            (Rerun::Always, _) | (_, "failed") => true,
            (Rerun::Never, _) => false,
            (Rerun::Changed, _) => !same,
        }
    }

    /// Makes the job, in the place of one that is there.
    fn start(
        &self,
        target: &mut Target<'_>,
        client: &Arc<Client>,
        resource: &Resource,
        found: Option<Value>,
        manifest: Value,
    ) -> Result<Edited, Fail> {
        let space = k8s::namespace(&manifest).to_owned();
        let manager = self.placing.field_manager.as_deref().unwrap_or(k8s::MANAGER);
        if let Some(old) = found {
            // The dry run would find the old job in the way; another name has the server check the new one.
            let mut trial = manifest.clone();
            trial["metadata"] = json!({"generateName": format!("{}-", self.name), "namespace": space});
            client.foretell(&Write::create(resource, &space, trial).manager(manager))?;
            let options = json!({"propagationPolicy": "Foreground", "gracePeriodSeconds": 0});
            if !remove(target, client, resource, &old, Some(options))? {
                return Ok(Edited { object: manifest, foretold: true });
            }
            wait(target, client, &[Awaited::one(resource, &old, Want::Gone)], &[], Duration::from_secs(60))?;
        }
        edit(target, client, resource, None, &Write::create(resource, &space, manifest).manager(manager))
    }

    /// Gives back what the last pod said and how it ended; its last lines, for a failure.
    fn tell(&self, target: &mut Target<'_>, client: &Client, namespace: &str) -> Result<String, Fail> {
        let labels = format!("job-name={}", self.name);
        let pods = client.pods(namespace, &Selection { labels, ..Selection::default() })?;
        let made = |pod: &&Value| k8s::text(pod, "/metadata/creationTimestamp").to_owned();
        let Some(pod) = pods.iter().max_by_key(made) else { return Ok(String::new()) };
        let status =
            |part: &str| k8s::number(pod, &format!("/status/containerStatuses/0/state/terminated/{part}"));
        target.set("pod", k8s::name(pod));
        if let Some(rc) = status("exitCode") {
            target.set("rc", rc);
        }
        if !self.logs {
            return Ok(String::new());
        }
        let log = self.log(client, namespace, k8s::name(pod));
        let lines: Vec<&str> = log.lines().collect();
        let last = lines[lines.len().saturating_sub(10)..].iter().map(|line| format!("\n  {line}")).collect();
        target.set("log_lines", lines);
        target.set("log", log.clone());
        Ok(last)
    }

    /// What a pod said; nothing, where its log cannot be read any more.
    fn log(&self, client: &Client, namespace: &str, pod: &str) -> String {
        let query = [("limitBytes", (1 << 20).to_string())];
        let path = with_query(&format!("/api/v1/namespaces/{namespace}/pods/{pod}/log"), &query);
        let mut bytes = Vec::new();
        let begun = Instant::now();
        // A node that has just ended a pod may still be collecting its log.
        while begun.elapsed() < Duration::from_secs(3) {
            let read =
                client.stream(&path).is_ok_and(|body| body.take(1 << 20).read_to_end(&mut bytes).is_ok());
            if read {
                break;
            }
            std::thread::sleep(Duration::from_millis(300));
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::outcome;

    #[test]
    fn a_jobs_outcome_is_its_condition() {
        let with = |kind: &str| json!({"status": {"conditions": [{"type": kind, "status": "True"}]}});
        assert_eq!(
            [outcome(&with("Complete")), outcome(&with("Failed")), outcome(&json!({}))],
            ["complete", "failed", "running"]
        );
    }

    #[cfg(feature = "lab")]
    mod lab {
        use serde_json::{Value, json};

        use crate::kubernetes::lab;
        use crate::wire::Change;

        fn args(space: &lab::Namespace, command: &str) -> Value {
            json!({"name": "once", "namespace": space.name, "image": "lab/app:1", "image_pull_policy": "IfNotPresent",
                "command": command, "backoff_limit": 0, "wait_timeout": 60, "termination_grace_period": 1})
        }

        #[test]
        fn a_job_runs_once_and_again_when_it_is_another() {
            let space = lab::Namespace::new();
            let sandbox = lab::sandbox("k8s_job");
            let reply = sandbox.converges(args(&space, "sh -c 'echo done one'"));
            assert_eq!(
                (&reply.values["log"], &reply.values["rc"], &reply.values["status"]),
                (&json!("done one\n"), &json!(0), &json!("complete"))
            );
            let foretold = sandbox.check(args(&space, "sh -c 'echo done two'"));
            assert_eq!((foretold.change, &foretold.failure), (Change::Yes, &None));
            let reply = sandbox.run(args(&space, "sh -c 'echo done two'"));
            assert_eq!(
                (reply.change, &reply.failure, &reply.values["log"]),
                (Change::Yes, &None, &json!("done two\n"))
            );
            sandbox.converges(json!({"name": "once", "namespace": space.name, "state": "absent"}));
        }

        #[test]
        fn a_job_that_fails_is_told_with_what_it_said_and_runs_again() {
            let space = lab::Namespace::new();
            let sandbox = lab::sandbox("k8s_job");
            for _ in 0..2 {
                let reply = sandbox.run(args(&space, "sh -c 'echo cannot find the table; exit 4'"));
                let said = reply.failure.clone().expect("it fails");
                assert!(said.contains("cannot find the table"), "{said}");
                assert_eq!(
                    (reply.change, &reply.values["rc"], &reply.values["status"]),
                    (Change::Yes, &json!(4), &json!("failed"))
                );
            }
        }
    }
}
