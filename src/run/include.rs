//! `include_tasks` and `include_role`: what a host asks for, and what is pushed for it.

use std::path::PathBuf;
use std::sync::Arc;

use indexmap::IndexMap;
use serde_json::Value as Json;

use crate::action::{self, Answer};
use crate::diagnostic::Diagnostics;
use crate::plan::{Lineage, PlannedStep, PlannedTask, RoleRequest, Section};
use crate::playbook::{Directives, Field};
use crate::template::{Scope, TemplateError, Value};
use crate::vars::{TaskScope, VarMap};

use super::PlayRun;
use super::task::Job;

/// What one host (or one of its loop items) wants to be included.
#[derive(Clone)]
pub(super) struct Include {
    what: What,
    /// Variables of the loop item.
    item: VarMap,
    pub(super) label: Option<Json>,
}

#[derive(Clone, PartialEq)]
enum What {
    Tasks(PathBuf),
    Role { name: String, options: IndexMap<String, Value> },
}

/// Whether a task's action is a dynamic include.
pub(super) fn is_include(action: &str) -> bool {
    matches!(action::short_name(action), "include_tasks" | "include_role")
}

/// What the task asks for, its arguments rendered.
///
/// # Errors
/// When an argument cannot be rendered or a file is not there.
pub(super) fn request(job: &Job, scope: &TaskScope) -> Result<Include, TemplateError> {
    let task = &job.planned.task;
    let engine = &job.play.run.engine;
    let mut options: IndexMap<String, Value> = IndexMap::new();
    let resolve = |name: &str, field: &Field| {
        engine.resolve(&field.value, scope).map_err(|error| {
            action::finalizing(action::resolving(error, name, Some(field)), &task.action.name)
        })
    };
    for (name, _, field) in &task.action.args.options {
        if name != "apply" {
            options.insert(name.clone(), resolve(name, field)?);
        }
    }
    if let Some(raw) = &task.action.args.raw {
        options.insert("file".into(), resolve("_raw_params", raw)?);
    }
    options.retain(|_, value| !matches!(value, Value::Omit));
    let what = if action::short_name(&task.action.name) == "include_role" {
        let name =
            options.get("name").or_else(|| options.get("role")).map(Value::to_text).unwrap_or_default();
        What::Role { name, options }
    } else {
        let name = options.get("file").map(Value::to_text).unwrap_or_default();
        let found = job.play.search(&job.planned).find("tasks", &name);
        let file = found.map_err(|e| TemplateError::failed(e.to_string()).at(Some(task.span.clone())))?;
        What::Tasks(file)
    };
    Ok(Include { what, item: VarMap::new(), label: None })
}

impl Include {
    /// It belongs to a loop item.
    pub(super) fn add_item(&mut self, vars: VarMap, label: Json) {
        self.item = vars;
        self.label = Some(label);
    }

    /// The result of the including task itself.
    pub(super) fn answer(&self) -> Answer {
        match &self.what {
            What::Tasks(file) => Answer::default()
                .with("include", file.display().to_string())
                .with("include_args", Json::Object(Default::default())),
            What::Role { name, .. } => {
                Answer::default().with("include_args", serde_json::json!({ "name": name }))
            }
        }
    }

    /// The file, where it is one.
    pub(super) fn file(&self) -> Option<String> {
        match &self.what {
            What::Tasks(file) => Some(file.display().to_string()),
            What::Role { .. } => None,
        }
    }

    /// As outputs name it: a file by its whole path.
    pub(super) fn name(&self) -> String {
        match &self.what {
            What::Tasks(file) => plain(file).display().to_string(),
            What::Role { name, .. } => name.clone(),
        }
    }

    /// Whether two hosts ask for the very same.
    pub(super) fn same(&self, other: &Include) -> bool {
        let vars = |i: &Include| i.item.iter().map(|(k, d)| (k.clone(), d.value.clone())).collect::<Vec<_>>();
        self.what == other.what && vars(self) == vars(other)
    }

    /// The steps to run, read and planned now.
    ///
    /// # Errors
    /// With all mistakes in the file or role.
    pub(super) fn load(
        &self,
        play: &PlayRun,
        planned: &PlannedTask,
        scope: &dyn Scope,
        handler: bool,
    ) -> Result<Arc<[PlannedStep]>, Diagnostics> {
        let (steps, diagnostics) = match &self.what {
            What::Tasks(file) => {
                let (tasks, diagnostics) =
                    play.run.planner.include_tasks(file, &self.lineage(planned), scope, handler);
                (play.enter_tasks(tasks), diagnostics)
            }
            What::Role { name, options } => {
                let request = RoleRequest::new(
                    name,
                    options,
                    self.lineage(planned),
                    scope,
                    play.run.planner.are_includes_public(),
                );
                let named = |option: &str| matches!(option, "name" | "role");
                let args = &planned.task.action.args.options;
                let place = args.iter().find(|(option, ..)| named(option)).map(|(.., f)| f.span.clone());
                let request = request.at(place);
                let (role, diagnostics) = play.run.planner.include_role(request);
                let steps = role.map(|role| play.enter_role(role)).unwrap_or_default();
                (steps, diagnostics)
            }
        };
        if diagnostics.has_errors() {
            return Err(diagnostics);
        }
        Ok(steps.into())
    }

    /// What included steps inherit: the variables and `apply` of the include, and what is
    /// around it; other keywords of the include are for itself only.
    fn lineage(&self, planned: &PlannedTask) -> Arc<Lineage> {
        let mut directives =
            planned.task.apply.as_deref().map_or_else(Directives::default, Directives::clone);
        let mut vars = VarMap::clone(&planned.task.directives.vars);
        vars.extend(VarMap::clone(&directives.vars));
        vars.extend(self.item.clone());
        directives.vars = Arc::new(vars);
        Arc::new(Lineage {
            directives: Arc::new(directives),
            parent: planned.lineage.parent.clone(),
            role: None,
            section: Section::Include,
        })
    }
}

/// The absolute path, without `./` in it.
fn plain(file: &std::path::Path) -> std::path::PathBuf {
    let whole = std::path::absolute(file).unwrap_or_else(|_| file.to_path_buf());
    whole.components().collect()
}
