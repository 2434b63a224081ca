//! `hash_behaviour = merge`: mappings are joined key by key, all else is replaced.

use crate::template::Value;

/// The weaker value with the stronger one over it.
pub(crate) fn combined(weak: &Value, strong: &Value) -> Value {
    let (Some(below), Some(above)) = (weak.as_map(), strong.as_map()) else { return strong.clone() };
    let mut entries = below.clone();
    for (key, value) in above {
        let joined = entries.get(key).map(|old| combined(old, value));
        entries.insert(key.clone(), joined.unwrap_or_else(|| value.clone()));
    }
    Value::map(entries)
}
