//! Filters on mappings.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, Map, TemplateError, Value};
use super::sequences::sort_by_key;
use super::{Filter, Outcome, attributes};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("items", "Its keys and values as pairs.", items).missing(),
    Filter::new("dictsort", "Its keys and values as pairs, in order.", dictsort),
    Filter::new("combine", "Mappings merged, the last one winning.", combine).outer(),
    Filter::new("dict2items", "A list of mappings of `key` and `value`.", dict2items).outer(),
    Filter::new("items2dict", "A mapping from a list of `key` and `value`.", items2dict).outer(),
    Filter::new("subelements", "Every item with every element of a list in it.", subelements),
    Filter::new("rekey_on_member", "A mapping by a member of each item.", rekey_on_member),
];

fn items(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("items")?;
    match &plain(session, input)? {
        Value::Undefined(_) => Ok(Value::list([])),
        Value::Map(map) => {
            Ok(Value::list(map.entries.iter().map(|(k, v)| Value::tuple([k.clone(), v.clone()]))))
        }
        other => Err(TemplateError::failed(format!(
            "can only get item pairs from a mapping, not `{}`",
            other.type_name()
        ))),
    }
}

fn dictsort(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("dictsort", &["case_sensitive", "by", "reverse"])?;
    let sensitive = args.truth(0, false);
    let by_value = match args.text(1, "key").as_str() {
        "key" => false,
        "value" => true,
        _ => return Err(TemplateError::failed("you can only sort by either \"key\" or \"value\"")),
    };
    let entries = input.as_map().ok_or_else(|| TemplateError::failed("dictsort needs a mapping"))?;
    let mut keyed: Vec<(Value, Value)> = entries
        .iter()
        .map(|(k, v)| {
            let key = match if by_value { v } else { k } {
                Value::Str(s) if !sensitive => Value::from(s.to_lowercase()),
                other => other.clone(),
            };
            (key, Value::tuple([k.clone(), v.clone()]))
        })
        .collect();
    sort_by_key(&mut keyed, args.truth(2, false))?;
    Ok(Value::list(keyed.into_iter().map(|(_, pair)| pair)))
}

/// How lists under the same key come together.
#[derive(Clone, Copy)]
enum ListMerge {
    Replace,
    Keep,
    Append,
    Prepend,
    AppendRp,
    PrependRp,
}

fn combine(session: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let recursive = args.take("recursive").is_some_and(|r| super::super::is_truthy(&r));
    let merge = match args.take("list_merge").map_or_else(|| "replace".into(), |m| m.to_text()).as_str() {
        "replace" => ListMerge::Replace,
        "keep" => ListMerge::Keep,
        "append" => ListMerge::Append,
        "prepend" => ListMerge::Prepend,
        "append_rp" => ListMerge::AppendRp,
        "prepend_rp" => ListMerge::PrependRp,
        other => {
            return Err(TemplateError::failed(format!(
                "combine: expected `list_merge` to be one of `replace`, `keep`, `append`, `prepend`, `append_rp`, \
                 `prepend_rp`, found `{other}`"
            )));
        }
    };
    if let Some((name, _)) = args.named.first() {
        return Err(TemplateError::failed(format!(
            "combine takes `recursive` and `list_merge` by name, not `{name}`"
        ))
        .words("'recursive' and 'list_merge' are the only valid keyword arguments"));
    }
    let mut maps = Vec::new();
    for value in std::iter::once(input).chain(args.positional) {
        mappings(session, value, true, &mut maps)?;
    }
    let mut maps = maps.into_iter();
    let Some(first) = maps.next() else { return Ok(Value::map([])) };
    let merged = maps.try_fold(first, |low, high| merged(session, &low, &high, recursive, merge))?;
    Ok(Value::Map(merged))
}

