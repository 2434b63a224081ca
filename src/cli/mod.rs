//! The command line: one file per command, named as typed. Each flag is declared once;
//! help, completions and `docs/cli.md` come from there.

mod check;
mod color;
mod completions;
mod config;
mod console;
mod defined;
mod doc;
// Who has the source writes its pages; who runs a release needs none of that.
#[cfg(debug_assertions)]
mod docs;
mod exec;
mod exit;
mod flags;
mod ground;
mod inventory;
mod launch;
mod links;
mod list;
mod passwords;
mod persona;
mod problem;
mod pull;
mod record;
mod replay;
mod run;
mod vars;
mod vault;
mod work;

pub(crate) use exit::Exit;

use clap::{Parser, Subcommand};

use self::persona::Persona;
use self::problem::Problem;

/// Carries out Ansible playbooks on many hosts at once over SSH
#[derive(Parser, Debug)]
#[command(name = "baton", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(Box<run::RunArgs>),
    Check(check::CheckArgs),
    Exec(Box<exec::ExecArgs>),
    Console(Box<console::ConsoleArgs>),
    Inventory(inventory::InventoryArgs),
    Vars(vars::VarsArgs),
    Vault(vault::VaultArgs),
    Doc(doc::DocArgs),
    Config(config::ConfigArgs),
    Links(links::LinksArgs),
    Replay(replay::ReplayArgs),
    Completions(completions::CompletionsArgs),
    #[cfg(debug_assertions)]
    #[command(hide = true)]
    Docs(docs::DocsArgs),
}

/// Reads the command line and does what it says.
pub(crate) fn main() -> Exit {
    // The panic has told itself by then; what is left is the code.
    std::panic::catch_unwind(command).unwrap_or(Exit::Bug)
}

fn command() -> Exit {
    let program = std::env::args_os().next().unwrap_or_default();
    if let Some(exit) = persona::other(&program) {
        return exit;
    }
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error, Exit::Usage),
    };
    let color = cli.command.color();
    let done = match cli.command {
        Command::Run(args) => run::run(&args, Persona::Baton),
        Command::Check(args) => check::run(&args),
        Command::Exec(args) => exec::run(&args, Persona::Baton),
        Command::Console(args) => console::run(&args, Persona::Baton),
        Command::Inventory(args) => inventory::run(&args, Persona::Baton),
        Command::Vars(args) => vars::run(&args),
        Command::Vault(args) => vault::run(&args),
        Command::Doc(args) => doc::run(&args),
        Command::Config(args) => config::run(&args, Persona::Baton),
        #[cfg(debug_assertions)]
        Command::Docs(args) => docs::run(&args),
        Command::Links(args) => links::run(&args),
        Command::Replay(args) => replay::run(&args),
        Command::Completions(args) => Ok(completions::run(&args)),
    };
    done.unwrap_or_else(|problem| launch::tell(&problem, color))
}

impl Command {
    /// The colours asked for.
    fn color(&self) -> flags::Color {
        match self {
            Command::Run(args) => args.output.color,
            Command::Check(args) => args.color,
            Command::Exec(args) => args.output.color,
            Command::Console(args) => args.output.color,
            Command::Replay(args) => args.color,
            _ => flags::Color::Auto,
        }
    }
}

/// Shows help, or what is wrong with the command line.
fn refuse(error: &clap::Error, usage: Exit) -> Exit {
    // Nothing is left to tell when the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { usage } else { Exit::Success }
}
