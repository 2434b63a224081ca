//! From the steps of a syntax tree to planned steps: imports are resolved, tags chosen.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::inputs::Aim;
use super::planner::{Planner, hint_names, next_id, not_found, unreadable};
use super::scope::{StaticScope, links, role};
use super::search;
use super::step::{Lineage, PlannedBlock, PlannedStep, PlannedTask, RoleInstance, Section};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Span};
use crate::playbook::keywords::Site;
use crate::playbook::{Block, Directives, Field, Step, Task, short_name};
use crate::template::Value;
use crate::vars::VarMap;

const IMPORTED_FILE: &str = "the name of an imported file";
/// How deep imports may go.
const DEEPEST: usize = 100;

/// One walk through a play or through what was included.
pub(super) struct Walk<'a> {
    pub(super) planner: &'a Planner,
    pub(super) diagnostics: Diagnostics,
    /// The directory of the playbook.
    pub(super) base: PathBuf,
    /// Whether tasks or handlers are walked.
    pub(super) site: Site,
    /// All roles applied, in order.
    pub(super) roles: Vec<Arc<RoleInstance>>,
    /// Handlers of the roles.
    pub(super) handlers: Vec<PlannedStep>,
    /// Variables of the play's files.
    pub(super) files: Vec<Arc<VarMap>>,
    /// Files and roles that are being walked, outermost first.
    pub(super) stack: Vec<String>,
    /// Something could not be read: handlers may be missing for that reason.
    pub(super) incomplete: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(planner: &'a Planner, base: PathBuf) -> Self {
        Self {
            planner,
            diagnostics: Diagnostics::default(),
            base,
            site: Site::Task,
            roles: Vec::new(),
            handlers: Vec::new(),
            files: Vec::new(),
            stack: Vec::new(),
            incomplete: false,
        }
    }

    /// The steps of a list that stands in a file in `directory`.
    pub(super) fn steps(
        &mut self,
        steps: &[Step],
        lineage: &Arc<Lineage>,
        directory: &Path,
    ) -> Vec<PlannedStep> {
        let mut planned = Vec::new();
        for step in steps {
            match step {
                Step::Block(block) => planned.extend(self.block(block, lineage, directory)),
                Step::Task(task) => match short_name(&task.action.name) {
                    "import_tasks" => planned.extend(self.import_tasks(task, lineage, directory)),
                    "import_role" => planned.extend(self.import_role(task, lineage)),
                    _ => planned.extend(self.task(task, lineage, directory)),
                },
            }
        }
        planned
    }

    /// A task, if the tags choose it.
    pub(super) fn task(
        &mut self,
        task: &Arc<Task>,
        parent: &Arc<Lineage>,
        directory: &Path,
    ) -> Option<PlannedStep> {
        let lineage = Lineage::of(&task.directives, Some(parent), Section::Task);
        let tags = self.tags(&lineage);
        if !self.planner.inputs.tags.is_all() {
            self.planner.met.lock().extend(tags.iter().cloned());
        }
        if self.site == Site::Task && !self.planner.inputs.tags.chooses(&tags) {
            return None;
        }
        let mut task = task.clone();
        let notify: Vec<Field> = links(parent).flat_map(|link| link.directives.notify.clone()).collect();
        if !notify.is_empty() {
            Arc::make_mut(&mut task).notify.extend(notify);
        }
        let directory = directory.to_path_buf();
        Some(PlannedStep::Task(Arc::new(PlannedTask {
            id: next_id(),
            task,
            lineage,
            tags,
            directory,
            implicit: false,
        })))
    }

    fn block(&mut self, block: &Arc<Block>, parent: &Arc<Lineage>, directory: &Path) -> Option<PlannedStep> {
        let lineage = Lineage::of(&block.directives, Some(parent), Section::Block);
        let tasks = self.steps(&block.tasks, &lineage, directory);
        let rescue = self.steps(&block.rescue, &lineage, directory);
        let always = self.steps(&block.always, &lineage, directory);
        if tasks.is_empty() && rescue.is_empty() && always.is_empty() {
            return None;
        }
        Some(PlannedStep::Block(Arc::new(PlannedBlock {
            block: Some(block.clone()),
            lineage,
            tasks: tasks.into(),
            rescue: rescue.into(),
            always: always.into(),
            role: None,
        })))
    }

    fn import_tasks(&mut self, task: &Task, parent: &Arc<Lineage>, directory: &Path) -> Vec<PlannedStep> {
        self.no_loop(task);
        let args = &task.action.args;
        let named = args.options.iter().find(|(key, ..)| key == "file").map(|(.., field)| field);
        let Some(field) = named.or(args.raw.as_ref()) else { return Vec::new() };
        let lineage = Lineage::of(&passed_on(task), Some(parent), Section::Block);
        let Some(name) = self.text(field, &lineage, IMPORTED_FILE) else {
            return Vec::new();
        };
        let kind = if self.site == Site::Handler { "handlers" } else { "tasks" };
        let within = role(parent).map(|role| role.role.path.clone());
        let candidates = search::of_import(&name, directory, within.as_deref(), kind, &self.base);
        match search::first_file(candidates) {
            Ok(path) => self.import_file(&path, &lineage, &field.span),
            Err(tried) => {
                self.incomplete = true;
                self.diagnostics.push(missing(&name, &tried, &field.span));
                Vec::new()
            }
        }
    }

    fn import_file(&mut self, path: &Path, lineage: &Arc<Lineage>, from: &Span) -> Vec<PlannedStep> {
        let key = path.display().to_string();
        if !self.enter(&key, from) {
            return Vec::new();
        }
        let steps = self.file(path, lineage, Some(from));
        self.stack.pop();
        steps
    }

    /// The steps of a file of tasks.
    pub(super) fn file(
        &mut self,
        path: &Path,
        lineage: &Arc<Lineage>,
        from: Option<&Span>,
    ) -> Vec<PlannedStep> {
        match self.planner.files.tasks(path, self.site, &self.planner.inputs) {
            Ok(file) => {
                self.diagnostics.extend(file.diagnostics.clone());
                self.steps(&file.content, lineage, &super::files::directory(path))
            }
            Err(error) => {
                let problem = unreadable(path, &error);
                self.diagnostics.push(match from {
                    Some(span) => problem.at(span, "imported here"),
                    None => problem,
                });
                Vec::new()
            }
        }
    }

    /// Notes that a file or role is being walked; says so when it already is.
    pub(super) fn enter(&mut self, key: &str, from: &Span) -> bool {
        let circle = self.stack.iter().any(|entered| entered == key);
        if circle || self.stack.len() > DEEPEST {
            let message = format!("imports go round in a circle: `{key}`");
            self.diagnostics.push(
                Diagnostic::error("import-circle", message)
                    .at(from, "is being imported already")
                    .hint("`include_tasks` and `include_role` may come back to themselves under a condition"),
            );
            return false;
        }
        self.stack.push(key.to_string());
        true
    }

    /// Imports are resolved once and cannot loop.
    pub(super) fn no_loop(&mut self, task: &Task) {
        if let Some(looping) = &task.looping {
            let kind = short_name(&task.action.name);
            let problem = Diagnostic::error("import-loop", format!("`{kind}` cannot loop"))
                .at(&looping.value.span, "a loop")
                .hint(format!("use `{}`", kind.replace("import", "include")));
            self.diagnostics.push(problem);
        }
    }

    /// A text that must be known before the run.
    pub(super) fn text(&mut self, field: &Field, lineage: &Arc<Lineage>, what: &str) -> Option<String> {
        let lenient = self.planner.inputs.aim == Aim::Check;
        match self.render(&field.value, lineage) {
            Ok(Value::Str(text)) => Some(text.to_string()),
            Ok(Value::Int(number)) => Some(number.to_string()),
            Ok(_) => {
                let message = format!("{what} must be a string");
                self.diagnostics.push(Diagnostic::error("wrong-kind", message).at(&field.span, ""));
                None
            }
            Err(problem) => {
                let mut problem = match problem.place {
                    Some(_) => problem,
                    None => problem.at(&field.span, ""),
                };
                problem.slug = if what == IMPORTED_FILE { "template" } else { "unknown-import" };
                if lenient {
                    // The command line of a run may tell it.
                    problem.severity = Severity::Warning;
                    self.incomplete = true;
                }
                let problem = problem.hint(format!("{what} must be known before the run: from `-e`, `vars`, `vars_files` or the role; or use `include_…`"));
                self.diagnostics.push(problem);
                None
            }
        }
    }

    fn render(&self, value: &Value, lineage: &Arc<Lineage>) -> Result<Value, Diagnostic> {
        if !value.is_lazy() {
            return Ok(value.clone());
        }
        let inputs = &self.planner.inputs;
        let scope = StaticScope::new(&inputs.extra_vars, lineage, &self.files, &self.base);
        (inputs.render)(value, &scope)
    }

    /// Tags of a step, its own and inherited.
    pub(super) fn tags(&mut self, lineage: &Arc<Lineage>) -> Vec<String> {
        let mut tags = Vec::new();
        for link in links(lineage) {
            for field in &link.directives.tags {
                match self.render(&field.value, lineage) {
                    Ok(value) => add_tags(&value, &mut tags),
                    Err(problem) => {
                        let problem = problem.hint(
                            "tags must be known before the run: from `-e`, `vars`, `vars_files` or the role",
                        );
                        self.diagnostics.push(problem);
                    }
                }
            }
        }
        tags
    }
}

