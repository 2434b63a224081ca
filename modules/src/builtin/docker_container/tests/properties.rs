//! Every property on a real engine: set, kept, changed, and the container made anew for it or not.

use serde_json::{Value, json};

use super::lab::Lab;

/// What becomes of a container when a property changes.
#[derive(Clone, Copy, Debug, PartialEq)]
enum How {
    Anew,
    Updated,
}

use How::{Anew, Updated};

/// Each property goes from one value to another.
#[track_caller]
fn change(cases: &[(&str, Value, Value, How)]) {
    for (option, first, second, how) in cases {
        let lab = Lab::new();
        let args = |value: &Value| {
            let mut args = lab.args(json!({"state": "present"}));
            match *option {
                "+" => args.as_object_mut().unwrap().extend(value.as_object().unwrap().clone()),
                option => args[option] = value.clone(),
            }
            args
        };
        println!("{option}: {first}");
        lab.sandbox.converges(args(first));
        let id = lab.id();
        println!("{option}: {second}");
        lab.sandbox.converges(args(second));
        assert_eq!(lab.id() == id, *how == Updated, "`{option}` was to be {how:?}");
    }
}

#[test]
fn commands() {
    change(&[
        ("command", json!("sleep 5"), json!("sleep 6"), Anew),
        ("command", json!(["sh", "-c", "a b"]), json!(["sh", "-c", "a", "b"]), Anew),
        ("command", json!("sleep 5"), json!([]), Anew),
        ("entrypoint", json!(["sh"]), json!(["sh", "-c"]), Anew),
        ("working_dir", json!("/tmp"), json!("/"), Anew),
        ("user", json!("1"), json!("2:2"), Anew),
        ("tty", json!(true), json!(false), Anew),
        ("interactive", json!(true), json!(false), Anew),
        ("detach", json!(true), json!(false), Anew),
        ("init", json!(true), json!(false), Anew),
        ("stop_signal", json!("SIGINT"), json!("SIGTERM"), Anew),
        ("hostname", json!("a"), json!("b"), Anew),
        ("domainname", json!("a.example"), json!("b.example"), Anew),
    ]);
}

#[test]
fn words_and_labels() {
    change(&[
        ("env", json!({"A": "1", "B": "x=y"}), json!({"A": "2"}), Anew),
        ("labels", json!({"a": "1", "b": 2}), json!({"a": "3"}), Anew),
        (
            "+",
            json!({"log_driver": "json-file", "log_options": {"max-size": "1m"}}),
            json!({"log_driver": "json-file", "log_options": {"max-size": "2m"}}),
            Anew,
        ),
        ("log_driver", json!("json-file"), json!("none"), Anew),
        ("sysctls", json!({"net.ipv4.ip_forward": 1}), json!({"net.ipv4.ip_forward": 0}), Anew),
        ("etc_hosts", json!({"db": "10.0.0.1"}), json!({"db": "10.0.0.2"}), Anew),
        ("dns_servers", json!(["1.1.1.1", "8.8.8.8"]), json!(["8.8.8.8", "1.1.1.1"]), Anew),
        ("dns_search_domains", json!(["a.example"]), json!(["b.example"]), Anew),
        ("dns_opts", json!(["ndots:1"]), json!(["ndots:2"]), Anew),
    ]);
}

#[test]
fn rights_and_namespaces() {
    change(&[
        ("capabilities", json!(["net_admin"]), json!(["CAP_NET_ADMIN", "SYS_TIME"]), Anew),
        ("cap_drop", json!(["MKNOD"]), json!(["ALL"]), Anew),
        ("privileged", json!(true), json!(false), Anew),
        ("read_only", json!(true), json!(false), Anew),
        ("security_opts", json!(["no-new-privileges"]), json!(["seccomp=unconfined"]), Anew),
        ("groups", json!(["1"]), json!(["2"]), Anew),
        ("ipc_mode", json!("private"), json!("shareable"), Anew),
        ("pid_mode", json!("host"), json!(""), Anew),
        ("uts", json!("host"), json!(""), Anew),
        ("network_mode", json!("none"), json!("default"), Anew),
        ("mac_address", json!("92-d0-c6-0a-29-33"), json!("92:d0:c6:0a:29:34"), Anew),
        ("auto_remove", json!(true), json!(false), Anew),
        ("devices", json!(["/dev/null:/dev/a"]), json!(["/dev/null:/dev/a:r"]), Anew),
        ("device_cgroup_rules", json!(["c 42:* rmw"]), json!(["c 43:* rmw"]), Anew),
        ("ulimits", json!(["nofile:1024:2048"]), json!(["nofile:1024"]), Anew),
        ("oom_score_adj", json!(10), json!(20), Anew),
    ]);
}

