//! k8s_port_forward

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::args::Return;
use crate::kubernetes::{self as k8s, Client, Cluster, Forward, Selection};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Reach a port of a pod or service at a port of the target, until it is taken away or the run ends.
    ///
    /// Only the target itself can connect to it. Use it in a block, and `state: absent` in its `always`.
    pub struct K8sPortForward as "k8s_port_forward" {
        /// The pod, or a deployment or other object that has pods; `service/web` is a service.
        #[alias("pod")]
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// The port of the pod, by number or name; of a service, the service's.
        #[alias("remote_port")]
        port: Value,
        /// The port of the target; else any that is free.
        local_port: u16 = "0",
        /// Whether it should be there.
        state: State = "present",
        ..cluster: Cluster,
    }
}

returns! {
    /// The port of the target.
    port: int,
    /// The address to connect to, as `127.0.0.1:34567`.
    address: str,
    /// The pod that answers.
    pod: str if "with `state: present`",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

/// Ports that this worker holds open, by server, namespace, name and port.
static OPEN: LazyLock<Mutex<HashMap<String, (Forward, String)>>> = LazyLock::new(Mutex::default);

impl Module for K8sPortForward {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- block:
    - name: Reach the database from here
      k8s_port_forward:
        name: service/db
        namespace: shop
        port: 5432
      register: db

    - name: Ask it
      ansible.builtin.command: psql -h 127.0.0.1 -p {{ db.port }} -c 'select 1'
  always:
    - name: Close the way again
      k8s_port_forward:
        name: service/db
        namespace: shop
        port: 5432
        state: absent
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let key = format!("{} {namespace} {} {}", client.config.server, self.name, self.port);
        let what = format!("port {} of `{namespace}/{}`", self.port, self.name);
        let open = || OPEN.lock().unwrap_or_else(PoisonError::into_inner);
        let held = open().get(&key).map(|(forward, pod)| (forward.local, pod.clone()));
        if self.state == State::Absent {
            let before = held.map(|_| "forwarded\n");
            target.change(&what, before, None::<&str>, |_| {
                open().remove(&key);
                Ok(())
            })?;
            return Ok(());
        }
        if k8s::awaits(target, &namespace, &self.name)? {
            return Ok(());
        }
        // A pod that has gone takes the way to it along.
        let alive = held.filter(|(_, pod)| client.pod(&namespace, &format!("pod/{pod}")).is_ok());
        let before = alive.as_ref().map(|_| "forwarded\n");
        let found = if alive.is_none() { Some(self.place(&client, &namespace)?) } else { None };
        let made = target.change(&what, before, Some("forwarded\n"), |_| {
            let (pod, port) = found.unwrap_or_default();
            open().remove(&key);
            let forward = client.forward(&namespace, &pod, port, self.local_port)?;
            let local = forward.local;
            open().insert(key.clone(), (forward, pod.clone()));
            Ok((local, pod))
        })?;
        if let Some((local, pod)) = made.done().or(alive) {
            target.set("port", local.port());
            target.set("address", local.to_string());
            target.set("pod", pod);
        }
        Ok(())
    }
}

impl K8sPortForward {
    /// The pod, and the number of its port.
    fn place(&self, client: &Client, namespace: &str) -> Result<(String, u16), Fail> {
        let service = self.name.strip_prefix("service/").or_else(|| self.name.strip_prefix("svc/"));
        let Some(service) = service else {
            let pod = client.pod(namespace, &self.name)?;
            return Ok((k8s::name(&pod).to_owned(), self.number(&pod, &self.port)?));
        };
        let object = client.named(&client.resource("Service", Some("v1"))?, namespace, service)?.object;
        let means = |port: &&Value| is_port(&self.port, port.get("port")) || self.port == port["name"];
        let ports = k8s::items(&object, "/spec/ports");
        let port = ports.iter().find(means).ok_or_else(|| {
            let known: Vec<String> = ports.iter().map(|port| port["port"].to_string()).collect();
            Fail::new(format!("service `{service}` has no port {}", self.port))
                .hint(&format!("it has {}", known.join(", ")))
        })?;
        let labels = k8s::workload::selector(&object);
        let pods = client.pods(namespace, &Selection { labels, ..Selection::default() })?;
        let pod = pods.iter().find(|pod| k8s::workload::is_ready(pod));
        let pod = pod.ok_or_else(|| Fail::new(format!("service `{service}` has no pod that is ready")))?;
        let inner = port.get("targetPort").filter(|port| !port.is_null()).unwrap_or(&port["port"]);
        Ok((k8s::name(pod).to_owned(), self.number(pod, inner)?))
    }

    /// The number of a port of a pod that is named by number or name.
    fn number(&self, pod: &Value, port: &Value) -> Result<u16, Fail> {
        let number =
            port.as_u64().or_else(|| port.as_str()?.parse().ok()).and_then(|port| u16::try_from(port).ok());
        if let Some(number) = number.filter(|port| *port > 0) {
            return Ok(number);
        }
        let ports =
            k8s::items(pod, "/spec/containers").iter().flat_map(|container| k8s::items(container, "/ports"));
        let named = ports.into_iter().find(|known| known.get("name") == Some(port));
        let found = named
            .and_then(|port| k8s::number(port, "/containerPort"))
            .and_then(|port| u16::try_from(port).ok());
        found.ok_or_else(|| Fail::new(format!("pod `{}` has no port {port}", k8s::name(pod))))
    }
}

/// Whether a port that the user wrote is this number.
fn is_port(written: &Value, number: Option<&Value>) -> bool {
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    number.is_some_and(|number| text(written) == text(number))
}

#[cfg(all(test, feature = "lab"))]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use serde_json::json;

    use crate::kubernetes::lab;

    fn ask(address: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(address)?;
        stream.write_all(b"GET /healthz HTTP/1.0\r\n\r\n")?;
        let mut said = String::new();
        stream.read_to_string(&mut said)?;
        Ok(said)
    }

    #[test]
    fn a_port_of_a_pod_answers_here_until_it_is_taken_away() {
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        space.apply(json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "front"}, "spec": {
            "selector": {"app": "web"}, "ports": [{"name": "http", "port": 80, "targetPort": 8080, "protocol": "TCP"}]}}));
        let sandbox = lab::sandbox("k8s_port_forward");
        for (name, port) in [("web", json!(8080)), ("service/front", json!("http"))] {
            let mut args = json!({"name": name, "namespace": space.name, "port": port});
            let reply = sandbox.converges(args.clone());
            let address = reply.values["address"].as_str().unwrap();
            assert!(ask(address).unwrap().ends_with("ok\n"), "{}", ask(address).unwrap());
            args["state"] = "absent".into();
            sandbox.converges(args);
            lab::eventually(|| TcpStream::connect(address).is_err());
        }
        let said = sandbox.fails(json!({"name": "service/front", "namespace": space.name, "port": 81}));
        assert!(said.contains("service `front` has no port 81\nhint: it has 80"), "{said}");
    }
}
