//! What there is to say of one host's task, if anything.

use serde_json::{Map, Value};

use super::super::{diff, python, text, yaml};
use super::style::Style;
use super::why;
use crate::event::{Outcome, TaskInfo, TaskResult};

/// A line about a host and what stands beneath it; equal for hosts to which the same happened.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Report {
    /// Failures come last, where they are seen.
    pub(super) rank: u8,
    delegate: Option<String>,
    head: String,
    body: Vec<String>,
}

/// What came of one item of a loop.
#[derive(Clone, Debug)]
pub(super) struct Item {
    label: String,
    outcome: Outcome,
    said: Option<(String, Vec<String>)>,
}

/// The name of a task as headings have it.
pub(super) fn name(task: &TaskInfo) -> String {
    let own = if task.name.is_empty() { &task.action } else { &task.name };
    let role = task.role.as_ref().map(|role| format!("{role} : ")).unwrap_or_default();
    let kind = if task.handler { "handler " } else { "" };
    format!("{kind}{role}{}", own.trim())
}

/// An item or warning in a few words.
pub(super) fn label(value: &Value) -> String {
    let words = match value {
        Value::String(words) => words.clone(),
        other => python::json(other, None),
    };
    text::cut(&text::clean(&words).replace('\n', " "), 60)
}

impl Item {
    pub(super) fn new(
        task: &TaskInfo,
        name: &Value,
        result: &TaskResult,
        verbosity: u8,
        style: &Style,
    ) -> Self {
        let label = if result.censored { "(hidden)".to_string() } else { label(name) };
        Self { label, outcome: result.outcome, said: said(task, result, false, verbosity, style) }
    }
}

impl Report {
    /// `None` when nothing is worth saying.
    pub(super) fn new(
        task: &TaskInfo,
        result: &TaskResult,
        rescued: bool,
        items: &[Item],
        verbosity: u8,
        style: &Style,
    ) -> Option<Self> {
        let (head, body) = match items {
            [] => said(task, result, rescued, verbosity, style)?,
            items => said_of_items(items, result, rescued, style)?,
        };
        let delegate = result.delegated_to.as_ref().map(|to| to.to_string());
        Some(Self { rank: rank(result.outcome), delegate, head, body })
    }

    /// The lines, with the hosts they are about.
    pub(super) fn lines(&self, hosts: &str, style: &Style) -> Vec<String> {
        let hosts = match &self.delegate {
            Some(delegate) if delegate != hosts => format!("{hosts} → {delegate}"),
            _ => hosts.to_string(),
        };
        let first = format!("{} {}", style.strong(&format!("{hosts}:")), self.head);
        let rest = text::indent(self.body.iter().cloned(), 2);
        std::iter::once(first.trim_end().to_string()).chain(rest).collect()
    }
}

fn rank(outcome: Outcome) -> u8 {
    match outcome {
        Outcome::Skipped => 0,
        Outcome::Ok => 1,
        Outcome::Unknown => 2,
        Outcome::Changed => 3,
        Outcome::Ignored | Outcome::UnreachableIgnored => 4,
        Outcome::Failed => 5,
        Outcome::Unreachable => 6,
    }
}

/// What is said of one result: in a line, and beneath it.
fn said(
    task: &TaskInfo,
    result: &TaskResult,
    rescued: bool,
    verbosity: u8,
    style: &Style,
) -> Option<(String, Vec<String>)> {
    let outcome = result.outcome;
    if let Outcome::Ok | Outcome::Changed = outcome
        && task.short_action() == "debug"
        && !result.censored
    {
        return Some(message(&result.result));
    }
    let word = word(outcome, rescued, style);
    match outcome {
        Outcome::Ok if verbosity == 0 || task.is_include() && verbosity < 2 => None,
        Outcome::Skipped if verbosity == 0 => None,
        Outcome::Skipped => {
            let reason = result.skip_reason.as_ref().map(|reason| format!(": {reason}")).unwrap_or_default();
            Some((format!("{word}{reason}"), Vec::new()))
        }
        Outcome::Ok | Outcome::Changed | Outcome::Unknown => {
            Some((word, details(task, result, verbosity, style)))
        }
        // What is mended again need not be told at length.
        Outcome::Failed | Outcome::Ignored | Outcome::UnreachableIgnored
            if verbosity == 0 && (rescued || outcome != Outcome::Failed) =>
        {
            Some((format!("{word}: {}", why::headline(result)), Vec::new()))
        }
        _ => Some((format!("{word}: {}", why::headline(result)), why::body(task, result, verbosity, style))),
    }
}

fn word(outcome: Outcome, rescued: bool, style: &Style) -> String {
    match outcome {
        Outcome::Ok => style.good("ok"),
        Outcome::Changed => style.changed("changed"),
        Outcome::Unknown => style.warning("unknown: check mode cannot foretell it"),
        Outcome::Skipped => style.faint("skipped"),
        Outcome::Failed if rescued => format!("{}, rescued", style.warning("failed")),
        Outcome::Failed => style.failed("failed"),
        Outcome::Ignored => format!("{}, ignored", style.warning("failed")),
        Outcome::Unreachable => style.failed("unreachable"),
        Outcome::UnreachableIgnored => format!("{}, ignored", style.warning("unreachable")),
    }
}

