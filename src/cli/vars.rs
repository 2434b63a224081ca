//! `baton vars explain`: every definition of a variable, and which one wins.

use std::path::PathBuf;

use baton_modules::sorting::Sorting;
use clap::{Args, Subcommand};

use super::defined::{Defined, Seeker};
use super::flags::{ExecutionFlags, HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::run::{directory, planner, sound};
use super::{Exit, Persona, Problem, launch};
use crate::diagnostic::nearest;
use crate::plan::{Aim, Choice};
use crate::template::Scope;
use crate::vars::{Layer, VarsStore};

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
    /// Playbooks, whose plays, roles and tasks are looked through too
    #[arg(value_name = "PLAYBOOK")]
    playbooks: Vec<PathBuf>,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Shows what the inventory, the files beside it, the command line and playbooks say.
pub(super) fn run(args: &VarsArgs) -> Result<Exit, Problem> {
    let VarsCommand::Explain(args) = &args.command;
    let first = args.playbooks.first().and_then(|playbook| directory(playbook));
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: first.or_else(|| std::env::current_dir().ok()),
        lenient: false,
    })?;
    let inventory = ground.inventory.now();
    let known: Vec<_> = inventory.hosts().map(|(_, host)| host.name.clone()).collect();
    let Some(id) = inventory.host_id(&args.host) else {
        return Err(unknown("host", &args.host, known.iter().map(|name| &**name)));
    };
    let found = ground.inventory.preload(&[id]);
    sound(&ground, found)?;
    let mut defined = written(&ground, args)?;
    let store = VarsStore::caching(
        ground.inventory.clone(),
        Default::default(),
        ground.extra.clone(),
        Default::default(),
        ground.fact_cache.clone(),
    );
    let scope = store.scope(&args.host, Vec::new());
    defined.extend(scope.definitions(&args.name).into_iter().map(|found| Defined {
        layer: found.layer,
        place: found.place,
        value: Some(found.value),
        within: None,
    }));
    if defined.is_empty() {
        let names = scope.names();
        return Err(unknown("variable", &args.name, names.iter().map(String::as_str)));
    }
    // Of one layer the later one wins in a playbook; those of the inventory come with the strongest first.
    defined.order_by_key(|one| std::cmp::Reverse(one.layer));
    launch::print(&explained(&defined));
    Ok(Exit::Success)
}

/// The definitions in playbooks, the last one first.
fn written(ground: &Ground, args: &ExplainArgs) -> Result<Vec<Defined>, Problem> {
    if args.playbooks.is_empty() {
        return Ok(Vec::new());
    }
    let tags = Choice { only: vec!["all".into(), "never".into()], skip: Vec::new() };
    let execution = ExecutionFlags::default();
    let (plan, found) =
        planner(ground, &execution, &tags, None, Persona::Baton, Aim::List).prepare(&args.playbooks);
    sound(ground, found)?;
    let mut defined = Seeker::new(ground, &args.host, &args.name).definitions(&plan);
    defined.reverse();
    Ok(defined)
}

/// One line a definition, the strongest first, and why that one wins.
fn explained(defined: &[Defined]) -> String {
    let winner = defined.iter().position(|one| one.within.is_none());
    let mut text = String::new();
    for (rank, one) in defined.iter().enumerate() {
        let mark = match &one.within {
            _ if Some(rank) == winner => "wins ",
            Some(_) if winner.is_none_or(|winner| rank < winner) => "there",
            _ => "     ",
        };
        let value =
            one.value.as_ref().map_or_else(|| "(known when it runs)".into(), |v| v.to_json().to_string());
        let within = one.within.as_ref().map(|within| format!(", {within}")).unwrap_or_default();
        let place = one.place.as_ref().map(|place| format!("  {place}")).unwrap_or_default();
        text.push_str(&format!("{mark} {value}  ({}{within}){place}\n", one.layer));
    }
    text.push_str(&why(defined, winner));
    text
}

/// What makes the winner stronger than the next one.
fn why(defined: &[Defined], winner: Option<usize>) -> String {
    let Some(winner) = winner else {
        return "why: no definition counts everywhere; each one counts where it says\n".into();
    };
    let layer = defined[winner].layer;
    let mut text = match defined.get(winner + 1) {
        None if defined.len() == 1 => "why: it is the only definition\n".to_string(),
        None => format!("why: no other definition counts everywhere; {}\n", rank(layer)),
        Some(next) if next.layer == layer => format!("why: {}\n", of_equals(layer)),
        Some(next) => format!("why: {} is above {}\n", rank(layer), rank(next.layer)),
    };
    if winner > 0 {
        text.push_str("     what is marked `there` is stronger where it counts\n");
    }
    text
}

/// A layer with its number in the order of precedence.
fn rank(layer: Layer) -> String {
    match layer.level() {
        Some(level) => format!("{layer} (level {level} of 22)"),
        None => layer.to_string(),
    }
}

/// Which of two definitions of one layer wins.
fn of_equals(layer: Layer) -> &'static str {
    match layer {
        Layer::InventoryGroup
        | Layer::InventoryGroupVars
        | Layer::PlaybookGroupVars
        | Layer::InventoryGroupVarsAll
        | Layer::PlaybookGroupVarsAll => {
            "of groups the deeper one wins, then that of the higher `ansible_group_priority`, then by name the last"
        }
        _ => "of two definitions of one level the later one wins",
    }
}

fn unknown<'a>(what: &str, name: &str, known: impl Iterator<Item = &'a str>) -> Problem {
    let problem = Problem::usage(format!("no such {what}: `{name}`"));
    match nearest(name, known) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}
