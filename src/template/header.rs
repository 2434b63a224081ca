//! The first line of a template file that says how to read the rest: `#jinja2: trim_blocks: False`.

use super::{ErrorKind, Syntax, TemplateError};

const MARK: &str = "#jinja2:";

/// Applies the header to `syntax`; gives the offset at which the template itself begins.
pub(super) fn apply(text: &str, syntax: &mut Syntax) -> Result<usize, TemplateError> {
    let Some(rest) = text.strip_prefix(MARK) else { return Ok(0) };
    let (line, begin) = match rest.find('\n') {
        Some(end) => (&rest[..end], MARK.len() + end + 1),
        None => (rest, text.len()),
    };
    for pair in pairs(line) {
        let (key, value) = pair.split_once(':').ok_or_else(|| broken(&pair))?;
        set(syntax, key.trim(), value.trim()).ok_or_else(|| broken(&pair))?;
    }
    Ok(begin)
}

fn broken(pair: &str) -> TemplateError {
    TemplateError::new(
        ErrorKind::Syntax,
        format!("broken setting in the template's `{MARK}` line: `{}`", pair.trim()),
    )
    .words(match pair.contains(':') {
        true => format!("Malformed {MARK:?} override pair '{}'.", pair.trim()),
        false => format!("Missing key-value separator `:` in {MARK:?} override pair '{}'.", pair.trim()),
    })
}

/// The settings of the line, split at commas outside quotes.
fn pairs(line: &str) -> Vec<String> {
    let mut pairs = vec![String::new()];
    let mut quote = None;
    for c in line.trim().chars() {
        match (c, quote) {
            (',', None) => pairs.push(String::new()),
            (c, None) if c == '"' || c == '\'' => {
                quote = Some(c);
                push(&mut pairs, c);
            }
            (c, open) => {
                if open == Some(c) {
                    quote = None;
                }
                push(&mut pairs, c);
            }
        }
    }
    pairs.retain(|p| !p.trim().is_empty());
    pairs
}

fn push(pairs: &mut [String], c: char) {
    if let Some(last) = pairs.last_mut() {
        last.push(c);
    }
}

fn set(syntax: &mut Syntax, key: &str, value: &str) -> Option<()> {
    let flag = || match value {
        "True" | "true" | "yes" => Some(true),
        "False" | "false" | "no" => Some(false),
        _ => None,
    };
    let text = || {
        let inner = value.strip_prefix(['\'', '"'])?.strip_suffix(['\'', '"'])?;
        Some(inner.to_owned())
    };
    match key {
        "trim_blocks" => syntax.trim_blocks = flag()?,
        "lstrip_blocks" => syntax.lstrip_blocks = flag()?,
        "keep_trailing_newline" => syntax.keep_trailing_newline = flag()?,
        "variable_start_string" => syntax.variable.0 = text()?,
        "variable_end_string" => syntax.variable.1 = text()?,
        "block_start_string" => syntax.block.0 = text()?,
        "block_end_string" => syntax.block.1 = text()?,
        "comment_start_string" => syntax.comment.0 = text()?,
        "comment_end_string" => syntax.comment.1 = text()?,
        "line_statement_prefix" => syntax.line_statement_prefix = Some(text()?),
        "line_comment_prefix" => syntax.line_comment_prefix = Some(text()?),
        // Known to Jinja2, without meaning here.
        "newline_sequence" | "autoescape" | "optimized" | "auto_reload" => {}
        _ => return None,
    }
    Some(())
}
