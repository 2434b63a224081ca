//! The machine as a module sees it. `Target` reads and queries; the one door
//! for effects is `change` (or `perform`), which hands out `Hands`.

mod change;
mod command;
mod fail;
mod hands;
mod read;
mod replace;
mod side;
mod spawn;

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

pub use change::Made;
pub use command::{Command, Output};
pub use fail::Fail;
pub use hands::Hands;
pub use replace::{Replace, umask};
pub use side::Side;
pub use spawn::end_all;

use crate::wire::{BodyInfo, Call, CallIo, Change, Diff, Reply, Stream};

/// The machine as a module sees it: to read and query, and to change through one door.
pub struct Target<'a> {
    root: PathBuf,
    check: bool,
    diff: bool,
    live: bool,
    environment: Vec<(String, String)>,
    bodies: Vec<BodyInfo>,
    io: &'a mut dyn CallIo,
    change: Change,
    values: Map<String, Value>,
    diffs: Vec<(String, Side, Side)>,
    warnings: Vec<String>,
}

impl<'a> Target<'a> {
    pub(crate) fn new(root: &Path, call: &Call, io: &'a mut dyn CallIo) -> Self {
        Self {
            root: root.to_owned(),
            check: call.check,
            diff: call.diff,
            live: call.live,
            environment: call.environment.clone(),
            bodies: call.bodies.clone(),
            io,
            change: Change::No,
            values: Map::new(),
            diffs: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// A call with the same surroundings, to look at things in another thread.
    pub(crate) fn like(&self) -> Call {
        Call { check: self.check, environment: self.environment.clone(), ..Call::default() }
    }

    pub(crate) fn into_reply(mut self, id: u64, failure: Option<Fail>) -> Reply {
        let failure = failure.map(|fail| {
            self.values.extend(fail.values);
            fail.message
        });
        Reply {
            id,
            change: self.change,
            failure,
            values: self.values,
            diff: self.diffs.into_iter().map(shown).collect(),
            warnings: self.warnings,
        }
    }

    /// Gives a value back, under Ansible's name for it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.values.insert(name.to_owned(), value.into());
    }

    /// What the user should know though the module goes on.
    pub fn warn(&mut self, message: impl Into<String>) {
        self.warnings.push(message.into());
    }

    /// Shows a line while the module still runs, where live lines are wanted.
    pub fn log(&mut self, stream: Stream, line: &str) {
        if self.live {
            self.io.log(stream, line);
        }
    }

    /// Whether nobody waits for the reply any more; long waits should end.
    pub fn cancelled(&self) -> bool {
        self.io.cancelled()
    }

    /// Whether differences are wanted, for modules to whom they are costly.
    pub fn wants_diff(&self) -> bool {
        self.diff
    }

    /// The files that the controller can send.
    pub fn bodies(&self) -> &[BodyInfo] {
        &self.bodies
    }

    /// The content of a file that the controller offered with the call.
    pub fn open_body(&mut self, name: &str) -> Result<Box<dyn std::io::Read + Send>, Fail> {
        self.io.open_body(name).map_err(|error| Fail::io(format!("cannot receive `{name}`"), &error))
    }

    /// Gives a file's content back to the controller; the bytes sent.
    pub fn send_body(&mut self, name: &str, content: &mut dyn std::io::Read) -> Result<u64, Fail> {
        self.io.send_body(name, content).map_err(|error| Fail::io(format!("cannot send `{name}`"), &error))
    }
}

fn shown((what, before, after): (String, Side, Side)) -> Diff {
    // ansible: what was not there has no name before, but for a text that is edited.
    let nameless = before == Side::Absent && !what.ends_with(" (content)");
    let before_header = if nameless { String::new() } else { what.clone() };
    let (before, after) = (before.shown(), after.shown());
    Diff { before_header, after_header: what, before, after }
}

#[cfg(test)]
mod tests;
