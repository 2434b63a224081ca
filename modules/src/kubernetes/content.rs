//! What config maps and secrets hold: values, files, and files of `NAME=value` lines, on the target.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value};

use super::brief::strings;
use crate::args::{FromArg, Kind, Mismatch, Type};
use crate::{Fail, Target, args};

args! {
    /// What a config map or secret holds.
    pub struct Content {
        /// Values by their keys.
        #[alias("from_literal", "literals")]
        data: Option<Hidden>,
        /// Values by their keys, as base64.
        #[alias("binaryData")]
        binary_data: Option<Hidden>,
        /// Files on the target, each under its own name or, as `KEY=PATH` or in a mapping, under a key. Of a
        /// directory all files.
        #[alias("from_file", "files")]
        from_files: Option<Value>,
        /// Files of `NAME=value` lines on the target, each line a key.
        #[alias("from_env_file", "env_files")]
        from_env_files: Option<Vec<PathBuf>>,
        /// Labels of the object.
        labels: Option<Map<String, Value>>,
        /// Annotations of the object.
        annotations: Option<Map<String, Value>>,
        /// Whether it can never be changed again.
        immutable: Option<bool>,
    }
}

/// A mapping whose values are not shown.
#[derive(Clone, Default)]
pub struct Hidden(pub Map<String, Value>);

impl fmt::Debug for Hidden {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.0.keys()).finish()
    }
}

impl FromArg for Hidden {
    const TYPE: Type = Type { kind: Kind::Dict, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let wrong = || Mismatch {
            expected: "a dictionary of strings".to_owned(),
            found: "something else".to_owned(),
            near: None,
        };
        strings(value).map(Self).ok_or_else(wrong)
    }
}

/// Values by their keys.
pub type Values = BTreeMap<String, Vec<u8>>;

impl Content {
    /// All that is to be held.
    ///
    /// # Errors
    /// When a file cannot be read, or a key stands twice or cannot be a key; all mistakes in one.
    pub fn values(&self, target: &Target<'_>) -> Result<Values, Fail> {
        let (mut all, mut wrong) = (Values::new(), Vec::new());
        let mut found: Vec<(String, Result<Vec<u8>, Fail>)> = Vec::new();
        for (key, value) in self.data.iter().flat_map(|data| &data.0) {
            found.push((key.clone(), Ok(value.as_str().unwrap_or_default().as_bytes().to_vec())));
        }
        for (key, value) in self.binary_data.iter().flat_map(|data| &data.0) {
            let text: String = value.as_str().unwrap_or_default().split_whitespace().collect();
            let bytes =
                STANDARD.decode(text).map_err(|_| Fail::new(format!("the value of `{key}` is not base64")));
            found.push((key.clone(), bytes));
        }
        for (key, path) in self.files(target)? {
            let bytes = target.read(&path).and_then(|bytes| {
                bytes.ok_or_else(|| Fail::new(format!("there is no file `{}`", path.display())))
            });
            found.push((key, bytes));
        }
        for path in self.from_env_files.iter().flatten() {
            match target.read_text(path)? {
                Some(text) => found.extend(lines(&text).map(|(key, value)| (key, Ok(value.into_bytes())))),
                None => wrong.push(format!("there is no file `{}`", path.display())),
            }
        }
        for (key, bytes) in found {
            if key.is_empty() || !key.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c)) {
                wrong.push(format!("a key has letters, digits, `-`, `_` and `.` only: `{key}`"));
            }
            match bytes {
                Ok(bytes) if all.contains_key(&key) => {
                    drop(bytes);
                    wrong.push(format!("the key `{key}` is given twice"));
                }
                Ok(bytes) => drop(all.insert(key, bytes)),
                Err(fail) => wrong.push(fail.message),
            }
        }
        if wrong.is_empty() { Ok(all) } else { Err(Fail::new(wrong.join("; "))) }
    }

    /// The keys and paths of all files.
    fn files(&self, target: &Target<'_>) -> Result<Vec<(String, PathBuf)>, Fail> {
        let named = |path: &Path| {
            path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
        };
        let of = |text: &str| PathBuf::from(crate::args::expand(text, target));
        let mut all = Vec::new();
        match &self.from_files {
            None => {}
            Some(Value::Object(map)) => {
                let path = |value: &Value| of(value.as_str().unwrap_or_default());
                all.extend(map.iter().map(|(key, value)| (key.clone(), path(value))));
            }
            Some(list) => {
                let words =
                    Vec::<String>::from_arg(list).map_err(|_| Fail::new("`from_files` must be paths"))?;
                for word in words {
                    match word.split_once('=') {
                        Some((key, path)) => all.push((key.to_owned(), of(path))),
                        None => all.push((named(&of(&word)), of(&word))),
                    }
                }
            }
        }
        let mut files = Vec::new();
        for (key, path) in all {
            let is_directory = target.stat(&path)?.is_some_and(|meta| meta.is_dir());
            if !is_directory {
                files.push((key, path));
                continue;
            }
            for name in target.list(&path)?.unwrap_or_default() {
                let inner = path.join(&name);
                if target.stat(&inner)?.is_some_and(|meta| meta.is_file()) {
                    files.push((name.to_string_lossy().into_owned(), inner));
                }
            }
        }
        Ok(files)
    }
}

/// The names and values of an env file. As with kubectl, quotes are part of a value.
fn lines(text: &str) -> impl Iterator<Item = (String, String)> {
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim_start);
    lines.filter(|line| !line.is_empty() && !line.starts_with('#')).map(|line| {
        let (name, value) = line.split_once('=').unwrap_or((line, ""));
        (name.trim_end().to_owned(), value.to_owned())
    })
}

/// Bytes as base64.
pub fn encoded(bytes: &[u8]) -> Value {
    STANDARD.encode(bytes).into()
}

/// The metadata of the object.
pub fn metadata(name: &str, namespace: &str, content: &Content) -> Result<Value, Fail> {
    let mut meta =
        Map::from_iter([("name".to_owned(), name.into()), ("namespace".to_owned(), namespace.into())]);
    for (key, given) in [("labels", &content.labels), ("annotations", &content.annotations)] {
        if let Some(map) = given {
            let map = strings(&map.clone().into());
            let map = map.ok_or_else(|| Fail::new(format!("`{key}` must be a dictionary of strings")))?;
            meta.insert(key.to_owned(), map.into());
        }
    }
    Ok(meta.into())
}

#[cfg(test)]
mod tests {
    use super::lines;

    #[test]
    fn env_files_are_read_as_kubectl_does() {
        let read: Vec<_> = lines("# no\n\nA=1\n  B = x=y \nC=\"q\"\nD\n").collect();
        let wanted = [("A", "1"), ("B", " x=y "), ("C", "\"q\""), ("D", "")];
        assert_eq!(read, wanted.map(|(name, value)| (name.to_owned(), value.to_owned())));
    }
}
