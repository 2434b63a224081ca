//! Mistakes in an object in brief, collected with their places.

use serde_json::{Map, Value};

use crate::Fail;
use crate::args::describe;

/// Where the reader is, and what was wrong so far.
#[derive(Default)]
pub(super) struct Notes {
    at: Vec<String>,
    problems: Vec<String>,
}

/// How a value in brief becomes a value of the API.
pub(super) type Make = fn(&Value, &mut Notes) -> Value;

/// A key in brief, its name in the API, and what becomes of its value.
pub(super) type Row = (&'static str, &'static str, Make);

impl Notes {
    /// Goes into a key or index while `look` looks.
    pub(super) fn within<T>(&mut self, step: &str, look: impl FnOnce(&mut Self) -> T) -> T {
        self.at.push(step.to_owned());
        let seen = look(self);
        self.at.pop();
        seen
    }

    /// `value` is not what was expected; what stands in its place meanwhile.
    pub(super) fn expected(&mut self, what: &str, value: &Value) -> Value {
        let at = self.at.join(".");
        self.problems.push(format!("`{at}`: expected {what}, found {}", describe(value)));
        Value::Null
    }

    /// Something else is wrong here.
    pub(super) fn wrong(&mut self, why: impl Into<String>) {
        let (at, why) = (self.at.join("."), why.into());
        self.problems.push(if at.is_empty() { why } else { format!("`{at}`: {why}") });
    }

    /// What was made, or all mistakes in one failure.
    pub(super) fn finish<T>(self, made: T) -> Result<T, Fail> {
        if self.problems.is_empty() { Ok(made) } else { Err(Fail::new(self.problems.join("; "))) }
    }

    /// Each item of a list; a single value is a list of one.
    pub(super) fn each(&mut self, value: &Value, mut make: impl FnMut(&Value, &mut Self) -> Value) -> Value {
        let one = std::slice::from_ref(value);
        let items = value.as_array().map_or(one, Vec::as_slice).iter().enumerate();
        items.map(|(index, item)| self.within(&index.to_string(), |notes| make(item, notes))).collect()
    }

    /// A mapping by a table; keys that the table has not keep their value under the name of the API.
    pub(super) fn translate<'a>(
        &mut self,
        options: impl IntoIterator<Item = (&'a String, &'a Value)>,
        table: &[Row],
    ) -> Map<String, Value> {
        let given = options.into_iter().filter(|(_, value)| !value.is_null());
        let mut made = Map::new();
        for (key, value) in given {
            let brief = snake(key);
            match table.iter().find(|(name, ..)| *name == brief) {
                Some((_, full, make)) => {
                    let value = self.within(key, |notes| make(value, notes));
                    made.insert((*full).to_owned(), value);
                }
                None => drop(made.insert(camel(key), value.clone())),
            }
        }
        made
    }
}

/// `imagePullPolicy` as `image_pull_policy`.
pub(super) fn snake(key: &str) -> String {
    let mut word = String::new();
    for letter in key.chars() {
        if letter.is_ascii_uppercase() && !word.is_empty() {
            word.push('_');
        }
        word.push(letter.to_ascii_lowercase());
    }
    word
}

/// `image_pull_policy` as `imagePullPolicy`.
pub(super) fn camel(key: &str) -> String {
    let mut parts = key.split('_').filter(|part| !part.is_empty());
    let mut word = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let mut letters = part.chars();
        word.extend(letters.next().map(|first| first.to_ascii_uppercase()));
        word.push_str(letters.as_str());
    }
    word
}
