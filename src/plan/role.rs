//! Application of roles: finding, reading, dependencies, handlers.

use std::path::PathBuf;
use std::sync::Arc;

use super::planner::hint_names;
use super::scope::{links, role};
use super::search::{self, RolePlace};
use super::step::{Lineage, PlannedBlock, PlannedStep, RoleInstance, RoleUsage, Section};
use super::walk::Walk;
use crate::diagnostic::{Diagnostic, Severity, Span, nearest};
use crate::playbook::keywords::Site;
use crate::playbook::{Directives, Role, RoleUse, Task};
use crate::template::Value;
use crate::vars::VarMap;

/// Which files of a role are read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct EntryPoints {
    pub(super) tasks: Option<String>,
    pub(super) vars: Option<String>,
    pub(super) defaults: Option<String>,
    pub(super) handlers: Option<String>,
}

/// A role to apply.
pub(super) struct Wanted {
    pub(super) name: String,
    /// Where it is named.
    pub(super) span: Option<Span>,
    pub(super) from: EntryPoints,
    pub(super) directives: Arc<Directives>,
    pub(super) params: Arc<VarMap>,
    pub(super) public: bool,
    /// Whether it is applied again where an equal use was before, as an include or import says it; of other uses
    /// the role itself says it.
    pub(super) again: Option<bool>,
    /// Whether its arguments are checked against its `argument_specs`.
    pub(super) validate: bool,
}

impl EntryPoints {
    pub(super) const MAIN: Self = Self { tasks: None, vars: None, defaults: None, handlers: None };
}

