//! Roles: where they are used, and what is in their directory.

use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::Span;
use crate::vars::VarMap;

use super::{Directives, Field, Step};

/// One entry of `roles:` or of a role's `dependencies:`.
#[derive(Clone)]
pub(crate) struct RoleUse {
    pub name: Field,
    #[allow(dead_code, reason = "every node of the tree knows its place")]
    pub span: Span,
    /// Keywords beside the name; other keys are the role's parameters.
    pub directives: Arc<Directives>,
    pub params: Arc<VarMap>,
}

/// A role's directory, read with the entry points that were asked for.
pub(crate) struct Role {
    /// As used, e.g. `web` or `namespace.collection.web`.
    pub name: String,
    pub path: PathBuf,
    pub defaults: Arc<VarMap>,
    pub vars: Arc<VarMap>,
    pub tasks: Vec<Step>,
    pub handlers: Vec<Step>,
    /// The directories of the files of tasks and handlers.
    pub tasks_directory: PathBuf,
    pub handlers_directory: PathBuf,
    pub dependencies: Vec<RoleUse>,
    pub allow_duplicates: bool,
    /// Collections in which short names of its modules are looked for.
    pub collections: Vec<String>,
    /// `meta/argument_specs.yml` (or `argument_specs` of `meta/main.yml`), whole.
    pub argument_specs: Option<Field>,
}

/// What `meta/main.yml` of a role says.
#[derive(Default)]
pub(crate) struct RoleMeta {
    pub dependencies: Vec<RoleUse>,
    pub allow_duplicates: bool,
    pub collections: Vec<String>,
    pub argument_specs: Option<Field>,
}
