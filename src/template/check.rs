//! Mistakes in templates that can be told before any host is touched.

use super::place::locate;
use super::tree::At;
use super::uses::Uses;
use super::{Engine, Template, TemplateError};
use crate::diagnostic::Diagnostic;

impl Engine {
    /// Broken templates and unknown filters and tests; `expression` when the text is a bare expression.
    pub fn syntax_errors(&self, template: &Template, expression: bool) -> Vec<Diagnostic> {
        let mut uses = Uses::default();
        let read = match expression && !super::engine::all_template(template.text.trim()) {
            true => template.expression().map(|e| uses.expr(&e)),
            false => template.program().map(|p| uses.body(&p.body)),
        };
        if let Err(error) = read {
            return vec![error.to_diagnostic()];
        }
        let filters = uses.filters.iter().filter(|(name, _)| self.filter(name).is_none());
        let tests = uses.tests.iter().filter(|(name, _)| self.test(name).is_none());
        let unknown = |kind: &str, name: &str, at: &At| -> TemplateError {
            self.unknown(kind, name).at(locate(template, *at).or_else(|| template.place.clone()))
        };
        let found = filters.map(|(n, at)| unknown("filter", n, at));
        let found = found.chain(tests.map(|(n, at)| unknown("test", n, at)));
        found.map(|e| Diagnostic { slug: "unknown-plugin", ..e.to_diagnostic() }).collect()
    }
}
