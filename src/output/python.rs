//! Values written as Python writes them, for formats that promise Ansible's bytes.

use baton_modules::sorting::Sorting;
use serde_json::{Map, Value};

/// `json.dumps(value, sort_keys=True, ensure_ascii=False)`, over several lines when `indent` is given.
pub(super) fn json(value: &Value, indent: Option<usize>) -> String {
    let mut out = String::new();
    write_json(&mut out, value, indent, 0);
    out
}

fn write_json(out: &mut String, value: &Value, indent: Option<usize>, depth: usize) {
    match value {
        Value::Array(items) if !items.is_empty() => {
            let items = items.iter().map(|item| (None, item));
            write_container(out, ('[', ']'), items, indent, depth);
        }
        Value::Object(map) if !map.is_empty() => {
            let entries = sorted(map).into_iter().map(|(key, value)| (Some(key), value));
            write_container(out, ('{', '}'), entries, indent, depth);
        }
        Value::Number(number) => out.push_str(&self::number(number)),
        other => out.push_str(&other.to_string()),
    }
}

fn write_container<'a>(
    out: &mut String,
    (open, close): (char, char),
    entries: impl Iterator<Item = (Option<&'a str>, &'a Value)>,
    indent: Option<usize>,
    depth: usize,
) {
    let line = |out: &mut String, depth| {
        if let Some(indent) = indent {
            out.push('\n');
            out.push_str(&" ".repeat(indent * depth));
        }
    };
    out.push(open);
    for (index, (key, value)) in entries.enumerate() {
        if index > 0 {
            out.push_str(if indent.is_some() { "," } else { ", " });
        }
        line(out, depth + 1);
        if let Some(key) = key {
            out.push_str(&Value::from(key).to_string());
            out.push_str(": ");
        }
        write_json(out, value, indent, depth + 1);
    }
    line(out, depth);
    out.push(close);
}

/// The entries of a map in the order of their keys.
pub(super) fn sorted(map: &Map<String, Value>) -> Vec<(&str, &Value)> {
    let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.as_str(), value)).collect();
    entries.order_by_key(|(key, _)| *key);
    entries
}

/// A number as Python prints it: `1e-05`, `1e+16`, `1.0`.
pub(super) fn number(number: &serde_json::Number) -> String {
    match number.as_f64() {
        Some(float) if number.is_f64() => self::float(float),
        _ => number.to_string(),
    }
}

fn float(float: f64) -> String {
    // Rust gives the shortest digits that read back the same, as Python does.
    let text = format!("{float:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return text };
    let power: i32 = exponent.parse().unwrap_or_default();
    if (-4..16).contains(&power) {
        return format!("{float:?}");
    }
    let sign = if power < 0 { '-' } else { '+' };
    format!("{digits}e{sign}{:02}", power.abs())
}

/// `str(value)`.
pub(super) fn str(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => repr(other),
    }
}

/// `repr(value)`.
pub(crate) fn repr(value: &Value) -> String {
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => self::number(number),
        Value::String(text) => repr_str(text),
        Value::Array(items) => format!("[{}]", items.iter().map(repr).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| format!("{}: {}", repr_str(k), repr(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

fn repr_str(text: &str) -> String {
    let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
    let mut out = String::from(quote);
    for c in text.chars() {
        match c {
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            '\\' => out.push_str("\\\\"),
            c if c == quote => out.extend(['\\', c]),
            c if is_printable(c) => out.push(c),
            c if (c as u32) < 0x100 => out.push_str(&format!("\\x{:02x}", c as u32)),
            c if (c as u32) < 0x10000 => out.push_str(&format!("\\u{:04x}", c as u32)),
            c => out.push_str(&format!("\\U{:08x}", c as u32)),
        }
    }
    out.push(quote);
    out
}

fn is_printable(c: char) -> bool {
    match c {
        ' '..='~' => true,
        // Marks that combine are printable to Python, though Rust escapes them.
        '\u{300}'..='\u{36f}' => true,
        c if c.is_whitespace() || c.is_control() => false,
        c => c.escape_debug().len() == 1,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn json_is_sorted_and_keeps_what_is_not_ascii() {
        let value =
            json!({"b": [1, 1e16, 1e-5, 0.1, 1.0], "a": {"x": null, "ü": "\t€\u{1}"}, "c": [], "d": {}});
        assert_eq!(
            super::json(&value, None),
            r#"{"a": {"x": null, "ü": "\t€\u0001"}, "b": [1, 1e+16, 1e-05, 0.1, 1.0], "c": [], "d": {}}"#
        );
        assert_eq!(
            super::json(&json!({"b": [1, {"x": []}], "a": {}}), Some(4)),
            "{\n    \"a\": {},\n    \"b\": [\n        1,\n        {\n            \"x\": []\n        }\n    ]\n}"
        );
    }

    #[test]
    fn repr_is_pythons() {
        let value = json!({"z": 1, "b": "it's", "c": ["'\"", "a\nb\u{1}\u{ad}é", null, true]});
        assert_eq!(repr(&value), r#"{'z': 1, 'b': "it's", 'c': ['\'"', 'a\nb\x01\xadé', None, True]}"#);
        assert_eq!(str(&json!("it's \"q\"")), "it's \"q\"");
    }
}
