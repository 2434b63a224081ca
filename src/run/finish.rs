//! How a task on one host ends: registered, handlers found, told once.

use std::sync::Arc;
use std::time::Instant;

use serde_json::{Map, Value as Json};
use tokio::task::JoinError;

use crate::action::Answer;
use crate::diagnostic::{Diagnostic, Severity};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::PlannedTask;
use crate::template::{TemplateError, Value};
use crate::vars::TaskScope;

use super::include::Include;
use super::task::{Job, Single};
use super::{PlayRun, announce, verdict};

/// What came of it.
#[derive(Default)]
pub(super) struct Finished {
    pub(super) outcome: Outcome,
    pub(super) answer: Answer,
    /// The handlers to notify: the name that was asked for, and whom it means.
    pub(super) notify: Vec<(String, Vec<u64>)>,
    /// What belongs to no host: errors end the run.
    pub(super) grave: Vec<Diagnostic>,
    /// What an include wants to be run next.
    /// Its finish is told only when it is known whether these can be read.
    pub(super) includes: Vec<Include>,
    pub(super) result: TaskResult,
}

impl Finished {
    /// A panic of ours on one host's task: a failure of that host, said as what it is.
    pub(super) async fn bug(
        play: &PlayRun,
        planned: &PlannedTask,
        host: &Arc<str>,
        rescued: bool,
        panic: JoinError,
    ) -> Self {
        let (line, _) = planned.task.span.position();
        let place = format!("{}:{line}", planned.task.span.source.name);
        let answer = Answer::failed(format!("this is a bug in baton: the task at {place} panicked: {panic}"));
        Self::failed(play, planned, host, rescued, answer).await
    }

    /// What was to be decided for all hosts at once could not be: each has failed of it.
    pub(super) async fn undecided(
        play: &PlayRun,
        planned: &PlannedTask,
        host: &Arc<str>,
        rescued: bool,
        error: TemplateError,
    ) -> Self {
        let time = play.run.now();
        play.run.send(Event::HostStarted { task: planned.id, host: host.clone(), time }).await;
        Self::failed(play, planned, host, rescued, error.into()).await
    }

    async fn failed(
        play: &PlayRun,
        planned: &PlannedTask,
        host: &Arc<str>,
        rescued: bool,
        answer: Answer,
    ) -> Self {
        let mut result = TaskResult {
            outcome: Outcome::Failed,
            result: answer.registered(),
            explanation: answer.explanation.clone(),
            causes: announce::causes(&answer, &planned.task),
            ..TaskResult::default()
        };
        play.run.hide_secrets(&mut result);
        announce::finished(play, planned, host, result.clone(), rescued).await;
        Self { outcome: Outcome::Failed, answer, result, ..Self::default() }
    }
}

impl Job {
    /// Registers, finds the handlers to notify, and reports the end.
    pub(super) async fn finish(
        self,
        single: Single,
        includes: Vec<Include>,
        scope: &TaskScope,
        started: Instant,
    ) -> Finished {
        let outcome = verdict::outcome(
            &single.answer,
            single.settings.ignore_errors,
            single.settings.ignore_unreachable,
        );
        let registered = single.answer.registered();
        self.register(&single.answer, &registered);
        match self.notified(&single, scope) {
            Ok((notify, mut grave)) => {
                grave.extend(self.unresolved(&single));
                let told = self.report((single, registered), outcome, includes, started).await;
                Finished { notify, grave, ..told }
            }
            Err(error) => {
                let failed = Single { answer: error.into(), settings: single.settings, include: None };
                let registered = failed.answer.registered();
                self.report((failed, registered), Outcome::Failed, includes, started).await
            }
        }
    }

    /// What other tasks see under the name that it registers.
    pub(super) fn register(&self, answer: &Answer, registered: &Map<String, Json>) {
        let Some(name) = self.register_name() else { return };
        let mut registered = registered.clone();
        // ansible: what the module was told is shown and not registered.
        registered.shift_remove("invocation");
        if !registered.contains_key("results") || self.planned.task.looping.is_none() {
            note_exception(answer, &mut registered);
        }
        let value = Value::from_json(&Json::Object(registered));
        self.play.register(&self.beneficiaries, name, value, answer.change);
    }

    async fn report(
        self,
        (single, registered): (Single, Map<String, Json>),
        outcome: Outcome,
        includes: Vec<Include>,
        started: Instant,
    ) -> Finished {
        let mut result = self.result(&single, registered, started);
        result.outcome = outcome;
        let failed = matches!(outcome, Outcome::Failed);
        if includes.is_empty() || failed {
            let told = result.clone();
            announce::finished(&self.play, &self.planned, &self.host, told, failed && self.rescued).await;
        }
        Finished { outcome, answer: single.answer, includes, result, ..Finished::default() }
    }

