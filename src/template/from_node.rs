//! From the user's text to values: strings with markers become templates.

use super::{Template, Value, VaultString, has_markers};
use crate::diagnostic::Span;
use crate::yaml::{Node, Yaml};
use std::sync::Arc;

impl Value {
    /// What the user wrote; strings with template markers are to be rendered when used.
    pub fn from_node(node: &Node) -> Value {
        match &node.value {
            Yaml::Null => Value::None,
            Yaml::Bool(b) => Value::Bool(*b),
            Yaml::Int(i) => Value::Int(*i),
            Yaml::Float(f) => Value::Float(*f),
            Yaml::Str { text, .. } if has_markers(text) => {
                Value::Template(Template::new(text.clone(), Some(node.span.clone())))
            }
            Yaml::Str { text, .. } | Yaml::Unsafe(text) => Value::Str(text.clone()),
            Yaml::Time(text) => super::clock::written(text),
            Yaml::Vault(text) => {
                Value::Vault(Arc::new(VaultString { text: text.clone(), place: Some(node.span.clone()) }))
            }
            Yaml::Seq(items) => Value::list(items.iter().map(Value::from_node)),
            Yaml::Map(entries) => {
                Value::map(entries.iter().map(|(k, v)| (Value::from_node(k).into_key(), Value::from_node(v))))
            }
        }
    }

    /// Text of the user's at `place`: a template if it has markers, else a plain string.
    pub fn text(text: &str, place: Option<Span>) -> Value {
        if has_markers(text) { Value::Template(Template::new(text, place)) } else { Value::str(text) }
    }

    /// Keys are never rendered: a template becomes its text. So does a date.
    pub(super) fn into_key(self) -> Value {
        match self {
            Value::Object(moment) => moment.to_plain().unwrap_or(Value::None),
            Value::Template(t) => Value::Str(t.text.clone()),
            other => other,
        }
    }
}
