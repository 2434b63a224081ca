//! One task on one host: a chain from `when` to `register`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value as Json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinError;

use crate::action::{self, Answer, Effect};
use crate::event::{Event, Outcome, TaskResult};
use crate::plan::PlannedTask;
use crate::template::{ErrorKind, Scope, TemplateError, Value};
use crate::vars::{Definition, Layer, TaskScope, VarMap};

use super::include::{self, Include};
use super::looping::{self, Names};
use super::settings::{Keywords, Settings};
use super::{PlayRun, Run, announce, inherit, invocation, retry, verdict};

/// One task on one host, and whom its results are for.
pub(super) struct Job {
    pub(super) play: Arc<PlayRun>,
    pub(super) host: Arc<str>,
    pub(super) planned: Arc<PlannedTask>,
    /// The hosts that get its facts and registered result: itself, or all with `run_once`.
    pub(super) beneficiaries: Arc<[Arc<str>]>,
    /// Whether a failure would be taken over by a rescue section.
    pub(super) rescued: bool,
    pub(super) place: Place,
}

/// A job's place at work: one of `forks`, and one of `throttle`.
pub(super) struct Place {
    fork: Mutex<Option<OwnedSemaphorePermit>>,
    _throttle: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Waits for a place.
    pub(super) async fn of(run: &Run, throttle: Option<&Arc<Semaphore>>) -> Self {
        let throttle = match throttle {
            Some(throttle) => throttle.clone().acquire_owned().await.ok(),
            None => None,
        };
        Self { fork: Mutex::new(run.permit().await), _throttle: throttle }
    }
}

/// What came of it.
pub(super) struct Finished {
    pub(super) outcome: Outcome,
    pub(super) answer: Answer,
    /// The handlers to notify: the name that was asked for, and whom it means.
    pub(super) notify: Vec<(String, Vec<u64>)>,
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
        Self { outcome: Outcome::Failed, answer, notify: Vec::new(), includes: Vec::new(), result }
    }
}

/// What came of one item, or of the task itself when it does not loop.
pub(super) struct Single {
    pub(super) answer: Answer,
    pub(super) settings: Settings,
    pub(super) include: Option<Include>,
}

impl Job {
    /// Runs the chain and sends its events.
    pub(super) async fn run(self) -> Finished {
        let started = Instant::now();
        self.send(Event::HostStarted {
            task: self.planned.id,
            host: self.host.clone(),
            time: self.play.run.now(),
        })
        .await;
        let scope = self.play.scope(&self.host, &self.planned);
        let (single, includes) = match self.items(&scope) {
            Ok(None) => self.whole(scope.clone()).await,
            Ok(Some(items)) => self.each(items, &scope).await,
            Err(error) => (self.unlooped(error, &scope), Vec::new()),
        };
        self.finish(single, includes, &scope, started).await
    }

    /// Waits; meanwhile another host may have the place at work.
    pub(super) async fn rest(&self, time: Duration) {
        *self.place.fork.lock() = None;
        tokio::time::sleep(time).await;
        let permit = self.play.run.permit().await;
        *self.place.fork.lock() = permit;
    }

    pub(super) async fn send(&self, event: Event) {
        self.play.run.send(event).await;
    }

    fn items(&self, scope: &TaskScope) -> Result<Option<Vec<Value>>, TemplateError> {
        let looping = self.planned.task.looping.as_ref();
        looping.map(|l| looping::items(l, &self.play.run.engine, scope)).transpose()
    }

    /// The list could not be rendered: that matters only if the task was to run.
    fn unlooped(&self, error: TemplateError, scope: &TaskScope) -> Single {
        let conditions = inherit::conditions(&self.planned.lineage);
        let answer = match verdict::all_hold(&conditions, &self.play.run.engine, scope) {
            Ok(Some(condition)) => skipped(condition),
            _ => self.doubt(error),
        };
        Single { answer, settings: self.fallback_settings(scope), include: None }
    }

    async fn whole(&self, scope: TaskScope) -> (Single, Vec<Include>) {
        let mut single = self.one(scope).await;
        let includes = single.include.take().into_iter().collect();
        (single, includes)
    }

