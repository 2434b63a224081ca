//! Plays and imported playbooks as written.

use std::sync::Arc;

use crate::diagnostic::Span;

use super::{Directives, Field, RoleUse, Step};

/// One entry of a playbook.
#[derive(Clone)]
pub(crate) enum Entry {
    Play(Arc<Play>),
    Import(ImportPlaybook),
}

/// `import_playbook:`; its directives (vars, when, tags) go to every play in it.
#[derive(Clone)]
pub(crate) struct ImportPlaybook {
    pub file: Field,
    #[allow(dead_code, reason = "every node of the tree knows its place")]
    pub span: Span,
    pub directives: Arc<Directives>,
}

/// A play as written.
#[derive(Clone)]
pub(crate) struct Play {
    pub name: Option<Field>,
    pub span: Span,
    /// The pattern, or list of patterns.
    pub hosts: Field,
    pub directives: Arc<Directives>,
    pub gather_facts: Option<Field>,
    pub gather_subset: Option<Field>,
    pub gather_timeout: Option<Field>,
    pub fact_path: Option<Field>,
    pub vars_files: Option<Field>,
    pub vars_prompt: Option<Field>,
    pub roles: Vec<RoleUse>,
    pub pre_tasks: Vec<Step>,
    pub tasks: Vec<Step>,
    pub post_tasks: Vec<Step>,
    pub handlers: Vec<Step>,
    /// Tasks under keys that a later equal key replaced: they do not run, but are checked.
    pub shadowed: Vec<Step>,
    pub serial: Option<Field>,
    pub strategy: Option<Field>,
    pub order: Option<Field>,
    pub max_fail_percentage: Option<Field>,
    pub force_handlers: Option<Field>,
    /// The directory of the playbook file.
    pub directory: std::path::PathBuf,
}
