//! The filter `json_query`: JMESPath on our own values, so that mappings keep their order and whole numbers stay whole.

use jmespath::ast::{Ast, Comparator};

use super::super::session::Session;
use super::super::tree::BinaryOp;
use super::super::truth::compare;
use super::super::{Args, TemplateError, Value, arith, json};
use super::sequences::sort_by_key;
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] =
    &[Filter::new("json_query", "What a JMESPath expression finds.", json_query)];

fn json_query(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("json_query", &["expr"])?;
    let tree = jmespath::parse(&args.required_text(0)?).map_err(|e| failed(e.reason))?;
    found(&tree, &session.finish(input)?)
}

fn failed(why: impl std::fmt::Display) -> TemplateError {
    TemplateError::failed(format!("json_query: {why}"))
}

/// JMESPath's truth: only what is empty, false or nothing is false.
fn holds(value: &Value) -> bool {
    match value {
        Value::Int(_) | Value::Float(_) => true,
        other => super::super::is_truthy(other),
    }
}

fn found(tree: &Ast, data: &Value) -> Outcome {
    Ok(match tree {
        Ast::Identity { .. } => data.clone(),
        Ast::Field { name, .. } => {
            data.as_map().and_then(|m| m.get(name.as_str())).cloned().unwrap_or(Value::None)
        }
        Ast::Index { idx, .. } => {
            let items = data.as_list().unwrap_or_default();
            let at = if *idx < 0 { items.len() as i64 + i64::from(*idx) } else { (*idx).into() };
            usize::try_from(at).ok().and_then(|at| items.get(at)).cloned().unwrap_or(Value::None)
        }
        Ast::Subexpr { lhs, rhs, .. } => found(rhs, &found(lhs, data)?)?,
        Ast::Literal { value, .. } => {
            let literal = serde_json::to_value(&**value).map_err(failed)?;
            Value::from_json(&literal)
        }
        Ast::Or { lhs, rhs, .. } => match found(lhs, data)? {
            left if holds(&left) => left,
            _ => found(rhs, data)?,
        },
        Ast::And { lhs, rhs, .. } => match found(lhs, data)? {
            left if holds(&left) => found(rhs, data)?,
            left => left,
        },
        Ast::Not { node, .. } => Value::Bool(!holds(&found(node, data)?)),
        Ast::Condition { predicate, then, .. } => match holds(&found(predicate, data)?) {
            true => found(then, data)?,
            false => Value::None,
        },
        Ast::Comparison { comparator, lhs, rhs, .. } => {
            compared(comparator, &found(lhs, data)?, &found(rhs, data)?)?
        }
        Ast::ObjectValues { node, .. } => match found(node, data)? {
            Value::Map(map) => Value::list(map.entries.values().cloned()),
            _ => Value::None,
        },
        Ast::Projection { lhs, rhs, .. } => match found(lhs, data)?.as_list() {
            Some(items) => mapped(items, rhs, true)?,
            None => Value::None,
        },
        Ast::Flatten { node, .. } => match found(node, data)?.as_list() {
            Some(items) => Value::list(items.iter().flat_map(|item| match item.as_list() {
                Some(inner) => inner.to_vec(),
                None => vec![item.clone()],
            })),
            None => Value::None,
        },
        Ast::MultiList { .. } | Ast::MultiHash { .. } if matches!(data, Value::None) => Value::None,
        Ast::MultiList { elements, .. } => {
            Value::list(elements.iter().map(|e| found(e, data)).collect::<Result<Vec<_>, _>>()?)
        }
        Ast::MultiHash { elements, .. } => {
            let entries = elements.iter().map(|e| Ok((Value::from(e.key.as_str()), found(&e.value, data)?)));
            Value::map(entries.collect::<Result<Vec<_>, TemplateError>>()?)
        }
        Ast::Slice { start, stop, step, .. } => match data.as_list() {
            Some(items) => sliced(items, *start, *stop, *step)?,
            None => Value::None,
        },
        Ast::Expref { .. } => return Err(failed("`&` stands only in arguments of functions")),
        Ast::Function { name, args, .. } => call(name, args, data)?,
    })
}

