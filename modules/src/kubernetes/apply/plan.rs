//! The whole set against the server's dry run, before anything is written: what would become of each object, or all that
//! is wrong.

use std::collections::{BTreeMap, HashSet};
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use serde_json::{Value, json};

use super::manifest::{Manifest, Problem};
use super::{Applying, Mode, ownership, refusal};
use crate::kubernetes::{ApiError, Client, Patch, Resource, Write, items, text};
use crate::sorting::Sorting;
use crate::{Fail, Target};

/// What of namespaces and definitions would be there if earlier tasks had not only been checked.
static FORETOLD: LazyLock<Mutex<Vec<(String, Coming)>>> = LazyLock::new(Mutex::default);

/// What other objects wait for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Coming {
    Namespace(String),
    Kind(Resource),
}

/// An object with its kind, and what would become of it.
#[derive(Debug)]
pub(super) struct Planned {
    pub(super) manifest: Manifest,
    pub(super) resource: Resource,
    pub(super) namespace: String,
    pub(super) before: Option<Value>,
    pub(super) foretold: Foretold,
    pub(super) stage: u8,
}

/// What the server says would be there.
#[derive(Clone, Debug)]
pub(super) enum Foretold {
    /// This object.
    Object(Value),
    /// This object, as its namespace would have it that is not there yet.
    Elsewhere(Value),
    /// Its kind is not there yet.
    Later,
    /// A webhook cannot say: why.
    Unknown(String),
    /// It failed, and the others go on.
    Failed(String),
}

/// What is needed to plan a set.
pub(super) struct Planner<'a> {
    pub(super) client: &'a Arc<Client>,
    pub(super) how: &'a Applying,
    /// Namespaces and kinds that the set brings, or an earlier task would have brought.
    coming: Vec<Coming>,
    spaces: BTreeMap<String, bool>,
    pub(super) warnings: Vec<String>,
}

/// In which order kinds are made: what others need first, what could refuse others last.
fn stage(resource: &Resource) -> u8 {
    match resource.kind.as_str() {
        "Namespace" => 0,
        "CustomResourceDefinition" => 1,
        "PriorityClass" | "StorageClass" | "RuntimeClass" | "ServiceAccount" | "Secret" | "ConfigMap"
        | "ResourceQuota" | "LimitRange" | "PersistentVolume" | "Role" | "ClusterRole" | "RoleBinding"
        | "ClusterRoleBinding" => 2,
        "ValidatingWebhookConfiguration" | "MutatingWebhookConfiguration" | "APIService" => 4,
        _ => 3,
    }
}

/// Keeps in mind what was only foretold.
pub(super) fn remember(client: &Client, object: &Value, resource: &Resource) {
    let mut all = FORETOLD.lock().unwrap_or_else(PoisonError::into_inner);
    all.extend(
        coming_with(object, resource).into_iter().map(|coming| (client.config.server.clone(), coming)),
    );
}

/// What comes with an object.
fn coming_with(object: &Value, resource: &Resource) -> Vec<Coming> {
    match resource.kind.as_str() {
        "Namespace" => vec![Coming::Namespace(text(object, "/metadata/name").to_owned())],
        "CustomResourceDefinition" => kinds_of(object).into_iter().map(Coming::Kind).collect(),
        _ => Vec::new(),
    }
}

/// The kinds that a definition brings.
fn kinds_of(definition: &Value) -> Vec<Resource> {
    let part = |pointer: &str| text(definition, pointer).to_owned();
    let old = text(definition, "/spec/version");
    let versions = items(definition, "/spec/versions").iter().map(|version| text(version, "/name"));
    let versions: HashSet<&str> = versions.chain([old]).filter(|version| !version.is_empty()).collect();
    let kind = |version: &str| Resource {
        group: part("/spec/group"),
        version: version.to_owned(),
        kind: part("/spec/names/kind"),
        plural: part("/spec/names/plural"),
        singular: part("/spec/names/singular"),
        short_names: Vec::new(),
        namespaced: text(definition, "/spec/scope") == "Namespaced",
        verbs: ["get", "list", "watch", "patch", "create", "delete"].map(str::to_owned).to_vec(),
    };
    versions.into_iter().map(kind).collect()
}

