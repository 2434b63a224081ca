//! Tags: what `!vault`, `!unsafe`, `!!int` and the like make of what follows them.

use std::sync::LazyLock;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use baton_modules::yaml::{Scalar, boolean, float, int, resolve};

use regex::Regex;

use super::{Mapping, Node, Yaml};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};

pub(super) const UNSAFE: &str = "!unsafe";
pub(super) const MERGE: &str = "tag:yaml.org,2002:merge";
const VAULT: [&str; 2] = ["!vault", "!vault-encrypted"];
const CORE: &str = "tag:yaml.org,2002:";
const KNOWN: [&str; 16] = [
    "!vault",
    "!vault-encrypted",
    "!unsafe",
    "!!str",
    "!!int",
    "!!float",
    "!!bool",
    "!!null",
    "!!binary",
    "!!timestamp",
    "!!seq",
    "!!map",
    "!!set",
    "!!omap",
    "!!pairs",
    "!!merge",
];

/// A scalar as it was written.
pub(super) struct Written<'a> {
    pub(super) tag: Option<&'a str>,
    pub(super) text: &'a str,
    /// Whether its text decides what it is.
    pub(super) implicit: bool,
    /// Whether it stands without quotes.
    pub(super) plain: bool,
    pub(super) json: bool,
    pub(super) within_unsafe: bool,
}

/// The value of a scalar.
pub(super) fn scalar(written: &Written, span: &Span, diagnostics: &mut Diagnostics) -> Yaml {
    let Written { text, .. } = *written;
    let value = match written.tag {
        None | Some("!" | "" | UNSAFE) => Some(untagged(written)),
        Some(tag) if VAULT.contains(&tag) => Some(Yaml::Vault(text.into())),
        Some(tag) => match tag.strip_prefix(CORE) {
            Some("str") => Some(string(written)),
            Some("timestamp") => is_time(text).then(|| Yaml::Time(text.into())),
            Some("null") => Some(Yaml::Null),
            Some("int") => int(text).map(Yaml::Int),
            Some("float") => float(text).map(Yaml::Float),
            Some("bool") => boolean(text).map(Yaml::Bool),
            Some("binary") => return binary(written, span, diagnostics),
            Some("seq" | "omap" | "pairs") => return mismatch(tag, "a list", span, diagnostics),
            Some("map" | "set") => return mismatch(tag, "a mapping", span, diagnostics),
            _ => return unknown(written.tag.unwrap_or(""), string(written), span, diagnostics),
        },
    };
    value.unwrap_or_else(|| {
        let tag = shown(written.tag.unwrap_or(""));
        let message = format!("`{tag}` cannot take `{text}`");
        diagnostics.push(Diagnostic::error("yaml-tag", message).at(span, format!("not of type `{tag}`")));
        Yaml::Null
    })
}

/// The value of a list.
pub(super) fn sequence(
    tag: Option<&str>,
    items: Vec<Node>,
    span: &Span,
    diagnostics: &mut Diagnostics,
) -> Yaml {
    let value = |items| Yaml::Seq(std::sync::Arc::new(items));
    match tag {
        None | Some("!" | "" | UNSAFE) => value(items),
        Some(tag) => match tag.strip_prefix(CORE) {
            Some("seq") => value(items),
            Some("omap" | "pairs") => value(pairs(tag, items, diagnostics)),
            Some("map" | "set") => mismatch(tag, "a mapping", span, diagnostics),
            Some("str" | "int" | "float" | "bool" | "null" | "binary" | "timestamp") => {
                mismatch(tag, "a single value", span, diagnostics)
            }
            _ if VAULT.contains(&tag) => mismatch(tag, "a block of text (`!vault |`)", span, diagnostics),
            _ => unknown(tag, value(items), span, diagnostics),
        },
    }
}

/// The value of a mapping.
pub(super) fn mapping(tag: Option<&str>, map: Mapping, span: &Span, diagnostics: &mut Diagnostics) -> Yaml {
    let value = |map| Yaml::Map(std::sync::Arc::new(map));
    match tag {
        None | Some("!" | "" | UNSAFE) => value(map),
        Some(tag) => match tag.strip_prefix(CORE) {
            Some("map") => value(map),
            // ansible: a set becomes a list as soon as a template touches it.
            Some("set") => Yaml::Seq(std::sync::Arc::new(map.entries.into_iter().map(|(k, _)| k).collect())),
            Some("seq" | "omap" | "pairs") => mismatch(tag, "a list", span, diagnostics),
            Some("str" | "int" | "float" | "bool" | "null" | "binary" | "timestamp") => {
                mismatch(tag, "a single value", span, diagnostics)
            }
            _ if VAULT.contains(&tag) => mismatch(tag, "a block of text (`!vault |`)", span, diagnostics),
            _ => unknown(tag, value(map), span, diagnostics),
        },
    }
}

