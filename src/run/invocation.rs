//! From a task on a host to one attempt of its action: arguments, defaults, address.

use std::sync::Arc;
use std::time::Duration;

use baton_modules::wire::Background;

use crate::action::{self, Invocation, SearchPath};
use crate::connection::{Address, LogLine};
use crate::event::{Event, Level, Stream};
use crate::library::collection_of;
use crate::plan::{PlannedTask, absolute};
use crate::template::{Engine, Scope, Template, TemplateError, Value, has_markers};
use crate::vars::TaskScope;

use super::settings::{Keywords, Settings, number};
use super::task::Job;
use super::{PlayRun, connect, defaults, inherit};

/// Everything one attempt needs.
///
/// # Errors
/// When a connection variable or a default cannot be rendered.
pub(super) fn of(job: &Job, settings: &Settings, scope: &TaskScope) -> Result<Invocation, TemplateError> {
    let run = &job.play.run;
    let task = &job.planned.task;
    let name = name(job, scope)?;
    let library = run.planner.library().clone();
    let collections = job.collections(scope)?;
    let name = routed(job, name, &collections)?;
    let own = library.find(&name, &collections);
    let own = own.or_else(|| if action::known(&name).is_none() { library.of_core(&name) } else { None });
    let action = action::short_name(&name).to_owned();
    let background = background(job, &action, settings, scope)?;
    let timeout = if background.is_some() { settings.timeout } else { limit(job, settings, scope)? };
    let defaults = defaults::of(job, &name, own.as_ref(), scope)?;
    let delegate = settings.delegate_to.as_ref().map(|host| job.play.scope(host, &job.planned));
    let scope: Arc<dyn Scope> = Arc::new(scope.clone());
    let seat = delegate.map_or_else(|| scope.clone(), |delegate| Arc::new(delegate) as Arc<dyn Scope>);
    let address = match address(job, settings, &*seat) {
        // What goes nowhere needs no way there.
        Err(_) if action::is_placeless(&action) => Address::local(),
        found => found?,
    };
    Ok(Invocation {
        host: job.host.clone(),
        defaults,
        own,
        library,
        delegated: settings.delegate_to.is_some(),
        seat,
        args: task.action.args.clone(),
        engine: run.engine.clone(),
        scope,
        connections: run.connections.clone(),
        vault: run.vault.clone(),
        vars_files: run.vars_files.clone(),
        address,
        search: job.play.search(&job.planned),
        check: settings.check,
        diff: settings.diff,
        environment: settings.environment.clone(),
        timeout,
        poll: background.as_ref().and_then(|(_, poll)| *poll),
        polled: polled(job),
        detail: detail(job),
        background: background.map(|(background, _)| background),
        verbosity: run.options.verbosity,
        // ansible: of what is registered, only items of loops have it.
        tells: run.options.verbosity >= 3 || task.looping.is_some() && task.register.is_some(),
        live: (!settings.no_log).then(|| live(job)),
        action,
    })
}

impl Job {
    /// The collections in which short names of modules are looked for: those of the keyword, and those around the
    /// task's role or playbook.
    fn collections(&self, scope: &TaskScope) -> Result<Vec<String>, TemplateError> {
        let mut found = Vec::new();
        for field in inherit::links(&self.planned.lineage).flat_map(|link| &link.directives.collections) {
            let value = self.play.run.engine.resolve(&field.value, scope)?;
            let one = [value.clone()];
            found.extend(value.as_list().unwrap_or(&one).iter().map(Value::to_text));
        }
        let roles = || inherit::links(&self.planned.lineage).filter_map(|link| link.role.as_ref());
        found.extend(roles().flat_map(|role| role.role.collections.iter().cloned()));
        let places =
            roles().map(|role| absolute(&role.role.path)).chain([absolute(&self.play.plan.play.directory)]);
        found.extend(places.filter_map(|place| collection_of(&place)));
        Ok(found)
    }
}

/// The name of the action, which may be a template.
fn name(job: &Job, scope: &TaskScope) -> Result<String, TemplateError> {
    let action = &job.planned.task.action;
    if !has_markers(&action.name) {
        return Ok(action.name.clone());
    }
    let template = Template::new(action.name.as_str(), Some(action.name_span.clone()));
    Ok(job.play.run.engine.render(&template, scope)?.to_text())
}

/// The name that is meant, where a collection has moved its module.
fn routed(job: &Job, name: String, collections: &[String]) -> Result<String, TemplateError> {
    let run = &job.play.run;
    let routed = run.planner.library().routed(&name, collections);
    if let Some(refusal) = &routed.refusal {
        return Err(
            TemplateError::failed(refusal.as_str()).at(Some(job.planned.task.action.name_span.clone()))
        );
    }
    for message in routed.deprecations.iter().filter(|_| run.options.deprecation_warnings) {
        run.try_send(Event::Notice { level: Level::Deprecation, message: message.clone(), origin: None });
    }
    Ok(routed.name.clone())
}

