//! Planning of one play: its roles, lists of tasks and handlers.

use std::path::PathBuf;
use std::sync::Arc;

use super::check::notify;
use super::inputs::Aim;
use super::scope::StaticScope;
use super::step::{Lineage, PlannedPlay, Section};
use super::walk::Walk;
use crate::diagnostic::{Diagnostic, Severity, Span};
use crate::playbook::keywords::Site;
use crate::playbook::{Play, read_vars};
use crate::template::Value;

impl Walk<'_> {
    /// A play with its roles and imports resolved.
    pub(super) fn play(&mut self, play: &Arc<Play>) -> PlannedPlay {
        let lineage = Lineage::of(&play.directives, None, Section::Play);
        self.vars_files(play, &lineage);
        let directory = play.directory.clone();
        let mut roles = Vec::new();
        for usage in &play.roles {
            roles.extend(self.role_use(usage, &lineage));
        }
        let mut handlers = std::mem::take(&mut self.handlers);
        self.site = Site::Handler;
        handlers.extend(self.steps(&play.handlers, &lineage, &directory));
        self.site = Site::Task;
        let pre_tasks = self.steps(&play.pre_tasks, &lineage, &directory);
        let tasks = self.steps(&play.tasks, &lineage, &directory);
        let post_tasks = self.steps(&play.post_tasks, &lineage, &directory);
        handlers.append(&mut self.handlers);
        let static_roles = std::mem::take(&mut self.roles);
        let planned = PlannedPlay {
            play: play.clone(),
            lineage,
            pre_tasks,
            roles,
            tasks,
            post_tasks,
            handlers,
            static_roles,
            files: std::mem::take(&mut self.files),
        };
        if !self.incomplete && !self.planner.inputs.lenient {
            notify::check(&planned, &mut self.diagnostics);
        }
        planned
    }

    /// Files of variables whose names are known: they must be there.
    fn vars_files(&mut self, play: &Play, lineage: &Arc<Lineage>) {
        let Some(field) = &play.vars_files else { return };
        let entries = field.value.as_list().map_or_else(|| vec![field.value.clone()], <[Value]>::to_vec);
        for entry in entries {
            let inputs = &self.planner.inputs;
            let scope = StaticScope::new(&inputs.extra_vars, lineage, &self.files, &self.base);
            let Ok(value) = (inputs.render)(&entry, &scope) else { continue };
            let list = value.as_list().map_or_else(|| vec![value.clone()], <[Value]>::to_vec);
            let names: Vec<String> = list.iter().filter_map(|v| v.as_str().map(String::from)).collect();
            let places = |name: &String| [play.directory.join(name), play.directory.join("vars").join(name)];
            let candidates: Vec<PathBuf> = names.iter().flat_map(places).collect();
            match super::search::first_file(candidates) {
                Ok(path) => self.add_vars_file(&path, &field.span),
                // ansible: missed only where a host needs it.
                Err(_) if names.is_empty() || self.planner.inputs.lenient => {}
                Err(_) => {
                    let message = format!("file of variables not found: `{}`", names.join("`, `"));
                    let mut problem = Diagnostic::error("missing-file", message).at(&field.span, "");
                    if self.planner.inputs.aim == Aim::Check {
                        // Files that everyone makes for themselves are in no tree.
                        problem.severity = Severity::Warning;
                    }
                    self.diagnostics.push(match names.first() {
                        Some(name) => super::planner::hint_names(problem, name, &play.directory.join(name)),
                        None => problem,
                    });
                }
            }
        }
    }

    fn add_vars_file(&mut self, path: &std::path::Path, named: &Span) {
        match self.planner.files.node(path, &self.planner.inputs) {
            Ok(file) => {
                for problem in file.diagnostics.0.iter().cloned() {
                    let placed = problem.place.is_some();
                    self.diagnostics.push(if placed { problem } else { problem.at(named, "named here") });
                }
                self.files.extend(file.content.as_ref().map(|node| Arc::new(read_vars(node))));
            }
            Err(error) => self.diagnostics.push(super::planner::unreadable(path, &error)),
        }
    }
}
