//! Small plans for tests.

use std::sync::Arc;

use crate::diagnostic::{Source, Span};
use crate::plan::{Lineage, PlannedBlock, PlannedStep, PlannedTask, Section};
use crate::playbook::{Args, Directives, Task};

/// A lineage with nothing in it.
pub(crate) fn lineage() -> Arc<Lineage> {
    Arc::new(Lineage {
        directives: Arc::new(Directives::default()),
        parent: None,
        role: None,
        section: Section::Play,
    })
}

/// A task with this action and nothing else.
pub(crate) fn task(action: &str) -> PlannedStep {
    let span = Span::new(&Source::new("test", ""), 0, 0);
    let task = Task::implicit(action, Args::default(), span);
    PlannedStep::Task(Arc::new(PlannedTask {
        id: 0,
        task: Arc::new(task),
        lineage: lineage(),
        tags: Vec::new(),
        directory: "/".into(),
        implicit: false,
    }))
}

/// A block of these sections.
pub(crate) fn block(
    tasks: Vec<PlannedStep>,
    rescue: Vec<PlannedStep>,
    always: Vec<PlannedStep>,
) -> PlannedStep {
    PlannedStep::Block(Arc::new(PlannedBlock {
        block: None,
        lineage: lineage(),
        tasks: tasks.into(),
        rescue: rescue.into(),
        always: always.into(),
        role: None,
    }))
}
