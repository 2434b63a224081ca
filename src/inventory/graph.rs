//! The inventory itself: hosts and groups in the order they were met, found by
//! name through maps, and who belongs to whom.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, OnceLock};

use baton_modules::sorting::Sorting;

use super::group::Child;
use super::host::LOCALHOST;
use super::lineage::Lineages;
use super::{Group, GroupId, Host, HostId, sanitize};
use crate::diagnostic::Span;
use crate::template::Value;
use crate::vars::{Definition, VarMap, combined, local_python};

/// All hosts and groups. Cheap to share behind an `Arc`; a clone shares the variables.
#[derive(Clone)]
pub(crate) struct Inventory {
    hosts: Vec<Host>,
    host_ids: HashMap<Arc<str>, HostId>,
    groups: Vec<Group>,
    group_ids: HashMap<Arc<str>, GroupId>,
    /// The first host of a name that means this machine.
    localhost: Option<HostId>,
    /// What follows from the graph, worked out when first asked for.
    pub(super) lineages: Lineages,
    groups_value: OnceLock<Value>,
    /// Hosts that were added or joined a group since order was last brought.
    unsettled: Vec<HostId>,
    /// Whether groups or links between them were added since.
    regrouped: bool,
    /// Whether all sources were read: from then on every host is below `all`.
    pub(super) complete: bool,
    /// Whether mappings that several sources give a host or group become one.
    pub(super) merge: bool,
    /// Whether names of groups are made fit for names of variables, and whether any had to be.
    pub(super) sanitizes: bool,
    sanitized: bool,
}

/// Why a group cannot be made a child of another.
#[derive(Debug)]
pub(crate) struct Cycle {
    /// From the child down to the parent: each group and where it was made a child of the one before.
    pub(crate) path: Vec<(Arc<str>, Option<Span>)>,
}

impl Default for Inventory {
    fn default() -> Self {
        let mut inventory = Self {
            hosts: Vec::new(),
            host_ids: HashMap::new(),
            groups: Vec::new(),
            group_ids: HashMap::new(),
            localhost: None,
            lineages: Lineages::default(),
            groups_value: OnceLock::new(),
            unsettled: Vec::new(),
            regrouped: true,
            complete: false,
            merge: false,
            sanitizes: false,
            sanitized: false,
        };
        let all = inventory.add_group("all");
        let ungrouped = inventory.add_group("ungrouped");
        inventory.link(all, ungrouped, None);
        inventory
    }
}

impl Inventory {
    /// The host of that name; names of this machine always have one.
    pub(crate) fn host_id(&self, name: &str) -> Option<HostId> {
        let found = self.host_ids.get(name).copied();
        found.or_else(|| if LOCALHOST.contains(&name) { self.localhost } else { None })
    }

    /// The host of that name; names of this machine always have one.
    #[cfg(test)]
    pub(crate) fn find_host(&self, name: &str) -> Option<&Host> {
        self.host_id(name).map(|id| self.host(id))
    }

    /// A host by its place.
    pub(crate) fn host(&self, id: HostId) -> &Host {
        &self.hosts[id.at()]
    }

    /// A group by its place.
    pub(crate) fn group(&self, id: GroupId) -> &Group {
        &self.groups[id.at()]
    }

    /// The group of that name.
    pub(crate) fn group_id(&self, name: &str) -> Option<GroupId> {
        self.group_ids.get(name).copied()
    }

    /// Hosts of the inventory files in the order they were met; none that were made up.
    pub(crate) fn hosts(&self) -> impl Iterator<Item = (HostId, &Host)> {
        let numbered = self.hosts.iter().enumerate();
        numbered.filter(|(_, h)| !h.implicit).map(|(at, h)| (HostId(at as u32), h))
    }

    /// Groups in the order they were met; `all` and `ungrouped` come first.
    pub(crate) fn groups(&self) -> impl Iterator<Item = (GroupId, &Group)> {
        self.groups.iter().enumerate().map(|(at, g)| (GroupId(at as u32), g))
    }

