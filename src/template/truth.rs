//! Truth, order and membership as Python has them.

use std::cmp::Ordering;

use super::{ErrorKind, TemplateError, Value};

/// Python's truth of a value; a missing value is false here (the engine fails before it asks).
pub(crate) fn is_truthy(value: &Value) -> bool {
    match value {
        Value::Undefined(_) | Value::None => false,
        Value::Omit => true,
        Value::Bool(b) => *b,
        Value::Int(i) => *i != 0,
        Value::Float(f) => *f != 0.0,
        Value::Str(s) => !s.is_empty(),
        Value::Bytes(b) => !b.is_empty(),
        Value::Template(_) | Value::Vault(_) => true,
        Value::List(l) | Value::Tuple(l) => !l.items.is_empty(),
        Value::Map(m) => !m.entries.is_empty(),
        Value::Object(o) => o.to_plain().is_none_or(|plain| is_truthy(&plain)),
    }
}

impl Value {
    /// Ansible's `bool`: the words it takes for true and false; `None` for anything else.
    pub fn to_bool(&self) -> Option<bool> {
        match self {
            Value::Bool(b) => Some(*b),
            Value::Int(0) => Some(false),
            Value::Int(1) => Some(true),
            Value::Float(f) if *f == 0.0 => Some(false),
            Value::Float(f) if *f == 1.0 => Some(true),
            Value::Str(s) => match s.trim().to_lowercase().as_str() {
                "y" | "yes" | "on" | "1" | "true" | "t" | "1.0" => Some(true),
                "n" | "no" | "off" | "0" | "false" | "f" | "0.0" => Some(false),
                _ => None,
            },
            _ => None,
        }
    }
}

/// Python's `<`, or why two values have no order.
pub(crate) fn compare(left: &Value, right: &Value, op: &str) -> Result<Ordering, TemplateError> {
    let unordered = || {
        let (left, right) = (left.type_name(), right.type_name());
        TemplateError::failed(format!("'{op}' not supported between instances of '{left}' and '{right}'"))
    };
    match (left, right) {
        (Value::Str(a), Value::Str(b)) => Ok(a.cmp(b)),
        (Value::Bytes(a), Value::Bytes(b)) => Ok(a.cmp(b)),
        (Value::List(a), Value::List(b)) | (Value::Tuple(a), Value::Tuple(b)) => {
            sequences(&a.items, &b.items, op)
        }
        (Value::Object(_), _) | (_, Value::Object(_)) => {
            super::clock::compare(left, right).ok_or_else(unordered)
        }
        _ => numbers(left, right).ok_or_else(unordered),
    }
}

fn sequences(left: &[Value], right: &[Value], op: &str) -> Result<Ordering, TemplateError> {
    for (a, b) in left.iter().zip(right) {
        if a != b {
            return compare(a, b, op);
        }
    }
    Ok(left.len().cmp(&right.len()))
}

fn numbers(left: &Value, right: &Value) -> Option<Ordering> {
    match (left.as_int(), right.as_int()) {
        (Some(a), Some(b)) => Some(a.cmp(&b)),
        // ansible: a NaN is neither less nor greater; Python's comparisons all answer false.
        _ => Some(left.as_float()?.partial_cmp(&right.as_float()?).unwrap_or(Ordering::Greater)),
    }
}

impl Value {
    /// A whole number, booleans included as Python has it.
    pub fn as_int(&self) -> Option<i128> {
        match self {
            Value::Int(i) => Some(*i),
            Value::Bool(b) => Some((*b).into()),
            _ => None,
        }
    }

    /// A number.
    pub fn as_float(&self) -> Option<f64> {
        match self {
            Value::Float(f) => Some(*f),
            other => other.as_int().map(|i| i as f64),
        }
    }
}

/// Python's `in`.
pub(crate) fn contains(container: &Value, item: &Value) -> Result<bool, TemplateError> {
    match container {
        Value::Str(text) => match item {
            Value::Str(part) => Ok(text.contains(&**part)),
            other => Err(TemplateError::failed(format!(
                "'in <string>' requires string as left operand, not {}",
                other.type_name()
            ))),
        },
        Value::List(l) | Value::Tuple(l) => Ok(l.items.contains(item)),
        Value::Map(m) => Ok(m.entries.contains_key(item)),
        Value::Undefined(u) => Err(TemplateError::undefined(u)),
        Value::Object(o) => match (o.get(item), o.iterate()) {
            (Some(_), _) => Ok(true),
            (None, Some(items)) => Ok(items.contains(item)),
            (None, None) => Err(not_iterable(container)),
        },
        other => Err(not_iterable(other)),
    }
}

/// The error of iterating over something that cannot be.
pub(crate) fn not_iterable(value: &Value) -> TemplateError {
    match value {
        Value::Undefined(u) => TemplateError::undefined(u),
        Value::Omit => TemplateError::new(ErrorKind::Omitted, "`omit` is used as a value"),
        other => TemplateError::failed(format!("'{}' object is not iterable", other.type_name())),
    }
}

/// The items Python would iterate over.
pub(crate) fn iterate(value: &Value) -> Result<Vec<Value>, TemplateError> {
    match value {
        Value::List(l) | Value::Tuple(l) => Ok(l.items.clone()),
        Value::Map(m) => Ok(m.entries.keys().cloned().collect()),
        Value::Str(s) => Ok(s.chars().map(|c| Value::from(c.to_string())).collect()),
        Value::Bytes(b) => Ok(b.iter().map(|b| Value::Int((*b).into())).collect()),
        Value::Object(o) => o.iterate().ok_or_else(|| not_iterable(value)),
        other => Err(not_iterable(other)),
    }
}
