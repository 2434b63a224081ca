//! Filters for HTML and addresses.

use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};
use baton_modules::sorting::Sorting;

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("escape", "With the signs of HTML escaped.", |_, v, _| {
        Ok(Value::from(escaped(&v.to_text())))
    })
    .also(&["e", "forceescape"]),
    Filter::new("striptags", "Without tags of HTML, blanks collapsed.", striptags),
    Filter::new("urlencode", "Escaped for addresses.", urlencode),
    Filter::new("urldecode", "With the escapes of addresses resolved.", |_, v, _| {
        Ok(Value::from(unquoted(&v.to_text(), true)))
    }),
    Filter::new("urlize", "With addresses made links.", urlize),
    Filter::new("urlsplit", "The parts of an address.", urlsplit),
    Filter::new("xmlattr", "A mapping as attributes of XML.", xmlattr),
];

fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '\'' => out.push_str("&#39;"),
            '"' => out.push_str("&#34;"),
            c => out.push(c),
        }
    }
    out
}

fn striptags(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("striptags")?;
    let mut text = input.to_text();
    while let Some(start) = text.find("<!--")
        && let Some(length) = text[start..].find("-->")
    {
        text.replace_range(start..start + length + 3, "");
    }
    let mut out = String::with_capacity(text.len());
    let mut rest = text.as_str();
    while let Some(start) = rest.find('<') {
        let Some(end) = rest[start..].find('>') else { break };
        out.push_str(&rest[..start]);
        rest = &rest[start + end + 1..];
    }
    out.push_str(rest);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&#34;", "\""), ("&#39;", "'"), ("&amp;", "&")];
    Ok(Value::from(entities.iter().fold(words, |text, (from, to)| text.replace(from, to))))
}

/// Escapes all but letters, digits and the signs in `safe`.
pub(super) fn percent(text: &str, safe: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'_' | b'.' | b'-' | b'~' => out.push(byte.into()),
            b if b.is_ascii() && safe.contains(char::from(b)) => out.push(b.into()),
            b => out.push_str(&format!("%{b:02X}")),
        }
    }
    out
}

/// Resolves `%xx`, and with `plus` also `+` for a blank.
pub(super) fn unquoted(text: &str, plus: bool) -> String {
    let bytes = text.as_bytes();
    let (mut out, mut at) = (Vec::with_capacity(bytes.len()), 0);
    while at < bytes.len() {
        let code = bytes.get(at + 1..at + 3).and_then(|h| std::str::from_utf8(h).ok());
        let code = code.and_then(|h| u8::from_str_radix(h, 16).ok());
        match (bytes[at], code) {
            (b'%', Some(byte)) => {
                out.push(byte);
                at += 3;
                continue;
            }
            (b'+', _) if plus => out.push(b' '),
            (byte, _) => out.push(byte),
        }
        at += 1;
    }
    String::from_utf8_lossy(&out).into_owned()
}

fn urlencode(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("urlencode")?;
    let query = |text: &str| percent(text, "").replace("%20", "+");
    let pairs: Vec<(Value, Value)> = match &input {
        Value::Map(map) => map.entries.iter().map(|(k, v)| (k.clone(), v.clone())).collect(),
        Value::List(_) | Value::Tuple(_) => {
            iterate(&input)?.iter().map(super::super::eval::pair).collect::<Result<_, _>>()?
        }
        other => return Ok(Value::from(percent(&other.to_text(), "/"))),
    };
    let parts = pairs.iter().map(|(k, v)| format!("{}={}", query(&k.to_text()), query(&v.to_text())));
    Ok(Value::from(parts.collect::<Vec<_>>().join("&")))
}

