//! The list of steps of a play: facts, tasks and roles in their order, with handlers
//! flushed in between.

use std::sync::Arc;

use crate::diagnostic::{Source, Span};
use crate::plan::{Lineage, PlannedStep, PlannedTask, Section};
use crate::playbook::{Args, Field, Task};
use crate::template::Value;

use super::PlayRun;

/// The steps of a batch of this play.
pub(super) fn of_batch(play: &PlayRun) -> Arc<[PlannedStep]> {
    let plan = &play.plan;
    let mut steps = Vec::new();
    if gathers(play) {
        steps.push(gather(play));
    }
    // ansible: handlers are flushed three times even where a section is empty: a handler that
    // notifies an earlier one has it run at the next flush.
    steps.extend(plan.pre_tasks.iter().cloned());
    steps.push(flush(&plan.lineage));
    steps.extend(plan.roles.iter().cloned());
    steps.extend(plan.tasks.iter().cloned());
    steps.push(flush(&plan.lineage));
    steps.extend(plan.post_tasks.iter().cloned());
    steps.push(flush(&plan.lineage));
    steps.into()
}

/// Just the handlers.
pub(super) fn flush_only() -> Arc<[PlannedStep]> {
    let none = Lineage { directives: Arc::default(), parent: None, role: None, section: Section::Play };
    Arc::from([flush(&Arc::new(none))])
}

/// Whether failed hosts run the handlers they owe.
pub(super) fn force_handlers(play: &PlayRun) -> bool {
    play.flag(play.plan.play.force_handlers.as_ref()).unwrap_or(play.run.options.force_handlers)
}

fn gathers(play: &PlayRun) -> bool {
    let explicit = play.flag(play.plan.play.gather_facts.as_ref());
    explicit.unwrap_or(play.run.options.gather)
        && play.run.options.tags.chooses(&["always".to_owned()])
        && !(play.run.options.gather_smart
            && explicit.is_none()
            && play.run.store.all_have_facts(&play.all_hosts))
}

fn gather(play: &PlayRun) -> PlannedStep {
    let written = &play.plan.play;
    let options = [
        ("gather_subset", &written.gather_subset),
        ("gather_timeout", &written.gather_timeout),
        ("fact_path", &written.fact_path),
    ];
    let span = written.span.clone();
    let options = options
        .into_iter()
        .filter_map(|(name, field)| Some((name.to_owned(), span.clone(), field.clone()?)))
        .collect();
    let args = Args { options, raw: None, whole: None };
    implicit("gather_facts", Some("Gathering Facts"), args, &play.plan.lineage, span)
}

fn flush(lineage: &Arc<Lineage>) -> PlannedStep {
    let span = Span::new(&Source::new("<implicit>", ""), 0, 0);
    let raw = Field { value: Value::str("flush_handlers"), span: span.clone() };
    let args = Args { raw: Some(raw), ..Args::default() };
    implicit("meta", None, args, lineage, span)
}

/// A task nobody wrote.
fn implicit(action: &str, name: Option<&str>, args: Args, lineage: &Arc<Lineage>, span: Span) -> PlannedStep {
    let name = name.map(|name| Field { value: Value::str(name), span: span.clone() });
    let task = Task { name, ..Task::implicit(action, args, span) };
    PlannedStep::Task(Arc::new(PlannedTask {
        id: crate::plan::next_id(),
        task: Arc::new(task),
        lineage: lineage.clone(),
        tags: vec!["always".into()],
        directory: Default::default(),
        implicit: true,
    }))
}
