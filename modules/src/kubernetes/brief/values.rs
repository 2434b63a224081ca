//! Single values in brief: numbers that came as text, words of a command, ports, durations.

use serde_json::{Map, Value, json};

use super::notes::Notes;
use crate::args::FromArg;

/// A value as it is.
pub(super) fn keep(value: &Value, _: &mut Notes) -> Value {
    value.clone()
}

/// Text; numbers and booleans become their words, as YAML would write them.
pub(super) fn text(value: &Value, notes: &mut Notes) -> Value {
    match value {
        Value::String(_) => value.clone(),
        Value::Number(_) | Value::Bool(_) => value.to_string().into(),
        _ => notes.expected("a string", value),
    }
}

/// A whole number, also where it came as text.
pub(super) fn number(value: &Value, notes: &mut Notes) -> Value {
    match i64::from_arg(value) {
        Ok(number) => number.into(),
        Err(_) => notes.expected("a number", value),
    }
}

/// A truth value.
pub(super) fn truth(value: &Value, notes: &mut Notes) -> Value {
    match bool::from_arg(value) {
        Ok(truth) => truth.into(),
        Err(_) => notes.expected("a boolean", value),
    }
}

/// What is a number or a word, as a port or a share: digits are a number.
pub(super) fn number_or_text(value: &Value) -> Value {
    match value.as_str().and_then(|text| text.trim().parse::<i64>().ok()) {
        Some(number) => number.into(),
        None => value.clone(),
    }
}

/// A list of words: of a line, those that a shell would see.
pub(super) fn command(value: &Value, notes: &mut Notes) -> Value {
    match words(value) {
        Ok(words) => words.into(),
        Err(why) => {
            notes.wrong(why);
            Value::Null
        }
    }
}

/// The words of a command that is a line or a list.
pub fn words(value: &Value) -> Result<Vec<String>, String> {
    let word = |item: &Value| String::from_arg(item).map_err(|wrong| format!("expected {}", wrong.expected));
    match value {
        Value::Array(items) => items.iter().map(word).collect(),
        other => {
            crate::words::split(&word(other)?).map_err(|why| format!("cannot split it into words: {why}"))
        }
    }
}

/// A mapping whose values are strings, as labels are.
pub fn strings(value: &Value) -> Option<Map<String, Value>> {
    let known = Map::from_arg(value).ok()?;
    let as_text = |value: Value| match value {
        Value::String(_) => Some(value),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string().into()),
        _ => None,
    };
    known.into_iter().map(|(key, value)| Some((key, as_text(value)?))).collect()
}

/// Labels, annotations or a node selector.
pub(super) fn labels(value: &Value, notes: &mut Notes) -> Value {
    match strings(value) {
        Some(map) => map.into(),
        None => notes.expected("a dictionary of strings", value),
    }
}

/// A list of names as the list of references that the API has.
pub(super) fn references(value: &Value, notes: &mut Notes) -> Value {
    let names = match value {
        Value::String(text) => text.split(',').map(|name| Value::from(name.trim())).collect(),
        other => other.clone(),
    };
    notes.each(&names, |item, notes| match item {
        Value::String(name) => json!({"name": name}),
        Value::Object(_) => item.clone(),
        _ => notes.expected("a name", item),
    })
}

/// `8080`, `http:8080`, `8080/udp`, or a port in full.
pub(super) fn container_ports(value: &Value, notes: &mut Notes) -> Value {
    notes.each(value, |item, notes| match item {
        Value::Object(map) => {
            let table = [
                ("port", "containerPort", number as super::notes::Make),
                ("container_port", "containerPort", number),
                ("host_port", "hostPort", number),
                ("protocol", "protocol", upper),
            ];
            notes.translate(map, &table).into()
        }
        other => match short_port(other) {
            Some((name, port, protocol)) => {
                let mut made = Map::from_iter([("containerPort".to_owned(), Value::from(port))]);
                made.extend(name.map(|name| ("name".to_owned(), name.into())));
                made.extend(protocol.map(|word| ("protocol".to_owned(), word.to_uppercase().into())));
                made.into()
            }
            None => notes.expected("a port such as `8080`, `http:8080` or `53/udp`", other),
        },
    })
}

/// The name, number and protocol of a port in brief.
fn short_port(value: &Value) -> Option<(Option<String>, u16, Option<String>)> {
    let text = String::from_arg(value).ok()?;
    let (left, protocol) =
        text.split_once('/').map_or((text.as_str(), None), |(l, p)| (l, Some(p.to_owned())));
    let (name, port) =
        left.split_once(':').map_or((None, left), |(name, port)| (Some(name.to_owned()), port));
    Some((name, port.trim().parse().ok().filter(|port| *port > 0)?, protocol))
}

/// A word in capitals, as protocols are written.
pub(super) fn upper(value: &Value, notes: &mut Notes) -> Value {
    match value {
        Value::String(word) => word.to_uppercase().into(),
        other => notes.expected("a word", other),
    }
}
