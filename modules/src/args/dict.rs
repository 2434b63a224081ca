//! Dictionaries with free keys, and their short forms: JSON text and `k=v` pairs.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::coerce::{FromArg, Mismatch};
use super::spec::{Kind, Type};

impl FromArg for Map<String, Value> {
    const TYPE: Type = Type { kind: Kind::Dict, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Object(map) => Ok(map.clone()),
            Value::String(text) => from_text(text).ok_or_else(|| Mismatch::new("a dictionary", value)),
            _ => Err(Mismatch::new("a dictionary", value)),
        }
    }
}

impl<T: FromArg> FromArg for BTreeMap<String, T> {
    const TYPE: Type = Type { kind: Kind::Dict, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let mut found = Self::new();
        for (key, value) in Map::from_arg(value)? {
            found.insert(key, T::from_arg(&value)?);
        }
        Ok(found)
    }
}

fn from_text(text: &str) -> Option<Map<String, Value>> {
    let text = text.trim();
    if text.is_empty() {
        return Some(Map::new());
    }
    if text.starts_with('{') {
        return serde_json::from_str(text).ok();
    }
    let pairs = text.split([',', ' ']).filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').map(|(k, v)| (k.trim().to_owned(), Value::from(v.trim()))))
        .collect()
}
