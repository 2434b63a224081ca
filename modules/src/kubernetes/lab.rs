//! What tests against a real cluster share: namespaces that go with the test, and what stands in them.

use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use serde_json::{Value, json};

use super::client::{Client, Selection};
use super::options::{Cluster, Surroundings};
use super::status::{Awaited, Want, wait};
use super::write::Write;
use crate::Target;
use crate::testing::{InProcess, Sandbox};
use crate::wire::Call;

/// The cluster that `KUBECONFIG` names.
pub(crate) fn client() -> Arc<Client> {
    assert!(std::env::var_os("KUBECONFIG").is_some(), "KUBECONFIG names no cluster: tests/lab brings one");
    Cluster::plain().open(&Surroundings::own()).unwrap()
}

/// A sandbox whose module finds the cluster.
pub(crate) fn sandbox(module: &'static str) -> Sandbox {
    client();
    Sandbox::new(module)
}

/// A word that no other test has.
pub(crate) fn word(start: &str) -> String {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap().as_nanos();
    format!("{start}-{:x}", (now ^ u128::from(std::process::id()) << 20) & 0xff_ffff_ffff)
}

/// The name of a node.
pub(crate) fn node() -> String {
    let client = client();
    let nodes = client.list(&client.resource("Node", None).unwrap(), "", &Selection::default()).unwrap().0;
    super::name(nodes.first().expect("the cluster has a node")).to_owned()
}

/// Asks until the answer is yes, for two minutes: machines of tests are crowded.
#[track_caller]
pub(crate) fn eventually(mut is: impl FnMut() -> bool) {
    let until = Instant::now() + Duration::from_secs(120);
    while !is() {
        assert!(Instant::now() < until, "it has not come about in two minutes");
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// A namespace of its own, removed with the test.
pub(crate) struct Namespace {
    pub(crate) name: String,
    client: Arc<Client>,
}

impl Namespace {
    /// A new one.
    pub(crate) fn new() -> Self {
        let made = Self { name: word("baton"), client: client() };
        made.write(json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": made.name}}));
        // Pods are refused until it is there.
        eventually(|| made.find("ServiceAccount", "default").is_some());
        made
    }

    /// Applies an object in it.
    pub(crate) fn apply(&self, mut object: Value) -> Value {
        object["metadata"]["namespace"] = self.name.clone().into();
        self.write(object)
    }

    fn write(&self, object: Value) -> Value {
        let resource =
            self.client.resource(super::text(&object, "/kind"), Some(super::text(&object, "/apiVersion")));
        let resource = resource.unwrap();
        let (space, name) = (super::namespace(&object).to_owned(), super::name(&object).to_owned());
        let write = Write::apply(&resource, &space, &name, object, "lab", true);
        with_target(|target| target.perform(|hands| Ok(self.client.write(hands, &write)?)).unwrap().unwrap())
    }

    /// An object in it, if it is there.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Option<Value> {
        self.client.get(&self.client.resource(kind, None).unwrap(), &self.name, name).unwrap()
    }

    /// An object in it.
    #[track_caller]
    pub(crate) fn get(&self, kind: &str, name: &str) -> Value {
        self.find(kind, name).unwrap_or_else(|| panic!("there is no {kind} `{name}`"))
    }

    /// A pod of the lab's image with a command, once it runs.
    pub(crate) fn pod(&self, name: &str, command: &str) {
        let container = json!({"name": "app", "image": "lab/app:1", "imagePullPolicy": "IfNotPresent",
            "command": crate::words::split(command).unwrap()});
        self.apply(
            json!({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "labels": {"app": name}},
            "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}),
        );
        self.wait("Pod", name);
    }

    /// A deployment of the lab's image, once it runs.
    pub(crate) fn deployment(&self, name: &str, replicas: u32) {
        let container = json!({"name": name, "image": "lab/app:1", "imagePullPolicy": "IfNotPresent"});
        self.apply(json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name}, "spec": {
            "replicas": replicas, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [container]}}}}));
        self.wait("Deployment", name);
    }

    fn wait(&self, kind: &str, name: &str) {
        let resource = self.client.resource(kind, None).unwrap();
        let object = json!({"metadata": {"name": name, "namespace": self.name}});
        let awaited = Awaited::one(&resource, &object, Want::Current);
        with_target(|target| wait(target, &self.client, &[awaited], &[], Duration::from_secs(90))).unwrap();
    }
}

impl Drop for Namespace {
    fn drop(&mut self) {
        let resource = self.client.resource("Namespace", None).unwrap();
        let write = Write::delete(&resource, "", &self.name, None);
        let removed = with_target(|target| target.perform(|hands| Ok(self.client.write(hands, &write)?)));
        if !std::thread::panicking() {
            removed.unwrap();
        }
    }
}

fn with_target<T>(act: impl FnOnce(&mut Target<'_>) -> T) -> T {
    let call = Call::default();
    let mut io = InProcess::new(&std::collections::HashMap::new());
    act(&mut Target::new(std::path::Path::new("/"), &call, &mut io))
}
