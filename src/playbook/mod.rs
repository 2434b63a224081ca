//! The syntax tree of playbooks and roles: what the user wrote, with places, and
//! nothing resolved yet. Reading never stops at the first mistake.

mod actions;
mod block;
pub(crate) mod keywords;
mod play;
mod read;
mod role;
mod task;

pub(crate) use actions::{Actions, short_name};
pub(crate) use block::{Block, Directives, Step};
pub(crate) use play::{Entry, ImportPlaybook, Play};
pub(crate) use read::{Reader, is_identifier, read_vars};
pub(crate) use role::{Role, RoleMeta, RoleUse};
pub(crate) use task::{Action, Args, Condition, Field, Loop, LoopControl, Task};
