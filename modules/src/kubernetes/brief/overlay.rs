//! One manifest laid over another.

use serde_json::Value;

/// `over` laid over `base`: mappings key by key, lists of named things by their names, all else replaced.
pub fn overlay(base: &Value, over: &Value) -> Value {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            let mut all = base.clone();
            for (key, value) in over {
                let merged = all.get(key).map_or_else(|| value.clone(), |below| overlay(below, value));
                all.insert(key.clone(), merged);
            }
            all.into()
        }
        (Value::Array(base), Value::Array(over)) if named(base) && named(over) => {
            let mut all = base.clone();
            for item in over {
                match all.iter_mut().find(|below| below["name"] == item["name"]) {
                    // A variable's value and its source exclude each other.
                    Some(below) if item.get("value").is_some() || item.get("valueFrom").is_some() => {
                        *below = item.clone();
                    }
                    Some(below) => *below = overlay(below, item),
                    None => all.push(item.clone()),
                }
            }
            all.into()
        }
        _ => over.clone(),
    }
}

fn named(list: &[Value]) -> bool {
    list.iter().all(|item| item.get("name").is_some_and(Value::is_string))
}
