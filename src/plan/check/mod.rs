//! What can be known to be wrong before any host is touched: of each file once.

mod arguments;
mod loops;
pub(super) mod notify;
mod play;
mod templates;

use super::inputs::Inputs;
use crate::diagnostic::Diagnostics;
use crate::playbook::{Step, Task};

/// Checks the steps of one file.
pub(super) struct Checker<'a> {
    inputs: &'a Inputs,
    diagnostics: &'a mut Diagnostics,
}

impl<'a> Checker<'a> {
    pub(super) fn new(inputs: &'a Inputs, diagnostics: &'a mut Diagnostics) -> Self {
        Self { inputs, diagnostics }
    }

    /// All steps of a list.
    pub(super) fn steps(&mut self, steps: &[Step]) {
        for step in steps {
            match step {
                Step::Task(task) => self.task(task),
                Step::Block(block) => {
                    self.directives(&block.directives);
                    block.name.iter().for_each(|name| self.value(&name.value));
                    [&block.tasks, &block.rescue, &block.always].into_iter().for_each(|s| self.steps(s));
                }
            }
        }
    }

    fn task(&mut self, task: &Task) {
        self.arguments(task);
        self.looping(task);
        self.templates(task);
    }
}
