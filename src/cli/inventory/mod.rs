//! `baton inventory`: what the inventory says, in the form of `ansible-inventory`.

mod form;
mod view;

use std::path::PathBuf;

use clap::{ArgGroup, Args};

use super::flags::{Color, HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::{Exit, Persona, Problem, launch};
use crate::template::Value;
use view::View;

/// Show hosts, groups and their variables
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("action").args(["list", "host", "graph"]))]
pub(crate) struct InventoryArgs {
    /// Everything, as JSON
    #[arg(long)]
    list: bool,

    /// The variables of one host, as JSON
    #[arg(long, value_name = "HOST")]
    host: Option<String>,

    /// The groups as a tree
    #[arg(long)]
    graph: bool,

    /// With the tree: variables, too
    #[arg(long)]
    vars: bool,

    /// As YAML instead of JSON
    #[arg(short, long)]
    yaml: bool,

    /// As TOML instead of JSON
    #[arg(long, conflicts_with = "yaml")]
    toml: bool,

    /// The variables of groups as they are, instead of with each host
    #[arg(long)]
    export: bool,

    /// Write to this file
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Look for `group_vars` and `host_vars` here, too, as beside a playbook
    #[arg(long, value_name = "DIR")]
    playbook_dir: Option<PathBuf>,

    /// Say more; may be repeated
    #[arg(short, long, action = clap::ArgAction::Count)]
    verbose: u8,

    /// With the tree: the group to begin at
    #[arg(value_name = "GROUP", requires = "graph", default_value = "all")]
    group: String,

    #[command(flatten)]
    hosts: HostFlags,
    #[command(flatten)]
    variables: VariableFlags,
    #[command(flatten)]
    vault: VaultFlags,
}

/// Prints what was asked for.
pub(super) fn run(args: &InventoryArgs, persona: Persona) -> Result<Exit, Problem> {
    if args.host.is_none() && !args.list && !args.graph {
        return Err(Problem::usage("what is wanted? one of `--list`, `--host` and `--graph` is needed")
            .words("No action selected, at least one of --host, --graph or --list needs to be specified."));
    }
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: args.playbook_dir.clone(),
        lenient: persona == Persona::Ansible,
    })?;
    persona.warn(&ground.warnings, Color::Auto);
    let view = View::new(
        &ground,
        args.export || *ground.config.inventory_export,
        args.list && !args.yaml && !args.toml,
    );
    let text = match (&args.host, args.list) {
        (Some(name), _) => written(&view.host(name, persona)?, args)?,
        (None, true) if args.yaml => written(&view.nested(), args)?,
        (None, true) if args.toml => written(&view.tables(), args)?,
        (None, true) => written(&view.list(), args)?,
        (None, false) => view.graph(&args.group, args.vars)?,
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, text).map_err(|source| Problem::Write { path: path.clone(), source })?;
        }
        None => launch::print(&text),
    }
    Ok(Exit::Success)
}

fn written(value: &Value, args: &InventoryArgs) -> Result<String, Problem> {
    match (args.yaml, args.toml) {
        (true, _) => Ok(form::yaml(value)),
        (_, true) => form::toml(value),
        _ => Ok(form::json(value, args.list)),
    }
}