fn urlize(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("urlize", &["trim_url_limit", "nofollow", "target", "rel", "extra_schemes"])?;
    let limit = args.int(0, -1)?;
    let mut rel: Vec<String> = args.text(3, "").split_whitespace().map(str::to_owned).collect();
    if args.truth(1, false) {
        rel.push("nofollow".into());
    }
    rel.push("noopener".into());
    rel.put_in_order();
    rel.dedup();
    let target = args.some(2).map_or(String::new(), |t| format!(" target=\"{}\"", escaped(&t.to_text())));
    let rel = format!(" rel=\"{}\"", escaped(&rel.join(" ")));
    let link = |word: &str| -> Option<String> {
        let core = word.trim_end_matches(['.', ',', ';', ':', '!', '?', ')', '>']);
        let tail = &word[core.len()..];
        let address = match core {
            c if c.starts_with("http://") || c.starts_with("https://") => c.to_owned(),
            c if c.starts_with("www.") => format!("https://{c}"),
            _ => return None,
        };
        let shown = match usize::try_from(limit) {
            Ok(limit) if core.chars().count() > limit => {
                format!("{}...", core.chars().take(limit).collect::<String>())
            }
            _ => core.to_owned(),
        };
        Some(format!("<a href=\"{address}\"{rel}{target}>{shown}</a>{tail}"))
    };
    let text = escaped(&input.to_text());
    let words = text.split_inclusive(char::is_whitespace).map(|piece| {
        let word = piece.trim_end();
        link(word).map_or_else(|| piece.to_owned(), |linked| linked + &piece[word.len()..])
    });
    Ok(Value::from(words.collect::<String>()))
}

fn urlsplit(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let wanted = args.bind("urlsplit", &["query"])?.text(0, "");
    let text = input.to_text();
    let (rest, fragment) = text.split_once('#').unwrap_or((&text, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let scheme_end = rest.find(':').filter(|end| {
        let scheme = &rest[..*end];
        scheme.starts_with(|c: char| c.is_ascii_alphabetic())
            && scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c))
    });
    let (scheme, rest) = scheme_end.map_or(("", rest), |end| (&rest[..end], &rest[end + 1..]));
    let (netloc, path) = match rest.strip_prefix("//") {
        Some(rest) => rest.split_at(rest.find('/').unwrap_or(rest.len())),
        None => ("", rest),
    };
    let (login, place) = netloc.rsplit_once('@').map_or((None, netloc), |(l, p)| (Some(l), p));
    let (username, password) = match login.map(|l| l.split_once(':').map_or((l, None), |(u, p)| (u, Some(p))))
    {
        Some((user, password)) => (Some(user), password),
        None => (None, None),
    };
    let (hostname, port) = match place.strip_prefix('[').and_then(|p| p.split_once(']')) {
        Some((host, rest)) => (host, rest.strip_prefix(':')),
        None => place.split_once(':').map_or((place, None), |(h, p)| (h, Some(p))),
    };
    let optional = |text: Option<&str>| text.map_or(Value::None, Value::from);
    let port = match port.filter(|p| !p.is_empty()) {
        Some(port) => Value::Int(
            port.parse()
                .map_err(|_| TemplateError::failed(format!("urlsplit: expected a port, found `{port}`")))?,
        ),
        None => Value::None,
    };
    let parts = [
        ("fragment", Value::from(fragment)),
        ("hostname", if hostname.is_empty() { Value::None } else { Value::from(hostname.to_lowercase()) }),
        ("netloc", Value::from(netloc)),
        ("password", optional(password)),
        ("path", Value::from(path)),
        ("port", port),
        ("query", Value::from(query)),
        ("scheme", Value::from(scheme.to_lowercase())),
        ("username", optional(username)),
    ];
    if wanted.is_empty() {
        return Ok(Value::map(parts.map(|(name, value)| (Value::from(name), value))));
    }
    let found = parts.into_iter().find(|(name, _)| *name == wanted);
    found.map(|(_, value)| value).ok_or_else(|| {
        TemplateError::failed(format!("urlsplit: unknown part `{wanted}`"))
            .words(format!("urlsplit: unknown URL component: {wanted}"))
    })
}

fn xmlattr(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let space = args.bind("xmlattr", &["autospace"])?.truth(0, true);
    let entries = input.as_map().ok_or_else(|| TemplateError::failed("xmlattr needs a mapping"))?;
    let mut parts = Vec::new();
    for (key, value) in entries {
        let key = key.to_text();
        if matches!(value, Value::None) || value.is_undefined() {
            continue;
        }
        if key.contains(|c: char| c.is_whitespace() || matches!(c, '/' | '>' | '=')) {
            return Err(TemplateError::failed(format!("invalid character in attribute name `{key}`")));
        }
        parts.push(format!("{}=\"{}\"", escaped(&key), escaped(&value.to_text())));
    }
    let text = parts.join(" ");
    Ok(Value::from(if space && !text.is_empty() { format!(" {text}") } else { text }))
}
