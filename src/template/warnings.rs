//! Warnings that rendering leaves behind, each once.

use super::{Engine, Template};
use crate::diagnostic::{Diagnostic, Span};

impl Engine {
    /// The warnings collected since the last call.
    pub(crate) fn take_warnings(&self) -> Vec<Diagnostic> {
        std::mem::take(&mut *self.warnings.lock())
    }

    /// Warns once of a mistake at a place.
    pub(super) fn warn(&self, slug: &'static str, message: &str, place: Option<&Span>) {
        let mut warning = Diagnostic::warning(slug, message);
        if let Some(place) = place {
            warning = warning.at(place, "");
        }
        self.note(warning);
    }

    /// Notes a warning, once for each place.
    pub(crate) fn note(&self, warning: Diagnostic) {
        let same = |d: &Diagnostic| {
            let position = |d: &Diagnostic| d.place.as_ref().map(|(s, _)| (s.source.name.clone(), s.start));
            d.slug == warning.slug && d.message == warning.message && position(d) == position(&warning)
        };
        let mut warnings = self.warnings.lock();
        if warnings.len() < 1000 && !warnings.iter().any(same) {
            warnings.push(warning);
        }
    }

    /// Warns of a template within a constant.
    pub(super) fn warn_embedded(&self, template: &Template, place: Option<Span>) {
        let message = "a constant string holds a template: write the variable's name instead";
        self.warn("embedded-template", message, place.or(template.place.clone()).as_ref());
    }
}
