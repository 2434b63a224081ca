//! What kinds a server knows: found out as far as it is asked, once, and kept.

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError};
use std::thread;

use serde_json::Value;

use super::client::Client;
use super::error::ApiError;
use crate::sorting::Sorting;

/// A kind of objects, and where they are.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Resource {
    /// `apps`; empty for the core group.
    pub group: String,
    /// `v1`
    pub version: String,
    /// `Deployment`
    pub kind: String,
    /// `deployments`
    pub plural: String,
    /// `deployment`
    pub singular: String,
    /// `deploy`
    pub short_names: Vec<String>,
    /// Whether its objects are in namespaces.
    pub namespaced: bool,
    /// `get`, `list`, `watch`, `patch`, …
    pub verbs: Vec<String>,
}

/// What was found out so far.
#[derive(Clone, Debug, Default)]
pub struct Discovery {
    /// Groups with their versions, the preferred one first; empty before anything was asked.
    groups: Vec<(String, Vec<String>)>,
    /// The kinds of a group and version, by `apiVersion`.
    kinds: BTreeMap<String, Vec<Resource>>,
    /// Groups whose kinds could not be learned, and why: their servers are down.
    pub broken: Vec<(String, String)>,
    complete: bool,
}

impl Resource {
    /// `apps/v1`, or `v1` in the core group.
    pub fn api_version(&self) -> String {
        api_version(&self.group, &self.version)
    }

    /// `Deployment.apps`, for messages and ApplySets.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// Where its objects are, or one of them; without a namespace those of all.
    pub fn path(&self, namespace: &str, name: &str) -> String {
        let mut path = root(&self.group, &self.version);
        if self.namespaced && !namespace.is_empty() {
            path += &format!("/namespaces/{namespace}");
        }
        path += &format!("/{}", self.plural);
        if name.is_empty() { path } else { format!("{path}/{}", super::client::escape(name)) }
    }

    /// Whether the server lets this be done to it.
    pub fn can(&self, verb: &str) -> bool {
        self.verbs.iter().any(|known| known == verb)
    }

    /// An item of a list with the `kind` and `apiVersion` it leaves out, first.
    pub fn named(&self, item: Value) -> Value {
        let Value::Object(fields) = item else { return item };
        let mut all = serde_json::Map::new();
        all.insert("apiVersion".into(), self.api_version().into());
        all.insert("kind".into(), self.kind.clone().into());
        all.extend(fields);
        Value::Object(all)
    }

    fn answers_to(&self, name: &str) -> bool {
        let name = name.to_lowercase();
        name == self.kind.to_lowercase()
            || name == self.plural
            || name == self.singular
            || self.short_names.contains(&name)
            || name
                .split_once('.')
                .is_some_and(|(plural, group)| plural == self.plural && group == self.group)
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() { version.to_owned() } else { format!("{group}/{version}") }
}

fn root(group: &str, version: &str) -> String {
    if group.is_empty() { format!("/api/{version}") } else { format!("/apis/{group}/{version}") }
}

impl Client {
    /// The kind of a name (`Deployment`, `deployments`, `deploy`) in an `apiVersion`; in whatever group has it where
    /// none is named. `None` where the server has it not.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn find(&self, kind: &str, api_version: Option<&str>) -> Result<Option<Resource>, ApiError> {
        let api_version = api_version.filter(|version| !version.is_empty());
        match api_version {
            Some(version) => {
                let kinds = self.kinds(version)?;
                Ok(kinds.into_iter().find(|resource| resource.answers_to(kind)))
            }
            None => {
                if let Some(found) = self.kinds("v1")?.into_iter().find(|resource| resource.answers_to(kind))
                {
                    return Ok(Some(found));
                }
                let discovery = self.discover()?;
                Ok(discovery.preferred().find(|resource| resource.answers_to(kind)).cloned())
            }
        }
    }

    /// As [`Client::find`]; what is not there is a mistake that is told with the nearest that is.
    ///
    /// # Errors
    /// When the server has it not, or does not say.
    pub fn resource(&self, kind: &str, api_version: Option<&str>) -> Result<Resource, ApiError> {
        if let Some(found) = self.find(kind, api_version)? {
            return Ok(found);
        }
        self.forget();
        match self.find(kind, api_version)? {
            Some(found) => Ok(found),
            None => Err(self.discover()?.unknown(kind, api_version)),
        }
    }