    /// All items in turn, and their results together.
    async fn each(&self, items: Vec<Value>, scope: &TaskScope) -> (Single, Vec<Include>) {
        let control = &self.planned.task.loop_control;
        let names = match Names::new(control, &self.play.run.engine, scope) {
            Ok(names) => names,
            Err(error) => return (self.unlooped(error, scope), Vec::new()),
        };
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
            if let Some(mut include) = single.include.take() {
                include.add_item(vars, items[index].to_json());
                includes.push(include);
            }
            let mut result = single.answer.registered();
            names.annotate(&mut result, &items, index);
            let broken = self.breaks(&result, &item_scope);
            self.report_item(&single, &result, &items[index], &item_scope, started).await;
            all.add(single, result);
            if broken {
                break;
            }
        }
        (all.together(self.fallback_settings(scope)), includes)
    }

    /// Whether `loop_control.break_when` ends the loop after this item.
    fn breaks(&self, result: &Map<String, Json>, scope: &TaskScope) -> bool {
        let conditions = &self.planned.task.loop_control.break_when;
        let scope = self.seeing(scope, result);
        !conditions.is_empty()
            && matches!(verdict::all_hold(conditions, &self.play.run.engine, &scope), Ok(None))
    }

    async fn report_item(
        &self,
        single: &Single,
        result: &Map<String, Json>,
        item: &Value,
        scope: &TaskScope,
        started: Instant,
    ) {
        if single.include.is_some() {
            return;
        }
        let label = match &self.planned.task.loop_control.label {
            Some(field) => self
                .play
                .run
                .engine
                .resolve(&field.value, scope)
                .map_or_else(|e| e.to_string().into(), |v| v.to_json()),
            None => item.to_json(),
        };
        let label = if single.settings.no_log { Json::from("(censored due to no_log)") } else { label };
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

    /// One item, or the task itself: conditions, settings, action, verdict, effects.
    async fn one(&self, scope: TaskScope) -> Single {
        let engine = &self.play.run.engine;
        let conditions = inherit::conditions(&self.planned.lineage);
        let keywords = Keywords { lineage: &self.planned.lineage, engine, scope: &scope };
        // ansible: no host to delegate to is a failure even where the conditions do not hold.
        if let Err(error) = keywords.delegate().or_else(|e| if_not(ErrorKind::Undefined, e)) {
            let settings = self.fallback_settings(&scope);
            return Single { answer: self.doubt(error), settings, include: None };
        }
        match verdict::all_hold(&conditions, engine, &scope) {
            Ok(None) => {}
            Ok(Some(condition)) => {
                let settings = self.fallback_settings(&scope);
                return Single { answer: skipped(condition), settings, include: None };
            }
            Err(error) => {
                let answer = self.doubt(error.through("while evaluating `when`", None));
                return Single { answer, settings: self.fallback_settings(&scope), include: None };
            }
        }
        let options = &self.play.run.options;
        let settings = match keywords.settings(options.check, options.diff) {
            Ok(settings) => settings,
            Err(error) => {
                let settings = self.fallback_settings(&scope);
                return Single { answer: self.doubt(error), settings, include: None };
            }
        };
        let scope = with_delegate(scope, settings.delegate_to.as_deref());
        if include::is_include(&self.planned.task.action.name) {
            return match include::request(self, &scope) {
                Ok(include) => Single { answer: include.answer(), settings, include: Some(include) },
                Err(error) => Single { answer: self.doubt(error), settings, include: None },
            };
        }
        let mut answer = retry::attempts(self, &settings, &scope).await;
        self.apply(&mut answer, &settings).await;
        Single { answer, settings, include: None }
    }

    /// What the answer does to variables, for all who are to have it.
    pub(super) async fn apply(&self, answer: &mut Answer, settings: &Settings) {
        let facts = match answer.values.get("ansible_facts") {
            Some(Json::Object(facts)) if answer.effect.is_none() && answer.succeeded() => Some(facts.clone()),
            _ => None,
        };
        let effect = answer.effect.take().or(facts.map(Effect::Facts));
        let Some(effect) = effect else { return };
        let delegate = settings.delegate_to.clone().filter(|_| settings.delegate_facts);
        let hosts = delegate.map_or_else(|| self.beneficiaries.clone(), |host| Arc::from([host]));
        if self.play.apply(effect, &hosts, &self.host).await {
            answer.change = baton_modules::wire::Change::Yes;
        }
    }

    /// The scope with the result under the name it is registered as.
    pub(super) fn seeing(&self, scope: &TaskScope, result: &Map<String, Json>) -> TaskScope {
        let Some(name) = self.register_name() else { return scope.clone() };
        let value = Value::from_json(&Json::Object(result.clone()));
        scope.with(Layer::Loop, Arc::new(VarMap::from([(name, Definition { value, place: None })])))
    }

    pub(super) fn register_name(&self) -> Option<Arc<str>> {
        match &self.planned.task.register.as_ref()?.value {
            Value::Str(name) => Some(name.clone()),
            _ => None,
        }
    }

    /// A template failed. In check mode, when it needs the result of a task that could not
    /// foretell its own, the answer is unknown too instead of a failure.
    pub(super) fn doubt(&self, error: TemplateError) -> Answer {
        if self.play.run.unknown.explains(&self.host, &error) {
            self.leave_unknown();
            return Answer {
                change: baton_modules::wire::Change::Unknown,
                explanation: Some(format!("it depends on what check mode could not foretell: {error}")),
                ..Answer::default()
            };
        }
        error.into()
    }

    /// What the task would have set is not known either.
    fn leave_unknown(&self) {
        let action = &self.planned.task.action;
        if action::short_name(&action.name) != "set_fact" {
            return;
        }
        for (name, ..) in &action.args.options {
            let name: Arc<str> = name.as_str().into();
            self.beneficiaries.iter().for_each(|host| self.play.run.unknown.note(host, &name, true));
        }
    }

    /// Settings for results that came before they could be rendered.
    fn fallback_settings(&self, scope: &TaskScope) -> Settings {
        let keywords = Keywords { lineage: &self.planned.lineage, engine: &self.play.run.engine, scope };
        let flag =
            |found: Result<Option<bool>, TemplateError>, default| found.ok().flatten().unwrap_or(default);
        Settings {
            check: self.play.run.options.check,
            diff: self.play.run.options.diff,
            no_log: flag(keywords.flag("no_log", |d| d.no_log.as_ref()), false),
            ignore_errors: flag(keywords.flag("ignore_errors", |d| d.ignore_errors.as_ref()), false),
            ignore_unreachable: flag(
                keywords.flag("ignore_unreachable", |d| d.ignore_unreachable.as_ref()),
                false,
            ),
            ..Settings::default()
        }
    }

    /// Registers, finds the handlers to notify, and reports the end.
    async fn finish(
        self,
        single: Single,
        includes: Vec<Include>,
        scope: &TaskScope,
        started: Instant,
    ) -> Finished {
        let registered = single.answer.registered();
        let mut outcome = verdict::outcome(
            &single.answer,
            single.settings.ignore_errors,
            single.settings.ignore_unreachable,
        );
        if let Some(name) = self.register_name() {
            let mut registered = registered;
            note_exception(&single.answer, &mut registered);
            let value = Value::from_json(&Json::Object(registered));
            self.play.register(&self.beneficiaries, name, value, single.answer.change);
        }
        let notify = match self.notified(&single, scope) {
            Ok(notify) => notify,
            Err(error) => {
                outcome = Outcome::Failed;
                let failed = Single { answer: error.into(), settings: single.settings, include: None };
                return self.report(failed, outcome, Vec::new(), includes, started).await;
            }
        };
        self.report(single, outcome, notify, includes, started).await
    }

    async fn report(
        self,
        single: Single,
        outcome: Outcome,
        notify: Vec<(String, Vec<u64>)>,
        includes: Vec<Include>,
        started: Instant,
    ) -> Finished {
        let mut result = self.result(&single, single.answer.registered(), started);
        result.outcome = outcome;
        let failed = matches!(outcome, Outcome::Failed);
        if includes.is_empty() || failed {
            announce::finished(&self.play, &self.planned, &self.host, result.clone(), failed && self.rescued)
                .await;
        }
        Finished { outcome, answer: single.answer, notify, includes, result }
    }

    /// The handlers in `notify`, when the task changed something.
    fn notified(&self, single: &Single, scope: &TaskScope) -> Result<Vec<(String, Vec<u64>)>, TemplateError> {
        let strict = self.play.run.options.error_on_missing_handler;
        let changed = single.answer.change == baton_modules::wire::Change::Yes && single.answer.succeeded();
        if !changed || self.planned.task.notify.is_empty() {
            return Ok(Vec::new());
        }
        let mut names = Vec::new();
        for field in &self.planned.task.notify {
            let value = self.play.run.engine.resolve(&field.value, scope)?;
            match value.as_list() {
                Some(list) => names.extend(list.iter().map(Value::to_text)),
                None if matches!(value, Value::Omit | Value::None) => {}
                None => names.push(value.to_text()),
            }
        }
        let found = |name: String| match self.play.handlers.find(&name, &self.play.run.engine, scope) {
            Ok(ids) => Ok((name, ids)),
            Err(missing) if strict => Err(TemplateError::failed(missing.message)),
            Err(_) => Ok((name, Vec::new())),
        };
        names.into_iter().map(found).collect()
    }

    /// The address of a delegate, where its variables give one.
    fn address_of(&self, host: &Arc<str>) -> Option<String> {
        let scope = self.play.scope(host, &self.planned);
        let address = crate::template::Scope::get(&scope, "ansible_host")?;
        let address = self.play.run.engine.resolve(&address, &scope).ok()?.to_text();
        (address != **host).then_some(address)
    }

    /// A result for outputs: outcome, times, secrets hidden.
    pub(super) fn result(
        &self,
        single: &Single,
        registered: Map<String, Json>,
        started: Instant,
    ) -> TaskResult {
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
            censored: settings.no_log,
            causes: announce::causes(&single.answer, &self.planned.task),
            delegated_address: settings.delegate_to.as_ref().and_then(|host| self.address_of(host)),
        };
        self.play.run.hide_secrets(&mut result);
        result
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
        self.no_log |= single.settings.no_log;
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
        if let Some(message) = message {
            answer.values.insert("msg".into(), message.into());
        }
        Single { answer, settings, include: None }
    }
}