/// Where the module runs: the host itself, or the one delegated to, by that one's variables.
fn address(job: &Job, settings: &Settings, seat: &dyn Scope) -> Result<Address, TemplateError> {
    let host = settings.delegate_to.as_ref().unwrap_or(&job.host);
    let run = &job.play.run;
    let keywords = Keywords { lineage: &job.planned.lineage, engine: &run.engine, scope: seat };
    let address = connect::address(host, &keywords, &run.options.connect)?;
    run.keep_secrets(&address);
    Ok(address)
}

/// `timeout`, and for a task with `async` the time it is given.
fn limit(job: &Job, settings: &Settings, scope: &TaskScope) -> Result<Option<Duration>, TemplateError> {
    let seconds = asynchronous(job, scope)?;
    Ok(settings.timeout.or(seconds.map(Duration::from_secs_f64)))
}

fn asynchronous(job: &Job, scope: &TaskScope) -> Result<Option<f64>, TemplateError> {
    let Some(field) = &job.planned.task.asynchronous else { return Ok(None) };
    Ok(number("async", field, &job.play.run.engine, scope)?.filter(|s| *s > 0.0))
}

/// A task with `async` is left running, and with any `poll` but 0 its end is looked for so often.
/// What check mode foretells is waited for; what needs the controller meanwhile, too, unless it is not to be.
fn background(
    job: &Job,
    action: &str,
    settings: &Settings,
    scope: &TaskScope,
) -> Result<Option<(Background, Option<Duration>)>, TemplateError> {
    let Some(seconds) = asynchronous(job, scope)? else { return Ok(None) };
    let engine = &job.play.run.engine;
    let poll = job.planned.task.poll.as_ref().map(|poll| number("poll", poll, engine, scope)).transpose()?;
    let poll = poll.flatten().unwrap_or(job.play.run.options.poll_interval);
    let poll = (poll > 0.0).then(|| Duration::from_secs_f64(poll));
    // ansible: of what the controller is needed for, only scripts are refused; `script` says so itself.
    if poll.is_some() && (settings.check || action::stays(action) && action != "script") {
        return Ok(None);
    }
    let id: u64 = uuid::Uuid::new_v4().as_u64_pair().0 % 1_000_000_000_000;
    let directory = async_directory(&job.play.run.engine, scope)?;
    Ok(Some((Background { job: format!("j{id}.{}", std::process::id()), seconds, directory }, poll)))
}

/// Where the files of jobs are kept; empty where nobody says.
fn async_directory(engine: &Engine, scope: &dyn Scope) -> Result<String, TemplateError> {
    let said = scope.get("ansible_async_dir").map(|value| engine.resolve(&value, scope)).transpose()?;
    Ok(said.map(|value| value.to_text()).unwrap_or_default())
}

/// Looks at a job become events.
fn polled(job: &Job) -> Arc<dyn Fn(&str, Option<bool>) + Send + Sync> {
    let (play, host, task) = (job.play.clone(), job.host.clone(), job.planned.id);
    Arc::new(move |name, ended| {
        play.run.try_send(Event::Polled { task, host: host.clone(), job: name.to_owned(), ended });
    })
}

/// What only `-vvv` tells.
fn detail(job: &Job) -> Arc<dyn Fn(String) + Send + Sync> {
    let play = job.play.clone();
    Arc::new(move |message| {
        if play.run.options.verbosity >= 3 {
            play.run.try_send(Event::Notice { level: Level::Detail, message, origin: None });
        }
    })
}

/// Lines of long commands become events. An output that is behind loses lines, not time.
fn live(job: &Job) -> Arc<dyn Fn(LogLine) + Send + Sync> {
    let (play, host, task) = (job.play.clone(), job.host.clone(), job.planned.id);
    Arc::new(move |line: LogLine| {
        let stream = match line.stream {
            baton_modules::wire::Stream::Stdout => Stream::Stdout,
            baton_modules::wire::Stream::Stderr => Stream::Stderr,
        };
        let line = play.run.without_secrets(&line.line);
        let time = play.run.now();
        play.run.try_send(Event::Output { task, host: host.clone(), stream, line, time });
    })
}

impl PlayRun {
    /// Looks for files as a task does: its roles, its own directory, the playbook's.
    pub(super) fn search(&self, planned: &PlannedTask) -> SearchPath {
        let mut directories = Vec::new();
        let roles = inherit::links(&planned.lineage).filter_map(|link| link.role.as_ref());
        for role in roles.flat_map(|role| std::iter::once(role).chain(&role.parents)) {
            directories.push(absolute(&role.role.path));
        }
        directories.push(absolute(&planned.directory));
        directories.push(absolute(&self.plan.play.directory));
        directories.dedup();
        SearchPath { directories }
    }

    /// `meta: reset_connection`.
    pub(super) async fn reset_connection(&self, host: &Arc<str>, planned: &PlannedTask) {
        let scope = self.scope(host, planned);
        let keywords = Keywords { lineage: &planned.lineage, engine: &self.run.engine, scope: &scope };
        if let Ok(address) = connect::address(host, &keywords, &self.run.options.connect) {
            self.run.connections.reset(&address).await;
        }
    }
}
