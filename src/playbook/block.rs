//! Blocks, steps, and the keywords that plays, blocks, roles and tasks share.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::vars::VarMap;

use super::{Condition, Field, Task};

/// One entry of a list of tasks.
#[derive(Clone)]
pub(crate) enum Step {
    Task(Arc<Task>),
    Block(Arc<Block>),
}

/// `block:` with its `rescue:` and `always:`.
#[derive(Clone)]
pub(crate) struct Block {
    pub name: Option<Field>,
    #[allow(dead_code, reason = "every node of the tree knows its place")]
    pub span: Span,
    pub directives: Arc<Directives>,
    pub tasks: Vec<Step>,
    pub rescue: Vec<Step>,
    pub always: Vec<Step>,
}

/// Keywords that are inherited play → role → block → task. The nearest one given wins;
/// `when`, `tags` and `environment` add up, outermost first; `vars` are layers.
#[derive(Clone, Default)]
pub(crate) struct Directives {
    pub vars: Arc<VarMap>,
    pub when: Vec<Condition>,
    /// Strings, comma lists, lists, or templates of these.
    pub tags: Vec<Field>,
    pub environment: Vec<Field>,
    pub any_errors_fatal: Option<Field>,
    pub r#become: Option<Field>,
    pub become_exe: Option<Field>,
    pub become_flags: Option<Field>,
    pub become_method: Option<Field>,
    pub become_user: Option<Field>,
    pub check_mode: Option<Field>,
    pub collections: Vec<Field>,
    pub connection: Option<Field>,
    pub debugger: Option<Field>,
    pub delegate_facts: Option<Field>,
    pub delegate_to: Option<Field>,
    pub diff: Option<Field>,
    pub ignore_errors: Option<Field>,
    pub ignore_unreachable: Option<Field>,
    pub module_defaults: Vec<Field>,
    /// Of blocks, for all their tasks; a task's own is beside its action.
    pub notify: Vec<Field>,
    pub no_log: Option<Field>,
    pub port: Option<Field>,
    pub remote_user: Option<Field>,
    pub run_once: Option<Field>,
    pub throttle: Option<Field>,
    pub timeout: Option<Field>,
}
