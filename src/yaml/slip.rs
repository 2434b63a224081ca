//! The slips people make in YAML: how to know them, how to say them, how to read on.

use crate::diagnostic::{Diagnostic, Span};

/// `msg: {{ x }}`: the value must be quoted.
pub(super) fn unquoted_template(span: &Span, text: &str) -> Diagnostic {
    Diagnostic::error("unquoted-template", "a value that begins with a template must be quoted")
        .at(span, "YAML takes `{` for the beginning of a mapping")
        .hint(format!("write {}", quoted(text)))
}

/// A text in quotes of the kind it does not contain itself.
pub(super) fn quoted(text: &str) -> String {
    if !text.contains('"') && !text.contains('\\') {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}
