//! The formats of Ansible's ad-hoc command: one answer for each host, in one line with `oneline`.

use std::collections::{HashMap, HashSet};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::ansible::{CENSORED, clean_debug, summary};
use super::color::Color;
use super::{Output, Screen, difference, python};
use crate::event::{Event, Level, Outcome, Stats, TaskInfo, TaskResult};

/// What the ad-hoc command tells of itself.
#[derive(Clone, Debug, Default)]
pub(crate) struct Adhoc {
    /// The task, where it is told why it failed: its name and its data, as Ansible prints them.
    pub task: Option<(String, String)>,
    /// A directory in which each host gets a file with its answer.
    pub tree: Option<PathBuf>,
}

/// Prints what each host answered.
pub(crate) struct Minimal {
    screen: Screen,
    oneline: bool,
    adhoc: Adhoc,
    tasks: HashMap<u64, TaskInfo>,
    told: HashSet<String>,
}

impl Minimal {
    /// Prints to `screen`; with `oneline` each answer on one line.
    pub(crate) fn new(screen: Screen, oneline: bool, adhoc: Adhoc) -> Self {
        Self { screen, oneline, adhoc, tasks: HashMap::new(), told: HashSet::new() }
    }

    fn print(&mut self, text: &str, color: Color) {
        let text = color.paint(text.strip_suffix('\n').unwrap_or(text), self.screen.color);
        self.screen.line(&format!("{text}\n"));
    }

    fn notice(&mut self, head: &str, message: &str, color: Color) {
        let text = format!("[{head}]: {}", message.replace("\r\n", "\n"));
        if self.told.insert(text.clone()) {
            let text = color.paint(&text, self.screen.color);
            self.screen.error_line(&text);
        }
    }

    fn answer(&mut self, task: u64, host: &str, result: &TaskResult) {
        for warning in result.result.get("warnings").and_then(Value::as_array).into_iter().flatten() {
            self.notice("WARNING", &python::str(warning), Color::Warning);
        }
        if !matches!(result.outcome, Outcome::Ok | Outcome::Changed | Outcome::Skipped | Outcome::Unknown) {
            self.explain(task, result);
        }
        let kept = self.adhoc.tree.as_ref().map(|tree| keep(tree, host, result));
        if let Some(Err(error)) = kept {
            self.notice("WARNING", &format!("Unable to write to {host}'s file: {error}"), Color::Warning);
        }
        let (word, color) = match result.outcome {
            Outcome::Ok => ("SUCCESS", Color::Ok),
            Outcome::Changed => ("CHANGED", Color::Changed),
            Outcome::Skipped | Outcome::Unknown => {
                return self.print(&format!("{host} | SKIPPED"), Color::Skipped);
            }
            Outcome::Failed | Outcome::Ignored => ("FAILED", Color::Failed),
            Outcome::Unreachable | Outcome::UnreachableIgnored => return self.unreachable(host, result),
        };
        if result.outcome == Outcome::Changed && self.tasks.get(&task).is_some_and(|task| task.diff) {
            let text = difference::text(result, self.screen.color, false);
            if !text.is_empty() {
                self.screen.line(&text);
            }
        }
        let failed = word == "FAILED";
        let mut shown = shown(result);
        let action = self.tasks.get(&task).map_or("", TaskInfo::short_action);
        if action == "debug" && !failed {
            clean_debug(&mut shown);
        }
        // What ran in the background tells of its job, too.
        let is_command =
            is_command(action) && shown.contains_key("rc") && !shown.contains_key("ansible_job_id");
        if is_command && self.oneline {
            self.print(&command_in_a_line(host, word, &shown), color);
        } else if is_command {
            self.print(&command(host, word, &shown), color);
        }
        if !is_command || failed && self.oneline {
            let mark = if failed { "!" } else { "" };
            self.print(&format!("{host} | {word}{mark} => {}", self.dump(shown)), color);
        }
    }

    /// Why the task failed, once for all hosts for which it is the same.
    fn explain(&mut self, task: u64, result: &TaskResult) {
        let Some((name, data)) = self.adhoc.task.clone() else {
            // The message of what could not be started says nothing; of a traceback the last line does.
            let why = result.result.get("exception").and_then(Value::as_str).unwrap_or_default();
            let last = why.lines().last().filter(|_| !result.censored);
            last.into_iter().for_each(|why| self.notice("ERROR", why, Color::Failed));
            return;
        };
        if self.oneline {
            return;
        }
        let words = summary(self.tasks.get(&task).map_or("", TaskInfo::short_action), result);
        self.notice("ERROR", &format!("{words}\nOrigin: <adhoc '{name}' task>\n\n{data}\n\n"), Color::Failed);
    }

    fn unreachable(&mut self, host: &str, result: &TaskResult) {
        let text = if self.oneline {
            let message = result.result.get("msg").map(python::str).unwrap_or_default();
            format!("{host} | UNREACHABLE!: {message}")
        } else {
            format!("{host} | UNREACHABLE! => {}", self.dump(shown(result)))
        };
        self.print(&text, Color::Unreachable);
    }

    fn dump(&self, shown: Map<String, Value>) -> String {
        let shown = Value::Object(shown);
        match self.oneline {
            true => python::json(&shown, Some(0)).replace('\n', ""),
            false => python::json(&shown, Some(4)),
        }
    }
}

