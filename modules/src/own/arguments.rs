//! The arguments of a module in the forms that modules take them in.

use serde_json::{Map, Value, json};

/// Where they are written into a script.
const MARK: &str = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

/// A mapping in JSON.
pub(super) fn json(parameters: &Map<String, Value>) -> Vec<u8> {
    Value::Object(parameters.clone()).to_string().into_bytes()
}

/// As modules in Python read them.
pub(super) fn wrapped(parameters: &Map<String, Value>) -> Vec<u8> {
    json!({ "ANSIBLE_MODULE_ARGS": parameters }).to_string().into_bytes()
}

/// Words for a shell, as Python prints the values.
pub(super) fn key_value(parameters: &Map<String, Value>) -> String {
    parameters
        .iter()
        .map(|(name, value)| format!("{name}={} ", crate::words::quote(&python(value, false))))
        .collect()
}

/// The script with them written into it.
pub(super) fn filled(content: &[u8], parameters: &Map<String, Value>) -> Vec<u8> {
    let text = Value::Object(parameters.clone()).to_string();
    String::from_utf8_lossy(content).replace(MARK, &text).into_bytes()
}

/// A value as Python prints it; texts within others are in quotes.
fn python(value: &Value, within: bool) -> String {
    let each = |value: &Value| python(value, true);
    match value {
        Value::Null => "None".into(),
        Value::Bool(true) => "True".into(),
        Value::Bool(false) => "False".into(),
        Value::Number(number) => number.to_string(),
        Value::String(text) if !within => text.clone(),
        Value::String(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let text = text.replace('\\', "\\\\").replace('\n', "\\n");
            let text = if quote == '\'' { text.replace('\'', "\\'") } else { text };
            format!("{quote}{text}{quote}")
        }
        Value::Array(items) => format!("[{}]", items.iter().map(each).collect::<Vec<_>>().join(", ")),
        Value::Object(map) => {
            let entry = |(key, value): (&String, &Value)| {
                format!("{}: {}", python(&key.as_str().into(), true), each(value))
            };
            format!("{{{}}}", map.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_printed_as_python_prints_them_and_quoted_for_a_shell() {
        let parameters = json!({"a": 1, "b": "x 'y", "c": [1, "z"], "d": true, "e": null});
        let text = key_value(parameters.as_object().unwrap());
        assert_eq!(text, r#"a=1 b='x '"'"'y' c='[1, '"'"'z'"'"']' d=True e=None "#);
    }
}
