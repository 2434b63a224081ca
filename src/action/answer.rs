//! What an action gives back, and how it reads as the result Ansible registers.

use serde_json::{Map, Value as Json, json};

use baton_modules::wire::{BecomeFailureKind, Change, Diff, Reply};

use crate::connection::{Kind, Unreachable};
use crate::diagnostic;
use crate::template::{TemplateError, Value};
use crate::vars::VarMap;

/// What came of one attempt of a task on one host.
#[derive(Clone, Default)]
pub(crate) struct Answer {
    pub(crate) change: Change,
    /// Why it failed.
    pub(crate) failure: Option<String>,
    /// Why the host could not be reached (then `failure` is `None`).
    pub(crate) unreachable: Option<String>,
    /// Why it was skipped.
    pub(crate) skipped: Option<String>,
    /// Return values, named as Ansible's.
    pub(crate) values: Map<String, Json>,
    pub(crate) diff: Vec<Diff>,
    pub(crate) warnings: Vec<String>,
    /// Not worth telling unless it was asked for, though such actions tell what came of them.
    pub(crate) quiet: bool,
    /// It is not to be shown, whatever `no_log` says.
    pub(crate) secret: bool,
    /// What it does to the run itself.
    pub(crate) effect: Option<Effect>,
    /// Hexadecimal SHA-256 of module and rendered arguments.
    pub(crate) arguments_hash: Option<String>,
    /// The mistake in the user's text that it failed of.
    pub(crate) mistake: Option<TemplateError>,
    /// The reason drawn in the user's text.
    pub(crate) explanation: Option<String>,
    /// There is no module or action of the task's name anywhere.
    pub(crate) unresolved: bool,
}

/// What an action does to the run's own state.
#[derive(Clone)]
pub(crate) enum Effect {
    /// Variables of the host, at the level of `set_fact`; `cacheable` ones are facts too.
    SetFacts { vars: VarMap, cacheable: bool },
    /// Facts of the host, with the names Ansible gives them (`ansible_…`).
    Facts(Map<String, Json>),
    /// Variables at the level of `include_vars`.
    IncludeVars(VarMap),
    /// A host to add to the inventory.
    AddHost { name: String, groups: Vec<String>, vars: VarMap },
    /// A group to put the host into.
    GroupBy { group: String, parents: Vec<String> },
    /// Statistics to show at the end.
    Stats { data: Map<String, Json>, per_host: bool, aggregate: bool },
}

impl Answer {
    /// It failed, and why.
    pub(crate) fn failed(message: impl Into<String>) -> Self {
        Self { failure: Some(message.into()), ..Self::default() }
    }

    /// It failed, and the user said why: any value, which stays what it is.
    pub(crate) fn failed_saying(message: Json) -> Self {
        match message {
            Json::String(message) => Self::failed(message),
            other => Self::failed(Value::from_json(&other).repr()).with("msg", other),
        }
    }

    /// It was not done, and why.
    pub(crate) fn skipped(reason: impl Into<String>) -> Self {
        Self { skipped: Some(reason.into()), ..Self::default() }
    }

    /// The host could not be reached, and why.
    pub(crate) fn unreachable(message: impl Into<String>) -> Self {
        Self { unreachable: Some(message.into()), ..Self::default() }
    }

    /// There was no reply, and why.
    pub(crate) fn without_reply(reason: &Unreachable) -> Self {
        match reason.kind {
            // ansible: a host on which another user cannot be become has failed, not gone.
            Kind::Become(why) if why != BecomeFailureKind::Timeout => Self::failed(reason.to_string()),
            _ => Self::unreachable(reason.to_string()),
        }
    }

    /// Something else to return.
    pub(crate) fn with(mut self, name: &str, value: impl Into<Json>) -> Self {
        self.values.insert(name.into(), value.into());
        self
    }

    /// It does this to the run.
    pub(crate) fn effect(mut self, effect: Effect) -> Self {
        self.effect = Some(effect);
        self
    }

    /// Whether it neither failed nor missed the host.
    pub(crate) fn succeeded(&self) -> bool {
        self.failure.is_none() && self.unreachable.is_none()
    }

