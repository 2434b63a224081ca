//! Where a host stands in its play: a call stack instead of flags. A frame is a list of
//! steps and an index; success moves on, failure unwinds to the nearest frame whose
//! rescue is unspent, running `always` on the way; an empty stack ends the host's play.

use std::collections::HashSet;
use std::sync::Arc;

use crate::plan::{PlannedBlock, PlannedStep, PlannedTask, RoleUsage};

/// A path of indices. Ordered as the steps of a play are: a step before what it includes,
/// that before the next step.
pub(crate) type Position = Vec<u32>;

/// Which list of a block a frame walks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    /// A plain list: the play's, an include's.
    List,
    Tasks,
    Rescue,
    Always,
    /// Handlers: those that were not notified are passed over.
    Handlers,
}

#[derive(Clone)]
struct Frame {
    steps: Arc<[PlannedStep]>,
    index: usize,
    part: Part,
    /// The block whose part this is.
    block: Option<Arc<PlannedBlock>>,
    /// Position of the frame itself; a step's is this and its index.
    position: Position,
    /// A failure waits until this `always` is through.
    failing: bool,
}

/// The stack of one host.
#[derive(Clone)]
pub(crate) struct Cursor {
    frames: Vec<Frame>,
    /// Roles this host is through with, and need not run again.
    completed: HashSet<Arc<str>>,
    /// Roles of which it has run a task: passed over or out of reach does not count.
    begun: HashSet<Arc<str>>,
}

/// What became of a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unwound {
    /// A rescue section goes on from here.
    Rescued,
    /// `always` sections run first; then the failure goes on outwards.
    Always,
    /// Nothing takes it over: the host has failed.
    Ended,
}

/// A frame has run out while a failure was waiting, and nobody took it over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct FailedInAlways;

impl Cursor {
    /// At the first of `steps`.
    pub(crate) fn new(steps: Arc<[PlannedStep]>) -> Self {
        let mut cursor = Self { frames: Vec::new(), completed: HashSet::new(), begun: HashSet::new() };
        cursor.push(steps, Vec::new(), Part::List, None);
        cursor
    }

    fn push(
        &mut self,
        steps: Arc<[PlannedStep]>,
        position: Position,
        part: Part,
        block: Option<Arc<PlannedBlock>>,
    ) {
        self.frames.push(Frame { steps, index: 0, part, block, position, failing: false });
    }

    /// The task to run next and its position; enters blocks and leaves finished frames on
    /// the way. `notified` tells whether a handler is to run on this host.
    /// `Err` once when a failure has passed its last `always`.
    pub(crate) fn next(
        &mut self,
        notified: &mut dyn FnMut(&PlannedTask) -> bool,
    ) -> Result<Option<(Arc<PlannedTask>, Position)>, FailedInAlways> {
        loop {
            let Some(frame) = self.frames.last_mut() else { return Ok(None) };
            let Some(step) = frame.steps.get(frame.index).cloned() else {
                self.leave()?;
                continue;
            };
            let mut position = frame.position.clone();
            position.push(frame.index as u32);
            match step {
                PlannedStep::Task(task) if frame.part == Part::Handlers && !notified(&task) => {
                    frame.index += 1
                }
                PlannedStep::Task(task) => return Ok(Some((task, position))),
                PlannedStep::Block(block) => {
                    frame.index += 1;
                    if usage(&block).is_some_and(|role| !role.again && self.completed.contains(&role.key)) {
                        continue;
                    }
                    let part = if frame.part == Part::Handlers { Part::Handlers } else { Part::Tasks };
                    position.push(0);
                    self.push(block.tasks.clone(), position, part, Some(block));
                }
            }
        }
    }

