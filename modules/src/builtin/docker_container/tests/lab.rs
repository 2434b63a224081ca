//! Containers from their making to their end, on a real engine.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::docker::scratch::Scratch;
use crate::testing::Sandbox;
use crate::wire::Change;

/// A container of a test, and the module to bring it about.
pub(super) struct Lab {
    pub(super) scratch: Scratch,
    pub(super) sandbox: Sandbox,
    pub(super) name: String,
}

impl Lab {
    pub(super) fn new() -> Self {
        let scratch = Scratch::new();
        let name = scratch.name("c");
        Self { scratch, sandbox: Sandbox::new("docker_container"), name }
    }

    /// Arguments: the container of the test from the image of the lab, and more.
    pub(super) fn args(&self, more: Value) -> Value {
        let mut args = json!({"name": self.name, "image": "lab/app:1", "stop_timeout": 2});
        for (key, value) in more.as_object().unwrap() {
            args[key] = value.clone();
        }
        args
    }

    pub(super) fn now(&self) -> Value {
        self.scratch.container(&self.name)
    }

    pub(super) fn id(&self) -> Value {
        self.now()["Id"].clone()
    }

    /// Which of its containers there are.
    fn all(&self) -> usize {
        let path = format!("/containers/json?all=1&filters=%7B%22name%22%3A%5B%22{}%22%5D%7D", self.name);
        self.scratch.get(&path).as_array().unwrap().len()
    }
}

#[test]
fn a_paused_container_can_be_stopped_killed_and_removed() {
    let lab = Lab::new();
    for more in [
        json!({"state": "stopped"}),
        json!({"state": "stopped", "force_kill": true}),
        json!({"state": "absent"}),
    ] {
        lab.sandbox.run(lab.args(json!({"paused": true})));
        assert_eq!(lab.now()["State"]["Paused"], true);
        lab.sandbox.converges(lab.args(more));
    }
}

#[test]
fn a_difference_makes_it_anew_and_runs_it_again() {
    let lab = Lab::new();
    lab.sandbox.converges(lab.args(json!({"env": {"WORD": "a"}})));
    let first = lab.id();
    let reply = lab.sandbox.converges(lab.args(json!({"env": {"WORD": "b"}})));
    assert!(reply.diff[0].after.contains("WORD=b"), "{:?}", reply.diff);
    assert_ne!(lab.id(), first);
    assert_eq!((&lab.now()["State"]["Running"], lab.all()), (&json!(true), 1));
    assert_eq!(lab.now()["Name"], format!("/{}", lab.name));
}

#[test]
fn what_the_engine_does_not_take_leaves_the_old_one_running() {
    let lab = Lab::new();
    lab.sandbox.converges(lab.args(json!({})));
    let first = lab.id();
    let message = lab.sandbox.fails(lab.args(json!({"log_driver": "no-such-driver"})));
    assert!(message.starts_with(&format!("cannot create container `{}`: ", lab.name)), "{message}");
    assert_eq!((lab.id(), &lab.now()["State"]["Running"], lab.all()), (first, &json!(true), 1));
}

#[test]
fn a_new_one_that_cannot_start_gives_its_place_back_to_the_old_one() {
    let (other, lab) = (Lab::new(), Lab::new());
    other.sandbox.converges(other.args(json!({"published_ports": ["127.0.0.1::8080"]})));
    let taken = &other.now()["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostPort"];
    let ports = json!({"published_ports": [format!("127.0.0.1:{}:8080", taken.as_str().unwrap())]});
    lab.sandbox.converges(lab.args(json!({"env": {"WORD": "a"}})));
    let first = lab.id();
    let message = lab.sandbox.fails(lab.args(ports.clone()));
    assert!(message.starts_with(&format!("cannot start container `{}`: ", lab.name)), "{message}");
    assert!(message.contains("already allocated"), "{message}");
    assert!(message.ends_with("; the old one runs again"), "{message}");
    assert_eq!((lab.id(), &lab.now()["State"]["Running"], lab.all()), (first.clone(), &json!(true), 1));
    assert_eq!(lab.now()["Name"], format!("/{}", lab.name));
    lab.sandbox.converges(lab.args(json!({"state": "stopped"})));
    let message = lab.sandbox.fails(lab.args(ports));
    assert!(message.ends_with("; the old one is there as before"), "{message}");
    assert_eq!((lab.id(), &lab.now()["State"]["Running"], lab.all()), (first, &json!(false), 1));
}

