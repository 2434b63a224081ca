//! k8s_autoscale

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::kubernetes::{self as k8s, Client, Cluster, Placing};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Scale a deployment or stateful set by its load, with a horizontal pod autoscaler.
    ///
    /// The newest version of the API that the server has is used; what an older one cannot do is refused.
    pub struct K8sAutoscale as "k8s_autoscale" {
        /// The name of what is scaled: a deployment's, or with its kind `statefulset/db`.
        target: Option<String>,
        /// The name of the autoscaler; else that of the target. One of both is needed.
        name: Option<String>,
        /// Where both are; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        /// The fewest pods.
        #[alias("min_replicas")]
        min: u32 = "1",
        /// The most pods; needed with `state: present`.
        #[alias("max_replicas")]
        max: Option<u32>,
        /// The load of the processor that is aimed at, in percent of what the pods request.
        #[alias("cpu_percent")]
        cpu: Option<u32>,
        /// The use of memory that is aimed at, in percent of what the pods request.
        #[alias("memory_percent")]
        memory: Option<u32>,
        /// Metrics in full, as `autoscaling/v2` has them.
        metrics: Option<Vec<Value>>,
        /// How fast it scales up and down, as `autoscaling/v2` has it.
        behavior: Option<Map<String, Value>>,
        ..placing: Placing,
        ..cluster: Cluster,
    }
    rules [ RequiredOneOf(&["target", "name"]), RequiredIf("state", "present", &["max"]) ]
}

returns! {
    /// The autoscaler.
    result: dict,
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

/// The versions of the API, the best first.
const VERSIONS: [&str; 4] =
    ["autoscaling/v2", "autoscaling/v2beta2", "autoscaling/v2beta1", "autoscaling/v1"];

impl Module for K8sAutoscale {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Two pods at night, ten at noon
  k8s_autoscale:
    target: web
    namespace: shop
    min: 2
    max: 10
    cpu: 70
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let version = version(&client)?;
        let word = self.target.as_ref().or(self.name.as_ref()).cloned().unwrap_or_default();
        let bare = word.rsplit('/').next().unwrap_or_default().to_owned();
        let name = self.name.clone().unwrap_or(bare);
        let metadata = json!({"name": name, "namespace": namespace});
        let mut manifest =
            json!({"apiVersion": version, "kind": "HorizontalPodAutoscaler", "metadata": metadata});
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, Some(Duration::from_secs(30)));
        }
        let (kind, of) = match word.split_once('/') {
            Some((kind, _)) => {
                let resource = client.resource(kind, None)?;
                (resource.kind.clone(), resource.api_version())
            }
            None => ("Deployment".to_owned(), "apps/v1".to_owned()),
        };
        let bare = word.rsplit('/').next().unwrap_or_default();
        let resource = client.resource(&kind, Some(&of))?;
        if client.get(&resource, &namespace, bare)?.is_none() {
            target.warn(format!("there is no {kind} `{bare}` in namespace `{namespace}` yet"));
        }
        manifest["spec"] = self.spec(version)?;
        manifest["spec"]["scaleTargetRef"] = json!({"apiVersion": of, "kind": kind, "name": bare});
        let made = k8s::place(target, &client, "k8s_autoscale", manifest, &self.placing, None)?;
        target.set("result", made);
        Ok(())
    }
}

/// The best version that the server has.
fn version(client: &Client) -> Result<&'static str, Fail> {
    for version in VERSIONS {
        if client.find("HorizontalPodAutoscaler", Some(version))?.is_some() {
            return Ok(version);
        }
    }
    Err(Fail::new("the server knows no horizontal pod autoscalers"))
}

impl K8sAutoscale {
    fn spec(&self, version: &str) -> Result<Value, Fail> {
        let mut spec = Map::from_iter([("minReplicas".to_owned(), Value::from(self.min))]);
        if let Some(max) = self.max {
            if max < self.min {
                return Err(Fail::new(format!("`max` is less than `min`: {max} < {}", self.min)));
            }
            spec.insert("maxReplicas".into(), max.into());
        }
        if version == "autoscaling/v1" {
            let newer = [
                ("memory", self.memory.is_some()),
                ("metrics", self.metrics.is_some()),
                ("behavior", self.behavior.is_some()),
            ];
            if let Some((option, _)) = newer.iter().find(|(_, given)| *given) {
                return Err(Fail::new(format!(
                    "`{option}` needs `autoscaling/v2`, and the server has only `{version}`"
                )));
            }
            spec.extend(self.cpu.map(|cpu| ("targetCPUUtilizationPercentage".to_owned(), cpu.into())));
            return Ok(spec.into());
        }
        let of = |name: &str, percent: u32| match version {
            "autoscaling/v2beta1" => {
                json!({"type": "Resource", "resource": {"name": name, "targetAverageUtilization": percent}})
            }
            _ => {
                json!({"type": "Resource", "resource": {"name": name, "target": {"type": "Utilization", "averageUtilization": percent}}})
            }
        };
        let own = [("cpu", self.cpu), ("memory", self.memory)];
        let mut metrics: Vec<Value> =
            own.iter().filter_map(|(name, percent)| Some(of(name, (*percent)?))).collect();
        metrics.extend(self.metrics.iter().flatten().cloned());
        if !metrics.is_empty() {
            spec.insert("metrics".into(), metrics.into());
        }
        spec.extend(self.behavior.clone().map(|behavior| ("behavior".to_owned(), behavior.into())));
        Ok(spec.into())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::K8sAutoscale;
    use crate::args::Args;

    fn spec(version: &str, args: Value) -> Result<Value, String> {
        K8sAutoscale::parse(args.as_object().unwrap()).unwrap().spec(version).map_err(|fail| fail.message)
    }

    #[test]
    fn each_version_of_the_api_gets_its_form() {
        let args = json!({"target": "web", "max": 5, "cpu": 70});
        let v1 = json!({"minReplicas": 1, "maxReplicas": 5, "targetCPUUtilizationPercentage": 70});
        assert_eq!(spec("autoscaling/v1", args.clone()).unwrap(), v1);
        let v2 = json!([{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}}]);
        assert_eq!(spec("autoscaling/v2", args).unwrap()["metrics"], v2);
        let said = spec("autoscaling/v1", json!({"target": "web", "max": 5, "memory": 70})).unwrap_err();
        assert_eq!(said, "`memory` needs `autoscaling/v2`, and the server has only `autoscaling/v1`");
        assert_eq!(
            spec("autoscaling/v2", json!({"target": "web", "max": 1, "min": 2})).unwrap_err(),
            "`max` is less than `min`: 1 < 2"
        );
    }

    #[cfg(feature = "lab")]
    #[test]
    fn an_autoscaler_is_made_changed_and_removed() {
        use crate::kubernetes::lab;
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_autoscale");
        sandbox.converges(json!({"target": "web", "namespace": space.name, "max": 3, "cpu": 70}));
        // From now on its number counts.
        let deploy = json!({"name": "web", "namespace": space.name, "image": "lab/app:1", "replicas": 9, "wait": false,
            "image_pull_policy": "IfNotPresent", "termination_grace_period": 1});
        assert_eq!(lab::sandbox("k8s_deploy").run(deploy).failure, None);
        assert_eq!(space.get("Deployment", "web")["spec"]["replicas"], 1);
        let reply = sandbox
            .converges(json!({"target": "web", "namespace": space.name, "min": 1, "max": 4, "cpu": 60}));
        assert_eq!(reply.values["result"]["spec"]["scaleTargetRef"]["name"], "web");
        sandbox.converges(json!({"name": "web", "namespace": space.name, "state": "absent"}));
    }
}
