//! The plays of a run, one after the other: their hosts, batches and variables.

use std::collections::HashSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::{Semaphore, mpsc};

use crate::connection::Connections;
use crate::diagnostic::{self, Diagnostics, Severity};
use crate::event::{Event, Level, Stats};
use crate::inventory::{HostId, Inventory, Limit, Order, Pattern, SharedInventory};
use crate::plan::{Plan, PlannedPlay, Planner};
use crate::playbook::Field;
use crate::template::{Engine, TemplateError, Value};
use crate::vars::{TaskScope, VarsFiles, VarsStore};
use crate::vault::Vault;

use super::play::{PlayRun, Sequel, Strategy};
use super::settings::number;
use super::{Options, Run, announce, prompts, secrets, vars_files};

/// All that a run needs.
pub(crate) struct Session {
    pub(crate) options: Options,
    pub(crate) engine: Arc<Engine>,
    pub(crate) store: Arc<VarsStore>,
    pub(crate) inventory: Arc<SharedInventory>,
    /// Hosts that `--limit` leaves.
    pub(crate) limit: Option<Limit>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) planner: Arc<Planner>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) vars_files: Arc<VarsFiles>,
    /// Set from outside when the user asks to stop.
    pub(crate) stopping: Arc<AtomicBool>,
    pub(crate) events: mpsc::Sender<Event>,
    /// Reads the inventory anew, for `meta: refresh_inventory`.
    pub(crate) reload: Box<dyn Fn() -> Inventory + Send + Sync>,
    /// Passwords that no event may show.
    pub(crate) secrets: Vec<String>,
}

/// Runs all plays; the last event is sent when all connections are closed. Whether the run
/// itself, not a host, came to an error.
pub(crate) async fn run(session: Session, plan: Plan, first: Event) -> bool {
    let secrets = secrets::Secrets::default();
    session.secrets.iter().for_each(|secret| secrets.add(secret));
    let run = Arc::new(Run {
        forks: Arc::new(Semaphore::new(session.options.forks.max(1))),
        stepping: session.options.step.into(),
        options: session.options,
        engine: session.engine,
        store: session.store,
        inventory: session.inventory,
        limit: session.limit,
        connections: session.connections,
        planner: session.planner,
        vault: session.vault,
        vars_files: session.vars_files,
        events: session.events,
        stopping: session.stopping,
        lost: Mutex::new(HashSet::new()),
        secrets,
        unknown: Default::default(),
        grown: Default::default(),
        reload: session.reload,
        broken: AtomicBool::new(false),
    });
    run.send(first).await;
    for play in plan.plays {
        if run.is_over() || run_play(&run, play).await == Sequel::Stop {
            break;
        }
    }
    run.connections.close().await;
    // Who takes in the events counts them.
    let stats = Stats::default();
    let event = Event::RunFinished { stats, time: run.now(), interrupted: run.is_stopping() };
    run.send(event).await;
    run.broken.load(Ordering::Relaxed)
}

/// One play from its pattern to its last batch.
async fn run_play(run: &Arc<Run>, plan: Arc<PlannedPlay>) -> Sequel {
    let prepared = match prepare(run, &plan).await {
        Ok(prepared) => prepared,
        Err(error) => {
            run.abort(&Diagnostics(vec![error.to_diagnostic()])).await;
            return Sequel::Stop;
        }
    };
    let Prepared { play, strategy, sizes } = prepared;
    run.send(Event::PlayStarted {
        play: play.title.clone(),
        place: play.place(),
        hosts: play.all_hosts.to_vec(),
        steps: play.known_steps(),
        strategy: strategy.name().into(),
        check: announce::checks(&play),
        time: run.now(),
    })
    .await;
    let sequel = play.run(strategy, &sizes).await;
    run.send(Event::PlayFinished { play: play.title.clone(), time: run.now() }).await;
    sequel
}

struct Prepared {
    play: Arc<PlayRun>,
    strategy: Strategy,
    sizes: Vec<usize>,
}

/// What is decided once for a play, with no host's variables.
async fn prepare(run: &Arc<Run>, plan: &Arc<PlannedPlay>) -> Result<Prepared, TemplateError> {
    let written = &plan.play;
    let early = PlayRun::new(run.clone(), plan.clone(), String::new(), Arc::from([]), Vec::new());
    let prompts = prompts::of_play(run, plan, &early.own_scope()).await?;
    let early = PlayRun::new(run.clone(), plan.clone(), String::new(), Arc::from([]), prompts.clone());
    let scope = early.own_scope();
    let texts = texts(&written.hosts, run, &scope)?;
    let title = match &written.name {
        Some(name) => {
            run.engine.resolve(&name.value, &scope).map_or_else(|_| texts.join(","), |v| v.to_text())
        }
        None => texts.join(","),
    };
    let (hosts, listed) = hosts(run, written, &texts, &scope).await?;
    let strategy = strategy(run, written.strategy.as_ref(), &scope)?;
    let sizes = sizes(run, written.serial.as_ref(), &scope, hosts.len())?;
    let files_by_host = vars_files::depends_on_host(run, plan, &scope);
    let files = if files_by_host { Vec::new() } else { vars_files::layers(run, plan, &scope)? };
    let strata = prompts.into_iter().chain(files).collect();
    let mut play = PlayRun::new(run.clone(), plan.clone(), title, hosts, strata);
    play.listed = RwLock::new(listed);
    play.max_fail_percentage = match &written.max_fail_percentage {
        Some(field) => number("max_fail_percentage", field, &run.engine, &scope)?,
        None => run.options.max_fail_percentage,
    };
    play.files_by_host = files_by_host;
    play.any_errors_fatal = run.options.any_errors_fatal;
    play.debugging = run.options.debugger || strategy == Strategy::Debug;
    Ok(Prepared { play: Arc::new(play), strategy, sizes })
}

