//! `baton inventory`: what the inventory says, in the form of `ansible-inventory`.

use std::collections::HashSet;
use std::path::PathBuf;
use std::sync::Arc;

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::flags::{Color, HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::{Exit, Persona, Problem, launch};
use crate::inventory::{GroupId, HostId, Inventory};
use crate::output::yaml_text;
use crate::vars::{Hosts, Stratum};

/// Show hosts, groups and their variables
#[derive(Args, Debug)]
#[command(group = ArgGroup::new("action").required(true).args(["list", "host", "graph"]))]
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
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: args.playbook_dir.clone(),
        lenient: persona == Persona::Ansible,
    })?;
    persona.warn(&ground.warnings, Color::Auto);
    let inventory = ground.inventory.now();
    let view = View { ground: &ground, inventory: &inventory, export: args.export };
    let text = if let Some(name) = &args.host {
        let host = inventory.host_id(name);
        let Some(host) = host else { return Err(Problem::usage(format!("no such host: `{name}`"))) };
        written(&Value::Object(view.host_vars(host)), args)
    } else if args.list {
        match args.yaml {
            true => yaml_text(&view.nested()),
            false => written(&view.list(), args),
        }
    } else {
        let group = inventory.group_id(&args.group);
        let Some(group) = group else {
            return Err(Problem::usage(format!("no such group: `{}`", args.group)));
        };
        let mut out = format!("@{}:\n", inventory.group(group).name);
        view.graph(&mut out, group, 1, args.vars);
        out
    };
    match &args.output {
        Some(path) => {
            std::fs::write(path, text).map_err(|source| Problem::Write { path: path.clone(), source })?;
        }
        None => launch::print(&text),
    }
    Ok(Exit::Success)
}

fn written(value: &Value, args: &InventoryArgs) -> String {
    if args.yaml { yaml_text(value) } else { format!("{}\n", pretty(value)) }
}

struct View<'a> {
    export: bool,
    ground: &'a Ground,
    inventory: &'a Arc<Inventory>,
}

