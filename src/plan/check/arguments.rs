//! Unknown modules, and literal arguments against the module's declaration.

use std::path::Path;

use baton_modules::args::{ArgProblem, Map, ProblemKind, Spec, Step, Value as Json};

use super::super::inputs::Aim;
use super::super::{control, later};
use super::Checker;
use crate::diagnostic::{Diagnostic, Severity, Span, nearest};
use crate::playbook::keywords::{Site, keywords_at};
use crate::playbook::{Action, Actions, Task, short_name};
use crate::template::Value;
use crate::vars::reserved;

/// Stands for a value that is not known yet, where values are compared with a declaration.
const UNKNOWN: &str = "\u{0}unknown";

impl Checker<'_> {
    /// The module of a task and its arguments.
    pub(super) fn arguments(&mut self, task: &Task) {
        let action = &task.action;
        if action.name.contains("{{") {
            return;
        }
        if self.inputs.lenient {
            self.of_imports(task);
        }
        for (key, at, _) in action.args.options.iter().filter(|(key, ..)| key.starts_with("_ansible_")) {
            // ansible: scripts look for these words.
            let reason = "The prefix '_ansible_' is reserved for internal use only.";
            let message =
                format!("Invalid parameter specified for action '{}': '{key}'. {reason}", action.name);
            self.diagnostics.push(Diagnostic::error("reserved-option", message).at(at, ""));
        }
        if self.inputs.lenient && short_name(&action.name) == "set_fact" {
            let named = action.args.options.iter().filter_map(|(key, at, _)| Some(reserved(key)?.at(at, "")));
            self.diagnostics.0.extend(named);
        }
        if let Some(refusal) = &self.inputs.library.routed(&action.name, &[]).refusal {
            self.diagnostics.push(Diagnostic::error("module-gone", refusal).at(&action.name_span, ""));
            return;
        }
        if !self.inputs.is_rejected(&action.name) && self.inputs.is_own(&action.name) {
            let found = self.inputs.library.find(&action.name, &[]);
            self.collection(found.and_then(|found| found.collection).as_deref(), &action.name_span);
            return;
        }
        let file = Path::new(&action.name_span.source.name);
        if self.inputs.library.is_of_same_collection(&action.name, file) {
            return;
        }
        match self.inputs.find(&action.name) {
            Some(spec) => {
                if !self.inputs.lenient {
                    self.options(action, spec);
                }
                if short_name(&action.name) == "meta" {
                    self.meta(action);
                }
            }
            None => self.unknown_module(action, !task.directives.when.is_empty()),
        }
    }

    /// The collection of what is used: that it is for other versions of Ansible.
    fn collection(&mut self, name: Option<&str>, used: &Span) {
        let Some(unfit) = name.and_then(|name| self.inputs.library.unfit(name)) else { return };
        // A warning is told once, wherever the collection is used.
        let placed = unfit.severity == Severity::Error;
        self.diagnostics.push(if placed { unfit.at(used, "") } else { unfit });
    }

    /// What includes and imports refuse when they are read, whoever asks: options that they have not, options of
    /// the wrong kind, and a file or role without a name.
    fn of_imports(&mut self, task: &Task) {
        let action = &task.action;
        let short = short_name(&action.name);
        let Some(spec) = control::spec(short).filter(|_| short != "meta") else { return };
        let is_role = matches!(short, "include_role" | "import_role");
        let names =
            |names: &[&str]| action.args.options.iter().any(|(key, ..)| names.contains(&key.as_str()));
        let names_any = if is_role { names(&["name", "role"]) } else { names(&["file"]) };
        if !names_any && action.args.raw.is_none() && action.args.whole.is_none() {
            let (what, words) = match is_role {
                true => ("role", format!("'name' is a required field for {short}.")),
                false => ("file", format!("No file specified for {}", action.name)),
            };
            let problem = Diagnostic::error("missing-option", format!("`{short}` names no {what}"));
            self.diagnostics.push(problem.words(words).at(&task.span, ""));
        }
        self.unknown_options(action, spec);
        for (key, _, field) in action.args.options.iter().filter(|(key, ..)| key.ends_with("_from")) {
            let found = match &field.value {
                Value::List(_) => "list",
                Value::Map(_) => "dict",
                _ => continue,
            };
            let message = format!("`{key}` must be the name of a file, found a {found}");
            let words = format!("Expected a string for {key} but got <class '{found}'> instead");
            self.diagnostics.push(Diagnostic::error("wrong-kind", message).words(words).at(&field.span, ""));
        }
    }

    fn unknown_options(&mut self, action: &Action, spec: &Spec) {
        let unknown = action.args.options.iter().filter(|(key, ..)| spec.option(key).is_none());
        let names: Vec<&str> = unknown.clone().map(|(key, ..)| key.as_str()).collect();
        let words = format!("Invalid options for {}: {}", spec.name, names.join(","));
        for (key, at, _) in unknown {
            let why = if key == "apply" { ": what it brings in has the task's keywords" } else { "" };
            let message = format!("`{}` has no option `{key}`{why}", spec.name);
            self.diagnostics.push(Diagnostic::error("unknown-option", message).words(&words).at(at, ""));
        }
    }

    fn options(&mut self, action: &Action, spec: &'static Spec) {
        if action.args.whole.is_some() {
            return;
        }
        let mut args: Map<String, Json> = Map::new();
        for (key, _, field) in &action.args.options {
            args.insert(key.clone(), literal(&field.value));
        }
        if let Some(raw) = &action.args.raw
            && spec.free_form()
        {
            args.insert("_raw_params".into(), literal(&raw.value));
        }
        self.ignored(action, spec);
        let is_literal = |value: &Json| value.as_str() != Some(UNKNOWN);
        let defaults = self.has_defaults(&action.name);
        let problems = spec.check(&args, &is_literal);
        let meant: Vec<&str> = problems.iter().filter_map(|found| found.kind.meant()).collect();
        for problem in problems {
            // What is there under a mistyped name is not missing as well.
            if matches!(problem.kind, ProblemKind::Missing { name } if meant.contains(&name)) {
                continue;
            }
            let about_given =
                matches!(problem.kind, ProblemKind::Unknown { .. } | ProblemKind::BadValue { .. });
            if defaults && !about_given {
                continue;
            }
            self.diagnostics.push(of_argument(&problem, action));
        }
    }

    /// Options that these take without a word, and make nothing of.
    // ansible: their arguments are not held against a declaration.
    fn ignored(&mut self, action: &Action, spec: &'static Spec) {
        if !matches!(spec.name, "fetch" | "raw") {
            return;
        }
        for (key, at, _) in action.args.options.iter().filter(|(key, ..)| spec.option(key).is_none()) {
            let message = format!("option `{key}` of `{}` has no effect", spec.name);
            let problem =
                Diagnostic::warning("option-without-effect", message).at(at, "unknown, and passed over");
            let names = spec.options.iter().map(|option| option.name);
            self.diagnostics.push(match nearest(key, names) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem,
            });
        }
    }

    fn meta(&mut self, action: &Action) {
        let Some(field) = &action.args.raw else { return };
        let Some(word) = field.value.as_str().map(str::trim) else { return };
        if control::META.contains(&word) {
            return;
        }
        let mut problem =
            Diagnostic::error("unknown-meta", format!("unknown `meta` action `{word}`")).at(&field.span, "");
        if let Some(near) = nearest(word, control::META.iter().copied()) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        }
        self.diagnostics.push(problem.words(format!("invalid meta action requested: {word}")));
    }

    /// A task with a condition may never come to run it.
    fn not_built_in(&mut self, action: &Action, conditional: bool) {
        if self.inputs.lenient {
            return;
        }
        let message = format!("module `{}` is not built in", action.name);
        let mut problem = match conditional || self.inputs.aim != Aim::Run {
            true => Diagnostic::warning("module-not-built-in", message),
            false => Diagnostic::error("module-not-built-in", message),
        };
        let short = action.name.rsplit('.').next().unwrap_or_default();
        let near = nearest(short, (self.inputs.names)()).filter(|near| *near != short);
        if let Some(near) = near.filter(|_| action.name.contains('.')) {
            problem = problem.hint(format!("`{near}` is: is that meant?"));
        }
        self.diagnostics.push(problem.at(&action.name_span, "this version cannot run it"));
    }

    fn unknown_module(&mut self, action: &Action, conditional: bool) {
        let name = &action.name;
        if self.inputs.is_rejected(name) {
            let message = format!("module `{name}` is forbidden by the settings");
            let problem = Diagnostic::error("module-forbidden", message).at(&action.name_span, "");
            return self.diagnostics.push(problem.hint("see the file that `plugin_filters_cfg` names"));
        }
        if self.inputs.library.of_core(name).is_some() {
            return;
        }
        if later::exists(name) {
            return self.not_built_in(action, conditional);
        }
        let mut problem = Diagnostic::error("unknown-module", format!("unknown module `{name}`"))
            .at(&action.name_span, "no module or action of this name");
        let names = self.inputs.names();
        let keyword = nearest(name, keywords_at(Site::Task).map(|k| k.name));
        if let Some(near) = nearest(short_name(name), names.iter().map(String::as_str)) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        } else if let Some(near) = keyword {
            problem =
                problem.hint(format!("or is it meant as the keyword `{near}`? then the task has no module"));
        }
        self.diagnostics.push(problem);
    }
}

