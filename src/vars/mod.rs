//! Variables: where they come from and which one wins. Layered and shared, never
//! merged into one map per task.
//!
//! A run has one `VarsStore`: it knows the inventory (through `Hosts`), `-e`, and what was
//! learned of each host. `store.scope(host, strata)` gives what a task sees there: `strata`
//! are the layers of the play, its roles, blocks, the task and includes, each an `Arc`'d map
//! with its `Layer`, in any order; of equal layers the later one wins. A `TaskScope` is a
//! snapshot: what is learned afterwards is seen by the next one. `scope.with(layer, vars)`
//! adds loop variables and results; `scope.definitions(name)` tells every definition.

mod cache;
mod definition;
mod extra;
mod facts;
mod file;
mod freeform;
mod hosts;
mod hostvars;
mod layer;
mod magic;
mod merge;
mod reserved;
mod scope;
mod store;

pub(crate) use cache::FactCache;
pub(crate) use definition::{Definition, VarMap};
pub(crate) use extra::extra_vars;
pub(crate) use file::variable_name;
pub(crate) use file::{Decrypt, VarsFiles, variables};
pub(crate) use freeform::{Unbalanced, take_apart};
pub(crate) use hosts::{HostVars, Hosts};
pub(crate) use layer::{Layer, Strata, Stratum};
pub(crate) use magic::{PlayMagic, RoleMagic, RunMagic, local_python};
pub(crate) use merge::combined;
pub(crate) use reserved::reserved;
pub(crate) use scope::{PlainScope, TaskScope};
pub(crate) use store::{Settings, VarsStore};

#[cfg(test)]
mod tests;