    /// A module that is nowhere to be found.
    // ansible: the file with the task could not even be read, so that nothing rescues it.
    fn unresolved(&self, single: &Single) -> Option<Diagnostic> {
        let action = &self.planned.task.action;
        let named = single.answer.unresolved && !action.name.contains("{{");
        if !named || !self.play.run.planner.is_lenient() {
            return None;
        }
        let words = format!(
            "couldn't resolve module/action '{}'. This often indicates a misspelling, missing collection, or incorrect \
             module path.",
            action.name
        );
        let said = format!("unknown module `{}`", action.name);
        Some(Diagnostic::error("unknown-module", said).words(words).at(&action.name_span, ""))
    }

    /// The handlers in `notify`, when the task changed something, and what is wrong with names there.
    pub(super) fn notified(
        &self,
        single: &Single,
        scope: &TaskScope,
    ) -> Result<(Vec<(String, Vec<u64>)>, Vec<Diagnostic>), TemplateError> {
        let changed = single.answer.change == baton_modules::wire::Change::Yes && single.answer.succeeded();
        if !changed || self.planned.task.notify.is_empty() {
            return Ok(Default::default());
        }
        let strict = self.play.run.options.error_on_missing_handler;
        let (mut found, mut grave) = (Vec::new(), Vec::new());
        for field in &self.planned.task.notify {
            let value = self.play.run.engine.resolve(&field.value, scope)?;
            let names: Vec<String> = match value.as_list() {
                Some(list) => list.iter().map(Value::to_text).collect(),
                None if matches!(value, Value::Omit | Value::None) => Vec::new(),
                None => vec![value.to_text()],
            };
            for name in names {
                match self.play.handlers.find(&name, &self.play.run.engine, scope) {
                    Ok(ids) => found.push((name, ids)),
                    Err(unknown) => {
                        let severity = if strict { Severity::Error } else { Severity::Warning };
                        grave.push(Diagnostic { severity, ..unknown.at(&field.span, "") });
                    }
                }
            }
        }
        Ok((found, grave))
    }

    /// The address of a delegate, where its variables give one.
    pub(super) fn address_of(&self, host: &Arc<str>) -> Option<String> {
        let scope = self.play.scope(host, &self.planned);
        let address = crate::template::Scope::get(&scope, "ansible_host")?;
        let address = self.play.run.engine.resolve(&address, &scope).ok()?.to_text();
        (address != **host).then_some(address)
    }

    /// A result for outputs: outcome, times, secrets hidden.
    pub(super) fn result(
        &self,
        single: &Single,
        mut registered: Map<String, Json>,
        started: Instant,
    ) -> TaskResult {
        if self.play.run.options.verbosity < 3 && self.planned.task.looping.is_some() {
            forget_arguments(&mut registered);
        }
        let settings = &single.settings;
        let outcome = verdict::outcome(&single.answer, settings.ignore_errors, settings.ignore_unreachable);
        let mut result = TaskResult {
            outcome,
            result: registered,
            explanation: single.answer.explanation.clone(),
            skip_reason: single
                .answer
                .values
                .get("false_condition")
                .and_then(|c| c.as_str())
                .map(str::to_owned),
            delegated_to: settings.delegate_to.clone(),
            arguments_hash: single.answer.arguments_hash.clone(),
            seconds: started.elapsed().as_secs_f64(),
            censored: settings.no_log || single.answer.secret,
            quiet: single.answer.quiet,
            causes: announce::causes(&single.answer, &self.planned.task),
            delegated_address: settings.delegate_to.as_ref().and_then(|host| self.address_of(host)),
        };
        self.play.run.hide_secrets(&mut result);
        result
    }
}

/// Takes out what modules were told, which items of loops have for those who register them.
fn forget_arguments(result: &mut Map<String, Json>) {
    result.shift_remove("invocation");
    let items = result.get_mut("results").and_then(Json::as_array_mut);
    for item in items.into_iter().flatten().filter_map(Json::as_object_mut) {
        item.shift_remove("invocation");
    }
}

/// ansible: what failed has an `exception`, and playbooks ask whether it is there.
pub(super) fn note_exception(answer: &Answer, registered: &mut Map<String, Json>) {
    if answer.failure.is_some() {
        registered.entry("exception").or_insert_with(|| "(traceback unavailable)".into());
    }
}