    /// The frame on top is through: its `always` comes next, or a waiting failure goes on.
    fn leave(&mut self) -> Result<(), FailedInAlways> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        if matches!(frame.part, Part::Tasks | Part::Rescue) && self.begin_always(&frame, false) {
            return Ok(());
        }
        let role = frame.block.as_deref().and_then(usage).map(|role| &role.key);
        if let Some(role) = role.filter(|role| self.begun.contains(*role)) {
            self.completed.insert(role.clone());
        }
        if frame.failing && self.unwind() == Unwound::Ended {
            return Err(FailedInAlways);
        }
        Ok(())
    }

    /// Pushes the `always` of the block whose part has just been popped, if it has one.
    fn begin_always(&mut self, frame: &Frame, failing: bool) -> bool {
        let Some(block) = frame.block.as_ref().filter(|b| !b.always.is_empty()) else { return false };
        let position = sibling(&frame.position, 2);
        self.push(block.always.clone(), position, Part::Always, Some(block.clone()));
        if let Some(top) = self.frames.last_mut() {
            top.failing = failing;
        }
        true
    }

    /// The task at the cursor is done: on to the next step.
    pub(crate) fn advance(&mut self) {
        if let Some(frame) = self.frames.last_mut() {
            frame.index += 1;
        }
    }

    /// The task at the cursor was run here.
    pub(crate) fn begin_role(&mut self) {
        let mut blocks = self.frames.iter().rev().filter_map(|frame| frame.block.as_ref());
        let role = blocks.find(|block| block.role.is_some()).and_then(|block| usage(block));
        self.begun.extend(role.map(|role| role.key.clone()));
    }

    /// The task at the cursor has failed.
    pub(crate) fn fail(&mut self) -> Unwound {
        self.unwind()
    }

    /// Whether a failure here would be taken over by a rescue section.
    pub(crate) fn would_rescue(&self) -> bool {
        self.frames
            .iter()
            .any(|f| f.part == Part::Tasks && f.block.as_ref().is_some_and(|b| !b.rescue.is_empty()))
    }

    /// Whether a handler is running, or what it included.
    pub(crate) fn in_handlers(&self) -> bool {
        self.frames.iter().any(|frame| frame.part == Part::Handlers)
    }

    fn unwind(&mut self) -> Unwound {
        while let Some(frame) = self.frames.pop() {
            let block = frame.block.clone();
            if frame.part == Part::Tasks
                && let Some(block) = block.filter(|b| !b.rescue.is_empty())
            {
                self.push(block.rescue.clone(), sibling(&frame.position, 1), Part::Rescue, Some(block));
                return Unwound::Rescued;
            }
            if matches!(frame.part, Part::Tasks | Part::Rescue) && self.begin_always(&frame, true) {
                return Unwound::Always;
            }
        }
        Unwound::Ended
    }

    /// The task at the cursor is passed, and the lists it included run next, in order. Each
    /// has a number that is the same for all hosts which included the same.
    pub(crate) fn include(&mut self, position: &Position, lists: Vec<(u32, Arc<[PlannedStep]>)>) {
        self.advance();
        for (nth, steps) in lists.into_iter().rev() {
            self.push(steps, below(position, nth), Part::List, None);
        }
    }

    /// The task at the cursor is passed, and those of the handlers that were notified run next.
    pub(crate) fn flush(&mut self, position: &Position, handlers: Arc<[PlannedStep]>) {
        self.advance();
        self.push(handlers, below(position, 0), Part::Handlers, None);
    }

    /// No failure waits for the end of an `always` any more.
    pub(crate) fn forgive(&mut self) {
        self.frames.iter_mut().for_each(|frame| frame.failing = false);
    }

    /// Ends the host's play; `always` sections do not run (as `meta: end_host`).
    pub(crate) fn clear(&mut self) {
        self.frames.clear();
    }

    /// Leaves the role the cursor is in (`meta: end_role`).
    pub(crate) fn end_role(&mut self) {
        while let Some(frame) = self.frames.pop() {
            let Some(block) = frame.block.filter(|block| block.role.is_some()) else { continue };
            let role = usage(&block).map(|role| &role.key).filter(|role| self.begun.contains(*role));
            self.completed.extend(role.cloned());
            return;
        }
    }
}

/// The use of a role that a block stands for.
fn usage(block: &PlannedBlock) -> Option<&RoleUsage> {
    Some(&block.role.as_ref()?.usage)
}

/// The position of another part of the same block.
fn sibling(position: &Position, part: u32) -> Position {
    let mut sibling = position.clone();
    if let Some(last) = sibling.last_mut() {
        *last = part;
    }
    sibling
}

/// The position of the `nth` list beneath a step.
fn below(position: &Position, nth: u32) -> Position {
    position.iter().copied().chain([nth]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{block, task};

    /// Walks to the end; tasks named `bad…` fail.
    fn walk(steps: Vec<PlannedStep>) -> Vec<String> {
        let mut cursor = Cursor::new(steps.into());
        let mut seen = Vec::new();
        loop {
            match cursor.next(&mut |_| true) {
                Ok(None) => return seen,
                Err(FailedInAlways) => seen.push("failed".into()),
                Ok(Some((task, _))) => {
                    let name = task.task.action.name.clone();
                    seen.push(name.clone());
                    if name.starts_with("bad") {
                        if cursor.fail() == Unwound::Ended {
                            seen.push("failed".into());
                        }
                    } else {
                        cursor.advance();
                    }
                }
            }
        }
    }

    #[test]
    fn success_runs_tasks_then_always() {
        let steps = vec![task("a"), block(vec![task("b")], vec![task("r")], vec![task("c")]), task("d")];
        assert_eq!(walk(steps), ["a", "b", "c", "d"]);
    }

    #[test]
    fn a_failure_is_rescued_and_the_play_goes_on() {
        let steps = vec![block(vec![task("bad"), task("b")], vec![task("r")], vec![task("c")]), task("d")];
        assert_eq!(walk(steps), ["bad", "r", "c", "d"]);
    }

    #[test]
    fn a_failure_without_rescue_runs_always_outwards_and_ends() {
        let inner = block(vec![task("bad")], vec![], vec![task("i")]);
        let steps = vec![block(vec![inner, task("b")], vec![], vec![task("o")]), task("d")];
        assert_eq!(walk(steps), ["bad", "i", "o", "failed"]);
    }

    #[test]
    fn an_inner_failure_runs_its_always_before_the_outer_rescue() {
        let inner = block(vec![task("bad")], vec![], vec![task("i")]);
        let steps = vec![block(vec![inner], vec![task("r")], vec![task("o")]), task("d")];
        assert_eq!(walk(steps), ["bad", "i", "r", "o", "d"]);
    }

    #[test]
    fn a_failing_rescue_goes_on_outwards() {
        let steps = vec![block(vec![task("bad")], vec![task("bad r")], vec![task("o")]), task("d")];
        assert_eq!(walk(steps), ["bad", "bad r", "o", "failed"]);
    }

    #[test]
    fn included_lists_run_in_order_before_the_next_step() {
        let mut cursor = Cursor::new(vec![task("include"), task("after")].into());
        let (_, at) = cursor.next(&mut |_| true).unwrap().unwrap();
        cursor.include(&at, vec![(0, vec![task("x")].into()), (1, vec![task("y")].into())]);
        let mut seen = Vec::new();
        while let Ok(Some((task, position))) = cursor.next(&mut |_| true) {
            seen.push((task.task.action.name.clone(), position));
            cursor.advance();
        }
        assert_eq!(
            seen,
            [("x".into(), vec![0, 0, 0]), ("y".into(), vec![0, 1, 0]), ("after".into(), vec![1])]
        );
    }
}
