//! Manifests with the places they come from, so that each mistake has its document, line and field.

use std::fmt;
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::kubernetes::{items, name, text};
use crate::yaml::{self, Dialect, Document};

/// An object as it is wanted, and where it stands.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// The object.
    pub object: Value,
    /// Where it stands.
    pub place: Place,
}

/// Where a manifest stands.
#[derive(Clone, Debug, Default)]
pub struct Place {
    /// The file or option; empty where there is but one.
    from: String,
    /// Which of several documents it is, from 1; 0 where there is but one.
    number: usize,
    lines: Option<Arc<Document>>,
    /// Where it is within its document, as an item of a `List`.
    root: String,
}

/// What is wrong with a manifest, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The place in words.
    pub place: String,
    /// The field as `spec.ports[0].name`; may be empty.
    pub field: String,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.field.as_str() {
            "" => write!(f, "{}: {}", self.place, self.message),
            field => write!(f, "{}: `{field}`: {}", self.place, self.message),
        }
    }
}

impl Manifest {
    /// An object that a module made.
    pub fn of(object: Value) -> Self {
        Self { object, place: Place::default() }
    }

    /// The objects of several values, as those of an option.
    pub fn of_values(values: Vec<Value>) -> Vec<Self> {
        let many = values.len() > 1;
        let place = |index: usize| Place { number: if many { index + 1 } else { 0 }, ..Place::default() };
        let each = values.into_iter().enumerate().map(|(index, object)| Self { object, place: place(index) });
        each.flat_map(Self::items).collect()
    }

    /// All documents of a text; empty ones are passed over.
    ///
    /// # Errors
    /// All that is wrong with the YAML.
    pub fn read(content: &str, from: &str) -> Result<Vec<Self>, Vec<Problem>> {
        let place = |line: usize| match from {
            "" => format!("line {line}"),
            from => format!("`{from}:{line}`"),
        };
        let problem = |slip: &yaml::Slip| Problem {
            place: place(slip.line),
            field: String::new(),
            message: slip.message.clone(),
        };
        let documents = yaml::read(content, Dialect::Go)
            .map_err(|slips| slips.iter().map(problem).collect::<Vec<_>>())?;
        let repeated: Vec<Problem> =
            documents.iter().flat_map(|document| document.repeated.iter().map(problem)).collect();
        if !repeated.is_empty() {
            return Err(repeated);
        }
        let many = documents.len() > 1;
        let mut all = Vec::new();
        for (index, mut document) in documents.into_iter().enumerate() {
            let object = std::mem::take(&mut document.value);
            if !object.is_null() {
                let number = if many { index + 1 } else { 0 };
                let place = Place {
                    from: from.to_owned(),
                    number,
                    lines: Some(Arc::new(document)),
                    root: String::new(),
                };
                all.extend(Self { object, place }.items());
            }
        }
        Ok(all)
    }

    /// The items of a `List`, or the object itself.
    fn items(self) -> Vec<Self> {
        let is_list = text(&self.object, "/kind").ends_with("List")
            && self.object.get("items").is_some_and(Value::is_array);
        if !is_list {
            return vec![self];
        }
        let item = |(index, object): (usize, &Value)| Self {
            object: object.clone(),
            place: Place { root: format!("{}/items/{index}", self.place.root), ..self.place.clone() },
        };
        items(&self.object, "/items").iter().enumerate().flat_map(|pair| item(pair).items()).collect()
    }

    /// `Deployment shop`, for messages.
    pub fn title(&self) -> String {
        let part = |pointer: &str, none: &str| match text(&self.object, pointer) {
            "" => none.to_owned(),
            some => some.to_owned(),
        };
        format!("{} `{}`", part("/kind", "object"), part("/metadata/name", "?"))
    }

    /// A mistake at a field, given as a JSON pointer.
    pub fn problem(&self, pointer: &str, message: impl Into<String>) -> Problem {
        let mut words = Vec::new();
        let lines = self.place.lines.as_ref();
        let line = lines.map(|document| document.line(&format!("{}{pointer}", self.place.root)));
        match (self.place.from.as_str(), line) {
            ("", _) => {}
            (from, None) => words.push(format!("`{from}`")),
            (from, Some(line)) => words.push(format!("`{from}:{line}`")),
        }
        if self.place.number > 0 {
            words.push(format!("document {}", self.place.number));
        }
        words.extend(line.filter(|_| self.place.from.is_empty()).map(|line| format!("line {line}")));
        words.push(self.title());
        Problem { place: words.join(", "), field: field(pointer), message: message.into() }
    }