impl Output for Minimal {
    fn event(&mut self, event: &Event, _: &Stats) {
        match event {
            Event::TaskStarted { task, .. } => {
                self.tasks.insert(task.id, task.clone());
            }
            Event::HostFinished { task, host, result, .. } => self.answer(*task, host, result),
            Event::Notice { level: Level::Error, message, .. } => {
                self.notice("ERROR", message, Color::Failed)
            }
            Event::RunAborted { words, .. } => self.notice("ERROR", words, Color::Failed),
            Event::Notice { level: Level::Detail, message, .. } => self.print(message, Color::Verbose),
            Event::Notice { level: Level::Deprecation, message, .. } => {
                self.notice("WARNING", super::ansible::HOW_TO_BE_QUIET, Color::Warning);
                self.notice("DEPRECATION WARNING", message, Color::Deprecation);
            }
            Event::Notice { message, .. } => self.notice("WARNING", message, Color::Warning),
            Event::PlayStarted { hosts, .. } if hosts.is_empty() => {
                self.notice("WARNING", "No hosts matched, nothing to do", Color::Warning);
            }
            _ => {}
        }
    }
}

/// Writes a host's answer to its file, for nobody else to read.
fn keep(tree: &Path, host: &str, result: &TaskResult) -> std::io::Result<()> {
    std::fs::create_dir_all(tree)?;
    let path = tree.join(host.replace('/', "_"));
    let mut file =
        std::fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(python::json(&Value::Object(shown(result)), None).as_bytes())
}

/// Modules whose answer is the text of a command.
fn is_command(action: &str) -> bool {
    matches!(action, "command" | "shell" | "raw" | "win_command" | "win_shell")
}

fn shown(result: &TaskResult) -> Map<String, Value> {
    if result.censored {
        return [("censored".to_string(), Value::from(CENSORED))].into_iter().collect();
    }
    let hidden = ["failed", "skipped", "diff", "warnings", "deprecations", "exception", "invocation"];
    let is_shown = |key: &str| !hidden.contains(&key) && !key.starts_with("_ansible_");
    result.result.iter().filter(|(key, _)| is_shown(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
}

fn text(shown: &Map<String, Value>, name: &str) -> String {
    shown.get(name).map(python::str).unwrap_or_default()
}

fn command(host: &str, word: &str, shown: &Map<String, Value>) -> String {
    let (rc, out, err, msg) =
        (text(shown, "rc"), text(shown, "stdout"), text(shown, "stderr"), text(shown, "msg"));
    // ansible: nothing stands between what was said and the message.
    format!("{host} | {word} | rc={rc} >>\n{out}{err}{msg}\n")
}

fn command_in_a_line(host: &str, word: &str, shown: &Map<String, Value>) -> String {
    let flat = |name: &str| text(shown, name).replace('\n', "\\n").replace('\r', "\\r");
    let mut line = format!("{host} | {word} | rc={} | (stdout) {}", text(shown, "rc"), flat("stdout"));
    if !flat("stderr").is_empty() {
        line = format!("{line} (stderr) {}", flat("stderr"));
    }
    line
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::testing::{Buffer, tell};
    use super::*;

    fn printed(oneline: bool, action: &str, outcome: Outcome, value: Value) -> String {
        let buffer = Buffer::default();
        let mut output = Minimal::new(buffer.screen(), oneline, Adhoc::default());
        let task = TaskInfo { id: 1, action: action.into(), ..TaskInfo::default() };
        let started = Event::TaskStarted { task, time: 0.0 };
        let result = value.as_object().cloned().unwrap_or_default();
        let result = TaskResult { outcome, result, ..TaskResult::default() };
        let finished = Event::HostFinished { task: 1, host: "h1".into(), result, rescued: false, time: 0.0 };
        tell(&mut output, &[started, finished]);
        buffer.text()
    }

    #[test]
    fn commands_show_their_text() {
        let value = || json!({"changed": true, "rc": 0, "stdout": "a\nb", "stderr": "", "msg": ""});
        assert_eq!(printed(false, "shell", Outcome::Changed, value()), "h1 | CHANGED | rc=0 >>\na\nb\n");
        assert_eq!(
            printed(true, "shell", Outcome::Changed, value()),
            "h1 | CHANGED | rc=0 | (stdout) a\\nb\n"
        );
        let raw = json!({"rc": 0, "stdout": "x\n", "stderr": ""});
        assert_eq!(printed(false, "raw", Outcome::Changed, raw), "h1 | CHANGED | rc=0 >>\nx\n\n");
    }

    #[test]
    fn others_show_their_result() {
        let value = || json!({"ping": "pong", "changed": false, "a": [1]});
        assert_eq!(
            printed(false, "ping", Outcome::Ok, value()),
            "h1 | SUCCESS => {\n    \"a\": [\n        1\n    ],\n    \"changed\": false,\n    \"ping\": \"pong\"\n}\n"
        );
        assert_eq!(
            printed(true, "ping", Outcome::Ok, value()),
            "h1 | SUCCESS => {\"a\": [1],\"changed\": false,\"ping\": \"pong\"}\n"
        );
    }

    #[test]
    fn failures_and_unreachable_hosts() {
        let failed = || json!({"rc": 1, "stdout": "", "stderr": "e", "msg": "non-zero return code"});
        assert_eq!(
            printed(false, "command", Outcome::Failed, failed()),
            "h1 | FAILED | rc=1 >>\nenon-zero return code\n"
        );
        assert_eq!(
            printed(true, "command", Outcome::Failed, failed()),
            "h1 | FAILED | rc=1 | (stdout)  (stderr) e\nh1 | FAILED! => {\"msg\": \"non-zero return code\",\"rc\": 1,\
             \"stderr\": \"e\",\"stdout\": \"\"}\n"
        );
        assert_eq!(printed(false, "command", Outcome::Skipped, json!({})), "h1 | SKIPPED\n");
        let lost = json!({"msg": "no route", "unreachable": true});
        assert_eq!(printed(true, "ping", Outcome::Unreachable, lost), "h1 | UNREACHABLE!: no route\n");
    }
}