/// What an import passes on to all that it imports: its keywords, and whom it notifies.
pub(super) fn passed_on(task: &Task) -> Arc<Directives> {
    if task.notify.is_empty() {
        return task.directives.clone();
    }
    let mut directives = Directives::clone(&task.directives);
    directives.notify.extend(task.notify.iter().cloned());
    Arc::new(directives)
}

fn add_tags(value: &Value, tags: &mut Vec<String>) {
    match value {
        Value::Str(text) if !tags.iter().any(|tag| **tag == **text) => tags.push(text.to_string()),
        Value::Int(number) => add_tags(&Value::str(number.to_string()), tags),
        Value::List(list) => list.items.iter().for_each(|item| add_tags(item, tags)),
        _ => {}
    }
}

/// A file that none of the places has.
fn missing(name: &str, tried: &[PathBuf], at: &Span) -> Diagnostic {
    let problem = Diagnostic::error("missing-file", format!("file not found: `{name}`")).at(at, "");
    let last = tried.last().map_or(Path::new(name), PathBuf::as_path);
    let problem = problem.words(not_found(last));
    let problem = tried.first().map_or(problem.clone(), |path| hint_names(problem, name, path));
    let places: Vec<_> = tried.iter().map(|path| format!("`{}`", path.display())).collect();
    problem.hint(format!("looked for {}", places.join(", ")))
}
