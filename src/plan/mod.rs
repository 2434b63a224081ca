//! The plan: what a run would do, as a value that can be shown before anything runs.
//! Static parts only: imports, roles, tags, host patterns, handler names, known
//! actions, names and literal values of arguments.

mod step;

pub use step::{Lineage, Plan, PlannedBlock, PlannedPlay, PlannedStep, PlannedTask, RoleInstance, Section};