/// What `debug` says, as text.
fn message(result: &Map<String, Value>) -> (String, Vec<String>) {
    let text = match result.get("msg") {
        Some(Value::String(text)) => text::clean(text),
        Some(other) => yaml::dump(other),
        None => {
            let noise = ["changed", "ansible_loop_var", "failed", "invocation"];
            let shown =
                result.iter().filter(|(key, _)| !noise.contains(&key.as_str()) && !key.starts_with('_'));
            yaml::dump(&Value::Object(shown.map(|(k, v)| (k.clone(), v.clone())).collect()))
        }
    };
    let lines: Vec<_> = text.trim_end().lines().map(String::from).collect();
    match lines.as_slice() {
        [] => (String::new(), Vec::new()),
        [line] => (line.clone(), Vec::new()),
        _ => (String::new(), lines),
    }
}

/// Differences when asked for, texts with `-v`, everything with `-vv`.
fn details(task: &TaskInfo, result: &TaskResult, verbosity: u8, style: &Style) -> Vec<String> {
    let mut out = Vec::new();
    if result.censored {
        return out;
    }
    if task.diff && result.outcome != Outcome::Ok {
        match result.result.get("diff") {
            Some(Value::Array(all)) => all.iter().for_each(|one| out.extend(difference(one, style))),
            Some(one) => out.extend(difference(one, style)),
            None => {}
        }
    }
    if verbosity == 1 && !matches!(task.short_action(), "setup" | "gather_facts") {
        for name in ["msg", "stdout", "stderr"] {
            out.extend(why::block(name, &why::field(result, name), verbosity, style));
        }
    } else if verbosity >= 2 {
        out.extend(values(&result.result, verbosity));
    }
    out
}

/// The values of a result as YAML.
fn values(result: &Map<String, Value>, verbosity: u8) -> Vec<String> {
    let hidden = ["diff", "warnings", "stdout_lines", "stderr_lines", "changed", "failed"];
    let is_shown = |key: &str| !hidden.contains(&key) && (verbosity >= 3 || key != "invocation");
    let shown = result.iter().filter(|(key, _)| is_shown(key)).map(|(k, v)| (k.clone(), v.clone()));
    let shown = Value::Object(shown.collect());
    if shown.as_object().is_some_and(Map::is_empty) {
        return Vec::new();
    }
    text::clean(&yaml::dump(&shown)).lines().map(String::from).collect()
}

/// One difference, its lines painted.
fn difference(one: &Value, style: &Style) -> Vec<String> {
    let side = |name: &str| match one.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text::clean(text),
        Some(other) => yaml::dump(other),
    };
    let header = |name: &str| match one.get(format!("{name}_header")).map(python::str) {
        Some(header) if !header.is_empty() => format!("{name}: {header}"),
        _ => name.to_string(),
    };
    let mut lines: Vec<String> = Vec::new();
    if let Some(prepared) = one.get("prepared").and_then(Value::as_str) {
        lines.extend(text::clean(prepared).lines().map(String::from));
    }
    for (key, side) in [("src", "source"), ("dst", "destination")] {
        if one.get(format!("{key}_binary")).is_some() {
            lines.push(format!("no difference shown: the {side} is binary"));
        } else if let Some(size) = one.get(format!("{key}_larger")) {
            lines.push(format!("no difference shown: the {side} is larger than {size} bytes"));
        }
    }
    let found = diff::unified(&side("before"), &side("after"), &header("before"), &header("after"));
    lines.extend(found.concat().lines().map(String::from));
    lines.iter().map(|line| style.diff(line)).collect()
}

/// What is said of a loop: its items together where they are alike.
fn said_of_items(
    items: &[Item],
    result: &TaskResult,
    rescued: bool,
    style: &Style,
) -> Option<(String, Vec<String>)> {
    let mut groups: indexmap::IndexMap<&(String, Vec<String>), Vec<&str>> = indexmap::IndexMap::new();
    for item in items {
        if let Some(said) = &item.said {
            groups.entry(said).or_default().push(&item.label);
        }
    }
    if groups.is_empty() {
        return None;
    }
    if let [((head, body), labels)] = groups.iter().collect::<Vec<_>>().as_slice()
        && body.is_empty()
        && matches!(result.outcome, Outcome::Ok | Outcome::Changed)
    {
        let all = labels.len() == items.len();
        let part = format!(" ({} of {})", labels.len(), text::count(items.len(), "item"));
        return Some((format!("{head}: {}{}", labels.join(", "), if all { "" } else { &part }), Vec::new()));
    }
    let mut lines = Vec::new();
    for ((head, body), labels) in &groups {
        lines.push(format!("{}: {head}", labels.join(", ")).trim_end().to_string());
        lines.extend(text::indent(body.iter().cloned(), 2));
    }
    let done = items.iter().filter(|item| item.outcome == result.outcome).count();
    let head =
        format!("{}, {done} of {}", word(result.outcome, rescued, style), text::count(items.len(), "item"));
    Some((head, lines))
}
