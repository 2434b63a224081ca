//! One file against the table of keys: every mistake, with its place.

use serde_json::Value;

use super::schema::{Key, PROJECT, Shape};
use super::source::{Source, joined};
use super::units;
use crate::args::{describe, is_false, is_true};

/// All that is wrong with the keys and values of a file.
pub(super) fn check(source: &Source) -> Vec<String> {
    let mut found = Vec::new();
    match &source.value {
        Value::Object(map) if !map.contains_key("services") && is_first_version(source) => found
            .push(source.at(
            "",
            "files of version 1, without `services`, are not read\nhint: move all of it under `services:`",
        )),
        Value::Object(_) => keys(source, "", "a compose file", PROJECT, &source.value, &mut found),
        Value::Null => {}
        other => found.push(
            source.at("", &format!("expected a dictionary with `services`, found {}", describe(other))),
        ),
    }
    found
}

/// Whether the top looks like services: dictionaries with an image or a build.
fn is_first_version(source: &Source) -> bool {
    let known = |name: &str| PROJECT.iter().any(|(key, _)| *key == name) || name.starts_with("x-");
    let service = |value: &Value| value.get("image").or(value.get("build")).is_some();
    source.value.as_object().is_some_and(|map| map.iter().any(|(name, value)| !known(name) && service(value)))
}

fn keys(source: &Source, at: &str, owner: &str, known: &[Key], value: &Value, found: &mut Vec<String>) {
    let Some(map) = value.as_object() else {
        return found
            .push(source.at(at, &format!("{owner}: expected a dictionary, found {}", describe(value))));
    };
    for (name, value) in map {
        let here = joined(at, name);
        match known.iter().find(|(key, _)| key == name) {
            Some((_, Shape::Never(why))) => {
                found.push(source.at(&here, &format!("`{name}` of {owner} is not supported: {why}")));
            }
            Some((_, shape)) => shaped(source, &here, name, shape, value, found),
            None if name.starts_with("x-") => {}
            None => {
                let hint = near(name, known.iter().map(|(key, _)| *key));
                found.push(source.at(&here, &format!("unknown key `{name}` of {owner}{hint}")));
            }
        }
    }
}

fn shaped(source: &Source, at: &str, name: &str, shape: &Shape, value: &Value, found: &mut Vec<String>) {
    if value.is_null() {
        return;
    }
    let owner = || format!("`{}`", at.trim_start_matches('/').replace("~1", "/").replace('/', "."));
    let mut each = |list: &Vec<Value>, inner: &dyn Fn(&Value, &str, &mut Vec<String>)| {
        for (index, item) in list.iter().enumerate() {
            inner(item, &format!("{at}/{index}"), found);
        }
    };
    match (shape, value) {
        (Shape::Any, _) => {}
        (Shape::Keys(known) | Shape::TextOr(known), Value::Object(_)) => {
            keys(source, at, &owner(), known, value, found)
        }
        (Shape::Named(known) | Shape::NamesOr(known), Value::Object(map)) => {
            let top = at.rfind('/') == Some(0);
            for (key, value) in
                map.iter().filter(|(key, value)| !(value.is_null() || top && key.starts_with("x-")))
            {
                let noun = if top { name.trim_end_matches('s') } else { name };
                keys(source, &joined(at, key), &format!("{noun} `{key}`"), known, value, found);
            }
        }
        (Shape::Items(known), Value::Array(list)) => each(list, &|item, at, found| match item {
            Value::Object(_) => keys(source, at, &owner(), known, item, found),
            item => single(source, at, name, &Shape::Text, item, found),
        }),
        (Shape::Items(_), Value::String(_)) if name == "env_file" => {}
        (Shape::Texts, Value::Array(list))
        | (Shape::NamesOr(_) | Shape::Pairs | Shape::Hosts, Value::Array(list)) => {
            each(list, &|item, at, found| single(source, at, name, &Shape::Text, item, found));
        }
        (Shape::Pairs, Value::Object(map)) => {
            for (key, item) in map.iter().filter(|(_, item)| !item.is_null()) {
                single(source, &joined(at, key), key, &Shape::Text, item, found);
            }
        }
        (Shape::Hosts, Value::Object(_)) => {}
        _ => single(source, at, name, shape, value, found),
    }
}

/// A value that has no parts.
fn single(source: &Source, at: &str, name: &str, shape: &Shape, value: &Value, found: &mut Vec<String>) {
    let text = units::text(value);
    let expected = match (shape, text.as_deref()) {
        (Shape::Text | Shape::Texts | Shape::TextOr(_), Some(_)) => return,
        (Shape::Truth, Some(word)) if is_true(word) || is_false(word) => return,
        (Shape::Number, Some(word)) if word.trim().parse::<f64>().is_ok() || units::octal(word).is_some() => {
            return;
        }
        (Shape::Size, Some(word)) if word == "-1" || units::bytes(word).is_some() => return,
        (Shape::Time, Some(word)) if units::nanoseconds(word).is_some() => return,
        (Shape::Word(words), Some(word)) if words.contains(&word) => return,
        (Shape::Word(words), _) => format!("one of `{}`", words.join("`, `")),
        (Shape::Truth, _) => "`true` or `false`".to_owned(),
        (Shape::Number, _) => "a number".to_owned(),
        (Shape::Size, _) => "a size as `64m`".to_owned(),
        (Shape::Time, _) => "a duration as `1m30s`".to_owned(),
        (Shape::Items(_), _) => "a list".to_owned(),
        (Shape::Pairs | Shape::NamesOr(_) | Shape::Hosts, _) => "a list or a dictionary".to_owned(),
        (Shape::Keys(_) | Shape::Named(_), _) => "a dictionary".to_owned(),
        (Shape::Texts, _) => "a string or a list of strings".to_owned(),
        _ => "a string".to_owned(),
    };
    found.push(source.at(at, &format!("`{name}`: expected {expected}, found {}", describe(value))));
}

/// `; did you mean …?` where a name is near to a word.
pub(super) fn near<'n>(word: &str, names: impl Iterator<Item = &'n str>) -> String {
    let distance = |name: &&str| strsim::damerau_levenshtein(word, name);
    let near =
        names.min_by_key(distance).filter(|name| distance(name) <= (name.len().max(word.len()) / 3).max(1));
    near.map_or(String::new(), |near| format!("; did you mean `{near}`?"))
}
