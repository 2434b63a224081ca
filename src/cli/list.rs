//! `--list-hosts`, `--list-tasks`, `--list-tags`: the plan in the form that Ansible prints.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::ground::Ground;
use super::run::TaskFlags;
use crate::diagnostic::Diagnostics;
use crate::inventory::{Order, Pattern};
use crate::plan::{Choice, Plan, PlannedPlay, PlannedStep, PlannedTask};
use crate::playbook::{Field, short_name};
use crate::template::{Engine, Value};
use crate::vars::{Definition, Hosts, PlainScope, VarMap};

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
        let shown: &[_] = if self.flags.syntax_check { &[] } else { &plan.plays };
        for (number, play) in (1..).zip(shown) {
            self.play(&mut out, number, play);
        }
        out
    }

    /// Keywords of plays that need what is not known.
    // ansible: plays are rendered before they are listed, but not what their tasks inherit.
    pub(super) fn unknown(&self, plan: &Plan) -> Diagnostics {
        let mut found = Diagnostics::default();
        for play in &plan.plays {
            let scope = self.scope(play);
            let fields = [
                Some(&play.play.hosts),
                play.play.name.as_ref(),
                play.play.serial.as_ref(),
                play.play.gather_facts.as_ref(),
                play.play.strategy.as_ref(),
            ];
            for field in fields.into_iter().flatten() {
                if let Err(error) = self.ground.engine.resolve(&field.value, &scope) {
                    let problem = error.to_diagnostic();
                    found.push(if problem.place.is_some() { problem } else { problem.at(&field.span, "") });
                }
            }
        }
        found
    }

    /// What a play knows before it has hosts.
    fn scope(&self, play: &PlannedPlay) -> PlainScope {
        let mut known = VarMap::new();
        let roles = || play.static_roles.iter().map(|role| &role.role);
        known.extend([("groups".into(), Definition::from(self.ground.inventory.groups()))]);
        let directory = crate::plan::absolute(&play.play.directory).display().to_string();
        known.extend([("playbook_dir".into(), Definition::from(Value::str(directory)))]);
        roles().for_each(|role| known.extend(role.defaults.iter().map(|(k, d)| (k.clone(), d.clone()))));
        known.extend(play.play.directives.vars.iter().map(|(k, d)| (k.clone(), d.clone())));
        let prompts =
            play.play.vars_prompt.as_ref().and_then(|field| field.value.as_list()).unwrap_or_default();
        for prompt in prompts.iter().filter_map(Value::as_map) {
            // ansible: nobody is asked for a list; what was not told is empty.
            let default = prompt.get("default").filter(|value| !matches!(value, Value::None)).cloned();
            if let Some(name) = prompt.get("name").and_then(Value::as_str) {
                known.insert(name.into(), Definition::from(default.unwrap_or_else(|| Value::str(""))));
            }
        }
        for vars in &play.files {
            known.extend(vars.iter().map(|(k, d)| (k.clone(), d.clone())));
        }
        roles().for_each(|role| known.extend(role.vars.iter().map(|(k, d)| (k.clone(), d.clone()))));
        known.extend(self.ground.extra.iter().map(|(k, d)| (k.clone(), d.clone())));
        PlainScope(Arc::new(known))
    }

    fn play(&self, out: &mut String, number: usize, play: &PlannedPlay) {
        let scope = self.scope(play);
        let patterns = self.texts(&play.play.hosts, &scope);
        let pattern = patterns.join(",");
        let name =
            play.play.name.as_ref().map_or_else(|| pattern.clone(), |name| self.texts(name, &scope).concat());
        let tags = tags_of(&play.play.directives.tags);
        out.push_str(&format!("\n  play #{number} ({pattern}): {name}\tTAGS: [{}]\n", tags.join(",")));
        if self.hosts {
            let quoted: Vec<_> = patterns.iter().map(|p| format!("'{p}'")).collect();
            let omitted =
                matches!(resolved(&self.ground.engine, &play.play.hosts.value, &scope), Value::Omit);
            // ansible: who has omitted all hosts reads Python's word for it.
            let shown = if omitted { "None".to_string() } else { format!("[{}]", quoted.join(", ")) };
            out.push_str(&format!("    pattern: {shown}\n"));
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
            let of_tasks = tasks.iter().flat_map(|task| &task.tags).map(String::as_str);
            let all: BTreeSet<_> = of_tasks.chain(tags.iter().map(String::as_str)).collect();
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
        if patterns.is_empty() {
            return Vec::new();
        }
        let place = Some(play.play.hosts.span.clone());
        let pattern = Pattern::new(patterns.iter().map(String::as_str), place);
        let inventory = self.ground.inventory.now();
        // The run says what is wrong with a pattern; a list of hosts is just empty.
        let mut ignored = Diagnostics::default();
        let hosts = inventory.select(&pattern, self.ground.limit.as_ref(), Order::default(), &mut ignored);
        hosts.into_iter().map(|id| inventory.host(id).name.clone()).collect()
    }

    /// The text or texts of a keyword, as far as it is known without hosts.
    fn texts(&self, field: &Field, scope: &PlainScope) -> Vec<String> {
        let value = resolved(&self.ground.engine, &field.value, scope);
        match value.as_list() {
            Some(list) => list.iter().map(|one| one.to_text()).collect(),
            None if matches!(value, Value::Omit) => Vec::new(),
            None => vec![value.to_text()],
        }
    }
}

fn resolved(engine: &Engine, value: &Value, scope: &PlainScope) -> Value {
    // What needs hosts is shown as it is written.
    engine.resolve(value, scope).unwrap_or_else(|_| Value::from_json(&value.to_json()))
}

/// The name as written, with the role's before it; the action where there is none.
fn title(task: &PlannedTask) -> String {
    let action = short_name(&task.task.action.name);
    let Some(name) = &task.task.name else { return task.task.action.name.clone() };
    let name = written(&name.value);
    let role = std::iter::successors(Some(&task.lineage), |link| link.parent.as_ref())
        .find_map(|link| link.role.as_ref());
    match role {
        // ansible: a role's name stands before all its tasks but those that include another.
        Some(role) if action != "include_role" => format!("{} : {name}", role.role.name),
        _ => name,
    }
}

/// A value as its author wrote it.
fn written(value: &Value) -> String {
    match value {
        Value::Template(template) => template.text.to_string(),
        value => value.to_text(),
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
