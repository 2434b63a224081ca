//! From a plan to an exit code: the session of a run, its outputs, and the user's signals.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use baton_modules::sorting::Sorting;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::mpsc::{self, WeakSender};

use super::flags::{BecomeFlags, ConnectionFlags, ExecutionFlags, Format, OutputFlags};
use super::ground::Ground;
use super::launch::{Look, log_place, now, screen};
use super::passwords::Passwords;
use super::run::directory;
use super::{Exit, Problem};
use crate::config::{Gathering, HashBehaviour};
use crate::connection::{self, Connections};
use crate::event::{Doing, Event, FORMAT, Stats};
use crate::output::{Output, RetryFile, Summary, follow};
use crate::plan::{Choice, Plan, Planner};
use crate::run::{self, ConnectOptions, Options, Session};
use crate::vars::{RunMagic, Settings, VarsStore};

/// So many events may wait for the outputs; then hosts wait.
const WAITING: usize = 1024;

/// A connection is tried again so often, unless the settings say otherwise.
const RETRIES: u32 = 2;

/// All that a run needs from the command line.
pub(super) struct Work<'a> {
    pub(super) ground: &'a Ground,
    pub(super) execution: &'a ExecutionFlags,
    pub(super) connection: &'a ConnectionFlags,
    pub(super) r#become: &'a BecomeFlags,
    pub(super) output: &'a OutputFlags,
    pub(super) force_handlers: bool,
    pub(super) step: bool,
    /// As named by the user.
    pub(super) playbooks: Vec<String>,
    pub(super) tags: Choice,
    pub(super) planner: Planner,
    pub(super) look: Look<'a>,
    /// Those that were asked for already.
    pub(super) passwords: Option<Passwords>,
}

