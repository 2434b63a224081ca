//! Manifests as newcomers bring them: the wrong ones are refused with the reason, the document, the line and the field,
//! and nothing of the set is applied; the terse ones work.

use super::example::unique;
use super::faults::tasks;
use super::parts::{forget, kubectl, object};

/// A namespace of its own; gone when the test is.
struct Namespace(String);

impl Namespace {
    fn new() -> Self {
        let name = unique("lab-manifests");
        kubectl(["create", "namespace", &name]);
        Self(name)
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        forget("kubectl", ["delete", "namespace", &self.0, "--wait=false"]);
    }
}

/// What comes before each wrong document: nothing is wrong with it.
const GOOD: &str = "apiVersion: v1
kind: ConfigMap
metadata:
  name: good
data: {a: b}
---
";

/// The wrong document, and what must be said about it.
const WRONG: [(&str, &str, &[&str]); 5] = [
    (
        "a port named by a number",
        "apiVersion: v1
kind: Service
metadata:
  name: web
spec:
  selector: {app: web}
  ports:
    - name: 80
      port: 80
",
        &["ports[0].name", "Service", "`web`", ":14"],
    ),
    (
        "clusterIP in a deployment",
        "apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
spec:
  clusterIP: None
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: lab/app:1}]
",
        &["clusterIP", "Deployment", "`web`", ":12"],
    ),
    (
        "a deployment of v1",
        "apiVersion: v1
kind: Deployment
metadata:
  name: web
spec:
  selector: {matchLabels: {app: web}}
  template:
    metadata: {labels: {app: web}}
    spec:
      containers: [{name: web, image: lab/app:1}]
",
        &["`Deployment`", "apps/v1", ":7"],
    ),
    (
        "a name with capitals",
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: MyMap
data: {a: b}
",
        &["`MyMap`", "lower case", ":10"],
    ),
    (
        "a namespace that is not there",
        "apiVersion: v1
kind: ConfigMap
metadata:
  name: web
  namespace: lab-nowhere
data: {a: b}
",
        &["lab-nowhere", "not found", ":11"],
    ),
];

#[test]
fn wrong_manifests_are_refused_with_place_and_reason_and_nothing_is_applied() {
    let namespace = Namespace::new();
    let mut bad = Vec::new();
    for (what, document, words) in WRONG {
        let test = tasks(&format!("- k8s_apply: {{src: set.yml, namespace: {}}}", namespace.0));
        let ran = test.file("set.yml", &format!("{GOOD}{document}")).ends(2);
        let said = ran.result("localhost", "k8s_apply")["msg"].as_str().unwrap_or_default().to_owned();
        let missing: Vec<_> = words.iter().filter(|word| !said.contains(**word)).collect();
        let maps = kubectl(["get", "configmap", "-n", &namespace.0, "-o", "name"]);
        if !missing.is_empty() || maps.contains("/good") {
            bad.push(format!("{what}: lacks {missing:?}; there is {maps}; said: {said}"));
        }
    }
    assert!(bad.is_empty(), "{}", bad.join("\n"));
}

#[test]
fn a_port_without_protocol_is_tcp() {
    let namespace = Namespace::new();
    let apply = "- k8s_apply:
    namespace: NS
    definition:
      apiVersion: v1
      kind: Service
      metadata: {name: web}
      spec:
        selector: {app: web}
        ports: [{port: 80}, {name: more, port: 81}]";
    let test = tasks(&apply.replace("NS", &namespace.0));
    // Two ports must have names: the server refuses the first as it is.
    let refused = test.ends(2);
    assert!(refused.told().contains("ports[0].name"), "{}", refused.told());
    let test = tasks(&apply.replace("NS", &namespace.0).replace("{port: 80}", "{name: http, port: 80}"));
    assert_eq!(test.ends(0).count("localhost", "changed"), 1);
    let ports = &object("service", "web", &namespace.0)["spec"]["ports"];
    assert_eq!((&ports[0]["protocol"], &ports[1]["protocol"]), (&"TCP".into(), &"TCP".into()), "{ports}");
    assert_eq!(test.ends(0).count("localhost", "changed"), 0);
}
