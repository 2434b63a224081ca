//! A deployment in brief.

use serde_json::{Map, Value, json};

use super::notes::{Make, Notes, Row, snake};
use super::overlay::overlay;
use super::pod::pod;
use super::values::{labels, number, number_or_text, truth};
use crate::Fail;

/// What of a deployment is the deployment's own.
const DEPLOYMENT: &[Row] = &[
    ("min_ready_seconds", "minReadySeconds", number),
    ("paused", "paused", truth),
    ("progress_deadline", "progressDeadlineSeconds", number),
    ("progress_deadline_seconds", "progressDeadlineSeconds", number),
    ("replicas", "replicas", number),
    ("revision_history_limit", "revisionHistoryLimit", number),
    ("strategy", "strategy", strategy),
];

/// What names and marks an object, and its pods.
pub(super) const META: [&str; 7] =
    ["name", "namespace", "labels", "annotations", "selector", "pod_labels", "pod_annotations"];

/// The manifest of a deployment in brief; what is not said is `base`'s, where there is one, and else has a
/// default: the image has the deployment's name, pods are selected by the label `app`.
///
/// # Errors
/// All mistakes in one.
pub fn deployment(options: &Map<String, Value>, base: Option<&Value>) -> Result<Value, Fail> {
    let mut notes = Notes::default();
    let (meta, rest): (Map<_, _>, Map<_, _>) =
        options.clone().into_iter().partition(|(key, _)| META.contains(&snake(key).as_str()));
    let is_own = |key: &str| DEPLOYMENT.iter().any(|(name, ..)| *name == key);
    let (own, mut of_pod): (Map<_, _>, Map<_, _>) =
        rest.into_iter().filter(|(_, value)| !value.is_null()).partition(|(key, _)| is_own(&snake(key)));
    let name = meta.get("name").and_then(Value::as_str).unwrap_or_default();
    if base.is_none() && !of_pod.contains_key("image") && !of_pod.contains_key("containers") {
        of_pod.insert("image".into(), name.into());
    }
    let inner = base.and_then(|base| base.pointer("/spec/template/spec/containers/0/name")?.as_str());
    let mut spec = notes.translate(&own, DEPLOYMENT);
    let (metadata, pod_meta, selector) = metadata(&meta, base.is_some(), &mut notes);
    if let Some(selector) = selector {
        spec.insert("selector".into(), selector);
    }
    let pod = pod(inner.unwrap_or(name), &of_pod, &mut notes);
    spec.insert("template".into(), json!({"metadata": pod_meta, "spec": pod}));
    let made = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata, "spec": spec});
    let made = notes.finish(made)?;
    Ok(base.map_or(made.clone(), |base| overlay(base, &made)))
}

/// The metadata of the object and of its pods, and the selector between them.
pub(super) fn metadata(
    meta: &Map<String, Value>,
    partial: bool,
    notes: &mut Notes,
) -> (Value, Value, Option<Value>) {
    let given = |key: &str| {
        meta.iter().find(|(name, _)| snake(name) == key).map(|(_, value)| value).filter(|v| !v.is_null())
    };
    let mut map = |key: &str| match given(key) {
        Some(value) => {
            notes.within(key, |notes| labels(value, notes)).as_object().cloned().unwrap_or_default()
        }
        None => Map::new(),
    };
    let name = given("name").cloned().unwrap_or_default();
    let (own, pod_labels) = (map("labels"), map("pod_labels"));
    let (annotations, pod_annotations) = (map("annotations"), map("pod_annotations"));
    let selector = match given("selector") {
        Some(value) => Some(notes.within("selector", |notes| selector(value, notes))),
        None if partial => None,
        None => Some(json!({"matchLabels": {"app": own.get("app").unwrap_or(&name)}})),
    };
    let matched =
        selector.as_ref().and_then(|s| s.get("matchLabels")?.as_object().cloned()).unwrap_or_default();
    let merged = |first: &Map<String, Value>, more: &Map<String, Value>| {
        first.clone().into_iter().chain(more.clone()).collect::<Map<_, _>>()
    };
    let mut metadata = Map::from_iter([("name".to_owned(), name)]);
    metadata.extend(given("namespace").map(|space| ("namespace".to_owned(), space.clone())));
    let mut pods = Map::new();
    let parts = [
        (&mut metadata, "labels", merged(&matched, &own)),
        (&mut pods, "labels", merged(&merged(&own, &matched), &pod_labels)),
    ];
    for (into, key, value) in parts {
        if !value.is_empty() {
            into.insert(key.to_owned(), value.into());
        }
    }
    if !annotations.is_empty() {
        metadata.insert("annotations".into(), annotations.into());
    }
    if !pod_annotations.is_empty() {
        pods.insert("annotations".into(), pod_annotations.into());
    }
    (metadata.into(), pods.into(), selector)
}

/// A selector in full, or the labels alone.
fn selector(value: &Value, notes: &mut Notes) -> Value {
    let Value::Object(map) = value else { return notes.expected("a dictionary", value) };
    let mut full = Map::new();
    for (key, value) in map {
        match snake(key).as_str() {
            "match_labels" => {
                full.insert("matchLabels".into(), notes.within(key, |notes| labels(value, notes)));
            }
            "match_expressions" => drop(full.insert("matchExpressions".into(), value.clone())),
            _ => {}
        }
    }
    if full.is_empty() { json!({"matchLabels": labels(value, notes)}) } else { full.into() }
}

/// `RollingUpdate`, `Recreate`, or a mapping with `max_surge` and `max_unavailable`.
fn strategy(value: &Value, notes: &mut Notes) -> Value {
    let map = match value {
        Value::String(word) => return json!({"type": word}),
        Value::Object(map) => map,
        other => return notes.expected("`RollingUpdate`, `Recreate` or a dictionary", other),
    };
    let share: Make = |value, _| number_or_text(value);
    let table = [("max_surge", "maxSurge", share), ("max_unavailable", "maxUnavailable", share)];
    let mut made = notes.translate(map, &table);
    let inner: Map<_, _> = ["maxSurge", "maxUnavailable"]
        .iter()
        .filter_map(|key| Some(((*key).to_owned(), made.shift_remove(*key)?)))
        .collect();
    if !inner.is_empty() {
        made.entry("type").or_insert_with(|| "RollingUpdate".into());
        made.insert("rollingUpdate".into(), inner.into());
    }
    made.into()
}
