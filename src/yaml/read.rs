//! The way in: a source to its documents, and all that is wrong with them.

use std::sync::Arc;

use super::Node;
use super::compose::Composer;
use super::patched::{Patch, Patched};
use super::recover::recover;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source, Span};

/// Nobody reads more at once.
const MAX_TOLD: usize = 100;

/// All documents of a text. What could not be read is left out and said in `diagnostics`.
pub(crate) fn read(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let mut patched = Patched::new(source.plain());
    blank_control_characters(source, &mut patched, diagnostics);
    let json = is_json(&patched.text);
    if json {
        join_surrogates(&mut patched);
    }
    if let Some(documents) = compose(source, &patched, json, diagnostics) {
        return documents;
    }
    recover(source, &mut patched, diagnostics);
    compose(source, &patched, json, diagnostics).unwrap_or_default()
}

/// The documents of a text that has no syntax error.
fn compose(
    source: &Arc<Source>,
    patched: &Patched,
    json: bool,
    diagnostics: &mut Diagnostics,
) -> Option<Vec<Node>> {
    let mut composer = Composer::new(source, patched, json);
    let documents = composer.documents().ok()?;
    let mut found = composer.diagnostics;
    if let Some(more @ 1..) = found.0.len().checked_sub(MAX_TOLD) {
        let severity = found.0.iter().map(|d| d.severity).max().unwrap_or(Severity::Error);
        found.0.truncate(MAX_TOLD);
        let message = format!("{more} further mistakes in `{}` are not shown", source.name);
        let rest = Diagnostic::error("yaml-many", message);
        found.push(Diagnostic { severity, ..rest });
    }
    diagnostics.extend(found);
    Some(documents)
}

/// Characters YAML allows nowhere: said once, and read as blanks.
fn blank_control_characters(source: &Arc<Source>, patched: &mut Patched, diagnostics: &mut Diagnostics) {
    let forbidden = |c: &char| {
        matches!(c, '\0'..='\x08' | '\x0b' | '\x0c' | '\x0e'..='\x1f' | '\x7f')
            || matches!(c, '\u{80}'..='\u{84}' | '\u{86}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}')
    };
    let found: Vec<(usize, char)> = patched.text.char_indices().filter(|(_, c)| forbidden(c)).collect();
    let Some((first, c)) = found.first().copied() else { return };
    let start = patched.original(first) as u32;
    let span = Span::new(source, start, start + c.len_utf8() as u32);
    let message = format!("control characters are not allowed: U+{:04X}", c as u32);
    let label = match found.len() {
        1 => "this one".into(),
        many => format!("this one, the first of {many}"),
    };
    let problem = Diagnostic::error("yaml-character", message)
        .at(&span, label)
        .hint("write it as an escape in double quotes, e.g. \"\\x1b\"");
    diagnostics.push(problem);
    let blank =
        |(at, c): (usize, char)| Patch { range: at..at + c.len_utf8(), text: " ".repeat(c.len_utf8()) };
    patched.apply_all(&found.into_iter().map(blank).collect::<Vec<_>>());
}

/// JSON writes characters beyond the first plane as two escapes, which YAML does not know.
fn join_surrogates(patched: &mut Patched) {
    let mut patches = Vec::new();
    for (at, _) in patched.text.match_indices("\\u") {
        let unit = |from: usize| {
            let digits = patched.text.get(from..from + 6)?.strip_prefix("\\u")?;
            u16::from_str_radix(digits, 16).ok()
        };
        let Some(units) = unit(at).zip(unit(at + 6)) else { continue };
        if let (0xd800..0xdc00, Some(Ok(c))) = (units.0, char::decode_utf16([units.0, units.1]).next()) {
            patches.push(Patch { range: at..at + 12, text: format!("\\U{:08x}", c as u32) });
        }
    }
    patched.apply_all(&patches);
}

/// The document of a text that may have one only; `None` when there is none.
pub(crate) fn read_one(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> Option<Node> {
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
