//! A host of the inventory.

use std::sync::Arc;

use super::GroupId;
use crate::vars::VarMap;

/// The place of a host in its inventory.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct HostId(pub(super) u32);

/// A host: its name, its own variables and the groups that name it.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    pub name: Arc<str>,
    /// Variables written at the host in inventory files.
    pub vars: Arc<VarMap>,
    /// The file, script or list where the host was first met.
    pub source: Option<Arc<str>>,
    /// Not in any inventory: this machine, made up because somebody asked for it.
    pub implicit: bool,
    /// The groups that list it, not their parents.
    pub(super) groups: Vec<GroupId>,
}

/// Names that mean this machine even when no inventory has them.
pub(super) const LOCALHOST: [&str; 3] = ["127.0.0.1", "localhost", "::1"];

impl Host {
    /// A host without variables and groups.
    pub(super) fn new(name: Arc<str>, source: Option<Arc<str>>) -> Self {
        Self { name, vars: Arc::default(), source, implicit: false, groups: Vec::new() }
    }

    /// The name up to its first dot; an address stays whole.
    pub(crate) fn short_name(&self) -> &str {
        if self.name.parse::<std::net::IpAddr>().is_ok() {
            return &self.name;
        }
        self.name.split('.').next().unwrap_or(&self.name)
    }
}

impl HostId {
    pub(super) fn at(self) -> usize {
        self.0 as usize
    }
}
