//! Networks on a real engine.

use serde_json::json;

use crate::testing::Sandbox;

#[test]
fn mistakes_are_told_all_at_once() {
    let message = Sandbox::new("docker_network").fails(json!({"name": "x", "labels": {"a": true},
        "ipam_config": [{"subnet": "172.20.0.0", "gateway": "here"}]}));
    let lines: Vec<&str> = message.lines().filter(|line| !line.starts_with("hint")).collect();
    assert_eq!(
        lines,
        [
            "label `a`: expected a string, found `true`",
            "`subnet`: expected a range as `172.20.0.0/16`, found `172.20.0.0`",
            "`gateway`: expected an address, found `here`",
        ]
    );
}

#[cfg(feature = "lab")]
mod lab {
    use serde_json::{Value, json};

    use crate::docker::scratch::Scratch;
    use crate::testing::Sandbox;
    use crate::wire::Change;

    fn connected(scratch: &Scratch, name: &str) -> Vec<String> {
        let network = scratch.get(&format!("/networks/{name}"));
        let members = network["Containers"].as_object().unwrap();
        let mut names: Vec<String> =
            members.values().map(|c| c["Name"].as_str().unwrap().to_owned()).collect();
        names.sort();
        names
    }

    #[test]
    fn a_network_is_made_changed_and_removed() {
        let scratch = Scratch::new();
        let name = scratch.name("network");
        let sandbox = Sandbox::new("docker_network");
        let reply = sandbox.converges(json!({"name": name}));
        let first = reply.values["network"]["Id"].clone();
        for more in [
            json!({"labels": {"a": "1"}}),
            json!({"labels": {"a": 2}, "internal": true}),
            json!({"driver_options": {"com.docker.network.bridge.enable_icc": false}}),
            json!({"attachable": true}),
        ] {
            let mut args = more;
            args["name"] = name.as_str().into();
            sandbox.converges(args);
        }
        assert_ne!(scratch.get(&format!("/networks/{name}"))["Id"], first);
        let force = json!({"name": name, "force": true});
        assert_eq!(sandbox.check(force.clone()).change, Change::Yes);
        assert_eq!(sandbox.run(force).change, Change::Yes);
        sandbox.converges(json!({"name": name, "state": "absent"}));
        assert_eq!(scratch.get(&format!("/networks/{name}")), Value::Null);
    }

    #[test]
    fn addresses_are_compared() {
        let scratch = Scratch::new();
        let name = scratch.name("network");
        let sandbox = Sandbox::new("docker_network");
        let octet = std::process::id() % 200 + 20;
        let subnet = format!("10.213.{octet}.0/24");
        let args = |gateway: u32| {
            json!({"name": name, "ipam_driver": "default", "ipam_config": [
            {"subnet": subnet, "gateway": format!("10.213.{octet}.{gateway}"), "iprange": format!("10.213.{octet}.128/25"),
             "aux_addresses": {"router": format!("10.213.{octet}.9")}}]})
        };
        sandbox.converges(args(1));
        let reply = sandbox.converges(args(2));
        assert!(reply.diff[0].after.contains("ipam_config[0].gateway"), "{:?}", reply.diff);
        sandbox.keeps(json!({"name": name, "ipam_config": [{"subnet": subnet}]}));
    }

    #[test]
    fn containers_join_and_leave() {
        let scratch = Scratch::new();
        let name = scratch.name("network");
        let (one, two, three) =
            (scratch.start("sleep 600"), scratch.start("sleep 600"), scratch.start("sleep 600"));
        let sandbox = Sandbox::new("docker_network");
        sandbox.converges(json!({"name": name, "connected": [one, two]}));
        assert_eq!(connected(&scratch, &name), [one.as_str(), two.as_str()]);
        sandbox.converges(json!({"name": name, "connected": [three], "appends": true}));
        assert_eq!(connected(&scratch, &name).len(), 3);
        sandbox.keeps(json!({"name": name}));
        let number = scratch.container(&three)["Id"].clone();
        sandbox.converges(json!({"name": name, "connected": [one, number]}));
        assert_eq!(connected(&scratch, &name), [one.as_str(), three.as_str()]);
        // A network that is made anew has its containers again.
        sandbox.converges(json!({"name": name, "labels": {"a": "1"}}));
        assert_eq!(connected(&scratch, &name), [one.as_str(), three.as_str()]);
        let message = sandbox.fails(json!({"name": name, "connected": ["no-such"]}));
        assert_eq!(message, "there is no container `no-such` to connect");
        sandbox.converges(json!({"name": name, "state": "absent"}));
    }

    #[test]
    fn what_the_engine_refuses_is_said() {
        let scratch = Scratch::new();
        let name = scratch.name("network");
        let sandbox = Sandbox::new("docker_network");
        let message = sandbox.fails(json!({"name": name, "driver": "no-such-driver"}));
        assert!(message.starts_with(&format!("cannot create network `{name}`: ")), "{message}");
    }
}
