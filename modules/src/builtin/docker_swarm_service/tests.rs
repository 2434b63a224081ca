//! Services in a real swarm.

use serde_json::{Value, json};

use crate::docker::testing::InSwarm;
use crate::testing::Sandbox;

#[test]
fn a_service_is_made_changed_in_its_place_and_removed() {
    let _swarm = InSwarm::new();
    let sandbox = Sandbox::new("docker_swarm_service").file("env", "A=file\nB=2\n");
    let more = Sandbox::new("docker_secret");
    more.converges(json!({"name": "key", "data": "x"}));
    let args = json!({
        "name": "web", "image": "lab/app:1", "replicas": 2, "env": {"A": "own"}, "env_files": [sandbox.path("env")],
        "labels": {"a": 1}, "container_labels": {"b": "c"}, "limits": {"memory": "32M", "cpus": 0.5},
        "publish": [{"target_port": 8080}], "update_config": {"parallelism": 2, "order": "start-first", "delay": "1s"},
        "restart_config": {"condition": "on-failure", "delay": "1s"}, "secrets": [{"secret_name": "key", "mode": 0o400}],
        "healthcheck": {"test": "get http://127.0.0.1:8080/healthz", "interval": "1s", "retries": 10},
        "mounts": [{"type": "tmpfs", "target": "/scratch", "tmpfs_size": "1M"}], "hosts": {"db": "10.0.0.9"},
        "placement": {"constraints": ["node.role == manager"], "preferences": [{"spread": "node.labels.zone"}]},
        "stop_grace_period": "1s", "wait": true, "wait_timeout": 60,
    });
    let made = sandbox.converges(args.clone());
    let spec = &made.values["swarm_service"]["Spec"];
    assert_eq!(spec["TaskTemplate"]["ContainerSpec"]["Env"], json!(["A=own", "B=2"]));
    assert_eq!(
        (&made.values["rebuilt"], &made.values["swarm_service"]["replicas"]),
        (&json!(false), &json!(2))
    );
    let mut args = args;
    (args["image"], args["replicas"]) = ("lab/app:2".into(), 1.into());
    let changed = sandbox.converges(args.clone());
    assert_eq!(changed.values["changes"], json!(["image", "replicas"]));
    let kept = sandbox.keeps(json!({"name": "web", "image": "lab/app:2"}));
    assert_eq!(kept.values["swarm_service"]["Spec"]["Labels"], json!({"a": "1"}));
    let anew = sandbox.run(json!({"name": "web", "image": "lab/app:2", "mode": "global"}));
    assert_eq!((&anew.values["rebuilt"], &anew.failure), (&json!(true), &None));
    sandbox.converges(json!({"name": "web", "state": "absent"}));
}

#[test]
fn tasks_that_fail_are_told_at_once() {
    let _swarm = InSwarm::new();
    let sandbox = Sandbox::new("docker_swarm_service");
    let fails = |more: Value| {
        let mut args =
            json!({"name": "bad", "image": "lab/app:1", "wait": true, "restart_config": {"delay": "100ms"}});
        for (key, value) in more.as_object().into_iter().flatten() {
            args[key] = value.clone();
        }
        sandbox.run(args).failure.expect("it should have failed")
    };
    let said = fails(json!({"image": "lab/none:1"}));
    assert!(
        said.contains("service `bad` did not come about: its tasks fail")
            && said.contains("No such image: lab/none:1"),
        "{said}"
    );
    let said = fails(json!({"command": ["sh", "-c", "echo my last words; exit 7"]}));
    assert!(said.contains("non-zero exit (7)") && said.contains("my last words"), "{said}");
    let said = fails(json!({"command": [], "placement": {"constraints": ["node.role == worker"]}}));
    assert!(said.contains("finds no node: no suitable node"), "{said}");
    let said = fails(json!({"networks": ["nowhere"]}));
    assert_eq!(said, "there is no network `nowhere`");
    let said = fails(json!({"secrets": [{"secret_name": "gone"}]}));
    assert_eq!(said, "there is no secret `gone` in the swarm");
    sandbox.converges(json!({"name": "bad", "state": "absent"}));
}
