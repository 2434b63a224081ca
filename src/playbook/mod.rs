//! The syntax tree of playbooks and roles: what the user wrote, with places, and
//! nothing resolved yet. Reading never stops at the first mistake.

mod block;
mod play;
mod role;
mod task;

pub use block::{Block, Directives, Step};
pub use play::{Entry, ImportPlaybook, Play};
pub use role::{Role, RoleUse};
pub use task::{Action, Args, Condition, Field, Loop, LoopControl, Task};
