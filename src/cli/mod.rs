//! The command line: one file per command, named as typed. Each flag is declared once;
//! help, completions and `docs/cli.md` come from there.

mod carry_out;
mod exit;
mod flags;
mod run;
mod session;

pub use exit::Exit;

use clap::{Parser, Subcommand};

/// Carries out Ansible playbooks on many hosts at once over SSH
#[derive(Parser, Debug)]
#[command(name = "baton", version, max_term_width = 100, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand, Debug)]
enum Command {
    Run(run::RunArgs),
}

/// Reads the command line and does what it says.
pub fn main() -> Exit {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match cli.command {
        Command::Run(args) => run::run(&args),
    }
}

/// Shows help, or what is wrong with the command line.
fn refuse(error: &clap::Error) -> Exit {
    // Nothing is left to tell when the terminal is gone.
    let _ = error.print();
    if error.use_stderr() { Exit::Usage } else { Exit::Success }
}

/// Tells why baton cannot go on.
fn trouble(message: &str) -> Exit {
    eprintln!("error: {message}");
    Exit::Error
}
