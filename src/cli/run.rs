//! `baton run`: carries out playbooks.

use clap::{ArgAction, Args};

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};

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
