//! Filters on sequences: ends, order, parts.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

use baton_modules::sorting::Sorting;

use super::super::session::Session;
use super::super::truth::{compare, iterate};
use super::super::{Args, Object, TemplateError, Value, arith, is_truthy};
use super::{Filter, Outcome, attributes};
use crate::template::tree::BinaryOp;

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("length", "How many items or characters it has.", length).also(&["count"]).outer(),
    Filter::new("list", "Its items as a list.", |_, v, a| {
        a.none("list")?;
        Ok(Value::list(iterate(&v)?))
    })
    .outer(),
    Filter::new("first", "Its first item.", |s, v, a| end(s, v, a, "first")).outer(),
    Filter::new("last", "Its last item.", |s, v, a| end(s, v, a, "last")).outer(),
    Filter::new("reverse", "Backwards.", reverse).outer(),
    Filter::new("join", "Its items as one text.", join),
    Filter::new("sort", "Its items in order.", sort),
    Filter::new("unique", "Every item once.", unique),
    Filter::new("min", "Its least item.", |s, v, a| extreme(s, &v, a, Ordering::Less)),
    Filter::new("max", "Its greatest item.", |s, v, a| extreme(s, &v, a, Ordering::Greater)),
    Filter::new("sum", "Its items added up.", sum),
    Filter::new("batch", "Rows of so many items.", batch),
    Filter::new("slice", "So many columns.", slice),
    Filter::new("groupby", "Its items grouped by an attribute.", groupby),
    Filter::new("flatten", "Lists within it opened.", flatten),
];

fn length(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("length")?;
    let length = match &input {
        Value::Str(s) => s.chars().count(),
        other => iterate(other)
            .map_err(|_| {
                TemplateError::failed(format!("object of type '{}' has no len()", other.type_name()))
            })?
            .len(),
    };
    Ok(Value::Int(length as i128))
}

fn end(session: &Session<'_>, input: Value, args: Args, name: &str) -> Outcome {
    args.none(name)?;
    let items = iterate(&input)?;
    let item = if name == "first" { items.first() } else { items.last() };
    match item {
        Some(item) => session.settle(item.clone()),
        None => Ok(Value::undefined(format!("No {name} item, sequence was empty."))),
    }
}

fn reverse(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("reverse")?;
    if let Value::Str(s) = &input {
        return Ok(Value::from(s.chars().rev().collect::<String>()));
    }
    let mut items = iterate(&input)?;
    items.reverse();
    Ok(Value::list(items))
}

fn join(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("join", &["d", "attribute"])?;
    let mut items = iterate(&input)?;
    if let Some(attribute) = args.some(1) {
        items = items
            .iter()
            .map(|i| session.deep(attributes::get(session, i, attribute)?))
            .collect::<Result<_, _>>()?;
    }
    let texts: Vec<String> = items.iter().map(Value::to_text).collect();
    Ok(Value::from(texts.join(&args.text(0, ""))))
}

/// A value for comparing: text without regard to case, unless case matters.
fn folded(value: Value, case_sensitive: bool) -> Value {
    match value {
        Value::Str(s) if !case_sensitive => Value::from(s.to_lowercase()),
        other => other,
    }
}

fn sort(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("sort", &["reverse", "case_sensitive", "attribute"])?;
    let (reverse, sensitive) = (args.truth(0, false), args.truth(1, false));
    let keys = attributes::list(args.some(2));
    let mut keyed = Vec::new();
    for item in iterate(&input)? {
        let key = match &keys {
            None => vec![folded(item.clone(), sensitive)],
            Some(keys) => keys
                .iter()
                .map(|k| Ok(folded(session.deep(attributes::get(session, &item, k)?)?, sensitive)))
                .collect::<Result<_, TemplateError>>()?,
        };
        keyed.push((Value::list(key), item));
    }
    sort_by_key(&mut keyed, reverse)?;
    Ok(Value::list(keyed.into_iter().map(|(_, item)| item)))
}

/// A stable sort; values without an order are an error.
pub(super) fn sort_by_key(keyed: &mut [(Value, Value)], reverse: bool) -> Result<(), TemplateError> {
    let mut failure = None;
    keyed.order_by(|(a, _), (b, _)| {
        let order = compare(a, b, "<").unwrap_or_else(|e| {
            failure.get_or_insert(e);
            Ordering::Equal
        });
        if reverse { order.reverse() } else { order }
    });
    failure.map_or(Ok(()), Err)
}

fn unique(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("unique", &["case_sensitive", "attribute"])?;
    let sensitive = args.truth(0, false);
    let mut seen = indexmap::IndexSet::new();
    let mut items = Vec::new();
    for item in iterate(&input)? {
        let key = match args.some(1) {
            Some(attribute) => session.deep(attributes::get(session, &item, attribute)?)?,
            None => item.clone(),
        };
        if matches!(key, Value::List(_) | Value::Map(_))
            && (args.some(0).is_some_and(|s| !is_truthy(s)) || args.some(1).is_some())
        {
            let message = format!("unique: `{}` has no case, and is not found by its attribute", item.repr());
            return Err(TemplateError::failed(message).words(
                "Jinja2's unique filter failed and we cannot fall back to Ansible's version as it does not \
                 support the parameters supplied",
            ));
        }
        if seen.insert(folded(key, sensitive)) {
            items.push(item);
        }
    }
    Ok(Value::list(items))
}