    /// Whether no inventory named a host.
    pub(crate) fn is_empty(&self) -> bool {
        self.hosts.iter().all(|h| h.implicit)
    }

    /// Hosts of the group and of the groups below it: its own first, then level by level.
    pub(crate) fn members(&self, group: GroupId) -> Vec<HostId> {
        let mut seen = HashSet::new();
        let mut found = Vec::new();
        for group in self.descendants(group) {
            found.extend(self.group(group).hosts.iter().filter(|h| seen.insert(**h)));
        }
        found
    }

    /// The group and those below it, level by level.
    pub(super) fn descendants(&self, group: GroupId) -> Vec<GroupId> {
        self.walk(group, |g| Box::new(g.children.iter().map(|c| c.group)))
    }

    /// The groups above the group, level by level.
    pub(super) fn ancestors(&self, group: GroupId) -> Vec<GroupId> {
        self.walk(group, |g| Box::new(g.parents.iter().copied())).split_off(1)
    }

    fn walk<'a>(
        &'a self,
        from: GroupId,
        next: fn(&'a Group) -> Box<dyn Iterator<Item = GroupId> + 'a>,
    ) -> Vec<GroupId> {
        let mut found = vec![from];
        let mut seen = HashSet::from([from]);
        let mut at = 0;
        while let Some(id) = found.get(at).copied() {
            found.extend(next(self.group(id)).filter(|g| seen.insert(*g)));
            at += 1;
        }
        found
    }

    /// The magic variable `groups`: names of all groups and of the hosts in each.
    pub(crate) fn groups_value(&self) -> Value {
        let all = || {
            Value::map(self.groups().map(|(id, group)| {
                let members = self.members(id).into_iter().map(|h| Value::Str(self.host(h).name.clone()));
                (Value::Str(group.name.clone()), Value::list(members))
            }))
        };
        self.groups_value.get_or_init(all).clone()
    }

    /// Adds a group, or finds the one of that name.
    pub(crate) fn add_group(&mut self, name: &str) -> GroupId {
        let safe = self.sanitizes.then(|| sanitize(name)).filter(|safe| safe != name);
        self.sanitized |= safe.is_some();
        let name = safe.as_deref().unwrap_or(name);
        if let Some(id) = self.group_ids.get(name) {
            return *id;
        }
        self.forget();
        self.regrouped = true;
        let id = GroupId(self.groups.len() as u32);
        let name: Arc<str> = name.into();
        self.group_ids.insert(name.clone(), id);
        self.groups.push(Group::new(name));
        id
    }

    /// Whether groups have names that could not be names of variables.
    pub(crate) fn has_unfit_groups(&self) -> bool {
        self.groups.iter().any(|group| sanitize(&group.name) != *group.name)
    }

    /// Whether names of groups were replaced because of that.
    pub(crate) fn replaced_names(&self) -> bool {
        self.sanitized
    }

    /// Adds a host first met in `source`, or finds the one of that name. The port counts only for a new host.
    pub(crate) fn add_host(&mut self, name: &str, port: Option<u16>, source: Option<&Arc<str>>) -> HostId {
        let known = self.host_ids.get(name).copied();
        if let Some(id) = known.filter(|id| !self.host(*id).implicit) {
            return id;
        }
        self.forget();
        let id = known.unwrap_or(HostId(self.hosts.len() as u32));
        let name: Arc<str> = name.into();
        let mut host = Host::new(name.clone(), source.cloned());
        if let Some(port) = port {
            let vars = Arc::make_mut(&mut host.vars);
            vars.insert("ansible_port".into(), Definition::from(Value::Int(port.into())));
        }
        if LOCALHOST.contains(&&*name) && self.localhost.is_none() {
            self.localhost = Some(id);
        }
        match known {
            Some(id) => self.hosts[id.at()] = host,
            None => {
                self.host_ids.insert(name, id);
                self.hosts.push(host);
            }
        }
        self.unsettled.push(id);
        id
    }

