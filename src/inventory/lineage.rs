//! The groups above a host, the weakest first. Hosts that are in the same groups
//! share one lineage, so that ten thousand hosts need a handful of them.

use std::collections::HashMap;
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use parking_lot::RwLock;

use super::{GroupId, HostId, Inventory};

/// Groups a host belongs to, parents included: `all` first, then by depth, priority and name.
pub(crate) type Lineage = Arc<[GroupId]>;

/// Lineages by the groups that name the host.
#[derive(Default)]
pub(super) struct Lineages(RwLock<HashMap<Box<[GroupId]>, Lineage>>);

impl Lineages {
    pub(super) fn clear(&mut self) {
        let known = self.0.get_mut();
        if !known.is_empty() {
            known.clear();
        }
    }
}

impl Clone for Lineages {
    fn clone(&self) -> Self {
        Self(RwLock::new(self.0.read().clone()))
    }
}

impl Inventory {
    /// The groups of a host from the weakest to the strongest; `all` always comes first.
    pub(crate) fn lineage(&self, host: HostId) -> Lineage {
        let direct = &self.host(host).groups;
        if let Some(known) = self.lineages.0.read().get(&**direct) {
            return known.clone();
        }
        let lineage = self.work_out(direct);
        self.lineages.0.write().insert(direct.clone().into_boxed_slice(), lineage.clone());
        lineage
    }

    fn work_out(&self, direct: &[GroupId]) -> Lineage {
        let above = direct.iter().flat_map(|g| self.ancestors(*g));
        let mut groups: Vec<GroupId> = direct.iter().copied().chain(above).collect();
        if self.complete {
            groups.push(GroupId::ALL);
        }
        groups.order_by(|a, b| {
            let key = |id: GroupId| {
                let group = self.group(id);
                (id != GroupId::ALL, group.depth, group.priority, &group.name)
            };
            key(*a).cmp(&key(*b))
        });
        groups.dedup();
        groups.into()
    }

    /// The magic variable `group_names`: sorted, without `all`.
    pub(crate) fn group_names(&self, host: HostId) -> Vec<Arc<str>> {
        // ansible: a made-up localhost is in no group, not even in `ungrouped`.
        let groups = self.lineage(host);
        let mut names: Vec<Arc<str>> =
            groups.iter().filter(|g| **g != GroupId::ALL).map(|g| self.group(*g).name.clone()).collect();
        names.put_in_order();
        names
    }
}
