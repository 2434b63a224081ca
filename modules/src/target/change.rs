//! The one door for effects: it knows check mode and diff, so no module does.

use std::collections::HashSet;
use std::path::Path;
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::{Map, Value, json};

use super::{Fail, Hands, Side, Target};
use crate::wire::Change;

/// Paths that calls of this worker would have made in check mode; a worker lives as long as the run.
static FORETOLD: LazyLock<Mutex<HashSet<String>>> = LazyLock::new(Mutex::default);

/// What became of a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Made<T> {
    /// It was as wanted already.
    Same,
    /// It would be made; this is check mode.
    Foretold,
    /// It was made.
    Done(T),
}

impl<T> Made<T> {
    /// Whether both sides differed, made or foretold.
    pub fn differs(&self) -> bool {
        !matches!(self, Self::Same)
    }

    /// What making it gave.
    pub fn done(self) -> Option<T> {
        match self {
            Self::Done(value) => Some(value),
            _ => None,
        }
    }
}

impl Target<'_> {
    /// Changes `what` from `before` to `after`. Equal sides: nothing happens. Else the call is *changed*, the
    /// diff is kept where wanted and, unless checking, `make` makes it.
    pub fn change<T>(
        &mut self,
        what: &str,
        before: impl Into<Side>,
        after: impl Into<Side>,
        make: impl FnOnce(&mut Hands<'_>) -> Result<T, Fail>,
    ) -> Result<Made<T>, Fail> {
        match self.announce(what, before.into(), after.into()) {
            Made::Same => return Ok(Made::Same),
            Made::Foretold => return Ok(Made::Foretold),
            Made::Done(()) => {}
        }
        let mut hands = Hands::new(self);
        let done = make(&mut hands)?;
        self.change = Change::Yes;
        Ok(Made::Done(done))
    }

    /// What a change comes to before it is made; `Done` says that it is to be made.
    fn announce(&mut self, what: &str, before: Side, after: Side) -> Made<()> {
        if before == after {
            return Made::Same;
        }
        if self.check {
            self.change = Change::Yes;
            if before == Side::Absent {
                FORETOLD.lock().unwrap_or_else(PoisonError::into_inner).insert(what.to_owned());
            }
        }
        if self.diff {
            self.diffs.push((what.to_owned(), before, after));
        }
        if self.check { Made::Foretold } else { Made::Done(()) }
    }

    /// Whether an earlier call of this check would have made what is at a path, or beneath it, so that what needs it
    /// need not fail. Outside check mode nothing is foretold.
    pub fn is_foretold(&self, path: &Path) -> bool {
        let known = || FORETOLD.lock().unwrap_or_else(PoisonError::into_inner);
        let here = path.to_string_lossy().into_owned();
        let beneath = format!("{here}/");
        self.check
            && known().iter().any(|made| *made == here || made.starts_with(&beneath))
            && std::fs::symlink_metadata(path).is_err()
    }

    /// Does what cannot be foretold: in check mode nothing, and the answer is *unknown*; else the call is
    /// *changed*, unless `make` says with [`Hands::unchanged`] that it was not.
    pub fn perform<T>(
        &mut self,
        make: impl FnOnce(&mut Hands<'_>) -> Result<T, Fail>,
    ) -> Result<Option<T>, Fail> {
        if self.check {
            if self.change == Change::No {
                self.change = Change::Unknown;
            }
            return Ok(None);
        }
        let mut hands = Hands::new(self);
        let made = make(&mut hands);
        if hands.changed {
            self.change = Change::Yes;
        }
        made.map(Some)
    }

    /// Does something and says whether it changed anything, or would.
    pub fn watch<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> (T, bool) {
        let before = std::mem::replace(&mut self.change, Change::No);
        let done = work(self);
        let differs = self.change != Change::No;
        if !differs || before == Change::Yes {
            self.change = before;
        }
        (done, differs)
    }

    /// Takes over the word of a module of the user's that it changed something, or would.
    pub(crate) fn note_changed(&mut self) {
        self.change = Change::Yes;
    }

    /// Makes one difference of those of properties: what differs at `path`, and `path` itself even when nothing does.
    // ansible: `file` gives back a mapping with `before` and `after`, not a list.
    pub fn merge_diffs(&mut self, path: &str) {
        if !self.diff {
            return;
        }
        let (mut before, mut after) = (Map::new(), Map::new());
        for (_, old, new) in std::mem::take(&mut self.diffs) {
            let (old, new) = (old.properties(), new.properties());
            before.extend(differing(&old, &new));
            after.extend(differing(&new, &old));
        }
        before.insert("path".into(), path.into());
        after.insert("path".into(), path.into());
        self.set("diff", json!({ "before": before, "after": after }));
    }

    /// Warns, while checking only, of what an earlier step of a real run may have made by then.
    pub fn doubt(&mut self, message: impl Into<String>) {
        if self.check {
            self.warn(message);
        }
    }

    /// What will surely be performed, as a command whose `creates` is missing, is *changed* in check mode too.
    pub fn foretell(&mut self) {
        if self.check {
            self.change = Change::Yes;
        }
    }

    /// Does what is no change of the target in anybody's eyes, as fetching lists of packages; in check mode
    /// nothing.
    pub fn refresh<T>(
        &mut self,
        make: impl FnOnce(&mut Hands<'_>) -> Result<T, Fail>,
    ) -> Result<Option<T>, Fail> {
        if self.check { Ok(None) } else { make(&mut Hands::new(self)).map(Some) }
    }
}

/// Properties that the other side has not, or otherwise.
fn differing(one: &Map<String, Value>, other: &Map<String, Value>) -> Map<String, Value> {
    let differs = |(name, value): &(&String, &Value)| other.get(*name) != Some(*value);
    one.iter().filter(differs).map(|(name, value)| (name.clone(), value.clone())).collect()
}