impl Walk<'_> {
    /// An entry of `roles:` or `dependencies:`.
    pub(super) fn role_use(&mut self, usage: &RoleUse, lineage: &Arc<Lineage>) -> Vec<PlannedStep> {
        let Some(name) = self.text(&usage.name, lineage, "the name of a role") else { return Vec::new() };
        let wanted = Wanted {
            name,
            span: Some(usage.name.span.clone()),
            from: EntryPoints::MAIN,
            directives: usage.directives.clone(),
            params: usage.params.clone(),
            public: self.planner.inputs.are_roles_public(true),
            again: None,
            validate: true,
        };
        self.role(&wanted, lineage).0
    }

    /// `import_role:`
    pub(super) fn import_role(&mut self, task: &Task, parent: &Arc<Lineage>) -> Vec<PlannedStep> {
        self.no_loop(task);
        let lineage = Lineage::of(&task.directives, Some(parent), Section::Block);
        let args = &task.action.args;
        let option = |names: &[&str]| {
            args.options.iter().find(|(key, ..)| names.contains(&key.as_str())).map(|(.., field)| field)
        };
        let Some(field) = option(&["name", "role"]) else { return Vec::new() };
        let Some(name) = self.text(field, &lineage, "the name of an imported role") else {
            return Vec::new();
        };
        let mut from = EntryPoints::MAIN;
        for (key, slot) in [
            ("tasks_from", &mut from.tasks),
            ("vars_from", &mut from.vars),
            ("defaults_from", &mut from.defaults),
            ("handlers_from", &mut from.handlers),
        ] {
            *slot = option(&[key]).and_then(|field| self.text(field, &lineage, &format!("`{key}`")));
        }
        let truth = |key: &str, default: bool| option(&[key]).map_or(default, |field| is_true(&field.value));
        let wanted = Wanted {
            name,
            span: Some(field.span.clone()),
            from,
            directives: super::walk::passed_on(task),
            params: Arc::default(),
            public: truth("public", self.planner.inputs.are_roles_public(true)),
            again: Some(truth("allow_duplicates", true)),
            validate: truth("rolespec_validate", true),
        };
        self.role(&wanted, parent).0
    }

    /// The steps of a role, its dependencies before it.
    pub(super) fn role(
        &mut self,
        wanted: &Wanted,
        lineage: &Arc<Lineage>,
    ) -> (Vec<PlannedStep>, Option<Arc<RoleInstance>>) {
        match self.find_role(wanted, lineage) {
            Some(place) => self.role_at(wanted, &place, lineage),
            None => (Vec::new(), None),
        }
    }

    /// The role in a directory.
    pub(super) fn role_at(
        &mut self,
        wanted: &Wanted,
        place: &RolePlace,
        lineage: &Arc<Lineage>,
    ) -> (Vec<PlannedStep>, Option<Arc<RoleInstance>>) {
        let path = place.path.as_path();
        let found = self.read_role(wanted, place);
        let usage = self.usage(wanted, &found, lineage);
        let key = format!("role {} {}", path.display(), wanted.from.tasks.as_deref().unwrap_or("main"));
        if let Some(span) = &wanted.span
            && !self.enter(&key, span)
        {
            return (Vec::new(), None);
        }
        let parents = links(lineage).filter_map(|link| link.role.clone()).collect();
        let instance = Arc::new(RoleInstance {
            role: found.clone(),
            params: wanted.params.clone(),
            parents,
            public: wanted.public,
            by_task: wanted.again.is_some(),
            usage,
        });
        let link = Arc::new(Lineage {
            directives: wanted.directives.clone(),
            parent: Some(lineage.clone()),
            role: Some(instance.clone()),
            section: Section::Role,
        });
        let mut steps = Vec::new();
        for dependency in &found.dependencies {
            steps.extend(self.role_use(dependency, &link));
        }
        self.roles.push(instance.clone());
        self.role_handlers(&found, &link);
        steps.extend(self.role_block(wanted, &instance, &link));
        if wanted.span.is_some() {
            self.stack.pop();
        }
        (steps, Some(instance))
    }

    fn role_handlers(&mut self, found: &Role, link: &Arc<Lineage>) {
        let site = std::mem::replace(&mut self.site, Site::Handler);
        let directory = found.handlers_directory.clone();
        let handlers = self.steps(&found.handlers, link, &directory);
        self.handlers.extend(handlers);
        self.site = site;
    }

    /// The block that stands for the whole role.
    fn role_block(
        &mut self,
        wanted: &Wanted,
        instance: &Arc<RoleInstance>,
        link: &Arc<Lineage>,
    ) -> Option<PlannedStep> {
        let found = &instance.role;
        let mut tasks = Vec::new();
        if wanted.validate {
            let check = super::argument_spec::task(found, wanted.from.tasks.as_deref());
            tasks.extend(check.and_then(|task| self.task(&Arc::new(task), link, &found.tasks_directory)));
        }
        tasks.extend(self.steps(&found.tasks, link, &found.tasks_directory));
        if tasks.is_empty() {
            return None;
        }
        Some(PlannedStep::Block(Arc::new(PlannedBlock {
            block: None,
            lineage: link.clone(),
            tasks: tasks.into(),
            rescue: Arc::from([]),
            always: Arc::from([]),
            role: Some(instance.clone()),
        })))
    }

    /// How a use of a role is known from equal ones.
    fn usage(&mut self, wanted: &Wanted, found: &Role, lineage: &Arc<Lineage>) -> RoleUsage {
        let link = Lineage::of(&wanted.directives, Some(lineage), Section::Role);
        let tags = self.tags(&link);
        let params: Vec<_> = wanted.params.iter().map(|(k, d)| (k.clone(), d.value.clone())).collect();
        let vars: Vec<_> = wanted.directives.vars.iter().map(|(k, d)| (k.clone(), d.value.clone())).collect();
        let when = &wanted.directives.when;
        // ansible: what is included or imported is never equal to what stands in `roles:`.
        let (path, included) = (super::scope::absolute(&found.path), wanted.again.is_some());
        let key = format!("{path:?} {params:?} {vars:?} {tags:?} {when:?} {:?} {included}", wanted.from);
        RoleUsage { key: key.into(), again: wanted.again.unwrap_or(found.allow_duplicates) }
    }

    fn find_role(&mut self, wanted: &Wanted, lineage: &Arc<Lineage>) -> Option<RolePlace> {
        let parent = role(lineage).map(|role| role.role.path.clone());
        let collections: Vec<String> = links(lineage)
            .flat_map(|link| &link.directives.collections)
            .flat_map(|field| match field.value.as_list() {
                Some(list) => list.iter().filter_map(Value::as_str).map(String::from).collect(),
                None => field.value.as_str().map(String::from).into_iter().collect::<Vec<_>>(),
            })
            .collect();
        let inputs = &self.planner.inputs;
        let mut places = search::of_role(&wanted.name, &self.base, parent.as_deref(), &collections, inputs);
        let tried = places.len();
        places.extend(
            self.planner.nearby.get().into_iter().flat_map(|near| near.places(&wanted.name, &collections)),
        );
        for place in &places {
            if let Some(path) = search::existing(&place.path) {
                return Some(RolePlace { path, name: place.name.clone() });
            }
        }
        places.truncate(tried);
        self.incomplete = true;
        let paths: Vec<PathBuf> = places.into_iter().map(|place| place.path).collect();
        self.diagnostics.push(self.unknown_role(wanted, &paths));
        None
    }

    fn unknown_role(&self, wanted: &Wanted, tried: &[PathBuf]) -> Diagnostic {
        let Some(nearby) = self.planner.nearby.get() else { return unknown_role(wanted, tried) };
        match nearby.foreseen(&wanted.name) {
            Some(hint) => {
                let message = format!("role not installed: `{}`", wanted.name);
                let problem = Diagnostic::warning("role-not-installed", message).hint(hint);
                wanted.span.iter().fold(problem, |problem, span| problem.at(span, "not read"))
            }
            None => unknown_role(wanted, tried),
        }
    }

    fn read_role(&mut self, wanted: &Wanted, place: &RolePlace) -> Arc<Role> {
        let planner = self.planner;
        let path = place.path.as_path();
        let file = planner.files.role(&place.name, path, &wanted.from, &planner.inputs);
        self.diagnostics.extend(file.diagnostics.clone());
        let unfit = crate::library::collection_of(path).and_then(|name| planner.inputs.library.unfit(&name));
        if let Some(unfit) = unfit {
            let placed = wanted.span.as_ref().filter(|_| unfit.severity == Severity::Error);
            self.diagnostics.push(match placed {
                Some(span) => unfit.at(span, ""),
                None => unfit,
            });
        }
        for (kind, name) in &file.content.missing {
            let message = format!("role `{}` has no file `{kind}/{name}`", wanted.name);
            let mut problem = Diagnostic::error("missing-file", message);
            if let Some(span) = &wanted.span {
                problem = problem.at(span, "");
            }
            self.diagnostics.push(hint_names(problem, name, &path.join(kind).join(name)));
        }
        file.content.role.clone()
    }
}

