//! Methods of strings that align, translate or classify.

use super::super::super::{Args, TemplateError, Value};
use super::super::Outcome;

/// Large letters small and small ones large.
pub(super) fn swapcase(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_uppercase() {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
    }
    out
}

/// `center`, `ljust`, `rjust`, `zfill`, `expandtabs`.
pub(super) fn aligned(text: &str, name: &str, args: Args) -> Outcome {
    if name == "expandtabs" {
        let size = args.bind(name, &["tabsize"])?.size(0, 8)?;
        return Ok(Value::from(expand_tabs(text, size)));
    }
    let args = args.bind(name, &["width", "fillchar"])?;
    args.required(0)?;
    let width = args.size(0, 0)?;
    let length = text.chars().count();
    let missing = width.saturating_sub(length);
    let fill = args.text(1, " ");
    if name == "zfill" {
        let signs = usize::from(text.starts_with(['+', '-']));
        return Ok(Value::from(format!("{}{}{}", &text[..signs], "0".repeat(missing), &text[signs..])));
    }
    if fill.chars().count() != 1 {
        return Err(TemplateError::failed("the fill character must be exactly one character long"));
    }
    // As Python centres: the odd blank goes left when the width is odd.
    let left = match name {
        "center" => missing / 2 + (missing & width & 1),
        "rjust" => missing,
        _ => 0,
    };
    Ok(Value::from(format!("{}{text}{}", fill.repeat(left), fill.repeat(missing - left))))
}

fn expand_tabs(text: &str, size: usize) -> String {
    let (mut out, mut column) = (String::with_capacity(text.len()), 0);
    for c in text.chars() {
        match c {
            '\t' if size == 0 => {}
            '\t' => {
                let blanks = size - column % size;
                out.push_str(&" ".repeat(blanks));
                column += blanks;
            }
            _ => {
                out.push(c);
                column = if matches!(c, '\n' | '\r') { 0 } else { column + 1 };
            }
        }
    }
    out
}

/// Replaces characters by a table of `maketrans`.
pub(super) fn translate(text: &str, args: Args) -> Outcome {
    let table = args.bind("translate", &["table"])?.required(0)?.clone();
    let table = table.as_map().ok_or_else(|| TemplateError::failed("translate needs a mapping"))?;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match table.get(&Value::Int((c as u32).into())) {
            None => out.push(c),
            Some(Value::None) => {}
            Some(Value::Int(code)) => out.extend(u32::try_from(*code).ok().and_then(char::from_u32)),
            Some(other) => out.push_str(&other.to_text()),
        }
    }
    Ok(Value::from(out))
}

/// A table for `translate`.
pub(super) fn maketrans(args: Args) -> Outcome {
    let args = args.bind("maketrans", &["x", "y", "z"])?;
    let code = |c: char| Value::Int((c as u32).into());
    if let (Value::Map(map), None) = (args.required(0)?, args.get(1)) {
        let entries = map.entries.iter().map(|(k, v)| match k.as_str().and_then(|s| s.chars().next()) {
            Some(c) => (code(c), v.clone()),
            None => (k.clone(), v.clone()),
        });
        return Ok(Value::map(entries));
    }
    let (from, to) = (args.required_text(0)?, args.required_text(1)?);
    if from.chars().count() != to.chars().count() {
        return Err(TemplateError::failed("the first two arguments of maketrans must have equal length"));
    }
    let pairs = from.chars().map(code).zip(to.chars().map(code));
    let gone = args.text(2, "");
    Ok(Value::map(pairs.chain(gone.chars().map(|c| (code(c), Value::None))).collect::<Vec<_>>()))
}

/// The methods that answer yes or no about all characters.
pub(super) fn is(text: &str, name: &str) -> bool {
    let all = |test: fn(char) -> bool| !text.is_empty() && text.chars().all(test);
    let cased = || text.chars().any(|c| c.is_lowercase() || c.is_uppercase());
    match name {
        "isalnum" => all(char::is_alphanumeric),
        "isalpha" => all(char::is_alphabetic),
        "isascii" => text.is_ascii(),
        "isdecimal" | "isdigit" => {
            all(|c| c.is_numeric() && c.is_ascii_digit() || (!c.is_ascii() && c.is_numeric()))
        }
        "isnumeric" => all(char::is_numeric),
        "isspace" => all(char::is_whitespace),
        "islower" => cased() && !text.chars().any(char::is_uppercase),
        "isupper" => cased() && !text.chars().any(char::is_lowercase),
        "isprintable" => !text.chars().any(char::is_control),
        "isidentifier" => {
            let mut chars = text.chars();
            chars.next().is_some_and(|c| c == '_' || c.is_alphabetic())
                && chars.all(|c| c == '_' || c.is_alphanumeric())
        }
        "istitle" => cased() && text == super::title(text),
        _ => false,
    }
}
