//! k8s_service

use std::time::Duration;

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::brief::{self, ServiceOptions};
use crate::kubernetes::{self as k8s, Cluster, Placing};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Make an application reachable as a service.
    pub struct K8sService as "k8s_service" {
        /// The name of the service.
        name: Option<String>,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        /// A manifest of a service that the other options complete.
        #[alias("definition", "inline")]
        resource_definition: Option<Value>,
        /// Whether to wait for the address of a load balancer; other services are there at once. A cluster in which
        /// nobody gives addresses to load balancers is told soon, and not waited for.
        wait: bool = false,
        /// How many seconds to wait.
        wait_timeout: u64 = "120",
        /// Not needed: the objects are watched.
        wait_sleep: u64 = "5",
        /// Not needed: the service is always applied by the server.
        apply: Option<bool>,
        /// Not needed, as `apply`.
        merge_type: Option<Vec<String>>,
        /// Not needed, as `apply`.
        force: Option<bool>,
        ..service: ServiceOptions,
        ..placing: Placing,
        ..cluster: Cluster,
    }
    rules [ RequiredOneOf(&["name", "resource_definition"]) ]
}

returns! {
    /// The service, as the server has it.
    result: dict,
    /// The addresses that it is reached at: of the cluster, of the load balancer, of nodes.
    addresses: list if "it is there",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for K8sService {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Make the shop reachable in the cluster
  kubernetes.core.k8s_service:
    name: shop
    namespace: web
    selector: {app: shop}
    ports: [80:8080]

- name: Give it an address outside
  kubernetes.core.k8s_service:
    name: shop-public
    namespace: web
    type: LoadBalancer
    selector: {app: shop}
    ports:
      - {name: http, port: 80, targetPort: 8080}
    wait: true
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let told = self.resource_definition.clone().unwrap_or_default();
        let given = |pointer: &str| told.pointer(pointer).and_then(Value::as_str).map(str::to_owned);
        let namespace = self.namespace.clone().or_else(|| given("/metadata/namespace"));
        let namespace = namespace.unwrap_or_else(|| client.namespace().to_owned());
        let name = self.name.clone().or_else(|| given("/metadata/name")).unwrap_or_default();
        let options = &mut self.service.0;
        options.insert("name".into(), name.into());
        options.insert("namespace".into(), namespace.into());
        let mut manifest = brief::service(options, None)?;
        if !told.is_null() {
            manifest = brief::overlay(&told, &manifest);
        }
        let limit = self.wait.then(|| Duration::from_secs(self.wait_timeout));
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, limit);
        }
        let made = k8s::place(target, &client, "k8s_service", manifest, &self.placing, limit)?;
        target.set("addresses", addresses(&made));
        target.set("result", made);
        Ok(())
    }
}

/// Where a service is reached.
fn addresses(service: &Value) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let balancers = k8s::items(service, "/status/loadBalancer/ingress").iter();
    let outside = balancers.flat_map(|at| [k8s::text(at, "/ip"), k8s::text(at, "/hostname")]);
    let inside = ["/spec/clusterIP", "/spec/externalName"].map(|pointer| k8s::text(service, pointer));
    for host in outside.chain(inside).filter(|host| !host.is_empty() && *host != "None") {
        for port in k8s::items(service, "/spec/ports") {
            all.push(json!({"host": host, "port": port["port"], "node_port": port["nodePort"]}));
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::addresses;

    #[test]
    fn a_service_tells_where_it_is_reached() {
        let service = json!({"spec": {"clusterIP": "10.0.0.1", "ports": [{"port": 80, "nodePort": 30000}]},
            "status": {"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}}});
        let hosts: Vec<_> = addresses(&service).iter().map(|at| at["host"].clone()).collect();
        assert_eq!(hosts, [json!("1.2.3.4"), json!("10.0.0.1")]);
        assert!(addresses(&json!({"spec": {"clusterIP": "None", "ports": [{"port": 1}]}})).is_empty());
    }

    #[cfg(feature = "lab")]
    mod lab {
        use std::time::{Duration, Instant};

        use serde_json::json;

        use crate::kubernetes::lab;

        #[test]
        fn a_service_is_made_changed_and_removed() {
            let space = lab::Namespace::new();
            space.deployment("web", 1);
            let sandbox = lab::sandbox("k8s_service");
            let mut args = json!({"name": "web", "namespace": space.name, "selector": {"app": "web"},
                "ports": [{"name": "http", "port": 80, "targetPort": 8080}], "wait": true, "wait_timeout": 60});
            let reply = sandbox.converges(args.clone());
            assert_eq!(reply.values["result"]["spec"]["ports"][0]["protocol"], "TCP");
            assert_eq!(reply.values["addresses"][0]["port"], 80);
            args["ports"] = json!(["80:8080", "81:8080"]);
            sandbox.converges(args);
            sandbox.converges(json!({"name": "web", "namespace": space.name, "state": "absent"}));
        }

        #[test]
        fn a_load_balancer_that_nobody_gives_is_told_and_not_waited_for() {
            let space = lab::Namespace::new();
            let begun = Instant::now();
            let reply = lab::sandbox("k8s_service")
                .run(json!({"name": "out", "namespace": space.name, "type": "LoadBalancer",
                "selector": {"app": "web"}, "ports": [80], "wait": true, "wait_timeout": 100}));
            assert!(begun.elapsed() < Duration::from_secs(60), "{:?}", begun.elapsed());
            let said = reply.failure.expect("there is no provider");
            assert!(said.to_lowercase().contains("load balancer"), "{said}");
        }
    }
}