#[test]
fn recreate_and_restart_do_so_each_time() {
    let lab = Lab::new();
    lab.sandbox.converges(lab.args(json!({})));
    let first = lab.now();
    let again = lab.args(json!({"recreate": true}));
    assert_eq!(lab.sandbox.check(again.clone()).change, Change::Yes);
    assert_eq!(lab.id(), first["Id"]);
    assert_eq!(lab.sandbox.run(again).change, Change::Yes);
    let second = lab.now();
    assert_ne!(first["Id"], second["Id"]);
    let restart = lab.args(json!({"restart": true}));
    assert_eq!(lab.sandbox.run(restart).change, Change::Yes);
    assert_eq!(lab.id(), second["Id"]);
    assert_ne!(lab.now()["State"]["StartedAt"], second["State"]["StartedAt"]);
}

#[test]
fn another_image_makes_it_anew_unless_it_is_ignored() {
    let lab = Lab::new();
    lab.sandbox.converges(lab.args(json!({})));
    let first = lab.id();
    lab.sandbox.keeps(lab.args(json!({"image": "lab/app:2", "comparisons": {"*": "ignore"}})));
    lab.sandbox.keeps(lab.args(json!({"image": "lab/app:2", "ignore_image": true})));
    lab.sandbox.converges(lab.args(json!({"image": "lab/app:2"})));
    assert_ne!(lab.id(), first);
    // The same image under another name.
    let alias = lab.scratch.name("alias");
    lab.scratch.post(&format!("/images/lab%2Fapp:2/tag?repo={alias}&tag=1"), &Value::Null);
    let named =
        |mismatch: &str| lab.args(json!({"image": format!("{alias}:1"), "image_name_mismatch": mismatch}));
    lab.sandbox.keeps(named("ignore"));
    lab.sandbox.converges(named("recreate"));
}

#[test]
fn health_is_waited_for() {
    let lab = Lab::new();
    let test = json!({"test": "test -f /tmp/well", "interval": "200ms", "retries": 50});
    let command = "sh -c 'sleep 1; touch /tmp/well; sleep 600'";
    let args = lab.args(json!({"state": "healthy", "healthcheck": test, "command": command}));
    let reply = lab.sandbox.converges(args);
    assert_eq!(reply.values["container"]["State"]["Health"]["Status"], "healthy");
}

#[test]
fn waiting_for_health_ends_when_it_cannot_come() {
    let lab = Lab::new();
    let begun = Instant::now();
    let test = json!({"test": "echo no disk; false", "interval": "200ms", "retries": 2});
    let command = "sh -c 'echo starting up; sleep 600'";
    let message =
        lab.sandbox.fails(lab.args(json!({"state": "healthy", "healthcheck": test, "command": command})));
    let wanted = format!(
        "container `{}` is unhealthy: its last test gave 1 and said no disk\nthe last lines of its log:\n    starting up",
        lab.name
    );
    assert_eq!(message, wanted);
    let command = "sh -c 'sleep 1; echo out of luck; exit 3'";
    let test = json!({"test": "false", "interval": "200ms", "retries": 500});
    let message =
        lab.sandbox.fails(lab.args(json!({"state": "healthy", "healthcheck": test, "command": command})));
    assert!(message.contains("ended before it was healthy with exit code 3"), "{message}");
    assert!(message.contains("out of luck"), "{message}");
    let command = "sleep 600";
    let more =
        json!({"state": "healthy", "healthcheck": test, "command": command, "healthy_wait_timeout": 0.5});
    let message = lab.sandbox.fails(lab.args(more));
    assert!(message.contains("is still starting after 0 seconds"), "{message}");
    assert!(begun.elapsed() < Duration::from_secs(25));
}

#[test]
fn a_container_that_ends_at_once_is_told_with_its_log() {
    let lab = Lab::new();
    let message = lab.sandbox.fails(lab.args(json!({"command": "sh -c 'echo no config >&2; exit 7'"})));
    let wanted = format!(
        "container `{}` ended at once with exit code 7\nthe last lines of its log:\n    no config",
        lab.name
    );
    assert_eq!(message, wanted);
    let message = lab.sandbox.fails(lab.args(json!({"command": "no-such-program", "recreate": true})));
    assert!(message.starts_with("cannot start container"), "{message}");
    assert!(message.ends_with("; the old one is there as before"), "{message}");
    assert!(message.contains("executable file not found"), "{message}");
}

