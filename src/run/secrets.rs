//! Secrets known to the run, taken out of results by their value; and `no_log`.

use parking_lot::RwLock;
use serde_json::{Map, Value as Json};

use crate::event::TaskResult;

/// What stands in the place of a secret.
const HIDDEN: &str = "********";

/// What a result says when all of it is hidden.
const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/// Values that must not be shown.
#[derive(Default)]
pub(super) struct Secrets {
    values: RwLock<Vec<String>>,
}

impl Secrets {
    /// Keeps a value; very short ones would blot out ordinary text and are left.
    pub(super) fn add(&self, value: &str) {
        if value.len() < 4 || self.values.read().iter().any(|known| known == value) {
            return;
        }
        self.values.write().push(value.to_owned());
    }

    /// A text with all secrets taken out.
    pub(super) fn without(&self, text: &str) -> String {
        cleaned(text, &self.values.read())
    }

    /// Takes all secrets out of a result; with `no_log` all but how it ended.
    pub(super) fn hide(&self, result: &mut TaskResult) {
        if result.censored {
            result.result = censored(&result.result);
            result.explanation = None;
            result.causes.clear();
            return;
        }
        let values = self.values.read();
        if values.is_empty() {
            return;
        }
        result.result.values_mut().for_each(|value| clean(value, &values));
        if let Some(text) = &mut result.explanation {
            *text = cleaned(text, &values);
        }
        for cause in &mut result.causes {
            cause.message = cleaned(&cause.message, &values);
            let lines = cause.origin.iter_mut().flat_map(|origin| &mut origin.lines);
            lines.for_each(|line| *line = cleaned(line, &values));
        }
    }
}

fn censored(result: &Map<String, Json>) -> Map<String, Json> {
    let mut left = Map::new();
    left.insert("censored".into(), CENSORED.into());
    for name in ["changed", "failed", "skipped", "unreachable", "attempts", "ansible_job_id"] {
        if let Some(value) = result.get(name) {
            left.insert(name.into(), value.clone());
        }
    }
    if result.contains_key("results") {
        // That it was a loop is no secret.
        left.insert("results".into(), Json::Array(Vec::new()));
    }
    left
}

fn clean(value: &mut Json, secrets: &[String]) {
    match value {
        Json::String(text) => *text = cleaned(text, secrets),
        Json::Array(items) => items.iter_mut().for_each(|item| clean(item, secrets)),
        Json::Object(entries) => entries.values_mut().for_each(|entry| clean(entry, secrets)),
        _ => {}
    }
}

fn cleaned(text: &str, secrets: &[String]) -> String {
    secrets.iter().fold(text.to_owned(), |text, secret| text.replace(secret.as_str(), HIDDEN))
}
