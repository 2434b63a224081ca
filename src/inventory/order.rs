//! The hosts of a play in the order it goes through them: the keyword `order`.

use super::pattern::keep;
use super::{HostId, Inventory, Limit, Pattern};
use crate::diagnostic::Diagnostics;
use baton_modules::sorting::Sorting;

/// In which order a play goes through its hosts: the keyword `order`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Order {
    #[default]
    Inventory,
    ReverseInventory,
    Sorted,
    ReverseSorted,
    Shuffle,
}

impl Order {
    /// The order of that name.
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "inventory" => Self::Inventory,
            "reverse_inventory" => Self::ReverseInventory,
            "sorted" => Self::Sorted,
            "reverse_sorted" => Self::ReverseSorted,
            "shuffle" => Self::Shuffle,
            _ => return None,
        })
    }

    /// Puts hosts into this order; they come in that of the inventory.
    pub(crate) fn apply(self, hosts: &mut [HostId], inventory: &Inventory) {
        let by_name = |a: &HostId, b: &HostId| inventory.host(*a).name.cmp(&inventory.host(*b).name);
        match self {
            Self::Inventory => {}
            Self::ReverseInventory => hosts.reverse(),
            Self::Sorted => hosts.order_by(by_name),
            Self::ReverseSorted => hosts.order_by(|a, b| by_name(b, a)),
            Self::Shuffle => rand::seq::SliceRandom::shuffle(hosts, &mut rand::rng()),
        }
    }
}

impl Inventory {
    /// The hosts of a pattern within a limit, in the order asked for.
    pub(crate) fn select(
        &self,
        pattern: &Pattern,
        limit: Option<&Limit>,
        order: Order,
        diagnostics: &mut Diagnostics,
    ) -> Vec<HostId> {
        let mut hosts = pattern.hosts(self, diagnostics);
        if let Some(limit) = limit {
            // What is wrong in the limit is said once, when it is first applied on its own.
            keep(&mut hosts, &limit.hosts(self, &mut Diagnostics::default()), true);
        }
        order.apply(&mut hosts, self);
        hosts
    }
}
