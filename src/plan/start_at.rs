//! `--start-at-task`.

use std::sync::Arc;

use super::step::{Plan, PlannedBlock, PlannedPlay, PlannedStep};
use crate::template::Value;

impl Plan {
    /// Leaves out all steps before the first task of this name, which may have wildcards; whether there is one.
    pub(crate) fn start_at(&mut self, name: &str) -> bool {
        let pattern = glob::Pattern::new(name).ok();
        let fits =
            |candidate: &str| candidate == name || pattern.as_ref().is_some_and(|p| p.matches(candidate));
        let mut begun = false;
        for play in &mut self.plays {
            let mut cut = |steps: &[PlannedStep]| from(steps, &fits, &mut begun);
            *play = Arc::new(PlannedPlay {
                play: play.play.clone(),
                lineage: play.lineage.clone(),
                pre_tasks: cut(&play.pre_tasks),
                roles: cut(&play.roles),
                tasks: cut(&play.tasks),
                post_tasks: cut(&play.post_tasks),
                handlers: play.handlers.clone(),
                static_roles: play.static_roles.clone(),
                files: play.files.clone(),
            });
        }
        begun
    }
}

/// The steps from the first that fits; `begun` once it was found.
fn from(steps: &[PlannedStep], fits: &dyn Fn(&str) -> bool, begun: &mut bool) -> Vec<PlannedStep> {
    let mut kept = Vec::new();
    for step in steps {
        match step {
            _ if *begun => kept.push(step.clone()),
            PlannedStep::Task(task) => {
                *begun = names(task).iter().any(|name| fits(name));
                kept.extend(begun.then(|| step.clone()));
            }
            PlannedStep::Block(block) => {
                let tasks = from(&block.tasks, fits, begun);
                // Without its own tasks a block cannot fail: its rescue is left out with them.
                let rescue = if *begun { block.rescue.to_vec() } else { from(&block.rescue, fits, begun) };
                let always = from(&block.always, fits, begun);
                if *begun {
                    kept.push(PlannedStep::Block(Arc::new(PlannedBlock {
                        block: block.block.clone(),
                        lineage: block.lineage.clone(),
                        tasks: tasks.into(),
                        rescue: rescue.into(),
                        always: always.into(),
                        role: block.role.clone(),
                    })));
                }
            }
        }
    }
    kept
}

/// The names of a task: its own, and with the role's before it.
fn names(task: &super::step::PlannedTask) -> Vec<String> {
    let own = match task.task.name.as_ref().map(|field| &field.value) {
        Some(Value::Str(name)) => name.to_string(),
        Some(Value::Template(template)) => template.text.to_string(),
        _ => task.task.action.name.clone(),
    };
    let role = super::scope::role(&task.lineage);
    let full = role.map(|role| format!("{} : {own}", role.role.name));
    std::iter::once(own).chain(full).collect()
}
