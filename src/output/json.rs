//! One event a line, as JSON; the first says the format number.

use super::{Output, Screen};
use crate::event::{Event, Stats};

/// Prints events as they are.
pub(crate) struct Json {
    screen: Screen,
}

impl Json {
    /// Prints to `screen`.
    pub(crate) fn new(screen: Screen) -> Self {
        Self { screen }
    }
}

impl Output for Json {
    fn event(&mut self, event: &Event, _: &Stats) {
        match serde_json::to_string(event) {
            Ok(line) => self.screen.line(&line),
            Err(error) => self.screen.error_line(&format!("error: an event cannot be written: {error}")),
        }
    }
}
