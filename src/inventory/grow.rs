//! Hosts and groups that tasks add: `add_host` and `group_by`. Each tells whether
//! anything is other than before.

use std::sync::Arc;

use super::address::split_port;
use super::graph::Cycle;
use super::{GroupId, Inventory};
use crate::template::Value;
use crate::vars::{Definition, VarMap};

impl Inventory {
    /// Adds a host to groups, both new or known, and sets variables of it; its name comes back too.
    pub(crate) fn grow(&mut self, host: &str, groups: &[&str], vars: &VarMap) -> (bool, Arc<str>) {
        let (name, port) = split_port(host);
        let mut vars = vars.clone();
        if let Some(port) = port {
            vars.entry("ansible_ssh_port".into())
                .or_insert_with(|| Definition::from(Value::Int(port.into())));
        }
        let known = self.hosts_of_name(name).is_some();
        let id = self.add_host(name, None, None);
        if !known {
            self.join(GroupId::ALL, id);
        }
        let mut changed = !known | self.merge_host_vars(id, &vars);
        for name in groups {
            changed |= self.group_id(name).is_none();
            let group = self.add_group(name);
            changed |= self.join(group, id);
        }
        (changed, self.host(id).name.clone())
    }

    /// Puts a known host into a group, made if need be, below parents, made likewise.
    pub(crate) fn group_by(&mut self, host: &str, group: &str, parents: &[&str]) -> Result<bool, NotGrouped> {
        let id = self.host_id(host).ok_or_else(|| NotGrouped::Unknown(host.into()))?;
        let mut changed = false;
        let group_id = self.add_group(group);
        for parent in parents {
            changed |= self.group_id(parent).is_none();
            let parent_id = self.add_group(parent);
            changed |= self
                .add_child(parent_id, group_id, None)
                .map_err(|cycle| NotGrouped::cycle(parent, &cycle))?;
        }
        Ok(changed | self.join(group_id, id))
    }
}

/// Why a host cannot be put into a group.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotGrouped {
    /// The host is in no inventory.
    #[error("the inventory has no host `{0}`")]
    Unknown(Arc<str>),
    /// The group would contain itself.
    #[error("group `{parent}` would contain itself: `{way}`")]
    Cycle { parent: String, way: String },
}

impl NotGrouped {
    fn cycle(parent: &str, cycle: &Cycle) -> Self {
        let names: Vec<&str> = cycle.path.iter().map(|(name, _)| &**name).collect();
        Self::Cycle { parent: parent.into(), way: format!("{parent} > {}", names.join(" > ")) }
    }
}
