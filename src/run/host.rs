//! One host in one play.

use std::collections::HashSet;
use std::sync::Arc;

use crate::plan::{PlannedStep, PlannedTask};

use super::cursor::{Cursor, FailedInAlways, Position, Unwound};

/// Whether a host goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Active,
    /// Through, or taken out by `meta`.
    Done,
    Failed,
    Unreachable,
}

/// A host's cursor and the handlers it owes.
pub(super) struct HostState {
    pub(super) name: Arc<str>,
    pub(super) cursor: Cursor,
    pub(super) standing: Standing,
    /// Ids of notified handlers that have not run yet.
    pub(super) notified: HashSet<u64>,
    /// The names they were notified by, in order, until handlers are flushed.
    pub(super) notifications: Vec<String>,
    next: Option<(Arc<PlannedTask>, Position)>,
    /// The play knows that it is lost.
    told: bool,
}

impl HostState {
    /// At the first step.
    pub(super) fn new(name: Arc<str>, steps: Arc<[PlannedStep]>) -> Self {
        Self {
            name,
            cursor: Cursor::new(steps),
            standing: Standing::Active,
            notified: HashSet::new(),
            notifications: Vec::new(),
            next: None,
            told: false,
        }
    }

    /// The task this host stands at; `None` when it is through.
    pub(super) fn peek(&mut self) -> Option<&(Arc<PlannedTask>, Position)> {
        if self.next.is_none() && self.standing == Standing::Active {
            let notified = &self.notified;
            self.next = match self.cursor.next(&mut |task| notified.contains(&task.id)) {
                Ok(Some(next)) => Some(next),
                Ok(None) => {
                    self.standing = Standing::Done;
                    None
                }
                Err(FailedInAlways) => {
                    self.standing = Standing::Failed;
                    None
                }
            };
        }
        self.next.as_ref()
    }

    /// Takes the step it stands at; a handler is no longer owed.
    pub(super) fn take(&mut self) {
        if let Some((task, _)) = self.next.take() {
            self.notified.remove(&task.id);
        }
    }

    /// On to the next step.
    pub(super) fn advance(&mut self) {
        self.take();
        self.cursor.advance();
    }

    /// Its task failed: rescue, `always`, or the end of its play.
    pub(super) fn fail(&mut self) {
        self.take();
        if self.cursor.fail() == Unwound::Ended {
            self.standing = Standing::Failed;
        }
    }

    /// It cannot be reached any more. It stays before its next step, should it be called back.
    pub(super) fn lose(&mut self) {
        self.advance();
        self.standing = Standing::Unreachable;
    }

    /// Errors are forgiven: a host out of reach goes on where it was, and later plays have
    /// each host that failed.
    pub(super) fn forgive(&mut self) {
        self.cursor.forgive();
        if self.standing == Standing::Unreachable {
            self.standing = Standing::Active;
            self.told = false;
        }
    }

    /// Nothing more of this play.
    pub(super) fn end(&mut self) {
        self.take();
        self.cursor.clear();
        self.standing = Standing::Done;
    }

    /// Whether it has failed or gone out of reach since this was last asked.
    pub(super) fn is_newly_lost(&mut self) -> bool {
        let lost = matches!(self.standing, Standing::Failed | Standing::Unreachable);
        lost && !std::mem::replace(&mut self.told, true)
    }

    /// Whether it is still in the play.
    pub(super) fn is_active(&self) -> bool {
        self.standing == Standing::Active
    }
}
