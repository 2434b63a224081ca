//! One manifest of a module applied by the server, kept for later tasks, and waited for.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::Client;
use super::discovery::Resource;
use super::edit::{Edited, edit, remove, title};
use super::status::{Awaited, Want, wait};
use super::write::Write;
use super::{MANAGER, name, namespace, placed, text};
use crate::{Fail, Side, Target, args};

args! {
    /// How manifests are applied.
    pub struct Placing {
        /// In whose name the fields are owned; else `baton`.
        field_manager: Option<String>,
        /// Take fields over that others own.
        force_conflicts: bool = false,
    }
}

/// Applies the manifest of a module, keeps it for later tasks, and waits until it has come about, where there is a limit.
///
/// # Errors
/// When the server refuses, others own fields of it, or it cannot come about.
pub fn place(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    module: &'static str,
    manifest: Value,
    how: &Placing,
    limit: Option<Duration>,
) -> Result<Value, Fail> {
    let resource = client.resource(text(&manifest, "/kind"), Some(text(&manifest, "/apiVersion")))?;
    let (space, name) = (namespace(&manifest), name(&manifest));
    let before = client.get(&resource, space, name)?;
    let manager = how.field_manager.as_deref().unwrap_or(MANAGER);
    placed::keep(module, &client.config.server, &manifest);
    if before.is_none() && target.is_foretold(Path::new(&format!("Namespace {space}"))) {
        // The server cannot try what is for a namespace that an earlier task would have made.
        target.change(&title(&resource, &manifest), Side::Absent, manifest.clone(), |_| Ok(()))?;
        return Ok(manifest);
    }
    let write = Write::apply(&resource, space, name, manifest.clone(), manager, how.force_conflicts);
    let edited = edit(target, client, &resource, before.as_ref(), &write)?;
    match limit {
        Some(limit) => settled(target, client, &resource, edited, limit),
        None => Ok(edited.object),
    }
}

/// Whether an earlier task of this check would have made an object of this name that has pods: what needs it cannot be
/// foretold then, and the answer is *unknown*.
///
/// # Errors
/// None: nothing is done in a check.
pub fn awaits(target: &mut Target<'_>, namespace: &str, word: &str) -> Result<bool, Fail> {
    let bare = word.rsplit('/').next().unwrap_or(word);
    let kinds = ["Deployment", "StatefulSet", "DaemonSet", "Job", "ReplicaSet", "Pod", "Service"];
    let made = |kind: &&str| target.is_foretold(Path::new(&format!("{kind} {namespace}/{bare}")));
    if !kinds.iter().any(made) {
        return Ok(false);
    }
    target.perform(|_| Ok(()))?;
    Ok(true)
}

/// Waits until an object that was changed has come about; what is only foretold is not waited for.
///
/// # Errors
/// When it cannot, or not in time.
pub fn settled(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    resource: &Resource,
    edited: Edited,
    limit: Duration,
) -> Result<Value, Fail> {
    let object = edited.object;
    if edited.foretold {
        return Ok(object);
    }
    let awaited = Awaited::one(resource, &object, Want::Current);
    let found = wait(target, client, &[awaited], std::slice::from_ref(&object), limit)?;
    Ok(found.into_iter().flatten().next().unwrap_or(object))
}

/// Removes what a manifest names, and waits until it is gone, where there is a limit.
///
/// # Errors
/// When the server refuses, or it does not go.
pub fn gone(
    target: &mut Target<'_>,
    client: &Arc<Client>,
    manifest: &Value,
    limit: Option<Duration>,
) -> Result<(), Fail> {
    let found = client.find(text(manifest, "/kind"), Some(text(manifest, "/apiVersion")))?;
    target.set("result", json!({}));
    let Some(resource) = found else { return Ok(()) };
    let Some(before) = client.get(&resource, namespace(manifest), name(manifest))? else { return Ok(()) };
    let options = json!({"propagationPolicy": "Background"});
    let removed = remove(target, client, &resource, &before, Some(options))?;
    if let (Some(limit), true) = (limit, removed) {
        wait(target, client, &[Awaited::one(&resource, &before, Want::Gone)], &[], limit)?;
    }
    Ok(())
}
