//! What happens in a run: a closed enum, owned and serialisable, secrets already
//! hidden. Outputs and the log read it; nothing else prints. `Stats` is a fold over it.

use std::collections::BTreeMap;
use std::sync::Arc;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of the recorded form; raised when the meaning of a field changes.
pub const FORMAT: u32 = 1;

/// Everything that can happen, in the order it happened.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub enum Event {
    /// The first event.
    RunStarted {
        format: u32,
        version: String,
        playbooks: Vec<String>,
        check: bool,
        diff: bool,
        forks: usize,
        verbosity: u8,
        time: f64,
    },
    /// Something the user should know that has no host: warnings, deprecations.
    Notice { level: Level, message: String },
    /// A play begins; `hosts` in order. Empty: no host matched.
    PlayStarted { play: String, place: String, hosts: Vec<Arc<str>>, steps: usize, time: f64 },
    /// One batch of `serial` begins.
    BatchStarted { play: String, hosts: Vec<Arc<str>> },
    /// A task begins on its first host (with `linear`: on all).
    TaskStarted { task: TaskInfo, time: f64 },
    /// One host begins a task.
    HostStarted { task: u64, host: Arc<str>, time: f64 },
    /// A line a long command printed while it runs.
    Output { task: u64, host: Arc<str>, stream: Stream, line: String },
    /// One item of a loop is finished on a host.
    ItemFinished { task: u64, host: Arc<str>, label: Value, result: TaskResult, time: f64 },
    /// `until` was not met yet: it will be tried again.
    Retrying { task: u64, host: Arc<str>, attempt: u64, retries: u64, result: TaskResult, time: f64 },
    /// A host's task is finished; the only finish of its start; `rescued` when a rescue section takes the failure over.
    HostFinished { task: u64, host: Arc<str>, result: TaskResult, rescued: bool, time: f64 },
    /// A host was told to run a handler.
    Notified { handler: String, host: Arc<str> },
    /// Files or roles included while running.
    Included { task: u64, file: String, hosts: Vec<Arc<str>>, label: Option<Value> },
    /// A play has ended on all its hosts.
    PlayFinished { play: String, time: f64 },
    /// Values of `set_stats`, and handlers still pending after failures.
    Custom { host: Option<Arc<str>>, data: Map<String, Value> },
    /// The last event.
    RunFinished { stats: Stats, time: f64, interrupted: bool },
}

/// How loud a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    Hint,
    Warning,
    Deprecation,
    Error,
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Stream {
    Stdout,
    Stderr,
}

/// A task as outputs need it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct TaskInfo {
    /// Unique within the run; the same for all hosts.
    pub id: u64,
    /// Rendered as far as it can be without a host; empty when it has none.
    pub name: String,
    pub role: Option<String>,
    /// The module or action, as written.
    pub action: String,
    /// `path:line`.
    pub place: String,
    pub handler: bool,
    pub check: bool,
    pub diff: bool,
    pub no_log: bool,
    /// Its position in the play: a path of indices.
    pub position: Vec<u32>,
    /// Arguments to show on failure or with `-v`, rendered or not; empty with `no_log`.
    pub args: Map<String, Value>,
}

/// How a host's task ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Ok,
    Changed,
    /// Check mode could not foretell.
    Unknown,
    Skipped,
    Failed,
    /// Failed, and `ignore_errors` holds.
    Ignored,
    Unreachable,
    /// Unreachable, and `ignore_unreachable` holds.
    UnreachableIgnored,
}

/// What came of a task on a host (or of one item), secrets hidden.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct TaskResult {
    pub outcome: Outcome,
    /// The result as Ansible registers it: `changed`, `msg`, `rc`, `stdout`, `diff`, `results` …
    pub result: Map<String, Value>,
    /// Where in the user's text the reason stands, drawn already, for failures of the text.
    pub explanation: Option<String>,
    /// Why it was skipped: the condition that was false.
    pub skip_reason: Option<String>,
    /// The host it was delegated to.
    pub delegated_to: Option<Arc<str>>,
    /// Hexadecimal SHA-256 of module and rendered arguments, to know a step again.
    pub arguments_hash: Option<String>,
    pub seconds: f64,
    /// Result was hidden by `no_log`.
    pub censored: bool,
}

/// Counts per host, as the recap and the exit code need them.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Stats {
    pub hosts: IndexMap<Arc<str>, HostStats>,
    /// `set_stats` per host, and of the run under the empty name.
    pub custom: BTreeMap<String, Map<String, Value>>,
}

/// Counts of one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct HostStats {
    pub ok: u64,
    pub changed: u64,
    pub unknown: u64,
    pub unreachable: u64,
    pub failed: u64,
    pub skipped: u64,
    pub rescued: u64,
    pub ignored: u64,
}
