use serde_json::json;

use super::{Fate, fate};

#[test]
fn what_becomes_of_a_pod_follows_from_who_made_it_and_what_it_keeps() {
    let owned = |kind: &str| json!({"metadata": {"ownerReferences": [{"kind": kind}]}});
    assert_eq!(fate(&owned("ReplicaSet")), Fate::Goes);
    assert!(matches!(fate(&owned("DaemonSet")), Fate::Stays("ignore_daemonsets", _)));
    assert!(matches!(fate(&json!({"metadata": {}})), Fate::Needs("force", _)));
    assert_eq!(fate(&json!({"metadata": {}, "status": {"phase": "Failed"}})), Fate::Goes);
    let mirror = json!({"metadata": {"annotations": {"kubernetes.io/config.mirror": "x"}}});
    assert_eq!(fate(&mirror), Fate::Mirror);
    let mut keeps = owned("ReplicaSet");
    keeps["spec"] = json!({"volumes": [{"name": "a", "emptyDir": {}}]});
    assert!(matches!(fate(&keeps), Fate::Needs("delete_emptydir_data", _)));
}

/// Others run pods on the one node at the same time: it is never held for long, and only own pods are evicted.
#[cfg(feature = "lab")]
mod lab {
    use std::sync::{Mutex, MutexGuard, PoisonError};

    use serde_json::json;

    use crate::kubernetes::lab;

    /// The node, to one test at a time, and free again whatever becomes of the test.
    struct Node(#[expect(dead_code, reason = "held")] MutexGuard<'static, ()>);

    impl Node {
        fn take() -> Self {
            static ONE: Mutex<()> = Mutex::new(());
            Self(ONE.lock().unwrap_or_else(PoisonError::into_inner))
        }
    }

    impl Drop for Node {
        fn drop(&mut self) {
            lab::sandbox("k8s_drain").run(json!({"name": lab::node(), "state": "uncordon"}));
        }
    }

    #[test]
    fn a_budget_that_forbids_an_eviction_is_told_and_own_pods_go() {
        let space = lab::Namespace::new();
        let app = lab::word("drain");
        space.deployment(&app, 1);
        space.apply(json!({"apiVersion": "policy/v1beta1", "kind": "PodDisruptionBudget", "metadata": {"name": "keep"},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": app}}}}));
        lab::eventually(|| {
            space.get("PodDisruptionBudget", "keep").pointer("/status/currentHealthy") == Some(&json!(1))
        });
        let sandbox = lab::sandbox("k8s_drain");
        let node = Node::take();
        let args =
            json!({"name": lab::node(), "pod_selectors": [format!("app={app}")], "delete_options": {}});
        let said = sandbox.run(args.clone());
        sandbox.run(json!({"name": lab::node(), "state": "uncordon"}));
        let said = said.failure.expect("the budget forbids it");
        assert!(said.contains("disruption budget") && said.contains("0 of 1 pods were removed"), "{said}");
        let forced = json!({"name": lab::node(), "pod_selectors": [format!("app={app}")],
            "delete_options": {"disable_eviction": true, "terminate_grace_period": 1, "wait_timeout": 60}});
        let foretold = sandbox.check(forced.clone());
        assert_eq!(foretold.change, crate::wire::Change::Yes, "{foretold:?}");
        let done = sandbox.run(forced);
        drop(node);
        assert_eq!(done.failure, None);
        assert!(done.values["result"].as_str().unwrap().ends_with("1 Pod(s) deleted from node."), "{done:?}");
    }

    #[test]
    fn a_node_is_held_and_free_again() {
        let sandbox = lab::sandbox("k8s_drain");
        let _node = Node::take();
        sandbox.converges(json!({"name": lab::node(), "state": "cordon"}));
        sandbox.converges(json!({"name": lab::node(), "state": "uncordon"}));
        let said = sandbox.fails(json!({"name": "nowhere"}));
        assert!(said.contains("there is no node `nowhere`"), "{said}");
    }
}
