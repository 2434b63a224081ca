//! A group of the inventory.

use std::sync::Arc;

use super::HostId;
use crate::diagnostic::Span;
use crate::vars::VarMap;

/// The place of a group in its inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct GroupId(pub(super) u32);

/// A group: its members, its subgroups and its variables.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    pub name: Arc<str>,
    /// Variables written at the group in inventory files.
    pub vars: Arc<VarMap>,
    /// `ansible_group_priority`: among groups of the same depth the higher one wins.
    pub priority: i64,
    /// Steps down from `all`, by the longest way.
    pub depth: u32,
    pub(super) hosts: Vec<HostId>,
    pub(super) children: Vec<Child>,
    pub(super) parents: Vec<GroupId>,
}

/// A subgroup and where it was made one.
#[derive(Clone, Debug)]
pub(super) struct Child {
    pub(super) group: GroupId,
    pub(super) place: Option<Span>,
}

impl Group {
    /// The hosts it lists itself.
    pub(crate) fn hosts(&self) -> &[HostId] {
        &self.hosts
    }

    /// The groups right below it.
    pub(crate) fn children(&self) -> impl Iterator<Item = GroupId> {
        self.children.iter().map(|child| child.group)
    }

    /// An empty group.
    pub(super) fn new(name: Arc<str>) -> Self {
        Self {
            name,
            vars: Arc::default(),
            priority: 1,
            depth: 0,
            hosts: Vec::new(),
            children: Vec::new(),
            parents: Vec::new(),
        }
    }
}

impl GroupId {
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }

    /// `all`, the first group of every inventory.
    pub(crate) const ALL: GroupId = GroupId(0);
    /// `ungrouped`, the second.
    pub(crate) const UNGROUPED: GroupId = GroupId(1);
}
