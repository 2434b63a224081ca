//! The format of ansible-core 2.19's default callback, byte for byte, for scripts that parse it.

mod banner;
mod failure;
mod recap;
mod result;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde_json::Value;

use crate::event::{Event, Level, Origin, Outcome, Stats, TaskInfo, TaskResult};

pub(super) use failure::summary;
pub(crate) use failure::told;
pub(super) use result::{CENSORED, clean_debug};

use super::color::Color;
use super::live::Live;
use super::{Output, Screen, python};

/// Goes before the first deprecation.
pub(crate) const HOW_TO_BE_QUIET: &str =
    "Deprecation warnings can be disabled by setting `deprecation_warnings=False` in ansible.cfg.";

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum ResultFormat {
    #[default]
    Json,
    Yaml,
}

/// What Ansible's users can set about its output.
#[derive(Clone, Debug)]
pub(crate) struct Settings {
    pub display_skipped_hosts: bool,
    pub display_ok_hosts: bool,
    pub display_failed_stderr: bool,
    pub check_mode_markers: bool,
    pub show_custom_stats: bool,
    /// How much is told even where the run is to tell less.
    pub least_verbosity: u8,
    /// Where a failed task stands is told without `-vv`, too.
    pub show_task_path_on_failure: bool,
    pub result_format: ResultFormat,
    /// Results over several lines even without `-vvv`; Ansible's default depends on the format.
    pub format_pretty: Option<bool>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            display_skipped_hosts: true,
            display_ok_hosts: true,
            display_failed_stderr: false,
            check_mode_markers: false,
            show_custom_stats: false,
            least_verbosity: 0,
            show_task_path_on_failure: false,
            result_format: ResultFormat::Json,
            format_pretty: None,
        }
    }
}

/// Prints as Ansible does.
pub(crate) struct Ansible {
    screen: Screen,
    settings: Settings,
    verbosity: u8,
    check: bool,
    tasks: HashMap<u64, TaskInfo>,
    /// The task whose heading was printed last.
    announced: Option<u64>,
    /// Headings come when there is a first result to show.
    lazy: bool,
    play: String,
    play_check: bool,
    /// Playbooks that are not announced yet, with their plays, the last first.
    playbooks: Vec<(String, usize)>,
    /// Plays left of the one that is.
    plays: usize,
    /// The first batch of a play is announced by the play itself.
    batches: usize,
    /// Errors and warnings are told once.
    told: HashSet<String>,
    live: Live,
    /// The run itself came to an error.
    aborted: bool,
    stats: Stats,
}

impl Output for Ansible {
    fn event(&mut self, event: &Event, stats: &Stats) {
        self.live.event(event);
        match event {
            Event::RunStarted { verbosity, check, config_file, playbooks, plays, .. } => {
                self.playbooks = playbooks.iter().cloned().zip(plays.iter().copied()).rev().collect();
                self.start(*verbosity, *check, config_file.as_deref());
            }
            Event::Notice { level, message, origin } => self.notice(*level, message, origin.as_ref()),
            Event::PlayStarted { play, hosts, strategy, check, .. } => {
                self.lazy = matches!(strategy.as_str(), "free" | "host_pinned");
                (self.play, self.play_check, self.batches) = (play.clone(), *check, 0);
                self.playbook();
                self.play_heading();
                if hosts.is_empty() {
                    self.print("skipping: no hosts matched", Color::Skipped);
                }
            }
            Event::BatchStarted { .. } => {
                self.batches += 1;
                if self.batches > 1 {
                    self.play_heading();
                }
            }
            Event::TaskStarted { task, .. } => self.task(task),
            Event::HostStarted { task, host, .. } if self.verbosity >= 3 => self.begun(*task, host),
            Event::ItemFinished { task, host, label, result, .. } => self.item(*task, host, label, result),
            Event::Retrying { task, host, attempt, retries, result, .. } => {
                self.retry(*task, host, *attempt, *retries, result);
            }
            Event::HostFinished { task, host, result, .. } => self.host(*task, host, result),
            Event::Polled { host, job, ended, .. } => {
                let text = match ended {
                    None => format!("ASYNC POLL on {host}: jid={job} started=True finished=False"),
                    Some(true) => format!("ASYNC OK on {host}: jid={job}"),
                    Some(false) => format!("ASYNC FAILED on {host}: jid={job}"),
                };
                self.print(&text, Color::Verbose);
            }
            Event::Steered { host, words, passed_over, .. } => {
                self.steered(host, words, passed_over.as_deref())
            }
            Event::Notified { handler, .. } if self.verbosity >= 2 => {
                self.print(&format!("Notification for handler {handler} has been saved."), Color::Verbose);
            }
            Event::Included { task, file, hosts, label } => self.included(*task, file, hosts, label.as_ref()),
            Event::RunAborted { words, origin, .. } => {
                self.aborted = true;
                let text = failure::told("ERROR", words, origin.as_ref());
                let text = Color::Failed.paint(&text, self.screen.color);
                self.screen.error_line(&text);
            }
            Event::PlayAborted { reason, .. } if reason == "max_fail_percentage" => {
                self.banner("NO MORE HOSTS LEFT");
            }
            Event::StatusAsked { time, doing } => {
                let name = |id| self.tasks.get(&id).map(result::task_name).unwrap_or_default();
                let lines = self.live.told(*time, doing, name);
                self.screen.error_line(&lines.join("\n"));
            }
            // ansible: a run that came to an error has no recap.
            Event::RunFinished { .. } if !self.aborted => {
                self.stats = stats.clone();
                self.finish();
            }
            _ => {}
        }
    }
}