fn mappings(
    session: &Session<'_>,
    value: Value,
    lists: bool,
    out: &mut Vec<Arc<Map>>,
) -> Result<(), TemplateError> {
    match session.settle(value)? {
        Value::Map(map) => out.push(map),
        Value::List(list) | Value::Tuple(list) if lists => {
            list.items.iter().try_for_each(|i| mappings(session, i.clone(), false, out))?;
        }
        Value::Undefined(u) => return Err(TemplateError::undefined(&u)),
        Value::Object(o) if o.to_plain().is_some_and(|p| matches!(p, Value::Map(_))) => {
            let plain = session.finish(Value::Object(o))?;
            mappings(session, plain, false, out)?;
        }
        Value::None => {}
        other => {
            return Err(TemplateError::failed(format!("combine expects mappings, found `{}`", other.repr()))
                .words(format!(
                    "failed to combine variables, expected dicts but got a '{}'",
                    other.type_name()
                )));
        }
    }
    Ok(())
}

fn merged(
    session: &Session<'_>,
    low: &Arc<Map>,
    high: &Arc<Map>,
    recursive: bool,
    lists: ListMerge,
) -> Result<Arc<Map>, TemplateError> {
    let mut entries = low.entries.clone();
    for (key, value) in &high.entries {
        let Some(old) = entries.get(key).cloned() else {
            entries.insert(key.clone(), value.clone());
            continue;
        };
        let simple = !recursive && matches!(lists, ListMerge::Replace);
        let pair = if simple {
            (Value::None, Value::None)
        } else {
            (session.settle(old)?, session.settle(value.clone())?)
        };
        let together = match pair {
            (Value::Map(a), Value::Map(b)) if recursive => {
                Value::Map(merged(session, &a, &b, recursive, lists)?)
            }
            (Value::List(a), Value::List(b)) => Value::list(joined(&a.items, &b.items, lists)),
            _ => value.clone(),
        };
        entries.insert(key.clone(), together);
    }
    Ok(Arc::new(Map::new(entries)))
}

fn joined(low: &[Value], high: &[Value], lists: ListMerge) -> Vec<Value> {
    let without = |items: &[Value], gone: &[Value]| -> Vec<Value> {
        items.iter().filter(|i| !gone.contains(i)).cloned().collect()
    };
    match lists {
        ListMerge::Replace => high.to_vec(),
        ListMerge::Keep => low.to_vec(),
        ListMerge::Append => [low, high].concat(),
        ListMerge::Prepend => [high, low].concat(),
        ListMerge::AppendRp => [without(low, high), high.to_vec()].concat(),
        ListMerge::PrependRp => [high.to_vec(), without(low, high)].concat(),
    }
}

fn dict2items(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("dict2items", &["key_name", "value_name"])?;
    let (key, value) = (args.text(0, "key"), args.text(1, "value"));
    let input = plain(session, input)?;
    let entries = input.as_map().ok_or_else(|| {
        TemplateError::failed(format!("dict2items requires a dictionary, found `{}`", input.type_name()))
    })?;
    Ok(Value::list(entries.iter().map(|(k, v)| {
        Value::map([(Value::from(key.as_str()), k.clone()), (Value::from(value.as_str()), v.clone())])
    })))
}

/// An object as a mapping; what belongs to others in it (`hostvars`) is not rendered before it is used.
fn plain(session: &Session<'_>, input: Value) -> Outcome {
    match &input {
        Value::Object(object) if object.scope().is_none() => Ok(object.to_plain().unwrap_or(input)),
        Value::Object(_) => session.finish(input),
        _ => Ok(input),
    }
}

fn items2dict(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("items2dict", &["key_name", "value_name"])?;
    let names = [Value::from(args.text(0, "key")), Value::from(args.text(1, "value"))];
    if !matches!(input, Value::List(_) | Value::Tuple(_)) {
        return Err(TemplateError::failed(format!(
            "items2dict requires a list, found `{}`",
            input.type_name()
        )));
    }
    let mut entries = IndexMap::new();
    for item in iterate(&input)? {
        let item = session.settle(item)?;
        let found = names.clone().map(|n| item.as_map().and_then(|m| m.get(&n)).cloned());
        let [Some(key), Some(value)] = found else {
            let [key, value] = names.each_ref().map(Value::repr);
            let words = match item.as_map() {
                Some(_) => format!(
                    "items2dict requires each dictionary in the list to contain the keys {key} and {value}, got {} instead.",
                    item.repr()
                ),
                None => format!("items2dict requires a list of dictionaries, got {} instead.", item.repr()),
            };
            return Err(TemplateError::failed(format!(
                "items2dict requires each item to have the keys {key} and {value}, found `{}`",
                item.repr()
            ))
            .words(words));
        };
        entries.insert(session.deep(key)?, value);
    }
    Ok(Value::map(entries))
}