/// A problem with an argument, at its key or value.
fn of_argument(problem: &ArgProblem, action: &Action) -> Diagnostic {
    let place = place(problem, action).unwrap_or(&action.name_span);
    let mut diagnostic = Diagnostic::error(problem.slug(), problem.to_string()).at(place, problem.label());
    if let Some(hint) = problem.hint() {
        diagnostic = diagnostic.hint(hint);
    }
    diagnostic
}

fn place<'a>(problem: &ArgProblem, action: &'a Action) -> Option<&'a Span> {
    let Some(Step::Key(key)) = problem.path.first() else { return None };
    if key == "_raw_params" {
        return action.args.raw.as_ref().map(|raw| &raw.span);
    }
    let (_, at, field) = action.args.options.iter().find(|(name, ..)| name == key)?;
    Some(if problem.is_about_value() || problem.path.len() > 1 { &field.span } else { at })
}

/// A value as far as it is known: what is rendered or decrypted later stands as `UNKNOWN`.
fn literal(value: &Value) -> Json {
    match value {
        Value::List(list) if value.is_lazy() => list.items.iter().map(literal).collect(),
        Value::Map(map) if value.is_lazy() => {
            let entries = map.entries.iter().map(|(key, value)| {
                let key = key.as_str().map_or_else(|| key.to_json().to_string(), String::from);
                (key, literal(value))
            });
            Json::Object(entries.collect())
        }
        lazy if lazy.is_lazy() => Json::from(UNKNOWN),
        known => known.to_json(),
    }
}