impl Work<'_> {
    /// Carries out the plan.
    pub(super) fn run(self, plan: Plan) -> Result<Exit, Problem> {
        let passwords = match &self.passwords {
            Some(known) => known.clone(),
            None => Passwords::get(self.connection, self.r#become, &self.ground.config)?,
        };
        let log = log_place(self.output)?;
        let mut outputs = self.look.outputs(log.as_ref())?;
        if let Some(file) = self.retry_file() {
            outputs.insert(0, Box::new(file));
        }
        let first = self.first(log, &plan);
        let options = self.options(&passwords);
        let store = self.store(&options);
        if let Some(password) = &passwords.connection {
            store.keep_password(password.reveal());
        }
        let (sender, receiver) = mpsc::channel(WAITING);
        let stopping = Arc::new(AtomicBool::new(false));
        let connections = Arc::new(Connections::new(connection::Options {
            forks: options.forks,
            ..connection::Options::default()
        }));
        let watch = Watch {
            stopping: stopping.clone(),
            connections: connections.clone(),
            events: sender.downgrade(),
        };
        let session = Session {
            options,
            engine: self.ground.engine.clone(),
            store,
            inventory: self.ground.inventory.clone(),
            limit: self.ground.limit.clone(),
            connections,
            planner: Arc::new(self.planner),
            vault: self.ground.vault.clone(),
            vars_files: self.ground.files.clone(),
            stopping,
            events: sender,
            reload: self.ground.reload(),
            secrets: passwords.words(),
        };
        carry_out(session, plan, first, receiver, outputs, watch)
    }

    /// The file of the hosts to retry, where the settings want one.
    fn retry_file(&self) -> Option<RetryFile> {
        let config = &self.ground.config;
        let playbook = std::path::absolute(self.playbooks.last()?).ok()?;
        let shown = self.look.format == Format::Ansible;
        let screen = screen(self.look.color);
        let directory = config.retry_files_save_path.as_deref();
        config.retry_files_enabled.then(|| RetryFile::new(&playbook, directory, screen, shown))
    }

    fn first(&self, log: Option<PathBuf>, plan: &Plan) -> Event {
        let config = &self.ground.config;
        Event::RunStarted {
            format: FORMAT,
            version: env!("CARGO_PKG_VERSION").into(),
            playbooks: self.playbooks.clone(),
            plays: plan.counts.clone(),
            check: self.execution.check,
            diff: self.execution.diff || *config.diff_always,
            forks: self.forks(),
            verbosity: self.verbosity(),
            config_file: config.file.as_ref().map(|file| file.display().to_string()),
            log: log.map(|path| path.display().to_string()),
            time: now(),
        }
    }

    fn forks(&self) -> usize {
        self.execution.forks.map_or(*self.ground.config.forks as usize, |forks| forks as usize)
    }

    fn verbosity(&self) -> u8 {
        self.output.verbose.max(u8::try_from(*self.ground.config.verbosity).unwrap_or(u8::MAX))
    }

    fn options(&self, passwords: &Passwords) -> Options {
        let config = &self.ground.config;
        Options {
            check: self.execution.check,
            diff: self.execution.diff || *config.diff_always,
            forks: self.forks(),
            verbosity: self.verbosity(),
            debug: *config.debug,
            force_handlers: self.force_handlers || *config.force_handlers,
            step: self.step,
            gather: *config.gathering != Gathering::Explicit,
            gather_smart: *config.gathering == Gathering::Smart,
            any_errors_fatal: *config.any_errors_fatal,
            debugger: *config.enable_task_debugger,
            debugger_forgives: *config.task_debugger_ignore_errors,
            error_on_missing_handler: *config.error_on_missing_handler,
            pattern_mismatch: config.host_pattern_mismatch.severity(),
            deprecation_warnings: *config.deprecation_warnings,
            max_fail_percentage: None,
            strategy: config.strategy.value.clone(),
            poll_interval: *config.poll_interval as f64,
            connect: self.connect(passwords),
            tags: self.tags.clone(),
        }
    }

    fn connect(&self, passwords: &Passwords) -> ConnectOptions {
        let (config, flags, user) = (&self.ground.config, self.connection, self.r#become);
        let args = |flag: &Option<String>, set: &crate::config::Given<String>| {
            flag.clone().or_else(|| set.is_given().then(|| set.value.clone()))
        };
        let given = |set: &crate::config::Given<String>| set.is_given().then(|| set.value.clone());
        let path = |path: &PathBuf| path.display().to_string();
        let retries = if config.ssh_retries.is_given() { *config.ssh_retries as u32 } else { RETRIES };
        ConnectOptions {
            connection: flags.connection.clone().unwrap_or_else(|| config.transport.value.clone()),
            remote_user: flags.user.clone().or_else(|| config.remote_user.value.clone()),
            private_key: flags.private_key.as_ref().or(config.private_key_file.as_ref()).map(path),
            port: config.remote_port.and_then(|port| u16::try_from(port).ok()),
            timeout: Duration::from_secs(flags.timeout.unwrap_or(*config.timeout)),
            retries,
            host_key_checking: *config.host_key_checking,
            // The usual ones set up what baton sets up itself.
            ssh_args: given(&config.ssh_args),
            ssh_common_args: args(&flags.ssh_common_args, &config.ssh_common_args),
            ssh_extra_args: args(&flags.ssh_extra_args, &config.ssh_extra_args),
            ssh_executable: given(&config.ssh_executable),
            password: passwords.connection.clone(),
            r#become: user.r#become || *config.r#become,
            local_user: local_user(),
            become_same_user: *config.become_allow_same_user,
            become_user: user.become_user.clone().or_else(|| Some(config.become_user.value.clone())),
            become_method: user.become_method.clone().or_else(|| Some(config.become_method.value.clone())),
            become_flags: config.become_flags.value.clone(),
            become_exe: config.become_exe.value.clone(),
            become_password: passwords.r#become.clone(),
        }
    }

    fn store(&self, options: &Options) -> Arc<VarsStore> {
        let (ground, config) = (self.ground, &self.ground.config);
        let here = ground.cwd.clone();
        let playbook = self.playbooks.first().and_then(|name| directory(name.as_ref())).unwrap_or(here);
        let magic = RunMagic {
            playbook_dir: playbook.display().to_string(),
            config_file: config.file.as_ref().map(|file| file.display().to_string()),
            inventory_sources: ground.source_names.clone(),
            check_mode: options.check,
            diff_mode: options.diff,
            forks: options.forks,
            verbosity: options.verbosity,
            run_tags: if self.tags.only.is_empty() { vec!["all".into()] } else { self.tags.only.clone() },
            skip_tags: self.tags.skip.clone(),
            limit: ground.limit_text.clone(),
        };
        let settings = Settings {
            merge: *config.hash_behaviour == HashBehaviour::Merge,
            inject_facts: *config.inject_facts_as_vars,
        };
        let cache = self.ground.fact_cache.clone();
        VarsStore::caching(ground.inventory.clone(), settings, ground.extra.clone(), magic.vars(), cache)
    }
}

/// Runs, while a thread of its own shows what happens.
fn carry_out(
    session: Session,
    plan: Plan,
    first: Event,
    receiver: mpsc::Receiver<Event>,
    mut outputs: Vec<Box<dyn Output>>,
    watch: Watch,
) -> Result<Exit, Problem> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(Problem::Start)?;
    let screen = std::thread::spawn(move || follow(receiver, &mut outputs));
    let broken = runtime.block_on(async {
        let signals = Signals::new().map_err(Problem::Start)?;
        let events = session.events.clone();
        tokio::select! {
            broken = run::run(session, plan, first) => Ok::<_, Problem>(broken),
            () = watch.until_killed(signals) => {
                // Nobody waits for an orderly end any more, but the record gets its last event.
                let last = Event::RunFinished { stats: Stats::default(), time: now(), interrupted: true };
                let _ = events.send(last).await;
                Ok(false)
            }
        }
    })?;
    runtime.shutdown_timeout(Duration::from_secs(1));
    let Ok(summary) = screen.join() else { return Ok(Exit::Bug) };
    Ok(exit(&summary, broken))
}

