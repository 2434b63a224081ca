//! Several files to one, by compose's rules: dictionaries key by key, lists one after another, except
//! where an item has a name of its own, and commands, which replace each other.

use serde_json::{Map, Value};

use super::source::{Source, joined};
use super::units::text;

/// Puts `over` onto `base`; `source` knows what is tagged `!reset` or `!override`.
pub(super) fn merge(base: &mut Map<String, Value>, over: Map<String, Value>, at: &str, source: &Source) {
    for (key, value) in over {
        let here = joined(at, &key);
        match source.tag(&here) {
            Some("!reset") => {
                base.remove(&key);
                continue;
            }
            Some(_) => {
                base.insert(key, value);
                continue;
            }
            None => {}
        }
        match (base.get_mut(&key), value) {
            (Some(Value::Object(old)), Value::Object(new)) => {
                if key == "logging"
                    && new.get("driver").is_some_and(|driver| old.get("driver").is_some_and(|d| d != driver))
                {
                    *old = new;
                } else {
                    merge(old, new, &here, source);
                }
            }
            (Some(Value::Array(old)), Value::Array(new)) if !replaces(&here) => append(&key, old, new),
            (_, value) => {
                base.insert(key, value);
            }
        }
    }
}

/// Lists that are one thing.
fn replaces(at: &str) -> bool {
    ["/command", "/entrypoint", "/healthcheck/test"].iter().any(|end| at.ends_with(end))
}

fn append(key: &str, old: &mut Vec<Value>, new: Vec<Value>) {
    for item in new {
        let same = |other: &Value| match (identity(key, other), identity(key, &item)) {
            (Some(one), Some(two)) => one == two,
            _ => *other == item,
        };
        match old.iter().position(same) {
            Some(place) => old[place] = item,
            None => old.push(item),
        }
    }
}

/// What makes an item of a list the same as another.
fn identity(key: &str, item: &Value) -> Option<Vec<Option<String>>> {
    let names: &[&str] = match key {
        "volumes" | "devices" => &["target"],
        "ports" => &["host_ip", "target", "published", "protocol"],
        "secrets" | "configs" if item.get("target").is_none() => &["source"],
        "secrets" | "configs" => &["target"],
        "env_file" => &["path"],
        _ => return None,
    };
    item.is_object().then(|| names.iter().map(|name| item.get(name).and_then(text)).collect())
}
