//! Methods of strings.

use super::super::super::truth::iterate;
use super::super::super::{Args, TemplateError, Value};
use super::super::Outcome;
use super::{strformat, transform};

/// Their names.
pub(super) const NAMES: &[&str] = &[
    "capitalize",
    "casefold",
    "center",
    "count",
    "encode",
    "endswith",
    "expandtabs",
    "find",
    "format",
    "format_map",
    "index",
    "isalnum",
    "isalpha",
    "isascii",
    "isdecimal",
    "isdigit",
    "isidentifier",
    "islower",
    "isnumeric",
    "isprintable",
    "isspace",
    "istitle",
    "isupper",
    "join",
    "ljust",
    "lower",
    "lstrip",
    "partition",
    "removeprefix",
    "removesuffix",
    "replace",
    "rfind",
    "rindex",
    "rjust",
    "rpartition",
    "rsplit",
    "rstrip",
    "split",
    "splitlines",
    "startswith",
    "strip",
    "swapcase",
    "title",
    "translate",
    "maketrans",
    "upper",
    "zfill",
];

/// Calls a method.
pub(super) fn call(text: &str, name: &str, args: Args) -> Outcome {
    Ok(match name {
        "upper" => Value::from(text.to_uppercase()),
        "lower" | "casefold" => Value::from(text.to_lowercase()),
        "capitalize" => Value::from(capitalize(text)),
        "title" => Value::from(title(text)),
        "swapcase" => Value::from(transform::swapcase(text)),
        "strip" | "lstrip" | "rstrip" => strip(text, name, args)?,
        "split" | "rsplit" => split(text, name, args)?,
        "splitlines" => {
            let keep = args.bind(name, &["keepends"])?.truth(0, false);
            Value::list(split_lines(text, keep).into_iter().map(Value::from))
        }
        "partition" | "rpartition" => partition(text, name, args)?,
        "join" => {
            let items = iterate(args.bind(name, &["iterable"])?.required(0)?)?;
            let parts = items.iter().enumerate().map(|(at, item)| match item {
                Value::Str(s) => Ok(&**s),
                other => Err(TemplateError::failed(format!(
                    "sequence item {at}: expected str instance, {} found",
                    other.type_name()
                ))),
            });
            Value::from(parts.collect::<Result<Vec<_>, _>>()?.join(text))
        }
        "replace" => {
            let args = args.bind(name, &["old", "new", "count"])?;
            let (old, new) = (args.required_text(0)?, args.required_text(1)?);
            Value::from(replace(text, &old, &new, args.int(2, -1)?))
        }
        "startswith" | "endswith" => affixed(text, name, args)?,
        "removeprefix" => Value::from(text.strip_prefix(&*affix(name, args)?).unwrap_or(text)),
        "removesuffix" => Value::from(text.strip_suffix(&*affix(name, args)?).unwrap_or(text)),
        "find" | "rfind" | "index" | "rindex" | "count" => search(text, name, args)?,
        "format" => Value::from(strformat::format(text, &args)?),
        "format_map" => {
            let map = args.bind(name, &["mapping"])?.required(0)?.clone();
            let named = map.as_map().into_iter().flatten().map(|(k, v)| (k.to_text().into(), v.clone()));
            Value::from(strformat::format(text, &Args { positional: Vec::new(), named: named.collect() })?)
        }
        "encode" => Value::Bytes(text.as_bytes().into()),
        "center" | "ljust" | "rjust" | "zfill" | "expandtabs" => transform::aligned(text, name, args)?,
        "translate" => transform::translate(text, args)?,
        "maketrans" => transform::maketrans(args)?,
        _ => Value::Bool(transform::is(text, name)),
    })
}

/// The first letter large, the rest small.
pub(crate) fn capitalize(text: &str) -> String {
    let mut chars = text.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars.as_str().to_lowercase().chars()).collect(),
        None => String::new(),
    }
}

/// Every word's first letter large.
pub(crate) fn title(text: &str) -> String {
    let mut inside = false;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match (c.is_alphabetic(), inside) {
            (true, true) => out.extend(c.to_lowercase()),
            (true, false) => out.extend(c.to_uppercase()),
            (false, _) => out.push(c),
        }
        inside = c.is_alphabetic();
    }
    out
}

/// Lines as Python splits them.
pub(crate) fn split_lines(text: &str, keep: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let is_end = |c: char| {
            matches!(
                c,
                '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
            )
        };
        let end = rest.find(is_end).unwrap_or(rest.len());
        let width = match &rest[end..] {
            after if after.starts_with("\r\n") => 2,
            after => after.chars().next().map_or(0, char::len_utf8),
        };
        lines.push(rest[..if keep { end + width } else { end }].to_owned());
        rest = &rest[end + width..];
    }
    lines
}

fn strip(text: &str, name: &str, args: Args) -> Outcome {
    let args = args.bind(name, &["chars"])?;
    let set: Option<Vec<char>> = args.some(0).map(|c| c.to_text().chars().collect());
    let gone = |c: char| set.as_ref().map_or(c.is_whitespace(), |set| set.contains(&c));
    Ok(Value::from(match name {
        "strip" => text.trim_matches(gone),
        "lstrip" => text.trim_start_matches(gone),
        _ => text.trim_end_matches(gone),
    }))
}

