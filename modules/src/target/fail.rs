//! Why a module could not do it.

use std::io;

use serde_json::{Map, Value};

/// Why a module could not do it: words for the user, and values given back nonetheless.
#[derive(Clone, Debug, PartialEq)]
pub struct Fail {
    /// Lower case, no stop, names in backticks.
    pub message: String,
    /// Return values beside the message, as `rc` of a command.
    pub values: Map<String, Value>,
}

impl Fail {
    /// A failure in these words.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), values: Map::new() }
    }

    /// `what` went wrong for a reason of the operating system: ``cannot read `x`: permission denied``.
    pub fn io(what: impl Into<String>, error: &io::Error) -> Self {
        Self::new(format!("{}: {}", what.into(), reason(error)))
    }

    /// The failure with a return value more.
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// The failure with a hint how to mend it.
    pub fn hint(mut self, hint: &str) -> Self {
        self.message = format!("{}\nhint: {hint}", self.message);
        self
    }
}

/// An error of the operating system in our style: lower case, without `(os error 13)`.
fn reason(error: &io::Error) -> String {
    let text = error.to_string();
    let text = text.split(" (os error").next().unwrap_or_default();
    let mut letters = text.chars();
    let first = letters.next().map(|c| c.to_ascii_lowercase());
    first.into_iter().chain(letters).collect()
}

impl From<String> for Fail {
    fn from(message: String) -> Self {
        Self::new(message)
    }
}

impl From<&str> for Fail {
    fn from(message: &str) -> Self {
        Self::new(message)
    }
}
