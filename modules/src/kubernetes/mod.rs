//! Kubernetes: one small synchronous client for a whole play. Reading is a method of [`Client`]; what writes is a
//! [`Write`], which the server can foretell and [`Hands`](crate::Hands) can send.

pub mod brief;
mod client;
mod config;
pub mod content;
mod dial;
mod discovery;
pub mod edit;
mod error;
mod forward;
pub mod helm;
#[cfg(all(test, feature = "lab"))]
pub(crate) mod lab;
mod login;
mod options;
mod place;
pub mod placed;
pub mod rollout;
mod socket;
pub mod status;
mod tls;
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
pub use place::{Placing, gone, place, settled};
pub use socket::{Channel, Ended, Exec, Input, Output, Socket, Source};
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

/// The known word that is nearest to one that is not known.
pub(crate) fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let folded = word.to_lowercase();
    let distance = |known: &'a str| (strsim::damerau_levenshtein(&folded, &known.to_lowercase()), known);
    let near = known.map(distance).min_by_key(|(distance, _)| *distance)?;
    (near.0 <= 1 + word.len() / 4).then_some(near.1)
}

#[cfg(all(test, feature = "lab"))]
mod tests;
