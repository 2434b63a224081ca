//! Whose tool baton is taken for: called by the name of one of Ansible's, it takes that tool's
//! flags and answers in its form.

use std::ffi::OsStr;
use std::path::Path;

use clap::Parser;

use super::flags::Color;
use super::{Exit, color, launch, refuse, run};
use crate::diagnostic::{self, Diagnostics};

/// As what baton was called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Persona {
    Baton,
    Ansible,
}

/// `ansible-playbook` with its flags.
#[derive(Parser, Debug)]
#[command(name = "ansible-playbook", version, max_term_width = 100, infer_long_args = true)]
struct AnsiblePlaybook {
    #[command(flatten)]
    args: run::RunArgs,
}

/// Tools of Ansible's that baton does not stand in for.
const LATER: &[&str] = &[
    "ansible",
    "ansible-config",
    "ansible-console",
    "ansible-doc",
    "ansible-galaxy",
    "ansible-inventory",
    "ansible-pull",
    "ansible-vault",
];

/// What to do under another name than baton's; `None` under its own.
pub(super) fn other(program: &OsStr) -> Option<Exit> {
    let name = Path::new(program).file_name()?.to_str()?;
    if name == "ansible-playbook" {
        return Some(playbook());
    }
    LATER.contains(&name).then(|| {
        launch::say(&format!(
            "error: `{name}` is not one of the names baton answers to yet\nhint: see `baton --help`"
        ));
        Exit::Error
    })
}

fn playbook() -> Exit {
    match AnsiblePlaybook::try_parse() {
        Ok(tool) => {
            let wanted = tool.args.output.color;
            run::run(&tool.args, Persona::Ansible).unwrap_or_else(|problem| launch::tell(&problem, wanted))
        }
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
                    let place = warning.place.as_ref().map(|(span, _)| format!("\nOrigin: {span}\n"));
                    launch::say(&format!("[WARNING]: {}{}", warning.message, place.unwrap_or_default()));
                }
            }
        }
    }
}
