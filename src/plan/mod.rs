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
mod nearby;
mod planner;
mod play;
mod plugins;
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

pub(crate) use include::{IncludedRole, IncludedTasks, RoleRequest};
pub(crate) use inputs::{Aim, Inputs};
pub(crate) use planner::{Planner, next_id};
pub(crate) use scope::absolute;
pub(crate) use step::{
    Lineage, Plan, PlannedBlock, PlannedPlay, PlannedStep, PlannedTask, RoleInstance, RoleUsage, Section,
};
pub(crate) use tags::Choice;
pub(crate) use tree::{Checked, nothing_found};