#[test]
fn limits() {
    change(&[
        ("memory", json!("64M"), json!("256M"), Updated),
        ("memory", json!("64M"), json!("32M"), Updated),
        ("memory", json!("64M"), json!("0"), Anew),
        (
            "+",
            json!({"memory": "64M", "memory_swap": "64M"}),
            json!({"memory": "128M", "memory_swap": "256M"}),
            Updated,
        ),
        (
            "+",
            json!({"memory": "64M", "memory_swap": "64M"}),
            json!({"memory": "64M", "memory_swap": "unlimited"}),
            Updated,
        ),
        ("memory_reservation", json!("32M"), json!("64M"), Updated),
        ("shm_size", json!("32M"), json!("64M"), Anew),
        ("cpus", json!(0.5), json!(1), Updated),
        ("cpu_shares", json!(512), json!(256), Updated),
        (
            "+",
            json!({"cpu_period": 50000, "cpu_quota": 25000}),
            json!({"cpu_period": 100000, "cpu_quota": 50000}),
            Updated,
        ),
        ("+", json!({"cpu_period": 50000}), json!({"cpus": 0.5}), Anew),
        ("cpuset_cpus", json!("0"), json!("0-1"), Updated),
        ("pids_limit", json!(50), json!(60), Updated),
        ("pids_limit", json!(50), json!(-1), Updated),
        ("restart_policy", json!("always"), json!(false), Updated),
        (
            "+",
            json!({"restart_policy": "on-failure", "restart_retries": 2}),
            json!({"restart_policy": "on-failure", "restart_retries": 3}),
            Updated,
        ),
    ]);
}

#[test]
fn ports() {
    change(&[
        ("published_ports", json!(["8080"]), json!(["127.0.0.1::8080"]), Anew),
        ("ports", json!(["127.0.0.1:18080-18081:80-81"]), json!(["127.0.0.1:18082-18083:80-81"]), Anew),
        (
            "published_ports",
            json!(["127.0.0.1:18080:80/udp", "[::1]:18080:80/udp"]),
            json!(["127.0.0.1:18080:80/tcp"]),
            Anew,
        ),
        ("published_ports", json!(["18080-18090:80"]), json!(["all"]), Anew),
        ("publish_all_ports", json!(true), json!(false), Anew),
        ("exposed_ports", json!(["9000-9001", "53/udp"]), json!(["9002"]), Anew),
        (
            "+",
            json!({"ports": ["80"], "default_host_ip": "127.0.0.1"}),
            json!({"ports": ["80"], "default_host_ip": ""}),
            Anew,
        ),
    ]);
}

#[test]
fn volumes_and_mounts() {
    let lab = Lab::new();
    let (one, two) = (lab.scratch.name("v1"), lab.scratch.name("v2"));
    let directory = lab.sandbox.path("bin");
    let volume = |name: &str, mode: &str| json!([format!("{name}:/data:{mode}")]);
    let mount = |more: Value| {
        let mut mount = json!({"target": "/data", "source": one});
        mount.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([mount])
    };
    change(&[
        ("volumes", volume(&one, "rw"), volume(&two, "rw"), Anew),
        ("volumes", volume(&one, "rw"), volume(&one, "ro"), Anew),
        ("volumes", json!(["/data"]), json!(["/data", "/more"]), Anew),
        ("mounts", mount(json!({})), mount(json!({"read_only": true})), Anew),
        ("mounts", mount(json!({"no_copy": true})), mount(json!({"no_copy": false})), Anew),
        ("mounts", mount(json!({"labels": {"a": true}})), mount(json!({"labels": {"a": "b"}})), Anew),
        (
            "mounts",
            mount(json!({"volume_driver": "local", "volume_options": {"type": "tmpfs", "device": "tmpfs"}})),
            mount(
                json!({"volume_driver": "local", "volume_options": {"type": "tmpfs", "device": "tmpfs", "o": "size=1m"}}),
            ),
            Anew,
        ),
        (
            "mounts",
            mount(json!({"type": "bind", "source": directory})),
            mount(json!({"type": "bind", "source": directory, "propagation": "rslave"})),
            Anew,
        ),
        (
            "mounts",
            json!([{"target": "/data", "type": "tmpfs", "tmpfs_size": "1M", "tmpfs_mode": "1777"}]),
            json!([{"target": "/data", "type": "tmpfs", "tmpfs_size": "2M"}]),
            Anew,
        ),
        ("tmpfs", json!(["/run:size=1m"]), json!(["/run:size=2m"]), Anew),
    ]);
}

