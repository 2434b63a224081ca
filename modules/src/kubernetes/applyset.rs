//! ApplySets (KEP 3659): objects that belong together, known by a parent and a label; what is applied no more can be
//! pruned, and nothing else.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::apply::{Applied, Manifest};
use super::edit::{remove, sides, title};
use super::{Client, MANAGER, Resource, Selection, Write, name, namespace, text};
use crate::{Fail, Target, args, choices};

const ID: &str = "applyset.kubernetes.io/id";
const PART_OF: &str = "applyset.kubernetes.io/part-of";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";
const SPACES: &str = "applyset.kubernetes.io/additional-namespaces";

args! {
    /// A set of objects that belong together.
    pub struct SetOptions {
        /// The name of the object that stands for the set; it is made where it is missing.
        name: String,
        /// What kind of object stands for it.
        kind: Parent = "Secret",
        /// Where it is; else where the objects are.
        namespace: Option<String>,
    }
}

choices! {
    /// What can stand for a set.
    pub enum Parent {
        Secret = "Secret",
        ConfigMap = "ConfigMap",
    }
}

/// A set at a server.
#[derive(Debug)]
pub struct ApplySet<'a> {
    client: &'a Arc<Client>,
    parent: Resource,
    name: String,
    namespace: String,
    /// What its members are labelled with.
    pub id: String,
}

/// What tasks of this run have applied to sets, by server and id.
static MEMBERS: LazyLock<Mutex<HashMap<String, BTreeSet<Member>>>> = LazyLock::new(Mutex::default);

/// A member: group and kind, namespace, name.
pub type Member = (String, String, String);

impl<'a> ApplySet<'a> {
    /// The set of these options.
    ///
    /// # Errors
    /// When the server does not say what it knows.
    pub fn of(client: &'a Arc<Client>, options: &SetOptions, usual: Option<&str>) -> Result<Self, Fail> {
        let namespace =
            options.namespace.as_deref().or(usual).unwrap_or_else(|| client.namespace()).to_owned();
        let parent = client.resource(options.kind.as_str(), Some("v1"))?;
        let text = format!("{}.{namespace}.{}.", options.name, options.kind);
        let id = format!("applyset-{}-v1", URL_SAFE_NO_PAD.encode(Sha256::digest(text)));
        Ok(Self { client, parent, name: options.name.clone(), namespace, id })
    }

    /// Labels a manifest as a member.
    pub fn mark(&self, manifest: &mut Manifest) {
        let Some(object) = manifest.object.as_object_mut() else { return };
        let mut inner = object;
        for key in ["metadata", "labels"] {
            let next = inner.entry(key).or_insert_with(|| Map::new().into());
            match next.as_object_mut() {
                Some(map) => inner = map,
                None => return,
            }
        }
        inner.insert(PART_OF.into(), self.id.clone().into());
    }

    /// The parent as it is; `None` where the set is new.
    ///
    /// # Errors
    /// When it is the parent of another tool's set, or the server does not say.
    pub fn found(&self) -> Result<Option<Value>, Fail> {
        let Some(parent) = self.client.get(&self.parent, &self.namespace, &self.name)? else {
            return Ok(None);
        };
        let tool = annotation(&parent, TOOLING);
        if !tool.is_empty() && !tool.starts_with("baton/") {
            return Err(Fail::new(format!("the set `{}` is kept by another tool: `{tool}`", self.name)));
        }
        Ok(Some(parent))
    }

