//! Why an engine did not do it: its own words where it has some.

use std::io;

use crate::Fail;

/// Why an engine did not do it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Error {
    /// The status of its answer; 0 where there was none.
    pub status: u16,
    /// Lower case, no stop; of an answer the engine's own words.
    pub message: String,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Error {
    /// Trouble on the way to the engine.
    pub fn new(message: impl Into<String>) -> Self {
        Self { status: 0, message: message.into(), hint: None }
    }

    /// What the engine answered.
    pub fn refused(status: u16, message: impl Into<String>) -> Self {
        Self { status, ..Self::new(message) }
    }

    /// With a hint how to mend it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A mistake of input or output while `what`.
    pub fn io(what: &str, error: &io::Error) -> Self {
        Self::new(Fail::io(what, error).message)
    }

    /// Whether the engine knows no such thing.
    pub fn is_missing(&self) -> bool {
        self.status == 404
    }

    /// The failure of a module: `cannot remove image` and the engine's words as its cause.
    pub fn when(self, what: &str) -> Fail {
        let fail = Fail::new(format!("{what}: {}", self.message));
        self.hint.map_or(fail.clone(), |hint| fail.hint(&hint))
    }
}

impl From<Error> for Fail {
    fn from(error: Error) -> Self {
        let words = match error.status {
            0 => error.message,
            _ => format!("the engine refused: {}", error.message),
        };
        let fail = Self::new(words);
        match error.hint {
            Some(hint) => fail.hint(&hint),
            None => fail,
        }
    }
}
