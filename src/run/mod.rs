//! A run: every host walks the plan with a cursor of its own; what happens is sent as
//! events. One host's failure never ends another's work except by the play's own rules.

mod announce;
mod connect;
mod containers;
mod cursor;
mod debugger;
mod defaults;
mod finish;
mod foresee;
mod grown;
mod handlers;
mod host;
mod include;
mod inherit;
mod invocation;
mod items;
mod looping;
mod meta;
mod play;
mod prompts;
mod retry;
mod secrets;
mod settings;
mod start;
mod stepping;
mod steps;
mod strategy;
mod task;
mod unknown;
mod vars_files;
mod verdict;

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};

pub(crate) use connect::ConnectOptions;
pub(crate) use start::{Session, run};

use crate::connection::{Address, Connections, Transport};
use crate::diagnostic::{self, Diagnostics, Severity};
use crate::event::{Event, Level, Origin, TaskResult};
use crate::inventory::{Inventory, SharedInventory};
use crate::plan::{Choice, Planner};
use crate::template::Engine;
use crate::vars::{VarsFiles, VarsStore};
use crate::vault::Vault;

use play::PlayRun;

/// What the command line and the settings ask of a run.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) check: bool,
    pub(crate) diff: bool,
    /// How many hosts work at once.
    pub(crate) forks: usize,
    pub(crate) verbosity: u8,
    /// Whether what nobody asked for is told, too.
    pub(crate) debug: bool,
    pub(crate) force_handlers: bool,
    /// Whether the user is asked before each task.
    pub(crate) step: bool,
    /// Whether plays gather facts that do not say so themselves, and only where there are none yet.
    pub(crate) gather: bool,
    pub(crate) gather_smart: bool,
    pub(crate) any_errors_fatal: bool,
    /// Whether the debugger starts at a failed task, and passes over one whose failure is ignored.
    pub(crate) debugger: bool,
    pub(crate) debugger_forgives: bool,
    /// Whether a notified name that no handler has is a failure.
    pub(crate) error_on_missing_handler: bool,
    /// How bad it is when a pattern matches no host; `None`: not at all.
    pub(crate) pattern_mismatch: Option<Severity>,
    /// Whether deprecations are told.
    pub(crate) deprecation_warnings: bool,
    pub(crate) max_fail_percentage: Option<f64>,
    pub(crate) strategy: String,
    /// Seconds between looks at what runs in the background.
    pub(crate) poll_interval: f64,
    pub(crate) connect: ConnectOptions,
    /// `--tags` and `--skip-tags`.
    pub(crate) tags: Choice,
}

/// What a whole run shares.
pub(crate) struct Run {
    pub(crate) options: Options,
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<VarsStore>,
    pub(crate) inventory: Arc<SharedInventory>,
    /// Hosts that `--limit` leaves.
    pub(crate) limit: Option<crate::inventory::Limit>,
    pub(crate) connections: Arc<Connections>,
    /// Reads included files while running.
    pub(crate) planner: Arc<Planner>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) vars_files: Arc<VarsFiles>,
    events: mpsc::Sender<Event>,
    forks: Arc<Semaphore>,
    stopping: Arc<AtomicBool>,
    lost: Mutex<HashSet<Arc<str>>>,
    secrets: secrets::Secrets,
    unknown: unknown::Unknown,
    grown: grown::Grown,
    reload: Box<dyn Fn() -> Inventory + Send + Sync>,
    /// The run itself, not a host, came to an error.
    broken: AtomicBool,
    /// Whether the user is still asked before each task.
    stepping: tokio::sync::Mutex<bool>,
}

impl Run {
    /// Seconds since 1970.
    pub(crate) fn now(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
    }

    /// Tells the outputs; waits when they are behind.
    pub(crate) async fn send(&self, event: Event) {
        // Outputs end only after the run; a closed channel means that nobody listens any more.
        let _ = self.events.send(event).await;
    }

