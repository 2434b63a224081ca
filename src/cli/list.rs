//! `--list-hosts`, `--list-tasks`, `--list-tags`: the plan in the form that Ansible prints.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ground::Ground;
use super::run::TaskFlags;
use crate::diagnostic::Diagnostics;
use crate::inventory::{Order, Pattern};
use crate::plan::{Choice, Plan, PlannedPlay, PlannedStep, PlannedTask};
use crate::playbook::Field;
use crate::template::{Engine, Value};
use crate::vars::PlainScope;

/// What to list of a plan.
pub(super) struct Listing<'a> {
    pub(super) ground: &'a Ground,
    pub(super) tags: &'a Choice,
    pub(super) hosts: bool,
    pub(super) flags: &'a TaskFlags,
}

impl Listing<'_> {
    /// The whole listing of a playbook.
    pub(super) fn text(&self, playbook: &str, plan: &Plan) -> String {
        let mut out = format!("\nplaybook: {playbook}\n");
        for (number, play) in (1..).zip(&plan.plays) {
            self.play(&mut out, number, play);
        }
        out
    }

    fn play(&self, out: &mut String, number: usize, play: &PlannedPlay) {
        let patterns = self.texts(&play.play.hosts);
        let pattern = patterns.join(",");
        let name = play.play.name.as_ref().map_or_else(|| pattern.clone(), |name| self.texts(name).concat());
        let tags = tags_of(&play.play.directives.tags);
        out.push_str(&format!("\n  play #{number} ({pattern}): {name}\tTAGS: [{}]\n", tags.join(",")));
        if self.hosts {
            let quoted: Vec<_> = patterns.iter().map(|p| format!("'{p}'")).collect();
            out.push_str(&format!("    pattern: [{}]\n", quoted.join(", ")));
            let hosts = self.hosts_of(&patterns, play);
            out.push_str(&format!("    hosts ({}):\n", hosts.len()));
            hosts.iter().for_each(|host| out.push_str(&format!("      {host}\n")));
        }
        if self.flags.list_tasks {
            out.push_str("    tasks:\n");
        }
        let mut tasks = Vec::new();
        for steps in [&play.pre_tasks, &play.roles, &play.tasks, &play.post_tasks] {
            collect(steps, &mut tasks);
        }
        tasks.retain(|task| !task.implicit && self.tags.chooses(&task.tags));
        if self.flags.list_tasks {
            tasks.iter().for_each(|task| out.push_str(&self.task(task)));
        }
        if self.flags.list_tags {
            let all: BTreeSet<_> = tasks.iter().flat_map(|task| &task.tags).map(String::as_str).collect();
            let all: Vec<_> = all.into_iter().collect();
            out.push_str(&format!("      TASK TAGS: [{}]\n", all.join(", ")));
        }
    }

    fn task(&self, task: &PlannedTask) -> String {
        let tags: BTreeSet<_> = task.tags.iter().map(String::as_str).collect();
        let tags: Vec<_> = tags.into_iter().collect();
        format!("      {}\tTAGS: [{}]\n", title(task), tags.join(", "))
    }

    fn hosts_of(&self, patterns: &[String], play: &PlannedPlay) -> Vec<Arc<str>> {
        let place = Some(play.play.hosts.span.clone());
        let pattern = Pattern::new(patterns.iter().map(String::as_str), place);
        let inventory = self.ground.inventory.now();
        // The run says what is wrong with a pattern; a list of hosts is just empty.
        let mut ignored = Diagnostics::default();
        let hosts = inventory.select(&pattern, self.ground.limit.as_ref(), Order::default(), &mut ignored);
        hosts.into_iter().map(|id| inventory.host(id).name.clone()).collect()
    }

    /// The text or texts of a keyword, as far as it is known without hosts.
    fn texts(&self, field: &Field) -> Vec<String> {
        let value = resolved(&self.ground.engine, &field.value, &self.ground.extra);
        match value.as_list() {
            Some(list) => list.iter().map(|one| one.to_text()).collect(),
            None => vec![value.to_text()],
        }
    }
}

fn resolved(engine: &Engine, value: &Value, extra: &crate::vars::VarMap) -> Value {
    let scope = PlainScope(Arc::new(extra.clone()));
    // What needs hosts is shown as it is written.
    engine.resolve(value, &scope).unwrap_or_else(|_| Value::from_json(&value.to_json()))
}

/// The name as written, with the role's before it; the action where there is none.
fn title(task: &PlannedTask) -> String {
    let Some(name) = &task.task.name else { return task.task.action.name.clone() };
    let name = match &name.value {
        Value::Template(template) => template.text.to_string(),
        value => value.to_text(),
    };
    let role = std::iter::successors(Some(&task.lineage), |link| link.parent.as_ref())
        .find_map(|link| link.role.as_ref());
    match role {
        Some(role) => format!("{} : {name}", role.role.name),
        None => name,
    }
}

fn tags_of(fields: &[Field]) -> Vec<String> {
    let words = |field: &Field| match field.value.as_list() {
        Some(list) => list.iter().map(Value::to_text).collect::<Vec<_>>(),
        None => field.value.to_text().split(',').map(|tag| tag.trim().to_string()).collect(),
    };
    fields.iter().flat_map(words).collect()
}

fn collect<'a>(steps: &'a [PlannedStep], tasks: &mut Vec<&'a PlannedTask>) {
    for step in steps {
        match step {
            PlannedStep::Task(task) => tasks.push(task),
            // ansible: what rescues and ends a block is not listed.
            PlannedStep::Block(block) => collect(&block.tasks, tasks),
        }
    }
}
