//! `baton run`: carries out playbooks.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::{ArgAction, Args};

use crate::config::Config;
use crate::diagnostic::{self, Diagnostics};
use crate::plan::Choice;

use super::Exit;
use super::carry_out::carry_out;

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::session::{Flags, open};

/// Carry out playbooks
#[derive(Args, Clone, Debug, Default)]
pub struct RunArgs {
    /// Playbooks, in order
    #[arg(required = true, value_name = "PLAYBOOK")]
    pub playbooks: Vec<String>,

    #[command(flatten)]
    pub tasks: TaskFlags,
    #[command(flatten)]
    pub hosts: HostFlags,
    #[command(flatten)]
    pub variables: VariableFlags,
    #[command(flatten)]
    pub execution: ExecutionFlags,
    #[command(flatten)]
    pub connection: ConnectionFlags,
    #[command(flatten)]
    pub r#become: BecomeFlags,
    #[command(flatten)]
    pub vault: VaultFlags,
    #[command(flatten)]
    pub output: OutputFlags,
}

/// Which tasks.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Tasks")]
pub struct TaskFlags {
    /// Run only what has one of these tags; commas, may be repeated
    #[arg(short, long, value_name = "TAGS", action = ArgAction::Append)]
    pub tags: Vec<String>,

    /// Leave out what has one of these tags; commas, may be repeated
    #[arg(long, value_name = "TAGS", action = ArgAction::Append)]
    pub skip_tags: Vec<String>,

    /// List the tasks that would run, and stop
    #[arg(long)]
    pub list_tasks: bool,

    /// List all tags, and stop
    #[arg(long)]
    pub list_tags: bool,

    /// Look for mistakes in the playbooks, and stop
    #[arg(long)]
    pub syntax_check: bool,

    /// Begin with the first task whose name matches
    #[arg(long, value_name = "NAME")]
    pub start_at_task: Option<String>,

    /// Ask before each task
    #[arg(long)]
    pub step: bool,

    /// Run notified handlers on hosts that failed, too
    #[arg(long)]
    pub force_handlers: bool,
}

/// Reads everything, tells all mistakes, and if there are none carries out the plan.
pub fn run(args: &RunArgs) -> Exit {
    let cwd = match std::env::current_dir() {
        Ok(cwd) => cwd,
        Err(error) => return super::trouble(&format!("cannot tell the working directory: {error}")),
    };
    let (config, mut diagnostics) = Config::load(&|name| std::env::var(name).ok(), &cwd);
    let playbooks: Vec<PathBuf> = args.playbooks.iter().map(PathBuf::from).collect();
    let flags = flags(args, &cwd, &playbooks);
    let opened = open(&flags, &Arc::new(config), &cwd, &mut diagnostics);
    let (plan, found) = opened.planner.prepare(&playbooks);
    diagnostics.extend(found);
    show(&diagnostics);
    if diagnostics.has_errors() {
        return Exit::WRONG_TEXT;
    }
    if args.tasks.syntax_check {
        return Exit::Success;
    }
    carry_out(opened, plan, &playbooks, &args.output)
}

fn show(diagnostics: &Diagnostics) {
    if !diagnostics.0.is_empty() {
        eprint!("{}", diagnostic::render_all(diagnostics, console::colors_enabled_stderr()));
    }
}

fn flags<'a>(args: &'a RunArgs, cwd: &Path, playbooks: &[PathBuf]) -> Flags<'a> {
    let split = |given: &[String]| -> Vec<String> {
        given
            .iter()
            .flat_map(|text| text.split(','))
            .map(|tag| tag.trim().to_owned())
            .filter(|t| !t.is_empty())
            .collect()
    };
    let first = playbooks.first().and_then(|path| path.parent()).unwrap_or(Path::new(""));
    Flags {
        hosts: &args.hosts,
        variables: &args.variables,
        execution: &args.execution,
        connection: &args.connection,
        r#become: &args.r#become,
        vault: &args.vault,
        verbosity: args.output.verbose,
        tags: Choice { only: split(&args.tasks.tags), skip: split(&args.tasks.skip_tags) },
        start_at_task: args.tasks.start_at_task.clone(),
        force_handlers: args.tasks.force_handlers,
        playbook_dir: cwd.join(first),
    }
}
