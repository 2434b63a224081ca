//! The rules: what stands in an object says whether it has come about.

use serde_json::Value;

use crate::kubernetes::{items, number, text};

/// How far an object has come, with the reason in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    /// It is as wanted.
    Current,
    /// It is coming about.
    InProgress(String),
    /// It will not come about.
    Failed(String),
    /// It is being removed.
    Terminating,
}

use Status::{Current, Failed, InProgress, Terminating};

/// How far an object has come.
pub fn of(object: &Value) -> Status {
    if object.pointer("/metadata/deletionTimestamp").is_some_and(|at| !at.is_null()) {
        return Terminating;
    }
    let observed = number(object, "/status/observedGeneration");
    if observed.is_some_and(|observed| observed < number(object, "/metadata/generation").unwrap_or(0)) {
        return InProgress("its controller has not seen the change yet".into());
    }
    let group = text(object, "/apiVersion").split_once('/').map_or("", |(group, _)| group);
    match (group, text(object, "/kind")) {
        ("apps" | "extensions", "Deployment") => deployment(object),
        ("apps", "StatefulSet") => stateful_set(object),
        ("apps" | "extensions", "DaemonSet") => daemon_set(object),
        ("apps" | "extensions", "ReplicaSet") => replica_set(object),
        ("batch", "Job") => job(object),
        ("", "Pod") => pod(object),
        ("", "PersistentVolumeClaim") => phase(object, "Bound"),
        ("", "Namespace") => phase(object, "Active"),
        ("", "Service") if text(object, "/spec/type") == "LoadBalancer" => address(object),
        ("networking.k8s.io" | "extensions", "Ingress") => address(object),
        ("apiextensions.k8s.io", "CustomResourceDefinition") => definition(object),
        ("apiregistration.k8s.io", "APIService") => must_be(object, "Available"),
        _ => generic(object),
    }
}

/// The condition of a type.
pub(super) fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    items(object, "/status/conditions").iter().find(|condition| text(condition, "/type") == kind)
}

/// Whether a condition is there and has this status.
pub(super) fn is(object: &Value, kind: &str, status: &str) -> bool {
    condition(object, kind).is_some_and(|condition| text(condition, "/status") == status)
}

/// `reason: message` of a condition.
pub(super) fn words(condition: &Value) -> String {
    match (text(condition, "/reason"), text(condition, "/message")) {
        ("", message) => message.to_owned(),
        (reason, "") => reason.to_owned(),
        (reason, message) => format!("{reason}: {message}"),
    }
}

fn generic(object: &Value) -> Status {
    if let Some(stalled) = condition(object, "Stalled").filter(|c| text(c, "/status") == "True") {
        return Failed(words(stalled));
    }
    if let Some(busy) = condition(object, "Reconciling").filter(|c| text(c, "/status") == "True") {
        return InProgress(words(busy));
    }
    // Those of custom resources at large, of Istio's and of the gateways'.
    let not_yet = ["Ready", "Reconciled", "Accepted", "Programmed"].iter().find_map(|kind| {
        condition(object, kind).filter(|condition| ["False", "Unknown"].contains(&text(condition, "/status")))
    });
    not_yet.map_or(Current, |condition| {
        InProgress(format!("not {}: {}", text(condition, "/type").to_lowercase(), words(condition)))
    })
}

fn must_be(object: &Value, kind: &str) -> Status {
    match condition(object, kind) {
        Some(found) if text(found, "/status") == "True" => Current,
        Some(found) => InProgress(words(found)),
        None => InProgress(format!("it is not told whether it is {}", kind.to_lowercase())),
    }
}

fn phase(object: &Value, wanted: &str) -> Status {
    match text(object, "/status/phase") {
        found if found == wanted => Current,
        "Lost" => Failed("its volume is lost".into()),
        "" => InProgress(format!("it is not {} yet", wanted.to_lowercase())),
        found => InProgress(format!("it is {}", found.to_lowercase())),
    }
}

fn address(object: &Value) -> Status {
    match items(object, "/status/loadBalancer/ingress") {
        [] => InProgress("it has no address of a load balancer yet".into()),
        _ => Current,
    }
}

fn definition(object: &Value) -> Status {
    if let Some(refused) = condition(object, "NamesAccepted").filter(|c| text(c, "/status") == "False") {
        return Failed(words(refused));
    }
    match condition(object, "Established") {
        Some(found) if text(found, "/status") == "True" => Current,
        _ => InProgress("its kind is not served yet".into()),
    }
}

fn count(object: &Value, pointer: &str) -> i64 {
    number(object, pointer).unwrap_or(0)
}

/// The first of several counts that is not reached.
fn reached(counts: &[(i64, i64, &str)]) -> Option<Status> {
    let short = counts.iter().find(|(have, want, _)| have < want)?;
    Some(InProgress(format!("{} of {} pods are {}", short.0, short.1, short.2)))
}

