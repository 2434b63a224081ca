//! The module against a real engine, and what needs none.

use serde_json::json;

use crate::testing::Sandbox;

#[cfg(feature = "lab")]
mod lab;
#[cfg(feature = "lab")]
mod properties;

#[test]
fn without_an_engine_the_socket_is_named() {
    let sandbox = Sandbox::new("docker_container");
    let socket = format!("unix://{}", sandbox.path("none.sock"));
    let message = sandbox.fails(json!({"name": "x", "image": "y", "docker_host": socket}));
    assert!(message.contains("none.sock"), "{message}");
}

#[test]
fn options_need_each_other() {
    let message = Sandbox::new("docker_container").fails(
        json!({"name": "x", "state": "present", "restart_retries": 3, "log_opt": {"a": "b"}, "pul": 1}),
    );
    for words in ["`image`", "`restart_policy`", "`log_driver`", "module: pul"] {
        assert!(message.contains(words), "{words}: {message}");
    }
}

#[cfg(feature = "lab")]
#[test]
fn a_container_goes_through_all_states() {
    let lab = lab::Lab::new();
    lab.sandbox.converges(lab.args(json!({"state": "present"})));
    assert_eq!(lab.now()["State"]["Status"], "created");
    let reply = lab.sandbox.converges(lab.args(json!({})));
    assert_eq!(reply.values["container"]["State"]["Running"], true);
    lab.sandbox.converges(lab.args(json!({"paused": true})));
    assert_eq!(lab.now()["State"]["Paused"], true);
    lab.sandbox.converges(lab.args(json!({"paused": false})));
    lab.sandbox.converges(lab.args(json!({"state": "stopped"})));
    assert_eq!(lab.now()["State"]["Running"], false);
    lab.sandbox.keeps(lab.args(json!({"state": "present"})));
    lab.sandbox.converges(json!({"name": lab.name, "state": "started"}));
    lab.sandbox.converges(json!({"name": lab.name, "state": "absent"}));
    assert_eq!(lab.now(), serde_json::Value::Null);
    lab.sandbox.keeps(json!({"name": lab.name, "state": "absent"}));
}
