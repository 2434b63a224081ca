//! Mistakes in templates that can be told before any host is touched.

use std::sync::Arc;

use super::eval::FUNCTIONS;
use super::place::locate;
use super::tree::At;
use super::uses::Uses;
use super::{Engine, Template, filters, lookups, tests};
use crate::diagnostic::Diagnostic;

/// One mistake of a template.
pub(crate) struct Slip {
    /// The filter, test or look-up that is not known, where that is the mistake.
    pub plugin: Option<Arc<str>>,
    pub diagnostic: Diagnostic,
}

impl Engine {
    /// Broken templates and unknown filters, tests and look-ups; `expression` when the text is a bare expression.
    pub(crate) fn syntax_errors(&self, template: &Template, expression: bool) -> Vec<Slip> {
        let mut uses = Uses::default();
        let read = match expression && !super::engine::all_template(template.text.trim()) {
            true => template.expression().map(|e| uses.expr(&e)),
            false => template.program().map(|p| uses.body(&p.body)),
        };
        if let Err(error) = read {
            return vec![Slip { plugin: None, diagnostic: error.to_diagnostic() }];
        }
        let filters = uses.filters.iter().filter(|(name, _)| self.filter(name).is_none());
        let tests = uses.tests.iter().filter(|(name, _)| self.test(name).is_none());
        let lookups = uses.lookups.iter().filter(|(name, _)| self.lookup_named(name).is_none());
        let unknown = |kind: &str, (name, at): &(Arc<str>, At)| {
            let place = locate(template, *at).or_else(|| template.place.clone());
            let diagnostic = self.unknown(kind, name).at(place).to_diagnostic();
            Slip {
                plugin: Some(name.clone()),
                diagnostic: Diagnostic { slug: "unknown-plugin", ..diagnostic },
            }
        };
        let found = filters.map(|used| unknown("filter", used));
        let found = found.chain(tests.map(|used| unknown("test", used)));
        found.chain(lookups.map(|used| unknown("look-up", used))).collect()
    }
}

/// A filter, test, function or look-up, for the documentation.
pub(crate) struct Plugin {
    /// `filter`, `test`, `function` or `lookup`.
    pub kind: &'static str,
    pub name: &'static str,
    pub aliases: &'static [&'static str],
    pub doc: &'static str,
}

/// Everything templates can call.
pub(crate) fn plugins() -> Vec<Plugin> {
    let filters =
        filters::all().map(|f| Plugin { kind: "filter", name: f.name, aliases: f.aliases, doc: f.doc });
    let tests = tests::all().map(|t| Plugin { kind: "test", name: t.name, aliases: t.aliases, doc: t.doc });
    let functions =
        FUNCTIONS.iter().map(|f| Plugin { kind: "function", name: f.name, aliases: &[], doc: f.doc });
    let lookups = lookups::all().map(|l| Plugin { kind: "lookup", name: l.name, aliases: &[], doc: l.doc });
    filters.chain(tests).chain(functions).chain(lookups).collect()
}