    /// Forgets what the server knows, as it has learned new kinds.
    pub fn forget(&self) {
        *self.discovery.lock().unwrap_or_else(PoisonError::into_inner) = Arc::default();
    }

    /// All kinds of all groups.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn discover(&self) -> Result<Arc<Discovery>, ApiError> {
        let known = self.known();
        if known.complete {
            return Ok(known);
        }
        let discovery = match self.aggregated()? {
            Some(discovery) => discovery,
            None => self.group_by_group()?,
        };
        Ok(self.keep(discovery))
    }

    fn known(&self) -> Arc<Discovery> {
        self.discovery.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn keep(&self, discovery: Discovery) -> Arc<Discovery> {
        let kept = Arc::new(discovery);
        *self.discovery.lock().unwrap_or_else(PoisonError::into_inner) = kept.clone();
        kept
    }

    /// The kinds of one group and version; none where the server has it not.
    fn kinds(&self, api_version: &str) -> Result<Vec<Resource>, ApiError> {
        let known = self.known();
        if let Some(kinds) = known.kinds.get(api_version) {
            return Ok(kinds.clone());
        }
        if known.complete {
            return Ok(Vec::new());
        }
        let kinds = self.ask_kinds(api_version)?;
        let mut known = Discovery::clone(&self.known());
        known.kinds.insert(api_version.to_owned(), kinds.clone());
        self.keep(known);
        Ok(kinds)
    }

    fn ask_kinds(&self, api_version: &str) -> Result<Vec<Resource>, ApiError> {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        let well_formed = |part: &str| part.chars().all(|c| c.is_ascii_alphanumeric() || ".-".contains(c));
        if !well_formed(group) || !well_formed(version) || version.is_empty() {
            return Ok(Vec::new());
        }
        match self.read(&root(group, version)) {
            Ok(list) => Ok(resources(&list, group, version)),
            Err(error) if error.is_missing() => Ok(Vec::new()),
            Err(error) => Err(error),
        }
    }

    /// All in two requests, from servers that know how (1.26 and later).
    fn aggregated(&self) -> Result<Option<Discovery>, ApiError> {
        const ACCEPT: &str = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,\
            application/json;g=apidiscovery.k8s.io;v=v2beta1;as=APIGroupDiscoveryList,application/json";
        let mut discovery = Discovery { complete: true, ..Discovery::default() };
        for path in ["/api", "/apis"] {
            let list = self.read_as(path, ACCEPT)?;
            if list.get("kind").and_then(Value::as_str) != Some("APIGroupDiscoveryList") {
                return Ok(None);
            }
            for group in items(&list, "items") {
                discovery.add_aggregated(group);
            }
        }
        Ok(Some(discovery))
    }

    fn group_by_group(&self) -> Result<Discovery, ApiError> {
        let mut discovery = Discovery {
            complete: true,
            groups: vec![(String::new(), vec!["v1".into()])],
            ..Discovery::default()
        };
        let list = self.read("/apis")?;
        for group in items(&list, "groups") {
            let preferred = text(group, "/preferredVersion/version");
            let mut versions: Vec<String> =
                items(group, "versions").map(|version| text(version, "/version")).collect();
            versions.order_by_key(|version| *version != preferred);
            discovery.groups.push((text(group, "/name"), versions));
        }
        let wanted: Vec<String> = discovery
            .groups
            .iter()
            .flat_map(|(group, versions)| versions.iter().map(move |version| api_version(group, version)))
            .collect();
        for (version, kinds) in self.ask_many(&wanted) {
            match kinds {
                Ok(kinds) => drop(discovery.kinds.insert(version, kinds)),
                Err(error) if error.is_unreachable() || error.code == 401 => return Err(error),
                Err(error) => discovery.broken.push((version, error.message)),
            }
        }
        Ok(discovery)
    }

    /// Several groups at once.
    fn ask_many(&self, wanted: &[String]) -> Vec<(String, Result<Vec<Resource>, ApiError>)> {
        const AT_ONCE: usize = 6;
        let share = wanted.len().div_ceil(AT_ONCE).max(1);
        thread::scope(|scope| {
            let ask = |part: &'_ [String]| {
                part.iter().map(|version| (version.clone(), self.ask_kinds(version))).collect::<Vec<_>>()
            };
            let workers: Vec<_> = wanted.chunks(share).map(|part| scope.spawn(move || ask(part))).collect();
            workers.into_iter().flat_map(|worker| worker.join().unwrap_or_default()).collect()
        })
    }
}