impl<'a> Planner<'a> {
    /// Plans the whole set.
    ///
    /// # Errors
    /// All that is wrong with it, each with its place; nothing has been written then.
    pub(super) fn plan(
        target: &mut Target<'_>,
        client: &'a Arc<Client>,
        manifests: Vec<Manifest>,
        how: &'a Applying,
    ) -> Result<(Self, Vec<Planned>), Fail> {
        let mut planner =
            Self { client, how, coming: Vec::new(), spaces: BTreeMap::new(), warnings: Vec::new() };
        let mut problems: Vec<Problem> = manifests.iter().flat_map(Manifest::slips).collect();
        problems.extend(twice(&manifests));
        planner.expect(&manifests);
        let mut planned = Vec::new();
        for manifest in manifests {
            if !manifest.slips().is_empty() {
                continue;
            }
            match planner.one(manifest)? {
                Ok(one) => planned.push(one),
                Err(found) => problems.extend(found),
            }
        }
        std::mem::take(&mut planner.warnings).into_iter().for_each(|warning| target.warn(warning));
        if problems.is_empty() {
            planned.order_by_key(|one| one.stage);
            return Ok((planner, planned));
        }
        Err(wrong(&problems))
    }

    /// What the set and earlier tasks bring.
    fn expect(&mut self, manifests: &[Manifest]) {
        for manifest in manifests {
            let kind = text(&manifest.object, "/kind").to_owned();
            self.coming.extend(coming_with(&manifest.object, &Resource { kind, ..Resource::default() }));
        }
        let known = FORETOLD.lock().unwrap_or_else(PoisonError::into_inner);
        let here = known.iter().filter(|(server, _)| *server == self.client.config.server);
        self.coming.extend(here.map(|(_, coming)| coming.clone()));
    }

    fn one(&mut self, mut manifest: Manifest) -> Result<Result<Planned, Vec<Problem>>, Fail> {
        let (kind, version) =
            (text(&manifest.object, "/kind").to_owned(), text(&manifest.object, "/apiVersion").to_owned());
        let coming = self.coming.iter().find_map(|coming| match coming {
            Coming::Kind(resource) if resource.kind == kind && resource.api_version() == version => {
                Some(resource.clone())
            }
            _ => None,
        });
        let found = self.client.find(&kind, Some(&version))?.filter(|resource| resource.kind == kind);
        let (resource, later) = match (found, coming) {
            (Some(resource), _) => (resource, false),
            (None, Some(resource)) => (resource, true),
            (None, None) => match self.client.resource(&kind, Some(&version)) {
                Ok(resource) if resource.kind == kind => (resource, false),
                Ok(resource) => {
                    let message = format!("no such kind: `{kind}`; did you mean `{}`?", resource.kind);
                    return Ok(Err(vec![manifest.problem("/kind", message)]));
                }
                Err(error) if error.reason == "UnknownKind" => {
                    let at = if error.message.contains("has no kind") && !error.message.contains("it is of") {
                        "/kind"
                    } else {
                        "/apiVersion"
                    };
                    return Ok(Err(vec![manifest.problem(at, error.message.replace("\nhint: ", "; "))]));
                }
                Err(error) => return Err(error.into()),
            },
        };
        let namespace = self.place(&mut manifest, &resource);
        manifest.complete();
        let stage = stage(&resource);
        let mut planned =
            Planned { manifest, resource, namespace, before: None, foretold: Foretold::Later, stage };
        if later {
            return Ok(Ok(planned));
        }
        let slips = self.schema_slips(&planned);
        if !slips.is_empty() && !self.how.lenient {
            return Ok(Err(slips));
        }
        self.warnings.extend(slips.iter().map(ToString::to_string));
        if !planned.namespace.is_empty() && !self.is_there(&planned.namespace)? {
            let space = planned.namespace.clone();
            if !self.coming.contains(&Coming::Namespace(space.clone())) {
                let message = format!("namespace `{space}` not found, and none is made here");
                return Ok(Err(vec![planned.manifest.problem("/metadata/namespace", message)]));
            }
            return self.elsewhere(planned);
        }
        match self.foretell(&mut planned) {
            Ok(foretold) => planned.foretold = foretold,
            Err(error) if error.is_unreachable() || error.code == 401 => return Err(error.into()),
            Err(error) if self.how.go_on => {
                planned.foretold = Foretold::Failed(wrong_one(&refusal::problems(&planned.manifest, &error)))
            }
            Err(error) => return Ok(Err(refusal::problems(&planned.manifest, &error))),
        }
        Ok(Ok(planned))
    }

