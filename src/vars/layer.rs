//! Precedence: who may set a variable, from the weakest to the strongest.

use std::fmt;
use std::sync::Arc;

use super::VarMap;

/// Where a variable was set; the order of the variants is the order of precedence.
///
/// The first 22 are Ansible's documented levels. What follows cannot be set by the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Layer {
    /// Values of the command line that are not variables (`-u`): they are settings here, and
    /// stand in the list because Ansible counts them.
    #[allow(dead_code, reason = "named for the order")]
    CommandLine,
    /// `defaults/main.yml` of a role.
    RoleDefaults,
    /// Group variables in an inventory file or from a script.
    InventoryGroup,
    /// `group_vars/all` beside the inventory.
    InventoryGroupVarsAll,
    /// `group_vars/all` beside the playbook.
    PlaybookGroupVarsAll,
    /// `group_vars/*` beside the inventory.
    InventoryGroupVars,
    /// `group_vars/*` beside the playbook.
    PlaybookGroupVars,
    /// Host variables in an inventory file or from a script.
    InventoryHost,
    /// `host_vars/*` beside the inventory.
    InventoryHostVars,
    /// `host_vars/*` beside the playbook.
    PlaybookHostVars,
    /// Facts of the host, and `set_fact` with `cacheable`.
    Facts,
    /// `vars` of the play.
    PlayVars,
    /// `vars_prompt` of the play.
    PlayPrompt,
    /// `vars_files` of the play.
    VarsFiles,
    /// `vars/main.yml` of a role.
    RoleVars,
    /// `vars` of a block.
    BlockVars,
    /// `vars` of a task.
    TaskVars,
    /// The module `include_vars`.
    IncludeVars,
    /// `set_fact` and `register`.
    SetFacts,
    /// Parameters given to a role, also by `include_role`.
    RoleParams,
    /// `vars` of an include.
    IncludeParams,
    /// `-e` on the command line.
    ExtraVars,
    /// What baton itself says: `inventory_hostname`, `groups`, `playbook_dir`.
    Magic,
    /// The item and index of a loop, and what else lives for one task only.
    Loop,
}

/// All layers, the weakest first.
#[cfg(test)]
pub(super) const LAYERS: [Layer; 24] = [
    Layer::CommandLine,
    Layer::RoleDefaults,
    Layer::InventoryGroup,
    Layer::InventoryGroupVarsAll,
    Layer::PlaybookGroupVarsAll,
    Layer::InventoryGroupVars,
    Layer::PlaybookGroupVars,
    Layer::InventoryHost,
    Layer::InventoryHostVars,
    Layer::PlaybookHostVars,
    Layer::Facts,
    Layer::PlayVars,
    Layer::PlayPrompt,
    Layer::VarsFiles,
    Layer::RoleVars,
    Layer::BlockVars,
    Layer::TaskVars,
    Layer::IncludeVars,
    Layer::SetFacts,
    Layer::RoleParams,
    Layer::IncludeParams,
    Layer::ExtraVars,
    Layer::Magic,
    Layer::Loop,
];

/// One layer's definitions, shared.
#[derive(Clone, Debug)]
pub(crate) struct Stratum {
    pub layer: Layer,
    pub vars: Arc<VarMap>,
}

impl Stratum {
    /// Definitions of one layer.
    pub(crate) fn new(layer: Layer, vars: Arc<VarMap>) -> Self {
        Self { layer, vars }
    }
}

/// Layers in their order, the weakest first; among equal ones the later wins. Shared, for many scopes have the same.
#[derive(Clone)]
pub(crate) struct Strata(Arc<[Stratum]>);

impl Strata {
    /// Brings layers in order.
    pub(super) fn new(mut all: Vec<Stratum>) -> Self {
        all.retain(|stratum| !stratum.vars.is_empty());
        all.sort_by_key(|stratum| stratum.layer);
        Self(all.into())
    }

    /// The weakest first.
    pub(crate) fn iter(&self) -> std::slice::Iter<'_, Stratum> {
        self.0.iter()
    }
}

impl Layer {
    /// Its number in Ansible's list, from 1; none for what the user cannot set.
    pub(crate) fn level(self) -> Option<usize> {
        (self <= Layer::ExtraVars).then_some(self as usize + 1)
    }
}

impl fmt::Display for Layer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Layer::CommandLine => "command line values",
            Layer::RoleDefaults => "role defaults",
            Layer::InventoryGroup => "inventory group vars",
            Layer::InventoryGroupVarsAll => "inventory group_vars/all",
            Layer::PlaybookGroupVarsAll => "playbook group_vars/all",
            Layer::InventoryGroupVars => "inventory group_vars",
            Layer::PlaybookGroupVars => "playbook group_vars",
            Layer::InventoryHost => "inventory host vars",
            Layer::InventoryHostVars => "inventory host_vars",
            Layer::PlaybookHostVars => "playbook host_vars",
            Layer::Facts => "facts",
            Layer::PlayVars => "play vars",
            Layer::PlayPrompt => "play vars_prompt",
            Layer::VarsFiles => "play vars_files",
            Layer::RoleVars => "role vars",
            Layer::BlockVars => "block vars",
            Layer::TaskVars => "task vars",
            Layer::IncludeVars => "include_vars",
            Layer::SetFacts => "set_fact or register",
            Layer::RoleParams => "role params",
            Layer::IncludeParams => "include params",
            Layer::ExtraVars => "extra vars",
            Layer::Magic => "magic variables",
            Layer::Loop => "loop variables",
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn layers_are_listed_in_the_order_of_their_strength() {
        assert!(LAYERS.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(LAYERS.iter().filter(|l| **l <= Layer::ExtraVars).count(), 22);
    }
}