impl Discovery {
    /// Every kind once, in the version that its group prefers.
    pub fn preferred(&self) -> impl Iterator<Item = &Resource> {
        self.groups.iter().flat_map(move |(group, versions)| {
            let mut seen = Vec::new();
            let all = versions.iter().filter_map(move |version| self.kinds.get(&api_version(group, version)));
            all.flatten().filter(move |resource| {
                let new = !seen.contains(&&resource.kind);
                seen.push(&resource.kind);
                new
            })
        })
    }

    /// Every kind of every version.
    pub fn all(&self) -> impl Iterator<Item = &Resource> {
        self.kinds.values().flatten()
    }

    /// The groups and their versions, the preferred one first.
    pub fn groups(&self) -> &[(String, Vec<String>)] {
        &self.groups
    }

    fn add_aggregated(&mut self, group: &Value) {
        let name = text(group, "/metadata/name");
        let mut versions = Vec::new();
        for entry in items(group, "versions") {
            let version = text(entry, "/version");
            if entry.get("freshness").and_then(Value::as_str) == Some("Stale") {
                self.broken.push((api_version(&name, &version), "its server does not answer".to_owned()));
            }
            let kinds = items(entry, "resources").map(|kind| Resource {
                group: name.clone(),
                version: version.clone(),
                kind: text(kind, "/responseKind/kind"),
                plural: text(kind, "/resource"),
                singular: text(kind, "/singularResource"),
                short_names: words(kind, "shortNames"),
                namespaced: kind.get("scope").and_then(Value::as_str) == Some("Namespaced"),
                verbs: words(kind, "verbs"),
            });
            self.kinds.insert(api_version(&name, &version), kinds.collect());
            versions.push(version);
        }
        self.groups.push((name, versions));
    }

    /// What to say of a kind that the server has not.
    fn unknown(&self, kind: &str, api_version: Option<&str>) -> ApiError {
        let same: Vec<String> = self
            .preferred()
            .filter(|resource| resource.answers_to(kind))
            .map(Resource::api_version)
            .collect();
        let message = match api_version.filter(|version| !version.is_empty()) {
            Some(version) if !same.is_empty() => {
                let mut others = same.iter().map(|version| format!("`{version}`")).collect::<Vec<_>>();
                others.dedup();
                format!(
                    "`{version}` has no kind `{kind}`\nhint: it is of `apiVersion: {}`",
                    others.join(" or ").replace('`', "")
                )
            }
            Some(version) if !self.kinds.contains_key(version) => {
                let near = super::nearest(version, self.kinds.keys().map(String::as_str));
                format!("the server has no `apiVersion: {version}`{}", hint(near))
            }
            Some(version) => {
                let kinds =
                    self.kinds.get(version).into_iter().flatten().map(|resource| resource.kind.as_str());
                format!("`{version}` has no kind `{kind}`{}", hint(super::nearest(kind, kinds)))
            }
            None => {
                let kinds = self.all().map(|resource| resource.kind.as_str());
                format!("the server has no kind `{kind}`{}", hint(super::nearest(kind, kinds)))
            }
        };
        let broken: Vec<String> = self
            .broken
            .iter()
            .map(|(group, why)| format!("\nof `{group}` the kinds are not known: {why}"))
            .collect();
        ApiError {
            code: 404,
            reason: "UnknownKind".into(),
            message: message + &broken.concat(),
            ..ApiError::default()
        }
    }
}

fn hint(near: Option<&str>) -> String {
    near.map(|name| format!("\nhint: did you mean `{name}`?")).unwrap_or_default()
}

fn items<'a>(value: &'a Value, key: &str) -> impl Iterator<Item = &'a Value> {
    value.get(key).and_then(Value::as_array).into_iter().flatten()
}

fn text(value: &Value, pointer: &str) -> String {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default().to_owned()
}

fn words(value: &Value, key: &str) -> Vec<String> {
    items(value, key).filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

fn resources(list: &Value, group: &str, version: &str) -> Vec<Resource> {
    let kinds = items(list, "resources").filter(|kind| !text(kind, "/name").contains('/'));
    let resource = |kind: &Value| Resource {
        group: group.to_owned(),
        version: version.to_owned(),
        kind: text(kind, "/kind"),
        plural: text(kind, "/name"),
        singular: text(kind, "/singularName"),
        short_names: words(kind, "shortNames"),
        namespaced: kind.get("namespaced") == Some(&Value::Bool(true)),
        verbs: words(kind, "verbs"),
    };
    kinds.map(resource).collect()
}