    /// Puts the object where it belongs; the namespace, empty where its kind has none.
    fn place(&self, manifest: &mut Manifest, resource: &Resource) -> String {
        if !resource.namespaced {
            manifest.place_in(None);
            return String::new();
        }
        let own = text(&manifest.object, "/metadata/namespace").to_owned();
        let given = || self.how.namespace.clone().filter(|space| !space.is_empty());
        let namespace = Some(own).filter(|own| !own.is_empty()).or_else(given);
        let namespace = namespace.unwrap_or_else(|| self.client.namespace().to_owned());
        manifest.place_in(Some(&namespace));
        namespace
    }

    fn schema_slips(&self, planned: &Planned) -> Vec<Problem> {
        // Without the schema the dry run still finds most.
        let Ok(schema) = self.client.schema() else { return Vec::new() };
        let slips = schema.check(&planned.resource, &planned.manifest.object);
        slips.into_iter().map(|(pointer, message)| planned.manifest.problem(&pointer, message)).collect()
    }

    fn is_there(&mut self, namespace: &str) -> Result<bool, ApiError> {
        if let Some(known) = self.spaces.get(namespace) {
            return Ok(*known);
        }
        let found = self.client.read(&format!("/api/v1/namespaces/{namespace}"));
        let there = match found {
            Ok(_) => true,
            Err(error) if error.is_missing() => false,
            // Who may not look may still be let to write there.
            Err(error) if error.code == 403 => true,
            Err(error) => return Err(error),
        };
        self.spaces.insert(namespace.to_owned(), there);
        Ok(there)
    }

    /// What would be in a namespace that is not there yet is found out in another, in a dry run.
    fn elsewhere(&mut self, mut planned: Planned) -> Result<Result<Planned, Vec<Problem>>, Fail> {
        let mut object = planned.manifest.object.clone();
        object["metadata"]["namespace"] = "default".into();
        let name = planned.manifest.name().to_owned();
        if self.client.get(&planned.resource, "default", &name)?.is_some() {
            object["metadata"]["name"] = format!("{name}-baton").into();
        }
        match self.client.foretell(&Write::create(&planned.resource, "default", object)) {
            Ok(mut foretold) => {
                foretold["metadata"]["namespace"] = planned.namespace.clone().into();
                foretold["metadata"]["name"] = name.into();
                planned.foretold = Foretold::Elsewhere(foretold);
            }
            Err(error) if [400, 422, 500].contains(&error.code) && !is_beside(&error) => {
                return Ok(Err(refusal::problems(&planned.manifest, &error)));
            }
            Err(_) => planned.foretold = Foretold::Later,
        }
        Ok(Ok(planned))
    }

    /// What the server says would be there.
    pub(super) fn foretell(&self, planned: &mut Planned) -> Result<Foretold, ApiError> {
        let name = planned.manifest.name().to_owned();
        planned.before = if name.is_empty() {
            None
        } else {
            self.client.get(&planned.resource, &planned.namespace, &name)?
        };
        let Some(write) = self.write(planned) else {
            return Ok(Foretold::Object(planned.before.clone().unwrap_or_default()));
        };
        let foretold = match self.client.foretell(&write) {
            Err(error) if ownership::is_with_predecessors(&error, &self.how.manager) => {
                self.client.foretell(&self.forced(planned))
            }
            Err(error)
                if error.message.contains("does not support dry run")
                    || error.message.contains("dryRun") && error.code == 400 =>
            {
                return Ok(Foretold::Unknown(error.message));
            }
            other => other,
        }?;
        Ok(Foretold::Object(match &planned.before {
            Some(before) if self.is_to_take_over(before) => {
                ownership::without_dropped(&foretold, before, &planned.manifest.object)
            }
            _ => foretold,
        }))
    }

