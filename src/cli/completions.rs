//! `baton completions`: what shells need to complete commands and flags.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::{Cli, Exit, launch};

/// Print completions for a shell
#[derive(Args, Debug)]
pub(crate) struct CompletionsArgs {
    /// The shell, as in `baton completions bash > /etc/bash_completion.d/baton`
    #[arg(value_enum)]
    shell: Shell,
}

pub(super) fn run(args: &CompletionsArgs) -> Exit {
    let mut text = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "baton", &mut text);
    launch::print(&String::from_utf8_lossy(&text));
    Exit::Success
}
