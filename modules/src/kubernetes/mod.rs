//! Kubernetes: one small synchronous client for a whole play. Reading is a method of [`Client`]; what writes is a
//! [`Write`], which the server can foretell and [`Hands`](crate::Hands) can send.

pub mod apply;
pub mod applyset;
pub mod brief;
mod client;
mod config;
pub mod content;
mod dial;
mod discovery;
pub mod edit;
mod error;
#[cfg(test)]
mod fake;
mod forward;
pub mod helm;
pub mod jsonpath;
#[cfg(all(test, feature = "lab"))]
pub(crate) mod lab;
mod login;
mod options;
mod place;
pub mod placed;
pub mod rollout;
mod socket;
mod sources;
pub mod status;
mod tls;
mod waiting;
mod watch;
pub mod workload;
mod write;

pub use client::{Client, Selection, escape, with_query};
pub use config::Config;
pub use dial::Stream;
pub use discovery::{Discovery, Resource};
pub use edit::wanted;
pub use error::{ApiError, Cause};
pub use forward::Forward;
pub use options::{Cluster, ProxyHeaders, Surroundings};
pub use place::{Placing, awaits, gone, place, settled};
pub use socket::{Channel, Ended, Exec, Input, Output, Socket, Source};
pub use sources::{Sources, Text};
pub use waiting::{DeleteOptions, Waiting};
pub use watch::{Seen, Watch};
pub use write::{Patch, Write};

use serde_json::Value;

/// The field manager of all that baton writes, unless the user names another.
pub const MANAGER: &str = "baton";

/// The text at a JSON pointer; empty where there is none.
pub fn text<'a>(object: &'a Value, pointer: &str) -> &'a str {
    object.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// The number at a JSON pointer.
pub fn number(object: &Value, pointer: &str) -> Option<i64> {
    object.pointer(pointer).and_then(Value::as_i64)
}

/// The items at a JSON pointer; none where there is no list.
pub fn items<'a>(object: &'a Value, pointer: &str) -> &'a [Value] {
    object.pointer(pointer).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// The name of an object.
pub fn name(object: &Value) -> &str {
    text(object, "/metadata/name")
}

/// The namespace of an object; empty where it is in none.
pub fn namespace(object: &Value) -> &str {
    text(object, "/metadata/namespace")
}

/// Whether the labels of an object fit a selector: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`.
pub fn matches_labels(object: &Value, selector: &str) -> bool {
    let labels = object.pointer("/metadata/labels");
    let of = |key: &str| labels.and_then(|labels| labels.get(key.trim())?.as_str()).map(str::to_owned);
    let among = |words: &str, value: &str| {
        words.trim().trim_matches(['(', ')']).split(',').any(|word| word.trim() == value)
    };
    requirements(selector).iter().all(|one| {
        if let Some((key, words)) = one.split_once(" notin ") {
            return of(key).is_none_or(|value| !among(words, &value));
        }
        if let Some((key, words)) = one.split_once(" in ") {
            return of(key).is_some_and(|value| among(words, &value));
        }
        match (one.split_once("!="), one.split_once('=')) {
            (Some((key, value)), _) => of(key).as_deref() != Some(value.trim()),
            (None, Some((key, value))) => of(key).as_deref() == Some(value.trim_start_matches('=').trim()),
            (None, None) => one.strip_prefix('!').map_or_else(|| of(one).is_some(), |key| of(key).is_none()),
        }
    })
}

/// The parts of a selector: commas within brackets do not part.
fn requirements(selector: &str) -> Vec<String> {
    let (mut all, mut depth) = (vec![String::new()], 0);
    for letter in selector.chars() {
        match letter {
            ',' if depth == 0 => all.push(String::new()),
            other => {
                depth += i32::from(other == '(') - i32::from(other == ')');
                if let Some(last) = all.last_mut() {
                    last.push(other);
                }
            }
        }
    }
    all.iter().map(|part| part.trim().to_owned()).filter(|part| !part.is_empty()).collect()
}

/// The known word that is nearest to one that is not known.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let distance = |known: &'a str| (strsim::damerau_levenshtein(&folded, &known.to_lowercase()), known);
    let near = known.map(distance).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= 1 + word.len() / 4).then_some(near.1)
}

#[cfg(all(test, feature = "lab"))]
mod tests;
