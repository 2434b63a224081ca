//! One play: its hosts, its batches, and what they share while it runs.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, RwLock};
use tokio::sync::Semaphore;

use baton_modules::wire::Change;

use crate::action::{Answer, Effect};
use crate::event::Event;
use crate::plan::{
    IncludedRole, IncludedTasks, Lineage, PlannedPlay, PlannedStep, PlannedTask, RoleInstance, absolute,
};
use crate::playbook::Field;
use crate::template::Value;
use crate::vars::{Definition, Layer, PlayMagic, RoleMagic, Strata, Stratum, TaskScope, VarMap};

use super::handlers::Handlers;
use super::host::{HostState, Standing};
use super::strategy::Batch;
use super::{Run, inherit, steps, vars_files};

/// A play while it runs.
pub(super) struct PlayRun {
    pub(super) run: Arc<Run>,
    pub(super) plan: Arc<PlannedPlay>,
    /// The play's name, or its pattern.
    pub(super) title: String,
    pub(super) handlers: Handlers,
    pub(super) any_errors_fatal: bool,
    /// Whether the debugger starts at a failed task that does not say otherwise.
    pub(super) debugging: bool,
    pub(super) max_fail_percentage: Option<f64>,
    /// Layers of the play itself: prompts and files of variables.
    pub(super) strata: Vec<Stratum>,
    /// Its roles, with those that came in while running.
    roles: RwLock<Vec<Arc<RoleInstance>>>,
    /// Roles whose variables are seen by what follows.
    pub(super) public_roles: RwLock<Vec<Arc<RoleInstance>>>,
    /// All hosts of the play, and those of the batch.
    pub(super) all_hosts: Arc<[Arc<str>]>,
    pub(super) batch: RwLock<Arc<[Arc<str>]>>,
    /// What plays are told of their hosts: in the order of the pattern whatever `order` says,
    /// and with hosts that were added since.
    pub(super) listed: RwLock<Vec<Arc<str>>>,
    /// Hosts that this play lost at any time.
    // ansible: the play does not name them any more, though it may have forgiven them.
    lost: RwLock<HashSet<Arc<str>>>,
    /// Layers of each lineage, made when first asked for.
    layers: Mutex<HashMap<usize, (Arc<Lineage>, Strata)>>,
    /// Files of variables whose names need the host's variables.
    pub(super) files_by_host: bool,
    /// What `throttle` leaves for each task, over all hosts however they go through the play.
    throttles: Mutex<HashMap<u64, Arc<Semaphore>>>,
    ended: AtomicBool,
    broken: AtomicBool,
}

/// Whether the run goes on to the next play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequel {
    GoOn,
    Stop,
}

impl PlayRun {
    /// A play about to run on these hosts.
    pub(super) fn new(
        run: Arc<Run>,
        plan: Arc<PlannedPlay>,
        title: String,
        hosts: Arc<[Arc<str>]>,
        strata: Vec<Stratum>,
    ) -> Self {
        Self {
            title,
            layers: Mutex::default(),
            files_by_host: false,
            handlers: Handlers::new(plan.handlers.clone()),
            any_errors_fatal: false,
            debugging: false,
            max_fail_percentage: None,
            strata,
            public_roles: RwLock::new(public(&plan.static_roles)),
            roles: RwLock::new(plan.static_roles.clone()),
            batch: RwLock::new(hosts.clone()),
            listed: RwLock::new(hosts.to_vec()),
            all_hosts: hosts,
            lost: RwLock::default(),
            throttles: Mutex::default(),
            ended: AtomicBool::new(false),
            broken: AtomicBool::new(false),
            run,
            plan,
        }
    }

    /// Runs all batches.
    pub(super) async fn run(self: &Arc<Self>, strategy: Strategy, sizes: &[usize]) -> Sequel {
        self.run.planner.library().look_again();
        let mut rest: &[Arc<str>] = &self.all_hosts;
        let mut sizes = sizes.iter().copied();
        let mut size = sizes.next().unwrap_or(rest.len()).max(1);
        while !rest.is_empty() && !self.run.is_over() {
            let (batch, later) = rest.split_at(size.min(rest.len()));
            rest = later;
            size = sizes.next().unwrap_or(size);
            *self.batch.write() = batch.into();
            self.forget_layers();
            let lost = self.run_batch(strategy, batch).await;
            if self.broken.load(Ordering::Relaxed) || lost == batch.len() {
                return Sequel::Stop;
            }
            if self.ended.load(Ordering::Relaxed) {
                break;
            }
        }
        Sequel::GoOn
    }

