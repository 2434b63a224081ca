//! What an inventory says, gathered in the shapes that `ansible-inventory` prints.

use std::collections::HashSet;
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use indexmap::IndexMap;

use super::super::flags::Color;
use super::super::ground::Ground;
use super::super::{Persona, Problem};
use super::form;
use crate::config::HashBehaviour;
use crate::diagnostic::{Diagnostics, Span, nearest};
use crate::inventory::{GroupId, HostId, Inventory, Order, Pattern};
use crate::template::{Scope, Value, has_markers};
use crate::vars::{Hosts, Settings, Stratum, TaskScope, VarsStore, combined};

/// Variables, or parts of a listing, by name.
pub(super) type Table = IndexMap<Value, Value>;

/// What baton says itself, which no inventory defines.
const OWN: [&str; 33] = [
    "ansible_async_path",
    "ansible_collection_name",
    "ansible_config_file",
    "ansible_dependent_role_names",
    "ansible_diff_mode",
    "ansible_facts",
    "ansible_forks",
    "ansible_inventory_sources",
    "ansible_limit",
    "ansible_play_batch",
    "ansible_play_hosts",
    "ansible_play_hosts_all",
    "ansible_play_role_names",
    "ansible_playbook_python",
    "ansible_role_name",
    "ansible_role_names",
    "ansible_run_tags",
    "ansible_skip_tags",
    "ansible_verbosity",
    "ansible_version",
    "inventory_dir",
    "inventory_file",
    "inventory_hostname",
    "inventory_hostname_short",
    "groups",
    "group_names",
    "hostvars",
    "playbook_dir",
    "play_hosts",
    "role_name",
    "role_names",
    "role_path",
    "role_uuid",
];

/// An inventory, looked at.
pub(super) struct View<'a> {
    export: bool,
    /// Whether texts that are no templates on the user's word are marked as scripts mark them.
    marks: bool,
    merge: bool,
    ground: &'a Ground,
    inventory: Arc<Inventory>,
    store: Arc<VarsStore>,
    /// The hosts that `--limit` leaves, in order.
    hosts: Vec<HostId>,
    listed: HashSet<HostId>,
}

impl<'a> View<'a> {
    /// Looks at what was read.
    pub(super) fn new(ground: &'a Ground, export: bool, marks: bool) -> Self {
        let inventory = ground.inventory.now();
        let all = Pattern::new(std::iter::once("all"), None);
        // That a pattern matches nothing is no mistake here.
        let hosts =
            inventory.select(&all, ground.limit.as_ref(), Order::default(), &mut Diagnostics::default());
        let merge = *ground.config.hash_behaviour == HashBehaviour::Merge;
        let store = VarsStore::caching(
            ground.inventory.clone(),
            Settings { merge, ..Settings::default() },
            ground.extra.clone(),
            Default::default(),
            ground.fact_cache.clone(),
        );
        let listed = hosts.iter().copied().collect();
        Self { export, marks, merge, ground, inventory, store, hosts, listed }
    }

    /// The variables of the one host that a pattern matches.
    pub(super) fn host(&self, name: &str, persona: Persona) -> Result<Value, Problem> {
        let pattern = Pattern::new(std::iter::once(name), None);
        let mut found = Diagnostics::default();
        match *self.inventory.select(&pattern, None, Order::default(), &mut found).as_slice() {
            [host] => Ok(table(self.host_vars(host))),
            _ => {
                if persona == Persona::Ansible {
                    persona.warn(&found, Color::Auto);
                }
                let problem = Problem::usage(format!("no such host: `{name}`"))
                    .words("You must pass a single valid host to --host parameter");
                let names: Vec<_> = self.inventory.hosts().map(|(_, host)| host.name.clone()).collect();
                let near = nearest(name, names.iter().map(|name| &**name)).map(String::from);
                Err(match near {
                    Some(near) => problem.hint(format!("did you mean `{near}`?")),
                    None => problem,
                })
            }
        }
    }

    /// The variables of a host, of its groups too unless these are told by themselves; templates
    /// as they are written.
    fn host_vars(&self, host: HostId) -> Table {
        let name = &self.inventory.host(host).name;
        if self.export {
            let described = self.ground.inventory.describe(name);
            return self.joined(described.iter().flat_map(|described| described.own.iter()));
        }
        let scope = self.store.scope(name, Vec::new());
        self.visible(&scope)
    }