fn exit(summary: &Summary, broken: bool) -> Exit {
    match Exit::of(&summary.stats, summary.interrupted) {
        Exit::Success | Exit::HostsFailed | Exit::Unreachable if broken => Exit::Error,
        Exit::Success if !summary.complete => Exit::Bug,
        exit => exit,
    }
}

/// What signals do to a run.
struct Watch {
    stopping: Arc<AtomicBool>,
    connections: Arc<Connections>,
    events: WeakSender<Event>,
}

struct Signals {
    interrupt: Signal,
    terminate: Signal,
    quit: Signal,
    user: Signal,
}

impl Signals {
    fn new() -> io::Result<Self> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            quit: signal(SignalKind::quit())?,
            user: signal(SignalKind::user_defined1())?,
        })
    }
}

impl Watch {
    /// The first wish to stop lets hosts finish what they do, but for what an engine or a cluster does for them; the
    /// second ends it all.
    async fn until_killed(self, mut signals: Signals) {
        loop {
            tokio::select! {
                _ = signals.interrupt.recv() => {}
                _ = signals.terminate.recv() => {}
                _ = signals.quit.recv() => { self.ask(); continue }
                _ = signals.user.recv() => { self.ask(); continue }
            }
            if self.stopping.swap(true, Ordering::Relaxed) {
                break;
            }
            self.say("stopping: hosts finish what they do, builds and waits end now; again ends everything at once");
            self.connections.stop();
        }
        self.connections.close().await;
    }

    /// Has the outputs say what hosts are doing; where they are too far behind to, they show it anyway.
    fn ask(&self) {
        let doing = |(host, activity): (String, connection::Activity)| Doing {
            host,
            what: activity.what,
            seconds: activity.lasting.as_secs_f64(),
        };
        let mut doing: Vec<_> = self.connections.activities().into_iter().map(doing).collect();
        doing.order_by(|a, b| b.seconds.total_cmp(&a.seconds));
        self.send(Event::StatusAsked { doing, time: now() });
    }

    fn say(&self, message: &str) {
        self.send(Event::Notice {
            level: crate::event::Level::Warning,
            message: message.into(),
            origin: None,
        });
    }

    fn send(&self, event: Event) {
        if let Some(events) = self.events.upgrade() {
            let _ = events.try_send(event);
        }
    }
}

/// Who runs this program.
pub(super) fn local_user() -> Option<String> {
    let uid = rustix::process::geteuid().as_raw();
    let accounts = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let mut fields = accounts.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let own = fields.find(|fields| fields.get(2).and_then(|field| field.parse().ok()) == Some(uid));
    own.map(|fields| fields[0].to_owned()).or_else(|| std::env::var("USER").ok())
}
