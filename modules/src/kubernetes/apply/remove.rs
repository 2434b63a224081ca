//! Objects removed, and waited for until they are really gone; and fields hidden from what is given back.

use std::sync::Arc;
use std::time::Duration;

use serde_json::Value;

use super::Applied;
use super::manifest::Manifest;
use crate::kubernetes::edit::remove;
use crate::kubernetes::status::{Awaited, Want, wait};
use crate::kubernetes::{Client, Resource, Selection, namespace, text};
use crate::{Fail, Target};

/// How objects are removed.
#[derive(Clone, Debug, Default)]
pub struct Removal {
    /// Where objects are that name no namespace; else the context's namespace.
    pub namespace: Option<String>,
    /// `DeleteOptions`.
    pub options: Option<Value>,
    /// Which objects are meant where none is named.
    pub selection: Selection,
    /// Whether all of a kind may be meant.
    pub all: bool,
    /// How long to wait until they are gone; not at all, if `None`.
    pub wait: Option<Duration>,
}

/// Removes what manifests name. A kind that the server has not has no objects.
///
/// # Errors
/// When the server refuses, or they do not go in time.
pub fn delete(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    manifests: &[Manifest],
    how: &Removal,
) -> Result<Vec<Applied>, Fail> {
    let mut meant: Vec<(Resource, Option<Value>)> = Vec::new();
    // What was made first goes last.
    for manifest in manifests.iter().rev() {
        let (kind, version) = (text(&manifest.object, "/kind"), text(&manifest.object, "/apiVersion"));
        let Some(resource) = client.find(kind, Some(version).filter(|version| !version.is_empty()))? else {
            continue;
        };
        let space = how.place(client, manifest, &resource);
        match manifest.name() {
            "" if how.all || !how.selection.labels.is_empty() || !how.selection.fields.is_empty() => {
                let (objects, _) = client.list(&resource, &space, &how.selection)?;
                meant.extend(objects.into_iter().map(|object| (resource.clone(), Some(object))));
            }
            "" => {
                return Err(Fail::new(format!("no name is given for the {} to remove", resource.kind))
                    .hint("`delete_all: true` removes all of a kind, `label_selectors` those with labels"));
            }
            name => {
                let object = client.get(&resource, &space, name)?;
                meant.push((resource, object));
            }
        }
    }
    let mut done = Vec::new();
    for (resource, object) in meant {
        let changed = object.is_some();
        let mut foretold = false;
        if let Some(object) = &object {
            foretold = !remove(target, client, &resource, object, how.options.clone())?;
        }
        let object = object.unwrap_or_default();
        done.push(Applied { resource, object, changed, method: "delete", foretold, error: None });
    }
    if let Some(limit) = how.wait {
        let removed = done.iter().filter(|one| one.changed && !one.foretold);
        let awaited: Vec<Awaited> =
            removed.map(|one| Awaited::one(&one.resource, &one.object, Want::Gone)).collect();
        wait(target, client, &awaited, &[], limit)?;
    }
    Ok(done)
}

impl Removal {
    fn place(&self, client: &Client, manifest: &Manifest, resource: &Resource) -> String {
        if !resource.namespaced {
            return String::new();
        }
        let own = Some(namespace(&manifest.object)).filter(|space| !space.is_empty()).map(str::to_owned);
        own.or_else(|| self.namespace.clone()).unwrap_or_else(|| client.namespace().to_owned())
    }
}

/// Takes fields out of an object that is given back: `metadata.managedFields`, `spec.containers[0].env`. The values of
/// secrets are never among what writing gives back.
pub fn hide(object: &mut Value, fields: &[String]) {
    for field in fields {
        let pointer = super::manifest::pointer(field);
        let Some((parent, key)) = pointer.rsplit_once('/') else { continue };
        let key = key.replace("~1", "/").replace("~0", "~");
        match object.pointer_mut(parent) {
            Some(Value::Object(map)) => drop(map.shift_remove(&key)),
            Some(Value::Array(all)) => {
                if let Some(index) = key.parse().ok().filter(|index| *index < all.len()) {
                    all.remove(index);
                }
            }
            _ => {}
        }
    }
}

/// Puts words in the place of a secret's values.
pub fn veil(object: &mut Value) {
    if text(object, "/kind") == "Secret" {
        for part in ["data", "stringData"] {
            let values = object.get_mut(part).and_then(Value::as_object_mut);
            values.into_iter().flatten().for_each(|(_, value)| *value = "(not shown)".into());
        }
    }
}
