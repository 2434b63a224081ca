//! One task on one host: a chain from `when` to `register`.

use std::pin::Pin;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value as Json};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::action::{self, Answer, Effect};
use crate::event::{Event, Level};
use crate::plan::PlannedTask;
use crate::template::{ErrorKind, Scope, TemplateError, Value};
use crate::vars::{Definition, Layer, TaskScope, VarMap};

use super::finish::Finished;
use super::include::{self, Include};
use super::looping::{self};
use super::settings::{Keywords, Settings};
use super::{PlayRun, Run, inherit, invocation, retry, verdict};

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
    /// What is known of it before it begins.
    pub(super) prepared: Option<Prepared>,
}

/// A task looked at before it was given a place at work: its conditions hold.
pub(super) struct Prepared {
    pub(super) scope: TaskScope,
}

/// A job's place at work: one of `forks`, and one of `throttle`.
pub(super) struct Place {
    fork: Mutex<Option<OwnedSemaphorePermit>>,
    _throttle: Option<OwnedSemaphorePermit>,
}

impl Place {
    /// Of what needs none.
    pub(super) fn none() -> Self {
        Self { fork: Mutex::new(None), _throttle: None }
    }

    /// Waits for a place.
    pub(super) async fn of(run: &Run, throttle: Option<&Arc<Semaphore>>) -> Self {
        let throttle = match throttle {
            Some(throttle) => throttle.clone().acquire_owned().await.ok(),
            None => None,
        };
        Self { fork: Mutex::new(run.permit().await), _throttle: throttle }
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
        let prepared = self.prepared.as_ref().map(|prepared| prepared.scope.clone());
        let scope = prepared.unwrap_or_else(|| self.play.scope(&self.host, &self.planned));
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

    pub(super) fn items(&self, scope: &TaskScope) -> Result<Option<Vec<Value>>, TemplateError> {
        let looping = self.planned.task.looping.as_ref();
        looping
            .map(|l| {
                looping::items(
                    l,
                    action::short_name(&self.planned.task.action.name),
                    &self.play.run.engine,
                    scope,
                )
            })
            .transpose()
    }

    /// The list could not be rendered: that matters only if the task was to run.
    pub(super) fn unlooped(&self, error: TemplateError, scope: &TaskScope) -> Single {
        let conditions = inherit::conditions(&self.planned.lineage);
        let answer = match verdict::all_hold(conditions, &self.play.run.engine, scope) {
            Ok(Some(condition)) => skipped(condition),
            _ => {
                let mut answer = self.doubt(error);
                // ansible: what is wrong with a loop is told without these words.
                let bare = answer.failure.as_deref().and_then(|told| told.strip_prefix("Task failed: "));
                answer.failure = bare.map(str::to_owned).or(answer.failure.take());
                answer
            }
        };
        Single { answer, settings: self.fallback_settings(scope), include: None }
    }

    async fn whole(&self, scope: TaskScope) -> (Single, Vec<Include>) {
        let mut single = self.one(scope).await;
        let includes = single.include.take().into_iter().collect();
        (single, includes)
    }

    /// One item, or the task itself: conditions, settings, action, verdict, effects.
    pub(super) async fn one(&self, scope: TaskScope) -> Single {
        let engine = &self.play.run.engine;
        let conditions = inherit::conditions(&self.planned.lineage);
        let keywords = Keywords { lineage: &self.planned.lineage, engine, scope: &scope };
        // ansible: no host to delegate to is a failure even where the conditions do not hold.
        if let Err(error) = keywords.delegate().or_else(|e| if_not(ErrorKind::Undefined, e)) {
            let settings = self.fallback_settings(&scope);
            return Single { answer: self.doubt(error), settings, include: None };
        }
        let holds = match &self.prepared {
            Some(_) => Ok(None),
            None => verdict::all_hold(conditions, engine, &scope),
        };
        match holds {
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
            // ansible: what `debug` shows is no fact by that; any other action may bring some.
            Some(Json::Object(facts))
                if answer.effect.is_none()
                    && answer.succeeded()
                    && action::short_name(&self.planned.task.action.name) != "debug" =>
            {
                Some(facts.clone())
            }
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
    pub(super) fn leave_unknown(&self) {
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
    pub(super) fn fallback_settings(&self, scope: &TaskScope) -> Settings {
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
}

/// Passes an error on unless it is of this kind.
pub(super) fn if_not<T>(kind: ErrorKind, error: TemplateError) -> Result<Option<T>, TemplateError> {
    if error.kind() == kind { Ok(None) } else { Err(error) }
}

/// A task whose condition does not hold.
pub(super) fn skipped(condition: String) -> Answer {
    let literal = matches!(condition.as_str(), "true" | "false");
    let condition = if literal { Json::Bool(condition == "true") } else { condition.into() };
    Answer::skipped("Conditional result was False").with("false_condition", condition)
}

/// A task sees the variables of the host it is delegated to as `ansible_delegated_vars`.
fn with_delegate(scope: TaskScope, delegate: Option<&str>) -> TaskScope {
    let Some(name) = delegate else { return scope };
    let Some(Value::Object(hosts)) = scope.get("hostvars") else { return scope };
    let Some(vars) = hosts.get(&Value::str(name)) else { return scope };
    let address = if let Value::Object(vars) = &vars { vars.get(&"ansible_host".into()) } else { None };
    let vars = Definition::from(Value::map([(Value::str(name), vars)]));
    let mut magic = VarMap::from([("ansible_delegated_vars".into(), vars)]);
    // ansible: where nobody says where the host is, tasks see where they go instead.
    if let Some(address) = address.filter(|_| scope.get("ansible_host") == scope.get("inventory_hostname")) {
        magic.insert("ansible_host".into(), Definition::from(address));
    }
    scope.with(Layer::Magic, Arc::new(magic))
}

/// Runs the action itself: what is left when all keywords are taken care of.
pub(super) async fn execute(job: &Job, settings: &Settings, scope: &TaskScope) -> Answer {
    let invocation = match invocation::of(job, settings, scope) {
        Ok(invocation) => invocation,
        Err(error) => return job.doubt(error),
    };
    if let Some(by) = invocation.address.r#become.as_ref().filter(|_| invocation.verbosity >= 4) {
        let host = settings.delegate_to.as_ref().unwrap_or(&job.host);
        let message = format!("<{host}> EXEC {}", crate::connection::becoming(by));
        job.send(Event::Notice { level: Level::Detail, message, origin: None }).await;
    }
    let limit = invocation.timeout;
    // One copy of it: what waits for it would take in one each.
    let running: Pin<Box<dyn Future<Output = Answer> + Send>> = Box::pin(action::run(invocation));
    let answer = match limit {
        None => running.await,
        Some(limit) => tokio::time::timeout(limit, running).await.unwrap_or_else(|_| {
            let seconds = limit.as_secs_f64();
            let period = if seconds.fract() == 0.0 { Json::from(limit.as_secs()) } else { seconds.into() };
            // ansible: scripts look for these words.
            Answer::failed(format!("Task failed: Timed out after {seconds} second(s)."))
                .with("timedout", serde_json::json!({ "period": period }))
        }),
    };
    match &answer.mistake {
        Some(error) if job.play.run.unknown.explains(&job.host, error) => job.doubt(error.clone()),
        _ => answer,
    }
}