    pub(super) fn is_to_take_over(&self, before: &Value) -> bool {
        matches!(self.how.mode, Mode::Apply { .. }) && ownership::is_to_take_over(before, &self.how.manager)
    }

    /// The write that brings an object about; `None` where it is only to be patched and is not there.
    pub(super) fn write(&self, planned: &Planned) -> Option<Write> {
        let (resource, space, name) =
            (&planned.resource, planned.namespace.as_str(), planned.manifest.name());
        let object = planned.manifest.object.clone();
        let created = |object| Write::create(resource, space, object).manager(&self.how.manager);
        let patch = |kinds: &[Patch]| {
            // Only built-in kinds know the keys of their lists.
            let own = resource.group.contains('.') && !resource.group.ends_with(".k8s.io");
            let kind = kinds
                .iter()
                .copied()
                .find(|kind| !(own && *kind == Patch::Strategic))
                .unwrap_or(Patch::Merge);
            Write::patch(resource, space, name, kind, planned.manifest.object.clone())
                .manager(&self.how.manager)
        };
        Some(match (&self.how.mode, &planned.before) {
            (Mode::OnlyPatch(_), None) => return None,
            _ if name.is_empty() => created(object),
            (Mode::Apply { force }, _) => {
                Write::apply(resource, space, name, object, &self.how.manager, *force)
            }
            (_, None) => created(object),
            (Mode::Patch(kinds) | Mode::OnlyPatch(kinds), Some(_)) => patch(kinds),
            (Mode::Replace, Some(before)) => {
                let mut object = object;
                object["metadata"]["resourceVersion"] = text(before, "/metadata/resourceVersion").into();
                Write::replace(resource, space, name, object).manager(&self.how.manager)
            }
        })
    }

    /// The apply that takes over what predecessors own.
    pub(super) fn forced(&self, planned: &Planned) -> Write {
        let (resource, object) = (&planned.resource, planned.manifest.object.clone());
        Write::apply(resource, &planned.namespace, planned.manifest.name(), object, &self.how.manager, true)
    }
}

/// Whether a refusal is about the place that only stood in for the real one.
fn is_beside(error: &ApiError) -> bool {
    error.message.contains("namespace")
        || error.message.contains("webhook")
        || error.message.contains("already")
}

/// Objects that stand twice in a set.
fn twice(manifests: &[Manifest]) -> Vec<Problem> {
    let mut seen = HashSet::new();
    let key = |manifest: &Manifest| {
        ["/apiVersion", "/kind", "/metadata/namespace", "/metadata/name"]
            .map(|at| text(&manifest.object, at).to_owned())
    };
    let named = manifests.iter().filter(|manifest| !manifest.name().is_empty());
    named
        .filter(|manifest| !seen.insert(key(manifest)))
        .map(|manifest| manifest.problem("/metadata/name", "the same object stands in the set before"))
        .collect()
}

/// All that is wrong with a set.
pub(super) fn wrong(problems: &[Problem]) -> Fail {
    let count = match problems.len() {
        1 => String::new(),
        count => format!("{count} mistakes, nothing was applied:\n"),
    };
    let conflict = problems.iter().any(|problem| problem.message.starts_with("belongs to"));
    let listed: Vec<Value> =
        problems.iter().map(|p| json!({"place": p.place, "field": p.field, "message": p.message})).collect();
    let fail = Fail::new(format!("{count}{}", wrong_one(problems))).with("problems", listed);
    if conflict {
        fail.hint("leave these fields out, or take them over with `force_conflicts`")
    } else {
        fail
    }
}

fn wrong_one(problems: &[Problem]) -> String {
    problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")
}
