//! Values as YAML, laid out as Ansible lays out results in that format.

use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;

use super::python;

/// Words that YAML 1.1 reads as something else than text.
#[expect(clippy::unwrap_used, reason = "a constant, compiled by the tests")]
static NOT_TEXT: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r"(?x)^(?:
        ~|null|Null|NULL|<<|=|
        yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF|
        [-+]?0b[0-1_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+|
        [-+]?(?:[0-9][0-9_]*)\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?|
        [-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)|
        \d{4}-\d\d-\d\d|\d{4}-\d\d?-\d\d?(?:[Tt]|[\ \t]+)\d\d?:\d\d:\d\d(?:\.\d*)?(?:[\ \t]*(?:Z|[-+]\d\d?(?::\d\d)?))?
        )$",
    )
    .unwrap()
});

/// The value as a block of YAML, keys in order, four columns a level.
pub(super) fn dump(value: &Value) -> String {
    let mut out = String::new();
    match value {
        Value::Object(map) if !map.is_empty() => mapping(&mut out, value, 0),
        Value::Array(list) if !list.is_empty() => sequence(&mut out, value, 0),
        other => {
            scalar(&mut out, other, 0);
            out.push('\n');
        }
    }
    out
}

fn mapping(out: &mut String, value: &Value, column: usize) {
    for (index, (key, value)) in
        value.as_object().map(python::sorted).unwrap_or_default().into_iter().enumerate()
    {
        if index > 0 {
            out.push_str(&" ".repeat(column));
        }
        text(out, key, column, false);
        out.push(':');
        match value {
            Value::Object(map) if !map.is_empty() => {
                out.push_str(&format!("\n{}", " ".repeat(column + 4)));
                mapping(out, value, column + 4);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push_str(&format!("\n{}", " ".repeat(column)));
                sequence(out, value, column);
            }
            other => {
                out.push(' ');
                scalar(out, other, column);
                out.push('\n');
            }
        }
    }
}

fn sequence(out: &mut String, value: &Value, column: usize) {
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        if index > 0 {
            out.push_str(&" ".repeat(column));
        }
        out.push('-');
        match item {
            Value::Object(map) if !map.is_empty() => {
                out.push_str("   ");
                mapping(out, item, column + 4);
            }
            Value::Array(list) if !list.is_empty() => {
                out.push_str("   ");
                sequence(out, item, column + 4);
            }
            other => {
                out.push(' ');
                scalar(out, other, column);
                out.push('\n');
            }
        }
    }
}

fn scalar(out: &mut String, value: &Value, column: usize) {
    match value {
        Value::String(string) => text(out, string, column, true),
        Value::Number(number) => out.push_str(&python::number(number)),
        other => out.push_str(&other.to_string()),
    }
}

/// A text: as a block when it has several lines, plain when that reads back the same, else quoted.
fn text(out: &mut String, text: &str, column: usize, may_be_block: bool) {
    if may_be_block && text.contains('\n') {
        block(out, text, column);
    } else if text.chars().any(|c| c.is_control() || matches!(c, '\u{feff}' | '\u{2028}' | '\u{2029}')) {
        out.push_str(&Value::from(text).to_string());
    } else if is_plain(text) {
        out.push_str(text);
    } else {
        out.push_str(&format!("'{}'", text.replace('\'', "''")));
    }
}

// ansible: readable rather than exact: blanks at the ends of lines are lost.
fn block(out: &mut String, text: &str, column: usize) {
    let text = text.trim_end();
    let hint = if text.starts_with([' ', '\n']) { "4" } else { "" };
    out.push_str(&format!("|{hint}-"));
    for line in text.split('\n') {
        out.push('\n');
        let line = line.trim_end().replace('\t', "        ");
        if !line.is_empty() {
            out.push_str(&format!("{}{line}", " ".repeat(column + 4)));
        }
    }
}

fn is_plain(text: &str) -> bool {
    let mut chars = text.chars();
    let Some(first) = chars.next() else { return false };
    let second_is_blank = chars.next().is_none_or(|c| c == ' ');
    let bad_start = "#,[]{}&*!|>'\"%@`".contains(first) || ("?:-".contains(first) && second_is_blank);
    let bad_inside = text.contains(": ") || text.ends_with(':') || text.contains(" #");
    let blank_edges = text.starts_with(' ') || text.ends_with(' ');
    let is_marker = text.starts_with("---") || text.starts_with("...");
    !(bad_start || bad_inside || blank_edges || is_marker || NOT_TEXT.is_match(text))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn results_read_as_ansible_lays_them_out() {
        let value = json!({"msg": ["a", {
            "b": "x: y", "c": "multi\nline", "d": "", "e": null, "f": true, "g": "true", "h": "1", "i": 1.5,
            "j": "-", "k": "ü", "l": "tab\tx", "m": " lead", "n": [], "o": {}, "p q": "#c"
        }], "delta": "0:00:00.008402", "start": "2026-11-20 23:00:41.698204", "out": "a\n\nb\nx \n y"});
        assert_eq!(
            dump(&value),
            "delta: '0:00:00.008402'\nmsg:\n- a\n-   b: 'x: y'\n    c: |-\n        multi\n        line\n    d: ''\n    \
             e: null\n    f: true\n    g: 'true'\n    h: '1'\n    i: 1.5\n    j: '-'\n    k: ü\n    l: \"tab\\tx\"\n    \
             m: ' lead'\n    n: []\n    o: {}\n    p q: '#c'\nout: |-\n    a\n\n    b\n    x\n     y\n\
             start: '2026-11-20 23:00:41.698204'\n"
        );
    }
}
