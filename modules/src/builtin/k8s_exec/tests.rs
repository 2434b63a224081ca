use serde_json::json;

use crate::args::Args;

#[test]
fn who_says_name_wants_failures_told() {
    let parse = |args: serde_json::Value| super::K8sExec::parse(args.as_object().unwrap()).unwrap();
    assert!(parse(json!({"name": "a", "command": "x"})).named.0);
    assert!(!parse(json!({"pod": "a", "command": "x"})).named.0);
}

#[cfg(feature = "lab")]
mod lab {
    use serde_json::{Value, json};

    use crate::kubernetes::lab;
    use crate::wire::Change;

    #[test]
    fn commands_run_by_pod_and_by_deployment_with_input_and_exit_code() {
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_exec");
        let of = |more: Value| {
            let mut args =
                json!({"name": "web", "namespace": space.name, "connection": {"type": "kubeconfig"}});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            args
        };
        let reply = sandbox.run(of(json!({"command": "sh -c 'echo out; echo err >&2'"})));
        let said = (&reply.values["stdout"], &reply.values["stderr"], &reply.values["rc"]);
        assert_eq!(said, (&json!("out\n"), &json!("err\n"), &json!(0)));
        assert_eq!(reply.change, Change::No);
        assert_eq!(reply.values["container"], "web");
        let reply = sandbox.run(of(json!({"command": ["cat"], "stdin": "some words", "timeout": 20})));
        assert_eq!((&reply.failure, &reply.values["stdout"]), (&None, &json!("some words\n")));
        let long = "x".repeat(300_000);
        let counted = json!({"command": "wc -c", "stdin": long, "stdin_add_newline": false, "timeout": 30});
        let reply = sandbox.run(of(counted));
        assert_eq!(reply.values["stdout"].as_str().unwrap().trim(), "300000");
        let reply = sandbox.run(of(json!({"command": "sh -c 'echo no such thing >&2; exit 7'"})));
        assert_eq!(reply.values["rc"], 7);
        assert_eq!(reply.failure.unwrap(), "`sh` in pod `web` failed with exit code 7: no such thing");
        let pod = reply.values["pod"].clone();
        let as_ansible = json!({"pod": pod, "namespace": space.name, "command": "sh -c 'exit 7'"});
        let reply = sandbox.performs(as_ansible);
        assert_eq!(
            (reply.failure, reply.change, &reply.values["return_code"]),
            (None, Change::Yes, &json!(7))
        );
        let reply = sandbox.run(of(json!({"command": "sleep 30", "timeout": 1})));
        let said = reply.failure.unwrap();
        assert!(said.contains("was given up: it took longer than 1s"), "{said}");
    }

    #[test]
    fn what_is_not_there_is_told_with_what_is() {
        let space = lab::Namespace::new();
        space.deployment("web", 1);
        let sandbox = lab::sandbox("k8s_exec");
        #[track_caller]
        fn has(said: String, parts: &[&str]) {
            parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` in: {said}"));
        }
        let missing = sandbox.fails(json!({"name": "wep", "namespace": space.name, "command": "true"}));
        has(missing, &["no pod and no deployment is called `wep`", "did you mean `web`?"]);
        let container =
            json!({"name": "web", "namespace": space.name, "container": "wab", "command": "true"});
        has(sandbox.fails(container), &["has no container `wab`\nhint: did you mean `web`?"]);
        let command =
            sandbox.fails(json!({"name": "web", "namespace": space.name, "command": "no-such-command x"}));
        has(command, &["has no command `no-such-command`"]);
        let nowhere =
            sandbox.fails(json!({"name": "web", "namespace": "no-such-namespace", "command": "true"}));
        has(nowhere, &["there is no namespace `no-such-namespace`"]);
    }
}
