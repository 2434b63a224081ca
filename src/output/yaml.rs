//! Values as YAML, laid out as Ansible lays out results in that format.

use std::borrow::Cow;

use serde_json::Value;

use super::python;
use crate::yaml::emit::{self, Emit, Layout};

/// The value as a block of YAML, keys in order, four columns a level, texts of several lines as blocks.
pub(super) fn dump(value: &Value) -> String {
    laid_out(value, 4, true)
}

/// The same, with every blank at the ends of lines.
pub(super) fn dump_exactly(value: &Value) -> String {
    laid_out(value, 4, false)
}

/// The value as a document of its own, two columns a level.
pub(crate) fn document(value: &Value) -> String {
    laid_out(value, 2, true)
}

fn laid_out(value: &Value, indent: i32, lossy: bool) -> String {
    let layout = Layout { width: -1, blocks: true, indent, ..Layout::nice() };
    // What cannot be written so is still shown.
    emit::dump(&node(value, lossy), &layout).unwrap_or_else(|_| format!("{}\n", python::json(value, Some(4))))
}

fn node(value: &Value, lossy: bool) -> Emit<'_> {
    match value {
        Value::Null => Emit::Null,
        Value::Bool(value) => Emit::Bool(*value),
        Value::Number(number) => match (number.as_i128(), number.as_f64()) {
            (Some(int), _) => Emit::Int(int),
            (None, float) => Emit::Float(float.unwrap_or(f64::NAN)),
        },
        Value::String(text) if lossy => Emit::Str(readable(text)),
        Value::String(text) => Emit::Str(text.into()),
        Value::Array(items) => Emit::Seq(items.iter().map(|item| node(item, lossy)).collect()),
        Value::Object(map) => Emit::Map(
            map.iter().map(|(key, value)| (Emit::Str(key.as_str().into()), node(value, lossy))).collect(),
        ),
    }
}

// ansible: readable rather than exact: in texts of several lines, blanks at the ends of lines are lost.
fn readable(text: &str) -> Cow<'_, str> {
    if !text.contains('\n') {
        return text.into();
    }
    let lines: Vec<_> =
        text.trim_end().split('\n').map(|line| line.trim_end().replace('\t', "        ")).collect();
    lines.join("\n").into()
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
