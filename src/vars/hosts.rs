//! What variables need to know of an inventory; the inventory implements it.

use std::sync::Arc;

use super::Stratum;
use crate::template::Value;

/// The hosts of a run, which may grow while it runs.
pub(crate) trait Hosts: Send + Sync {
    /// What the inventory says of a host; `None` when there is none of that name.
    fn describe(&self, name: &str) -> Option<Arc<HostVars>>;

    /// Names of all hosts in the order of the inventory; none that were made up.
    fn names(&self) -> Vec<Arc<str>>;

    /// The magic variable `groups`.
    fn groups(&self) -> Value;
}

/// What the inventory and the files beside it and beside the playbook say of a host.
#[derive(Debug, Default)]
pub(crate) struct HostVars {
    /// The name it has in the inventory.
    pub name: Arc<str>,
    /// The name up to its first dot.
    pub short_name: Arc<str>,
    /// Sorted, without `all`.
    pub group_names: Vec<Arc<str>>,
    /// In no inventory: this machine, made up because somebody asked for it.
    pub implicit: bool,
    /// The file, script or list where it was first met, and the directory of that.
    pub source: Option<(Arc<str>, Option<Arc<str>>)>,
    /// Variables of its groups, the weakest first; shared by all hosts of the same groups.
    pub groups: Arc<[Stratum]>,
    /// Variables of its own, the weakest first.
    pub own: Arc<[Stratum]>,
}