    /// Puts a host into a group; tells whether it was new there.
    pub(crate) fn join(&mut self, group: GroupId, host: HostId) -> bool {
        let groups = &mut self.hosts[host.at()].groups;
        if groups.contains(&group) {
            return false;
        }
        groups.push(group);
        self.groups[group.at()].hosts.push(host);
        self.unsettled.push(host);
        self.forget();
        true
    }

    /// Makes a group the child of another; tells whether it was new, or the cycle it would make.
    pub(crate) fn add_child(
        &mut self,
        parent: GroupId,
        child: GroupId,
        place: Option<&Span>,
    ) -> Result<bool, Cycle> {
        if self.group(child).parents.contains(&parent) {
            return Ok(false);
        }
        if parent == child || self.ancestors(parent).contains(&child) {
            return Err(Cycle { path: self.path_down(child, parent) });
        }
        self.link(parent, child, place.cloned());
        Ok(true)
    }

    fn link(&mut self, parent: GroupId, child: GroupId, place: Option<Span>) {
        self.groups[parent.at()].children.push(Child { group: child, place });
        self.groups[child.at()].parents.push(parent);
        self.regrouped = true;
        self.forget();
    }

    /// The way from a group down to one below it.
    fn path_down(&self, from: GroupId, to: GroupId) -> Vec<(Arc<str>, Option<Span>)> {
        let mut path = vec![(self.group(to).name.clone(), None)];
        let mut at = to;
        while at != from {
            let parents = &self.group(at).parents;
            let Some(up) = parents.iter().find(|p| **p == from || self.ancestors(**p).contains(&from)) else {
                break;
            };
            let link = self.group(*up).children.iter().find(|c| c.group == at);
            if let Some(step) = path.last_mut() {
                step.1 = link.and_then(|c| c.place.clone());
            }
            path.push((self.group(*up).name.clone(), None));
            at = *up;
        }
        path.reverse();
        path
    }

    /// Sets a variable of a host.
    pub(crate) fn set_host_var(&mut self, host: HostId, name: Arc<str>, var: Definition) {
        let var = self.joined(self.hosts[host.at()].vars.get(&name), var);
        set(&mut self.hosts[host.at()].vars, name, var);
        self.forget();
    }

    /// A variable with what it meets.
    fn joined(&self, old: Option<&Definition>, new: Definition) -> Definition {
        match old.filter(|_| self.merge) {
            Some(old) => Definition { value: combined(&old.value, &new.value), place: new.place },
            None => new,
        }
    }

    /// Replaces or adds variables of a host; tells whether anything is other than before.
    pub(crate) fn merge_host_vars(&mut self, host: HostId, vars: &VarMap) -> bool {
        let known = &mut self.hosts[host.at()].vars;
        let mut changed = false;
        for (name, var) in vars {
            if known.get(name).is_none_or(|old| old.value != var.value) {
                set(known, name.clone(), var.clone());
                changed = true;
            }
        }
        self.forget();
        changed
    }

    /// Sets a variable of a group. The priority must be a whole number: otherwise the value comes back.
    pub(crate) fn set_group_var(
        &mut self,
        group: GroupId,
        name: &str,
        var: Definition,
    ) -> Result<(), Definition> {
        self.forget();
        let var = self.joined(self.groups[group.at()].vars.get(name), var);
        let group = &mut self.groups[group.at()];
        if name != "ansible_group_priority" {
            set(&mut group.vars, name.into(), var);
            return Ok(());
        }
        let number = match &var.value {
            Value::Int(i) => i64::try_from(*i).ok(),
            Value::Bool(b) => Some((*b).into()),
            Value::Float(f) => Some(*f as i64),
            other => other.as_str().and_then(|s| s.trim().parse().ok()),
        };
        group.priority = number.ok_or(var)?;
        Ok(())
    }

