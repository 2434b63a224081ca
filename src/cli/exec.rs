//! `baton exec`: one module on many hosts, without a playbook.

use std::path::PathBuf;

use clap::Args;

use super::flags::{
    BecomeFlags, ConnectionFlags, ExecutionFlags, Format, HostFlags, OutputFlags, VariableFlags, VaultFlags,
};
use super::ground::{Asked, Ground};
use super::launch::{self, Look};
use super::passwords::Passwords;
use super::run::{planner, sound};
use super::work::Work;
use super::{Exit, Persona, Problem};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::inventory::{Order, Pattern};
use crate::output::{Adhoc, HOW_TO_BE_QUIET, python_words};
use crate::plan::{Aim, Choice, Plan, PlannedStep};

/// Run one module on hosts
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct ExecArgs {
    /// Which hosts, as in a play's `hosts`
    #[arg(value_name = "PATTERN")]
    pub(super) pattern: String,

    /// The module
    #[arg(short, long, alias = "module-name", value_name = "MODULE", default_value = "command")]
    pub(super) module: String,

    /// Its arguments: `key=value …`, a command, or JSON
    #[arg(short, long, value_name = "ARGS", default_value = "", allow_hyphen_values = true)]
    pub(super) args: String,

    /// Let it run in the background, for at most so many seconds
    #[arg(short = 'B', long, value_name = "SECONDS")]
    pub(super) background: Option<u64>,

    /// Look for the end of what runs in the background every so many seconds; 0: not at all
    #[arg(short = 'P', long, value_name = "SECONDS", default_value_t = 15)]
    pub(super) poll: u64,

    /// Give up after so many seconds
    #[arg(long, value_name = "SECONDS")]
    pub(super) task_timeout: Option<u64>,

    /// Write each host's answer to a file of this directory, too
    #[arg(short, long, value_name = "DIR")]
    pub(super) tree: Option<PathBuf>,

    /// Where roles and files are looked for, as beside a playbook
    #[arg(long, value_name = "DIR")]
    pub(super) playbook_dir: Option<PathBuf>,

    /// One line for each host: short for `--output oneline`
    #[arg(short, long)]
    pub(super) one_line: bool,

    #[command(flatten)]
    pub(super) hosts: HostFlags,
    #[command(flatten)]
    pub(super) variables: VariableFlags,
    #[command(flatten)]
    pub(super) execution: ExecutionFlags,
    #[command(flatten)]
    pub(super) connection: ConnectionFlags,
    #[command(flatten)]
    pub(super) r#become: BecomeFlags,
    #[command(flatten)]
    pub(super) vault: VaultFlags,
    #[command(flatten)]
    pub(super) output: OutputFlags,
}

/// Carries out a play of one task.
pub(super) fn run(args: &ExecArgs, persona: Persona) -> Result<Exit, Problem> {
    let mut ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: args.playbook_dir.clone().or_else(|| std::env::current_dir().ok()),
        lenient: persona == Persona::Ansible,
    })?;
    let local = ["localhost", "127.0.0.1", "::1"].contains(&args.pattern.as_str());
    if persona == Persona::Ansible && !local {
        ground.warn_of_no_hosts();
    }
    if args.hosts.list_hosts {
        persona.warn(&ground.warnings, args.output.color);
        return Ok(list(args, persona, &ground));
    }
    on(&ground, args, persona, None)
}