impl Ansible {
    /// Prints to `screen`.
    pub(crate) fn new(screen: Screen, settings: Settings) -> Self {
        Self {
            screen,
            settings,
            verbosity: 0,
            check: false,
            tasks: HashMap::new(),
            announced: None,
            lazy: false,
            play: String::new(),
            play_check: false,
            playbooks: Vec::new(),
            plays: 0,
            batches: 0,
            told: HashSet::new(),
            live: Live::default(),
            aborted: false,
            stats: Stats::default(),
        }
    }

    fn print(&mut self, text: &str, color: Color) {
        let text = color.paint(text, self.screen.color);
        self.screen.line(&text);
    }

    fn start(&mut self, verbosity: u8, check: bool, config_file: Option<&str>) {
        (self.verbosity, self.check) = (verbosity.max(self.settings.least_verbosity), check);
        if self.verbosity >= 1 {
            let text = match config_file {
                Some(file) => format!("Using {file} as config file"),
                None => "No config file found; using defaults".to_string(),
            };
            self.print(&text, Color::Verbose);
        }
        self.dry_run();
    }

    fn dry_run(&mut self) {
        if self.check && self.settings.check_mode_markers {
            self.banner("DRY RUN");
        }
    }

    fn notice(&mut self, level: Level, message: &str, origin: Option<&Origin>) {
        if level == Level::Deprecation {
            self.notice(Level::Warning, HOW_TO_BE_QUIET, None);
        }
        let (head, color) = match level {
            Level::Detail => return self.print(message, Color::Verbose),
            Level::Hint | Level::Warning => ("WARNING", Color::Warning),
            Level::Deprecation => ("DEPRECATION WARNING", Color::Deprecation),
            Level::Error => ("ERROR", Color::Failed),
        };
        let message = message.strip_prefix("error: ").unwrap_or(message);
        let text = failure::told(head, &message.replace("\r\n", "\n"), origin);
        let text = text.strip_suffix('\n').unwrap_or(&text).to_owned();
        if self.told.insert(text.clone()) {
            let text = color.paint(&text, self.screen.color);
            self.screen.error_line(&text);
        }
    }

    /// What a `meta` task did.
    fn steered(&mut self, host: &str, words: &str, passed_over: Option<&str>) {
        if self.verbosity >= 2 {
            self.print(&format!("META: {words}"), Color::Verbose);
        }
        let Some(message) = passed_over.filter(|_| self.settings.display_skipped_hosts) else { return };
        let shown = serde_json::json!({ "msg": message, "skip_reason": words });
        let shown =
            if self.verbosity >= 1 { format!(" => {}", python::json(&shown, None)) } else { String::new() };
        self.print(&format!("skipping: [{host}]{shown}"), Color::Skipped);
    }

    /// The warnings that came with a result.
    fn warnings(&mut self, result: &TaskResult) {
        let warnings = result.result.get("warnings").and_then(Value::as_array);
        for warning in warnings.into_iter().flatten() {
            self.notice(Level::Warning, &python::str(warning), None);
        }
    }

    fn task(&mut self, task: &TaskInfo) {
        self.tasks.insert(task.id, task.clone());
        if !self.lazy && self.settings.display_skipped_hosts && self.settings.display_ok_hosts {
            self.task_heading(task.id);
        }
    }

    /// A module is on its way to a host.
    fn begun(&mut self, id: u64, host: &str) {
        let action = self.tasks.get(&id).map_or("", TaskInfo::short_action).to_owned();
        if !failure::ACTIONS.contains(&&*action) {
            self.print(&format!("<{host}> EXEC {action}"), Color::Verbose);
        }
    }

    fn item(&mut self, id: u64, host: &str, label: &Value, result: &TaskResult) {
        self.warnings(result);
        let censored = Value::from("(censored due to no_log)");
        let item = python::str(if result.censored { &censored } else { label });
        let host = result::host_label(host, result);
        match result.outcome {
            Outcome::Ok if self.tasks.get(&id).is_some_and(TaskInfo::is_include) => {}
            Outcome::Ok | Outcome::Changed => {
                self.diff(id, result);
                self.good(id, result, &format!("[{host}] => (item={item})"));
            }
            Outcome::Skipped | Outcome::Unknown => {
                let text = format!("skipping: [{host}] => (item={item}) ");
                self.skipped(id, result, text);
            }
            _ => {
                self.heading_before_result(id);
                self.explain(id, result);
                let dump = self.dump(id, result);
                self.failed(&format!("failed: [{host}] (item={item}) => {dump}"), Color::Failed);
            }
        }
    }

