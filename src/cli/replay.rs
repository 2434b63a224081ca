//! `baton replay`: shows a recorded run with any output.

use std::path::PathBuf;

use clap::Args;

use super::flags::{Color, Format};
use super::launch::{self, Look};
use super::{Exit, Problem, ground};
use crate::output::{Summary, read, show};

/// Show a recorded run again
#[derive(Args, Debug)]
pub(crate) struct ReplayArgs {
    /// A run log
    #[arg(value_name = "FILE")]
    file: PathBuf,

    /// How to show what happened
    #[arg(long, value_enum, value_name = "FORMAT")]
    output: Option<Format>,

    /// Use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) color: Color,
}

/// Answers as the run did.
pub(super) fn run(args: &ReplayArgs) -> Result<Exit, Problem> {
    let cwd = std::env::current_dir().map_err(Problem::Start)?;
    let (config, diagnostics) = ground::settings(&cwd);
    if diagnostics.has_errors() {
        return Err(Problem::Text(diagnostics));
    }
    let look = Look {
        format: args.output.unwrap_or(Format::Default),
        color: args.color,
        config: &config,
        adhoc: Default::default(),
    };
    let mut outputs = vec![look.output(launch::screen(args.color))];
    let mut summary = Summary::default();
    for event in read(&args.file)? {
        show(&event?, &mut outputs, &mut summary);
    }
    if !summary.complete {
        let file = args.file.display();
        launch::say(&format!("warning: the record ends before the run did: `{file}`"));
    }
    Ok(Exit::of(&summary.stats, summary.interrupted))
}
