//! Names that live in the template itself: assignments, loop variables, parameters.

use std::sync::Arc;

use std::collections::HashMap;

use super::super::Value;
use super::assign::Path;

/// One level of names.
pub(crate) type Frame = Vec<(Arc<str>, Value)>;

/// Levels of names, the innermost last; the first is the template's own.
pub(crate) struct Locals {
    pub frames: Vec<Frame>,
    /// Where the value of a name came from, by the level it is in: what changes it in place
    /// changes that, too.
    origins: HashMap<(usize, Arc<str>), Path>,
}

impl Default for Locals {
    fn default() -> Self {
        Self::of(vec![Frame::new()])
    }
}

impl Locals {
    /// With these levels.
    pub(super) fn of(frames: Vec<Frame>) -> Self {
        Self { frames, origins: HashMap::new() }
    }

    /// Notes where the value of a name in the innermost level came from.
    pub(super) fn came_from(&mut self, name: &Arc<str>, origin: Path) {
        self.origins.insert((self.frames.len(), name.clone()), origin);
    }

    /// Where the value of a name came from.
    pub(super) fn origin(&self, name: &Arc<str>) -> Option<Path> {
        let level = self.frames.iter().rposition(|f| f.iter().any(|(n, _)| n == name))?;
        self.origins.get(&(level + 1, name.clone())).cloned()
    }

    /// The value of a name.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        self.frames.iter().rev().flat_map(|f| f.iter().rev()).find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// Where the value of a name is kept.
    pub(super) fn slot(&mut self, name: &str) -> Option<&mut Value> {
        let frames = self.frames.iter_mut().rev();
        frames.flat_map(|f| f.iter_mut().rev()).find(|(n, _)| &**n == name).map(|(_, v)| v)
    }

    /// Assigns in the innermost level.
    pub(crate) fn set(&mut self, name: Arc<str>, value: Value) {
        if !self.origins.is_empty() {
            self.origins.remove(&(self.frames.len(), name.clone()));
        }
        let Some(frame) = self.frames.last_mut() else { return };
        match frame.iter_mut().find(|(n, _)| *n == name) {
            Some((_, old)) => *old = value,
            None => frame.push((name, value)),
        }
    }

    /// All that is visible, in one level.
    pub(super) fn flattened(&self) -> Frame {
        let mut flat = Locals::default();
        for (name, value) in self.frames.iter().flatten() {
            flat.set(name.clone(), value.clone());
        }
        flat.frames.pop().unwrap_or_default()
    }
}
