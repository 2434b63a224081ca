//! Broken templates and expressions.

use std::path::PathBuf;
use std::sync::Arc;

use super::super::inputs::Aim;
use super::super::later;
use super::Checker;
use crate::diagnostic::{Diagnostic, Severity};
use crate::playbook::{Condition, Directives, Task};
use crate::template::{Template, Value};
use crate::vars::VarMap;

impl Checker<'_> {
    /// All templates of a task.
    pub(super) fn templates(&mut self, task: &Task) {
        self.directives(&task.directives);
        task.apply.iter().for_each(|apply| self.directives(apply));
        let args = &task.action.args;
        args.options.iter().for_each(|(.., field)| self.value(&field.value));
        let control = &task.loop_control;
        let looping = task.looping.as_ref().map(|looping| &looping.value);
        let single = [
            &args.raw,
            &args.whole,
            &task.name,
            &task.register,
            &task.retries,
            &task.delay,
            &task.asynchronous,
            &task.poll,
            &control.loop_var,
            &control.index_var,
            &control.label,
            &control.pause,
            &control.extended,
        ];
        let fields = single.into_iter().flatten().chain(looping).chain(&task.notify).chain(&task.listen);
        fields.for_each(|field| self.value(&field.value));
        self.conditions(&task.until);
        self.conditions(&control.break_when);
        let verdicts = [&task.changed_when, &task.failed_when];
        verdicts.into_iter().flatten().for_each(|conditions| self.conditions(conditions));
    }

    /// All templates of shared keywords.
    pub(super) fn directives(&mut self, directives: &Directives) {
        self.vars(&directives.vars);
        self.conditions(&directives.when);
        let lists =
            [&directives.tags, &directives.environment, &directives.collections, &directives.module_defaults];
        let single = [
            &directives.any_errors_fatal,
            &directives.r#become,
            &directives.become_exe,
            &directives.become_flags,
            &directives.become_method,
            &directives.become_user,
            &directives.check_mode,
            &directives.connection,
            &directives.debugger,
            &directives.delegate_facts,
            &directives.delegate_to,
            &directives.diff,
            &directives.ignore_errors,
            &directives.ignore_unreachable,
            &directives.no_log,
            &directives.port,
            &directives.remote_user,
            &directives.run_once,
            &directives.throttle,
            &directives.timeout,
        ];
        let fields = lists.into_iter().flatten().chain(single.into_iter().flatten());
        fields.for_each(|field| self.value(&field.value));
    }

    pub(super) fn vars(&mut self, vars: &VarMap) {
        vars.values().for_each(|definition| self.value(&definition.value));
    }

    fn conditions(&mut self, conditions: &[Condition]) {
        for condition in conditions {
            if let Condition::Expression(template) = condition {
                self.template(template, true);
            }
        }
    }

    /// All templates within a value.
    pub(super) fn value(&mut self, value: &Value) {
        match value {
            Value::Template(template) => self.template(template, false),
            Value::List(list) | Value::Tuple(list) => list.items.iter().for_each(|item| self.value(item)),
            Value::Map(map) => map.entries.values().for_each(|item| self.value(item)),
            _ => {}
        }
    }

    fn template(&mut self, template: &Arc<Template>, expression: bool) {
        if self.inputs.lenient {
            return;
        }
        for slip in (self.inputs.syntax)(template, expression) {
            let problem = match &slip.plugin {
                Some(name) => self.unknown_plugin(name, slip.diagnostic),
                None => slip.diagnostic,
            };
            self.diagnostics.push(problem);
        }
    }

    /// A filter, test or look-up that is not known here may be a plugin in Python of the user's or of a collection.
    fn unknown_plugin(&self, name: &str, problem: Diagnostic) -> Diagnostic {
        let file =
            problem.place.as_ref().map(|(span, _)| PathBuf::from(&span.source.name)).unwrap_or_default();
        if let Some(plugin) = self.known.plugins.defining(name, &file) {
            let message = format!("{} is a plugin in Python, which is not run here", problem.message);
            let hint = format!("`{}` has it", plugin.display());
            let severity = Severity::Warning;
            return Diagnostic {
                severity,
                slug: "plugin-not-built-in",
                message,
                hints: vec![hint],
                ..problem
            };
        }
        match later::plugin_exists(name) && self.inputs.aim != Aim::Run {
            true => Diagnostic { severity: Severity::Warning, slug: "plugin-not-built-in", ..problem },
            false => problem,
        }
    }
}
