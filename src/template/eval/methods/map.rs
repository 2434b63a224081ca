//! Methods of dictionaries.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::super::truth::iterate;
use super::super::super::{Args, Map, TemplateError, Value};
use super::super::Outcome;
use super::super::functions::pair;

pub(super) const CHANGING: &[&str] = &["update", "pop", "popitem", "clear", "setdefault"];
pub(super) const READING: &[&str] = &["get", "keys", "values", "items", "copy", "fromkeys"];

/// Methods that only look.
pub(super) fn read(entries: &IndexMap<Value, Value>, name: &str, args: Args) -> Outcome {
    Ok(match name {
        "get" => {
            let args = args.bind(name, &["key", "default"])?;
            let found = entries.get(args.required(0)?).or_else(|| args.get(1));
            found.cloned().unwrap_or(Value::None)
        }
        "keys" => Value::list(entries.keys().cloned()),
        "values" => Value::list(entries.values().cloned()),
        "items" => Value::list(entries.iter().map(|(k, v)| Value::tuple([k.clone(), v.clone()]))),
        "copy" => Value::map(entries.clone()),
        _ => {
            let args = args.bind(name, &["iterable", "value"])?;
            let value = args.get(1).cloned().unwrap_or(Value::None);
            Value::map(iterate(args.required(0)?)?.into_iter().map(|k| (k, value.clone())))
        }
    })
}

/// Methods that change the dictionary.
pub(super) fn change(map: &mut Arc<Map>, name: &str, mut args: Args) -> Outcome {
    match name {
        "update" => {
            let named = std::mem::take(&mut args.named);
            let args = args.bind(name, &["other"])?;
            let mut more: Vec<(Value, Value)> = match args.get(0) {
                None => Vec::new(),
                Some(Value::Map(other)) => other.entries.clone().into_iter().collect(),
                Some(pairs) => iterate(pairs)?.iter().map(pair).collect::<Result<_, _>>()?,
            };
            more.extend(named.into_iter().map(|(n, v)| (Value::Str(n), v)));
            Map::edit(map, |entries| entries.extend(more));
            Ok(Value::None)
        }
        "pop" => {
            let args = args.bind(name, &["key", "default"])?;
            let key = args.required(0)?;
            match (Map::edit(map, |entries| entries.shift_remove(key)), args.get(1)) {
                (Some(value), _) => Ok(value),
                (None, Some(default)) => Ok(default.clone()),
                (None, None) => Err(TemplateError::failed(key.repr())),
            }
        }
        "popitem" => Map::edit(map, IndexMap::pop)
            .map(|(k, v)| Value::tuple([k, v]))
            .ok_or_else(|| TemplateError::failed("popitem(): dictionary is empty")),
        "setdefault" => {
            let args = args.bind(name, &["key", "default"])?;
            let (key, default) = (args.required(0)?.clone(), args.get(1).cloned().unwrap_or(Value::None));
            Ok(Map::edit(map, |entries| entries.entry(key).or_insert(default).clone()))
        }
        _ => {
            Map::edit(map, IndexMap::clear);
            Ok(Value::None)
        }
    }
}
