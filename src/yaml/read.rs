//! The way in: a source to its documents, and all that is wrong with them.

use std::sync::Arc;

use super::Node;
use super::compose::Composer;
use super::patched::Patched;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// All documents of a text. What could not be read is left out and said in `diagnostics`.
pub fn read(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let patched = Patched::new(&source.text);
    let json = is_json(&patched.text);
    let mut composer = Composer::new(source, &patched, json);
    match composer.documents() {
        Ok(documents) => {
            diagnostics.extend(composer.diagnostics);
            documents
        }
        Err(error) => {
            let at = error.problem_mark().map_or(0, |m| patched.original(m.index as usize)) as u32;
            let span = Span::new(source, at, at);
            diagnostics.push(Diagnostic::error("yaml-syntax", error.problem()).at(&span, ""));
            Vec::new()
        }
    }
}

/// The document of a text that may have one only; `None` when there is none.
pub fn read_one(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Option<Node> {
    let mut documents = read(source, diagnostics).into_iter();
    let document = documents.next();
    if let Some(second) = documents.next() {
        let problem = Diagnostic::error("yaml-documents", "expected a single document, found another")
            .at(&second.span, "but found another document")
            .hint("remove the line `---` before it");
        diagnostics.push(problem);
    }
    document
}

/// Whether a text is JSON: then numbers like `1e5` are numbers.
fn is_json(text: &str) -> bool {
    text.trim_start().starts_with(['{', '[']) && serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok()
}