/// The text or texts of a keyword.
fn texts(field: &Field, run: &Run, scope: &TaskScope) -> Result<Vec<String>, TemplateError> {
    let value = run.engine.resolve(&field.value, scope).map_err(|e| e.at(Some(field.span.clone())))?;
    let list = value.as_list().map(|list| list.iter().map(Value::to_text).collect());
    Ok(list.unwrap_or_else(|| vec![value.to_text()]))
}

/// The hosts of a play that are not lost yet, in the order of the play and in that of its
/// pattern; what is wrong with the pattern is told.
async fn hosts(
    run: &Arc<Run>,
    written: &crate::playbook::Play,
    patterns: &[String],
    scope: &TaskScope,
) -> Result<(Arc<[Arc<str>]>, Vec<Arc<str>>), TemplateError> {
    let order = match &written.order {
        None => Order::default(),
        Some(field) => {
            let name = run.engine.resolve(&field.value, scope)?.to_text();
            Order::named(&name).ok_or_else(|| {
                TemplateError::failed(format!("unknown order of hosts: `{name}`"))
                    .at(Some(field.span.clone()))
            })?
        }
    };
    let pattern = Pattern::new(patterns.iter().map(String::as_str), Some(written.hosts.span.clone()));
    let mut diagnostics = Diagnostics::default();
    let inventory = run.inventory.now();
    let mut ids = inventory.select(&pattern, run.limit.as_ref(), Order::default(), &mut diagnostics);
    diagnostics.extend(run.inventory.preload(&ids));
    let names = |ids: &[HostId]| ids.iter().map(|id| inventory.host(*id).name.clone()).collect::<Vec<_>>();
    let listed = names(&ids);
    ids.retain(|id| !run.is_lost(&inventory.host(*id).name));
    order.apply(&mut ids, &inventory);
    for diagnostic in &diagnostics.0 {
        let lenient = run.planner.is_lenient();
        let words = diagnostic.words.as_ref().filter(|_| lenient);
        let hints = diagnostic.hints.iter().filter(|_| words.is_none()).map(|hint| format!("; {hint}"));
        let message = format!("{}{}", words.unwrap_or(&diagnostic.message), hints.collect::<String>());
        let level = match (diagnostic.severity, run.options.pattern_mismatch) {
            (Severity::Error, _) => Level::Error,
            (Severity::Warning, Some(Severity::Warning)) => Level::Warning,
            (Severity::Warning, Some(Severity::Error)) => {
                let error = TemplateError::failed(message);
                return Err(if lenient { error } else { error.at(Some(written.hosts.span.clone())) });
            }
            (Severity::Warning, None) => continue,
        };
        run.send(Event::Notice { level, message, origin: None }).await;
    }
    Ok((names(&ids).into(), listed))
}

fn strategy(run: &Run, field: Option<&Field>, scope: &TaskScope) -> Result<Strategy, TemplateError> {
    let name = match field {
        Some(field) => run.engine.resolve(&field.value, scope)?.to_text(),
        None => run.options.strategy.clone(),
    };
    Strategy::named(&name).ok_or_else(|| {
        let error =
            TemplateError::failed(format!("unknown strategy `{name}`")).at(field.map(|f| f.span.clone()));
        let near = diagnostic::nearest(&name, Strategy::NAMES);
        near.into_iter().fold(error, |e, n| e.hint(format!("did you mean `{n}`?")))
    })
}

/// How many hosts each batch of `serial` has; the last size holds for all that follow.
fn sizes(
    run: &Run,
    field: Option<&Field>,
    scope: &TaskScope,
    hosts: usize,
) -> Result<Vec<usize>, TemplateError> {
    let Some(field) = field else { return Ok(Vec::new()) };
    let value = run.engine.resolve(&field.value, scope)?;
    if matches!(value, Value::Omit | Value::None) {
        return Ok(Vec::new());
    }
    let list = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
    let size = |value: &Value| {
        let text = value.to_text();
        let text = text.trim();
        let size = match text.strip_suffix('%') {
            Some(percent) => {
                percent.trim().parse::<f64>().ok().map(|p| ((hosts as f64 * p / 100.0) as usize).max(1))
            }
            None => text.parse::<i64>().ok().map(|n| if n <= 0 { hosts.max(1) } else { n as usize }),
        };
        size.ok_or_else(|| {
            TemplateError::failed(format!("`serial` must be a number or a percentage, found `{text}`"))
                .at(Some(field.span.clone()))
        })
    };
    list.iter().map(size).collect()
}