    /// Runs one batch; how many of its hosts were lost.
    async fn run_batch(self: &Arc<Self>, strategy: Strategy, names: &[Arc<str>]) -> usize {
        self.run.send(Event::BatchStarted { play: self.title.clone(), hosts: names.to_vec() }).await;
        let steps = steps::of_batch(self);
        let hosts = names.iter().map(|name| HostState::new(name.clone(), steps.clone())).collect();
        let mut batch = Batch { play: self.clone(), hosts, lockstep: strategy.in_step() };
        batch = match strategy {
            Strategy::Linear | Strategy::Debug => {
                batch.linear().await;
                batch
            }
            Strategy::Free => batch.free(None).await,
            Strategy::HostPinned => batch.free(Some(self.run.options.forks)).await,
        };
        if steps::force_handlers(self) {
            batch = self.flush_failed(batch).await;
        }
        self.report_owed(&batch).await;
        batch.hosts.iter().filter(|h| matches!(h.standing, Standing::Failed | Standing::Unreachable)).count()
    }

    /// `force_handlers`: failed hosts run the handlers they owe.
    async fn flush_failed(self: &Arc<Self>, mut batch: Batch) -> Batch {
        let handlers = steps::flush_only();
        for host in
            batch.hosts.iter_mut().filter(|h| h.standing == Standing::Failed && !h.notified.is_empty())
        {
            let (notified, names) =
                (std::mem::take(&mut host.notified), std::mem::take(&mut host.notifications));
            *host = HostState::new(host.name.clone(), handlers.clone());
            (host.notified, host.notifications) = (notified, names);
        }
        batch.linear().await;
        for host in &mut batch.hosts {
            if self.run.is_lost(&host.name) && host.standing == Standing::Done {
                host.standing = Standing::Failed;
            }
        }
        batch
    }

    /// Handlers that were notified and did not run because their host failed are named.
    async fn report_owed(&self, batch: &Batch) {
        for host in batch.hosts.iter().filter(|h| !h.notified.is_empty()) {
            let names = self.handlers.names_of(&host.notified);
            self.run.send(Event::Pending { host: host.name.clone(), handlers: names }).await;
        }
    }

    /// The variables a task sees on a host.
    pub(super) fn scope(&self, host: &Arc<str>, planned: &PlannedTask) -> TaskScope {
        let strata = self.layers(&planned.lineage, Some(planned));
        let scope = self.run.store.scope_at(host, strata.clone());
        if !self.files_by_host {
            return scope;
        }
        let files = vars_files::layers(&self.run, &self.plan, &scope).unwrap_or_default();
        self.run.store.scope(host, strata.iter().cloned().chain(files))
    }

    /// The variables that the play itself sees, with no host.
    pub(super) fn own_scope(&self) -> TaskScope {
        self.run.store.scope_at("", self.layers(&self.plan.lineage, None))
    }

    /// The layers that the place of a task brings; the same for all hosts.
    fn layers(&self, lineage: &Arc<Lineage>, planned: Option<&PlannedTask>) -> Strata {
        let key = Arc::as_ptr(lineage) as usize;
        if let Some((_, strata)) = self.layers.lock().get(&key) {
            return strata.clone();
        }
        let mut strata = inherit::strata(lineage, &self.public_roles.read());
        strata.extend(self.strata.iter().cloned());
        let mut magic = self.magic(lineage);
        if let Some(planned) = planned {
            let directories = self.search(planned).directories;
            let directories =
                directories.iter().map(|directory| Value::from(directory.display().to_string()));
            magic.insert("ansible_search_path".into(), Definition::from(Value::list(directories)));
        }
        strata.push(Stratum::new(Layer::Magic, Arc::new(magic)));
        let strata = self.run.store.place(strata);
        self.layers.lock().insert(key, (lineage.clone(), strata.clone()));
        strata
    }

