//! Mistakes in templates that can be told before any host is touched.

use std::sync::Arc;

use super::eval::FUNCTIONS;
use super::place::locate;
use super::tree::At;
use super::uses::Uses;
use super::{Engine, ErrorKind, Template, TemplateError, filters, lookups, tests};
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
        let slip = |(name, at): &(Arc<str>, At), wrong: TemplateError| {
            let unknown = wrong.kind() == ErrorKind::Syntax;
            let place = locate(template, *at).or_else(|| template.place.clone());
            let diagnostic = wrong.at(place).to_diagnostic();
            let slug = if unknown { "unknown-plugin" } else { "plugin-gone" };
            Slip { plugin: unknown.then(|| name.clone()), diagnostic: Diagnostic { slug, ..diagnostic } }
        };
        let mut slips = Vec::new();
        slips.extend(uses.filters.iter().filter_map(|used| Some(slip(used, self.filter(&used.0).err()?))));
        slips.extend(uses.tests.iter().filter_map(|used| Some(slip(used, self.test(&used.0).err()?))));
        slips.extend(
            uses.lookups.iter().filter_map(|used| Some(slip(used, self.lookup_named(&used.0).err()?))),
        );
        slips
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
