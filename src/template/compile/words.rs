//! The parser's errors in the users' words, with how to mend the usual slips.

use minijinja::machinery::{Token, Tokenizer};
use minijinja::syntax::SyntaxConfig;

use super::super::tree::At;
use super::Broken;
use super::mend::Mended;
use crate::diagnostic::nearest;

/// The statements of the language.
const STATEMENTS: &[&str] = &[
    "for",
    "if",
    "elif",
    "else",
    "with",
    "set",
    "autoescape",
    "filter",
    "block",
    "extends",
    "include",
    "import",
    "from",
    "macro",
    "call",
    "continue",
    "break",
    "do",
    "raw",
    "endif",
    "endfor",
    "endset",
    "endmacro",
    "endblock",
    "endcall",
    "endfilter",
    "endwith",
    "endautoescape",
    "endraw",
];

/// Statements with an end of their own.
const OPENING: &[&str] = &["for", "if", "with", "autoescape", "filter", "block", "macro", "call"];

/// Explains an error of the parser; `config` is that of the template, `None` for a bare expression.
pub(super) fn explain(error: &minijinja::Error, mended: &Mended, config: Option<&SyntaxConfig>) -> Broken {
    let text = mended.text.as_str();
    let at = match error.range() {
        Some(range) => At { start: range.start as u32, end: range.end.min(text.len()) as u32 },
        None => At { start: text.len() as u32, end: text.len() as u32 },
    };
    let detail = match error.kind() {
        minijinja::ErrorKind::SyntaxError => error.detail().unwrap_or("syntax error").to_owned(),
        minijinja::ErrorKind::BadEscape => "bad escape in a string".to_owned(),
        kind => kind.to_string(),
    };
    let mut broken = match config {
        Some(config) => statements(&detail, text, config, at),
        None => None,
    }
    .unwrap_or_else(|| expression(&detail, text, at));
    broken.at = mended.original(broken.at);
    broken
}

/// Mistakes in how statements open and close.
fn statements(detail: &str, text: &str, config: &SyntaxConfig, at: At) -> Option<Broken> {
    let open = |until: u32| open_blocks(text, config, until);
    if let Some(name) = detail.strip_prefix("unknown statement ") {
        let message = match open(at.start).last() {
            Some((opener, _)) if name.starts_with("end") => format!("expected `end{opener}`, found `{name}`"),
            _ if name.starts_with("end") || matches!(name, "else" | "elif") => {
                format!("`{name}` without what it belongs to")
            }
            _ => format!("unknown statement `{name}`"),
        };
        let hint = nearest(name, STATEMENTS.iter().copied()).filter(|n| *n != name);
        return Some(Broken { message, at, hint: hint.map(|near| format!("did you mean `{near}`?")) });
    }
    let delimiters = config.block_delimiters();
    if detail == "unexpected end of input, expected end of block" {
        let (opener, place) = open(u32::MAX).pop()?;
        let message = format!("`{opener}` is never closed");
        let hint = format!("close it with `{} end{opener} {}`", delimiters.0, delimiters.1);
        return Some(Broken { message, at: place, hint: Some(hint) });
    }
    if detail.ends_with("expected end of variable block") && detail.starts_with("unexpected end of input") {
        let close = config.variable_delimiters().1;
        return Some(Broken { message: format!("`{close}` is missing"), at, hint: None });
    }
    None
}

/// The blocks open before an offset, and where their keywords stand.
fn open_blocks(text: &str, config: &SyntaxConfig, until: u32) -> Vec<(String, At)> {
    let mut tokens = Tokenizer::new(text, "template", false, config.clone());
    let mut open: Vec<(String, At)> = Vec::new();
    let mut statement = false;
    let mut set: Option<(At, bool)> = None;
    while let Ok(Some((token, span))) = tokens.next_token() {
        if span.start_offset >= until {
            break;
        }
        let at = At { start: span.start_offset, end: span.end_offset };
        match &token {
            Token::Ident(word) if statement => {
                if OPENING.contains(word) {
                    open.push(((*word).to_owned(), at));
                } else if let Some(opener) = word.strip_prefix("end") {
                    if open.last().is_some_and(|(o, _)| o == opener) {
                        open.pop();
                    }
                } else if *word == "set" {
                    set = Some((at, false));
                }
            }
            Token::Assign => set = set.map(|(at, _)| (at, true)),
            // `set` without a value is a block.
            Token::BlockEnd => {
                if let Some((at, false)) = set.take() {
                    open.push(("set".to_owned(), at));
                }
            }
            _ => {}
        }
        statement = matches!(token, Token::BlockStart);
    }
    open
}

/// Mistakes within expressions.
fn expression(detail: &str, text: &str, at: At) -> Broken {
    let found = text.get(at.start as usize..at.end as usize).unwrap_or("");
    let rest = text.get(at.start as usize..).unwrap_or("");
    let message = match detail {
        "unexpected end of string" => "the string is not closed".to_owned(),
        "unexpected end of comment" => "the comment is not closed".to_owned(),
        "unexpected end of raw block" => "`raw` is never closed".to_owned(),
        "unexpected input after expression" if !found.is_empty() => {
            format!("unexpected `{found}` after the expression")
        }
        "unexpected character" => format!("unexpected `{}`", rest.chars().next().unwrap_or(' ')),
        other => words(other, found),
    };
    Broken { message, at, hint: hint(detail, rest, text.get(..at.start as usize).unwrap_or("")) }
}

/// The parser's names of things as they are written.
fn words(detail: &str, found: &str) -> String {
    let detail = detail
        .replace("end of variable block", "`}}`")
        .replace("end of block", "`%}`")
        .replace("unexpected end of input", "unexpected end")
        .replace("assignment operator", "`=`");
    let named = ["identifier", "string", "integer", "float"].into_iter().find_map(|kind| {
        detail.strip_prefix("unexpected ").and_then(|d| d.strip_prefix(kind)).filter(|_| !found.is_empty())
    });
    match named {
        Some(rest) => format!("unexpected `{found}`{rest}"),
        None => detail,
    }
}

/// How the usual slips are mended.
fn hint(detail: &str, rest: &str, before: &str) -> Option<String> {
    let hint = match rest {
        r if r.starts_with('&') => "write `and`",
        r if r.starts_with('!') => "write `not`",
        r if r.starts_with('?') => "write `… if … else …`",
        r if r.starts_with('$') => "names stand without `$`",
        r if r.starts_with(';') => "statements are not parted by `;`",
        r if r.starts_with('|') && before.trim_end().ends_with('|') => "write `or`",
        r if r.starts_with('=') && !r.starts_with("==") && detail.starts_with("unexpected ") => {
            "write `==` to compare"
        }
        r if r.starts_with("if") && before.trim_end().ends_with("else") => "write `elif`",
        _ => return None,
    };
    Some(hint.to_owned())
}
