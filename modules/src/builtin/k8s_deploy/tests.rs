use serde_json::json;

use crate::args::Args;

#[test]
fn a_strategy_that_is_none_is_a_mistake_in_the_options() {
    let args = json!({"name": "a", "strategy": "scaleScaler"});
    let problems = super::K8sDeploy::SPEC.check(args.as_object().unwrap(), &|_| true);
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("`strategy`") && said[0].contains("a strategy of a deployment"), "{said:?}");
    for good in [json!("Recreate"), json!({"max_surge": 1}), json!({"type": "RollingUpdate"})] {
        let args = json!({"name": "a", "strategy": good});
        assert_eq!(super::K8sDeploy::SPEC.check(args.as_object().unwrap(), &|_| true), []);
    }
}

#[cfg(feature = "lab")]
mod lab {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use crate::kubernetes::lab::{self, Namespace};
    use crate::wire::Change;

    fn args(space: &Namespace, more: Value) -> Value {
        let mut args = json!({"name": "web", "namespace": space.name, "image": "lab/app:1", "image_pull_policy": "IfNotPresent",
            "wait_timeout": 90, "termination_grace_period": 1});
        let more = more.as_object().unwrap().clone();
        args.as_object_mut().unwrap().extend(more);
        args
    }

    #[test]
    fn an_application_is_rolled_out_updated_and_removed() {
        let space = Namespace::new();
        let sandbox = lab::sandbox("k8s_deploy");
        let full = args(
            &space,
            json!({"replicas": 2, "ports": ["http:8080"], "env": {"WORD": "hi", "N": 1},
            "probes": {"readiness": {"path": "/healthz", "period": 1}, "liveness": "/healthz"}, "strategy": "RollingUpdate",
            "resources": {"requests": {"cpu": "5m", "memory": "8Mi"}}, "labels": {"tier": "front"},
            "volumes": [{"name": "tmp", "empty_dir": true, "mount": "/tmp"}]}),
        );
        let reply = sandbox.converges(full.clone());
        assert_eq!(reply.values["result"]["status"]["readyReplicas"], 2, "{reply:?}");
        assert_eq!(reply.values["pods"].as_array().unwrap().len(), 2);
        let mut next = full;
        next["image"] = "lab/app:2".into();
        let reply = sandbox.converges(next.clone());
        let diff = &reply.diff[0];
        assert!(diff.before.contains("lab/app:1") && diff.after.contains("lab/app:2"), "{diff:?}");
        sandbox.converges(json!({"name": "web", "namespace": space.name, "state": "absent"}));
        assert!(space.find("Deployment", "web").is_none());
    }