    /// Waits until the outputs have taken all there is to tell.
    async fn drained(&self) {
        while self.events.capacity() < self.events.max_capacity() && !self.events.is_closed() {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        // The last one is taken; it is still to be written.
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }

    /// Tells the outputs if they are not behind.
    fn try_send(&self, event: Event) {
        let _ = self.events.try_send(event);
    }

    /// Reads the inventory anew.
    fn refresh_inventory(&self) {
        self.inventory.replace((self.reload)());
        self.grown.again(&self.inventory);
    }

    /// Passwords of an address must not show.
    fn keep_secrets(&self, address: &Address) {
        match &address.transport {
            Transport::Local | Transport::Docker(_) => {}
            Transport::Ssh(ssh) => {
                ssh.password.iter().for_each(|password| self.secrets.add(password.reveal()))
            }
            Transport::Kubectl(pod) => ["api_key", "password"]
                .iter()
                .filter_map(|name| pod.options.get(*name))
                .for_each(|secret| self.secrets.add(secret.reveal())),
        }
        if let Some(password) = address.r#become.as_ref().and_then(|b| b.password.as_ref()) {
            self.secrets.add(password.reveal());
        }
    }

    /// A text with all secrets taken out.
    fn without_secrets(&self, text: &str) -> String {
        self.secrets.without(text)
    }

    /// Tells what templates and files of variables that were read meanwhile are warned of.
    async fn tell_warnings(&self) {
        let files = self.inventory.problems().0;
        for diagnostic in self.engine.take_warnings().into_iter().chain(files) {
            let place = diagnostic.place.as_ref().map(|(span, _)| span);
            let (message, origin) = match self.planner.is_lenient() {
                true => (diagnostic.words.unwrap_or(diagnostic.message), place.map(Origin::of)),
                false => {
                    let place = place.map(|span| format!(" (at {span})")).unwrap_or_default();
                    (format!("{}{place}", diagnostic.message), None)
                }
            };
            let level = match diagnostic.slug {
                "deprecated" if !self.options.deprecation_warnings => continue,
                "reserved-name" if !self.planner.is_lenient() => continue,
                "deprecated" => Level::Deprecation,
                _ => Level::Warning,
            };
            self.send(Event::Notice { level, message, origin }).await;
        }
    }

    /// Ends the run for mistakes that belong to no host; only the first time is told.
    async fn abort(&self, mistakes: &Diagnostics) {
        let Some(first) = mistakes.0.iter().find(|found| found.severity == Severity::Error) else { return };
        if self.broken.swap(true, Ordering::Relaxed) {
            return;
        }
        // ansible: where a handler was notified that is not there is not told.
        let place = first.place.as_ref().filter(|_| first.slug != "unknown-handler");
        let drawn = match mistakes.0.as_slice() {
            [only] => diagnostic::render(only, false),
            _ => diagnostic::render_all(mistakes, false),
        };
        let words = first.words.as_ref().unwrap_or(&first.message).clone();
        self.send(Event::RunAborted { words, origin: place.map(|(span, _)| Origin::of(span)), drawn }).await;
    }

    /// The user has asked to stop: nothing new is begun.
    pub(crate) fn is_stopping(&self) -> bool {
        self.stopping.load(Ordering::Relaxed)
    }

    /// Whether nothing new is begun, for whatever reason.
    fn is_over(&self) -> bool {
        self.is_stopping() || self.broken.load(Ordering::Relaxed)
    }

    /// One of the places at work.
    async fn permit(&self) -> Option<OwnedSemaphorePermit> {
        self.forks.clone().acquire_owned().await.ok()
    }

    /// Hosts that later plays pass over.
    fn lost(&self, host: &Arc<str>) {
        self.lost.lock().insert(host.clone());
    }

    fn is_lost(&self, host: &str) -> bool {
        self.lost.lock().contains(host)
    }

    /// `meta: clear_host_errors`.
    fn forgive(&self) {
        self.lost.lock().clear();
    }

    fn hide_secrets(&self, result: &mut TaskResult) {
        self.secrets.hide(result);
    }
}
