//! What came of a case: the mistakes drawn on stderr, and how its tasks ended, out of the events on stdout.

use std::collections::HashMap;

use serde_json::Value;

/// What a run said about the playbook.
pub(super) struct Found {
    pub(super) diagnostics: Vec<Diagnostic>,
    /// In the order they happened.
    pub(super) ends: Vec<End>,
}

/// One drawn mistake.
pub(super) struct Diagnostic {
    pub(super) kind: &'static str,
    /// In the case itself; none when it stands elsewhere.
    pub(super) line: Option<usize>,
    place: String,
    message: String,
    hints: Vec<String>,
}

impl Diagnostic {
    /// As comments of the case.
    pub(super) fn comment(&self) -> String {
        let mut out = format!("# {}: {}{}\n", self.kind, self.place, self.message);
        for hint in &self.hints {
            out += &format!("# hint: {hint}\n");
        }
        out
    }
}

/// How a task ended on a host, or one item of its loop.
pub(super) struct End {
    /// Where the task stands.
    pub(super) line: usize,
    pub(super) text: String,
    task: u64,
    host: String,
}

impl Found {
    pub(super) fn read(case: &str, stdout: &str, stderr: &str) -> Self {
        Self { diagnostics: diagnostics(case, stderr), ends: ends(case, stdout) }
    }
}

fn diagnostics(case: &str, stderr: &str) -> Vec<Diagnostic> {
    let mut found: Vec<Diagnostic> = Vec::new();
    let mut placed = true;
    for line in stderr.lines() {
        let titled = ["error", "warning"].into_iter().find_map(|kind| {
            line.strip_prefix(kind).and_then(|rest| rest.strip_prefix(": ")).map(|message| (kind, message))
        });
        if let Some((kind, message)) = titled {
            let (place, message) = (String::new(), message.to_owned());
            found.push(Diagnostic { kind, line: None, place, message, hints: Vec::new() });
            placed = false;
        } else if let (Some(place), Some(last), false) =
            (line.trim_start().strip_prefix("--> "), found.last_mut(), placed)
        {
            placed = true;
            match place.strip_prefix(case).and_then(|rest| rest.strip_prefix(':')?.split_once(':')) {
                Some((line, column)) => {
                    last.line = line.parse().ok();
                    last.place = format!("{column}: ");
                }
                None => last.place = format!("{place}: "),
            }
        } else if let (Some(hint), Some(last)) = (line.strip_prefix("hint: "), found.last_mut()) {
            last.hints.push(hint.to_owned());
        }
    }
    found
}

fn ends(case: &str, stdout: &str) -> Vec<End> {
    let (mut tasks, mut ends): (HashMap<u64, Value>, Vec<End>) = (HashMap::new(), Vec::new());
    let mut hosts = 0;
    for event in stdout.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()) {
        match event["event"].as_str() {
            Some("play_started") => hosts = event["hosts"].as_array().map_or(0, Vec::len),
            Some("task_started") => {
                tasks.insert(event["task"]["id"].as_u64().unwrap_or_default(), event["task"].clone());
            }
            Some(kind @ ("host_finished" | "item_finished")) => {
                let id = event["task"].as_u64().unwrap_or_default();
                let Some(task) = tasks.get(&id) else { continue };
                let whole = task["looped"] == Value::Bool(true) && kind == "host_finished";
                if let (Some(line), false) = (line(case, task), whole && ran_items(&event)) {
                    let host = if hosts > 1 { format!("{}: ", word(&event["host"])) } else { String::new() };
                    let item = if kind == "item_finished" {
                        format!("[{}] ", word(&event["label"]))
                    } else {
                        String::new()
                    };
                    let text = format!("{host}{item}{}", told(task, &event["result"]));
                    ends.push(End { line, text, task: id, host });
                }
            }
            _ => {}
        }
    }
    // Which host is done first is chance, also across tasks where hosts do not wait for each other.
    ends.sort_by(|a, b| (a.task, &a.host).cmp(&(b.task, &b.host)));
    ends
}

/// Whether a loop's end was told item by item before.
fn ran_items(event: &Value) -> bool {
    event["result"]["result"]["results"].as_array().is_some_and(|results| !results.is_empty())
}

fn line(case: &str, task: &Value) -> Option<usize> {
    let (path, line) = task["place"].as_str()?.rsplit_once(':')?;
    (path == case || path.ends_with(&format!("/{case}"))).then(|| line.parse().ok())?
}

/// The outcome in a line: with what a `debug` shows, and why something failed.
fn told(task: &Value, result: &Value) -> String {
    let outcome = word(&result["outcome"]);
    let data = &result["result"];
    let action = task["action"].as_str().unwrap_or_default().rsplit('.').next().unwrap_or_default();
    match (outcome.as_str(), action) {
        ("ok", "debug") => match data.get("msg") {
            Some(message) => format!("ok: {}", word(message)),
            None => format!("ok: {}", shown(data)),
        },
        ("failed" | "ignored" | "unreachable", _) => {
            format!("{outcome}: {}", word(&data["msg"])).trim_end_matches([':', ' ']).to_owned()
        }
        _ => outcome,
    }
}

/// The variable that a `debug` shows: the one key that is not of every result.
fn shown(data: &Value) -> String {
    let own = |key: &String| !key.starts_with('_') && !["changed", "failed"].contains(&key.as_str());
    let found = data.as_object().into_iter().flatten().find(|(key, _)| own(key));
    found.map(|(_, value)| word(value)).unwrap_or_default()
}

fn word(value: &Value) -> String {
    match value {
        Value::String(text) => text.replace('\n', "\\n"),
        other => other.to_string(),
    }
}
