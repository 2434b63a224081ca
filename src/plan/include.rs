//! What is included while running, read and planned by the same ways.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use indexmap::IndexMap;

use super::planner::{Planner, once};
use super::role::{EntryPoints, Wanted, is_true};
use super::step::{Lineage, PlannedStep, RoleInstance};
use super::walk::Walk;
use crate::diagnostic::{Diagnostics, Span};
use crate::playbook::keywords::Site;
use crate::template::{Scope, Value};

/// A role asked for while running.
pub(crate) struct RoleRequest {
    wanted: Wanted,
    lineage: Arc<Lineage>,
    base: PathBuf,
}

/// What an `include_tasks` brings in.
pub(crate) struct IncludedTasks {
    pub steps: Vec<PlannedStep>,
    /// Handlers of roles that the file imports.
    pub handlers: Vec<PlannedStep>,
    /// Roles that the file imports.
    pub roles: Vec<Arc<RoleInstance>>,
}

/// What an `include_role` brings in.
pub(crate) struct IncludedRole {
    pub instance: Arc<RoleInstance>,
    /// With its dependencies, and the roles that they import.
    pub roles: Vec<Arc<RoleInstance>>,
    /// Its dependencies, then the role itself, each a block.
    pub steps: Vec<PlannedStep>,
    pub handlers: Vec<PlannedStep>,
}

impl RoleRequest {
    /// Where the role is named.
    pub(crate) fn at(mut self, place: Option<Span>) -> Self {
        self.wanted.span = place;
        self
    }

    /// From the rendered options of `include_role`. `lineage` is what the role inherits, the
    /// include's own link first; `scope` tells `playbook_dir`.
    pub(crate) fn new(
        name: &str,
        options: &IndexMap<String, Value>,
        lineage: Arc<Lineage>,
        scope: &dyn Scope,
        public: bool,
    ) -> Self {
        let text = |key: &str| options.get(key).and_then(Value::as_str).map(String::from);
        let truth = |key: &str, default: bool| options.get(key).map_or(default, is_true);
        let wanted = Wanted {
            name: name.to_string(),
            span: None,
            from: EntryPoints {
                tasks: text("tasks_from"),
                vars: text("vars_from"),
                defaults: text("defaults_from"),
                handlers: text("handlers_from"),
            },
            directives: Arc::default(),
            params: Arc::default(),
            public: truth("public", public),
            again: Some(truth("allow_duplicates", true)),
            validate: truth("rolespec_validate", true),
        };
        Self { wanted, lineage, base: playbook_dir(scope) }
    }
}

impl Planner {
    /// The steps of a file, beneath `lineage`; with `handler` a handler includes it. `scope` tells `playbook_dir`.
    pub(crate) fn include_tasks(
        &self,
        file: &Path,
        lineage: &Arc<Lineage>,
        scope: &dyn Scope,
        handler: bool,
    ) -> (IncludedTasks, Diagnostics) {
        let mut walk = Walk::new(self, playbook_dir(scope));
        walk.site = if handler { Site::Handler } else { Site::Task };
        let steps = walk.file(file, lineage, None);
        (IncludedTasks { steps, handlers: walk.handlers, roles: walk.roles }, once(walk.diagnostics))
    }

    /// Whether others see the variables of an included role that does not say so itself.
    pub(crate) fn are_includes_public(&self) -> bool {
        self.inputs.are_roles_public(false)
    }

    /// A role, its dependencies before it; `None` when it is not there.
    pub(crate) fn include_role(&self, request: RoleRequest) -> (Option<IncludedRole>, Diagnostics) {
        let mut walk = Walk::new(self, request.base);
        let (steps, instance) = walk.role(&request.wanted, &request.lineage);
        let (handlers, roles) = (walk.handlers, walk.roles);
        let included = instance.map(|instance| IncludedRole { instance, roles, steps, handlers });
        (included, once(walk.diagnostics))
    }
}

fn playbook_dir(scope: &dyn Scope) -> PathBuf {
    match scope.get("playbook_dir") {
        Some(Value::Str(path)) => PathBuf::from(&*path),
        _ => PathBuf::from("."),
    }
}
