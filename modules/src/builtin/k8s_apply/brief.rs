//! Manifests in brief, on top of what other modules of the play have placed.

use serde_json::{Map, Value};

use super::K8sApply;
use crate::Fail;
use crate::kubernetes::apply::{Manifest, owned};
use crate::kubernetes::{Client, MANAGER, brief, name, namespace, placed, text};

/// The manifests that `deployment` and `service` mean.
pub(super) fn manifests(apply: &K8sApply, client: &Client, space: &str) -> Result<Vec<Manifest>, Fail> {
    let (mut all, mut wrong) = (Vec::new(), Vec::new());
    let mut take = |made: Result<Value, Fail>, option: &str| match made {
        Ok(object) => all.push(Manifest::of(object)),
        Err(fail) => wrong.push(format!("in `{option}`: {}", fail.message)),
    };
    if let Some(given) = &apply.deployment {
        let mut options = completed(apply, given, space);
        for (key, value) in [("env", apply.env.clone()), ("image", apply.image.clone().map(Value::from))] {
            if let Some(value) = value {
                options.entry(key).or_insert(value);
            }
        }
        let base = base(apply, client, "Deployment", &options)?;
        take(brief::deployment(&options, base.as_ref()), "deployment");
    }
    if let Some(given) = &apply.service {
        let options = completed(apply, given, space);
        let base = base(apply, client, "Service", &options)?;
        take(brief::service(&options, base.as_ref()), "service");
    }
    if wrong.is_empty() { Ok(all) } else { Err(Fail::new(wrong.join("\n"))) }
}

/// The options with the name and namespace of the task.
fn completed(apply: &K8sApply, given: &Map<String, Value>, space: &str) -> Map<String, Value> {
    let mut options = given.clone();
    if let Some(name) = &apply.sources.name {
        options.entry("name").or_insert_with(|| name.clone().into());
    }
    options.entry("namespace").or_insert_with(|| space.into());
    options
}

/// What the modules of `from` have placed under this name: in this run, or else as the server has it.
fn base(
    apply: &K8sApply,
    client: &Client,
    kind: &str,
    options: &Map<String, Value>,
) -> Result<Option<Value>, Fail> {
    let Some(modules) = &apply.from else { return Ok(None) };
    let word = |key: &str| options.get(key).and_then(Value::as_str).unwrap_or_default();
    let is_it = |object: &Value| {
        text(object, "/kind") == kind
            && name(object) == word("name")
            && namespace(object) == word("namespace")
    };
    if let Some(found) = placed::placed_by(modules, &client.config.server).into_iter().rfind(is_it) {
        return Ok(Some(found));
    }
    let version = if kind == "Service" { "v1" } else { "apps/v1" };
    let resource = client.resource(kind, Some(version))?;
    let live = client.get(&resource, word("namespace"), word("name"))?;
    let manager = apply.field_manager.as_deref().unwrap_or(MANAGER);
    Ok(live.and_then(|live| owned(&live, manager)))
}
