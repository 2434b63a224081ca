//! What changed within files, as Ansible shows it.

use serde_json::{Map, Value};

use super::color::Color;
use super::{diff, python, yaml};
use crate::event::TaskResult;

/// All differences of a result; data is shown as JSON, or as YAML.
pub(super) fn text(result: &TaskResult, color: bool, as_yaml: bool) -> String {
    let one = |one: &Value| one.as_object().map(|one| text_of(one, color, as_yaml)).unwrap_or_default();
    match result.result.get("diff") {
        Some(Value::Array(all)) => all.iter().map(one).collect(),
        Some(single) => one(single),
        None => String::new(),
    }
}

fn text_of(diff: &Map<String, Value>, color: bool, as_yaml: bool) -> String {
    let mut out = String::new();
    let sides = [("dst", "destination file"), ("src", "source file")];
    for (key, words) in sides {
        if diff.contains_key(&format!("{key}_binary")) {
            out.push_str(&format!("diff skipped: {words} appears to be binary\n"));
        }
    }
    for (key, words) in sides {
        if let Some(size) = diff.get(&format!("{key}_larger")) {
            out.push_str(&format!("diff skipped: {words} size is greater than {size}\n"));
        }
    }
    if let (Some(before), Some(after)) = (diff.get("before"), diff.get("after")) {
        let (before, after) = (side(before, as_yaml), side(after, as_yaml));
        let lines = diff::unified(&before, &after, &name(diff, "before"), &name(diff, "after"));
        out.extend(lines.iter().map(|line| painted(line, color)));
        out.push_str(if lines.is_empty() { "" } else { "\n" });
    }
    if let Some(prepared) = diff.get("prepared") {
        out.push_str(&python::str(prepared));
    }
    out
}

fn name(diff: &Map<String, Value>, side: &str) -> String {
    match diff.get(&format!("{side}_header")).map(python::str) {
        Some(header) if !header.is_empty() => format!("{side}: {header}"),
        _ => side.to_string(),
    }
}

fn side(value: &Value, as_yaml: bool) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        other if as_yaml => format!("{}\n", indented(&yaml::dump(other))),
        other => format!("{}\n", python::json(other, Some(4))),
    }
}

fn painted(line: &str, color: bool) -> String {
    let line = line.replace("\r\n", "\n");
    match line.as_bytes().first() {
        Some(b'+') => Color::Added.paint(&line, color),
        Some(b'-') => Color::Removed.paint(&line, color),
        Some(b'@') => Color::Hunk.paint(&line, color),
        _ => line,
    }
}

/// Lines four columns further in.
pub(super) fn indented(text: &str) -> String {
    let indent = |line: &str| if line.is_empty() { String::new() } else { format!("    {line}") };
    text.trim_end().lines().map(indent).collect::<Vec<_>>().join("\n")
}
