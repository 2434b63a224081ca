//! `baton inventory`: what the inventory says, in the form of `ansible-inventory`.

use std::sync::Arc;

use clap::{ArgGroup, Args};
use serde_json::{Map, Value, json};

use super::flags::{HostFlags, VariableFlags, VaultFlags};
use super::ground::{Asked, Ground};
use super::{Exit, Problem, launch};
use crate::inventory::{GroupId, HostId, Inventory};
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
    #[arg(long, requires = "graph")]
    vars: bool,

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
pub(super) fn run(args: &InventoryArgs) -> Result<Exit, Problem> {
    let ground = Ground::read(&Asked {
        hosts: &args.hosts,
        variables: &args.variables,
        vault: &args.vault,
        playbook_dir: None,
        lenient: false,
    })?;
    let inventory = ground.inventory.now();
    let view = View { ground: &ground, inventory: &inventory };
    let text = if let Some(name) = &args.host {
        let host = inventory.host_id(name);
        let Some(host) = host else { return Err(Problem::usage(format!("no such host: `{name}`"))) };
        format!("{}\n", pretty(&Value::Object(view.host_vars(host))))
    } else if args.list {
        format!("{}\n", pretty(&view.list()))
    } else {
        let group = inventory.group_id(&args.group);
        let Some(group) = group else {
            return Err(Problem::usage(format!("no such group: `{}`", args.group)));
        };
        let mut out = format!("@{}:\n", inventory.group(group).name);
        view.graph(&mut out, group, 1, args.vars);
        out
    };
    launch::print(&text);
    Ok(Exit::Success)
}

struct View<'a> {
    ground: &'a Ground,
    inventory: &'a Arc<Inventory>,
}

impl View<'_> {
    /// The variables of a host, of its groups too; templates as they are written.
    fn host_vars(&self, host: HostId) -> Map<String, Value> {
        let name = &self.inventory.host(host).name;
        let Some(described) = self.ground.inventory.describe(name) else { return Map::new() };
        let mut strata: Vec<&Stratum> = described.groups.iter().chain(described.own.iter()).collect();
        strata.sort_by_key(|stratum| stratum.layer);
        let of = |stratum: &&Stratum| {
            let vars = stratum.vars.iter();
            vars.map(|(key, definition)| (key.to_string(), definition.value.to_json())).collect::<Vec<_>>()
        };
        let mut vars: Map<String, Value> = strata.iter().flat_map(of).collect();
        let extra = self.ground.extra.iter();
        vars.extend(extra.map(|(key, definition)| (key.to_string(), definition.value.to_json())));
        vars
    }

    fn list(&self) -> Value {
        let mut out = Map::new();
        let hosts = self.inventory.hosts().map(|(id, host)| (host.name.to_string(), self.host_vars(id)));
        let hosts = hosts.filter(|(_, vars)| !vars.is_empty());
        let hosts: Map<String, Value> = hosts.map(|(name, vars)| (name, Value::Object(vars))).collect();
        out.insert("_meta".into(), json!({ "hostvars": hosts }));
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
            if !entry.is_empty() {
                out.insert(group.name.to_string(), Value::Object(entry));
            }
        }
        Value::Object(out)
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