#[test]
fn other_containers() {
    let (lab, other) = (Lab::new(), Lab::new());
    lab.sandbox.converges(lab.args(json!({"ipc_mode": "shareable"})));
    let name = &lab.name;
    other.sandbox.converges(other.args(json!({"links": [format!("{name}:db")]})));
    other.sandbox.converges(other.args(json!({"links": [format!("{name}:sql")]})));
    for more in [
        json!({"volumes_from": [name]}),
        json!({"ipc_mode": format!("container:{name}")}),
        json!({"network_mode": format!("container:{name}")}),
    ] {
        let mut args = other.args(more);
        args["command"] = "sleep 60".into();
        other.sandbox.converges(args);
    }
}

#[test]
fn health_checks() {
    change(&[
        (
            "healthcheck",
            json!({"test": "true", "interval": "5s"}),
            json!({"test": "true", "interval": "6s"}),
            Anew,
        ),
        ("healthcheck", json!({"test": ["CMD", "true"], "retries": 3}), json!({"test": ["NONE"]}), Anew),
        ("healthcheck", json!({"test": "true", "start_period": "1m30s"}), json!({"retries": 3}), Anew),
    ]);
}

#[test]
fn a_strict_comparison_sees_what_is_too_much() {
    let lab = Lab::new();
    let more = json!({"env": {"A": "1", "B": "2"}, "labels": {"a": "1", "b": "2"}, "capabilities": ["NET_ADMIN", "SYS_TIME"]});
    lab.sandbox.converges(lab.args(more));
    let less = json!({"env": {"A": "1"}, "labels": {"a": "1"}, "capabilities": ["NET_ADMIN"]});
    lab.sandbox.keeps(lab.args(less.clone()));
    for option in ["env", "labels", "capabilities"] {
        let mut args = lab.args(json!({"comparisons": {option: "strict"}}));
        args[option] = less[option].clone();
        let check = lab.sandbox.check(args);
        assert_eq!(check.change, crate::wire::Change::Yes, "{option}: {check:?}");
    }
    let mut args = lab.args(json!({"comparisons": {"*": "strict", "networks": "ignore"}}));
    lab.sandbox.converges(args.clone());
    args["comparisons"] = json!({"*": "ignore"});
    args["env"] = json!({"C": "3"});
    lab.sandbox.keeps(args);
}

#[test]
fn older_defaults_and_commands_are_there_for_the_asking() {
    let lab = Lab::new();
    let args = lab.args(json!({"container_default_behavior": "compatibility", "command": ["sh", "-c 'sleep 60'"], "command_handling": "compatibility"}));
    lab.sandbox.converges(args);
    let now = lab.now();
    assert_eq!((&now["HostConfig"]["Init"], &now["Config"]["Tty"]), (&json!(false), &json!(false)));
    assert_eq!(now["Config"]["Cmd"], json!(["sh", "-c", "sleep 60"]));
}

#[test]
fn variables_come_from_a_file_too() {
    let lab = Lab::new();
    let args = |env: Value| lab.args(json!({"env_file": lab.sandbox.path("env"), "env": env}));
    std::fs::write(lab.sandbox.path("env"), "# words\nA=1\n\n B=two words \n").unwrap();
    lab.sandbox.converges(args(json!({"A": "3"})));
    let env = lab.now()["Config"]["Env"].clone();
    assert!(
        ["A=3", "B=two words"].into_iter().all(|line| env.as_array().unwrap().contains(&json!(line))),
        "{env}"
    );
    std::fs::write(lab.sandbox.path("env"), "A=1\nB=2\n").unwrap();
    lab.sandbox.converges(args(json!({})));
    std::fs::write(lab.sandbox.path("env"), "nothing\n").unwrap();
    assert_eq!(lab.sandbox.fails(args(json!({}))), "`env_file`: a line without `=`: `nothing`");
}
