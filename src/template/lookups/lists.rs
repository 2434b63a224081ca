//! Look-ups that arrange what they are given, for loops.

use rand::RngExt;

use super::super::filters::elements;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup { name: "items", doc: "The items, lists among them opened once.", run: |_, t, _| Ok(opened(&t)) },
    Lookup { name: "list", doc: "The items as they are.", run: |_, t, _| Ok(t) },
    Lookup {
        name: "flattened",
        doc: "The items, all lists among them opened.",
        run: |_, t, _| {
            let mut out = Vec::new();
            open_all(&t, &mut out);
            Ok(out)
        },
    },
    Lookup { name: "dict", doc: "The entries of mappings as `key` and `value`.", run: dict },
    Lookup { name: "nested", doc: "Every combination of the items of several lists.", run: nested },
    Lookup { name: "cartesian", doc: "Every combination of the items of several lists.", run: nested },
    Lookup { name: "together", doc: "The items of several lists at the same place.", run: together },
    Lookup {
        name: "indexed_items",
        doc: "The items with their indices.",
        run: |_, t, _| {
            let items = opened(&t).into_iter().enumerate();
            Ok(items.map(|(at, item)| Value::list([Value::Int(at as i128), item])).collect())
        },
    },
    Lookup {
        name: "random_choice",
        doc: "One of the items by chance.",
        run: |_, t, _| {
            if t.is_empty() {
                return Ok(t);
            }
            let at = rand::rng().random_range(0..t.len());
            Ok(vec![t[at].clone()])
        },
    },
    Lookup { name: "subelements", doc: "Every item with every element of a list in it.", run: subelements },
];

/// Lists opened once.
fn opened(items: &[Value]) -> Vec<Value> {
    let mut out = Vec::with_capacity(items.len());
    for item in items {
        match item.as_list() {
            Some(inner) => out.extend(inner.iter().cloned()),
            None => out.push(item.clone()),
        }
    }
    out
}

fn open_all(items: &[Value], out: &mut Vec<Value>) {
    for item in items {
        match item {
            Value::List(inner) | Value::Tuple(inner) => open_all(&inner.items, out),
            Value::None => {}
            Value::Str(s) if matches!(&**s, "None" | "null") => {}
            other => out.push(other.clone()),
        }
    }
}

fn dict(_: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    let mut out = Vec::new();
    for term in &terms {
        let entries = term.as_map().ok_or_else(|| {
            TemplateError::failed(format!("the lookup plugin expects a dictionary, found {}", term.repr()))
        })?;
        out.extend(
            entries.iter().map(|(k, v)| Value::map([("key".into(), k.clone()), ("value".into(), v.clone())])),
        );
    }
    Ok(out)
}

fn columns(terms: &[Value]) -> Result<Vec<Vec<Value>>, TemplateError> {
    terms
        .iter()
        .map(|t| match t {
            Value::Str(_) => Ok(vec![t.clone()]),
            other => iterate(other),
        })
        .collect()
}

fn nested(_: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    if terms.is_empty() {
        return Err(TemplateError::failed("requires at least one element in the nested list"));
    }
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for column in columns(&terms)? {
        if rows.len().saturating_mul(column.len()) > 10_000_000 {
            return Err(TemplateError::failed("there are too many combinations"));
        }
        rows = rows
            .iter()
            .flat_map(|row| column.iter().map(move |item| row.iter().chain([item]).cloned().collect()))
            .collect();
    }
    Ok(rows.into_iter().map(|row| Value::list(opened(&row))).collect())
}

fn together(_: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    if terms.is_empty() {
        return Err(TemplateError::failed("at least one list is needed")
            .words("with_together requires at least one element in each list"));
    }
    let columns = columns(&terms)?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| -> Vec<Value> {
        columns.iter().map(|c| c.get(at).cloned().unwrap_or(Value::None)).collect()
    };
    Ok((0..length).map(|at| Value::list(opened(&row(at)))).collect())
}

fn subelements(session: &Session<'_>, terms: Vec<Value>, _: Args) -> Found {
    let [outer, path, rest @ ..] = terms.as_slice() else {
        return Err(wrong_terms("expects a list of two or three items"));
    };
    if rest.len() > 1 {
        return Err(wrong_terms("expects a list of two or three items"));
    }
    if !matches!(outer, Value::Map(_) | Value::List(_)) {
        return Err(wrong_terms("first a dict or a list, second a string pointing to the subkey"));
    }
    if path.as_str().is_none() {
        return Err(wrong_terms("first a dict or a list, second a string pointing to the subkey"));
    }
    let skip = match rest.first() {
        None => None,
        Some(Value::Map(options)) if options.entries.keys().all(|k| k.as_str() == Some("skip_missing")) => {
            options.get("skip_missing")
        }
        Some(_) => return Err(wrong_terms("the optional third item must be a dict with flags skip_missing")),
    };
    let skip = skip.is_some_and(|s| s.to_bool().unwrap_or_else(|| is_truthy(s)));
    let outer: Vec<Value> = match outer {
        Value::Map(map) if map.get("skipped").is_some_and(is_truthy) => return Ok(Vec::new()),
        Value::Map(map) => map.entries.values().cloned().collect(),
        other => iterate(other)?,
    };
    let skipped = |i: &Value| i.as_map().and_then(|m| m.get("skipped")).is_some_and(is_truthy);
    let outer = Value::list(outer.into_iter().filter(|i| !skipped(i)));
    let keys: Vec<Value> = path.to_text().split('.').map(Value::from).collect();
    let pairs = elements(session, &outer, path, skip)?;
    // ansible: the list itself is gone from the item.
    let pairs = pairs.iter().filter_map(|pair| match pair.as_list()? {
        [item, element] => Some(Value::list([without(item, &keys), element.clone()])),
        _ => None,
    });
    Ok(pairs.collect())
}

/// What is wrong with the terms of `subelements`, in Ansible's words.
fn wrong_terms(words: &str) -> TemplateError {
    TemplateError::failed(
        "expected a list or mapping of mappings, the key of a list in each, and perhaps options",
    )
    .words(format!("subelements lookup {words}"))
}

fn without(item: &Value, keys: &[Value]) -> Value {
    let (Some(entries), Some((key, rest))) = (item.as_map(), keys.split_first()) else { return item.clone() };
    let mut entries = entries.clone();
    match (rest.is_empty(), entries.get(key).cloned()) {
        (true, _) => drop(entries.shift_remove(key)),
        (false, Some(inner)) => drop(entries.insert(key.clone(), without(&inner, rest))),
        (false, None) => {}
    }
    Value::map(entries)
}
