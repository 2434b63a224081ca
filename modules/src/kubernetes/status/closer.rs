//! A closer look at what makes no progress: events, quotas, load balancers that nobody gives, the last lines of logs.

use std::io::Read;
use std::time::Duration;

use serde_json::Value;

use super::rules;
use super::trouble::{self, Trouble};
use crate::kubernetes::{Client, Selection, items, name, namespace, number, text, with_query};
use crate::sorting::Sorting;

/// How many lines of a log are shown.
const LINES: usize = 12;
/// How long it may take until somebody gives an address to a load balancer.
const NOBODY: Duration = Duration::from_secs(15);
/// How long pods may be refused, as a quota may be freed by others.
const REFUSED: Duration = Duration::from_secs(8);

/// Why an object will not come about, though its status does not say so.
pub(super) fn hopeless(client: &Client, object: &Value, pods: usize, waited: Duration) -> Option<String> {
    match text(object, "/kind") {
        "Service" | "Ingress" if waited >= NOBODY => no_address(client, object),
        "Deployment" | "ReplicaSet" if waited >= REFUSED => {
            let refused =
                rules::condition(object, "ReplicaFailure").filter(|c| text(c, "/status") == "True")?;
            Some(format!("its pods are refused: {}", text(refused, "/message")))
        }
        "StatefulSet" | "DaemonSet" | "Job" if waited >= REFUSED && pods == 0 => {
            let event = warnings(client, object)
                .into_iter()
                .rfind(|event| text(event, "/reason") == "FailedCreate")?;
            Some(format!("its pods are refused: {}", text(&event, "/message")))
        }
        _ => None,
    }
}

/// Whether a pod in trouble is of the version that its owner wants now: after a rollback the broken ones live on for a
/// moment.
pub(super) fn is_newest(client: &Client, owner: &Value, trouble: &Trouble) -> bool {
    let seen = number(owner, "/status/observedGeneration");
    if seen.is_some_and(|seen| seen < number(owner, "/metadata/generation").unwrap_or(0)) {
        return false;
    }
    match text(owner, "/kind") {
        "StatefulSet" => text(owner, "/status/updateRevision") == trouble.version,
        "Deployment" => {
            let Ok(Some(resource)) = client.find("ReplicaSet", Some("apps/v1")) else { return true };
            let labels = format!("pod-template-hash={}", trouble.version);
            let Ok((sets, _)) =
                client.list(&resource, namespace(owner), &Selection { labels, ..Selection::default() })
            else {
                return true;
            };
            let revision = |object: &Value| {
                text(object, "/metadata/annotations/deployment.kubernetes.io~1revision").to_owned()
            };
            sets.iter().any(|set| revision(set) == revision(owner))
        }
        _ => true,
    }
}

/// Nobody in the cluster gives addresses: no event tells of a try, and no other object of the kind has one.
fn no_address(client: &Client, object: &Value) -> Option<String> {
    let kind = text(object, "/kind");
    let finalizers = items(object, "/metadata/finalizers");
    if !finalizers.is_empty() || !events(client, object).is_empty() {
        return None;
    }
    let resource = client.find(kind, Some(text(object, "/apiVersion"))).ok()??;
    let all = client.list(&resource, "", &Selection::default()).ok()?.0;
    let any = all.iter().any(|other| !items(other, "/status/loadBalancer/ingress").is_empty());
    (!any).then(|| {
        format!(
            "nobody in this cluster gives addresses: no load balancer or controller has taken up the {}",
            kind.to_lowercase()
        )
    })
}

/// The events of an object, the oldest first.
fn events(client: &Client, object: &Value) -> Vec<Value> {
    let Ok(Some(resource)) = client.find("Event", Some("v1")) else { return Vec::new() };
    let fields = format!("involvedObject.uid={}", text(object, "/metadata/uid"));
    let listed = client.list(&resource, namespace(object), &Selection { fields, ..Selection::default() });
    let mut events = listed.unwrap_or_default().0;
    let time = |event: &Value| {
        ["/lastTimestamp", "/eventTime", "/metadata/creationTimestamp"]
            .map(|at| text(event, at).to_owned())
            .into_iter()
            .find(|t| !t.is_empty())
    };
    events.order_by_key(time);
    events
}

