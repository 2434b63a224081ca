//! `baton vars explain`: every definition of a variable, and which one wins.

use clap::{Args, Subcommand};

use super::flags::{HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::{Exit, Problem, launch};
use crate::diagnostic::nearest;
use crate::template::Scope;
use crate::vars::{TaskScope, VarsStore};

/// Look at variables
#[derive(Args, Debug)]
pub(crate) struct VarsArgs {
    #[command(subcommand)]
    command: VarsCommand,
}

#[derive(Subcommand, Debug)]
enum VarsCommand {
    /// Show where a variable of a host is set, and which definition wins
    Explain(Box<ExplainArgs>),
}

#[derive(Args, Debug)]
struct ExplainArgs {
    /// The host
    host: String,
    /// The variable
    name: String,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Shows what the inventory, the files beside it and the command line say.
pub(super) fn run(args: &VarsArgs) -> Result<Exit, Problem> {
    let VarsCommand::Explain(args) = &args.command;
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: std::env::current_dir().ok(),
        lenient: false,
    })?;
    let inventory = ground.inventory.now();
    let known: Vec<_> = inventory.hosts().map(|(_, host)| host.name.clone()).collect();
    if inventory.host_id(&args.host).is_none() {
        return Err(unknown("host", &args.host, known.iter().map(|name| &**name)));
    }
    let store = VarsStore::new(
        ground.inventory.clone(),
        Default::default(),
        ground.extra.clone(),
        Default::default(),
    );
    let scope = store.scope(&args.host, Vec::new());
    launch::print(&explained(&scope, &args.name)?);
    Ok(Exit::Success)
}

/// One line a definition, the strongest first.
fn explained(scope: &TaskScope, name: &str) -> Result<String, Problem> {
    let found = scope.definitions(name);
    if found.is_empty() {
        let names = scope.names();
        return Err(unknown("variable", name, names.iter().map(String::as_str)));
    }
    let mut text = String::new();
    for (rank, found) in found.iter().enumerate() {
        let mark = if rank == 0 { "wins " } else { "     " };
        let place = found.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
        text.push_str(&format!("{mark}{}  ({}){place}\n", found.value.to_json(), found.layer));
    }
    Ok(text)
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::usage(format!("no such {what}: `{name}`"));
    match nearest(name, known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}
