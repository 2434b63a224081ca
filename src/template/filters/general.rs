//! Filters of the collection `community.general` that playbooks use most.

use indexmap::IndexMap;

use super::super::eval::pair;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("counter", "How often each item occurs.", counter),
    Filter::new("dict_kv", "A mapping with the value under a key.", |_, v, a| {
        let a = a.bind("dict_kv", &["key"])?;
        Ok(Value::map([(a.required(0)?.clone(), v)]))
    }),
    Filter::new("dict", "A mapping out of pairs.", |_, v, a| {
        a.none("dict")?;
        iterate(&v)?.iter().map(pair).collect::<Result<IndexMap<_, _>, _>>().map(Value::map)
    }),
    Filter::new("lists_mergeby", "Lists of mappings merged by a key.", merge_by),
];

fn counter(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("counter")?;
    let mut counts: IndexMap<Value, i128> = IndexMap::new();
    for item in iterate(&input)? {
        *counts.entry(item).or_default() += 1;
    }
    Ok(Value::map(counts.into_iter().map(|(k, n)| (k, Value::Int(n)))))
}

fn merge_by(session: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let key = args.positional.pop().ok_or_else(|| TemplateError::failed("lists_mergeby needs a key"))?;
    let mut options = Args { positional: Vec::new(), named: std::mem::take(&mut args.named) };
    for (name, _) in &options.named {
        if !matches!(&**name, "recursive" | "list_merge") {
            return Err(TemplateError::failed(format!("lists_mergeby has no argument `{name}`")));
        }
    }
    let mut lists = vec![input];
    lists.append(&mut args.positional);
    if lists.iter().all(|l| l.as_list().is_some_and(|items| items.iter().all(|i| i.as_list().is_some()))) {
        lists = lists.iter().flat_map(|l| l.as_list().unwrap_or_default().to_vec()).collect();
    }
    let mut merged: IndexMap<Value, Value> = IndexMap::new();
    for list in &lists {
        for item in iterate(list)? {
            let found = item.as_map().and_then(|m| m.get(&key)).cloned();
            let found = found.ok_or_else(|| {
                TemplateError::failed(format!("lists_mergeby: no key {} in `{}`", key.repr(), item.repr()))
            })?;
            let whole = match merged.get(&found) {
                Some(before) => {
                    options.positional = vec![item];
                    session.engine.apply_filter(session, "combine", before.clone(), options.clone())?
                }
                None => item,
            };
            merged.insert(found, whole);
        }
    }
    let mut items: Vec<(Value, Value)> = merged.into_iter().collect();
    super::sequences::sort_by_key(&mut items, false)?;
    Ok(Value::list(items.into_iter().map(|(_, item)| item)))
}
