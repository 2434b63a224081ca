//! The template language: Jinja2 as Ansible's users write it. minijinja lexes and
//! parses; the tree is walked here, on values that know trust and lateness.

mod from_node;
mod value;

pub use value::{List, Map, Object, Undefined, Value, VaultString};

use std::sync::{Arc, OnceLock};

use crate::diagnostic::Span;

/// Text of the user's with template markers; compiled once, when first rendered.
pub struct Template {
    pub text: Arc<str>,
    /// Where the text stands; offsets in errors are mapped through it.
    pub place: Option<Span>,
    compiled: OnceLock<()>,
}

impl Template {
    /// Keeps `text`, which stands at `place`.
    pub fn new(text: impl Into<Arc<str>>, place: Option<Span>) -> Arc<Self> {
        Arc::new(Self { text: text.into(), place, compiled: OnceLock::new() })
    }
}

/// Whether a text has anything to render.
pub fn has_markers(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The variables a template sees. Values come raw: the engine renders what is lazy.
pub trait Scope: Send + Sync {
    /// The value of a variable, not rendered; `None` when there is none.
    fn get(&self, name: &str) -> Option<Value>;

    /// All names, for `vars`, `varnames` and "did you mean".
    fn names(&self) -> Vec<String>;
}
