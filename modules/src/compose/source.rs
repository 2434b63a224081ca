//! One compose file: its value with variables put in, and where everything in it stands.

use serde_json::Value;

use super::interpolate::{Variables, interpolate};
use crate::yaml::{Dialect, Document, read};

/// One file, or a definition given in a task.
pub(super) struct Source {
    /// As it is called in messages.
    pub(super) name: String,
    pub(super) value: Value,
    document: Option<Document>,
}

/// The pointer of a key below a pointer.
pub(super) fn joined(at: &str, key: &str) -> String {
    format!("{at}/{}", key.replace('~', "~0").replace('/', "~1"))
}

impl Source {
    /// A file's text read, or all that is wrong with it.
    pub(super) fn read(name: &str, text: &str) -> Result<Self, Vec<String>> {
        let told = |line: usize, message: &str| format!("{name}:{line}: {message}");
        let documents = read(text, Dialect::Go)
            .map_err(|slips| slips.iter().map(|slip| told(slip.line, &slip.message)).collect::<Vec<_>>())?;
        let mut documents = documents.into_iter();
        let document = documents.next().unwrap_or_default();
        let mut wrong: Vec<String> =
            document.repeated.iter().map(|slip| told(slip.line, &slip.message)).collect();
        if documents.next().is_some() {
            wrong.push(told(1, "expected one document, found several"));
        }
        let known = |tag: &&String| ["!reset", "!override"].contains(&tag.as_str());
        for (at, tag) in document.tags.iter().filter(|(_, tag)| !known(tag)) {
            wrong.push(told(document.line(at), &format!("the tag `{tag}` has no meaning in a compose file")));
        }
        let value = document.value.clone();
        if wrong.is_empty() {
            Ok(Self { name: name.to_owned(), value, document: Some(document) })
        } else {
            Err(wrong)
        }
    }

    /// A definition that stands in the task.
    pub(super) fn given(name: &str, value: Value) -> Self {
        Self { name: name.to_owned(), value, document: None }
    }

    /// A message with the place of what it is about.
    pub(super) fn at(&self, pointer: &str, message: &str) -> String {
        match &self.document {
            Some(document) => format!("{}:{}: {message}", self.name, document.line(pointer)),
            None => format!("{}: {message}", self.name),
        }
    }

    /// Whether what stands at a pointer was written in this file.
    pub(super) fn has(&self, pointer: &str) -> bool {
        match &self.document {
            Some(document) => document.has(pointer),
            None => self.value.pointer(pointer).is_some(),
        }
    }

    /// The tag at a pointer: `!reset` or `!override`.
    pub(super) fn tag(&self, pointer: &str) -> Option<&str> {
        self.document.as_ref()?.tags.get(pointer).map(String::as_str)
    }

    /// Puts the variables in, in all values though not in keys; what went wrong.
    pub(super) fn interpolate(&mut self, variables: &mut Variables<'_>) -> Vec<String> {
        let mut value = std::mem::take(&mut self.value);
        let mut wrong = Vec::new();
        walk(&mut value, "", &mut |at, text| match interpolate(text, variables) {
            Ok(done) => *text = done,
            Err(message) => wrong.push(self.at(at, &message)),
        });
        self.value = value;
        wrong
    }
}

fn walk(value: &mut Value, at: &str, each: &mut dyn FnMut(&str, &mut String)) {
    match value {
        Value::String(text) if text.contains('$') => each(at, text),
        Value::Array(items) => {
            for (index, item) in items.iter_mut().enumerate() {
                walk(item, &format!("{at}/{index}"), each);
            }
        }
        Value::Object(map) => {
            for (key, item) in map.iter_mut() {
                walk(item, &joined(at, key), each);
            }
        }
        _ => {}
    }
}