    #[test]
    fn the_number_of_pods_that_an_autoscaler_gave_is_kept() {
        let space = Namespace::new();
        let sandbox = lab::sandbox("k8s_deploy");
        sandbox.converges(args(&space, json!({"replicas": 1})));
        space.apply(json!({
            "apiVersion": "autoscaling/v1", "kind": "HorizontalPodAutoscaler", "metadata": {"name": "by-load"},
            "spec": {"minReplicas": 2, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}},
        }));
        lab::eventually(|| space.get("Deployment", "web")["spec"]["replicas"] == 2);
        sandbox.keeps(args(&space, json!({"replicas": 1})));
        sandbox.converges(args(&space, json!({"replicas": 1, "env": {"WORD": "new"}})));
        assert_eq!(space.get("Deployment", "web")["spec"]["replicas"], 2);
    }

    #[track_caller]
    fn fails_fast(space: &Namespace, more: Value, parts: &[&str]) {
        let begun = Instant::now();
        let reply = lab::sandbox("k8s_deploy").run(args(space, more));
        let said = reply.failure.unwrap_or_else(|| panic!("it did not fail: {:?}", reply.values));
        assert!(begun.elapsed() < Duration::from_secs(60), "{:?} for: {said}", begun.elapsed());
        parts.iter().for_each(|part| assert!(said.contains(part), "`{part}` in: {said}"));
    }

    #[test]
    fn an_image_that_does_not_exist_is_told_at_once() {
        let space = Namespace::new();
        fails_fast(&space, json!({"image": "127.0.0.1:5000/no-such-image:9"}), &["no-such-image", "web"]);
    }

    #[test]
    fn a_crash_loop_is_told_with_the_last_lines() {
        let space = Namespace::new();
        let command = json!({"command": "sh -c 'echo the database is not there; exit 3'"});
        fails_fast(&space, command, &["the database is not there", "3"]);
    }

    #[test]
    fn a_pod_that_never_becomes_ready_is_told_with_its_reason() {
        let space = Namespace::new();
        let never = json!({"probes": {"readiness": "exec:false"}, "wait_timeout": 15});
        fails_fast(&space, never, &["web", "ready"]);
    }

    #[test]
    fn a_quota_that_forbids_the_pods_is_told() {
        let space = Namespace::new();
        space.apply(json!({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": "none"}, "spec": {"hard": {"pods": "0"}}}));
        lab::eventually(|| {
            space.get("ResourceQuota", "none").pointer("/status/hard/pods") == Some(&json!("0"))
        });
        fails_fast(&space, json!({}), &["exceeded quota"]);
    }

    #[test]
    fn what_the_server_refuses_is_told_with_the_field() {
        let space = Namespace::new();
        fails_fast(&space, json!({"name": "Web"}), &["Web"]);
        fails_fast(&space, json!({"selector": {"app": "x"}, "pod_labels": {"app": "y"}}), &["selector"]);
        let nowhere = json!({"namespace": lab::word("nowhere")});
        fails_fast(&space, nowhere, &["namespace"]);
    }

    #[test]
    fn what_needs_a_deployment_that_is_only_foretold_is_unknown() {
        let space = Namespace::new();
        let name = lab::word("later");
        let foretold = lab::sandbox("k8s_deploy")
            .check(json!({"name": name, "namespace": space.name, "image": "lab/app:1"}));
        assert_eq!((foretold.change, foretold.failure), (Change::Yes, None));
        for (module, more) in [
            ("k8s_scale", json!({"replicas": 2})),
            ("k8s_rollout", json!({})),
            ("k8s_log", json!({"kind": "Deployment"})),
        ] {
            let mut args = json!({"name": name, "namespace": space.name});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            let reply = lab::sandbox(module).check(args);
            assert_eq!((reply.change, reply.failure), (Change::Unknown, None), "{module}");
        }
    }

    #[test]
    fn a_namespace_that_an_earlier_task_would_make_is_there_in_a_check() {
        let space = lab::word("unborn");
        let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}});
        let foretold = lab::sandbox("k8s_apply").check(json!({"definition": namespace}));
        assert_eq!((foretold.change, foretold.failure), (Change::Yes, None));
        let into = json!({"name": "web", "namespace": space, "image": "lab/app:1"});
        let foretold = lab::sandbox("k8s_deploy").check(into);
        assert_eq!((foretold.change, foretold.failure), (Change::Yes, None));
    }

    #[test]
    fn what_is_applied_on_the_base_of_other_modules_changes_nothing() {
        let space = Namespace::new();
        let deploy = args(&space, json!({"replicas": 2, "env": {"WORD": "hi"}, "strategy": "RollingUpdate"}));
        assert_eq!(lab::sandbox("k8s_deploy").run(deploy).failure, None);
        let service = json!({"name": "web", "namespace": space.name, "selector": {"app": "web"},
            "ports": [{"name": "http", "port": 80, "targetPort": 8080}]});
        assert_eq!(lab::sandbox("k8s_service").run(service).failure, None);
        let again = json!({"name": "web", "namespace": space.name, "env": {"WORD": "hi"}, "deployment": {"name": "web", "replicas": 2},
            "service": {"name": "web", "selector": {"app": "web"}}, "from": ["k8s_deployment", "k8s_service"]});
        lab::sandbox("k8s_apply").keeps(again);
    }
}