/// Passes an error on unless it is of this kind.
fn if_not<T>(kind: ErrorKind, error: TemplateError) -> Result<Option<T>, TemplateError> {
    if error.kind() == kind { Ok(None) } else { Err(error) }
}

/// ansible: what failed has an `exception`, and playbooks ask whether it is there.
fn note_exception(answer: &Answer, registered: &mut Map<String, Json>) {
    if answer.failure.is_some() {
        registered.entry("exception").or_insert_with(|| "(traceback unavailable)".into());
    }
}

/// A task whose condition does not hold.
fn skipped(condition: String) -> Answer {
    let literal = matches!(condition.as_str(), "true" | "false");
    let condition = if literal { Json::Bool(condition == "true") } else { condition.into() };
    Answer::skipped("Conditional result was False").with("false_condition", condition)
}

/// A task sees the variables of the host it is delegated to as `ansible_delegated_vars`.
fn with_delegate(scope: TaskScope, delegate: Option<&str>) -> TaskScope {
    let Some(name) = delegate else { return scope };
    let Some(Value::Object(hosts)) = scope.get("hostvars") else { return scope };
    let Some(vars) = hosts.get(&Value::str(name)) else { return scope };
    let vars = Definition::from(Value::map([(Value::str(name), vars)]));
    scope.with(Layer::Magic, Arc::new(VarMap::from([("ansible_delegated_vars".into(), vars)])))
}

/// Runs the action itself: what is left when all keywords are taken care of.
pub(super) async fn execute(job: &Job, settings: &Settings, scope: &TaskScope) -> Answer {
    let invocation = match invocation::of(job, settings, scope) {
        Ok(invocation) => invocation,
        Err(error) => return job.doubt(error),
    };
    let limit = invocation.timeout;
    let running = action::run(invocation);
    let answer = match limit {
        None => running.await,
        Some(limit) => tokio::time::timeout(limit, running).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs_f64();
            // ansible: scripts look for these words.
            Answer::failed(format!("Timed out after {seconds} second(s)."))
                .with("timedout", serde_json::json!({ "period": seconds }))
        }),
    };
    match &answer.mistake {
        Some(error) if job.play.run.unknown.explains(&job.host, error) => job.doubt(error.clone()),
        _ => answer,
    }
}
