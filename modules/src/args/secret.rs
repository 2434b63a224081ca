//! A string that hides itself.

use std::fmt;

use serde_json::Value;

use super::coerce::{FromArg, Mismatch};
use super::spec::{Kind, Type};

/// A password or key: never shown by `Debug`, so not in panics, logs or diffs.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// The secret itself; hand it over a pipe, never in an argv or environment.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl FromArg for Secret {
    const TYPE: Type = Type { kind: Kind::Secret, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let hidden =
            |_| Mismatch { expected: "a string".to_owned(), found: "something else".to_owned(), near: None };
        String::from_arg(value).map(Self).map_err(hidden)
    }
}
