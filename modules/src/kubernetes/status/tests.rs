use serde_json::{Value, json};

use super::rules::{Status, of};
use super::trouble;

fn object(kind: &str, version: &str, spec: Value, status: Value) -> Value {
    json!({"apiVersion": version, "kind": kind, "metadata": {"name": "x", "generation": 2}, "spec": spec, "status": status})
}

#[track_caller]
fn says(object: &Value, wanted: &str) {
    let said = match of(object) {
        Status::Current => "current".to_owned(),
        Status::InProgress(why) => format!("in progress: {why}"),
        Status::Failed(why) => format!("failed: {why}"),
        Status::Terminating => "terminating".to_owned(),
    };
    assert_eq!(said, wanted);
}

#[test]
fn a_deployment_is_current_when_all_pods_of_the_new_version_are_available() {
    let with = |status: Value| object("Deployment", "apps/v1", json!({"replicas": 2}), status);
    says(&with(json!({})), "in progress: its controller has not seen it yet");
    says(&with(json!({"observedGeneration": 1})), "in progress: its controller has not seen the change yet");
    let mut status = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 1});
    says(&with(status.clone()), "in progress: 1 of 2 pods are of the new version");
    status["updatedReplicas"] = 2.into();
    says(&with(status.clone()), "in progress: 1 pods of the old version are still there");
    status["replicas"] = 2.into();
    status["readyReplicas"] = 1.into();
    says(&with(status.clone()), "in progress: 1 of 2 pods are ready");
    status["readyReplicas"] = 2.into();
    status["availableReplicas"] = 2.into();
    says(&with(status.clone()), "current");
    status["conditions"] = json!([{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded", "message": "late"}]);
    says(&with(status), "failed: ProgressDeadlineExceeded: late");
}

#[test]
fn sets_are_counted_by_their_own_rules() {
    let set = |status: Value| object("StatefulSet", "apps/v1", json!({"replicas": 1}), status);
    let good = json!({"observedGeneration": 2, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b"});
    says(&set(good.clone()), "in progress: pods of the old version are still there");
    let mut same = good;
    same["currentRevision"] = "b".into();
    says(&set(same), "current");
    let daemons = |ready: i64| {
        let status = json!({"observedGeneration": 2, "desiredNumberScheduled": 2, "currentNumberScheduled": 2,
            "updatedNumberScheduled": 2, "numberReady": ready, "numberAvailable": ready});
        object("DaemonSet", "apps/v1", json!({}), status)
    };
    says(&daemons(1), "in progress: 1 of 2 pods are ready");
    says(&daemons(2), "current");
}

#[test]
fn jobs_claims_services_and_definitions_are_waited_for() {
    let condition = |kind: &str, status: &str| json!({"conditions": [{"type": kind, "status": status, "reason": "R", "message": "m"}]});
    says(&object("Job", "batch/v1", json!({}), json!({})), "in progress: it has not started");
    says(&object("Job", "batch/v1", json!({}), condition("Complete", "True")), "current");
    says(&object("Job", "batch/v1", json!({}), condition("Failed", "True")), "failed: R: m");
    says(
        &object("PersistentVolumeClaim", "v1", json!({}), json!({"phase": "Pending"})),
        "in progress: it is pending",
    );
    says(&object("PersistentVolumeClaim", "v1", json!({}), json!({"phase": "Bound"})), "current");
    let balanced = json!({"type": "LoadBalancer"});
    says(
        &object("Service", "v1", balanced.clone(), json!({})),
        "in progress: it has no address of a load balancer yet",
    );
    says(
        &object("Service", "v1", balanced, json!({"loadBalancer": {"ingress": [{"ip": "1.2.3.4"}]}})),
        "current",
    );
    says(&object("Service", "v1", json!({"type": "ClusterIP"}), json!({})), "current");
    let crd = "CustomResourceDefinition";
    says(
        &object(crd, "apiextensions.k8s.io/v1", json!({}), json!({})),
        "in progress: its kind is not served yet",
    );
    says(
        &object(crd, "apiextensions.k8s.io/v1", json!({}), condition("NamesAccepted", "False")),
        "failed: R: m",
    );
    says(&object("ConfigMap", "v1", json!({}), Value::Null), "current");
}

#[test]
fn custom_resources_say_it_by_their_conditions() {
    let with = |kind: &str, status: &str| {
        let status = json!({"conditions": [{"type": kind, "status": status, "reason": "R", "message": "m"}]});
        object("VirtualService", "networking.istio.io/v1beta1", json!({}), status)
    };
    says(&with("Ready", "False"), "in progress: not ready: R: m");
    says(&with("Ready", "True"), "current");
    says(&with("Stalled", "True"), "failed: R: m");
    says(&with("Reconciling", "True"), "in progress: R: m");
    says(&with("Reconciled", "False"), "in progress: not reconciled: R: m");
    let mut leaving = with("Ready", "True");
    leaving["metadata"]["deletionTimestamp"] = "2026-01-01T00:00:00Z".into();
    says(&leaving, "terminating");
}

#[test]
fn pods_in_trouble_are_told_with_the_cause() {
    let pod = |state: Value| {
        json!({"kind": "Pod", "apiVersion": "v1", "metadata": {"name": "p", "namespace": "n"},
        "status": {"phase": "Pending", "containerStatuses": [state]}})
    };
    let waits = |reason: &str, restarts: i64| {
        let last = json!({"terminated": {"exitCode": 3, "reason": "Error"}});
        let waiting = json!({"waiting": {"reason": reason, "message": "because"}});
        trouble::of(&pod(
            json!({"name": "c", "image": "i:1", "restartCount": restarts, "state": waiting, "lastState": last}),
        ))
    };
    let found = waits("ErrImagePull", 0).unwrap();
    assert_eq!(found.words, "container `c`: ErrImagePull `i:1`: because");
    assert!(found.grace.is_some_and(|grace| grace.as_secs() < 10));
    let crashing = waits("CrashLoopBackOff", 2).unwrap();
    assert_eq!(
        crashing.words,
        "container `c` crashes again and again (CrashLoopBackOff, 2 restarts): exit code 3"
    );
    assert!(crashing.before && crashing.grace.is_some());
    assert_eq!(waits("CrashLoopBackOff", 1).unwrap().grace, None, "one crash may pass");
    assert_eq!(waits("ContainerCreating", 0), None);
    let nowhere = json!({"metadata": {"name": "p"}, "status": {"phase": "Pending",
        "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "0/1 nodes"}]}});
    assert_eq!(trouble::of(&nowhere).unwrap().words, "no node takes it: 0/1 nodes");
}

#[test]
fn selectors_find_what_their_labels_say() {
    let selector = json!({"matchLabels": {"a": "1"}, "matchExpressions": [{"key": "b", "operator": "In", "values": ["2", "3"]},
        {"key": "c", "operator": "DoesNotExist"}]});
    assert!(trouble::selects(&selector, &json!({"a": "1", "b": "3"})));
    assert!(!trouble::selects(&selector, &json!({"a": "1", "b": "4"})));
    assert!(!trouble::selects(&selector, &json!({"a": "1", "b": "3", "c": ""})));
    assert!(!trouble::selects(&json!({}), &json!({"a": "1"})));
}
