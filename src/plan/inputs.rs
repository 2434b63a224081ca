//! What planning needs from the layers above and from the command line.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::args::Spec;

use super::control;
use super::tags::Choice;
use crate::diagnostic::Diagnostic;
use crate::library::Library;
use crate::playbook::{Actions, short_name};
use crate::template::{Scope, Slip, Template, Value};
use crate::vars::VarMap;

/// How a template is checked; `true` for a bare expression.
pub(super) type Syntax = Box<dyn Fn(&Arc<Template>, bool) -> Vec<Slip> + Send + Sync>;
/// How a value is rendered with what is known before the run.
pub(super) type Render = Box<dyn Fn(&Value, &dyn Scope) -> Result<Value, Diagnostic> + Send + Sync>;
/// How an encrypted file is opened.
pub(super) type Decrypt = Box<dyn Fn(&Path, &str) -> Result<String, Diagnostic> + Send + Sync>;

/// What is planned for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Aim {
    /// Hosts will see it: what this version cannot do is an error.
    Run,
    /// It will be shown, as Ansible shows it.
    List,
    /// Mistakes are looked for: what only lacks here is a warning.
    Check,
}

/// What planning needs.
pub(crate) struct Inputs {
    pub aim: Aim,
    /// The declaration of a module or action, by short or full name.
    pub spec: fn(&str) -> Option<&'static Spec>,
    /// All names of modules and actions, short.
    pub names: fn() -> Vec<&'static str>,
    pub syntax: Syntax,
    pub render: Render,
    pub decrypt: Decrypt,
    /// Variables of the command line.
    pub extra_vars: Arc<VarMap>,
    /// Modules of the user's.
    pub library: Arc<Library>,
    /// Where roles are looked for after the playbook's own `roles`.
    pub roles_path: Vec<PathBuf>,
    /// Where `ansible_collections` is looked for after the playbook's own `collections`.
    pub collections_path: Vec<PathBuf>,
    /// Modules, by their short names, that the settings forbid.
    pub rejected: Vec<String>,
    /// Whether variables of roles are for these alone, where the settings say so.
    pub private_roles: Option<bool>,
    pub tags: Choice,
    /// The name, perhaps with wildcards, of the first task to run.
    pub start_at_task: Option<String>,
    /// Arguments, expressions and notified names are left for the run to meet, as Ansible does.
    pub lenient: bool,
}

impl Inputs {
    /// The declaration of a module, action or part of the language.
    pub(super) fn find(&self, name: &str) -> Option<&'static Spec> {
        if self.is_rejected(name) {
            return None;
        }
        control::spec(name).or_else(|| (self.spec)(name))
    }

    /// Whether it is a module of the user's: one that takes the place of a built-in one, or has a name of its own.
    pub(super) fn is_own(&self, name: &str) -> bool {
        match self.find(name) {
            Some(_) => self.library.find(name, &[]).is_some(),
            None => self.library.may_know(name),
        }
    }

    /// Whether others see the variables of a role that does not say so itself.
    pub(super) fn are_roles_public(&self, is_static: bool) -> bool {
        self.private_roles.map_or(is_static, |private| !private)
    }

    /// Whether the settings forbid it.
    pub(super) fn is_rejected(&self, name: &str) -> bool {
        self.rejected.iter().any(|rejected| short_name(rejected) == short_name(name))
    }
}

impl Actions for Inputs {
    fn knows(&self, name: &str) -> bool {
        self.is_rejected(name)
            || self.find(name).is_some()
            || super::later::exists(name)
            || self.library.may_know(name)
    }

    fn has_option(&self, action: &str, option: &str) -> bool {
        match self.find(action) {
            Some(spec) => spec.option(option).is_some(),
            None => false,
        }
    }

    fn is_lenient(&self) -> bool {
        self.lenient
    }

    fn names(&self) -> Vec<String> {
        let own = control::names().chain((self.names)());
        let all = own.chain(super::later::names()).filter(|name| !self.is_rejected(name));
        all.map(str::to_string).collect()
    }
}
