//! Tests with regular expressions, and of addresses.

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new("match", "Whether its beginning matches.", |s, v, a| matches(s, &v, a, "match")),
    Test::new("search", "Whether something in it matches.", |s, v, a| matches(s, &v, a, "search")),
    Test::new("regex", "Whether it matches.", |s, v, a| matches(s, &v, a, "regex")),
    Test::new("uri", "Whether it is a URI.", |_, v, a| address(&v, a, false)),
    Test::new("url", "Whether it is an address on the net.", |_, v, a| address(&v, a, true)),
    Test::new("urn", "Whether it is a URN.", |_, v, a| {
        a.none("urn")?;
        Ok(scheme(&v.to_text()).0 == "urn")
    }),
];

fn matches(_: &Session<'_>, value: &Value, args: Args, test: &str) -> Answer {
    let args = args.bind(test, &["pattern", "ignorecase", "multiline", "match_type"])?;
    let kind = args.text(3, if test == "match" { "match" } else { "search" });
    let mut pattern = args.text(0, "");
    if kind == "fullmatch" {
        pattern = format!("(?:{pattern})\\Z");
    } else if !matches!(kind.as_str(), "match" | "search") {
        return Err(TemplateError::failed(format!(
            "{test}: expected `match_type` to be `search`, `match` or `fullmatch`, found `{kind}`"
        )));
    }
    let flags = Flags {
        ignore_case: args.truth(1, false),
        multi_line: args.truth(2, false),
        anchored: kind != "search",
    };
    Ok(regex::compile(&pattern, flags)?.first(&value.to_text())?.is_some())
}

/// ansible: whatever Python's `urlparse` takes is one: nearly every text.
fn address(value: &Value, args: Args, needs_host: bool) -> Answer {
    let args = args.bind("uri", &["schemes"])?;
    let text = value.to_text();
    let (scheme, rest) = scheme(&text);
    let host = rest.strip_prefix("//").map_or("", |r| r.split(['/', '?', '#']).next().unwrap_or(""));
    if host.contains('[') != host.contains(']') {
        return Ok(false);
    }
    let wanted = match args.some(0).and_then(Value::as_list) {
        None | Some([]) => true,
        Some(schemes) => schemes.contains(&Value::from(scheme.as_str())),
    };
    Ok(wanted && (!needs_host || !host.is_empty() || scheme == "file"))
}

/// The scheme, in small letters, and what comes after it; without one, the whole text.
fn scheme(text: &str) -> (String, &str) {
    let well_formed = |scheme: &str| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    };
    match text.split_once(':') {
        Some((scheme, rest)) if well_formed(scheme) => (scheme.to_ascii_lowercase(), rest),
        _ => (String::new(), text),
    }
}
