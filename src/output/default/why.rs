//! Why a task failed: the line that says it best first, then the texts themselves.

use serde_json::Value;

use super::super::{python, text};
use super::Style;
use crate::event::{TaskInfo, TaskResult};

/// So many lines of a text are shown without `-v`: the last ones.
const LINES: usize = 20;

/// Texts of a result that tell why, and their names.
const TEXTS: &[&str] = &["stderr", "stdout", "module_stderr", "module_stdout", "exception"];

/// The reason in one line.
pub(super) fn headline(result: &TaskResult) -> String {
    if result.censored {
        return "the result is hidden by `no_log`".into();
    }
    if let Some(explanation) = &result.explanation {
        let first = explanation.lines().next().unwrap_or_default();
        let first = console::strip_ansi_codes(first);
        return first.strip_prefix("error: ").unwrap_or(&first).to_string();
    }
    let message = field(result, "msg");
    let first = message.lines().next().unwrap_or_default().trim();
    if !first.is_empty() && first != "non-zero return code" {
        return first.to_string();
    }
    let code = result.result.get("rc").map(|rc| format!("exit code {rc}"));
    let said = telling_line(&field(result, "stderr")).or_else(|| telling_line(&field(result, "stdout")));
    match (said, code) {
        (Some(said), Some(code)) => format!("{said} ({code})"),
        (Some(said), None) => said,
        (None, Some(code)) => code,
        (None, None) => "no reason given".into(),
    }
}

/// The lines beneath.
pub(super) fn body(task: &TaskInfo, result: &TaskResult, verbosity: u8, style: &Style) -> Vec<String> {
    let mut out = Vec::new();
    if result.censored {
        return out;
    }
    match &result.explanation {
        Some(explanation) => out.extend(explanation.trim_end().lines().map(String::from)),
        None => {
            out.extend(field(result, "msg").lines().skip(1).map(String::from));
            out.push(style.faint(&format!("at {}", task.place)));
        }
    }
    if let Some(command) = result.result.get("cmd") {
        out.extend(block("command", &words(command), verbosity, style));
    }
    for name in TEXTS {
        out.extend(block(name, &field(result, name), verbosity, style));
    }
    out
}

/// A named text: on one line when it has one, else beneath its name.
pub(super) fn block(name: &str, content: &str, verbosity: u8, style: &Style) -> Vec<String> {
    let content = content.trim_end();
    let lines: Vec<_> = content.lines().map(String::from).collect();
    let name = style.faint(&format!("{name}:"));
    match lines.len() {
        0 => Vec::new(),
        1 => vec![format!("{name} {content}")],
        count => {
            let skipped = if verbosity >= 1 { 0 } else { count.saturating_sub(LINES) };
            let more = format!("… {} before, `-v` shows all", text::count(skipped, "line"));
            let more = (skipped > 0).then(|| style.faint(&more));
            let lines = text::indent(more.into_iter().chain(lines.into_iter().skip(skipped)), 2);
            std::iter::once(name).chain(lines).collect()
        }
    }
}

/// A text of the result, fit to print.
pub(super) fn field(result: &TaskResult, name: &str) -> String {
    match result.result.get(name) {
        None | Some(Value::Null) => String::new(),
        Some(value) => text::clean(&python::str(value)),
    }
}

/// A command as a shell would have it.
fn words(command: &Value) -> String {
    let quoted = |word: &Value| {
        let word = python::str(word);
        let is_plain = |c: char| c.is_alphanumeric() || "_-./=:,@%+".contains(c);
        if !word.is_empty() && word.chars().all(is_plain) {
            word
        } else {
            format!("'{}'", word.replace('\'', r"'\''"))
        }
    };
    let text = match command {
        Value::Array(words) => words.iter().map(quoted).collect::<Vec<_>>().join(" "),
        other => python::str(other),
    };
    text::clean(&text)
}

/// The first line that speaks of an error, else the last one with anything in it.
fn telling_line(content: &str) -> Option<String> {
    const SIGNS: &[&str] =
        &["error", "fatal", "failed", "failure", "cannot", "can't", "denied", "not found", "no such"];
    let lines = || content.lines().map(str::trim).filter(|line| !line.is_empty());
    let speaks = |line: &&str| {
        let line = line.to_lowercase();
        SIGNS.iter().any(|sign| line.contains(sign))
    };
    lines().find(speaks).or_else(|| lines().next_back()).map(|line| text::cut(line, 200))
}
