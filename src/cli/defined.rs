//! Where a playbook defines a variable: plays and their files, roles, blocks, tasks and what tasks learn.

use std::collections::HashSet;
use std::sync::Arc;

use super::ground::Ground;
use crate::diagnostic::{Diagnostics, Span};
use crate::inventory::{Order, Pattern};
use crate::plan::{Plan, PlannedPlay, PlannedStep, PlannedTask, RoleInstance, Section};
use crate::playbook::{Field, short_name};
use crate::template::Value;
use crate::vars::{Layer, PlainScope, VarMap};

/// One definition, and where it counts.
pub(super) struct Defined {
    pub(super) layer: Layer,
    pub(super) place: Option<Span>,
    /// `None` where only a run tells.
    pub(super) value: Option<Value>,
    /// Where it counts, when that is not in the whole play.
    pub(super) within: Option<String>,
}

/// Looks for one name in the plays of one host.
pub(super) struct Seeker<'a> {
    ground: &'a Ground,
    host: &'a str,
    name: &'a str,
    found: Vec<Defined>,
    /// Places that were told: several tasks stand in one block.
    told: HashSet<(Layer, String)>,
}

impl<'a> Seeker<'a> {
    pub(super) fn new(ground: &'a Ground, host: &'a str, name: &'a str) -> Self {
        Self { ground, host, name, found: Vec::new(), told: HashSet::new() }
    }

    /// All definitions that plays of this host bring.
    pub(super) fn definitions(mut self, plan: &Plan) -> Vec<Defined> {
        for play in &plan.plays {
            if self.is_for_host(play) {
                self.play(play);
            }
        }
        self.found
    }

    fn resolved(&self, value: &Value) -> Option<Value> {
        let scope = PlainScope(Arc::new(self.ground.extra.clone()));
        self.ground.engine.resolve(value, &scope).ok()
    }

    fn is_for_host(&self, play: &PlannedPlay) -> bool {
        let Some(value) = self.resolved(&play.play.hosts.value) else { return true };
        let patterns: Vec<String> = match value.as_list() {
            Some(list) => list.iter().map(Value::to_text).collect(),
            None => vec![value.to_text()],
        };
        let pattern = Pattern::new(patterns.iter().map(String::as_str), None);
        let inventory = self.ground.inventory.now();
        // The run says what is wrong with a pattern.
        let hosts = inventory.select(&pattern, None, Order::default(), &mut Diagnostics::default());
        hosts.iter().any(|id| &*inventory.host(*id).name == self.host)
    }

    fn play(&mut self, play: &PlannedPlay) {
        self.vars(Layer::PlayVars, &play.play.directives.vars, None);
        self.prompts(play.play.vars_prompt.as_ref());
        self.files(play);
        for role in &play.static_roles {
            self.role(role);
        }
        for steps in [&play.pre_tasks, &play.roles, &play.tasks, &play.post_tasks, &play.handlers] {
            self.steps(steps);
        }
    }

    fn prompts(&mut self, field: Option<&Field>) {
        let Some(field) = field else { return };
        for entry in field.value.as_list().unwrap_or_default() {
            let Some(map) = entry.as_map() else { continue };
            if map.get("name").is_some_and(|name| name.to_text() == self.name) {
                let within = Some("as it is answered".into());
                self.tell(Layer::PlayPrompt, Some(&field.span), map.get("default").cloned(), within);
            }
        }
    }

    fn files(&mut self, play: &PlannedPlay) {
        let Some(value) = play.play.vars_files.as_ref().map(|field| &field.value) else { return };
        let one = [value.clone()];
        for entry in value.as_list().unwrap_or(&one) {
            let Some(entry) = self.resolved(entry) else { continue };
            let one = [entry.clone()];
            let names = entry.as_list().unwrap_or(&one).iter().map(Value::to_text);
            let base = &play.play.directory;
            let file = names
                .flat_map(|name| [base.join(&name), base.join("vars").join(&name)])
                .find(|path| path.is_file());
            // Planning has told what is wrong in the file.
            let vars = file.map(|path| self.ground.files.read(&path, &mut Diagnostics::default()));
            vars.into_iter().for_each(|vars| self.vars(Layer::VarsFiles, &vars, None));
        }
    }