    /// The same, where a difference that is the only one is registered as such, and not as a list.
    pub(crate) fn with_single_diff(mut self) -> Self {
        if let [diff] = self.diff.as_slice() {
            self.values.insert("diff".into(), diff_json(diff));
            self.diff.clear();
        }
        self
    }

    /// The result as Ansible registers it.
    pub(crate) fn registered(&self) -> Map<String, Json> {
        let mut result = Map::with_capacity(self.values.len() + 4);
        result.insert("changed".into(), (self.change == Change::Yes).into());
        result.extend(self.values.clone());
        for name in ["stdout", "stderr"] {
            if let Some(Json::String(text)) = self.values.get(name) {
                result.entry(format!("{name}_lines")).or_insert_with(|| lines(text));
            }
        }
        // A module that makes a difference of its own knows its form.
        if !self.diff.is_empty() && !result.contains_key("diff") {
            result.insert("diff".into(), self.diff.iter().map(diff_json).collect());
        }
        if !self.warnings.is_empty() {
            result.insert("warnings".into(), self.warnings.clone().into());
        }
        if self.change == Change::Unknown {
            result.insert("skipped".into(), true.into());
            result.insert("unknown".into(), true.into());
        }
        self.register_outcome(&mut result);
        result
    }

    fn register_outcome(&self, result: &mut Map<String, Json>) {
        // ansible: a loop says so only where an item has failed.
        let looped = result.contains_key("results") && result.contains_key("skipped");
        if self.skipped.is_none() && !looped {
            result.entry("failed").or_insert(false.into());
        }
        if let Some(message) = &self.failure {
            result.insert("failed".into(), true.into());
            if self.values.get("msg").is_none_or(Json::is_string) {
                result.insert("msg".into(), message.clone().into());
            }
        }
        if let Some(message) = &self.unreachable {
            result.insert("unreachable".into(), true.into());
            result.insert("msg".into(), message.clone().into());
        }
        if let Some(reason) = &self.skipped {
            result.insert("skipped".into(), true.into());
            // ansible: the result of a loop says it in other words.
            if !self.values.contains_key("results") {
                result.insert("skip_reason".into(), reason.clone().into());
            }
        }
    }

    /// The registered result as a value of the template language: all of it data.
    pub(crate) fn to_value(&self) -> Value {
        Value::from_json(&Json::Object(self.registered()))
    }
}

/// Lines as Ansible has them in `stdout_lines`.
fn lines(text: &str) -> Json {
    text.lines().map(Json::from).collect()
}

fn diff_json(diff: &Diff) -> Json {
    json!({
        "before": diff.before,
        "after": diff.after,
        "before_header": diff.before_header,
        "after_header": diff.after_header,
    })
}

/// A module's reply.
impl From<Reply> for Answer {
    fn from(mut reply: Reply) -> Self {
        if let Some(Json::Object(facts)) = reply.values.get_mut("ansible_facts") {
            // Which interpreter to start is never learned from a host.
            let bare = |name: &str| name.strip_prefix("ansible_").unwrap_or(name).to_owned();
            facts.retain(|name, _| {
                let starts = name.starts_with("ansible_") && name.ends_with("_interpreter");
                !starts && !bare(name).starts_with("discovered_interpreter_")
            });
        }
        let passed_over = reply.failure.is_none() && reply.values.get("skipped") == Some(&true.into());
        let reason = reply.values.get("msg").and_then(Json::as_str).unwrap_or_default();
        Self {
            skipped: passed_over.then(|| reason.to_owned()),
            change: reply.change,
            failure: reply.failure,
            values: reply.values,
            diff: reply.diff,
            warnings: reply.warnings,
            ..Self::default()
        }
    }
}

/// A mistake in the user's templates: a failure that points at its place.
impl From<TemplateError> for Answer {
    fn from(error: TemplateError) -> Self {
        let diagnostic = error.to_diagnostic();
        Self {
            failure: Some(format!("Task failed: {}", error.said())),
            explanation: diagnostic.place.is_some().then(|| diagnostic::render(&diagnostic, false)),
            mistake: Some(error),
            ..Self::default()
        }
    }
}
