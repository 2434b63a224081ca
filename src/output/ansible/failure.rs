//! Why a task failed, with the lines of the user's text, as ansible-core 2.19 words it.

use super::super::color::Color;
use super::super::python;
use super::Ansible;
use crate::event::{Cause, Origin, Outcome, TaskResult};

/// A longer line of the user's text is cut here.
const WIDEST: usize = 120;

/// Actions that fail by themselves, not in a module on the target.
pub(super) const ACTIONS: &[&str] = &[
    "add_host",
    "assert",
    "debug",
    "fail",
    "group_by",
    "include_vars",
    "pause",
    "set_fact",
    "set_stats",
    "validate_argument_spec",
    "wait_for_connection",
];

impl Ansible {
    /// Tells why a task failed, once for all hosts for which it is the same.
    pub(super) fn explain(&mut self, id: u64, result: &TaskResult) {
        let text = format!("[ERROR]: {}", self.explanation(id, result));
        if self.told.insert(text.clone()) {
            self.failed(&text, Color::Failed);
        }
    }

    fn explanation(&self, id: u64, result: &TaskResult) -> String {
        let task = self.tasks.get(&id);
        let origin = task.and_then(|task| task.origin.clone());
        let first = |message: String| Cause { message, origin: origin.clone() };
        let mut chain = vec![];
        if result.causes.is_empty() {
            chain.push(first(summary(task.map_or("", |task| task.short_action()), result)));
        } else {
            let message = result.result.get("msg").map(python::str).unwrap_or_default();
            if message.starts_with("Task failed") {
                chain.push(first("Task failed".to_string()));
            }
            for cause in result.causes.iter().filter(|cause| cause.message != "Task failed") {
                match chain.last_mut().filter(|last| last.origin == cause.origin && cause.origin.is_some()) {
                    Some(last) => last.message = format!("{}: {}", last.message, cause.message),
                    None => chain.push(cause.clone()),
                }
            }
        }
        draw(&chain)
    }
}

/// Why a task failed, without the places.
pub(crate) fn summary(action: &str, result: &TaskResult) -> String {
    if result.causes.is_empty() {
        let said = |name: &str| result.result.get(name).map(python::str).unwrap_or_default();
        let (message, reason) = (said("msg"), said("exception"));
        return match message.strip_suffix('.').filter(|_| reason.starts_with("cannot run ")) {
            Some(what) => whole(&format!("{what}: {reason}"), action, result),
            None => whole(&message, action, result),
        };
    }
    let causes: Vec<_> = result.causes.iter().map(|cause| cause.message.as_str()).collect();
    causes.join(": ")
}

/// The message with the words that say where it comes from.
fn whole(message: &str, action: &str, result: &TaskResult) -> String {
    if message.starts_with("Task failed: ") {
        return message.to_string();
    }
    if matches!(result.outcome, Outcome::Unreachable | Outcome::UnreachableIgnored) {
        return format!("Task failed: {message}");
    }
    let judged = ["failed_when_result", "module_stdout"].iter().any(|key| result.result.contains_key(*key));
    let who = if judged || ACTIONS.contains(&action) || ["raw", "script"].contains(&action) {
        "Action failed"
    } else {
        "Module failed"
    };
    match message {
        "" => format!("Task failed: {who}."),
        message => format!("Task failed: {who}: {message}"),
    }
}

/// The chain in words: whole at the top, then each link with its place.
fn draw(chain: &[Cause]) -> String {
    let whole: Vec<_> = chain.iter().map(|cause| cause.message.as_str()).collect();
    let whole = whole.join(": ");
    if let [only] = chain {
        return match &only.origin {
            Some(origin) => format!("{whole}\n{}", place(origin)),
            None => whole,
        };
    }
    let last = chain.len() - 1;
    let links = chain.iter().enumerate().map(|(index, cause)| {
        let stop = if index == last { "" } else { "." };
        match &cause.origin {
            Some(origin) => format!("{}{stop}\n{}", cause.message, place(origin)),
            None => format!("{}{stop}\n\n", cause.message),
        }
    });
    let links: Vec<_> = links.collect();
    format!("{whole}\n\n{}", links.join("<<< caused by >>>\n\n"))
}

/// What is wrong with the user's text, as Ansible tells it before anything runs.
pub(crate) fn told(head: &str, message: &str, origin: Option<&Origin>) -> String {
    match origin {
        Some(origin) => format!("[{head}]: {message}\n{}", place(origin)),
        None => format!("[{head}]: {message}"),
    }
}

/// A place with its lines and a caret.
fn place(origin: &Origin) -> String {
    let Origin { path, line, column, lines } = origin;
    let width = line.to_string().len();
    let first = line.saturating_sub(lines.len().saturating_sub(1) as u32);
    let mut out = format!("Origin: {path}:{line}:{column}\n\n");
    for (number, text) in (first..).zip(lines) {
        out.push_str(cut(&format!("{number:>width$} {text}")).trim_end());
        out.push('\n');
    }
    out.push_str(&format!("{}^ column {column}\n\n", " ".repeat(width + *column as usize)));
    out
}

fn cut(line: &str) -> String {
    if line.chars().count() <= WIDEST {
        return line.to_string();
    }
    let start: String = line.chars().take(WIDEST - 3).collect();
    format!("{start}...")
}