    /// Brings order after changes: every group below `all`, every host in a group, depths.
    /// Costs as much as was changed, not as much as there is.
    pub(crate) fn reconcile(&mut self) {
        self.complete = true;
        if self.regrouped {
            for at in 1..self.groups.len() {
                if self.groups[at].parents.is_empty() {
                    self.link(GroupId::ALL, GroupId(at as u32), None);
                }
            }
            self.measure_depths();
            self.regrouped = false;
        }
        self.sort_out_ungrouped();
        self.make_up_localhost();
        self.forget();
    }

    /// Names that are both of a group and of a host.
    pub(crate) fn ambiguous_names(&self) -> impl Iterator<Item = &Arc<str>> {
        let explicit =
            |name: &&Arc<str>| self.host_ids.get(&***name).is_some_and(|id| !self.host(*id).implicit);
        self.groups.iter().map(|g| &g.name).filter(explicit)
    }

    /// `ungrouped` has the hosts that are in no other group than `all`, and only them.
    fn sort_out_ungrouped(&mut self) {
        let of_its_own = |g: &GroupId| *g != GroupId::ALL && *g != GroupId::UNGROUPED;
        let mut leaving = false;
        let mut hosts = std::mem::take(&mut self.unsettled);
        hosts.put_in_order();
        hosts.dedup();
        for id in hosts {
            let host = &mut self.hosts[id.at()];
            let grouped = host.groups.iter().any(of_its_own);
            if grouped && host.groups.contains(&GroupId::UNGROUPED) {
                host.groups.retain(|g| *g != GroupId::UNGROUPED);
                leaving = true;
            } else if !grouped && !host.implicit {
                self.join(GroupId::UNGROUPED, id);
            }
        }
        self.unsettled.clear();
        if leaving {
            let hosts = &self.hosts;
            let stays = |h: &HostId| hosts[h.at()].groups.contains(&GroupId::UNGROUPED);
            self.groups[GroupId::UNGROUPED.at()].hosts.retain(stays);
        }
    }

    /// The longest way down from `all`, parents before children.
    pub(super) fn measure_depths(&mut self) {
        let mut waiting: Vec<usize> = self.groups.iter().map(|g| g.parents.len()).collect();
        let mut ready: Vec<GroupId> =
            self.groups().filter(|(_, g)| g.parents.is_empty()).map(|(id, _)| id).collect();
        self.groups.iter_mut().for_each(|g| g.depth = 0);
        while let Some(id) = ready.pop() {
            let below = self.group(id).depth + 1;
            for child in self.group(id).children.iter().map(|c| c.group).collect::<Vec<_>>() {
                let group = &mut self.groups[child.at()];
                group.depth = group.depth.max(below);
                waiting[child.at()] -= 1;
                if waiting[child.at()] == 0 {
                    ready.push(child);
                }
            }
        }
    }

    /// This machine can always be asked for; it is in no group and in no list.
    fn make_up_localhost(&mut self) {
        if self.localhost.is_some() {
            return;
        }
        for name in LOCALHOST.into_iter().filter(|n| !self.host_ids.contains_key(*n)).collect::<Vec<_>>() {
            let id = HostId(self.hosts.len() as u32);
            let mut host = Host::new(name.into(), None);
            host.implicit = true;
            let vars = Arc::make_mut(&mut host.vars);
            vars.insert("ansible_connection".into(), Definition::from(Value::str("local")));
            vars.insert("ansible_python_interpreter".into(), Definition::from(Value::str(local_python())));
            self.host_ids.insert(host.name.clone(), id);
            self.hosts.push(host);
        }
    }

    /// What was worked out from the graph does not hold any more.
    fn forget(&mut self) {
        self.lineages.clear();
        self.groups_value = OnceLock::new();
    }
}

fn set(vars: &mut Arc<VarMap>, name: Arc<str>, var: Definition) {
    Arc::make_mut(vars).insert(name, var);
}
