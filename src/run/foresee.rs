//! Conditions looked at before a task has a place at work: where they do not hold, it ends there and then.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::action::Answer;
use crate::event::Outcome;
use crate::plan::PlannedTask;
use crate::vars::TaskScope;

use super::finish::Finished;
use super::task::{Job, Prepared, Single, skipped};
use super::{PlayRun, debugger, inherit, verdict};

/// Conditions that take longer, as look-ups may, are not looked at one host after the other.
const QUICK: Duration = Duration::from_millis(2);

/// So often a condition may be late, for the machine may have been busy with something else.
const LATE: usize = 2;

/// So many hosts are looked at in one go, beside other such pieces.
const PIECE: usize = 128;

/// What looking at a task beforehand came to.
pub(super) enum Foreseen {
    /// Its conditions do not hold: this is its end, not told yet.
    Skipped(Finished),
    /// It is to run.
    Runs(Job),
}

/// The hosts of a task, in their order, each looked at before it is given away.
pub(super) struct Ahead {
    /// Those that are looked at when their turn comes: what a host before has done may be seen.
    jobs: std::vec::IntoIter<Job>,
    late: usize,
    /// Those that are being looked at, many beside each other.
    pieces: VecDeque<JoinHandle<Vec<Foreseen>>>,
    ready: std::vec::IntoIter<Foreseen>,
}

impl Ahead {
    /// Begins to look; with `throttled` hosts wait for each other.
    pub(super) fn of(play: &PlayRun, planned: &PlannedTask, jobs: Vec<Job>, throttled: bool) -> Self {
        let possible = can_be_foreseen(play, planned);
        let together = possible && !throttled && jobs.len() >= 2 * PIECE;
        let mut jobs = jobs.into_iter();
        let mut pieces = VecDeque::new();
        while together && jobs.len() > 0 {
            let piece: Vec<Job> = jobs.by_ref().take(PIECE).collect();
            pieces.push_back(tokio::spawn(async move {
                let mut late = 0;
                piece.into_iter().map(|job| job.foresee(&mut late)).collect()
            }));
        }
        let late = if possible { 0 } else { LATE };
        Self { jobs, late, pieces, ready: Vec::new().into_iter() }
    }

    /// The next host's.
    pub(super) async fn next(&mut self) -> Option<Foreseen> {
        loop {
            if let Some(next) = self.ready.next() {
                return Some(next);
            }
            let Some(piece) = self.pieces.pop_front() else {
                return self.jobs.next().map(|job| job.foresee(&mut self.late));
            };
            self.ready = match piece.await {
                Ok(piece) => piece.into_iter(),
                // Whoever looks at a job catches its panics: this one must not pass for hosts without work.
                Err(error) if error.is_panic() => resume_unwind(error.into_panic()),
                Err(_) => return None,
            };
        }
    }
}

/// Whether the conditions of a task may be looked at before it has a place at work: it has some, and nothing else
/// comes before them.
fn can_be_foreseen(play: &PlayRun, planned: &PlannedTask) -> bool {
    planned.task.looping.is_none()
        && inherit::nearest(&planned.lineage, |d| d.delegate_to.as_ref()).is_none()
        && inherit::links(&planned.lineage).any(|link| !link.directives.when.is_empty())
        && !debugger::possible(play, planned)
}

impl Job {
    /// Ends the task where its conditions do not hold; `late`: how many have taken long.
    fn foresee(mut self, late: &mut usize) -> Foreseen {
        if *late >= LATE {
            return Foreseen::Runs(self);
        }
        let started = Instant::now();
        // A bug of ours is told of where the task runs by itself, and takes no other host along.
        let looked = catch_unwind(AssertUnwindSafe(|| self.look(started)));
        *late += usize::from(started.elapsed() >= QUICK);
        match looked {
            Ok(Looked::Passed(finished)) => return Foreseen::Skipped(*finished),
            Ok(Looked::Holds(scope)) => self.prepared = Some(Prepared { scope }),
            Ok(Looked::Unclear) | Err(_) => {}
        }
        Foreseen::Runs(self)
    }

    fn look(&self, started: Instant) -> Looked {
        let scope = self.play.scope(&self.host, &self.planned);
        let conditions = inherit::conditions(&self.planned.lineage);
        match verdict::all_hold(conditions, &self.play.run.engine, &scope) {
            Ok(Some(condition)) => Looked::Passed(Box::new(self.passed_over(condition, &scope, started))),
            Ok(None) => Looked::Holds(scope),
            Err(_) => Looked::Unclear,
        }
    }

    fn passed_over(&self, condition: String, scope: &TaskScope, started: Instant) -> Finished {
        let settings = self.fallback_settings(scope);
        let single = Single { answer: skipped(condition), settings, include: None };
        let registered = single.answer.registered();
        self.register(&single.answer, &registered);
        let result = self.result(&single, registered, started);
        let answer = Answer::default();
        Finished { outcome: Outcome::Skipped, answer, result, ..Finished::default() }
    }
}

/// What came of looking.
enum Looked {
    Passed(Box<Finished>),
    Holds(TaskScope),
    Unclear,
}
