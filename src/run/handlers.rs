//! Handlers: found by name or by what they listen to, run where they were notified.

use std::collections::HashSet;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock};

use crate::diagnostic::{Diagnostic, nearest};
use crate::plan::{PlannedStep, PlannedTask};
use crate::template::{Engine, Scope};

use super::inherit;

/// All handlers of a play, in order; included roles add theirs while it runs.
pub(super) struct Handlers {
    steps: RwLock<Arc<[PlannedStep]>>,
    /// Handlers whose names cannot be rendered, and what is to be said of them.
    unusable: Mutex<(HashSet<u64>, Vec<String>)>,
}

impl Handlers {
    /// Those known before the play runs.
    pub(super) fn new(steps: Vec<PlannedStep>) -> Self {
        Self { steps: RwLock::new(steps.into()), unusable: Mutex::default() }
    }

    /// All, in the order they run.
    pub(super) fn steps(&self) -> Arc<[PlannedStep]> {
        self.steps.read().clone()
    }

    /// Adds those of a role that came in while running.
    pub(super) fn add(&self, more: Vec<PlannedStep>) {
        let mut steps = self.steps.write();
        let all: Vec<PlannedStep> = steps.iter().cloned().chain(more).collect();
        *steps = all.into();
    }

    /// The ids of the handlers that `name` means: one of that name, and all that listen to it.
    /// Of equal names the first of its list counts, and a later list (the play's after its
    /// roles', that of an included role after those) before an earlier one.
    ///
    /// # Errors
    /// When there are none, with the nearest name.
    pub(super) fn find(
        &self,
        name: &str,
        engine: &Engine,
        scope: &dyn Scope,
    ) -> Result<Vec<u64>, Box<Diagnostic>> {
        let mut named = None;
        let mut listening: Vec<(Option<String>, usize, u64)> = Vec::new();
        let mut known = Vec::new();
        let steps = self.steps();
        each_task(&steps, &mut |task| {
            let names = self.names(task, engine, scope);
            let list = inherit::role(&task.lineage).map_or(0, |role| Arc::as_ptr(role) as usize);
            if names.iter().any(|n| n == name) && named.is_none_or(|(known, _)| known != list) {
                named = Some((list, task.id));
            }
            // ansible: a topic is taken as it is written, a template or not.
            let topics = task.task.listen.iter().flat_map(|f| f.value.as_str().map(str::to_owned));
            if topics.flat_map(|topic| with_role(task, topic)).any(|topic| topic == name) {
                let own = names.first().cloned();
                let told = |(n, l, _): &(Option<String>, usize, u64)| *n == own && *l == list;
                if own.is_none() || !listening.iter().any(told) {
                    // What a later list calls the same stands for that of an earlier one.
                    listening.retain(|(n, ..)| own.is_none() || *n != own);
                    listening.push((own, list, task.id));
                }
            }
            known.extend(names);
        });
        let mut listening: Vec<u64> = listening.into_iter().map(|(.., id)| id).collect();
        listening.extend(named.map(|(_, id)| id).filter(|id| !listening.contains(id)));
        if listening.is_empty() {
            let near = nearest(name, known.iter().map(String::as_str));
            return Err(Box::new(missing(name, near)));
        }
        Ok(listening)
    }
}

/// Nobody answers to a name.
fn missing(name: &str, near: Option<&str>) -> Diagnostic {
    let words = format!(
        "The requested handler '{name}' was not found in either the main handlers list nor in the listening handlers list"
    );
    let hint = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "handlers of an included role or file are known only once it has come in; `error_on_missing_handler \
                 = false` makes this a warning"
            .to_owned(),
    };
    let said = format!("no handler has the name `{name}` or listens to it");
    Diagnostic::error("unknown-handler", said).words(words).hint(hint)
}

impl Handlers {
    /// A handler's name, alone and with its role's before it; what cannot be rendered is nobody's name.
    fn names(&self, task: &PlannedTask, engine: &Engine, scope: &dyn Scope) -> Vec<String> {
        let Some(field) = &task.task.name else { return Vec::new() };
        match engine.resolve(&field.value, scope) {
            Ok(name) => with_role(task, name.to_text()),
            Err(error) => {
                let mut unusable = self.unusable.lock();
                if task.task.listen.is_empty() && unusable.0.insert(task.id) {
                    let name = field.value.to_json();
                    unusable.1.push(format!(
                        "Handler '{}' is unusable: it listens to nothing, and its name cannot be rendered: {error}",
                        name.as_str().unwrap_or_default()
                    ));
                }
                Vec::new()
            }
        }
    }

    /// What is to be said of handlers, once.
    pub(super) fn take_warnings(&self) -> Vec<String> {
        std::mem::take(&mut self.unusable.lock().1)
    }

    /// The names of these handlers, as written.
    pub(super) fn names_of(&self, ids: &HashSet<u64>) -> Vec<String> {
        let mut names = Vec::new();
        each_task(&self.steps(), &mut |task| {
            if ids.contains(&task.id) {
                names.extend(
                    task.task.name.as_ref().and_then(|f| f.value.to_json().as_str().map(str::to_owned)),
                );
            }
        });
        names
    }
}

/// A name alone, and with the role's before it, in full and without its collection.
fn with_role(task: &PlannedTask, name: String) -> Vec<String> {
    let Some(role) = inherit::role(&task.lineage) else { return vec![name] };
    let full = role.role.name.as_str();
    let short = full.rsplit('.').next().unwrap_or(full);
    let mut all = vec![format!("{full} : {name}")];
    if short != full {
        all.push(format!("{short} : {name}"));
    }
    all.push(name);
    all
}

fn each_task(steps: &[PlannedStep], visit: &mut dyn FnMut(&PlannedTask)) {
    for step in steps {
        match step {
            PlannedStep::Task(task) => visit(task),
            PlannedStep::Block(block) => {
                each_task(&block.tasks, visit);
                each_task(&block.rescue, visit);
                each_task(&block.always, visit);
            }
        }
    }
}
