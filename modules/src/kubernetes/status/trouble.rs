//! What keeps pods from running: found out at once, not at the end of a timeout.

use std::time::Duration;

use serde_json::Value;

use crate::kubernetes::{items, name, number, text};

/// Why a pod does not come about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) pod: String,
    pub(super) namespace: String,
    /// The container whose log may say more.
    pub(super) container: String,
    /// Whether the log is that of a run before.
    pub(super) before: bool,
    pub(super) words: String,
    /// Of which version of its owner the pod is.
    pub(super) version: String,
    /// After how long it is a failure; `None` when it may pass.
    pub(super) grace: Option<Duration>,
}

/// Reasons for which a container waits, and how long they may pass.
const WAITING: [(&str, u64); 9] = [
    ("InvalidImageName", 0),
    ("ErrImageNeverPull", 0),
    ("ErrImagePull", 8),
    ("ImagePullBackOff", 5),
    ("ImageInspectError", 5),
    ("RegistryUnavailable", 10),
    ("CreateContainerConfigError", 6),
    ("CreateContainerError", 6),
    ("RunContainerError", 6),
];

/// How often a container may crash until that is a failure.
const CRASHES: i64 = 2;

/// Of which version of its owner a pod is.
pub(super) fn version(pod: &Value) -> String {
    let label = |key: &str| text(pod, &format!("/metadata/labels/{key}")).to_owned();
    label("pod-template-hash") + &label("controller-revision-hash")
}

/// What is wrong with a pod.
pub(super) fn of(pod: &Value) -> Option<Trouble> {
    let all = ["/status/initContainerStatuses", "/status/containerStatuses"];
    let found = all.iter().flat_map(|list| items(pod, list)).find_map(|status| container(pod, status));
    found.or_else(|| unschedulable(pod))
}

fn trouble(pod: &Value, container: &str, words: String, grace: Option<u64>) -> Trouble {
    Trouble {
        pod: name(pod).to_owned(),
        namespace: text(pod, "/metadata/namespace").to_owned(),
        container: container.to_owned(),
        before: false,
        words,
        version: version(pod),
        grace: grace.map(Duration::from_secs),
    }
}

fn container(pod: &Value, status: &Value) -> Option<Trouble> {
    let called = text(status, "/name");
    let reason = text(status, "/state/waiting/reason");
    let message = text(status, "/state/waiting/message");
    if reason == "CrashLoopBackOff" {
        let restarts = number(status, "/restartCount").unwrap_or(0);
        let why = ended(status, "/lastState/terminated");
        let words = format!(
            "container `{called}` crashes again and again (CrashLoopBackOff, {restarts} restarts): {why}"
        );
        let found = trouble(pod, called, words, (restarts >= CRASHES).then_some(0));
        return Some(Trouble { before: true, ..found });
    }
    if let Some((_, grace)) = WAITING.iter().find(|(known, _)| *known == reason) {
        let image = text(status, "/image");
        let of_image = reason.contains("Image") && !message.contains(image);
        let image = if of_image { format!(" `{image}`") } else { String::new() };
        return Some(trouble(
            pod,
            called,
            format!("container `{called}`: {reason}{image}: {message}"),
            Some(*grace),
        ));
    }
    let done = text(status, "/state/terminated/reason");
    let failed = number(status, "/state/terminated/exitCode").is_some_and(|code| code != 0);
    (failed && !done.is_empty()).then(|| {
        trouble(
            pod,
            called,
            format!("container `{called}` ended: {}", ended(status, "/state/terminated")),
            None,
        )
    })
}

/// How a container ended, in words.
fn ended(status: &Value, at: &str) -> String {
    let part = |key: &str| text(status, &format!("{at}/{key}"));
    let code = number(status, &format!("{at}/exitCode")).map(|code| format!("exit code {code}"));
    let reason = Some(part("reason")).filter(|reason| !["", "Error"].contains(reason)).map(str::to_owned);
    let message = Some(part("message").trim()).filter(|message| !message.is_empty()).map(str::to_owned);
    [reason, code, message].into_iter().flatten().collect::<Vec<_>>().join(", ")
}

fn unschedulable(pod: &Value) -> Option<Trouble> {
    let condition =
        super::rules::condition(pod, "PodScheduled").filter(|c| text(c, "/reason") == "Unschedulable")?;
    Some(trouble(pod, "", format!("no node takes it: {}", text(condition, "/message")), None))
}

/// Whether a selector (`matchLabels`, `matchExpressions`) finds an object of these labels.
pub(super) fn selects(selector: &Value, labels: &Value) -> bool {
    let of = |key: &str| labels.get(key).and_then(Value::as_str);
    let equal = selector.get("matchLabels").and_then(Value::as_object);
    let expressions = items(selector, "/matchExpressions");
    if equal.is_none_or(serde_json::Map::is_empty) && expressions.is_empty() {
        return false;
    }
    let holds = |expression: &Value| {
        let value = of(text(expression, "/key"));
        let among = || items(expression, "/values").iter().any(|known| known.as_str() == value);
        match text(expression, "/operator") {
            "In" => value.is_some() && among(),
            "NotIn" => !(value.is_some() && among()),
            "Exists" => value.is_some(),
            _ => value.is_none(),
        }
    };
    equal.into_iter().flatten().all(|(key, value)| of(key) == value.as_str()) && expressions.iter().all(holds)
}
