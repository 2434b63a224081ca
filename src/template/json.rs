//! JSON as Python's `json.dumps` writes it.

use std::fmt::Write as _;

use baton_modules::sorting::Sorting;

use super::python::float;
use super::{TemplateError, Value, clock};

/// How JSON is laid out.
pub(crate) struct Layout {
    /// What each level is indented by; `None` for one line.
    pub indent: Option<String>,
    pub sort_keys: bool,
    pub ascii: bool,
    pub item: String,
    pub key: String,
}

/// A value on one line, as `json.dumps` writes it unasked.
pub(crate) fn plain(value: &Value) -> Result<String, TemplateError> {
    write(value, &Layout { indent: None, sort_keys: false, ascii: true, item: ", ".into(), key: ": ".into() })
}

/// Writes a value.
pub(crate) fn write(value: &Value, layout: &Layout) -> Result<String, TemplateError> {
    let mut out = String::new();
    any(value, layout, 0, &mut out)?;
    Ok(out)
}

fn any(value: &Value, layout: &Layout, depth: usize, out: &mut String) -> Result<(), TemplateError> {
    match value {
        Value::None => out.push_str("null"),
        Value::Bool(b) => out.push_str(if *b { "true" } else { "false" }),
        Value::Int(i) => {
            let _ = write!(out, "{i}");
        }
        Value::Float(f) => out.push_str(&number(*f)),
        Value::Str(s) => string(s, layout.ascii, out),
        Value::Template(t) => string(&t.text, layout.ascii, out),
        Value::Vault(v) => string(&v.text, layout.ascii, out),
        Value::Bytes(b) => string(&String::from_utf8_lossy(b), layout.ascii, out),
        Value::List(l) | Value::Tuple(l) => {
            let write = |item: &Value, out: &mut String| any(item, layout, depth + 1, out);
            container(['[', ']'], l.items.iter(), write, layout, depth, out)?;
        }
        Value::Map(m) => {
            let mut entries: Vec<(String, &Value)> = m.entries.iter().map(|(k, v)| (key(k), v)).collect();
            if layout.sort_keys {
                entries.order_by(|a, b| a.0.cmp(&b.0));
            }
            let write = |(key, value): (String, &Value), out: &mut String| {
                string(&key, layout.ascii, out);
                out.push_str(&layout.key);
                any(value, layout, depth + 1, out)
            };
            container(['{', '}'], entries.into_iter(), write, layout, depth, out)?;
        }
        Value::Object(o) => match (clock::moment(value), o.to_plain()) {
            (Some(moment), _) => string(&moment.isoformat('T'), layout.ascii, out),
            (None, Some(plain)) => any(&plain, layout, depth, out)?,
            (None, None) => {
                return Err(TemplateError::failed(format!(
                    "a value of type `{}` has no JSON",
                    o.type_name()
                )));
            }
        },
        Value::Undefined(u) => return Err(TemplateError::undefined(u)),
        Value::Omit => return Err(TemplateError::failed("`omit` has no JSON")),
    }
    Ok(())
}

fn container<T>(
    [open, close]: [char; 2],
    items: impl ExactSizeIterator<Item = T>,
    mut write: impl FnMut(T, &mut String) -> Result<(), TemplateError>,
    layout: &Layout,
    depth: usize,
    out: &mut String,
) -> Result<(), TemplateError> {
    let empty = items.len() == 0;
    out.push(open);
    let newline = |depth: usize, out: &mut String| {
        if let Some(indent) = layout.indent.as_ref().filter(|_| !empty) {
            out.push('\n');
            out.push_str(&indent.repeat(depth));
        }
    };
    for (at, item) in items.enumerate() {
        if at > 0 {
            out.push_str(&layout.item);
        }
        newline(depth + 1, out);
        write(item, out)?;
    }
    newline(depth, out);
    out.push(close);
    Ok(())
}

fn number(value: f64) -> String {
    match value {
        f if f.is_nan() => "NaN".into(),
        f if f.is_infinite() => if f > 0.0 { "Infinity" } else { "-Infinity" }.into(),
        f => float(f),
    }
}

fn key(key: &Value) -> String {
    match key {
        Value::None => "null".into(),
        Value::Bool(b) => b.to_string(),
        Value::Float(f) => number(*f),
        other => other.to_text(),
    }
}

fn string(text: &str, ascii: bool, out: &mut String) {
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\u{8}' => out.push_str("\\b"),
            '\u{c}' => out.push_str("\\f"),
            c if (c as u32) < 0x20 || (ascii && !c.is_ascii()) => {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    let _ = write!(out, "\\u{unit:04x}");
                }
            }
            c => out.push(c),
        }
    }
    out.push('"');
}
