//! The slips people make within a line of YAML: how to know them, how to say them, and
//! how to mend the text so that reading can go on.

use std::ops::Range;

use super::lines::{Line, Lines};
use super::patched::Patch;
use crate::diagnostic::{Diagnostic, Span};

/// A mistake that may be behind an error, in offsets of the text that was read.
pub(super) struct Slip {
    pub(super) slug: &'static str,
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) label: String,
    pub(super) hint: String,
    pub(super) patches: Vec<Patch>,
}

/// `msg: {{ x }}`: the value must be quoted.
pub(super) fn unquoted_template(span: &Span, text: &str) -> Diagnostic {
    Diagnostic::error("unquoted-template", TEMPLATE)
        .at(span, TEMPLATE_LABEL)
        .hint(format!("write {}", quoted(text)))
}

const TEMPLATE: &str = "a value that begins with a template must be quoted";
const TEMPLATE_LABEL: &str = "YAML takes `{` for the beginning of a mapping";

/// All slips a line may have, the most telling first.
pub(super) fn slips(lines: &Lines, line: &Line) -> Vec<Slip> {
    if line.idle {
        return Vec::new();
    }
    let kinds: [fn(&Lines, &Line) -> Option<Slip>; 10] = [
        missing_blank,
        missing_blank_after_dash,
        template,
        forbidden_start,
        list_in_line,
        text_after_quote,
        colon_in_value,
        unclosed_quote,
        unclosed_bracket,
        text_in_block_head,
    ];
    kinds.iter().filter_map(|kind| kind(lines, line)).collect()
}

/// `context:.`
fn missing_blank(lines: &Lines, line: &Line) -> Option<Slip> {
    if line.key.is_some() {
        return None;
    }
    let text = lines.slice(&(line.content..line.value.end));
    let colon = text.find(':')?;
    let (name, value) = (&text[..colon], &text[colon + 1..]);
    let is_name =
        !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'));
    if !is_name || value.is_empty() || value.starts_with("//") {
        return None;
    }
    let at = line.content + colon + 1;
    Some(Slip {
        slug: "yaml-syntax",
        at: line.content..line.value.end,
        message: format!("`{text}` lacks a blank after the colon"),
        label: "read as one word, not as key and value".into(),
        hint: format!("write `{name}: {value}`"),
        patches: vec![Patch { range: at..at, text: " ".into() }],
    })
}

/// `-name: x`
fn missing_blank_after_dash(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&(line.content..line.end));
    let rest = text.strip_prefix('-')?;
    if !rest.starts_with(|c: char| c.is_alphanumeric() || matches!(c, '_' | '"' | '\'')) {
        return None;
    }
    let at = line.content + 1;
    Some(Slip {
        slug: "yaml-syntax",
        at: line.content..at,
        message: "a blank is missing after the dash of a list item".into(),
        label: "read as part of the word".into(),
        hint: format!("write `- {}`", rest.trim_end()),
        patches: vec![Patch { range: at..at, text: " ".into() }],
    })
}

/// `path: {{ x }}/y`, `msg: {% if x %}…`
fn template(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    if !text.starts_with("{{") && !text.starts_with("{%") {
        return None;
    }
    let slip = quote(lines, line, TEMPLATE, TEMPLATE_LABEL);
    Some(Slip { slug: "unquoted-template", ..slip })
}

/// `user: @admin`, `hosts: *`
fn forbidden_start(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let first = text.chars().next()?;
    let anchor = matches!(first, '*' | '&') && !text[1..].starts_with(|c: char| c.is_alphanumeric());
    if !matches!(first, '@' | '`' | '%') && !anchor {
        let path = matches!(first, '*' | '&') && text[1..].contains(|c: char| !c.is_alphanumeric());
        if !path || text[1..].contains(' ') {
            return None;
        }
    }
    let shown = if first == '`' { "a backtick".into() } else { format!("`{first}`") };
    let message = format!("a value that begins with {shown} must be quoted");
    Some(quote(lines, line, &message, &format!("{shown} has a meaning of its own in YAML")))
}

/// `packages: - git`
fn list_in_line(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let item = text.strip_prefix("- ")?;
    line.key.as_ref()?;
    let slip = quote(lines, line, "a list cannot begin on the line of its key", "begins a list item");
    Some(Slip { hint: format!("put `- {item}` on a line of its own, or write `[{item}]`"), ..slip })
}

/// `when: "x" in y`, `msg: 'it's'`
fn text_after_quote(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let close = closing(text)?;
    let rest = text[close..].trim_start();
    if rest.is_empty() || rest.starts_with('#') {
        return None;
    }
    let at = line.value.start + close..line.value.end;
    let quote_mark = &text[..1];
    let inner = text[1..].strip_suffix(quote_mark).filter(|_| text.len() > 2);
    let message = "text stands behind a quoted value";
    let label = format!("the value ended with the `{quote_mark}` before this");
    let (replacement, hint) = match inner {
        Some(inner) => {
            let replacement = if quote_mark == "'" {
                format!("'{}'", inner.replace("''", "'").replace('\'', "''"))
            } else {
                format!("'{}'", inner.replace("\\\"", "\"").replace('\'', "''"))
            };
            let hint = format!("if all of it is the value, write {replacement}");
            (replacement, hint)
        }
        None => (quoted(text), format!("if all of it is the value, write {}", quoted(text))),
    };
    let patches = vec![Patch { range: line.value.clone(), text: replacement }];
    Some(Slip { slug: "yaml-syntax", at, message: message.into(), label, hint, patches })
}

