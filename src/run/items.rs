//! A task with a loop on one host: its items in turn, and their results together.

use std::sync::Arc;
use std::time::{Duration, Instant};

use serde_json::{Map, Value as Json};

use crate::action::Answer;
use crate::diagnostic::Diagnostic;
use crate::event::Event;
use crate::template::{Scope, Value};
use crate::vars::{Layer, TaskScope};

use super::finish::note_exception;
use super::include::Include;
use super::looping::Names;
use super::settings::Settings;
use super::task::{Job, Single};
use super::verdict;

impl Job {
    /// All items in turn, and their results together.
    pub(super) async fn each(&self, items: Vec<Value>, scope: &TaskScope) -> (Single, Vec<Include>) {
        let control = &self.planned.task.loop_control;
        let names = match Names::new(control, &self.play.run.engine, scope) {
            Ok(names) => names,
            Err(error) => return (self.unlooped(error, scope), Vec::new()),
        };
        if scope.get(&names.item).is_some() {
            self.play.run.engine.note(self.taken_twice(&names.item));
        }
        let mut includes = Vec::new();
        let mut all = Items::default();
        for index in 0..items.len() {
            if self.play.run.is_stopping() {
                break;
            }
            if index > 0 && names.pause > 0.0 {
                self.rest(Duration::from_secs_f64(names.pause)).await;
            }
            let vars = names.variables(&items, index);
            let item_scope =
                self.play.scope(&self.host, &self.planned).with(Layer::Loop, Arc::new(vars.clone()));
            let started = Instant::now();
            let mut single = self.one(item_scope.clone()).await;
            let mut label = self.label(&mut single, &items[index], &item_scope);
            if single.settings.no_log || single.answer.secret {
                label = "(censored due to no_log)".into();
            }
            let mut result = single.answer.registered();
            let include = single.include.take();
            if include.is_some() {
                // ansible: what includes registers neither of them.
                result.retain(|key, _| key != "changed" && key != "failed");
            }
            names.annotate(&mut result, &items, index);
            let broken = self.breaks(&result, &item_scope);
            match include {
                Some(mut include) => {
                    include.add_item(vars, label);
                    includes.push(include);
                }
                None => self.report_item(&single, &result, label, started).await,
            }
            all.add(single, result);
            if broken {
                break;
            }
        }
        (all.together(self.fallback_settings(scope)), includes)
    }

    /// Whether `loop_control.break_when` ends the loop after this item.
    pub(super) fn breaks(&self, result: &Map<String, Json>, scope: &TaskScope) -> bool {
        let conditions = &self.planned.task.loop_control.break_when;
        let scope = self.seeing(scope, result);
        !conditions.is_empty()
            && matches!(verdict::all_hold(conditions, &self.play.run.engine, &scope), Ok(None))
    }

    /// How outputs name the item; it has failed where that cannot be rendered with what came of it.
    fn label(&self, single: &mut Single, item: &Value, scope: &TaskScope) -> Json {
        let Some(field) = &self.planned.task.loop_control.label else { return item.to_json() };
        let scope = self.seeing(scope, &single.answer.registered());
        match self.play.run.engine.resolve(&field.value, &scope) {
            Ok(label) => label.to_json(),
            Err(_) if single.include.is_some() => item.to_json(),
            Err(error) => {
                let error = error.within("Failed to template loop_control.label", Some(field.span.clone()));
                let failed = Answer::from(error);
                single.answer = Answer { values: std::mem::take(&mut single.answer.values), ..failed };
                item.to_json()
            }
        }
    }

    /// The warning that a loop within a loop hides the item around it.
    fn taken_twice(&self, name: &str) -> Diagnostic {
        let task = &self.planned.task;
        let place = task.loop_control.loop_var.as_ref().map_or(&task.span, |field| &field.span);
        let message = "the variable of the loop is in use already, name another in `loop_control`";
        Diagnostic::warning("loop-variable", format!("{message}: `{name}`"))
            .words(format!(
                "The loop variable '{name}' is already in use. You should set the `loop_var` value in the \
                 `loop_control` option for the task to something else to avoid variable collisions and \
                 unexpected behavior."
            ))
            .at(place, "")
    }

    async fn report_item(&self, single: &Single, result: &Map<String, Json>, label: Json, started: Instant) {
        let result = self.result(single, result.clone(), started);
        let time = self.play.run.now();
        self.send(Event::ItemFinished {
            task: self.planned.id,
            host: self.host.clone(),
            label,
            result,
            time,
        })
        .await;
    }
}

/// The results of a loop so far.
#[derive(Default)]
struct Items {
    results: Vec<Json>,
    change: baton_modules::wire::Change,
    failed: bool,
    unreachable: Option<String>,
    all_skipped: bool,
    any: bool,
    warnings: Vec<String>,
    no_log: bool,
    explanation: Option<String>,
}

impl Items {
    fn add(&mut self, single: Single, mut result: Map<String, Json>) {
        note_exception(&single.answer, &mut result);
        use baton_modules::wire::Change;
        let answer = single.answer;
        self.change = match (self.change, answer.change) {
            (Change::Yes, _) | (_, Change::Yes) => Change::Yes,
            (Change::Unknown, _) | (_, Change::Unknown) => Change::Unknown,
            _ => Change::No,
        };
        self.failed |= answer.failure.is_some();
        self.unreachable = self.unreachable.take().or(answer.unreachable);
        self.all_skipped = answer.skipped.is_some() && (!self.any || self.all_skipped);
        self.any = true;
        self.no_log |= single.settings.no_log || answer.secret;
        self.explanation = self.explanation.take().or(answer.explanation);
        self.warnings.extend(answer.warnings);
        self.results.push(Json::Object(result));
    }

    /// One answer for the whole loop, as Ansible words it.
    fn together(self, mut settings: Settings) -> Single {
        settings.no_log |= self.no_log;
        let mut answer = Answer { change: self.change, unreachable: self.unreachable, ..Answer::default() };
        answer.values.insert("results".into(), Json::Array(self.results));
        let message = if self.failed {
            answer.failure = Some("One or more items failed".into());
            answer.explanation = self.explanation;
            None
        } else if !self.any {
            answer.skipped = Some("No items in the list".into());
            answer.values.insert("skipped_reason".into(), "No items in the list".into());
            None
        } else if self.all_skipped {
            answer.skipped = Some("All items skipped".into());
            Some("All items skipped")
        } else {
            Some("All items completed")
        };
        if answer.skipped.is_none() {
            answer.values.insert("skipped".into(), false.into());
        }
        if let Some(message) = message {
            answer.values.insert("msg".into(), message.into());
        }
        Single { answer, settings, include: None }
    }
}
