//! Reading of a role's directory.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::files::{File, Files, directory, keep};
use super::inputs::Inputs;
use super::planner::unreadable;
use super::role::EntryPoints;
use super::search;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::playbook::keywords::Site;
use crate::playbook::{Field, Reader, Role, RoleMeta, Step, read_vars};
use crate::template::Value;
use crate::vars::VarMap;
use crate::yaml::Node;

/// A role as read, and the files that were asked for and are not there.
pub(super) struct RoleFiles {
    pub(super) role: Arc<Role>,
    /// The kind of file (`tasks`) and the name asked for.
    pub(super) missing: Vec<(&'static str, String)>,
}

impl Files {
    /// The role in a directory, read with these entry points.
    pub(super) fn role(
        &self,
        name: &str,
        path: &Path,
        from: &EntryPoints,
        inputs: &Inputs,
    ) -> Arc<File<RoleFiles>> {
        let made = keep(&self.roles, (name.to_string(), path.to_path_buf(), from.clone()), || {
            Ok(Reading {
                files: self,
                inputs,
                path,
                diagnostics: Diagnostics::default(),
                missing: Vec::new(),
            }
            .role(name, from))
        });
        made.unwrap_or_else(|error| {
            let diagnostics = Diagnostics(vec![unreadable(path, &error)]);
            let reading = Reading { files: self, inputs, path, diagnostics, missing: Vec::new() };
            Arc::new(reading.role(name, &EntryPoints::MAIN))
        })
    }
}

struct Reading<'a> {
    files: &'a Files,
    inputs: &'a Inputs,
    path: &'a Path,
    diagnostics: Diagnostics,
    missing: Vec<(&'static str, String)>,
}

impl Reading<'_> {
    fn role(mut self, name: &str, from: &EntryPoints) -> File<RoleFiles> {
        self.inputs.library.add_beside(self.path);
        let meta = self.meta();
        let defaults = self.vars("defaults", from.defaults.as_deref());
        let vars = self.vars("vars", from.vars.as_deref());
        let (tasks, tasks_directory) = self.steps("tasks", from.tasks.as_deref(), Site::Task);
        let (handlers, handlers_directory) = self.steps("handlers", from.handlers.as_deref(), Site::Handler);
        let role = Role {
            name: name.to_string(),
            path: self.path.to_path_buf(),
            defaults: Arc::new(defaults),
            vars: Arc::new(vars),
            tasks,
            handlers,
            tasks_directory,
            handlers_directory,
            dependencies: meta.dependencies,
            allow_duplicates: meta.allow_duplicates,
            collections: meta.collections,
            argument_specs: meta.argument_specs,
        };
        let content = RoleFiles { role: Arc::new(role), missing: self.missing };
        File { content, diagnostics: self.diagnostics }
    }

    /// Whether a file is one of the role's own; says so when it is not.
    fn is_inside(&mut self, kind: &'static str, name: &str, path: &Path) -> bool {
        let plain = |path: &Path| search::without_detours(&super::scope::absolute(path));
        let inside = plain(path).starts_with(plain(self.path));
        if !inside {
            let role = self.path.display();
            let message = format!("`{kind}_from` leads out of the role `{role}`: `{name}`");
            let words = format!(
                "Failed loading '{}' for role as it is not inside the expected role path: '{role}'",
                path.display()
            );
            self.diagnostics.push(Diagnostic::error("outside-role", message).words(words));
        }
        inside
    }

    fn steps(&mut self, kind: &'static str, name: Option<&str>, site: Site) -> (Vec<Step>, PathBuf) {
        let Some(path) = search::role_file(self.path, kind, name.unwrap_or("main")) else {
            self.missing.extend(name.map(|name| (kind, name.to_string())));
            return (Vec::new(), self.path.join(kind));
        };
        if name.is_some_and(|name| !self.is_inside(kind, name, &path)) {
            return (Vec::new(), self.path.join(kind));
        }
        let steps = match self.files.tasks(&path, site, self.inputs) {
            Ok(file) => {
                self.diagnostics.extend(file.diagnostics.clone());
                file.content.clone()
            }
            Err(error) => self.unreadable(&path, &error),
        };
        (steps, directory(&path))
    }

    fn vars(&mut self, kind: &'static str, name: Option<&str>) -> VarMap {
        let paths = search::role_vars(self.path, kind, name.unwrap_or("main"));
        if paths.is_empty() {
            self.missing.extend(name.map(|name| (kind, name.to_string())));
        }
        let mut vars = VarMap::new();
        for path in paths {
            match self.files.node(&path, self.inputs) {
                Ok(file) => {
                    self.diagnostics.extend(file.diagnostics.clone());
                    let Some(node) = file.content.as_ref().filter(|node| !node.is_null()) else { continue };
                    if node.as_map().is_none() {
                        let message = format!("expected a mapping of variables, found {}", node.kind_name());
                        self.diagnostics.push(Diagnostic::error("wrong-kind", message).at(&node.span, ""));
                    }
                    vars.extend(read_vars(node));
                }
                Err(error) => self.unreadable(&path, &error),
            }
        }
        vars
    }

    fn meta(&mut self) -> RoleMeta {
        let mut meta = RoleMeta::default();
        if let Some(path) = search::role_file(self.path, "meta", "main") {
            match self.files.node(&path, self.inputs) {
                Ok(file) => {
                    self.diagnostics.extend(file.diagnostics.clone());
                    if let Some(node) = &file.content {
                        let mut reader = Reader { actions: self.inputs, diagnostics: &mut self.diagnostics };
                        meta = reader.role_meta(node);
                        let named = node.get("collections").and_then(Node::as_seq).into_iter().flatten();
                        meta.collections =
                            named.filter_map(|name| name.as_str().map(str::to_owned)).collect();
                    }
                }
                Err(error) => self.unreadable(&path, &error),
            }
        }
        if let Some(path) = search::role_file(self.path, "meta", "argument_specs") {
            match self.files.node(&path, self.inputs) {
                Ok(file) => {
                    self.diagnostics.extend(file.diagnostics.clone());
                    let specs = file.content.as_ref().and_then(|node| node.get("argument_specs"));
                    meta.argument_specs = specs
                        .map(|node| Field { value: Value::from_node(node), span: node.span.clone() })
                        .or(meta.argument_specs);
                }
                Err(error) => self.unreadable(&path, &error),
            }
        }
        meta
    }

    fn unreadable<T: Default>(&mut self, path: &Path, error: &io::Error) -> T {
        self.diagnostics.push(unreadable(path, error));
        T::default()
    }
}
