//! `object.name`, `object[key]` and slices.

use std::sync::Arc;

use super::super::session::Session;
use super::super::{Args, TemplateError, Undefined, Value};
use super::{Outcome, methods};

/// `object.name`: the value under the name, or a missing value; a missing object stays missing.
pub(crate) fn attribute(session: &Session<'_>, object: &Value, key: &Value) -> Outcome {
    match object {
        Value::Undefined(_) => Ok(object.clone()),
        Value::Object(o) => match o.get(key) {
            Some(value) => owned(session, o.scope(), value),
            None => Ok(missing(object, key)),
        },
        Value::Map(m) => Ok(m.entries.get(key).cloned().unwrap_or_else(|| missing(object, key))),
        Value::List(_) | Value::Tuple(_) => item(session, object, key),
        other => Ok(missing(other, key)),
    }
}

/// `object[key]`.
pub(crate) fn item(session: &Session<'_>, object: &Value, key: &Value) -> Outcome {
    match (object, key) {
        (Value::Undefined(_), _) => Ok(object.clone()),
        (_, Value::Undefined(u)) => Err(TemplateError::undefined(u)),
        (Value::List(l) | Value::Tuple(l), key) => Ok(key
            .as_int()
            .and_then(|i| methods::index(i, l.items.len()))
            .map_or_else(|| missing(object, key), |i| l.items[i].clone())),
        (Value::Str(s), Value::Int(i)) => Ok(methods::index(*i, s.chars().count())
            .and_then(|i| s.chars().nth(i))
            .map_or_else(|| missing(object, key), |c| Value::from(c.to_string()))),
        (Value::Map(m), key) if key.is_lazy() || matches!(key, Value::List(_) | Value::Tuple(_)) => {
            let key = session.deep(key.clone())?;
            Ok(m.entries.get(&key).cloned().unwrap_or_else(|| missing(object, &key)))
        }
        _ => attribute(session, object, key),
    }
}

/// Methods of a mapping on an object with keys, as `hostvars` is.
pub(super) fn mapping_method(
    session: &Session<'_>,
    object: &Value,
    name: &str,
    args: &Args,
) -> Option<Outcome> {
    let Value::Object(o) = object else { return None };
    let keys = o.iterate()?;
    let pair = |key: Value| attribute(session, object, &key).map(|value| (key, value));
    Some(match name {
        "keys" => Ok(Value::list(keys)),
        "values" => {
            keys.into_iter().map(|k| pair(k).map(|(_, v)| v)).collect::<Result<Vec<_>, _>>().map(Value::list)
        }
        "items" => {
            let pairs = keys.into_iter().map(|k| pair(k).map(|(k, v)| Value::tuple([k, v])));
            pairs.collect::<Result<Vec<_>, _>>().map(Value::list)
        }
        "get" => args.clone().bind("get", &["key", "default"]).and_then(|args| {
            Ok(match attribute(session, object, args.required(0)?)? {
                Value::Undefined(u) if u.cause.is_none() => args.get(1).cloned().unwrap_or(Value::None),
                found => found,
            })
        }),
        _ => return None,
    })
}

/// A value out of somebody else's variables is rendered with them.
fn owned(session: &Session<'_>, scope: Option<Arc<dyn super::super::Scope>>, value: Value) -> Outcome {
    match scope {
        Some(scope) if value.is_lazy() => {
            let inner = session.inner(&*scope, None);
            match inner.deep(value) {
                Err(e) if e.kind() == super::ErrorKind::Undefined => {
                    Ok(Value::Undefined(Arc::new(Undefined {
                        message: e.message().to_owned(),
                        place: e.place().cloned(),
                        cause: Some(Arc::new(e)),
                        ..Undefined::default()
                    })))
                }
                other => other,
            }
        }
        _ => Ok(value),
    }
}

/// The missing value of asking `object` for `key`, with the names that are there.
fn missing(object: &Value, key: &Value) -> Value {
    let type_name = object.type_name();
    Value::Undefined(Arc::new(Undefined {
        message: match key {
            // ansible: a host that is nowhere is told so.
            Value::Str(s) if type_name == "HostVars" => format!("hostvars['{s}']"),
            Value::Str(s) => format!("object of type '{type_name}' has no attribute '{s}'"),
            other => format!("{type_name} object has no element {}", other.repr()),
        },
        attribute: true,
        asked: Some((object.clone(), key.clone())),
        ..Undefined::default()
    }))
}

/// `value[start:stop:step]`.
pub(super) fn slice(value: &Value, [start, stop, step]: [Option<i128>; 3]) -> Outcome {
    let step = step.unwrap_or(1);
    if step == 0 {
        return Err(TemplateError::failed("slice step cannot be zero"));
    }
    let picked = |length: usize| indices(length as i128, start, stop, step);
    Ok(match value {
        Value::Undefined(u) => return Err(TemplateError::undefined(u)),
        Value::Str(s) => {
            let chars: Vec<char> = s.chars().collect();
            Value::from(picked(chars.len()).map(|i| chars[i]).collect::<String>())
        }
        Value::List(l) => Value::list(picked(l.items.len()).map(|i| l.items[i].clone())),
        Value::Tuple(l) => Value::tuple(picked(l.items.len()).map(|i| l.items[i].clone())),
        Value::Object(o) => match o.iterate() {
            Some(items) => Value::list(picked(items.len()).map(|i| items[i].clone())),
            None => return Err(unsliceable(value)),
        },
        other => return Err(unsliceable(other)),
    })
}

fn unsliceable(value: &Value) -> TemplateError {
    TemplateError::failed(format!("'{}' object is not subscriptable", value.type_name()))
}

/// The indices a slice picks, as Python counts them.
fn indices(length: i128, start: Option<i128>, stop: Option<i128>, step: i128) -> impl Iterator<Item = usize> {
    let (low, high) = if step > 0 { (0, length) } else { (-1, length - 1) };
    let clamp = |bound: Option<i128>, default: i128| match bound {
        None => default,
        Some(b) if b < 0 => (b + length).clamp(low, high),
        Some(b) => b.clamp(low, high),
    };
    let (from, to) = if step > 0 {
        (clamp(start, 0), clamp(stop, length))
    } else {
        (clamp(start, length - 1), clamp(stop, -1))
    };
    std::iter::successors(Some(from), move |i| i.checked_add(step))
        .take_while(move |i| if step > 0 { *i < to } else { *i > to })
        .map(|i| i as usize)
}