fn split(text: &str, name: &str, args: Args) -> Outcome {
    let args = args.bind(name, &["sep", "maxsplit"])?;
    let most = args.int(1, -1)?;
    let limit = usize::try_from(most).ok();
    let from_end = name == "rsplit";
    let parts: Vec<&str> = match args.some(0) {
        Some(separator) => {
            let separator = separator.to_text();
            if separator.is_empty() {
                return Err(TemplateError::failed("empty separator"));
            }
            let mut parts: Vec<&str> = match (limit, from_end) {
                (None, _) => text.split(&*separator).collect(),
                (Some(n), false) => text.splitn(n + 1, &*separator).collect(),
                (Some(n), true) => text.rsplitn(n + 1, &*separator).collect(),
            };
            if from_end && limit.is_some() {
                parts.reverse();
            }
            parts
        }
        None if from_end => words_from_end(text, limit),
        None => words(text, limit),
    };
    Ok(Value::list(parts.into_iter().map(Value::from)))
}

fn words(text: &str, limit: Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        if limit == Some(parts.len()) {
            parts.push(rest.trim_end());
            break;
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        parts.push(&rest[..end]);
        rest = rest[end..].trim_start();
    }
    parts
}

fn words_from_end(text: &str, limit: Option<usize>) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = text.trim_end();
    while !rest.is_empty() {
        if limit == Some(parts.len()) {
            parts.push(rest.trim_start());
            break;
        }
        let start = rest
            .rfind(char::is_whitespace)
            .map_or(0, |at| at + rest[at..].chars().next().map_or(1, char::len_utf8));
        parts.push(&rest[start..]);
        rest = rest[..start].trim_end();
    }
    parts.reverse();
    parts
}

fn partition(text: &str, name: &str, args: Args) -> Outcome {
    let separator = args.bind(name, &["sep"])?.required_text(0)?;
    if separator.is_empty() {
        return Err(TemplateError::failed("empty separator"));
    }
    let parts = match name {
        "partition" => text.split_once(&*separator).map(|(a, b)| [a, &separator, b]),
        _ => text.rsplit_once(&*separator).map(|(a, b)| [a, &separator, b]),
    };
    let parts = parts.unwrap_or(if name == "partition" { [text, "", ""] } else { ["", "", text] });
    Ok(Value::tuple(parts.map(Value::from)))
}

/// Replaces `old`, at most `count` times when that is not negative.
pub(super) fn replace(text: &str, old: &str, new: &str, count: i128) -> String {
    match usize::try_from(count) {
        Ok(count) => text.replacen(old, new, count),
        Err(_) => text.replace(old, new),
    }
}

fn affix(name: &str, args: Args) -> Result<String, TemplateError> {
    args.bind(name, &["affix"])?.required_text(0)
}

fn affixed(text: &str, name: &str, args: Args) -> Outcome {
    let args = args.bind(name, &["affix", "start", "end"])?;
    let text = within(text, args.int(1, 0)?, args.get(2).and_then(Value::as_int)).1;
    let candidates = match args.required(0)? {
        Value::Tuple(t) => t.items.iter().map(Value::to_text).collect(),
        Value::Str(s) => vec![s.to_string()],
        other => {
            return Err(TemplateError::failed(format!(
                "{name} first arg must be str or a tuple of str, not {}",
                other.type_name()
            )));
        }
    };
    let matches =
        |c: &String| if name == "startswith" { text.starts_with(&**c) } else { text.ends_with(&**c) };
    Ok(Value::Bool(candidates.iter().any(matches)))
}

/// The part between two indices in characters, and the first index.
fn within(text: &str, start: i128, end: Option<i128>) -> (usize, &str) {
    let length = text.chars().count() as i128;
    let clamp = |at: i128| (if at < 0 { at + length } else { at }).clamp(0, length) as usize;
    let (start, end) = (clamp(start), clamp(end.unwrap_or(length)));
    let byte = |at: usize| text.char_indices().nth(at).map_or(text.len(), |(b, _)| b);
    (start, if start < end { &text[byte(start)..byte(end)] } else { "" })
}

fn search(text: &str, name: &str, args: Args) -> Outcome {
    let args = args.bind(name, &["sub", "start", "end"])?;
    let wanted = args.required_text(0)?;
    let (offset, part) = within(text, args.int(1, 0)?, args.get(2).and_then(Value::as_int));
    if name == "count" {
        let count = if wanted.is_empty() { part.chars().count() + 1 } else { part.matches(&*wanted).count() };
        return Ok(Value::Int(count as i128));
    }
    let found = if name.starts_with('r') { part.rfind(&*wanted) } else { part.find(&*wanted) };
    match found {
        Some(at) => Ok(Value::Int((part[..at].chars().count() + offset) as i128)),
        None if name.ends_with("find") => Ok(Value::Int(-1)),
        None => Err(TemplateError::failed("substring not found")),
    }
}
