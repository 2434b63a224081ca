//! What happens in a run: a closed enum, owned and serialisable, secrets already
//! hidden. Outputs and the log read it; nothing else prints. `Stats` is a fold over it.

use std::sync::Arc;

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::diagnostic::Span;

mod stats;

pub(crate) use stats::{HostStats, Stats};

/// The version of the recorded form; raised when the meaning of a field changes.
pub(crate) const FORMAT: u32 = 1;

/// What `meta: clear_host_errors` says.
pub(crate) const FORGIVEN: &str = "cleared host errors";

/// Declares the events, and how each is read back.
// What serde would make of an enum with its tag among the fields is 80 KB.
macro_rules! events {
    (
        $(#[$about:meta])*
        pub(crate) enum Event {
            $(
                $(#[$text:meta])*
                $Kind:ident { $( $(#[$more:meta])* $field:ident: $Type:ty ),* $(,)? },
            )*
        }
    ) => {
        $(#[$about])*
        pub(crate) enum Event {
            $( $(#[$text])* $Kind { $( $(#[$more])* $field: $Type, )* }, )*
        }

        impl Event {
            /// The event of a line of a record.
            pub(crate) fn read(line: &str) -> serde_json::Result<Self> {
                let mut fields: Map<String, Value> = serde_json::from_str(line)?;
                let word: String = take(&mut fields, "event")?;
                $(
                    if is_kind(&word, stringify!($Kind)) {
                        return Ok(Self::$Kind { $( $field: take(&mut fields, stringify!($field))?, )* });
                    }
                )*
                Err(serde_json::Error::custom(format!("unknown event `{word}`")))
            }
        }
    };
}

events! {
/// Everything that can happen, in the order it happened.
#[derive(Clone, Debug, Serialize)]
#[serde(tag = "event", rename_all = "snake_case")]
pub(crate) enum Event {
    /// The first event.
    RunStarted {
        format: u32,
        version: String,
        playbooks: Vec<String>,
        /// How many plays each playbook has.
        plays: Vec<usize>,
        check: bool,
        diff: bool,
        forks: usize,
        verbosity: u8,
        /// The configuration file in use.
        config_file: Option<String>,
        /// Where the run is recorded; hosts that failed are listed beside it, with the ending `failed`.
        log: Option<String>,
        time: f64,
    },
    /// Something the user should know that has no host: warnings, deprecations.
    /// `origin`: the place in the user's text, for outputs that show it.
    Notice {
        level: Level,
        message: String,
        #[serde(skip_serializing_if = "Option::is_none")]
        origin: Option<Origin>,
    },
    /// A play begins; `hosts` in order. Empty: no host matched.
    /// `steps`: how many tasks are known now to be run; `strategy`: `linear`, `free` …
    PlayStarted {
        play: String,
        place: String,
        hosts: Vec<Arc<str>>,
        steps: usize,
        strategy: String,
        check: bool,
        time: f64,
    },
    /// One batch of `serial` begins: every batch, the first too.
    BatchStarted { play: String, hosts: Vec<Arc<str>> },
    /// A task begins on its first host (with `linear`: on all).
    TaskStarted { task: TaskInfo, time: f64 },
    /// One host begins a task. Where its conditions are known beforehand not to hold, it only finishes.
    HostStarted { task: u64, host: Arc<str>, time: f64 },
    /// A line a long command printed while it runs.
    Output { task: u64, host: Arc<str>, stream: Stream, line: String, time: f64 },
    /// One item of a loop is finished on a host.
    ItemFinished { task: u64, host: Arc<str>, label: Value, result: TaskResult, time: f64 },
    /// A job in the background was looked at; `ended`: how, once it has.
    Polled { task: u64, host: Arc<str>, job: String, ended: Option<bool> },
    /// `until` was not met yet: it will be tried again. `attempt` (from 1) is the one that was made.
    Retrying { task: u64, host: Arc<str>, attempt: u64, retries: u64, result: TaskResult, time: f64 },
    /// A host's task is finished; the only finish of its start; `rescued` when a rescue section takes the failure over.
    HostFinished { task: u64, host: Arc<str>, result: TaskResult, rescued: bool, time: f64 },
    /// The conditions of a task do not hold on these hosts, looked at together: stands for a `host_finished` of each, which
    /// `--output json` prints in its place. `result.seconds`: of each, on average.
    HostsSkipped { task: u64, hosts: Vec<Arc<str>>, result: TaskResult, time: f64 },
    /// The user had the task run again on a host: its last finish counts no more.
    Redone { task: u64, host: Arc<str>, result: TaskResult, rescued: bool },
    /// What a `meta` task did, in Ansible's words, on one host or for all; counts for nothing.
    /// With `passed_over` its condition did not hold.
    Steered { task: u64, host: Arc<str>, words: String, passed_over: Option<String> },
    /// A host was told to run a handler.
    Notified { handler: String, host: Arc<str> },
    /// A file or role included while running, once for each file and item; comes after the `HostFinished` of its
    /// hosts, and stands for them in counts and outputs.
    Included { task: u64, file: String, hosts: Vec<Arc<str>>, label: Option<Value> },
    /// Too many hosts failed (`any_errors_fatal`, `max_fail_percentage`): the play goes on with none.
    PlayAborted { play: String, reason: String },
    /// The run itself, and not a host, came to an error: nothing more is begun. `words`: as Ansible says it, with the
    /// place where it tells one; `drawn`: with the place in the user's text, and how to mend it.
    RunAborted { words: String, origin: Option<Origin>, drawn: String },
    /// A play has ended on all its hosts.
    PlayFinished { play: String, time: f64 },
    /// Values of `set_stats`: of the run, or of a host; `aggregate`: added to what is there, else in its place.
    Custom { host: Option<Arc<str>>, data: Map<String, Value>, aggregate: bool },
    /// Handlers that were notified and not run when the play ended for a host.
    Pending { host: Arc<str>, handlers: Vec<String> },
    /// The user wants to know what each host is doing now.
    StatusAsked { doing: Vec<Doing>, time: f64 },
    /// The last event.
    RunFinished { stats: Stats, time: f64, interrupted: bool },
}
}

impl Event {
    /// The finish of each host, where this is that of many.
    pub(crate) fn each(&self) -> Option<impl Iterator<Item = Event> + '_> {
        let Event::HostsSkipped { task, hosts, result, time } = self else { return None };
        Some(hosts.iter().map(|host| Event::HostFinished {
            task: *task,
            host: host.clone(),
            result: result.clone(),
            rescued: false,
            time: *time,
        }))
    }
}

/// A field of a recorded event; one that may be missing reads as nothing.
fn take<T: DeserializeOwned>(fields: &mut Map<String, Value>, name: &str) -> serde_json::Result<T> {
    match fields.shift_remove(name) {
        Some(value) => serde_json::from_value(value),
        None => serde_json::from_value(Value::Null)
            .map_err(|_| serde_json::Error::custom(format!("missing field `{name}`"))),
    }
}

/// Whether the recorded word is that of a kind: `host_started` of `HostStarted`.
fn is_kind(word: &str, kind: &str) -> bool {
    let parts = word.split('_').flat_map(|part| {
        let mut letters = part.chars();
        letters.next().map(|first| first.to_ascii_uppercase()).into_iter().chain(letters)
    });
    parts.eq(kind.chars())
}

/// What goes on with a connection.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Doing {
    /// The address, as `ssh` is told it.
    pub host: String,
    pub what: String,
    /// How long it has been going on.
    pub seconds: f64,
}

/// How loud a notice is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Level {
    /// What only `-vvvv` tells.
    Detail,
    Hint,
    Warning,
    Deprecation,
    Error,
}

/// Where a line came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stream {
    Stdout,
    Stderr,
}

/// A task as outputs need it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TaskInfo {
    /// Unique within the run; the same for all hosts.
    pub id: u64,
    /// Rendered as far as it can be without a host; empty when it has none.
    pub name: String,
    pub role: Option<String>,
    /// The module or action, as written.
    pub action: String,
    /// `path:line`.
    pub place: String,
    /// Where it stands, with the lines to show.
    pub origin: Option<Origin>,
    /// Whether it has a loop: its items are finished one by one.
    pub looped: bool,
    pub handler: bool,
    pub check: bool,
    pub diff: bool,
    pub no_log: bool,
    /// Its position in the play: a path of indices.
    pub position: Vec<u32>,
    /// Arguments to show on failure or with `-v`, rendered or not; empty with `no_log`.
    pub args: Map<String, Value>,
}

/// A place in the user's text, with the lines that show it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Origin {
    /// The file, as an absolute path.
    pub path: String,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Up to two lines before, and the line itself, last.
    pub lines: Vec<String>,
}

impl Origin {
    /// Where a span begins.
    pub(crate) fn of(span: &Span) -> Self {
        let (line, column) = span.position();
        let path = std::path::absolute(&span.source.name)
            .map_or_else(|_| span.source.name.clone(), |p| p.display().to_string());
        let first = line.saturating_sub(3);
        let lines = span.source.text.lines().skip(first).take(line - first).map(str::to_owned).collect();
        Self { path, line: line as u32, column: column as u32, lines }
    }
}

/// One reason in the chain of a failure.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cause {
    /// Without a stop at its end.
    pub message: String,
    pub origin: Option<Origin>,
}

impl TaskInfo {
    /// The action's name without its collection.
    pub(crate) fn short_action(&self) -> &str {
        let name = self.action.as_str();
        name.strip_prefix("ansible.builtin.").or_else(|| name.strip_prefix("ansible.legacy.")).unwrap_or(name)
    }

    /// Whether it brings in tasks while running: `Included` events tell what came of it.
    pub(crate) fn is_include(&self) -> bool {
        matches!(self.short_action(), "include_tasks" | "include_role" | "include")
    }
}

/// How a host's task ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    #[default]
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
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TaskResult {
    pub outcome: Outcome,
    /// The result as Ansible registers it: `changed`, `msg`, `rc`, `stdout`, `diff`, `results` …
    pub result: Map<String, Value>,
    /// Where in the user's text the reason stands, drawn already, for failures of the text.
    pub explanation: Option<String>,
    /// The chain of reasons of a failure of the user's text, outermost first; empty when the host could not do it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub causes: Vec<Cause>,
    /// Why it was skipped: the condition that was false.
    pub skip_reason: Option<String>,
    /// The host it was delegated to.
    pub delegated_to: Option<Arc<str>>,
    /// That host's address, where it is another word than its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delegated_address: Option<String>,
    /// Hexadecimal SHA-256 of module and rendered arguments, to know a step again.
    pub arguments_hash: Option<String>,
    pub seconds: f64,
    /// Result was hidden by `no_log`.
    pub censored: bool,
    /// Not worth showing unless more is asked for: an `assert` with `quiet`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub quiet: bool,
}
