//! `baton exec`: one module on many hosts, without a playbook.

use clap::Args;

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, Format, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::ground::{Asked, Ground};
use super::launch::{self, Look};
use super::run::{planner, sound};
use super::work::Work;
use super::{Exit, Persona, Problem};
use crate::diagnostic::{Diagnostics, Source};
use crate::inventory::{Order, Pattern};
use crate::plan::Choice;

/// Run one module on hosts
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ExecArgs {
    /// Which hosts, as in a play's `hosts`
    #[arg(value_name = "PATTERN")]
    pattern: String,

    /// The module
    #[arg(short, long, alias = "module-name", value_name = "MODULE", default_value = "command")]
    module: String,

    /// Its arguments: `key=value …`, a command, or JSON
    #[arg(short, long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    args: String,

    /// One line for each host: short for `--output oneline`
    #[arg(short, long)]
    one_line: bool,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    execution: ExecutionFlags,
    #[command(flatten)]
    connection: ConnectionFlags,
    #[command(flatten)]
    r#become: BecomeFlags,
    #[command(flatten)]
    vault: VaultFlags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

/// Carries out a play of one task.
pub(super) fn run(args: &ExecArgs) -> Result<Exit, Problem> {
    if !args.execution.module_path.is_empty() {
        return Err(Problem::usage("modules of your own (`--module-path`) come with a later version"));
    }
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: std::env::current_dir().ok(),
        lenient: false,
    })?;
    if args.hosts.list_hosts {
        return Ok(list(args, &ground));
    }
    let tags = Choice::default();
    let planner = planner(&ground, &tags, None, Persona::Baton);
    let source = Source::new("<command line>", playbook(args));
    let (plan, found) = planner.prepare_source(&source, &ground.cwd);
    Persona::Baton.warn(&sound(&ground, found)?, args.output.color);
    ground.check_limit()?;
    let usual = if args.one_line { Format::Oneline } else { Format::Minimal };
    let format = args.output.output.unwrap_or(usual);
    Work {
        look: Look { format, color: args.output.color, config: &ground.config },
        ground: &ground,
        execution: &args.execution,
        connection: &args.connection,
        r#become: &args.r#become,
        output: &args.output,
        force_handlers: false,
        playbooks: Vec::new(),
        tags,
        planner,
    }
    .run(plan)
}

/// The play, as one would write it.
fn playbook(args: &ExecArgs) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let given = args.args.trim();
    let is_json = given.starts_with('{') && serde_json::from_str::<serde_json::Value>(given).is_ok();
    let arguments = match given {
        "" => String::new(),
        json if is_json => json.to_string(),
        text => quoted(text),
    };
    format!(
        "- name: ad-hoc\n  hosts: {}\n  gather_facts: false\n  tasks:\n  - {}: {arguments}\n",
        quoted(&args.pattern),
        args.module
    )
}

/// The hosts it would run on, as Ansible lists them.
fn list(args: &ExecArgs, ground: &Ground) -> Exit {
    let inventory = ground.inventory.now();
    let pattern = Pattern::new([args.pattern.as_str()], None);
    let mut ignored = Diagnostics::default();
    let hosts = inventory.select(&pattern, ground.limit.as_ref(), Order::default(), &mut ignored);
    let names: String = hosts.iter().map(|id| format!("    {}\n", inventory.host(*id).name)).collect();
    launch::print(&format!("  hosts ({}):\n{names}", hosts.len()));
    Exit::Success
}
