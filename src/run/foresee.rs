//! Conditions looked at before a task has a place at work: where they do not hold, it ends there and then.

use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::time::{Duration, Instant};

use tokio::task::JoinHandle;

use crate::action::Answer;
use crate::event::{Event, TaskResult};
use crate::plan::PlannedTask;
use crate::vars::TaskScope;

use super::settings::{Keywords, Settings};
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
    Skipped(Skipped),
    /// It is to run.
    Runs(Job),
}

/// The end of a task whose conditions do not hold.
pub(super) struct Skipped {
    host: Arc<str>,
    seconds: f64,
    /// The same one for hosts beside each other that are skipped alike.
    alike: Arc<Alike>,
}

/// What hosts have in common on which the same condition does not hold.
struct Alike {
    condition: String,
    no_log: bool,
    answer: Answer,
    /// As outputs see it, without the time it took.
    result: TaskResult,
}

/// Ends not told yet, of hosts that were skipped alike.
#[derive(Default)]
pub(super) struct Skips {
    alike: Option<Arc<Alike>>,
    hosts: Vec<Arc<str>>,
    seconds: f64,
}

impl Skips {
    /// Takes one more; tells of those before where it differs.
    pub(super) async fn add(&mut self, skipped: Skipped, play: &PlayRun, planned: &PlannedTask) {
        let same = |known: &Arc<Alike>| Arc::ptr_eq(known, &skipped.alike) || known.is_like(&skipped.alike);
        if !self.alike.as_ref().is_some_and(same) {
            self.tell(play, planned).await;
        }
        self.alike.get_or_insert(skipped.alike);
        self.hosts.push(skipped.host);
        self.seconds += skipped.seconds;
    }

    /// Tells of all.
    pub(super) async fn tell(&mut self, play: &PlayRun, planned: &PlannedTask) {
        let Skips { alike, hosts, seconds } = std::mem::take(self);
        let Some(alike) = alike else { return };
        play.run.tell_warnings().await;
        let seconds = seconds / hosts.len() as f64;
        let result = TaskResult { seconds, ..alike.result.clone() };
        let (task, time) = (planned.id, play.run.now());
        let event = match <[_; 1]>::try_from(hosts) {
            Ok([host]) => Event::HostFinished { task, host, result, rescued: false, time },
            Err(hosts) => Event::HostsSkipped { task, hosts, result, time },
        };
        play.run.send(event).await;
    }
}

impl Alike {
    fn is_like(&self, other: &Self) -> bool {
        (self.condition == other.condition) && self.no_log == other.no_log
    }
}

/// The hosts of a task, in their order, each looked at before it is given away.
pub(super) struct Ahead {
    /// Those that are looked at when their turn comes: what a host before has done may be seen.
    jobs: std::vec::IntoIter<Job>,
    watch: Watch,
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
                let mut watch = Watch::default();
                piece.into_iter().map(|job| job.foresee(&mut watch)).collect()
            }));
        }
        let watch = Watch { late: if possible { 0 } else { LATE }, alike: None };
        Self { jobs, watch, pieces, ready: Vec::new().into_iter() }
    }

    /// The next host's.
    pub(super) async fn next(&mut self) -> Option<Foreseen> {
        loop {
            if let Some(next) = self.ready.next() {
                return Some(next);
            }
            let Some(piece) = self.pieces.pop_front() else {
                return self.jobs.next().map(|job| job.foresee(&mut self.watch));
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

/// What is kept from one host to the next.
#[derive(Default)]
struct Watch {
    /// How many have taken long.
    late: usize,
    /// How the last one was skipped.
    alike: Option<Arc<Alike>>,
}

impl Job {
    /// Ends the task where its conditions do not hold.
    fn foresee(mut self, watch: &mut Watch) -> Foreseen {
        if watch.late >= LATE {
            return Foreseen::Runs(self);
        }
        let started = Instant::now();
        // A bug of ours is told of where the task runs by itself, and takes no other host along.
        let looked = catch_unwind(AssertUnwindSafe(|| self.look(&mut watch.alike)));
        let took = started.elapsed();
        watch.late += usize::from(took >= QUICK);
        match looked {
            Ok(Looked::Passed(alike)) => {
                return Foreseen::Skipped(Skipped { host: self.host, seconds: took.as_secs_f64(), alike });
            }
            Ok(Looked::Holds(scope)) => self.prepared = Some(Prepared { scope }),
            Ok(Looked::Unclear) | Err(_) => {}
        }
        Foreseen::Runs(self)
    }

    fn look(&self, last: &mut Option<Arc<Alike>>) -> Looked {
        let scope = self.play.scope(&self.host, &self.planned);
        let conditions = inherit::conditions(&self.planned.lineage);
        match verdict::all_hold(conditions, &self.play.run.engine, &scope) {
            Ok(Some(condition)) => {
                let alike = self.passed_over(condition, &scope, last.take());
                *last = Some(alike.clone());
                Looked::Passed(alike)
            }
            Ok(None) => Looked::Holds(scope),
            Err(_) => Looked::Unclear,
        }
    }

    fn passed_over(&self, condition: String, scope: &TaskScope, last: Option<Arc<Alike>>) -> Arc<Alike> {
        let keywords = Keywords { lineage: &self.planned.lineage, engine: &self.play.run.engine, scope };
        let no_log = keywords.flag("no_log", |d| d.no_log.as_ref()).ok().flatten().unwrap_or(false);
        let same = |last: &Arc<Alike>| last.condition == condition && last.no_log == no_log;
        let alike = last.filter(same).unwrap_or_else(|| {
            let settings = Settings { no_log, ..Settings::default() };
            let single = Single { answer: skipped(condition.clone()), settings, include: None };
            let mut result = self.result(&single, single.answer.registered(), Instant::now());
            result.seconds = 0.0;
            Arc::new(Alike { condition, no_log, answer: single.answer, result })
        });
        if self.register_name().is_some() {
            self.register(&alike.answer, &alike.answer.registered());
        }
        alike
    }
}

/// What came of looking.
enum Looked {
    Passed(Arc<Alike>),
    Holds(TaskScope),
    Unclear,
}