/// What an expression finds in each item; nothing is left out where a projection asks.
fn mapped(items: &[Value], tree: &Ast, leave_out: bool) -> Outcome {
    let all = items.iter().map(|item| found(tree, item));
    let all = all.filter(|v| !leave_out || !matches!(v, Ok(Value::None)));
    all.collect::<Result<Vec<_>, _>>().map(Value::list)
}

fn compared(comparator: &Comparator, left: &Value, right: &Value) -> Outcome {
    // True and 1 are not the same here.
    let same = || left == right && matches!(left, Value::Bool(_)) == matches!(right, Value::Bool(_));
    let is_number = |v: &Value| matches!(v, Value::Int(_) | Value::Float(_));
    let comparable =
        (is_number(left) && is_number(right)) || (left.as_str().is_some() && right.as_str().is_some());
    Ok(Value::Bool(match comparator {
        Comparator::Equal => same(),
        Comparator::NotEqual => !same(),
        _ if !comparable => return Ok(Value::None),
        Comparator::LessThan => compare(left, right, "<")?.is_lt(),
        Comparator::LessThanEqual => compare(left, right, "<=")?.is_le(),
        Comparator::GreaterThan => compare(left, right, ">")?.is_gt(),
        Comparator::GreaterThanEqual => compare(left, right, ">=")?.is_ge(),
    }))
}

fn sliced(items: &[Value], start: Option<i32>, stop: Option<i32>, step: i32) -> Outcome {
    if step == 0 {
        return Err(failed("a slice cannot have the step 0"));
    }
    let (length, step) = (items.len() as i64, i64::from(step));
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let end = |given: Option<i32>, open: i64| {
        given.map_or(open, |at| {
            let at = i64::from(at);
            (if at < 0 { at + length } else { at }).clamp(low, high)
        })
    };
    let (mut at, stop) =
        if step > 0 { (end(start, low), end(stop, high)) } else { (end(start, high), end(stop, low)) };
    let mut out = Vec::new();
    while (step > 0 && at < stop) || (step < 0 && at > stop) {
        out.extend(usize::try_from(at).ok().and_then(|at| items.get(at)).cloned());
        at += step;
    }
    Ok(Value::list(out))
}