fn observed(object: &Value) -> Option<Status> {
    let unseen = number(object, "/status/observedGeneration").is_none();
    unseen.then(|| InProgress("its controller has not seen it yet".into()))
}

fn deployment(object: &Value) -> Status {
    if let Some(status) = observed(object) {
        return status;
    }
    if let Some(failed) =
        condition(object, "Progressing").filter(|c| text(c, "/reason") == "ProgressDeadlineExceeded")
    {
        return Failed(words(failed));
    }
    if object.pointer("/spec/paused") == Some(&Value::Bool(true)) {
        return Current;
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let status = |name: &str| count(object, &format!("/status/{name}"));
    let updated = status("updatedReplicas");
    if let Some(short) =
        reached(&[(status("replicas"), wanted, "made"), (updated, wanted, "of the new version")])
    {
        return short;
    }
    if status("replicas") > updated {
        return InProgress(format!(
            "{} pods of the old version are still there",
            status("replicas") - updated
        ));
    }
    if let Some(short) = reached(&[
        (status("readyReplicas"), wanted, "ready"),
        (status("availableReplicas"), wanted, "available"),
    ]) {
        return short;
    }
    if is(object, "Available", "False") { InProgress("it is not available".into()) } else { Current }
}

fn stateful_set(object: &Value) -> Status {
    if let Some(status) = observed(object) {
        return status;
    }
    if text(object, "/spec/updateStrategy/type") == "OnDelete" {
        return Current;
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let partition = count(object, "/spec/updateStrategy/rollingUpdate/partition");
    let status = |name: &str| count(object, &format!("/status/{name}"));
    let counts = [
        (status("replicas"), wanted, "made"),
        (status("readyReplicas"), wanted, "ready"),
        (status("updatedReplicas"), if partition > 0 { wanted - partition } else { 0 }, "of the new version"),
    ];
    if let Some(short) = reached(&counts) {
        return short;
    }
    if status("replicas") > wanted {
        return InProgress(format!("{} pods too many are still there", status("replicas") - wanted));
    }
    let revisions =
        ["/status/currentRevision", "/status/updateRevision"].map(|pointer| text(object, pointer));
    if partition == 0 && revisions[0] != revisions[1] {
        return InProgress("pods of the old version are still there".into());
    }
    Current
}

fn daemon_set(object: &Value) -> Status {
    if let Some(status) = observed(object) {
        return status;
    }
    let status = |name: &str| count(object, &format!("/status/{name}"));
    let wanted = status("desiredNumberScheduled");
    let updated = if text(object, "/spec/updateStrategy/type") == "OnDelete" { 0 } else { wanted };
    let counts = [
        (status("currentNumberScheduled"), wanted, "made"),
        (status("updatedNumberScheduled"), updated, "of the new version"),
        (status("numberReady"), wanted, "ready"),
        (status("numberAvailable"), wanted, "available"),
    ];
    reached(&counts).unwrap_or(Current)
}

fn replica_set(object: &Value) -> Status {
    if let Some(status) = observed(object) {
        return status;
    }
    let wanted = number(object, "/spec/replicas").unwrap_or(1);
    let status = |name: &str| count(object, &format!("/status/{name}"));
    let counts = [
        (status("replicas"), wanted, "made"),
        (status("readyReplicas"), wanted, "ready"),
        (status("availableReplicas"), wanted, "available"),
    ];
    match reached(&counts) {
        Some(short) => short,
        None if status("replicas") > wanted => InProgress("pods too many are still there".into()),
        None => Current,
    }
}

fn job(object: &Value) -> Status {
    if let Some(failed) = condition(object, "Failed").filter(|c| text(c, "/status") == "True") {
        return Failed(words(failed));
    }
    if is(object, "Complete", "True") || is(object, "Suspended", "True") {
        return Current;
    }
    match text(object, "/status/startTime") {
        "" => InProgress("it has not started".into()),
        _ => InProgress(format!("{} of its pods run", count(object, "/status/active"))),
    }
}

fn pod(object: &Value) -> Status {
    match text(object, "/status/phase") {
        "Succeeded" => Current,
        "Failed" => Failed(match (text(object, "/status/reason"), text(object, "/status/message")) {
            ("", "") => "its containers failed".into(),
            (reason, message) => format!("{reason} {message}").trim().to_owned(),
        }),
        "Running" if is(object, "Ready", "True") => Current,
        "Running" => InProgress("it runs, but is not ready".into()),
        _ => InProgress(
            condition(object, "PodScheduled")
                .filter(|c| text(c, "/status") == "False")
                .map_or("it is pending".into(), words),
        ),
    }
}