fn subelements(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("subelements", &["subelements", "skip_missing"])?;
    elements(session, &input, args.required(0)?, args.truth(1, false)).map(Value::list)
}

/// Every item with every element of the list under a path in it.
pub(crate) fn elements(
    session: &Session<'_>,
    input: &Value,
    path: &Value,
    skip_missing: bool,
) -> Result<Vec<Value>, TemplateError> {
    let outer: Vec<Value> = match input {
        Value::Map(map) => map.entries.values().cloned().collect(),
        Value::List(list) | Value::Tuple(list) => list.items.clone(),
        other => {
            return Err(TemplateError::failed(format!(
                "subelements expects a list or a mapping, found `{}`",
                other.type_name()
            ))
            .words("obj must be a list of dicts or a nested dict"));
        }
    };
    let keys: Vec<Value> = match path {
        Value::Str(s) => s.split('.').map(Value::from).collect(),
        Value::List(list) => list.items.clone(),
        other => {
            return Err(TemplateError::failed(format!(
                "subelements expects a list of keys or a text, found `{}`",
                other.repr()
            ))
            .words("subelements must be a list or a string"));
        }
    };
    let mut out = Vec::new();
    'items: for item in outer {
        let mut found = item.clone();
        for key in &keys {
            found = match session.settle(found)? {
                Value::Map(map) => match map.entries.get(key) {
                    Some(inner) => inner.clone(),
                    None if skip_missing => continue 'items,
                    None => {
                        return Err(TemplateError::failed(format!(
                            "could not find {} in {}",
                            key.repr(),
                            item.repr()
                        ))
                        .words(format!(
                            "could not find {} key in iterated item {}",
                            key.repr(),
                            item.repr()
                        )));
                    }
                },
                _ if skip_missing => continue 'items,
                other => {
                    return Err(TemplateError::failed(format!(
                        "expected a dictionary, found `{}`",
                        other.repr()
                    ))
                    .words(format!(
                        "the key {} should point to a dictionary, got '{}'",
                        key.to_text(),
                        other.repr()
                    )));
                }
            };
        }
        match session.settle(found)? {
            Value::List(list) => {
                out.extend(list.items.iter().map(|e| Value::tuple([item.clone(), e.clone()])))
            }
            other => {
                return Err(TemplateError::failed(format!(
                    "the key must point to a list, found `{}`",
                    other.repr()
                ))
                .words(format!("the key should point to a list, got '{}'", other.repr())));
            }
        }
    }
    Ok(out)
}

fn rekey_on_member(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("rekey_on_member", &["key", "duplicates"])?;
    let (key, duplicates) = (args.required(0)?, args.text(1, "error"));
    if !matches!(duplicates.as_str(), "error" | "overwrite") {
        return Err(TemplateError::failed(format!(
            "expected `duplicates` to be `error` or `overwrite`, found `{duplicates}`"
        ))
        .words(format!("duplicates parameter to rekey_on_member has unknown value: {duplicates}")));
    }
    let items = match &input {
        Value::Map(map) => map.entries.values().cloned().collect(),
        Value::List(list) | Value::Tuple(list) => list.items.clone(),
        _ => {
            return Err(TemplateError::failed("expected a list or a mapping of mappings")
                .words("Type is not a valid list, set, or dict"));
        }
    };
    let mut entries = IndexMap::new();
    for item in items {
        if !matches!(item, Value::Map(_)) {
            return Err(TemplateError::failed(format!("list item is not a valid dict: `{}`", item.repr()))
                .words("List item is not a valid dict"));
        }
        let member = attributes::get(session, &item, key)?;
        let Value::Undefined(_) = &member else {
            if duplicates == "error" && entries.contains_key(&member) {
                return Err(TemplateError::failed(format!(
                    "key {} is not unique, cannot convert to dict",
                    member.repr()
                )));
            }
            entries.insert(member, item);
            continue;
        };
        return Err(TemplateError::failed(format!("key {} was not found", key.repr())));
    }
    Ok(Value::map(entries))
}
