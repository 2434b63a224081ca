//! What can be known to be wrong before any host is touched: of each file once.

mod arguments;
mod loops;
pub(super) mod notify;
mod play;
mod templates;

use std::collections::HashSet;
use std::path::Path;

use parking_lot::Mutex;

use super::inputs::{Aim, Inputs};
use super::plugins::Plugins;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::playbook::{Directives, Field, Step, Task, short_name};
use crate::template::Value;

/// What files tell about others.
#[derive(Default)]
pub(super) struct Known {
    /// Short names of modules that have `module_defaults` somewhere; `*` for a group of modules. What seems missing
    /// may be there.
    defaulted: Mutex<HashSet<String>>,
    plugins: Plugins,
}

impl Known {
    /// Plugins in Python that any template may mean.
    pub(super) fn add_plugins(&self, directory: &Path) {
        self.plugins.add(directory);
    }
}

/// Checks the steps of one file.
pub(super) struct Checker<'a> {
    inputs: &'a Inputs,
    known: &'a Known,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    pub(super) fn new(inputs: &'a Inputs, known: &'a Known, diagnostics: &'a mut Diagnostics) -> Self {
        Self { inputs, known, diagnostics }
    }

    /// All steps of a list.
    pub(super) fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Task(task) => self.task(task),
                Step::Block(block) => {
                    self.note_defaults(&block.directives);
                    self.directives(&block.directives);
                    block.name.iter().for_each(|name| self.value(&name.value));
                    [&block.tasks, &block.rescue, &block.always].into_iter().for_each(|s| self.steps(s));
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.note_defaults(&task.directives);
        self.arguments(task);
        if !self.inputs.lenient {
            self.looping(task);
        }
        self.templates(task);
    }

    /// Notes which modules have defaults.
    fn note_defaults(&mut self, directives: &Directives) {
        for field in &directives.module_defaults {
            let keys = field.value.as_map().map(|map| map.keys()).into_iter().flatten();
            for group in keys.clone().filter_map(Value::as_str).filter_map(|name| name.strip_prefix("group/"))
            {
                if !self.inputs.library.knows_group(group) {
                    self.diagnostics.push(unknown_group(group, field, self.inputs.aim));
                }
            }
            let names = keys.filter_map(Value::as_str).map(|name| match name.starts_with("group/") {
                true => "*".to_string(),
                false => short_name(name).to_string(),
            });
            let mut defaulted = self.known.defaulted.lock();
            defaulted.extend(names);
            if field.value.as_map().is_none() {
                defaulted.insert("*".into());
            }
        }
    }

    /// Whether options of the module may come from elsewhere.
    fn has_defaults(&self, module: &str) -> bool {
        let defaulted = self.known.defaulted.lock();
        defaulted.contains("*") || defaulted.contains(short_name(module))
    }
}

/// A group of modules that no collection has; it may come with one that is not installed yet.
fn unknown_group(group: &str, field: &Field, aim: Aim) -> Diagnostic {
    let full = if group.contains('.') { group.to_owned() } else { format!("ansible.builtin.{group}") };
    // ansible: scripts look for the last words.
    let words = format!("Error loading module_defaults: could not resolve the module_defaults group {full}");
    let problem = match aim {
        Aim::Run => Diagnostic::error("unknown-group", words),
        _ => Diagnostic::warning("unknown-group", words),
    };
    problem.at(&field.span, "no collection on the search path has this group of modules")
}