fn extreme(session: &Session<'_>, input: &Value, args: Args, wanted: Ordering) -> Outcome {
    let args = args.bind("min", &["case_sensitive", "attribute"])?;
    let sensitive = args.truth(0, false);
    let mut best: Option<(Value, Value)> = None;
    for item in iterate(input)? {
        let key = match args.some(1) {
            Some(attribute) => session.deep(attributes::get(session, &item, attribute)?)?,
            None => item.clone(),
        };
        let key = folded(key, sensitive);
        let better = match &best {
            None => true,
            Some((other, _)) => compare(&key, other, "<")? == wanted,
        };
        if better {
            best = Some((key, item));
        }
    }
    Ok(best.map_or_else(|| Value::undefined("No aggregated item, sequence was empty."), |(_, item)| item))
}

fn sum(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("sum", &["attribute", "start"])?;
    let start = args.get(1).cloned().unwrap_or(Value::Int(0));
    iterate(&input)?.into_iter().try_fold(start, |total, item| {
        let item = match args.some(0) {
            Some(attribute) => session.deep(attributes::get(session, &item, attribute)?)?,
            None => item,
        };
        arith::binary(BinaryOp::Add, &total, &item)
    })
}

fn batch(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("batch", &["linecount", "fill_with"])?;
    args.required(0)?;
    let items = iterate(&input)?;
    let size = match (args.int(0, 1)?, items.is_empty()) {
        (_, true) => 1,
        // ansible: a row that is full before its first item, and one that is never full.
        (0, _) => return Ok(Value::list([Value::list([]), Value::list(items)])),
        (..0, _) => return Ok(Value::list([Value::list(items)])),
        _ => args.size(0, 1)?,
    };
    let rows = items.chunks(size).map(|row| {
        let mut row = row.to_vec();
        if let Some(fill) = args.some(1) {
            row.resize(size, fill.clone());
        }
        Value::list(row)
    });
    Ok(Value::list(rows))
}

fn slice(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("slice", &["slices", "fill_with"])?;
    args.required(0)?;
    if args.int(0, 1)? == 0 {
        return Err(TemplateError::failed("slice: integer division or modulo by zero"));
    }
    // ansible: fewer than none are none.
    let slices = args.size(0, 1)?;
    if slices == 0 {
        return Ok(Value::list([]));
    }
    let items = iterate(&input)?;
    let (each, extra) = (items.len() / slices, items.len() % slices);
    let mut columns = Vec::with_capacity(slices);
    let mut at = 0;
    for column in 0..slices {
        let size = each + usize::from(column < extra);
        let mut part = items[at..at + size].to_vec();
        at += size;
        // ansible: also where all are full without it.
        part.extend(args.some(1).filter(|_| column >= extra).cloned());
        columns.push(Value::list(part));
    }
    Ok(Value::list(columns))
}

fn groupby(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("groupby", &["attribute", "default", "case_sensitive"])?;
    let sensitive = args.truth(2, false);
    let attribute = args.required(0)?;
    let mut keyed = Vec::new();
    for item in iterate(&input)? {
        let mut key = attributes::get(session, &item, attribute)?;
        if let (Value::Undefined(_), Some(default)) = (&key, args.some(1)) {
            key = default.clone();
        }
        let key = session.deep(key)?;
        keyed.push((Value::list([folded(key.clone(), sensitive), key]), item));
    }
    let mut pairs: Vec<(Value, Value)> = keyed
        .into_iter()
        .map(|(k, i)| {
            let keys = k.as_list().unwrap_or_default().to_vec();
            (keys[0].clone(), Value::tuple([keys[1].clone(), i]))
        })
        .collect();
    sort_by_key(&mut pairs, false)?;
    let mut groups: Vec<(Value, Value, Vec<Value>)> = Vec::new();
    for (folded, pair) in pairs {
        let pair = pair.as_list().unwrap_or_default().to_vec();
        match groups.last_mut() {
            Some((key, _, items)) if *key == folded => items.push(pair[1].clone()),
            _ => groups.push((folded, pair[0].clone(), vec![pair[1].clone()])),
        }
    }
    Ok(Value::list(
        groups
            .into_iter()
            .map(|(_, key, items)| Value::Object(Arc::new(Group { key, items: Value::list(items) }))),
    ))
}

/// A group: a pair whose parts have names, too.
struct Group {
    key: Value,
    items: Value,
}

impl Object for Group {
    fn type_name(&self) -> &str {
        "tuple"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        match key {
            Value::Str(s) if &**s == "grouper" => Some(self.key.clone()),
            Value::Str(s) if &**s == "list" => Some(self.items.clone()),
            Value::Int(0 | -2) => Some(self.key.clone()),
            Value::Int(1 | -1) => Some(self.items.clone()),
            _ => None,
        }
    }

    fn iterate(&self) -> Option<Vec<Value>> {
        Some(vec![self.key.clone(), self.items.clone()])
    }

    fn to_plain(&self) -> Option<Value> {
        Some(Value::tuple([self.key.clone(), self.items.clone()]))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn flatten(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("flatten", &["levels", "skip_nulls"])?;
    let levels = args.some(0).map(|_| args.int(0, 0)).transpose()?;
    let skip = args.truth(1, true);
    let mut out = Vec::new();
    open(&iterate(&input)?, levels, skip, &mut out);
    Ok(Value::list(out))
}

fn open(items: &[Value], levels: Option<i128>, skip: bool, out: &mut Vec<Value>) {
    for item in items {
        let null = match item {
            Value::None => true,
            Value::Str(s) => matches!(&**s, "None" | "null"),
            _ => false,
        };
        match item {
            _ if null && skip => {}
            Value::List(l) | Value::Tuple(l) if levels.is_none_or(|n| n >= 1) => {
                open(&l.items, levels.map(|n| n - 1), skip, out);
            }
            other => out.push(other.clone()),
        }
    }
}
