//! The revisions of a deployment, daemon set or stateful set, and the way back to one.

use serde_json::{Value, json};

use super::client::{Client, Selection};
use super::edit::{Edited, edit};
use super::workload::{Workload, selector};
use super::write::{Patch, Write};
use super::{items, name, namespace, number, text};
use crate::sorting::Sorting;
use crate::{Fail, Target};

/// A revision that the server still knows.
#[derive(Clone, Debug)]
pub struct Revision {
    /// Its number; a revision that comes again gets a new one.
    pub number: i64,
    /// Whether it is the one that is wanted now.
    pub current: bool,
    /// The numbers that it had before it came again.
    former: Vec<i64>,
    /// The pods' template, or what makes it of the object.
    change: Value,
    object: Value,
}

impl Revision {
    /// What users are told of it.
    pub fn told(&self) -> Value {
        let containers = items(&self.change, "/spec/template/spec/containers");
        let images: Vec<&str> = containers.iter().map(|container| text(container, "/image")).collect();
        json!({
            "revision": self.number, "current": self.current, "name": name(&self.object), "images": images,
            "created": text(&self.object, "/metadata/creationTimestamp"),
        })
    }
}

/// Where a deployment keeps its number.
const NUMBER: &str = "/metadata/annotations/deployment.kubernetes.io~1revision";

/// The revisions that are known, oldest first.
///
/// # Errors
/// When the server does not say.
pub fn revisions(client: &Client, of: &Workload) -> Result<Vec<Revision>, Fail> {
    let object = &of.object;
    let of_deployment = of.resource.kind == "Deployment";
    let kind = if of_deployment { "ReplicaSet" } else { "ControllerRevision" };
    let resource = client.resource(kind, Some("apps/v1"))?;
    let selection = Selection { labels: selector(object), ..Selection::default() };
    let uid = text(object, "/metadata/uid");
    let owned = |kept: &Value| {
        items(kept, "/metadata/ownerReferences").iter().any(|owner| text(owner, "/uid") == uid)
    };
    let mut all: Vec<Revision> = Vec::new();
    for kept in client.list(&resource, namespace(object), &selection)?.0.into_iter().filter(owned) {
        let revision = if of_deployment { of_set(kept, object) } else { of_kept(kept, object) };
        all.extend(revision);
    }
    all.order_by_key(|revision| revision.number);
    if !of_deployment && let Some(last) = all.last_mut() {
        last.current = true;
    }
    Ok(all)
}

fn of_set(set: Value, deployment: &Value) -> Option<Revision> {
    let number = text(&set, NUMBER).parse().ok()?;
    let mut template = set.pointer("/spec/template")?.clone();
    if let Some(labels) = template.pointer_mut("/metadata/labels").and_then(Value::as_object_mut) {
        labels.shift_remove("pod-template-hash");
    }
    if let Some(meta) = template.get_mut("metadata").and_then(Value::as_object_mut) {
        meta.shift_remove("creationTimestamp");
    }
    let current = text(deployment, NUMBER) == text(&set, NUMBER);
    let former = text(&set, &format!("{NUMBER}-history"))
        .split(',')
        .filter_map(|number| number.parse().ok())
        .collect();
    Some(Revision { number, current, former, change: json!({"spec": {"template": template}}), object: set })
}

fn of_kept(kept: Value, _: &Value) -> Option<Revision> {
    let change = kept.get("data")?.clone();
    Some(Revision {
        number: number(&kept, "/revision")?,
        current: false,
        former: Vec::new(),
        change,
        object: kept,
    })
}

/// Goes back to a revision, or to the one before the current one.
///
/// # Errors
/// When there is no such revision, or the server refuses.
pub fn undo(
    target: &mut Target<'_>,
    client: &Client,
    of: &Workload,
    to: Option<i64>,
) -> Result<Edited, Fail> {
    let Workload { resource, object } = of;
    let known = revisions(client, of)?;
    let Some(wanted) = choose(&known, to) else {
        let numbers: Vec<String> = known.iter().map(|revision| revision.number.to_string()).collect();
        let what = format!("{} `{}`", resource.kind, name(object));
        return Err(match to {
            Some(to) => Fail::new(format!("{what} has no revision {to}"))
                .hint(&format!("it has {}", numbers.join(", "))),
            None => Fail::new(format!("{what} has no revision before this one")),
        });
    };
    if wanted.current {
        return Ok(Edited::same(object.clone()));
    }
    let (space, name) = (namespace(object), name(object));
    let write = if resource.kind == "Deployment" {
        let template = wanted.change.pointer("/spec/template").cloned().unwrap_or_default();
        let body = json!([{"op": "replace", "path": "/spec/template", "value": template}]);
        Write::patch(resource, space, name, Patch::Json, body)
    } else {
        Write::patch(resource, space, name, Patch::Strategic, wanted.change.clone())
    };
    edit(target, client, resource, Some(object), &write.manager(super::MANAGER))
}

fn choose(known: &[Revision], to: Option<i64>) -> Option<&Revision> {
    match to {
        Some(to) => known.iter().find(|revision| revision.number == to || revision.former.contains(&to)),
        None => {
            let now = known.iter().find(|revision| revision.current)?.number;
            known.iter().rev().find(|revision| revision.number < now)
        }
    }
}