/// Carries it out on what was read already, with passwords that were asked for already.
pub(super) fn on(
    ground: &Ground,
    args: &ExecArgs,
    persona: Persona,
    passwords: Option<Passwords>,
) -> Result<Exit, Problem> {
    let tags = Choice::default();
    let planner = planner(ground, &args.execution, &tags, None, persona, Aim::Run);
    let directory = args.playbook_dir.as_ref().map_or_else(|| ground.cwd.clone(), |dir| ground.cwd.join(dir));
    let source = Source::new("<command line>", playbook(args));
    let (plan, found) = planner.prepare_source(&source, &directory);
    persona.warn(&sound(ground, found)?, args.output.color);
    ground.check_limit(persona, args.output.color)?;
    if persona == Persona::Ansible {
        if args.args.is_empty() && NEEDS_WORDS.contains(&args.module.as_str()) {
            launch::say(&format!("[ERROR]: No argument passed to {} module", args.module));
            return Ok(Exit::Usage);
        }
        if *ground.config.deprecation_warnings {
            deprecate(args);
        }
    }
    let task = (persona == Persona::Ansible).then(|| (args.module.clone(), told(args, &plan)));
    let callbacks = persona == Persona::Ansible && *ground.config.bin_ansible_callbacks;
    let usual = match args.one_line {
        true => Format::Oneline,
        false if callbacks => persona.format(&ground.config),
        false => Format::Minimal,
    };
    let format = args.output.output.unwrap_or(usual);
    Work {
        look: Look {
            format,
            color: args.output.color,
            config: &ground.config,
            adhoc: Adhoc { task, tree: args.tree.clone() },
        },
        ground,
        passwords,
        execution: &args.execution,
        connection: &args.connection,
        r#become: &args.r#become,
        output: &args.output,
        force_handlers: false,
        step: false,
        playbooks: Vec::new(),
        tags,
        planner,
    }
    .run(plan)
}

/// Modules that are nothing without arguments.
const NEEDS_WORDS: &[&str] = &["command", "shell", "raw", "script"];

/// What Ansible says of flags that will go.
fn deprecate(args: &ExecArgs) {
    let given = [(args.one_line, "-o", "oneline"), (args.tree.is_some(), "-t", "tree")];
    let given = given.iter().filter(|(given, ..)| *given);
    let gone = "is deprecated. This feature will be removed from ansible-core version 2.23.";
    for (index, (_, flag, callback)) in given.enumerate() {
        if index == 0 {
            launch::say(&format!("[WARNING]: {HOW_TO_BE_QUIET}"));
        }
        let instead = format!("Use callback configuration to enable the {callback} callback instead.");
        launch::say(&format!("[DEPRECATION WARNING]: The '{flag}' argument {gone} {instead}"));
        launch::say(&format!("[DEPRECATION WARNING]: The {callback} callback plugin {gone}"));
    }
}

/// The task as Ansible prints it where it failed.
fn told(args: &ExecArgs, plan: &Plan) -> String {
    let mut given = serde_json::Map::new();
    if let Some(PlannedStep::Task(planned)) = plan.plays.first().and_then(|play| play.tasks.first()) {
        let written = &planned.task.action.args;
        let options = written.options.iter().map(|(name, _, field)| (name.as_str(), field));
        for (name, field) in options.chain(written.raw.iter().map(|field| ("_raw_params", field))) {
            given.insert(name.to_owned(), field.value.to_json());
        }
    }
    let task = serde_json::json!({
        "action": args.module, "args": crate::action::given(&args.module, &given), "timeout": args.task_timeout.unwrap_or(0),
        "async_val": args.background.unwrap_or(0), "poll": args.poll,
    });
    python_words(&task)
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
    let mut play = format!(
        "- name: ad-hoc\n  hosts: {}\n  gather_facts: false\n  tasks:\n  - {}: {arguments}\n",
        quoted(&args.pattern),
        quoted(&args.module)
    );
    if let Some(seconds) = args.background {
        play.push_str(&format!("    async: {seconds}\n    poll: {}\n", args.poll));
    }
    if let Some(seconds) = args.task_timeout {
        play.push_str(&format!("    timeout: {seconds}\n"));
    }
    play
}

/// The hosts it would run on, as Ansible lists them.
fn list(args: &ExecArgs, persona: Persona, ground: &Ground) -> Exit {
    let inventory = ground.inventory.now();
    let pattern = Pattern::new([args.pattern.as_str()], None);
    let mut found = Diagnostics::default();
    let hosts = inventory.select(&pattern, ground.limit.as_ref(), Order::default(), &mut found);
    if hosts.is_empty() {
        let none = Diagnostic::warning("no-hosts", format!("no host matches: `{}`", args.pattern));
        found.push(none.words("No hosts matched, nothing to do"));
    }
    persona.warn(&found, args.output.color);
    let names: String = hosts.iter().map(|id| format!("    {}\n", inventory.host(*id).name)).collect();
    launch::print(&format!("  hosts ({}):\n{names}", hosts.len()));
    Exit::Success
}
