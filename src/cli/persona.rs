//! Whose tool baton is taken for: called by the name of one of Ansible's, it takes that tool's
//! flags and answers in its form.

use std::ffi::OsStr;
use std::path::Path;

use clap::{ArgAction, Args, Parser};

use super::flags::Color;
use super::{Exit, Problem, color, config, console, doc, exec, inventory, launch, pull, refuse, run, vault};
use crate::diagnostic::{self, Diagnostics};
use crate::event::Origin;
use crate::inventory::SCRIPT_SAID;
use crate::output::ansible_words;

/// As what baton was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persona {
    Baton,
    Ansible,
}

/// The names that baton answers to beside its own.
pub(super) const NAMES: &[&str] = &[
    "ansible",
    "ansible-config",
    "ansible-console",
    "ansible-doc",
    "ansible-inventory",
    "ansible-playbook",
    "ansible-pull",
    "ansible-vault",
];

/// Tools of Ansible's that baton does not stand in for.
const LATER: &[&str] = &["ansible-galaxy"];

/// What still works, but will not for ever.
pub(super) const DEPRECATED: &str = "condition-template";

/// A tool of Ansible's with its flags.
#[derive(Parser, Debug)]
#[command(version, max_term_width = 100, infer_long_args = true)]
struct Tool<T: Args> {
    #[command(flatten)]
    args: T,
}

/// Before a subcommand, too, more can be asked to be said.
#[derive(Args, Debug)]
struct Loud<T: Args> {
    /// Say more; may be repeated
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    #[command(flatten)]
    args: T,
}

/// What to do under another name than baton's; `None` under its own.
pub(super) fn other(program: &OsStr) -> Option<Exit> {
    let name = Path::new(program).file_name()?.to_str()?;
    Some(match name {
        "ansible" => tool(name, |args: exec::ExecArgs| exec::run(&args, Persona::Ansible)),
        "ansible-config" => {
            tool(name, |args: Loud<config::ConfigArgs>| config::run(&args.args, Persona::Ansible))
        }
        "ansible-console" => tool(name, |args: console::ConsoleArgs| console::run(&args, Persona::Ansible)),
        "ansible-doc" => tool(name, |args: doc::DocArgs| doc::run(&args)),
        "ansible-inventory" => {
            tool(name, |args: inventory::InventoryArgs| inventory::run(&args, Persona::Ansible))
        }
        "ansible-playbook" => tool(name, |args: run::RunArgs| run::run(&args, Persona::Ansible)),
        "ansible-pull" => tool(name, |args: pull::PullArgs| pull::run(&args)),
        "ansible-vault" => tool(name, |args: Loud<vault::VaultArgs>| vault::run(&args.args)),
        _ if LATER.contains(&name) => {
            launch::say(&format!(
                "error: `{name}` is not one of the names baton answers to\nhint: see `baton --help`"
            ));
            Exit::Error
        }
        _ => return None,
    })
}

/// Reads a tool's flags and does what it does.
fn tool<T: Args>(name: &str, run: impl FnOnce(T) -> Result<Exit, Problem>) -> Exit {
    let command = <Tool<T> as clap::CommandFactory>::command().name(name.to_string());
    let read = command
        .try_get_matches()
        .and_then(|mut matches| <Tool<T> as clap::FromArgMatches>::from_arg_matches_mut(&mut matches));
    match read {
        Ok(tool) => run(tool.args).unwrap_or_else(|problem| {
            launch::say(&problem.ansible());
            problem.ansible_exit()
        }),
        // ansible: its reader of flags ends with 2, where the text of a flag is wrong with 5.
        Err(error) => refuse(&error, Exit::HostsFailed),
    }
}

impl Persona {
    /// Shows what is odd, but stops nothing.
    pub(super) fn warn(self, warnings: &Diagnostics, wanted: Color) {
        match self {
            Persona::Baton if warnings.0.is_empty() => {}
            Persona::Baton => launch::say(&diagnostic::render_all(warnings, color::stderr(wanted))),
            Persona::Ansible => {
                for warning in &warnings.0 {
                    let origin = warning.place.as_ref().map(|(span, _)| Origin::of(span));
                    let message = warning.words.as_ref().unwrap_or(&warning.message);
                    let head = match warning.slug {
                        DEPRECATED => "DEPRECATION WARNING",
                        // ansible: it is no error that stops anything.
                        SCRIPT_SAID => "ERROR",
                        _ => "WARNING",
                    };
                    let told = ansible_words(head, message, origin.as_ref());
                    launch::say(told.strip_suffix('\n').unwrap_or(&told));
                }
            }
        }
    }
}