    /// What baton itself says of the play and of the role a task belongs to.
    fn magic(&self, lineage: &Arc<Lineage>) -> VarMap {
        let lost = self.lost.read();
        let left = |hosts: &[Arc<str>]| {
            hosts.iter().filter(|h| !lost.contains(*h) && !self.run.is_lost(h)).cloned().collect()
        };
        let names = |roles: &[Arc<RoleInstance>], dependent: bool| {
            let mut names: Vec<String> = Vec::new();
            for role in roles.iter().filter(|role| dependent == role.is_dependency()) {
                if !dependent || !names.contains(&role.role.name) {
                    names.push(role.role.name.clone());
                }
            }
            names
        };
        let roles = self.roles.read();
        let mut vars = PlayMagic {
            name: self.title.clone(),
            hosts_all: self.listed.read().clone(),
            hosts: left(&self.listed.read()),
            batch: left(&self.batch.read()),
            roles: names(&roles, false),
            dependent_roles: names(&roles, true),
        }
        .vars();
        let directory = absolute(&self.plan.play.directory).display().to_string();
        vars.insert("playbook_dir".into(), Definition { value: Value::from(directory), place: None });
        let environment = Value::list(inherit::environments(lineage).into_iter().map(|field| field.value));
        vars.insert("environment".into(), Definition { value: environment, place: None });
        if let Some(role) = inherit::role(lineage) {
            vars.extend(role_magic(role).vars());
        }
        vars
    }

    /// The layers of variables have changed: hosts were lost, roles came in.
    fn forget_layers(&self) {
        self.layers.lock().clear();
    }

    /// Keeps a registered result for these hosts.
    pub(super) fn register(&self, hosts: &[Arc<str>], name: Arc<str>, value: Value, change: Change) {
        for host in hosts {
            self.run.store.set_facts(host, VarMap::from([(name.clone(), Definition::from(value.clone()))]));
            self.run.unknown.note(host, &name, change == Change::Unknown);
        }
    }

    /// Applies what an action does to the run; whether that changed something not counted yet.
    pub(super) async fn apply(&self, effect: Effect, hosts: &[Arc<str>], actor: &Arc<str>) -> bool {
        let store = &self.run.store;
        match effect {
            Effect::SetFacts { vars, cacheable } => {
                for host in hosts {
                    vars.keys().for_each(|name| self.run.unknown.note(host, name, false));
                    store.set_facts(host, vars.clone());
                    if cacheable {
                        store.add_facts(host, vars.clone());
                    }
                }
            }
            Effect::Facts(facts) => {
                let facts: VarMap = facts
                    .iter()
                    .map(|(n, v)| (n.as_str().into(), Definition::from(Value::from_json(v))))
                    .collect();
                hosts.iter().for_each(|host| store.add_facts(host, facts.clone()));
            }
            Effect::IncludeVars(vars) => hosts.iter().for_each(|host| store.include_vars(host, vars.clone())),
            Effect::AddHost { name, groups, vars } => {
                let (added, host) = self.run.grown.host(&self.run.inventory, name, groups, vars);
                // ansible: a host that is added, or changed so, counts among the hosts of the play.
                if added && !self.listed.read().contains(&host) {
                    self.listed.write().push(host);
                    self.forget_layers();
                }
                return added;
            }
            Effect::GroupBy { group, parents } => {
                return self.run.grown.group(&self.run.inventory, group, parents, hosts);
            }
            Effect::Stats { data, per_host, aggregate } => {
                let host = per_host.then(|| actor.clone());
                self.run.send(Event::Custom { host, data, aggregate }).await;
            }
        }
        false
    }

    /// For the rescue section: what failed, and its result.
    pub(super) fn remember_failure(&self, host: &Arc<str>, task: &PlannedTask, answer: &Answer) {
        let name = task.task.name.as_ref().map_or_else(|| Value::str(""), |f| f.value.clone());
        let failed = Value::map([
            ("name".into(), name),
            ("action".into(), Value::str(task.task.action.name.as_str())),
        ]);
        let vars = VarMap::from([
            ("ansible_failed_task".into(), Definition::from(failed)),
            ("ansible_failed_result".into(), Definition::from(answer.to_value())),
        ]);
        self.run.store.set_facts(host, vars);
    }

    /// A host is out of this play and of those that follow.
    pub(super) fn lost(&self, host: &Arc<str>) {
        self.lost.write().insert(host.clone());
        self.run.lost(host);
        self.forget_layers();
    }

    /// The places a task has by its `throttle`.
    pub(super) fn throttle(&self, task: u64, limit: usize) -> Arc<Semaphore> {
        self.throttles.lock().entry(task).or_insert_with(|| Arc::new(Semaphore::new(limit))).clone()
    }

    /// `meta: end_play`: no further batch.
    pub(super) fn end_play(&self) {
        self.ended.store(true, Ordering::Relaxed);
    }