fn unknown_role(wanted: &Wanted, tried: &[PathBuf]) -> Diagnostic {
    let mut problem = Diagnostic::error("missing-role", format!("role not found: `{}`", wanted.name));
    if let Some(span) = &wanted.span {
        problem = problem.at(span, "no such role");
    }
    let last = wanted.name.rsplit(['.', '/']).next().unwrap_or(&wanted.name);
    let mut names: Vec<String> = Vec::new();
    for path in tried.iter().filter(|path| !path.ends_with(".")) {
        let roles = path.parent().filter(|p| p.ends_with("roles"));
        names.extend(roles.map(search::names_in).unwrap_or_default());
    }
    if let Some(near) = nearest(last, names.iter().map(String::as_str)) {
        problem = problem.hint(format!("did you mean `{near}`?"));
    }
    let searched: Vec<_> =
        tried.iter().filter_map(|path| path.parent()).map(|path| path.display().to_string()).collect();
    problem = problem.words(format!("the role '{}' was not found in {}", wanted.name, searched.join(":")));
    let places: Vec<_> = tried.iter().map(|path| format!("`{}`", path.display())).collect();
    problem.hint(format!("looked for {}", places.join(", ")))
}

/// A literal truth value as options take it.
pub(super) fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Int(number) => *number == 1,
        Value::Str(text) => ["y", "yes", "on", "1", "true", "t"].contains(&text.to_lowercase().as_str()),
        _ => false,
    }
}