#[test]
fn its_end_is_waited_for_and_its_output_kept() {
    let lab = Lab::new();
    let job = |script: &str, more: Value| {
        let mut args = lab.args(json!({"command": ["sh", "-c", script], "detach": false}));
        args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        args
    };
    let reply = lab.sandbox.run(job("echo one; sleep 0.5; echo two >&2", json!({"output_logs": true})));
    assert_eq!((&reply.failure, &reply.values["status"]), (&None, &json!(0)));
    assert_eq!(reply.values["container"]["Output"], "one\ntwo\n");
    assert_eq!(lab.now()["State"]["Status"], "exited");
    let reply = lab.sandbox.run(job("echo bad; exit 4", json!({"cleanup": true})));
    assert_eq!(reply.values["status"], 4);
    assert_eq!(reply.failure.unwrap(), format!("container `{}` ended with exit code 4:\n    bad", lab.name));
    assert_eq!(lab.now(), Value::Null);
    let reply = lab.sandbox.run(job("exit 0", json!({"auto_remove": true})));
    assert_eq!((&reply.failure, &reply.values["status"]), (&None, &json!(0)));
    assert_eq!(reply.values["container"]["Output"], "Cannot retrieve result as auto_remove is enabled");
    assert_eq!(lab.now(), Value::Null);
}

#[test]
fn what_goes_wrong_is_said_in_one_line() {
    let lab = Lab::new();
    let message = lab.sandbox.fails(json!({"name": lab.name}));
    assert_eq!(message, format!("no `image` to make container `{}` from", lab.name));
    let message = lab.sandbox.fails(lab.args(json!({"image": "lab/none", "pull": "never"})));
    assert_eq!(message, "there is no image `lab/none`, and `pull` is `never`");
    let message = lab.sandbox.fails(lab.args(json!({"image": "127.0.0.1:1/none"})));
    assert!(message.starts_with("cannot pull `127.0.0.1:1/none:latest`: "), "{message}");
    let message = lab.sandbox.fails(lab.args(json!({"networks": [{"name": "no-such-network"}]})));
    assert!(message.starts_with("there is no network `no-such-network`"), "{message}");
    let id = format!("sha256:{}", "0".repeat(64));
    let message = lab.sandbox.fails(lab.args(json!({"image": id})));
    assert!(message.starts_with("there is no image with the number"), "{message}");
    assert_eq!(lab.all(), 0);
}

#[test]
fn bad_values_are_told_all_at_once() {
    let lab = Lab::new();
    let message = lab.sandbox.fails(lab.args(json!({
        "memory": "lots", "ulimits": ["nofile"], "published_ports": ["web:80"], "env": {"N": 5},
        "volumes": ["/a:/b:rx"], "mounts": [{"target": "/x", "type": "bind"}],
        "comparisons": {"env": "exact"}, "labels": {"l": true}, "default_host_ip": "here",
        "healthcheck": {"test": "true", "interval": "soon"},
    })));
    let lines: Vec<&str> = message.lines().filter(|line| !line.starts_with("hint")).collect();
    assert_eq!(lines.len(), 10, "{message}");
    assert_eq!(lab.all(), 0);
}

#[test]
fn a_port_in_use_is_told_and_the_container_is_there_to_look_at() {
    let (first, second) = (Lab::new(), Lab::new());
    first.sandbox.converges(first.args(json!({"published_ports": ["127.0.0.1::8080"]})));
    let bound = &first.now()["NetworkSettings"]["Ports"]["8080/tcp"][0]["HostPort"];
    let port = format!("127.0.0.1:{}:8080", bound.as_str().unwrap());
    let message = second.sandbox.fails(second.args(json!({"published_ports": [port]})));
    assert!(message.contains("port is already allocated"), "{message}");
    assert_eq!(second.now()["State"]["Status"], "created");
}

#[test]
fn a_container_is_found_by_its_number_too() {
    let lab = Lab::new();
    lab.sandbox.converges(lab.args(json!({})));
    let id = lab.id();
    let short = &id.as_str().unwrap()[..12];
    lab.sandbox.keeps(lab.args(json!({"name": short})));
    let reply = lab.sandbox.run(lab.args(json!({"name": short, "env": {"A": "b"}})));
    assert_eq!(reply.values["container"]["Id"], lab.id());
    assert_ne!(lab.id(), id);
    assert_eq!(lab.now()["Name"], format!("/{}", lab.name));
}