fn call(name: &str, args: &[Ast], data: &Value) -> Outcome {
    let wrong = || failed(format!("wrong arguments of the function `{name}`"));
    if let ("sort_by" | "max_by" | "min_by", [list, Ast::Expref { ast, .. }]) = (name, args) {
        let list = found(list, data)?;
        let items = list.as_list().ok_or_else(wrong)?;
        let keyed = items.iter().map(|item| Ok((found(ast, item)?, item.clone())));
        return ordered(name, keyed.collect::<Result<_, TemplateError>>()?);
    }
    if let ("map", [Ast::Expref { ast, .. }, list]) = (name, args) {
        return mapped(found(list, data)?.as_list().ok_or_else(wrong)?, ast, false);
    }
    let args = args.iter().map(|arg| found(arg, data)).collect::<Result<Vec<_>, _>>()?;
    match args.as_slice() {
        _ if name == "not_null" => {
            Ok(args.iter().find(|v| !matches!(v, Value::None)).cloned().unwrap_or(Value::None))
        }
        maps if name == "merge" => {
            let maps = maps.iter().map(|m| m.as_map().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
            let entries = maps.into_iter().flatten().map(|(k, v)| (k.clone(), v.clone()));
            Ok(Value::map(entries.collect::<indexmap::IndexMap<_, _>>()))
        }
        [one] => of_one(name, one),
        [one, two] => of_two(name, one, two),
        _ => Err(wrong()),
    }
}

/// The functions of one argument.
fn of_one(name: &str, value: &Value) -> Outcome {
    let wrong = || failed(format!("the function `{name}` does not take `{}`", value.repr()));
    let number = || value.as_float().filter(|_| !matches!(value, Value::Bool(_))).ok_or_else(wrong);
    let items = || value.as_list().ok_or_else(wrong);
    let map = || value.as_map().ok_or_else(wrong);
    let sum =
        || items()?.iter().try_fold(Value::Int(0), |sum, item| arith::binary(BinaryOp::Add, &sum, item));
    Ok(match name {
        "abs" => match value {
            Value::Int(i) => Value::Int(i.saturating_abs()),
            _ => Value::Float(number()?.abs()),
        },
        "ceil" => Value::Int(number()?.ceil() as i128),
        "floor" => Value::Int(number()?.floor() as i128),
        "sum" => sum()?,
        "avg" if items()?.is_empty() => Value::None,
        "avg" => Value::Float(sum()?.as_float().ok_or_else(wrong)? / items()?.len() as f64),
        "keys" => Value::list(map()?.keys().cloned()),
        "values" => Value::list(map()?.values().cloned()),
        "length" => Value::Int(match value {
            Value::Str(text) => text.chars().count(),
            Value::Map(map) => map.entries.len(),
            _ => items()?.len(),
        } as i128),
        "reverse" => match value {
            Value::Str(text) => Value::from(text.chars().rev().collect::<String>()),
            _ => Value::list(items()?.iter().rev().cloned()),
        },
        "sort" | "max" | "min" => {
            return ordered(name, items()?.iter().map(|item| (item.clone(), item.clone())).collect());
        }
        "to_array" if value.as_list().is_some() => value.clone(),
        "to_array" => Value::list([value.clone()]),
        "to_string" if value.as_str().is_some() => value.clone(),
        "to_string" => {
            let (item, key) = (",".to_owned(), ":".to_owned());
            let layout = json::Layout { indent: None, sort_keys: false, ascii: true, item, key };
            Value::from(json::write(value, &layout)?)
        }
        "to_number" => match value {
            Value::Int(_) | Value::Float(_) => value.clone(),
            Value::Str(text) => match (text.parse(), text.parse()) {
                (Ok(whole), _) => Value::Int(whole),
                (_, Ok(number)) => Value::Float(number),
                _ => Value::None,
            },
            _ => Value::None,
        },
        "type" => Value::from(match value {
            Value::None => "null",
            Value::Bool(_) => "boolean",
            Value::Int(_) | Value::Float(_) => "number",
            Value::List(_) => "array",
            Value::Map(_) => "object",
            _ => "string",
        }),
        _ => return Err(failed(format!("unknown function `{name}`"))),
    })
}

/// The functions of two arguments.
fn of_two(name: &str, left: &Value, right: &Value) -> Outcome {
    let wrong =
        || failed(format!("the function `{name}` does not take `{}` and `{}`", left.repr(), right.repr()));
    let texts =
        || Ok::<_, TemplateError>((left.as_str().ok_or_else(wrong)?, right.as_str().ok_or_else(wrong)?));
    Ok(match (name, left) {
        ("contains", Value::List(list)) => Value::Bool(list.items.contains(right)),
        ("contains", Value::Str(text)) => Value::Bool(right.as_str().is_some_and(|part| text.contains(part))),
        ("starts_with", _) => Value::Bool(texts().map(|(text, part)| text.starts_with(part))?),
        ("ends_with", _) => Value::Bool(texts().map(|(text, part)| text.ends_with(part))?),
        ("join", Value::Str(glue)) => {
            let items = right.as_list().ok_or_else(wrong)?.iter();
            let items = items.map(|item| item.as_str().ok_or_else(wrong)).collect::<Result<Vec<_>, _>>()?;
            Value::from(items.join(glue))
        }
        ("contains" | "join", _) => return Err(wrong()),
        _ => return Err(failed(format!("unknown function `{name}`"))),
    })
}

/// Items in the order of their keys, or the first or last of them.
fn ordered(name: &str, mut keyed: Vec<(Value, Value)>) -> Outcome {
    if let Some((key, _)) =
        keyed.iter().find(|(key, _)| !matches!(key, Value::Str(_) | Value::Int(_) | Value::Float(_)))
    {
        return Err(failed(format!("the function `{name}` needs numbers or texts, found `{}`", key.repr())));
    }
    sort_by_key(&mut keyed, name.starts_with("max"))?;
    let mut items = keyed.into_iter().map(|(_, item)| item);
    Ok(match name.starts_with("sort") {
        true => Value::list(items),
        false => items.next().unwrap_or(Value::None),
    })
}