    /// A mistake at a field as the server names it.
    pub fn problem_at(&self, field: &str, message: impl Into<String>) -> Problem {
        let found = self.problem(&pointer(field), message);
        Problem { field: field.trim_start_matches('.').to_owned(), ..found }
    }

    /// What older servers want to be told though it is the default.
    pub fn complete(&mut self) {
        if text(&self.object, "/kind") == "Service"
            && let Some(Value::Array(ports)) = self.object.pointer_mut("/spec/ports")
        {
            for port in ports.iter_mut().filter_map(Value::as_object_mut) {
                port.entry("protocol").or_insert_with(|| "TCP".into());
            }
        }
        // What is written by hand may have been read from a server.
        if let Some(meta) = self.object.get_mut("metadata").and_then(Value::as_object_mut) {
            meta.shift_remove("managedFields");
            if meta.get("creationTimestamp").is_some_and(Value::is_null) {
                meta.shift_remove("creationTimestamp");
            }
        }
    }

    /// Puts a namespace in the object, or takes it away.
    pub fn place_in(&mut self, namespace: Option<&str>) {
        let Some(object) = self.object.as_object_mut() else { return };
        let meta = object.entry("metadata").or_insert_with(|| Map::new().into());
        if let Some(meta) = meta.as_object_mut() {
            match namespace {
                Some(namespace) => drop(meta.insert("namespace".into(), namespace.into())),
                None => drop(meta.shift_remove("namespace")),
            }
        }
    }

    /// What can be seen to be wrong before the server is asked.
    pub fn slips(&self) -> Vec<Problem> {
        if !self.object.is_object() {
            return vec![
                self.problem("", "an object must be a mapping with `apiVersion`, `kind` and `metadata`"),
            ];
        }
        let mut all = Vec::new();
        for key in ["kind", "apiVersion"] {
            match self.object.get(key) {
                Some(Value::String(word)) if !word.is_empty() => {}
                Some(Value::Null) | None => all.push(self.problem("", format!("`{key}` is missing"))),
                Some(_) => all.push(self.problem(&format!("/{key}"), "must be a word")),
            }
        }
        let generated = self.object.pointer("/metadata/generateName").is_some();
        match self.object.pointer("/metadata/name") {
            Some(Value::String(word)) if !word.is_empty() => all.extend(self.name_slip(word)),
            Some(Value::Null) | None if !generated => {
                all.push(self.problem("", "`metadata.name` is missing"))
            }
            Some(Value::String(_)) if !generated => all.push(self.problem("/metadata/name", "is empty")),
            Some(Value::Number(number)) => {
                all.push(self.problem(
                    "/metadata/name",
                    format!("must be a string: `{number}` (write `\"{number}\"`)"),
                ))
            }
            Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
                all.push(self.problem("/metadata/name", "must be a string"))
            }
            _ => {}
        }
        all
    }

    /// Names have small letters; those of roles may have others.
    fn name_slip(&self, word: &str) -> Option<Problem> {
        let free = text(&self.object, "/apiVersion").starts_with("rbac.authorization.k8s.io");
        let small = word.to_lowercase();
        (!free && small != word).then(|| {
            self.problem(
                "/metadata/name",
                format!("a name must be in lower case: `{word}`; `{small}` would do"),
            )
        })
    }

    /// The name of the object.
    pub fn name(&self) -> &str {
        name(&self.object)
    }
}

/// `/spec/ports/0/name` as `spec.ports[0].name`.
pub(super) fn field(pointer: &str) -> String {
    let mut words = String::new();
    for part in pointer.split('/').skip(1) {
        let part = part.replace("~1", "/").replace("~0", "~");
        if part.chars().all(|c| c.is_ascii_digit()) || part.contains(['.', '/']) {
            words += &format!("[{part}]");
        } else {
            words += if words.is_empty() { "" } else { "." };
            words += &part;
        }
    }
    words
}

/// `spec.ports[0].name` as `/spec/ports/0/name`; what stands in brackets is one part.
pub(super) fn pointer(field: &str) -> String {
    let mut pointer = String::new();
    let mut rest = field.trim_start_matches('.');
    while !rest.is_empty() {
        let (part, tail) = match rest.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        if !part.is_empty() {
            pointer += &format!("/{}", part.trim_matches('"').replace('~', "~0").replace('/', "~1"));
        }
        rest = tail.strip_prefix('.').unwrap_or(tail);
    }
    pointer
}
