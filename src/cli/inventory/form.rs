//! The forms that an inventory is printed in: JSON, YAML and TOML.

use std::borrow::Cow;

use baton_modules::sorting::Sorting;

use super::super::Problem;
use crate::template::{Value, has_markers};
use crate::yaml::emit::{self, Emit, Layout};

/// Whether a list or mapping has nothing in it.
pub(super) fn is_empty(value: &Value) -> bool {
    value.as_list().is_some_and(<[Value]>::is_empty) || value.as_map().is_some_and(|map| map.is_empty())
}

/// The value with texts that must not be rendered, and encrypted ones, marked as scripts mark them.
fn marked(value: &Value, data: bool) -> Value {
    let mark = |name: &str, text: &str| Value::map([(Value::str(name), Value::str(text))]);
    match value {
        Value::Str(text) if data && has_markers(text) => mark("__ansible_unsafe", text),
        Value::Vault(vault) => mark("__ansible_vault", &vault.text),
        Value::List(list) | Value::Tuple(list) => {
            Value::list(list.items.iter().map(|item| marked(item, data)))
        }
        Value::Map(map) => {
            Value::map(map.entries.iter().map(|(key, value)| (key.clone(), marked(value, data))))
        }
        other => other.clone(),
    }
}

/// JSON in the order of its keys, four columns a level; variables that must not be rendered are marked in listings.
pub(super) fn json(value: &Value, listing: bool) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Writing to memory cannot fail.
    let _ = serde::Serialize::serialize(&sorted(&marked(value, listing).to_json()), &mut serializer);
    format!("{}\n", String::from_utf8_lossy(&out))
}

fn sorted(value: &serde_json::Value) -> serde_json::Value {
    use serde_json::Value as Json;
    match value {
        Json::Array(items) => items.iter().map(sorted).collect(),
        Json::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.order_by(|a, b| a.0.cmp(&b.0));
            Json::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}

/// YAML in the order of its keys, two columns a level.
pub(super) fn yaml(value: &Value) -> String {
    let layout = Layout { indent: 2, ..Layout::nice() };
    // What cannot be written so is still shown.
    emit::dump(&emitted(value), &layout).unwrap_or_else(|_| json(value, false))
}

fn emitted(value: &Value) -> Emit<'_> {
    match value {
        Value::Undefined(_) | Value::Omit | Value::None => Emit::Null,
        Value::Bool(flag) => Emit::Bool(*flag),
        Value::Int(int) => Emit::Int(*int),
        Value::Float(float) => Emit::Float(*float),
        Value::Str(text) => Emit::Str(Cow::Borrowed(text)),
        Value::Template(template) => Emit::Str(Cow::Borrowed(&template.text)),
        Value::Vault(vault) => Emit::Vault(&vault.text),
        Value::Bytes(bytes) => Emit::Bytes(bytes),
        Value::List(list) | Value::Tuple(list) => Emit::Seq(list.items.iter().map(emitted).collect()),
        Value::Map(map) => {
            Emit::Map(map.entries.iter().map(|(key, value)| (emitted(key), emitted(value))).collect())
        }
        Value::Object(_) => Emit::Str(Cow::Owned(value.to_text())),
    }
}

/// TOML, for what it has words for.
///
/// # Errors
/// When there is a value that TOML has no word for.
pub(super) fn toml(value: &Value) -> Result<String, Problem> {
    let refused = |what: String| Problem::usage(format!("this inventory cannot be written as TOML: {what}"));
    let table = worded(value, "").map_err(refused)?;
    toml::to_string(&table).map_err(|error| refused(error.to_string()))
}

fn worded(value: &Value, path: &str) -> Result<toml::Value, String> {
    Ok(match value {
        Value::Bool(flag) => toml::Value::Boolean(*flag),
        Value::Int(int) => match i64::try_from(*int) {
            Ok(int) => toml::Value::Integer(int),
            Err(_) => return Err(format!("`{path}` is too large a number")),
        },
        Value::Float(float) => toml::Value::Float(*float),
        Value::None | Value::Undefined(_) | Value::Omit => return Err(format!("`{path}` is null")),
        Value::Vault(_) => return Err(format!("`{path}` is encrypted")),
        Value::List(list) | Value::Tuple(list) => {
            let items = list.items.iter().map(|item| worded(item, path));
            toml::Value::Array(items.collect::<Result<_, _>>()?)
        }
        Value::Map(map) => {
            let mut table = toml::Table::new();
            for (key, value) in &map.entries {
                let key = key.to_text();
                let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                table.insert(key, worded(value, &below)?);
            }
            toml::Value::Table(table)
        }
        other => toml::Value::String(other.to_json().as_str().map_or_else(|| other.to_text(), String::from)),
    })
}
