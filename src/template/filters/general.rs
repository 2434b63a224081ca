//! Filters of the collection `community.general` that playbooks use most.

use baton_modules::sorting::Trees;
use indexmap::{IndexMap, IndexSet};

use super::super::eval::pair;
use super::super::session::Session;
use super::super::tests::{VersionPart, version_parts};
use super::super::tree::BinaryOp;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, arith, is_truthy};
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
    Filter::new("lists_union", "The items of all lists, each once.", |_, v, a| {
        lists(v, a, |left, right| left.iter().chain(right).cloned().collect())
    }),
    Filter::new("lists_intersect", "The items that all lists have.", |_, v, a| {
        lists(v, a, |left, right| left.iter().filter(|i| right.contains(*i)).cloned().collect())
    }),
    Filter::new("lists_difference", "The items of the first list that no other has.", |_, v, a| {
        lists(v, a, |left, right| left.iter().filter(|i| !right.contains(*i)).cloned().collect())
    }),
    Filter::new("lists_symmetric_difference", "The items that only one of both lists has.", |_, v, a| {
        lists(v, a, |left, right| {
            let all = left.iter().chain(right);
            all.filter(|i| left.contains(*i) != right.contains(*i)).cloned().collect()
        })
    }),
    Filter::new("ansible._protomatter.finalize", "Rendered as it would be for a module.", |s, v, _| {
        s.finish(v)
    }),
    Filter::new("accumulate", "The sums of its first item, its first two, and so on.", |_, v, a| {
        a.none("accumulate")?;
        let mut sums: Vec<Value> = Vec::new();
        for item in iterate(&v)? {
            sums.push(match sums.last() {
                Some(sum) => arith::binary(BinaryOp::Add, sum, &item)?,
                None => item,
            });
        }
        Ok(Value::list(sums))
    }),
    Filter::new("groupby_as_dict", "Mappings by the value of an attribute.", groupby_as_dict),
    Filter::new("version_sort", "Versions in order.", version_sort),
    Filter::new("crc32", "Its CRC-32 in hexadecimal.", |_, v, a| {
        a.none("crc32")?;
        let Value::Str(text) = &v else {
            return Err(TemplateError::failed(format!("crc32: expected text, found `{}`", v.repr())));
        };
        let mut sum = flate2::Crc::new();
        sum.update(text.as_bytes());
        Ok(Value::from(format!("{:x}", sum.sum())))
    }),
    Filter::new("reveal_ansible_type", "The type of it and of what is in it.", |_, v, a| {
        let a = a.bind("reveal_ansible_type", &["alias"])?;
        Ok(Value::from(revealed(&v, a.some(0))))
    }),
];

/// Items, each once.
type Once = IndexSet<Value>;

/// Lists brought together one after the other; every item once.
fn lists(input: Value, mut args: Args, together: fn(&Once, &Once) -> Once) -> Outcome {
    let flatten = args.take("flatten").is_some_and(|f| is_truthy(&f));
    if let Some((name, _)) = args.named.first() {
        return Err(TemplateError::failed(format!("the filter of lists has no argument `{name}`")));
    }
    let mut all = vec![input];
    all.append(&mut args.positional);
    if flatten {
        let of_lists = |l: &[Value]| l.iter().all(|inner| inner.as_list().is_some());
        all = all
            .iter()
            .flat_map(|list| match list.as_list() {
                Some(inner) if of_lists(inner) => inner.to_vec(),
                _ => vec![list.clone()],
            })
            .collect();
    }
    let mut all = all.into_iter();
    let first = all.next().unwrap_or_else(|| Value::list([]));
    if all.len() == 0 {
        return Ok(first);
    }
    let mut items: Once = iterate(&first)?.into_iter().collect();
    for other in all {
        items = together(&items, &iterate(&other)?.into_iter().collect());
    }
    Ok(Value::list(items))
}

fn groupby_as_dict(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("groupby_as_dict", &["attribute"])?;
    let items = input.as_list().ok_or_else(|| TemplateError::failed("groupby_as_dict: expected a list"))?;
    let mut groups = IndexMap::new();
    for item in items {
        let value = item.as_map().and_then(|m| m.get(args.required(0).ok()?)).cloned().ok_or_else(|| {
            TemplateError::failed(format!("groupby_as_dict: the attribute is not in `{}`", item.repr()))
        })?;
        if groups.insert(value, item.clone()).is_some() {
            return Err(TemplateError::failed(format!(
                "groupby_as_dict: several items have the value of `{}`",
                item.repr()
            )));
        }
    }
    Ok(Value::map(groups))
}

fn version_sort(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("version_sort", &["reverse"])?;
    let keyed = iterate(&input)?.into_iter().map(|item| {
        let text = item.to_text();
        let parts = version_parts(&text).into_iter().map(|part| match part {
            VersionPart::Number(number) => Value::Int(number as i128),
            VersionPart::Word(word) => Value::from(word),
        });
        (Value::list(parts), item)
    });
    let mut keyed: Vec<(Value, Value)> = keyed.collect();
    super::sequences::sort_by_key(&mut keyed, args.truth(0, false))?;
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item)))
}

/// The type of a value and of what is in it: `list[int|str]`.
pub(in crate::template) fn revealed(value: &Value, alias: Option<&Value>) -> String {
    let name = |value: &Value| {
        let name = Value::from(value.type_name());
        let other = alias.and_then(|a| a.as_map()?.get(&name));
        other.unwrap_or(&name).to_text()
    };
    let all = |values: Vec<&Value>| {
        let names: std::collections::BTreeSet<String> = values.into_iter().map(name).to_set();
        names.into_iter().collect::<Vec<_>>().join("|")
    };
    match value {
        Value::List(list) if !list.items.is_empty() && name(value) == "list" => {
            format!("list[{}]", all(list.items.iter().collect()))
        }
        Value::Map(map) if !map.entries.is_empty() && name(value) == "dict" => {
            format!("dict[{}, {}]", all(map.entries.keys().collect()), all(map.entries.values().collect()))
        }
        other => name(other),
    }
}

fn counter(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("counter")?;
    if input.as_map().is_some() {
        return Err(TemplateError::failed(format!(
            "counter: expected a list or text, found `{}`",
            input.repr()
        )));
    }
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
    lists.retain(|list| list.as_list().is_none_or(|items| !items.is_empty()));
    if lists.len() < 2 {
        return Ok(lists.pop().unwrap_or_else(|| Value::list([])));
    }
    let mut merged: IndexMap<Value, Value> = IndexMap::new();
    for item in lists.iter().map(iterate).collect::<Result<Vec<_>, _>>()?.into_iter().flatten() {
        let entries = item.as_map().ok_or_else(|| {
            TemplateError::failed(format!("lists_mergeby: expected mappings, found `{}`", item.repr()))
        })?;
        let Some(found) = entries.get(&key).cloned() else { continue };
        let whole = match merged.get(&found) {
            Some(before) => {
                options.positional = vec![item];
                session.engine.apply_filter(session, "combine", before.clone(), options.clone())?
            }
            None => item,
        };
        merged.insert(found, whole);
    }
    let mut items: Vec<(Value, Value)> = merged.into_iter().collect();
    super::sequences::sort_by_key(&mut items, false)?;
    Ok(Value::list(items.into_iter().map(|(_, item)| item)))
}