    fn role(&mut self, role: &RoleInstance) {
        let name = &role.role.name;
        let within = |public: bool| (!public).then(|| format!("in the role `{name}`"));
        self.vars(Layer::RoleDefaults, &role.role.defaults, within(role.public));
        self.vars(Layer::RoleVars, &role.role.vars, within(role.public));
        self.vars(Layer::RoleParams, &role.params, within(false));
    }

    fn steps(&mut self, steps: &[PlannedStep]) {
        for step in steps {
            match step {
                PlannedStep::Task(task) => self.task(task),
                PlannedStep::Block(block) => {
                    for list in [&block.tasks, &block.rescue, &block.always] {
                        self.steps(list);
                    }
                }
            }
        }
    }

    fn task(&mut self, planned: &PlannedTask) {
        let includes = short_name(&planned.task.action.name).starts_with("include_")
            && short_name(&planned.task.action.name) != "include_vars";
        let links = std::iter::successors(Some(&planned.lineage), |link| link.parent.as_ref());
        for (outward, link) in links.enumerate() {
            let (layer, within) = match link.section {
                Section::Play => continue,
                Section::Include => (Layer::IncludeParams, "in what is included"),
                Section::Role => (Layer::RoleVars, "in the role"),
                _ if outward == 0 && includes => (Layer::IncludeParams, "in what is included"),
                _ if outward == 0 => (Layer::TaskVars, "in the task"),
                Section::Block | Section::Task => (Layer::BlockVars, "in the block"),
            };
            self.vars(layer, &link.directives.vars, Some(within.into()));
        }
        self.learned(planned);
    }

    /// What is known once the task has run.
    fn learned(&mut self, planned: &PlannedTask) {
        let (task, after) = (&planned.task, || Some("after the task".to_string()));
        if let Some(field) = task.register.as_ref().filter(|field| field.value.to_text() == self.name) {
            self.tell(Layer::SetFacts, Some(&field.span), None, after());
        }
        match short_name(&task.action.name) {
            "set_fact" => {
                if let Some((_, span, field)) =
                    task.action.args.options.iter().find(|(key, ..)| key == self.name)
                {
                    self.tell(Layer::SetFacts, Some(span), Some(field.value.clone()), after());
                }
            }
            "include_vars" => {
                let file = task.action.args.options.iter().find(|(key, ..)| key == "file");
                let raw = task.action.args.raw.as_ref().or(file.map(|(.., field)| field));
                let Some(name) = raw.and_then(|field| self.resolved(&field.value)) else { return };
                let (name, base) = (name.to_text(), &planned.directory);
                let of_role = base.parent().map(|role| role.join("vars"));
                let mut beside = of_role.into_iter().chain([base.join("vars"), base.clone()]);
                if let Some(path) = beside.find_map(|at| Some(at.join(&name)).filter(|path| path.is_file())) {
                    let vars = self.ground.files.read(&path, &mut Diagnostics::default());
                    self.vars(Layer::IncludeVars, &vars, after());
                }
            }
            _ => {}
        }
    }

    fn vars(&mut self, layer: Layer, vars: &VarMap, within: Option<String>) {
        if let Some(definition) = vars.get(self.name) {
            self.tell(layer, definition.place.as_ref(), Some(definition.value.clone()), within);
        }
    }

    fn tell(&mut self, layer: Layer, place: Option<&Span>, value: Option<Value>, within: Option<String>) {
        let key = (layer, place.map(Span::to_string).unwrap_or_default());
        if self.told.insert(key) {
            self.found.push(Defined { layer, place: place.cloned(), value, within });
        }
    }
}
