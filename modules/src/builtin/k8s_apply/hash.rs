//! Names of config maps and secrets with a digest of their content behind them.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::sorting::Sorting;

/// Puts a digest of its content behind the name of a config map or a secret.
pub(super) fn append(object: &mut Value) {
    let keys: &[&str] = match object.get("kind").and_then(Value::as_str) {
        Some("ConfigMap") => &["data", "kind", "name"],
        Some("Secret") => &["data", "kind", "name", "type"],
        _ => return,
    };
    let name = object.pointer("/metadata/name").cloned().unwrap_or_default();
    let part = |key: &&str| {
        let value = if *key == "name" { Some(&name) } else { object.get(*key) };
        ((*key).to_owned(), value.map_or_else(|| "".into(), sorted))
    };
    let content: Map<String, Value> = keys.iter().map(part).collect();
    let digest = Sha256::digest(Value::Object(content).to_string());
    // ansible: digits and vowels that could make words are replaced, as kustomize does.
    let letter = |c: char| match c {
        '0' => 'g',
        '1' => 'h',
        '3' => 'k',
        'a' => 'm',
        'e' => 't',
        other => other,
    };
    let hash: String = digest
        .iter()
        .flat_map(|byte| format!("{byte:02x}").chars().collect::<Vec<_>>())
        .take(10)
        .map(letter)
        .collect();
    if let (Some(name), Some(place)) = (name.as_str(), object.pointer_mut("/metadata/name")) {
        *place = format!("{name}-{hash}").into();
    }
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let mut keys: Vec<&String> = map.keys().collect();
            keys.put_in_order();
            Value::Object(keys.into_iter().map(|key| (key.clone(), sorted(&map[key]))).collect())
        }
        other => other.clone(),
    }
}