    fn host(&mut self, id: u64, host: &str, result: &TaskResult) {
        let (looped, include) = self.tasks.get(&id).map_or((false, false), |t| (t.looped, t.is_include()));
        let looped = looped && result.result.contains_key("results");
        if !looped {
            self.warnings(result);
        }
        let label = result::host_label(host, result);
        match result.outcome {
            Outcome::Ok | Outcome::Changed if looped || include => {}
            Outcome::Ok | Outcome::Changed => {
                self.diff(id, result);
                self.good(id, result, &format!("[{label}]"));
            }
            Outcome::Skipped | Outcome::Unknown => self.skipped(id, result, format!("skipping: [{host}]")),
            // ansible: `debug` forgets its items and so tells the whole, too.
            Outcome::Failed | Outcome::Ignored if looped && self.is_debug(id) => {
                if self.verbosity < 2 && self.settings.show_task_path_on_failure {
                    self.task_path(id);
                }
                let dump = self.dump(id, result);
                self.failed(&format!("fatal: [{label}]: FAILED! => {dump}"), Color::Failed);
            }
            Outcome::Failed | Outcome::Ignored if looped => {}
            Outcome::Failed | Outcome::Ignored => {
                self.heading_before_result(id);
                match result.causes.as_slice() {
                    // ansible: what cannot be included is told where mistakes of the text are.
                    [cause] if include && result.result.contains_key("reason") => {
                        let text = failure::told("ERROR", &cause.message, cause.origin.as_ref());
                        if self.told.insert(text.clone()) {
                            let text = Color::Failed.paint(&text, self.screen.color);
                            self.screen.error_line(&text);
                        }
                    }
                    _ => self.explain(id, result),
                }
                if self.verbosity < 2 && self.settings.show_task_path_on_failure {
                    self.task_path(id);
                }
                let dump = self.dump(id, result);
                self.failed(&format!("fatal: [{label}]: FAILED! => {dump}"), Color::Failed);
            }
            Outcome::Unreachable | Outcome::UnreachableIgnored => {
                self.heading_before_result(id);
                if !looped {
                    self.explain(id, result);
                }
                let dump = self.dump(id, result);
                self.failed(&format!("fatal: [{label}]: UNREACHABLE! => {dump}"), Color::Unreachable);
            }
        }
        if matches!(result.outcome, Outcome::Ignored | Outcome::UnreachableIgnored) {
            self.print("...ignoring", Color::Skipped);
        }
    }

    fn is_debug(&self, id: u64) -> bool {
        self.tasks.get(&id).is_some_and(|task| task.short_action() == "debug")
    }

    /// `ok:` or `changed:`.
    fn good(&mut self, id: u64, result: &TaskResult, rest: &str) {
        let changed = result.outcome == Outcome::Changed;
        if !changed && !self.settings.display_ok_hosts {
            return;
        }
        self.heading_before_result(id);
        let (word, color) = if changed { ("changed", Color::Changed) } else { ("ok", Color::Ok) };
        let mut text = format!("{word}: {rest}");
        if self.shows_result(id, result) {
            text = format!("{text} => {}", self.dump(id, result));
        }
        self.print(&text, color);
    }

    fn skipped(&mut self, id: u64, result: &TaskResult, mut text: String) {
        if !self.settings.display_skipped_hosts {
            return;
        }
        self.heading_before_result(id);
        if self.verbosity >= 1 {
            text = format!("{text} => {}", self.dump(id, result));
        }
        self.print(&text, Color::Skipped);
    }

    fn failed(&mut self, text: &str, color: Color) {
        let text = color.paint(text, self.screen.color);
        if self.settings.display_failed_stderr {
            self.screen.error_line(&text);
        } else {
            self.screen.line(&text);
        }
    }

    fn retry(&mut self, id: u64, host: &str, attempt: u64, retries: u64, result: &TaskResult) {
        self.heading_before_result(id);
        let name = self.tasks.get(&id).map(result::task_name).unwrap_or_default();
        let host = result::host_label(host, result);
        let left = (retries + 1).saturating_sub(attempt);
        let mut text = format!("FAILED - RETRYING: [{host}]: {name} ({left} retries left).");
        if self.verbosity >= 3 {
            text = format!("{text}Result was: {}", self.dump(id, result));
        }
        self.print(&text, Color::Debug);
    }

    fn included(&mut self, id: u64, file: &str, hosts: &[Arc<str>], label: Option<&Value>) {
        self.heading_before_result(id);
        let hosts: Vec<_> = hosts.iter().map(|host| &**host).collect();
        let mut text = format!("included: {file} for {}", hosts.join(", "));
        if let Some(label) = label {
            text = format!("{text} => (item={})", python::str(label));
        }
        self.print(&text, Color::Skipped);
    }
}

#[cfg(test)]
mod tests;
