//! `baton check`: looks for mistakes in playbooks, roles and whole directories, and touches no host.

use std::path::{Path, PathBuf};

use clap::Args;

use super::flags::{Color, ExecutionFlags, HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::run::{planner, sound};
use super::{Exit, Persona, Problem, launch};
use crate::diagnostic::Severity;
use crate::plan::{Aim, Checked, Choice, nothing_found};

/// Look for mistakes in playbooks, roles and directories; no host is touched
#[derive(Args, Clone, Debug, Default)]
pub(crate) struct CheckArgs {
    /// Playbooks, files of tasks, or directories with such and with roles
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,

    #[command(flatten)]
    pub variables: VariableFlags,
    #[command(flatten)]
    pub vault: VaultFlags,

    /// Use colours
    #[arg(long, value_enum, value_name = "WHEN", default_value_t)]
    pub(super) color: Color,
}

/// Tells all mistakes, or what was found to be right.
pub(super) fn run(args: &CheckArgs) -> Result<Exit, Problem> {
    // No inventory is read: what is checked must be right with any.
    let hosts = HostFlags { inventory: vec!["localhost,".into()], ..HostFlags::default() };
    let ground = Ground::read(&Asked {
        hosts: &hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: None,
        lenient: false,
    })?;
    let tags = Choice { only: vec!["all".into(), "never".into()], skip: Vec::new() };
    let paths: Vec<PathBuf> = args.paths.iter().map(|path| plain(path)).collect();
    let (checked, mut found) =
        planner(&ground, &ExecutionFlags::default(), &tags, None, Persona::Baton, Aim::Check).check(&paths);
    if checked == Checked::default() && !found.has_errors() {
        found.push(nothing_found(&args.paths));
    }
    if ground.vault.secrets().is_empty() {
        // Who has no password can check the rest all the same.
        let of_vault = found.0.iter_mut().filter(|found| found.slug == "vault");
        of_vault.for_each(|found| found.severity = Severity::Warning);
    }
    let warnings = sound(&ground, found)?;
    Persona::Baton.warn(&warnings, args.color);
    launch::print(&format!("{checked}: no mistakes\n"));
    Ok(Exit::Success)
}

/// Without `./` before names: they are shown as the user would write them.
fn plain(path: &Path) -> PathBuf {
    match path.strip_prefix("./") {
        Ok(rest) if !rest.as_os_str().is_empty() => rest.to_path_buf(),
        _ => path.to_path_buf(),
    }
}
