//! Who owns which fields of an object, by its `managedFields`.

use serde_json::{Map, Value, json};

use crate::kubernetes::{ApiError, items, text};

/// Managers whose fields are taken over once: those of client-side apply.
const BEFORE: [&str; 2] = ["kubectl-client-side-apply", "before-first-apply"];

/// Whether an object is still kept by client-side apply, and not yet by this manager.
pub(super) fn is_to_take_over(object: &Value, manager: &str) -> bool {
    let entries = items(object, "/metadata/managedFields");
    let applied = entries
        .iter()
        .any(|entry| text(entry, "/manager") == manager && text(entry, "/operation") == "Apply");
    !applied && entries.iter().any(|entry| BEFORE.contains(&text(entry, "/manager")))
}

/// The patch that makes the fields of client-side apply those of `manager`, unless somebody was faster.
pub(super) fn take_over(object: &Value, manager: &str) -> Value {
    let mut entries: Vec<Value> = items(object, "/metadata/managedFields").to_vec();
    for entry in entries.iter_mut().filter(|entry| BEFORE.contains(&text(entry, "/manager"))) {
        entry["manager"] = manager.into();
        entry["operation"] = "Apply".into();
        if let Some(annotations) =
            entry.pointer_mut("/fieldsV1/f:metadata/f:annotations").and_then(Value::as_object_mut)
        {
            annotations.shift_remove("f:kubectl.kubernetes.io/last-applied-configuration");
        }
    }
    // Two entries of one manager and operation are refused: the first keeps them all.
    let mut kept: Vec<Value> = Vec::new();
    for entry in entries {
        let same = |known: &&mut Value| {
            ["manager", "operation", "apiVersion"].iter().all(|key| known.get(*key) == entry.get(*key))
        };
        match kept.iter_mut().find(same) {
            Some(known) if text(&entry, "/operation") == "Apply" => {
                join(&mut known["fieldsV1"], &entry["fieldsV1"])
            }
            _ => kept.push(entry),
        }
    }
    json!([
        {"op": "replace", "path": "/metadata/managedFields", "value": kept},
        {"op": "replace", "path": "/metadata/resourceVersion", "value": text(object, "/metadata/resourceVersion")},
    ])
}

fn join(into: &mut Value, more: &Value) {
    let Value::Object(more) = more else { return };
    let Some(into) = into.as_object_mut() else { return };
    for (key, value) in more {
        join(into.entry(key.clone()).or_insert_with(|| json!({})), value);
    }
}

/// The object that will be there once the fields that client-side apply owned, and the manifest has no more, are gone.
pub(super) fn without_dropped(foretold: &Value, before: &Value, manifest: &Value) -> Value {
    let mut object = foretold.clone();
    let entries = items(before, "/metadata/managedFields")
        .iter()
        .filter(|entry| BEFORE.contains(&text(entry, "/manager")));
    for entry in entries {
        drop_fields(&mut object, entry.get("fieldsV1").unwrap_or(&Value::Null), manifest);
    }
    if let Some(annotations) =
        before.pointer("/metadata/annotations").filter(|_| object.pointer("/metadata/annotations").is_none())
    {
        // The annotation of client-side apply stays where it is.
        let last = "kubectl.kubernetes.io/last-applied-configuration";
        if let Some(value) = annotations.get(last) {
            object["metadata"]["annotations"] = json!({last: value});
        }
    }
    object
}

fn drop_fields(object: &mut Value, fields: &Value, manifest: &Value) {
    for (key, inner) in fields.as_object().into_iter().flatten() {
        if key == "f:kubectl.kubernetes.io/last-applied-configuration" {
            continue;
        }
        let Some(wanted) = member(manifest, key) else {
            if key != "."
                && !inner.as_object().is_some_and(|inner| {
                    inner.contains_key("f:kubectl.kubernetes.io/last-applied-configuration")
                })
            {
                remove(object, key);
            }
            continue;
        };
        if let Some(part) = member_mut(object, key) {
            drop_fields(part, inner, wanted);
        }
    }
}