fn untagged(written: &Written) -> Yaml {
    if written.json && written.plain && !written.text.is_empty() {
        if let Ok(number) = written.text.parse::<i128>() {
            return Yaml::Int(number);
        }
        if let (Some(b'-' | b'0'..=b'9'), Ok(number)) = (written.text.bytes().next(), written.text.parse()) {
            return Yaml::Float(number);
        }
    }
    let implicit = written.implicit || written.tag == Some(UNSAFE) && written.plain;
    match resolve(written.text).filter(|_| implicit) {
        None if implicit && !written.json && is_time(written.text) => Yaml::Time(written.text.into()),
        None => string(written),
        Some(Scalar::Null) => Yaml::Null,
        Some(Scalar::Bool(value)) => Yaml::Bool(value),
        Some(Scalar::Int(value)) => Yaml::Int(value),
        Some(Scalar::Float(value)) => Yaml::Float(value),
    }
}

/// Whether YAML takes a text for a date, or a date and a time.
fn is_time(text: &str) -> bool {
    static SHAPE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let date = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
        let long = r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt]|[ \t]+)[0-9]{1,2}:[0-9]{2}:[0-9]{2}(\.[0-9]*)?([ \t]*(Z|[-+][0-9]{1,2}(:[0-9]{2})?))?";
        Regex::new(&format!("^(?:{date}|{long})$")).ok()
    });
    // Nearly no text is one; most are told by their first bytes.
    let begins = text.len() >= 8 && text.as_bytes().get(4) == Some(&b'-');
    begins && text.as_bytes()[0].is_ascii_digit() && SHAPE.as_ref().is_some_and(|shape| shape.is_match(text))
}

fn string(written: &Written) -> Yaml {
    if written.within_unsafe || written.tag == Some(UNSAFE) {
        return Yaml::Unsafe(written.text.into());
    }
    Yaml::Str { text: written.text.into(), plain: written.plain }
}

fn binary(written: &Written, span: &Span, diagnostics: &mut Diagnostics) -> Yaml {
    let text: String = written.text.split_whitespace().collect();
    let Ok(bytes) = STANDARD.decode(text) else {
        let problem =
            Diagnostic::error("yaml-tag", "`!!binary` must be base64").at(span, "cannot be decoded");
        diagnostics.push(problem);
        return Yaml::Null;
    };
    let text = String::from_utf8(bytes).unwrap_or_else(|error| {
        let problem = Diagnostic::warning("yaml-tag", "`!!binary` is not text in UTF-8: bytes are lost")
            .at(span, "")
            .hint("keep binary data in a file of its own");
        diagnostics.push(problem);
        String::from_utf8_lossy(error.as_bytes()).into_owned()
    });
    string(&Written { text: &text, plain: false, ..*written })
}

/// `!!omap` and `!!pairs`: a list of lists of key and value.
fn pairs(tag: &str, items: Vec<Node>, diagnostics: &mut Diagnostics) -> Vec<Node> {
    let mut pairs = Vec::with_capacity(items.len());
    for item in items {
        match item.as_map().map(|m| &**m) {
            Some([(key, value)]) => {
                let pair = Yaml::Seq(std::sync::Arc::new(vec![key.clone(), value.clone()]));
                pairs.push(Node::new(pair, item.span.clone()));
            }
            _ => {
                mismatch(tag, "a list of mappings with one key each", &item.span, diagnostics);
            }
        }
    }
    pairs
}

fn mismatch(tag: &str, wanted: &str, span: &Span, diagnostics: &mut Diagnostics) -> Yaml {
    let message = format!("`{}` must be followed by {wanted}", shown(tag));
    diagnostics.push(Diagnostic::error("yaml-tag", message).at(span, ""));
    Yaml::Null
}

fn unknown(tag: &str, value: Yaml, span: &Span, diagnostics: &mut Diagnostics) -> Yaml {
    let tag = shown(tag);
    let mut problem = Diagnostic::error("yaml-tag", format!("unknown tag `{tag}`"))
        .at(&leading(span, tag.len()), "could not determine a constructor for the tag");
    problem = match nearest(&tag, KNOWN) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("if it is text that begins with `!`, quote it"),
    };
    diagnostics.push(problem);
    value
}

/// The first bytes of a piece: where its tag stands.
fn leading(span: &Span, length: usize) -> Span {
    let length = span.plain().split_whitespace().next().map_or(length, str::len);
    Span::new(&span.source, span.start, (span.start + length as u32).min(span.end))
}

/// A tag as it is usually written.
fn shown(tag: &str) -> String {
    match tag.strip_prefix(CORE) {
        Some(name) => format!("!!{name}"),
        None => tag.to_string(),
    }
}
