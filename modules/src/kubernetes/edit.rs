//! One object changed by one write that the server foretells: a patch, a replacement, a new object.

use serde_json::Value;

use super::client::Client;
use super::discovery::Resource;
use super::error::{ApiError, Cause};
use super::write::Write;
use super::{name, namespace};
use crate::target::Made;
use crate::{Fail, Side, Target};

/// What the server keeps of its own, and what changes by itself.
const OWN: [&str; 6] =
    ["managedFields", "resourceVersion", "generation", "uid", "creationTimestamp", "selfLink"];

/// An object that was changed, or would be.
#[derive(Clone, Debug)]
pub struct Edited {
    /// The object.
    pub object: Value,
    /// Whether the change was only foretold.
    pub foretold: bool,
}

impl Edited {
    /// An object that is as wanted already.
    pub fn same(object: Value) -> Self {
        Self { object, foretold: false }
    }
}

/// Changes an object to what the server's dry run of the write says.
///
/// # Errors
/// When the server refuses, in the dry run or after it.
pub fn edit(
    target: &mut Target<'_>,
    client: &Client,
    resource: &Resource,
    before: Option<&Value>,
    write: &Write,
) -> Result<Edited, Fail> {
    let foretold = client.foretell(write).map_err(explained)?;
    let (from, to) = sides(before, Some(&foretold));
    let what = title(resource, &foretold);
    Ok(match target.change(&what, from, to, |hands| client.write(hands, write).map_err(explained))? {
        Made::Done(object) => Edited { object, foretold: false },
        Made::Foretold => Edited { object: foretold, foretold: true },
        Made::Same => Edited::same(before.cloned().unwrap_or(foretold)),
    })
}

/// Removes an object, and waits for nothing; whether it was there and is removed now.
///
/// # Errors
/// When the server refuses.
pub fn remove(
    target: &mut Target<'_>,
    client: &Client,
    resource: &Resource,
    before: &Value,
    options: Option<Value>,
) -> Result<bool, Fail> {
    let write = Write::delete(resource, namespace(before), name(before), options);
    let (from, to) = sides(Some(before), None);
    let made =
        target.change(&title(resource, before), from, to, |hands| match client.write(hands, &write) {
            Err(error) if error.is_missing() => Ok(()),
            done => Ok(done.map(drop)?),
        })?;
    Ok(made.done().is_some())
}

/// A refusal with the fields and owners that the message leaves out.
fn explained(error: ApiError) -> Fail {
    let told = |cause: &&Cause| !cause.message.is_empty() && !error.message.contains(&cause.message);
    let more: Vec<String> = error
        .causes
        .iter()
        .filter(told)
        .map(|cause| format!("`{}`: {}", cause.field.trim_start_matches('.'), cause.message))
        .collect();
    let conflict = error.is_field_conflict();
    let message = if more.is_empty() {
        error.message.clone()
    } else {
        format!("{}: {}", error.message, more.join("; "))
    };
    let fail = Fail { message, ..error.into() };
    if conflict { fail.hint("`force_conflicts: true` takes these fields over") } else { fail }
}

/// `Deployment shop/web`, for diffs and messages.
pub fn title(resource: &Resource, object: &Value) -> String {
    match namespace(object) {
        "" => format!("{} {}", resource.kind, name(object)),
        space => format!("{} {space}/{}", resource.kind, name(object)),
    }
}

/// Both sides of a change as they are compared and shown: without status and what the server keeps of its own, and
/// without the values of secrets.
pub fn sides(before: Option<&Value>, after: Option<&Value>) -> (Side, Side) {
    let (mut from, mut to) = (before.map(wanted), after.map(wanted));
    let is_secret = |object: &Option<Value>| object.as_ref().is_some_and(|o| o["kind"] == "Secret");
    if is_secret(&from) || is_secret(&to) {
        hide(from.as_mut(), to.as_mut());
    }
    (from.into(), to.into())
}

/// An object without its status and what the server keeps of its own.
pub fn wanted(object: &Value) -> Value {
    let mut object = object.clone();
    if let Some(map) = object.as_object_mut() {
        map.shift_remove("status");
        if let Some(meta) = map.get_mut("metadata").and_then(Value::as_object_mut) {
            for key in OWN {
                meta.shift_remove(key);
            }
        }
    }
    if object["kind"] == "Job" {
        forget_identity(&mut object);
    }
    object
}

/// A job's selector is its identity, which the server makes anew in each dry run.
fn forget_identity(job: &mut Value) {
    let own = ["controller-uid", "batch.kubernetes.io/controller-uid"];
    for place in ["/metadata/labels", "/spec/selector/matchLabels", "/spec/template/metadata/labels"] {
        if let Some(labels) = job.pointer_mut(place).and_then(Value::as_object_mut) {
            own.iter().for_each(|key| drop(labels.shift_remove(*key)));
        }
    }
}

/// Puts words in the place of a secret's values; those that differ get other words on the other side.
fn hide(mut before: Option<&mut Value>, mut after: Option<&mut Value>) {
    for part in ["data", "stringData"] {
        let values = |side: &Option<&mut Value>| {
            side.as_ref().and_then(|side| side.get(part)?.as_object().cloned()).unwrap_or_default()
        };
        let (old, new) = (values(&before), values(&after));
        let words = |side: &mut Option<&mut Value>, other: &serde_json::Map<String, Value>, changed: &str| {
            let inner = side.as_mut().and_then(|side| side.get_mut(part)?.as_object_mut());
            for (key, value) in inner.into_iter().flatten() {
                let same = other.get(key).is_none_or(|known| known == value);
                *value = if same { "(not shown)" } else { changed }.into();
            }
        };
        words(&mut before, &new, "(not shown)");
        words(&mut after, &old, "(not shown, another value)");
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Side, sides};

    #[test]
    fn values_of_secrets_are_compared_but_never_shown() {
        let secret = |value: &str| json!({"kind": "Secret", "metadata": {"name": "s", "uid": value}, "data": {"a": value, "b": "eA=="}});
        let (from, to) = sides(Some(&secret("b25l")), Some(&secret("dHdv")));
        assert_ne!(from, to);
        for side in [&from, &to] {
            let Side::Json(value) = side else { panic!("JSON") };
            assert!(!value.to_string().contains("b25l") && !value.to_string().contains("dHdv"), "{value}");
        }
        let (from, to) = sides(Some(&secret("b25l")), Some(&secret("b25l")));
        assert_eq!(from, to);
        let (from, to) = sides(None, Some(&secret("b25l")));
        assert_eq!(from, Side::Absent);
        assert!(!format!("{to:?}").contains("b25l"));
    }

    #[test]
    fn what_the_server_counts_is_no_change() {
        let object = |version: &str| json!({"metadata": {"name": "a", "resourceVersion": version}, "status": version, "spec": 1});
        let (from, to) = sides(Some(&object("1")), Some(&object("2")));
        assert_eq!(from, to);
    }
}
