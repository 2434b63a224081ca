//! The plan: what a run would do, as a value that can be shown before anything runs.
//! Static parts only: imports, roles, tags, host patterns, handler names, known
//! actions, names and literal values of arguments.

mod argument_spec;
mod check;
mod control;
mod files;
mod include;
mod inputs;
mod later;
mod planner;
mod play;
mod role;
mod role_files;
mod scope;
mod search;
mod start_at;
mod step;
mod tags;
#[cfg(test)]
mod tests;
mod tree;
mod walk;

pub use include::{IncludedRole, IncludedTasks, RoleRequest};
pub use inputs::Inputs;
pub use planner::{Planner, next_id};
pub use scope::absolute;
pub use step::{Lineage, Plan, PlannedBlock, PlannedPlay, PlannedStep, PlannedTask, RoleInstance, Section};
pub use tags::Choice;
pub use tree::{Checked, nothing_found};
