//! Dictionaries as the engine takes them: all their values are texts.

use serde_json::{Map, Value};

use crate::Fail;
use crate::args::describe;

/// A single value as text.
pub(crate) fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        // ansible: a boolean becomes Python's word for it
        Value::Bool(truth) => if *truth { "True" } else { "False" }.to_owned(),
        other => other.to_string(),
    }
}

/// A single value as text, booleans as the engine writes them.
fn word(value: &Value) -> String {
    if value.is_boolean() { value.to_string() } else { plain(value) }
}

fn mapped(all: &Map<String, Value>, form: impl Fn(&Value) -> Value) -> Map<String, Value> {
    all.iter().map(|(key, value)| (key.clone(), form(value))).collect()
}

/// Values made texts.
pub(crate) fn texts(all: &Map<String, Value>) -> Map<String, Value> {
    mapped(all, |value| plain(value).into())
}

/// Options of a driver: values made texts, booleans in small letters.
pub(crate) fn options(all: &Map<String, Value>) -> Map<String, Value> {
    mapped(all, |value| word(value).into())
}

/// Labels: texts, and numbers that have one way to be written.
pub(crate) fn labels(all: &Map<String, Value>) -> Result<Map<String, Value>, Fail> {
    for (key, value) in all {
        if !(value.is_string() || value.is_i64() || value.is_u64()) {
            let fail = Fail::new(format!("label `{key}`: expected a string, found {}", describe(value)));
            return Err(fail.hint("put it in quotes"));
        }
    }
    Ok(texts(all))
}

/// Filters of lists and prunes, as a query takes them; empty for none.
pub(crate) fn filters(all: Option<&Map<String, Value>>) -> String {
    let Some(all) = all.filter(|all| !all.is_empty()) else { return String::new() };
    let list = |value: &Value| match value {
        Value::Array(items) => items.iter().map(|item| Value::from(word(item))).collect(),
        single => Value::from(vec![word(single)]),
    };
    Value::Object(mapped(all, list)).to_string()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn map(value: Value) -> Map<String, Value> {
        value.as_object().unwrap().clone()
    }

    #[test]
    fn values_become_texts() {
        assert_eq!(options(&map(json!({"a": true, "b": 1}))), map(json!({"a": "true", "b": "1"})));
        assert_eq!(labels(&map(json!({"a": "x", "b": 1}))), Ok(map(json!({"a": "x", "b": "1"}))));
        assert!(labels(&map(json!({"a": 1.0}))).is_err());
    }

    #[test]
    fn filters_are_lists() {
        let all = map(json!({"dangling": true, "label": ["a=b", "c"]}));
        assert_eq!(filters(Some(&all)), r#"{"dangling":["true"],"label":["a=b","c"]}"#);
        assert_eq!(filters(None), "");
    }
}