    /// The variables of a group itself.
    fn group_vars(&self, id: GroupId) -> Table {
        let mut vars = self.joined(self.ground.inventory.of_group(id).iter());
        let priority = self.inventory.group(id).priority;
        if priority != 1 {
            vars.insert(Value::str("ansible_group_priority"), Value::Int(priority.into()));
        }
        vars
    }

    /// The variables of a host that somebody wrote or that it told of itself.
    fn visible(&self, scope: &TaskScope) -> Table {
        let names = scope.written_names().into_iter().filter(|name| !OWN.contains(&&**name));
        let one = |name: Arc<str>| {
            let value = scope.get(&name)?;
            let place = if self.marks { scope.definitions(&name) } else { Vec::new() };
            let place = place.first().and_then(|found| found.place.as_ref());
            Some((Value::Str(name), self.told(value, place)))
        };
        names.filter_map(one).collect()
    }

    /// A value as it is shown, where its key stands at `place`.
    fn told(&self, value: Value, place: Option<&Span>) -> Value {
        match &value {
            Value::Str(text) if self.marks && !has_markers(text) && place.is_some_and(is_unsafe) => {
                Value::map([(Value::str("__ansible_unsafe"), value)])
            }
            _ => value,
        }
    }

    /// Layers as one, the later ones over the earlier.
    fn joined<'b>(&self, strata: impl Iterator<Item = &'b Stratum>) -> Table {
        let mut vars = Table::new();
        for (name, definition) in strata.flat_map(|stratum| stratum.vars.iter()) {
            if OWN.contains(&&**name) {
                continue;
            }
            let name = Value::Str(name.clone());
            let value = match vars.get(&name).filter(|_| self.merge) {
                Some(below) => combined(below, &definition.value),
                None => self.told(definition.value.clone(), definition.place.as_ref()),
            };
            vars.insert(name, value);
        }
        vars
    }

    /// Everything as scripts print it.
    pub(super) fn list(&self) -> Value {
        let mut of_hosts = Table::new();
        for host in &self.hosts {
            let vars = self.host_vars(*host);
            if !vars.is_empty() {
                of_hosts.insert(self.host_name(*host), table(vars));
            }
        }
        let mut out = Table::new();
        let meta = [("hostvars", table(of_hosts)), ("profile", Value::str("inventory_legacy"))];
        out.insert(Value::str("_meta"), Value::map(meta.map(|(name, part)| (Value::str(name), part))));
        for (id, group) in self.inventory.groups() {
            let hosts: Vec<_> = self.members(id).map(|host| self.host_name(host)).collect();
            let children: Vec<_> =
                self.children(id).into_iter().map(|child| self.group_name(child)).collect();
            let vars = if self.export { self.group_vars(id) } else { Table::new() };
            let parts =
                [("hosts", Value::list(hosts)), ("children", Value::list(children)), ("vars", table(vars))];
            put(&mut out, Value::Str(group.name.clone()), parts);
        }
        table(out)
    }

    /// Everything as `--yaml` has it: groups within groups. A host's variables stand where it is
    /// met first, and what is below a group where that is met first.
    pub(super) fn nested(&self) -> Value {
        let mut told = Told::default();
        table(self.subtree(GroupId::ALL, &mut told))
    }

    fn subtree(&self, id: GroupId, told: &mut Told) -> Table {
        let mut children = Table::new();
        for child in self.children(id) {
            match told.groups.insert(child) {
                true => children.extend(self.subtree(child, told)),
                false => drop(children.insert(self.group_name(child), Value::map([]))),
            }
        }
        let hosts = self.hosts_once(id, told);
        let vars = if self.export { self.group_vars(id) } else { Table::new() };
        let mut out = Table::new();
        let parts = [("children", table(children)), ("hosts", table(hosts)), ("vars", table(vars))];
        put(&mut out, self.group_name(id), parts);
        out
    }

    fn hosts_once(&self, id: GroupId, told: &mut Told) -> Table {
        let mut hosts = Table::new();
        for host in self.members(id) {
            let vars = if told.hosts.insert(host) { self.host_vars(host) } else { Table::new() };
            hosts.insert(self.host_name(host), table(vars));
        }
        hosts
    }

    /// Everything as `--toml` has it: all groups side by side.
    pub(super) fn tables(&self) -> Value {
        let (mut out, mut told) = (Table::new(), Told::default());
        self.tables_below(GroupId::ALL, &mut out, &mut told);
        table(out)
    }

    fn tables_below(&self, id: GroupId, out: &mut Table, told: &mut Told) {
        let mut children = self.children(id);
        children
            .retain(|child| *child != GroupId::UNGROUPED || !self.inventory.group(*child).hosts().is_empty());
        for child in &children {
            if told.groups.insert(*child) {
                self.tables_below(*child, out, told);
            }
        }
        // ansible: of `all`, children are not named.
        let names = children.into_iter().filter(|_| id != GroupId::ALL).map(|child| self.group_name(child));
        let names = Value::list(names.collect::<Vec<_>>());
        let hosts = table(self.hosts_once(id, told));
        let vars = if self.export { self.group_vars(id) } else { Table::new() };
        put(out, self.group_name(id), [("children", names), ("hosts", hosts), ("vars", table(vars))]);
    }

    /// The groups as a tree of text, from one group on.
    pub(super) fn graph(&self, group: &str, vars: bool) -> Result<String, Problem> {
        let Some(id) = self.inventory.group_id(group) else {
            return Err(Problem::usage(format!("no such group: `{group}`"))
                .words("Pattern must be valid group name when using --graph"));
        };
        let mut out = format!("@{group}:\n");
        self.branch(&mut out, id, 1, vars);
        Ok(out)
    }

    fn branch(&self, out: &mut String, id: GroupId, depth: usize, vars: bool) {
        let bars = "  |".repeat(depth);
        for child in self.children(id) {
            out.push_str(&format!("{bars}--@{}:\n", self.inventory.group(child).name));
            self.branch(out, child, depth + 1, vars);
        }
        if id != GroupId::ALL {
            for host in self.inventory.group(id).hosts() {
                out.push_str(&format!("{bars}--{}\n", self.inventory.host(*host).name));
                if vars {
                    self.leaves(out, self.host_vars(*host), depth + 1);
                }
            }
        }
        if vars {
            self.leaves(out, self.group_vars(id), depth);
        }
    }

    fn leaves(&self, out: &mut String, vars: Table, depth: usize) {
        let bars = "  |".repeat(depth);
        let mut lines: Vec<_> = vars.into_iter().map(|(name, value)| (name.to_text(), value)).collect();
        lines.order_by(|a, b| a.0.cmp(&b.0));
        for (name, value) in lines {
            let text = match &value {
                Value::Template(template) => template.text.to_string(),
                // What cannot be opened is shown as it is.
                Value::Vault(_) => self
                    .ground
                    .engine
                    .resolve(&value, &self.store.scope("", Vec::new()))
                    .map_or_else(|_| value.to_text(), |plain| plain.to_text()),
                _ => value.to_text(),
            };
            out.push_str(&format!("{bars}--{{{name} = {text}}}\n"));
        }
    }

    /// The hosts right in a group, within the limit; those of `all` are told with other groups.
    fn members(&self, id: GroupId) -> impl Iterator<Item = HostId> + '_ {
        let hosts = self.inventory.group(id).hosts().iter().filter(move |_| id != GroupId::ALL);
        hosts.copied().filter(|host| self.listed.contains(host))
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

    fn group_name(&self, group: GroupId) -> Value {
        Value::Str(self.inventory.group(group).name.clone())
    }

    fn host_name(&self, host: HostId) -> Value {
        Value::Str(self.inventory.host(host).name.clone())
    }
}

/// What was told already.
#[derive(Default)]
struct Told {
    groups: HashSet<GroupId>,
    hosts: HashSet<HostId>,
}

/// Whether the value behind a key says of itself that it is no template.
fn is_unsafe(key: &Span) -> bool {
    let rest = key.source.text.get(key.end as usize..).unwrap_or_default();
    rest.trim_start().strip_prefix(':').is_some_and(|rest| rest.trim_start().starts_with("!unsafe "))
}

/// Adds an entry with the parts that say something, if any does.
fn put(out: &mut Table, name: Value, parts: [(&str, Value); 3]) {
    let parts = parts.into_iter().filter(|(_, part)| !form::is_empty(part));
    let parts: Table = parts.map(|(name, part)| (Value::str(name), part)).collect();
    if !parts.is_empty() {
        out.insert(name, table(parts));
    }
}

fn table(table: Table) -> Value {
    Value::map(table)
}
