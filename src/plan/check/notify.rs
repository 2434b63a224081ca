//! Handlers that are notified and are not there.

use std::collections::HashSet;

use baton_modules::sorting::Sorting;

use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::plan::scope::role;
use crate::plan::step::{PlannedPlay, PlannedStep, PlannedTask};
use crate::playbook::{Field, short_name};
use crate::template::Value;

/// Says which notified names no handler of the play has. Nothing is said where handlers
/// may still come in while running.
pub(in crate::plan) fn check(play: &PlannedPlay, diagnostics: &mut Diagnostics) {
    let mut names = HashSet::new();
    let mut dynamic = false;
    each(&play.handlers, &mut |handler| dynamic |= !add_names(handler, &mut names));
    let lists = [&play.pre_tasks, &play.roles, &play.tasks, &play.post_tasks];
    let mut tasks = Vec::new();
    lists.into_iter().for_each(|steps| each(steps, &mut |task| tasks.push(task)));
    each(&play.handlers, &mut |task| tasks.push(task));
    dynamic |=
        tasks.iter().any(|t| matches!(short_name(&t.task.action.name), "include_role" | "include_tasks"));
    if dynamic {
        return;
    }
    for field in tasks.iter().flat_map(|task| &task.task.notify) {
        each_name(field, &mut |name| {
            if !names.contains(name) {
                diagnostics.push(unknown(name, field, &names));
            }
        });
    }
}

fn unknown(name: &str, field: &Field, names: &HashSet<String>) -> Diagnostic {
    let problem = Diagnostic::error("unknown-handler", format!("no handler is named `{name}`"))
        .at(&field.span, "notified here");
    let mut sorted: Vec<&str> = names.iter().map(String::as_str).collect();
    sorted.put_in_order();
    let same = sorted.iter().copied().find(|known| known.eq_ignore_ascii_case(name));
    match same.or_else(|| nearest(name, sorted)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem.hint("add it beneath `handlers:`, or a `listen:` to one of them"),
    }
}

/// All names a handler answers to; `false` when some are only known while running.
fn add_names(handler: &PlannedTask, names: &mut HashSet<String>) -> bool {
    let task = &handler.task;
    if matches!(short_name(&task.action.name), "include_tasks" | "include_role") {
        return false;
    }
    let mut add = |name: &str| {
        if let Some(role) = role(&handler.lineage) {
            let full = role.role.name.as_str();
            let short = full.rsplit('.').next().unwrap_or(full);
            names.extend([format!("{full} : {name}"), format!("{short} : {name}")]);
        }
        names.insert(name.to_string());
    };
    let mut literal = true;
    for field in task.name.iter().chain(&task.listen) {
        match field.value.as_str() {
            Some(name) => add(name),
            None => literal = false,
        }
    }
    literal
}

fn each_name(field: &Field, visit: &mut dyn FnMut(&str)) {
    match &field.value {
        Value::Str(name) => visit(name),
        Value::List(list) => list.items.iter().filter_map(Value::as_str).for_each(visit),
        _ => {}
    }
}

fn each<'p>(steps: &'p [PlannedStep], visit: &mut dyn FnMut(&'p PlannedTask)) {
    for step in steps {
        match step {
            PlannedStep::Task(task) => visit(task),
            PlannedStep::Block(block) => {
                [&block.tasks, &block.rescue, &block.always].into_iter().for_each(|steps| each(steps, visit));
            }
        }
    }
}
