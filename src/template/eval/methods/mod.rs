//! The methods of Python's strings, lists and dictionaries.

mod list;
mod map;
pub(super) mod object;
mod strformat;
mod text;
mod transform;

use super::super::{Args, TemplateError, Value};
use super::Outcome;

use text::title;
pub(crate) use text::{capitalize, split_lines};

/// An index counted as Python does, from the end when negative.
pub(crate) fn index(index: i128, length: usize) -> Option<usize> {
    let at = if index < 0 { index + length as i128 } else { index };
    usize::try_from(at).ok().filter(|at| *at < length)
}

/// Whether a method changes its object.
pub(super) fn changes(object: &Value, name: &str) -> bool {
    match object {
        Value::List(_) => list::CHANGING.contains(&name),
        Value::Map(_) => map::CHANGING.contains(&name),
        _ => false,
    }
}

/// Whether there is such a method.
pub(super) fn has(object: &Value, name: &str) -> bool {
    match object {
        Value::Str(_) => text::NAMES.contains(&name),
        Value::Bytes(_) => matches!(name, "decode" | "hex"),
        Value::List(_) => list::CHANGING.contains(&name) || list::READING.contains(&name),
        Value::Tuple(_) => matches!(name, "index" | "count"),
        Value::Map(_) => map::CHANGING.contains(&name) || map::READING.contains(&name),
        Value::Int(_) | Value::Bool(_) => matches!(name, "bit_length" | "bit_count"),
        Value::Float(_) => matches!(name, "is_integer" | "hex"),
        _ => false,
    }
}

/// Whether the methods look at what is in the object.
pub(super) fn reads_deep(object: &Value) -> bool {
    matches!(object, Value::List(_) | Value::Tuple(_))
}

/// Calls a method; one that changes its object changes a copy nobody sees.
pub(crate) fn call(object: &Value, name: &str, args: Args) -> Outcome {
    match object {
        Value::Str(s) => text::call(s, name, args),
        Value::Bytes(b) => bytes(b, name),
        Value::List(l) if list::READING.contains(&name) => list::read(&l.items, name, args),
        Value::Tuple(l) => list::read(&l.items, name, args),
        Value::Map(m) if map::READING.contains(&name) => map::read(&m.entries, name, args),
        Value::List(_) | Value::Map(_) => change(&mut object.clone(), name, args),
        Value::Int(_) | Value::Bool(_) | Value::Float(_) => number(object, name),
        other => Err(TemplateError::failed(format!(
            "object of type '{}' has no method '{name}'",
            other.type_name()
        ))),
    }
}

/// Calls a method that changes its object.
pub(super) fn change(object: &mut Value, name: &str, args: Args) -> Outcome {
    match object {
        Value::List(list) => list::change(list, name, args),
        Value::Map(map) => map::change(map, name, args),
        other => call(&other.clone(), name, args),
    }
}

fn bytes(data: &[u8], name: &str) -> Outcome {
    match name {
        "hex" => Ok(Value::from(data.iter().map(|b| format!("{b:02x}")).collect::<String>())),
        _ => std::str::from_utf8(data)
            .map(Value::from)
            .map_err(|_| TemplateError::failed("the bytes are not valid UTF-8")),
    }
}

fn number(object: &Value, name: &str) -> Outcome {
    let bits = object.as_int().unwrap_or(0).unsigned_abs();
    match (name, object) {
        ("bit_length", _) => Ok(Value::Int((128 - bits.leading_zeros()).into())),
        ("bit_count", _) => Ok(Value::Int(bits.count_ones().into())),
        ("is_integer", Value::Float(f)) => Ok(Value::Bool(f.fract() == 0.0)),
        _ => Err(TemplateError::failed(format!(
            "object of type '{}' has no method '{name}'",
            object.type_name()
        ))),
    }
}
