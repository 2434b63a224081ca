//! The syntax tree of playbooks and roles: what the user wrote, with places, and
//! nothing resolved yet. Reading never stops at the first mistake.

mod actions;
mod block;
pub mod keywords;
mod play;
mod read;
mod role;
mod task;

pub use actions::{Actions, short_name};
pub use block::{Block, Directives, Step};
pub use play::{Entry, ImportPlaybook, Play};
pub use read::{Reader, is_identifier, read_vars};
pub use role::{Role, RoleMeta, RoleUse};
pub use task::{Action, Args, Condition, Field, Loop, LoopControl, Task};