/// `msg: note: this`
fn colon_in_value(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    line.key.as_ref()?;
    if text.starts_with(['"', '\'', '{', '[', '|', '>', '&', '*', '!']) {
        return None;
    }
    let colon = text.find(": ").or_else(|| text.ends_with(':').then(|| text.len() - 1))?;
    let at = line.value.start + colon;
    let slip = quote(lines, line, "a value with a colon and a blank in it must be quoted", "this colon");
    Some(Slip { at: at..at + 1, ..slip })
}

/// `msg: "hello`
fn unclosed_quote(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let mark = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    if closing(text).is_some() {
        return None;
    }
    let end = line.value.end;
    Some(Slip {
        slug: "yaml-syntax",
        at: line.value.start..line.value.start + 1,
        message: format!("the quote `{mark}` is never closed"),
        label: "opened here".into(),
        hint: format!("end the value with `{mark}`"),
        patches: vec![Patch { range: end..end, text: mark.into() }],
    })
}

/// `ports: [80, 443`
fn unclosed_bracket(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let mut open: Vec<(usize, char)> = Vec::new();
    if !text.starts_with(['[', '{']) {
        return None;
    }
    for (at, c) in text.char_indices() {
        match c {
            '[' => open.push((at, ']')),
            '{' => open.push((at, '}')),
            ']' | '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    let (at, close) = *open.last()?;
    let closes: String = open.iter().rev().map(|(_, c)| *c).collect();
    let (start, end) = (line.value.start + at, line.value.end);
    Some(Slip {
        slug: "yaml-syntax",
        at: start..start + 1,
        message: format!("the bracket `{}` is never closed", &text[at..at + 1]),
        label: "opened here".into(),
        hint: format!("close it with `{close}`"),
        patches: vec![Patch { range: end..end, text: closes }],
    })
}

/// `text: >hello`
fn text_in_block_head(lines: &Lines, line: &Line) -> Option<Slip> {
    let text = lines.slice(&line.value);
    let mark = text.chars().next().filter(|c| matches!(c, '|' | '>'))?;
    let head =
        text.len() - text[1..].trim_start_matches(|c: char| c.is_ascii_digit() || "+- ".contains(c)).len();
    if head == text.len() {
        return None;
    }
    let at = line.value.start + head;
    let newline = format!("\n{}", " ".repeat(line.content_column() + 2));
    Some(Slip {
        slug: "yaml-syntax",
        at: at..line.value.end,
        message: format!("the text of a block must begin on the line below `{mark}`"),
        label: "text behind the indicator".into(),
        hint: "put it on a line of its own, indented; or quote the whole value".into(),
        patches: vec![Patch { range: at..at, text: newline }],
    })
}

/// `apt` alone on a line, where a key must stand.
pub(super) fn missing_colon(lines: &Lines, line: &Line) -> Option<Slip> {
    if line.key.is_some() || line.value.is_empty() {
        return None;
    }
    let text = lines.slice(&line.value);
    let (word, rest) = text.split_once(' ').unwrap_or((text, ""));
    if !word.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.')) {
        return None;
    }
    let at = line.value.start + word.len();
    let hint = if rest.is_empty() { format!("write `{word}:`") } else { format!("write `{word}: {rest}`") };
    Some(Slip {
        slug: "yaml-syntax",
        at: line.value.start..at,
        message: format!("`{word}` lacks the colon of a key"),
        label: "a key must stand here".into(),
        hint,
        patches: vec![Patch { range: at..at, text: ":".into() }],
    })
}

/// A slip that quoting the whole value mends.
fn quote(lines: &Lines, line: &Line, message: &str, label: &str) -> Slip {
    let text = lines.slice(&line.value);
    let hint = match &line.key {
        Some(key) => format!("write `{}: {}`", lines.slice(key), quoted(text)),
        None => format!("write {}", quoted(text)),
    };
    Slip {
        slug: "yaml-syntax",
        at: line.value.clone(),
        message: message.into(),
        label: label.into(),
        hint,
        patches: vec![Patch { range: line.value.clone(), text: quoted(text) }],
    }
}

/// Where the quoted text that begins `text` ends, if it does.
fn closing(text: &str) -> Option<usize> {
    let mark = text.chars().next().filter(|c| matches!(c, '"' | '\''))?;
    let mut rest = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = rest.next() {
        if c == '\\' && mark == '"' {
            rest.next();
        } else if c == mark {
            if mark == '\'' && rest.peek().is_some_and(|(_, next)| *next == '\'') {
                rest.next();
                continue;
            }
            return Some(at + 1);
        }
    }
    None
}

/// A text in quotes of the kind it does not contain itself.
pub(super) fn quoted(text: &str) -> String {
    if !text.contains('"') && !text.contains('\\') {
        return format!("\"{text}\"");
    }
    format!("'{}'", text.replace('\'', "''"))
}
