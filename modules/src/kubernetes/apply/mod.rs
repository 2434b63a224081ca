//! Sets of manifests applied as a whole: all mistakes before anything is written, namespaces and definitions first, then
//! the rest, then waiting.

mod make;
mod manifest;
mod ownership;
mod plan;
mod refusal;
mod remove;
mod schema;

pub use make::{apply, check, returned};
pub use manifest::{Manifest, Problem};
pub use ownership::owned;
pub use remove::{Removal, delete, hide, veil};
pub(crate) use schema::Schema;

use std::time::Duration;

use serde_json::Value;

use super::MANAGER;
use super::discovery::Resource;
use super::status::Want;
use super::write::Patch;

/// How a set is applied.
#[derive(Clone, Debug)]
pub struct Applying {
    /// How each object comes about.
    pub mode: Mode,
    /// In whose name.
    pub manager: String,
    /// Where objects are that name no namespace; else the context's namespace.
    pub namespace: Option<String>,
    /// Go on with the others when one fails.
    pub go_on: bool,
    /// Take what the schema does not know, with a warning.
    pub lenient: bool,
    /// How long to wait until all has come about; not at all, if `None`.
    pub wait: Option<Duration>,
    /// Until when.
    pub want: Want,
}

/// How an object comes about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    /// By the server's apply; whether fields of others are taken over.
    Apply { force: bool },
    /// Made where it is missing, else patched in the first of these ways that the server takes for its kind.
    Patch(Vec<Patch>),
    /// Patched, and only where it is there.
    OnlyPatch(Vec<Patch>),
    /// Made, or replaced as a whole.
    Replace,
}

impl Default for Applying {
    fn default() -> Self {
        Self {
            mode: Mode::Apply { force: false },
            manager: MANAGER.to_owned(),
            namespace: None,
            go_on: false,
            lenient: false,
            wait: None,
            want: Want::Current,
        }
    }
}

/// What became of an object.
#[derive(Clone, Debug)]
pub struct Applied {
    /// Its kind; that of a definition which is only foretold is made of the definition.
    pub resource: Resource,
    /// As it is now, or would be.
    pub object: Value,
    /// Whether it changed, or would.
    pub changed: bool,
    /// `create`, `apply`, `patch`, `update` or `delete`.
    pub method: &'static str,
    /// Whether it was only foretold.
    pub foretold: bool,
    /// Why it failed, where the others went on.
    pub error: Option<String>,
}

#[cfg(test)]
mod tests;
