//! What can be known to be wrong before any host is touched: of each file once.

mod arguments;
mod loops;
pub(super) mod notify;
mod play;
mod templates;

use std::collections::HashSet;

use parking_lot::Mutex;

use super::inputs::Inputs;
use crate::diagnostic::Diagnostics;
use crate::playbook::{Directives, Step, Task, short_name};
use crate::template::Value;

/// Short names of modules that have `module_defaults` in some file; `*` for a group of modules.
pub(super) type Defaulted = Mutex<HashSet<String>>;

/// Checks the steps of one file.
pub(super) struct Checker<'a> {
    inputs: &'a Inputs,
    /// Modules that have `module_defaults` somewhere: what seems missing may be there.
    defaulted: &'a Defaulted,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    pub(super) fn new(
        inputs: &'a Inputs,
        defaulted: &'a Defaulted,
        diagnostics: &'a mut Diagnostics,
    ) -> Self {
        Self { inputs, defaulted, diagnostics }
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
            let names = keys.filter_map(Value::as_str).map(|name| match name.starts_with("group/") {
                true => "*".to_string(),
                false => short_name(name).to_string(),
            });
            let mut defaulted = self.defaulted.lock();
            defaulted.extend(names);
            if field.value.as_map().is_none() {
                defaulted.insert("*".into());
            }
        }
    }

    /// Whether options of the module may come from elsewhere.
    fn has_defaults(&self, module: &str) -> bool {
        let defaulted = self.defaulted.lock();
        defaulted.contains("*") || defaulted.contains(short_name(module))
    }
}