fn warnings(client: &Client, object: &Value) -> Vec<Value> {
    events(client, object).into_iter().filter(|event| text(event, "/type") == "Warning").collect()
}

/// The last warning about an object.
pub(super) fn of_object(client: &Client, object: &Value) -> Option<String> {
    let warning = warnings(client, object).pop()?;
    Some(format!("{}: {}", text(&warning, "/reason"), text(&warning, "/message").trim()))
}

/// What a pod that is not ready says: its trouble, or its last warning, and the last lines of its log.
pub(super) fn of_pod(client: &Client, pod: &Value) -> Option<String> {
    if let Some(trouble) = trouble::of(pod) {
        return Some(told(client, &trouble).trim_start_matches([':', ' ', '\n']).to_owned());
    }
    if rules::of(pod) == rules::Status::Current {
        return None;
    }
    let why = of_object(client, pod).unwrap_or_else(|| match rules::of(pod) {
        rules::Status::InProgress(why) | rules::Status::Failed(why) => why,
        _ => "it is not ready".into(),
    });
    let waits = |status: &&Value| status.get("ready") == Some(&Value::Bool(false));
    let container =
        items(pod, "/status/containerStatuses").iter().find(waits).map_or("", |status| text(status, "/name"));
    let log = last_lines(client, namespace(pod), name(pod), container, false);
    Some(format!("pod `{}` is not ready: {why}{log}", name(pod)))
}

/// A pod's trouble with the last lines of its log, to be put behind a message.
pub(super) fn told(client: &Client, trouble: &Trouble) -> String {
    let log = match trouble.container.as_str() {
        "" => String::new(),
        container => last_lines(client, &trouble.namespace, &trouble.pod, container, trouble.before),
    };
    let cause = pull_failure(client, trouble).map(|cause| format!(": {cause}")).unwrap_or_default();
    format!(": pod `{}`: {}{cause}{log}", trouble.pod, trouble.words.trim())
}

/// Why an image could not be pulled: a pod that waits to try again says only that it waits.
fn pull_failure(client: &Client, trouble: &Trouble) -> Option<String> {
    if !trouble.words.contains("ImagePullBackOff") {
        return None;
    }
    let resource = client.find("Event", Some("v1")).ok()??;
    let fields = format!("involvedObject.name={},reason=Failed", trouble.pod);
    let selection = Selection { fields, ..Selection::default() };
    let events = client.list(&resource, &trouble.namespace, &selection).ok()?.0;
    let told = events.iter().rev().map(|event| text(event, "/message"));
    told.filter(|message| message.starts_with("Failed to pull image")).map(str::to_owned).next()
}

fn last_lines(client: &Client, namespace: &str, pod: &str, container: &str, before: bool) -> String {
    let mut query = vec![("tailLines", LINES.to_string()), ("limitBytes", "8192".into())];
    if !container.is_empty() {
        query.push(("container", container.to_owned()));
    }
    let path = format!("/api/v1/namespaces/{namespace}/pods/{pod}/log");
    let read = |query: &[(&str, String)]| {
        let mut log = Vec::new();
        client.stream(&with_query(&path, query)).ok()?.take(8192).read_to_end(&mut log).ok()?;
        Some(String::from_utf8_lossy(&log).trim().to_owned()).filter(|log| !log.is_empty())
    };
    let previous = || read(&[query.as_slice(), &[("previous", "true".to_owned())]].concat());
    let log = if before { previous().or_else(|| read(&query)) } else { read(&query) };
    let indent = |log: String| log.lines().map(|line| format!("\n  {line}")).collect::<String>();
    log.map_or_else(String::new, |log| format!("\nlast lines of its log:{}", indent(log)))
}