    /// The rest of the run is called off.
    pub(super) async fn break_off(&self, reason: &str) {
        self.broken.store(true, Ordering::Relaxed);
        let (play, reason) = (self.title.clone(), reason.to_owned());
        self.run.send(Event::PlayAborted { play, reason }).await;
    }

    /// `meta: clear_host_errors`: lost hosts take part in later plays again.
    pub(super) fn clear_host_errors(&self) {
        self.run.forgive();
    }

    /// A role has come in while running: its handlers, and its variables if it is public.
    pub(super) fn enter_role(&self, role: IncludedRole) -> Vec<PlannedStep> {
        self.handlers.add(role.handlers);
        if role.instance.public {
            self.public_roles.write().push(role.instance);
            self.forget_layers();
        }
        self.add_roles(role.roles);
        role.steps
    }

    /// A file of tasks has come in: the roles it imports, and their handlers.
    pub(super) fn enter_tasks(&self, tasks: IncludedTasks) -> Vec<PlannedStep> {
        self.handlers.add(tasks.handlers);
        if !tasks.roles.is_empty() {
            self.public_roles.write().extend(public(&tasks.roles));
            self.forget_layers();
        }
        self.add_roles(tasks.roles);
        tasks.steps
    }

    /// Counts what came in among the play's roles, each once.
    fn add_roles(&self, roles: Vec<Arc<RoleInstance>>) {
        let mut known = self.roles.write();
        let before = known.len();
        for role in roles {
            let is_it = |one: &Arc<RoleInstance>| {
                one.role.path == role.role.path && one.is_dependency() == role.is_dependency()
            };
            if !known.iter().any(is_it) {
                known.push(role);
            }
        }
        if known.len() > before {
            self.forget_layers();
        }
    }

    /// A keyword of the play that is true or false.
    pub(super) fn flag(&self, field: Option<&Field>) -> Option<bool> {
        self.run.engine.resolve(&field?.value, &self.own_scope()).ok()?.to_bool()
    }

    /// `file:line` of the play.
    pub(super) fn place(&self) -> String {
        let span = &self.plan.play.span;
        format!("{}:{}", span.source.name, span.position().0)
    }

    /// How many tasks are known before it runs.
    pub(super) fn known_steps(&self) -> usize {
        let lists = [&self.plan.pre_tasks, &self.plan.roles, &self.plan.tasks, &self.plan.post_tasks];
        lists.iter().map(|list| count(list)).sum()
    }
}

fn count(steps: &[PlannedStep]) -> usize {
    steps
        .iter()
        .map(|step| match step {
            PlannedStep::Task(task) => usize::from(!task.implicit),
            PlannedStep::Block(block) => count(&block.tasks) + count(&block.always),
        })
        .sum()
}

/// Roles whose variables the whole play sees.
fn public(roles: &[Arc<RoleInstance>]) -> Vec<Arc<RoleInstance>> {
    roles.iter().filter(|role| role.public).cloned().collect()
}

/// How hosts go through a play.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strategy {
    Linear,
    /// `linear`, with the debugger.
    Debug,
    Free,
    HostPinned,
}

impl Strategy {
    /// All names.
    pub(super) const NAMES: [&'static str; 4] = ["linear", "free", "host_pinned", "debug"];

    /// The strategy of that name, full or short.
    pub(super) fn named(name: &str) -> Option<Self> {
        match crate::action::short_name(name) {
            "linear" => Some(Self::Linear),
            "debug" => Some(Self::Debug),
            "free" => Some(Self::Free),
            "host_pinned" => Some(Self::HostPinned),
            _ => None,
        }
    }

    /// Whether all hosts go through the play together.
    pub(super) fn in_step(self) -> bool {
        matches!(self, Self::Linear | Self::Debug)
    }

    /// Its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Debug => "debug",
            Self::Free => "free",
            Self::HostPinned => "host_pinned",
        }
    }
}

fn role_magic(role: &RoleInstance) -> RoleMagic {
    let collection = match role.role.name.splitn(3, '.').collect::<Vec<_>>().as_slice() {
        [namespace, collection, _] => Some(format!("{namespace}.{collection}")),
        _ => None,
    };
    RoleMagic {
        name: role.role.name.clone(),
        path: absolute(&role.role.path).display().to_string(),
        uuid: format!("{:x}", std::ptr::from_ref(role) as usize),
        collection,
        parent_names: role.callers().map(|by| by.role.name.clone()).collect(),
        parent_paths: role.callers().map(|by| absolute(&by.role.path).display().to_string()).collect(),
    }
}