#[test]
fn networks_are_joined_and_left() {
    let lab = Lab::new();
    let (a, b) = (lab.scratch.name("net-a"), lab.scratch.name("net-b"));
    for name in [&a, &b] {
        lab.scratch.post("/networks/create", &json!({"Name": name, "CheckDuplicate": true}));
    }
    let joined = |lab: &Lab| {
        let now = lab.now();
        let networks = now["NetworkSettings"]["Networks"].as_object().unwrap();
        networks.keys().cloned().collect::<Vec<_>>()
    };
    lab.sandbox.converges(lab.args(json!({"networks": [{"name": a, "aliases": ["web"]}]})));
    assert_eq!(joined(&lab), [a.as_str()]);
    let id = lab.id();
    let both = json!([{"name": a, "aliases": ["web"]}, {"name": b, "aliases": ["shop"]}]);
    lab.sandbox.converges(lab.args(json!({"networks": both})));
    assert_eq!(joined(&lab), [a.as_str(), b.as_str()]);
    let other = json!([{"name": a, "aliases": ["web"]}, {"name": b, "aliases": ["store"]}]);
    lab.sandbox.converges(lab.args(json!({"networks": other})));
    let aliases = lab.now()["NetworkSettings"]["Networks"][&b]["Aliases"].clone();
    assert!(aliases.as_array().unwrap().contains(&json!("store")), "{aliases}");
    let one = json!([{"name": a}]);
    lab.sandbox.keeps(lab.args(json!({"networks": one})));
    lab.sandbox.converges(lab.args(json!({"networks": one, "comparisons": {"networks": "strict"}})));
    assert_eq!((joined(&lab), lab.id()), (vec![a.clone()], id));
    lab.sandbox.keeps(lab.args(json!({"networks": one, "purge_networks": true})));
    // A new one is in all of them at once.
    let fresh = lab.args(json!({"networks": both, "recreate": true}));
    assert_eq!(lab.sandbox.run(fresh).failure, None);
    assert_eq!(joined(&lab), [a.as_str(), b.as_str()]);
    lab.sandbox.keeps(lab.args(json!({"networks": both})));
}

#[test]
fn networks_beside_the_default_one() {
    let lab = Lab::new();
    let net = lab.scratch.name("net");
    lab.scratch.post("/networks/create", &json!({"Name": net}));
    let args = |purge: bool| {
        lab.args(
            json!({"networks": [{"name": net}], "networks_cli_compatible": false, "purge_networks": purge}),
        )
    };
    lab.sandbox.converges(args(false));
    let networks = lab.now()["NetworkSettings"]["Networks"].clone();
    assert_eq!(networks.as_object().unwrap().len(), 2, "{networks}");
    lab.sandbox.converges(args(true));
    let other = Lab::new();
    let mut fresh = args(true);
    fresh["name"] = other.name.as_str().into();
    other.sandbox.converges(fresh);
    let networks = other.now()["NetworkSettings"]["Networks"].clone();
    assert_eq!(networks.as_object().unwrap().keys().collect::<Vec<_>>(), [&net]);
}

#[test]
fn an_image_is_pulled_when_the_registry_has_another() {
    let lab = Lab::new();
    let name = format!("{}/{}", crate::docker::tests::registry(), lab.scratch.name("app"));
    let tag = |version: u8| {
        let tag = format!("/images/lab%2Fapp:{version}/tag?repo={}&tag=1", crate::docker::escape(&name));
        lab.scratch.post(&tag, &Value::Null);
    };
    tag(1);
    lab.scratch.push(&format!("{name}:1"));
    lab.scratch.delete(&format!("/images/{name}:1"));
    let args = |pull: Value| lab.args(json!({"image": format!("{name}:1"), "pull": pull}));
    lab.sandbox.converges(args(json!("missing")));
    let first = lab.now();
    lab.sandbox.keeps(args(json!("always")));
    tag(2);
    lab.scratch.push(&format!("{name}:1"));
    tag(1);
    lab.sandbox.keeps(args(json!("missing")));
    let reply = lab.sandbox.converges(args(json!(true)));
    assert_eq!(reply.diff.len(), 2, "{:?}", reply.diff);
    assert_ne!(lab.now()["Image"], first["Image"]);
    assert_eq!(lab.now()["Config"]["Image"], format!("{name}:1"));
    let message = lab.sandbox.fails(lab.args(json!({"image": format!("{name}:9")})));
    assert!(message.contains("not found") || message.contains("manifest unknown"), "{message}");
}