/// What a manager applied, as far as it still stands: the base of what is said in brief.
pub fn owned(object: &Value, manager: &str) -> Option<Value> {
    let is_own = |entry: &&Value| text(entry, "/manager") == manager && text(entry, "/operation") == "Apply";
    let entry = items(object, "/metadata/managedFields").iter().find(is_own)?;
    let mut own = part(object, entry.get("fieldsV1")?);
    for key in ["apiVersion", "kind"] {
        own[key] = object.get(key)?.clone();
    }
    for key in ["name", "namespace"] {
        if let Some(value) = object.pointer(&format!("/metadata/{key}")) {
            if !own["metadata"].is_object() {
                own["metadata"] = json!({});
            }
            own["metadata"][key] = value.clone();
        }
    }
    Some(own)
}

/// The part of a value that a set of fields names.
fn part(value: &Value, fields: &Value) -> Value {
    let named: Vec<(&String, &Value)> =
        fields.as_object().into_iter().flatten().filter(|(key, _)| *key != ".").collect();
    if named.is_empty() {
        return value.clone();
    }
    match value {
        Value::Array(_) => named
            .iter()
            .filter_map(|(key, inner)| Some(keyed(part(member(value, key)?, inner), key)))
            .collect(),
        Value::Object(_) => {
            let each = named.iter().filter_map(|(key, inner)| {
                Some((key.strip_prefix("f:")?.to_owned(), part(member(value, key)?, inner)))
            });
            Value::Object(each.collect::<Map<_, _>>())
        }
        other => other.clone(),
    }
}

/// An item of a list with the keys it is found by.
fn keyed(mut item: Value, key: &str) -> Value {
    let keys = key.strip_prefix("k:").and_then(|keys| serde_json::from_str::<Map<String, Value>>(keys).ok());
    if let (Some(keys), Some(item)) = (keys, item.as_object_mut()) {
        for (name, value) in keys {
            item.entry(name).or_insert(value);
        }
    }
    item
}

/// The member that a key of `fieldsV1` names: `f:` a field, `k:` an item by its keys, `v:` an item by its value.
fn member<'a>(value: &'a Value, key: &str) -> Option<&'a Value> {
    match key.split_at_checked(2)? {
        ("f:", name) => value.get(name),
        _ => value.get(index(value, key)?),
    }
}

fn member_mut<'a>(value: &'a mut Value, key: &str) -> Option<&'a mut Value> {
    match key.split_at_checked(2)? {
        ("f:", name) => value.get_mut(name),
        _ => {
            let at = index(value, key)?;
            value.get_mut(at)
        }
    }
}

fn index(value: &Value, key: &str) -> Option<usize> {
    let (kind, rest) = key.split_at_checked(2)?;
    let wanted: Value = serde_json::from_str(rest).ok()?;
    let fits = |item: &Value| match kind {
        // Defaults, as a port's protocol, may be left out.
        "k:" => wanted.as_object().is_some_and(|keys| {
            keys.iter().all(|(name, value)| item.get(name).is_none_or(|found| found == value))
        }),
        "v:" => *item == wanted,
        _ => false,
    };
    match kind {
        "i:" => rest.parse().ok(),
        _ => value.as_array()?.iter().position(fits),
    }
}

fn remove(value: &mut Value, key: &str) {
    if let Some(name) = key.strip_prefix("f:") {
        if let Some(map) = value.as_object_mut() {
            map.shift_remove(name);
        }
    } else if let Some(at) = index(value, key)
        && let Some(all) = value.as_array_mut()
    {
        all.remove(at);
    }
}

/// Whether all conflicts are with managers whose fields are taken over: client-side apply, and what this manager set
/// itself by patches.
pub(super) fn is_with_predecessors(error: &ApiError, manager: &str) -> bool {
    error.is_field_conflict()
        && error.causes.iter().all(|cause| {
            let owner = owner(&cause.message);
            BEFORE.contains(&owner) || owner == manager
        })
}

/// The owner's name in ``conflict with "kubectl" using apps/v1``.
pub(super) fn owner(message: &str) -> &str {
    message.split('"').nth(1).unwrap_or("another manager")
}
