//! What is written to a server, as data: made once, foretold by the server's dry run, then sent.

use serde_json::{Value, json};
use ureq::http::Method;

use super::client::with_query;
use super::discovery::Resource;
use super::error::ApiError;

/// A write that can be foretold and sent.
#[derive(Clone, Debug)]
pub struct Write {
    pub(super) method: Method,
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) content_type: &'static str,
    pub(super) body: Option<Value>,
    pub(super) dry_run: bool,
    /// Whether sending it twice comes to the same.
    pub(super) repeats: bool,
}

/// The kinds of patches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patch {
    /// Operations (RFC 6902).
    Json,
    /// A merge (RFC 7386).
    Merge,
    /// A merge that knows the keys of lists; not for custom resources.
    Strategic,
}

const JSON: &str = "application/json";

impl Write {
    fn new(
        method: Method,
        path: String,
        content_type: &'static str,
        body: Option<Value>,
        repeats: bool,
    ) -> Self {
        Self { method, path, query: Vec::new(), content_type, body, dry_run: false, repeats }
    }

    /// Server-side apply: the fields of `body` become those of `manager`.
    pub fn apply(
        resource: &Resource,
        namespace: &str,
        name: &str,
        body: Value,
        manager: &str,
        force: bool,
    ) -> Self {
        // Every JSON text is YAML.
        let kind = "application/apply-patch+yaml";
        let write =
            Self::new(Method::PATCH, resource.path(namespace, name), kind, Some(body), true).manager(manager);
        if force { write.forced() } else { write }
    }

    pub(super) fn forced(self) -> Self {
        self.query("force", "true")
    }

    /// Whether an apply is refused for nothing but what its own manager has written in another way.
    pub(super) fn is_in_its_own_way(&self, error: &ApiError) -> bool {
        let value = |name: &str| self.query.iter().find(|(key, _)| *key == name).map(|(_, value)| value);
        let Some(manager) = value("fieldManager").filter(|_| value("force").is_none()) else { return false };
        let own = format!("conflict with \"{manager}\"");
        error.is_field_conflict() && error.causes.iter().all(|cause| cause.message.starts_with(&own))
    }

    /// A patch of an object that is there.
    pub fn patch(resource: &Resource, namespace: &str, name: &str, kind: Patch, body: Value) -> Self {
        let (kind, repeats) = match kind {
            Patch::Json => ("application/json-patch+json", false),
            Patch::Merge => ("application/merge-patch+json", true),
            Patch::Strategic => ("application/strategic-merge-patch+json", true),
        };
        Self::new(Method::PATCH, resource.path(namespace, name), kind, Some(body), repeats)
    }

    /// A new object.
    pub fn create(resource: &Resource, namespace: &str, body: Value) -> Self {
        Self::new(Method::POST, resource.path(namespace, ""), JSON, Some(body), false)
    }

    /// An object in the place of the one that is there.
    pub fn replace(resource: &Resource, namespace: &str, name: &str, body: Value) -> Self {
        Self::new(Method::PUT, resource.path(namespace, name), JSON, Some(body), true)
    }

    /// The end of an object; `options` are `DeleteOptions` (`propagationPolicy`, `gracePeriodSeconds`, `preconditions`).
    pub fn delete(resource: &Resource, namespace: &str, name: &str, options: Option<Value>) -> Self {
        let options = options.map(|options| {
            let mut body = json!({"kind": "DeleteOptions", "apiVersion": "v1"});
            if let (Some(body), Value::Object(options)) = (body.as_object_mut(), options) {
                body.extend(options);
            }
            body
        });
        Self::new(Method::DELETE, resource.path(namespace, name), JSON, options, true)
    }

    /// The write to `status`, `scale`, `eviction` or another part of the object.
    pub fn subresource(mut self, part: &str) -> Self {
        self.path = format!("{}/{part}", self.path);
        self
    }

    /// The write in the name of a field manager.
    pub fn manager(self, manager: &str) -> Self {
        self.query("fieldManager", manager)
    }

    fn query(mut self, name: &'static str, value: &str) -> Self {
        self.query.push((name, value.to_owned()));
        self
    }

    pub(super) fn url(&self) -> String {
        let mut query = self.query.clone();
        if self.dry_run {
            query.push(("dryRun", "All".to_owned()));
        }
        with_query(&self.path, &query)
    }
}
