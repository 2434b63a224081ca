//! What a run has added to its inventory: kept, so that an inventory read anew has it too.

use std::sync::Arc;

use parking_lot::Mutex;

use crate::inventory::{Inventory, SharedInventory};
use crate::vars::VarMap;

/// Hosts of `add_host` and groups of `group_by`, in the order they came.
#[derive(Default)]
pub(super) struct Grown {
    additions: Mutex<Vec<Addition>>,
}

#[derive(Clone)]
enum Addition {
    Host { name: String, groups: Vec<String>, vars: VarMap },
    Group { group: String, parents: Vec<String>, hosts: Vec<Arc<str>> },
}

impl Grown {
    /// `add_host`: whether that changed something, and the name of the host.
    pub(super) fn host(
        &self,
        inventory: &SharedInventory,
        name: String,
        groups: Vec<String>,
        vars: VarMap,
    ) -> (bool, Arc<str>) {
        let listed: Vec<&str> = groups.iter().map(String::as_str).collect();
        let grown = inventory.change(|inventory| inventory.grow(&name, &listed, &vars));
        self.additions.lock().push(Addition::Host { name, groups, vars });
        grown
    }

    /// `group_by`: whether that changed something.
    pub(super) fn group(
        &self,
        inventory: &SharedInventory,
        group: String,
        parents: Vec<String>,
        hosts: &[Arc<str>],
    ) -> bool {
        let changed = inventory.change(|inventory| grouped(inventory, &group, &parents, hosts));
        self.additions.lock().push(Addition::Group { group, parents, hosts: hosts.to_vec() });
        changed
    }

    /// All of it once more, on an inventory that was read anew.
    pub(super) fn again(&self, inventory: &SharedInventory) {
        let additions = self.additions.lock().clone();
        inventory.change(|inventory| {
            for addition in &additions {
                match addition {
                    Addition::Host { name, groups, vars } => {
                        let groups: Vec<&str> = groups.iter().map(String::as_str).collect();
                        inventory.grow(name, &groups, vars);
                    }
                    Addition::Group { group, parents, hosts } => {
                        grouped(inventory, group, parents, hosts);
                    }
                }
            }
        });
    }
}

/// Puts hosts into a group; those that the inventory has not any more are passed over.
fn grouped(inventory: &mut Inventory, group: &str, parents: &[String], hosts: &[Arc<str>]) -> bool {
    let parents: Vec<&str> = parents.iter().map(String::as_str).collect();
    let mut changed = false;
    for host in hosts {
        changed |= inventory.group_by(host, group, &parents).unwrap_or(false);
    }
    changed
}
