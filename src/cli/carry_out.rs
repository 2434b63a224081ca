//! Carries out a plan: the run on one side, outputs on the other, and how it ended.

use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use tokio::sync::mpsc;

use crate::event::{Event, FORMAT};
use crate::output::{self, Output, Screen};
use crate::plan::Plan;
use crate::run::{self, Session};

use super::Exit;
use super::flags::{Color, Format, OutputFlags};
use super::session::Opened;

/// Events that may wait for a slow terminal.
const WAITING: usize = 1024;

/// Runs the plan and shows what happens; the process's answer.
pub(super) fn carry_out(opened: Opened, plan: Plan, playbooks: &[PathBuf], flags: &OutputFlags) -> Exit {
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return super::trouble(&format!("cannot start: {error}")),
    };
    let (events, arriving) = mpsc::channel(WAITING);
    let mut outputs = outputs(flags);
    let stopping = Arc::new(AtomicBool::new(false));
    let first = Event::RunStarted {
        format: FORMAT,
        version: env!("CARGO_PKG_VERSION").into(),
        playbooks: playbooks.iter().map(|path| path.display().to_string()).collect(),
        check: opened.options.check,
        diff: opened.options.diff,
        forks: opened.options.forks,
        verbosity: opened.options.verbosity,
        config_file: None,
        log: None,
        time: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64()),
    };
    let session = Session {
        options: opened.options,
        engine: opened.engine,
        store: opened.store,
        inventory: opened.inventory,
        limit: opened.limit,
        connections: opened.connections,
        planner: opened.planner,
        vault: opened.vault,
        vars_files: opened.vars_files,
        stopping: stopping.clone(),
        events,
        reload: opened.reload,
        secrets: opened.secrets,
    };
    let shown = std::thread::spawn(move || output::follow(arriving, &mut outputs));
    runtime.spawn(stop_on_interrupt(stopping));
    let broken = runtime.block_on(run::run(session, plan, first));
    let Ok(summary) = shown.join() else { return Exit::Bug };
    match Exit::of(&summary.stats, summary.interrupted) {
        Exit::Success if broken => Exit::Error,
        exit => exit,
    }
}

/// The first Ctrl-C lets what runs come to its end; the second one does not.
async fn stop_on_interrupt(stopping: Arc<AtomicBool>) {
    while tokio::signal::ctrl_c().await.is_ok() {
        if stopping.swap(true, Ordering::Relaxed) {
            std::process::exit(i32::from(Exit::Interrupted.code()));
        }
    }
}

fn outputs(flags: &OutputFlags) -> Vec<Box<dyn Output>> {
    let screen = screen(flags);
    let chosen: Box<dyn Output> = match flags.output.unwrap_or(Format::Default) {
        Format::Default => Box::new(output::DefaultOutput::new(screen)),
        Format::Ansible => Box::new(output::Ansible::new(screen, output::AnsibleSettings::default())),
        Format::Minimal => Box::new(output::Minimal::new(screen, false)),
        Format::Oneline => Box::new(output::Minimal::new(screen, true)),
        Format::Json => Box::new(output::Json::new(screen)),
        Format::Junit => Box::new(output::Junit::new(screen)),
    };
    vec![chosen]
}

fn screen(flags: &OutputFlags) -> Screen {
    let terminal = std::io::stdout().is_terminal();
    let mut screen = Screen::new(std::io::stdout(), std::io::stderr());
    screen.color = match flags.color {
        Color::Always => true,
        Color::Never => false,
        Color::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty()),
    };
    screen.columns = terminal.then(|| console::Term::stdout().size().1 as usize);
    screen
}
