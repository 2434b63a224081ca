//! The template language: Jinja2 as Ansible's users write it. minijinja lexes and
//! parses; the tree is walked here, on values that know trust and lateness.

mod address;
mod args;
mod arith;
pub(crate) mod check;
mod clock;
mod compile;
mod crypt;
mod csv;
mod engine;
mod equality;
mod error;
mod eval;
mod file_text;
mod files;
mod filters;
mod from_node;
mod header;
mod ini;
mod json;
mod lookups;
mod lorem;
mod mersenne;
mod place;
mod printf;
mod python;
mod regex;
mod session;
mod stack;
mod tests;
mod tree;
mod truth;
mod uses;
mod value;
mod warnings;
mod ways;

pub(crate) use check::{Plugin, Slip, plugins};
pub(crate) use clock::local as moment;
pub(crate) use compile::Syntax;
pub(crate) use engine::{Engine, Settings};
pub(crate) use error::{ErrorKind, TemplateError};
pub(crate) use file_text::TextOptions;
pub(crate) use filters::encoded;
pub(crate) use json::plain as json_text;
pub(crate) use truth::is_truthy;
pub(crate) use value::{List, Map, Object, Undefined, Value, VaultString};

pub(crate) use args::Args;
pub(crate) use ways::Way;

use std::sync::{Arc, OnceLock};

use crate::diagnostic::Span;
use tree::{Expr, Program};

/// Text of the user's with template markers; compiled once, when first rendered.
pub struct Template {
    pub text: Arc<str>,
    /// Where the text stands; offsets in errors are mapped through it.
    pub place: Option<Span>,
    program: OnceLock<Result<Arc<Program>, TemplateError>>,
    condition: OnceLock<Result<Arc<Expr>, TemplateError>>,
}

impl Template {
    /// Keeps `text`, which stands at `place`.
    pub fn new(text: impl Into<Arc<str>>, place: Option<Span>) -> Arc<Self> {
        Arc::new(Self { text: text.into(), place, program: OnceLock::new(), condition: OnceLock::new() })
    }

    /// The tree of the text read as a template.
    fn program(&self) -> Result<Arc<Program>, TemplateError> {
        self.program.get_or_init(|| self.compiled(&Syntax::default())).clone()
    }

    fn compiled(&self, syntax: &Syntax) -> Result<Arc<Program>, TemplateError> {
        let compiled = compile::template(&self.text, syntax);
        compiled.map(Arc::new).map_err(|broken| self.broken(&broken).failed_as("template"))
    }

    /// The tree of the text read as a bare expression.
    fn expression(&self) -> Result<Arc<Expr>, TemplateError> {
        let compiled = || {
            compile::expression(&self.text, true).map(Arc::new).map_err(|broken| {
                let error = self.broken(&broken).failed_as("expression");
                match self.text.contains("{{") {
                    true => error.hint("expressions stand without `{{ }}` here"),
                    false => error,
                }
            })
        };
        self.condition.get_or_init(compiled).clone()
    }

    fn broken(&self, broken: &compile::Broken) -> TemplateError {
        let error = TemplateError::new(ErrorKind::Syntax, broken.message.clone());
        let error = error.at(place::locate(self, broken.at));
        broken.hint.iter().fold(error, |error, hint| error.hint(hint.clone()))
    }
}

/// Whether a text has anything to render.
pub(crate) fn has_markers(text: &str) -> bool {
    text.contains("{{") || text.contains("{%") || text.contains("{#")
}

/// The variables a template sees. Values come raw: the engine renders what is lazy.
pub trait Scope: Send + Sync {
    /// The value of a variable, not rendered; `None` when there is none.
    fn get(&self, name: &str) -> Option<Value>;

    /// All names, for `vars`, `varnames` and "did you mean".
    fn names(&self) -> Vec<String>;

    /// Where a variable was set, for "set here" in errors.
    fn place(&self, _name: &str) -> Option<Span> {
        None
    }
}

#[cfg(test)]
mod spec;
