//! k8s_log

use std::io::Read;

use serde_json::Value;

use crate::args::Return;
use crate::kubernetes::workload::{container, is_ready};
use crate::kubernetes::{self as k8s, Client, Cluster, Selection, with_query};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Read what containers have logged.
    pub struct K8sLog as "k8s_log" {
        /// The kind of the object whose pods are meant.
        kind: String = "Pod",
        /// The version of that kind, as `apps/v1`.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// The name of the object: a pod's, or with another `kind` that of what has pods.
        name: Option<String>,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Labels of the pods, in place of `name`; the first pod found is taken.
        label_selectors: Vec<String> = "",
        /// The container; else the pod's first, or the one that the pod names its default.
        container: Option<String>,
        /// The logs of all containers of the pod, one after another.
        all_containers: Option<bool>,
        /// Only what is younger than so many seconds.
        since_seconds: Option<String>,
        /// The log of the container that ran before the one that runs.
        previous: bool = false,
        /// Only the last lines, and how many.
        tail_lines: Option<u64>,
        ..cluster: Cluster,
    }
    rules [
        MutuallyExclusive(&["name", "label_selectors"]),
        MutuallyExclusive(&["container", "all_containers"]),
        RequiredOneOf(&["name", "label_selectors"]),
    ]
}

returns! {
    /// The log.
    log: str,
    /// The log, line by line.
    log_lines: list,
    /// The pod whose log it is.
    pod: str,
}

/// More than this is not kept of one log.
const LIMIT: u64 = 32 << 20;

impl Module for K8sLog {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: See what the application says
  kubernetes.core.k8s_log:
    kind: Deployment
    namespace: shop
    name: web
    tail_lines: 20
  register: said
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        if k8s::awaits(target, &namespace, self.name.as_deref().unwrap_or_default())? {
            return Ok(());
        }
        let pod = self.pod(&client, &namespace)?;
        let containers = if self.all_containers == Some(true) {
            let all = ["initContainers", "containers"]
                .iter()
                .flat_map(|list| k8s::items(&pod, &format!("/spec/{list}")));
            all.map(|container| k8s::text(container, "/name").to_owned()).collect()
        } else {
            vec![container(&pod, self.container.as_deref())?]
        };
        let mut log = String::new();
        for container in containers {
            log += &self.read(&client, &namespace, k8s::name(&pod), &container)?;
        }
        // ansible: the lines are those between newlines, so a last empty one is among them
        target.set("log_lines", log.split('\n').collect::<Vec<_>>());
        target.set("log", log);
        target.set("pod", k8s::name(&pod));
        Ok(())
    }
}

impl K8sLog {
    fn pod(&self, client: &Client, namespace: &str) -> Result<Value, Fail> {
        let Some(name) = &self.name else {
            let labels = self.label_selectors.join(",");
            let found =
                client.pods(namespace, &Selection { labels: labels.clone(), ..Selection::default() })?;
            let best = found.iter().find(|pod| is_ready(pod)).or(found.first()).cloned();
            return best.ok_or_else(|| {
                Fail::new(format!("no pod in namespace `{namespace}` has the labels `{labels}`"))
            });
        };
        if ["pod", "pods", "po"].contains(&self.kind.to_lowercase().as_str()) {
            return client.pod(namespace, name);
        }
        let resource = client.resource(&self.kind, self.api_version.as_deref().filter(|v| *v != "v1"))?;
        let kind = &resource.kind;
        let object = client.get(&resource, namespace, name)?;
        let object = object
            .ok_or_else(|| Fail::new(format!("there is no {kind} `{name}` in namespace `{namespace}`")))?;
        let pods = client.pods_of(namespace, &object)?;
        let best = pods.iter().find(|pod| is_ready(pod)).or(pods.first()).cloned();
        best.ok_or_else(|| Fail::new(format!("{kind} `{name}` in namespace `{namespace}` has no pods")))
    }

    fn read(&self, client: &Client, namespace: &str, pod: &str, container: &str) -> Result<String, Fail> {
        let mut query = vec![("container", container.to_owned())];
        query.extend(self.since_seconds.clone().map(|seconds| ("sinceSeconds", seconds)));
        query.extend(self.tail_lines.map(|lines| ("tailLines", lines.to_string())));
        if self.previous {
            query.push(("previous", "true".to_owned()));
        }
        let path = with_query(&format!("/api/v1/namespaces/{namespace}/pods/{pod}/log"), &query);
        let mut bytes = Vec::new();
        let read = client.stream(&path)?.take(LIMIT).read_to_end(&mut bytes);
        read.map_err(|error| Fail::io(format!("cannot read the log of pod `{pod}`"), &error))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use serde_json::json;

    use crate::kubernetes::lab;

    #[test]
    fn the_log_of_a_pod_is_read_by_pod_by_deployment_and_by_label() {
        let space = lab::Namespace::new();
        space.pod("talker", "sh -c 'echo one; echo two; sleep 1000'");
        let sandbox = lab::sandbox("k8s_log");
        let read = || sandbox.reads(json!({"namespace": space.name, "name": "talker"}));
        lab::eventually(|| read()["log"] == "one\ntwo\n");
        assert_eq!(read()["log_lines"], json!(["one", "two", ""]));
        let by_label = json!({"namespace": space.name, "label_selectors": ["app=talker"], "tail_lines": 1});
        assert_eq!(sandbox.reads(by_label)["log"], "two\n");
        let said = sandbox.fails(json!({"namespace": space.name, "name": "talke"}));
        assert!(
            said.contains("no pod and no deployment is called `talke`") && said.contains("`talker`"),
            "{said}"
        );
        let said = sandbox.fails(json!({"namespace": space.name, "name": "talker", "container": "x"}));
        assert!(said.contains("pod `talker` has no container `x`"), "{said}");
    }
}
