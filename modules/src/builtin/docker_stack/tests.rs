//! Stacks in a real swarm.

use serde_json::{Value, json};

use crate::docker::testing::InSwarm;
use crate::testing::Sandbox;

const FILE: &str = "\
version: '3.8'
services:
  web:
    image: lab/app:1
    ports: ['8080']
    environment: {WORD: one}
    secrets: [key]
    configs: [{source: motd, target: /etc/motd}]
    networks: [front]
    volumes: ['data:/data']
    healthcheck: {test: [CMD, get, 'http://127.0.0.1:8080/healthz'], interval: 1s, retries: 20}
    stop_grace_period: 1s
    deploy:
      replicas: 2
      labels: {tier: front}
      restart_policy: {condition: on-failure, delay: 1s}
      update_config: {order: start-first, parallelism: 2}
      resources: {limits: {memory: 64M}}
      placement: {constraints: [node.role == manager]}
  db:
    image: lab/app:1
    build: .
    networks: [front]
    stop_grace_period: 1s
networks: {front: {attachable: true}}
volumes: {data: }
secrets: {key: {file: ./key}}
configs: {motd: {content: hello}}
";

fn names(reply: &crate::wire::Reply) -> Vec<&str> {
    reply.diff.iter().map(|diff| diff.after_header.as_str()).collect()
}

#[test]
fn a_stack_is_deployed_changed_pruned_and_removed() {
    let _swarm = InSwarm::new();
    let sandbox = Sandbox::new("docker_stack").file("s/stack.yml", FILE).file("s/key", "one");
    let args = |more: Value| {
        let mut args =
            json!({"name": "Shop", "compose": [sandbox.path("s/stack.yml")], "resolve_image": "never"});
        for (key, value) in more.as_object().into_iter().flatten() {
            args[key] = value.clone();
        }
        args
    };
    let made = sandbox.converges(args(json!({"detach": false, "wait_timeout": 60})));
    let all =
        ["network Shop_front", "secret Shop_key", "config Shop_motd", "service Shop_web", "service Shop_db"];
    assert_eq!(names(&made), all);
    assert_eq!(made.warnings, ["service `db`: a swarm does not know `build`: not looked at"]);
    std::fs::write(sandbox.at("s/key"), "two").unwrap();
    let more = json!({"services": {"web": {"environment": {"WORD": "two"}}}});
    let changed =
        sandbox.converges(args(json!({"compose": [sandbox.path("s/stack.yml"), more], "detach": false})));
    assert_eq!(names(&changed)[1], "service Shop_web");
    let difference = &changed.values["stack_spec_diff"]["Shop_web"]["TaskTemplate"]["ContainerSpec"];
    assert_eq!(difference["Env"], json!(["WORD=two"]));
    assert!(difference["Secrets"][0]["SecretName"].as_str().unwrap().starts_with("Shop_key_"));
    std::fs::write(sandbox.at("s/stack.yml"), FILE.replace("  db:\n", "  db2:\n")).unwrap();
    let pruned = sandbox.converges(args(json!({"prune": true})));
    assert!(names(&pruned).contains(&"service Shop_db"), "{:?}", names(&pruned));
    let gone = sandbox.converges(json!({"name": "Shop", "state": "absent"}));
    assert!(names(&gone).contains(&"network Shop_front"), "{:?}", names(&gone));
}

#[test]
fn tasks_that_fail_and_wrong_files_are_told() {
    let _swarm = InSwarm::new();
    let sandbox = Sandbox::new("docker_stack").file("bad.yml", "services:\n  web:\n    imge: x\n");
    let said = sandbox.run(json!({"name": "bad", "compose": [sandbox.path("bad.yml")]})).failure.unwrap();
    assert_eq!(
        said,
        format!("{}:3: unknown key `imge` of service `web`; did you mean `image`?", sandbox.path("bad.yml"))
    );
    let definition = json!({"services": {"web": {
        "image": "lab/app:1", "command": "sh -c 'echo no database; exit 5'", "deploy": {"restart_policy": {"delay": "100ms"}},
    }}});
    let args = json!({"name": "bad", "compose": [definition], "detach": false, "resolve_image": "never"});
    let said = sandbox.run(args).failure.unwrap();
    assert!(said.starts_with("service `bad_web` did not come about: its tasks fail"), "{said}");
    assert!(said.contains("non-zero exit (5)") && said.contains("no database"), "{said}");
    sandbox.converges(json!({"name": "bad", "state": "absent"}));
    let said = sandbox.run(json!({"name": "a b", "state": "absent"})).failure.unwrap();
    assert!(said.starts_with("a stack's name is of letters"), "{said}");
}
