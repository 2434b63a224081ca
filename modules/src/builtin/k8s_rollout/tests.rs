use serde_json::json;

use crate::kubernetes::lab;
use crate::wire::Change;

#[test]
fn a_deployment_goes_back_to_the_revision_before() {
    let space = lab::Namespace::new();
    space.deployment("web", 1);
    let image = || {
        let now = space.get("Deployment", "web");
        now.pointer("/spec/template/spec/containers/0/image").unwrap().as_str().unwrap().to_owned()
    };
    lab::sandbox("k8s_deploy")
        .run(json!({"name": "web", "namespace": space.name, "image": "lab/app:2", "replicas": 1,
        "image_pull_policy": "IfNotPresent", "force_conflicts": true, "wait_timeout": 60}));
    assert_eq!(image(), "lab/app:2");
    let sandbox = lab::sandbox("k8s_rollout");
    let args = json!({"name": "web", "namespace": space.name, "state": "undo", "revision": 1});
    let reply = sandbox.converges(args);
    assert_eq!(image(), "lab/app:1");
    assert_eq!(reply.values["revision"], 3);
    assert_eq!(reply.values["revisions"].as_array().unwrap().len(), 2);
    let said = sandbox.fails(json!({"name": "web", "namespace": space.name, "state": "undo", "revision": 9}));
    assert!(said.contains("has no revision 9") && said.contains("2, 3"), "{said}");
}

#[test]
fn pods_are_started_anew_and_a_rollout_is_held() {
    let space = lab::Namespace::new();
    space.deployment("web", 1);
    let sandbox = lab::sandbox("k8s_rollout");
    let of = |state: &str| json!({"name": "web", "namespace": space.name, "state": state});
    let reply = sandbox.run(of("restart"));
    assert_eq!((reply.change, &reply.failure), (Change::Yes, &None));
    assert_eq!(reply.values["revision"], 2);
    sandbox.converges(of("pause"));
    let said = sandbox.fails(of("restart"));
    assert!(said.contains("is held"), "{said}");
    sandbox.converges(of("resume"));
    let told = sandbox.reads(of("status"));
    assert_eq!(told["revision"], 2);
}
