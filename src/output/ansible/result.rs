//! Results as Ansible dumps them.

use serde_json::{Map, Value};

use super::super::{difference, python, yaml};
use super::{Ansible, ResultFormat};
use crate::event::{Outcome, TaskInfo, TaskResult};

/// `host`, or `host -> delegate(address)`.
pub(super) fn host_label(host: &str, result: &TaskResult) -> String {
    match (&result.delegated_to, &result.delegated_address) {
        (Some(to), _) if **to == *host => host.to_string(),
        (Some(to), Some(address)) if **to != **address => format!("{host} -> {to}({address})"),
        (Some(to), _) => format!("{host} -> {to}"),
        (None, _) => host.to_string(),
    }
}

/// The name of a task as headings have it.
pub(super) fn task_name(task: &TaskInfo) -> String {
    let name = if task.name.is_empty() { &task.action } else { &task.name };
    match &task.role {
        // ansible: a role's name stands before all its tasks but those that include another.
        Some(role) if task.short_action() != "include_role" => format!("{role} : {}", name.trim()),
        _ => name.trim().to_string(),
    }
}

/// What is never shown of a result.
const HIDDEN: &[&str] = &["failed", "skipped", "diff", "exception", "warnings", "deprecations"];

impl Ansible {
    /// Whether a good result is shown whole.
    pub(super) fn shows_result(&self, id: u64, result: &TaskResult) -> bool {
        match self.action(id) {
            // ansible: that they say something is not known of a result which is not shown.
            "debug" | "assert" if !result.censored && !result.quiet => true,
            // ansible: facts are never shown, they are too many.
            "setup" | "gather_facts" => false,
            _ => self.verbosity >= 1,
        }
    }

    fn action(&self, id: u64) -> &str {
        self.tasks.get(&id).map_or("", TaskInfo::short_action)
    }

    /// The result in the chosen format.
    pub(super) fn dump(&self, id: u64, result: &TaskResult) -> String {
        let action = self.action(id);
        let shown = Value::Object(shown(result, action, self.verbosity));
        let pretty = self.settings.format_pretty;
        match self.settings.result_format {
            ResultFormat::Yaml => {
                let text = match pretty {
                    Some(false) => yaml::dump_exactly(&shown),
                    _ => yaml::dump(&without_lines(shown)),
                };
                format!("\n{}", difference::indented(&text))
            }
            ResultFormat::Json => {
                // ansible: they say so in their result, which there is none of when the text is wrong.
                let spoke = matches!(action, "debug" | "assert")
                    && !result.censored
                    && !result.quiet
                    && result.outcome != Outcome::Skipped
                    && !is_of_text(result)
                    && !result.result.contains_key("results");
                let wide = spoke || self.verbosity >= 3 || pretty == Some(true);
                python::json(&shown, wide.then_some(4))
            }
        }
    }

    /// Shows what changed within files, if that was asked for.
    pub(super) fn diff(&mut self, id: u64, result: &TaskResult) {
        if result.outcome != Outcome::Changed || !self.tasks.get(&id).is_some_and(|task| task.diff) {
            return;
        }
        let yaml = self.settings.result_format == ResultFormat::Yaml;
        let text = difference::text(result, self.screen.color, yaml);
        if !text.is_empty() {
            self.heading_before_result(id);
            self.screen.line(&text);
        }
    }
}

/// Whether the task could not even be tried.
fn is_of_text(result: &TaskResult) -> bool {
    let msg = result.result.get("msg").and_then(Value::as_str).unwrap_or_default();
    !result.causes.is_empty() || msg.starts_with("Task failed: ")
}

/// What stands for a result that is not to be shown.
// ansible: scripts look for these words.
pub(in crate::output) const CENSORED: &str =
    "the output has been hidden due to the fact that 'no_log: true' was specified for this result";

/// The result without what is not for users.
fn shown(result: &TaskResult, action: &str, verbosity: u8) -> Map<String, Value> {
    if result.censored {
        let mut shown = Map::new();
        shown.insert("censored".into(), CENSORED.into());
        if let (Some(changed), true) = (result.result.get("changed"), action != "debug") {
            shown.insert("changed".into(), changed.clone());
        }
        return shown;
    }
    let mut shown = result.result.clone();
    if outcome_of_all_items(result) {
        ["results", "skip_reason"].iter().for_each(|key| drop(shown.remove(*key)));
    }
    shown.retain(|key, _| !HIDDEN.contains(&key.as_str()) && !key.starts_with("_ansible_"));
    if verbosity < 3 {
        shown.remove("invocation");
    }
    if action == "debug" {
        clean_debug(&mut shown);
    }
    shown
}

/// Whether it is the result of a loop of which nothing was done: its items were shown already.
fn outcome_of_all_items(result: &TaskResult) -> bool {
    result.outcome == Outcome::Skipped && result.result.contains_key("results")
}

/// `debug` shows what it was asked for, and nothing else.
pub(in crate::output) fn clean_debug(shown: &mut Map<String, Value>) {
    if shown.contains_key("msg") {
        shown.retain(|key, _| key == "msg");
        return;
    }
    for key in ["changed", "invocation", "skip_reason"] {
        shown.remove(key);
    }
    shown.remove("ansible_index_var");
    shown.remove("ansible_loop_var");
}

/// In YAML the text itself is readable: its lines need not stand there again.
fn without_lines(mut shown: Value) -> Value {
    if let Some(map) = shown.as_object_mut() {
        for name in ["stdout", "stderr"] {
            let lines = format!("{name}_lines");
            if map.contains_key(name) && map.contains_key(&lines) {
                map.insert(lines, "<omitted>".into());
            }
        }
    }
    shown
}
