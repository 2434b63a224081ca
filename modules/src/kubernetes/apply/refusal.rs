//! What the server refuses, as problems with their places.

use super::manifest::{Manifest, Problem};
use super::ownership::owner;
use crate::kubernetes::{ApiError, Cause};

/// A refusal as problems of a manifest.
pub(super) fn problems(manifest: &Manifest, error: &ApiError) -> Vec<Problem> {
    if error.is_field_conflict() {
        return error.causes.iter().map(|cause| conflict(manifest, cause)).collect();
    }
    let told: Vec<Problem> = error
        .causes
        .iter()
        .filter(|cause| !cause.message.is_empty())
        .map(|cause| caused(manifest, cause))
        .collect();
    if !told.is_empty() && error.code == 422 {
        return told;
    }
    let place = in_words(&error.message)
        .map_or_else(|| manifest.problem("", ""), |field| manifest.problem_at(&field, ""));
    vec![Problem { message: error.message.clone(), ..place }]
}

fn conflict(manifest: &Manifest, cause: &Cause) -> Problem {
    manifest
        .problem_at(&cause.field, format!("belongs to `{}`, which set another value", owner(&cause.message)))
}

fn caused(manifest: &Manifest, cause: &Cause) -> Problem {
    // The value that is put before it is the whole part in Go's notation.
    let message = match cause.message.rfind("field is immutable") {
        Some(_) => "cannot be changed once the object is there (field is immutable)",
        None => &cause.message,
    };
    manifest.problem_at(&cause.field, message)
}

/// The field in messages that have no causes: `.spec.clusterIP: field not declared in schema`.
fn in_words(message: &str) -> Option<String> {
    let words = message.split([' ', ',']).map(|word| word.trim_end_matches([':', ';']));
    let mut paths = words
        .filter(|word| word.starts_with('.') && word.len() > 2 && word[1..].starts_with(char::is_alphabetic));
    paths.next().map(str::to_owned)
}
