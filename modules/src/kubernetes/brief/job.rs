//! A job in brief.

use serde_json::{Map, Value, json};

use super::deployment::{META, metadata};
use super::notes::{Notes, Row, snake};
use super::pod::pod;
use super::values::{number, truth};
use crate::Fail;

/// What of a job is the job's own.
const JOB: &[Row] = &[
    ("backoff_limit", "backoffLimit", number),
    ("completions", "completions", number),
    ("deadline", "activeDeadlineSeconds", number),
    ("parallelism", "parallelism", number),
    ("suspend", "suspend", truth),
    ("ttl", "ttlSecondsAfterFinished", number),
];

/// The manifest of a job in brief. The server makes its selector.
///
/// # Errors
/// All mistakes in one.
pub fn job(options: &Map<String, Value>) -> Result<Value, Fail> {
    let mut notes = Notes::default();
    let given = options.clone().into_iter().filter(|(_, value)| !value.is_null());
    let (meta, rest): (Map<_, _>, Map<_, _>) =
        given.partition(|(key, _)| META.contains(&snake(key).as_str()));
    let is_own = |key: &str| JOB.iter().any(|(name, ..)| *name == key);
    let (own, mut of_pod): (Map<_, _>, Map<_, _>) =
        rest.into_iter().partition(|(key, _)| is_own(&snake(key)));
    let name = meta.get("name").and_then(Value::as_str).unwrap_or_default();
    if !of_pod.contains_key("image") && !of_pod.contains_key("containers") {
        of_pod.insert("image".into(), name.into());
    }
    if !of_pod.keys().any(|key| snake(key) == "restart_policy") {
        of_pod.insert("restart_policy".into(), "Never".into());
    }
    let (mut metadata, pod_meta, _) = metadata(&meta, true, &mut notes);
    metadata.as_object_mut().map(|map| map.entry("labels").or_insert_with(|| json!({"app": name})));
    let mut spec = notes.translate(&own, JOB);
    let pod = pod(name, &of_pod, &mut notes);
    spec.insert("template".into(), json!({"metadata": pod_meta, "spec": pod}));
    notes.finish(json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": metadata, "spec": spec}))
}