    /// Writes down in the parent what kinds and namespaces the set has, before members come and after they have gone.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn record(
        &self,
        target: &mut Target<'_>,
        kinds: &BTreeSet<String>,
        spaces: &BTreeSet<String>,
    ) -> Result<(), Fail> {
        let before = self.found()?;
        let others: Vec<&str> = spaces
            .iter()
            .filter(|space| **space != self.namespace && !space.is_empty())
            .map(String::as_str)
            .collect();
        let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
        let mut annotations = json!({TOOLING: "baton/v1", KINDS: kinds.join(",")});
        if !others.is_empty() {
            annotations[SPACES] = others.join(",").into();
        }
        let meta = json!({"name": self.name, "namespace": self.namespace, "labels": {ID: self.id}, "annotations": annotations});
        let object = json!({"apiVersion": "v1", "kind": self.parent.kind, "metadata": meta});
        let write = Write::apply(&self.parent, &self.namespace, &self.name, object.clone(), MANAGER, false);
        // A namespace that the set itself brings is not there yet.
        let foretold = match self.client.foretell(&write) {
            Err(error) if error.is_missing() => object,
            other => other?,
        };
        let (from, to) = sides(before.as_ref(), Some(&foretold));
        target.change(&title(&self.parent, &foretold), from, to, |hands| {
            Ok(self.client.write(hands, &write)?)
        })?;
        Ok(())
    }

    /// The kinds and namespaces that are written down.
    pub fn recorded(&self, parent: Option<&Value>) -> (BTreeSet<String>, BTreeSet<String>) {
        let words = |key: &str| {
            let text = parent.map(|parent| annotation(parent, key)).unwrap_or_default();
            text.split(',').filter(|word| !word.is_empty()).map(str::to_owned).collect::<BTreeSet<_>>()
        };
        let mut spaces = words(SPACES);
        spaces.insert(self.namespace.clone());
        (words(KINDS), spaces)
    }

    /// Keeps in mind what was applied to the set in this run.
    pub fn keep(&self, members: impl IntoIterator<Item = Member>) {
        let mut all = MEMBERS.lock().unwrap_or_else(PoisonError::into_inner);
        all.entry(self.key()).or_default().extend(members);
    }

    /// What was applied to the set in this run.
    pub fn kept(&self) -> BTreeSet<Member> {
        MEMBERS.lock().unwrap_or_else(PoisonError::into_inner).get(&self.key()).cloned().unwrap_or_default()
    }

    fn key(&self) -> String {
        format!("{} {}", self.client.config.server, self.id)
    }

    /// Removes the members that are not among those to keep; what was removed, or would be.
    ///
    /// # Errors
    /// When the server does not tell all kinds of the set, or refuses.
    pub fn prune(&self, target: &mut Target<'_>, keep: &BTreeSet<Member>) -> Result<Vec<Applied>, Fail> {
        let Some(parent) = self.found()? else { return Ok(Vec::new()) };
        if text(&parent, "/metadata/labels/applyset.kubernetes.io~1id") != self.id {
            return Err(Fail::new(format!(
                "{} `{}/{}` is not the parent of a set",
                self.parent.kind, self.namespace, self.name
            )));
        }
        let (kinds, spaces) = self.recorded(Some(&parent));
        let mut gone = Vec::new();
        for resource in self.resources(&kinds)? {
            let places: Vec<&str> =
                if resource.namespaced { spaces.iter().map(String::as_str).collect() } else { vec![""] };
            for place in places {
                let selection =
                    Selection { labels: format!("{PART_OF}={}", self.id), ..Selection::default() };
                let members = self.client.list(&resource, place, &selection)?.0;
                let left = members.into_iter().filter(|object| {
                    !keep.contains(&member(&resource, object))
                        && object.pointer("/metadata/deletionTimestamp").is_none()
                });
                gone.extend(left.map(|object| (resource.clone(), object)));
            }
        }
        let mut done = Vec::new();
        for (resource, object) in gone {
            let removed = remove(
                target,
                self.client,
                &resource,
                &object,
                Some(json!({"propagationPolicy": "Background"})),
            )?;
            done.push(Applied {
                resource,
                object,
                changed: true,
                method: "delete",
                foretold: !removed,
                error: None,
            });
        }
        Ok(done)
    }

    /// The kinds of the set; all must be known, else members could be missed.
    fn resources(&self, kinds: &BTreeSet<String>) -> Result<Vec<Resource>, Fail> {
        let discovery = self.client.discover()?;
        if let Some((group, why)) = discovery.broken.first() {
            return Err(Fail::new(format!(
                "nothing is pruned, as the server does not tell all kinds: of `{group}`: {why}"
            )));
        }
        let found = kinds.iter().filter_map(|kind| {
            discovery.preferred().find(|resource| resource.group_kind() == *kind).cloned()
        });
        Ok(found.collect())
    }
}

/// What tells a member from others.
pub fn member(resource: &Resource, object: &Value) -> Member {
    (resource.group_kind(), namespace(object).to_owned(), name(object).to_owned())
}

fn annotation<'a>(object: &'a Value, key: &str) -> &'a str {
    object.pointer("/metadata/annotations").and_then(|all| all.get(key)?.as_str()).unwrap_or_default()
}
