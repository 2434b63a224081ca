//! k8s_deploy

use std::time::Duration;

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::brief::{self, DeploymentOptions};
use crate::kubernetes::{self as k8s, Client, Cluster, Placing, Selection};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Run an application as a deployment, and wait until it runs.
    ///
    /// The deployment is applied by the server, so what others own in it is left alone. An autoscaler's number of pods is
    /// kept, whatever `replicas` says.
    /// Rollouts that cannot come about fail at once, with the pods' reasons and the last they logged.
    pub struct K8sDeploy as "k8s_deploy" {
        /// The name of the deployment.
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        /// Whether to wait until all its pods are ready; with `state: absent`, until it is gone.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "120",
        ..deployment: DeploymentOptions,
        ..placing: Placing,
        ..cluster: Cluster,
    }
}

returns! {
    /// The deployment, as the server has it.
    result: dict,
    /// Its pods: `name`, `phase`, `ready`, `restarts`, `node`.
    pods: list if "it was waited for",
    /// How many seconds were waited.
    duration: int if "it was waited for",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for K8sDeploy {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Run the shop
  k8s_deploy:
    name: shop
    namespace: web
    image: registry.example.org/shop:2
    replicas: 3
    ports: [http:8080]
    env:
      WORD: hello
      PASSWORD: {secret: shop, key: password}
    probes:
      readiness: /healthz
      liveness: {path: /healthz, delay: 5}
    resources:
      requests: {cpu: 50m, memory: 32Mi}
    strategy: {max_surge: 1, max_unavailable: 0}
    volumes:
      - {config_map: shop, mount: /etc/shop}

- name: A deployment in the fewest words
  k8s_deploy:
    name: hello
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let limit = self.wait.then(|| Duration::from_secs(self.wait_timeout));
        let options = &mut self.deployment.0;
        options.insert("name".into(), self.name.clone().into());
        options.insert("namespace".into(), namespace.clone().into());
        let mut manifest = brief::deployment(options, None)?;
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, limit);
        }
        if let (Some(given), Some(scaled)) =
            (manifest.pointer_mut("/spec/replicas"), autoscaled(&client, &namespace, &self.name)?)
        {
            *given = scaled.into();
        }
        let made = k8s::place(target, &client, "k8s_deploy", manifest, &self.placing, limit)?;
        if self.wait {
            let pods = client.pods_of(&namespace, &made)?;
            target.set("pods", pods.iter().map(told).collect::<Vec<_>>());
        }
        target.set("result", made);
        Ok(())
    }
}

/// How many pods an autoscaler of the deployment has given it, within what it may give.
fn autoscaled(client: &Client, namespace: &str, name: &str) -> Result<Option<i64>, Fail> {
    let Some(resource) = client.find("HorizontalPodAutoscaler", None)? else { return Ok(None) };
    let (scalers, _) = match client.list(&resource, namespace, &Selection::default()) {
        // Who may not look at autoscalers has none to heed.
        Err(error) if error.code == 403 => return Ok(None),
        listed => listed?,
    };
    let scales = |scaler: &&Value| {
        let of = &scaler["spec"]["scaleTargetRef"];
        of["kind"] == "Deployment" && of["name"] == name
    };
    let Some(scaler) = scalers.iter().find(scales) else { return Ok(None) };
    let deployment = client.get(&client.resource("Deployment", Some("apps/v1"))?, namespace, name)?;
    let has = deployment.as_ref().and_then(|found| k8s::number(found, "/spec/replicas"));
    let least = k8s::number(scaler, "/spec/minReplicas").unwrap_or(1);
    let most = k8s::number(scaler, "/spec/maxReplicas").unwrap_or(i64::MAX);
    Ok(has.filter(|has| (least..=most).contains(has)))
}

/// What users are told of a pod.
fn told(pod: &Value) -> Value {
    let restarts: i64 = k8s::items(pod, "/status/containerStatuses")
        .iter()
        .filter_map(|status| k8s::number(status, "/restartCount"))
        .sum();
    json!({
        "name": k8s::name(pod), "phase": k8s::text(pod, "/status/phase"),
        "ready": k8s::workload::is_ready(pod), "restarts": restarts, "node": k8s::text(pod, "/spec/nodeName"),
    })
}

#[cfg(test)]
mod tests;