impl View<'_> {
    /// The variables of a host, of its groups too unless these are told by themselves; templates
    /// as they are written.
    fn host_vars(&self, host: HostId) -> Map<String, Value> {
        let name = &self.inventory.host(host).name;
        let Some(described) = self.ground.inventory.describe(name) else { return Map::new() };
        let groups = described.groups.iter().filter(|_| !self.export);
        let mut strata: Vec<&Stratum> = groups.chain(described.own.iter()).collect();
        strata.sort_by_key(|stratum| stratum.layer);
        let of = |stratum: &&Stratum| {
            let vars = stratum.vars.iter();
            vars.map(|(key, definition)| (key.to_string(), definition.value.to_json())).collect::<Vec<_>>()
        };
        let mut vars: Map<String, Value> = strata.iter().flat_map(of).collect();
        let extra = self.ground.extra.iter().filter(|_| !self.export);
        vars.extend(extra.map(|(key, definition)| (key.to_string(), definition.value.to_json())));
        vars
    }

    fn list(&self) -> Value {
        let mut out = Map::new();
        let hosts = self.inventory.hosts().map(|(id, host)| (host.name.to_string(), self.host_vars(id)));
        let hosts = hosts.filter(|(_, vars)| !vars.is_empty());
        let hosts: Map<String, Value> = hosts.map(|(name, vars)| (name, Value::Object(vars))).collect();
        out.insert("_meta".into(), json!({ "hostvars": hosts, "profile": "inventory_legacy" }));
        for (id, group) in self.inventory.groups() {
            let mut entry = Map::new();
            let children: Vec<_> =
                self.children(id).into_iter().map(|child| self.group_name(child)).collect();
            let hosts: Vec<_> = group.hosts().iter().map(|host| self.host_name(*host)).collect();
            if id != GroupId::ALL && !hosts.is_empty() {
                entry.insert("hosts".into(), hosts.into());
            }
            if !children.is_empty() {
                entry.insert("children".into(), children.into());
            }
            let vars = self.group_vars(id);
            if !vars.is_empty() {
                entry.insert("vars".into(), Value::Object(vars));
            }
            if !entry.is_empty() {
                out.insert(group.name.to_string(), Value::Object(entry));
            }
        }
        Value::Object(out)
    }

    /// The variables of a group itself, where they are not told with each host.
    fn group_vars(&self, group: GroupId) -> Map<String, Value> {
        let vars = self.inventory.group(group).vars.iter().filter(|_| self.export);
        vars.map(|(key, definition)| (key.to_string(), definition.value.to_json())).collect()
    }

    /// Everything as `--yaml` has it: groups within groups. A host's variables stand where it is
    /// met first.
    fn nested(&self) -> Value {
        let mut told = HashSet::new();
        let all = self.subtree(GroupId::ALL, &mut told);
        json!({ "all": all })
    }

    fn subtree(&self, group: GroupId, told: &mut HashSet<HostId>) -> Value {
        let mut entry = Map::new();
        let mut children = Map::new();
        for child in self.children(group) {
            let below = self.subtree(child, told);
            if below.as_object().is_some_and(|map| !map.is_empty()) {
                children.insert(self.group_name(child), below);
            }
        }
        let mut hosts = Map::new();
        let members = self.inventory.group(group).hosts().iter().filter(|_| group != GroupId::ALL);
        for host in members {
            let vars = if told.insert(*host) { self.host_vars(*host) } else { Map::new() };
            hosts.insert(self.host_name(*host), Value::Object(vars));
        }
        let vars = self.group_vars(group);
        for (name, part) in [("children", children), ("hosts", hosts), ("vars", vars)] {
            if !part.is_empty() {
                entry.insert(name.into(), Value::Object(part));
            }
        }
        Value::Object(entry)
    }

    fn graph(&self, out: &mut String, group: GroupId, depth: usize, vars: bool) {
        let bars = "  |".repeat(depth);
        for child in self.children(group) {
            out.push_str(&format!("{bars}--@{}:\n", self.group_name(child)));
            self.graph(out, child, depth + 1, vars);
        }
        if group != GroupId::ALL {
            for host in self.inventory.group(group).hosts() {
                out.push_str(&format!("{bars}--{}\n", self.host_name(*host)));
                if vars {
                    variables(out, &self.host_vars(*host), depth + 1);
                }
            }
        }
        if vars {
            let vars = &self.inventory.group(group).vars;
            let vars = vars.iter().map(|(key, definition)| (key.to_string(), definition.value.to_json()));
            variables(out, &vars.collect(), depth);
        }
    }

    /// The groups right below; `ungrouped` first.
    fn children(&self, group: GroupId) -> Vec<GroupId> {
        let mut children: Vec<_> = self.inventory.group(group).children().collect();
        if group == GroupId::ALL {
            children.retain(|child| *child != GroupId::UNGROUPED);
            children.insert(0, GroupId::UNGROUPED);
        }
        children
    }

    fn group_name(&self, group: GroupId) -> String {
        self.inventory.group(group).name.to_string()
    }

    fn host_name(&self, host: HostId) -> String {
        self.inventory.host(host).name.to_string()
    }
}

fn variables(out: &mut String, vars: &Map<String, Value>, depth: usize) {
    let bars = "  |".repeat(depth);
    let mut vars: Vec<_> = vars.iter().collect();
    vars.sort_by_key(|(key, _)| *key);
    for (key, value) in vars {
        let text = value.as_str().map_or_else(|| value.to_string(), String::from);
        out.push_str(&format!("{bars}--{{{key} = {text}}}\n"));
    }
}

/// JSON in the order of its keys, four columns a level.
fn pretty(value: &Value) -> String {
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(b"    ");
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    // Writing to memory cannot fail.
    let _ = serde::Serialize::serialize(&sorted(value), &mut serializer);
    String::from_utf8_lossy(&out).into_owned()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Object(map) => {
            let mut entries: Vec<_> = map.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            entries.sort_by(|a, b| a.0.cmp(&b.0));
            Value::Object(entries.into_iter().collect())
        }
        other => other.clone(),
    }
}
