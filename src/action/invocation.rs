//! Everything one attempt of an action may use.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_modules::own;
use baton_modules::wire::{Background, Call};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json};

use crate::connection::{Address, Bodies, Connections, LogLine, NoBodies};
use crate::diagnostic::{self, Diagnostics};
use crate::library::{Found, Library};
use crate::playbook::{Args, Field};
use crate::template::{Engine, Scope, TemplateError, Value};
use crate::vars::{VarMap, VarsFiles};
use crate::vault::{self, Vault};

use super::{Answer, SearchPath};

/// One attempt of an action on one host.
pub(crate) struct Invocation {
    /// The inventory's name of the host.
    pub(crate) host: Arc<str>,
    /// The short name of the module or action.
    pub(crate) action: String,
    /// As written.
    pub(crate) args: Args,
    /// `module_defaults` that apply, beneath the arguments.
    pub(crate) defaults: Vec<(String, Value)>,
    pub(crate) engine: Arc<Engine>,
    pub(crate) scope: Arc<dyn Scope>,
    pub(crate) connections: Arc<Connections>,
    pub(crate) vault: Arc<Vault>,
    pub(crate) vars_files: Arc<VarsFiles>,
    /// The module of the user's that the name means.
    pub(crate) own: Option<Found>,
    pub(crate) library: Arc<Library>,
    /// Whether it runs elsewhere than on the host.
    pub(crate) delegated: bool,
    /// The variables of the host where it runs.
    pub(crate) seat: Arc<dyn Scope>,
    /// Where the module runs: the host, or the one delegated to.
    pub(crate) address: Address,
    pub(crate) search: SearchPath,
    pub(crate) check: bool,
    pub(crate) diff: bool,
    pub(crate) environment: Vec<(String, String)>,
    pub(crate) timeout: Option<Duration>,
    /// Left running behind the play.
    pub(crate) background: Option<Background>,
    pub(crate) verbosity: u8,
    /// Whether its result says what the module was told.
    pub(crate) tells: bool,
    /// How often the end of what is left running is looked for; `None`: not at all.
    pub(crate) poll: Option<Duration>,
    /// Who is told of that: the job, and whether it went well once it has ended.
    pub(crate) polled: Arc<dyn Fn(&str, Option<bool>) + Send + Sync>,
    /// Where goes what only `-vvv` tells.
    pub(crate) detail: Arc<dyn Fn(String) + Send + Sync>,
    /// Where lines of long commands go while they run; `None` with `no_log`.
    pub(crate) live: Option<Arc<dyn Fn(LogLine) + Send + Sync>>,
}

/// Rendered arguments, by option.
pub(crate) type Arguments = Map<String, Json>;

/// Rendered arguments by name, as values.
pub(crate) type Values = IndexMap<String, Value>;

impl Invocation {
    /// All arguments, rendered; those that came out as `omit` are left out.
    ///
    /// # Errors
    /// When a template fails, at its place.
    pub(crate) fn arguments(&self) -> Result<Arguments, TemplateError> {
        self.arguments_but(&[])
    }

    /// All arguments but some, which the action renders itself.
    ///
    /// # Errors
    /// When a template fails, at its place.
    pub(crate) fn arguments_but(&self, left_out: &[&str]) -> Result<Arguments, TemplateError> {
        Ok(self.values_but(left_out)?.iter().map(|(name, value)| (name.clone(), value.to_json())).collect())
    }

    /// All arguments but some, as values: dates and keys that are no texts keep their types.
    ///
    /// # Errors
    /// When a template fails, at its place.
    pub(crate) fn values_but(&self, left_out: &[&str]) -> Result<Values, TemplateError> {
        self.rendered(left_out).map_err(|error| finalizing(error, &self.action))
    }

    fn rendered(&self, left_out: &[&str]) -> Result<Values, TemplateError> {
        let mut all = Values::new();
        for (name, value) in &self.defaults {
            let value = self.engine.resolve(value, &*self.scope).map_err(|e| resolving(e, name, None))?;
            set(&mut all, name, value);
        }
        let none = Default::default();
        if let Some(whole) = &self.args.whole {
            let value = self.engine.resolve(&whole.value, &*self.scope)?;
            let entries = value.as_map().or(matches!(value, Value::Omit).then_some(&none));
            let Some(entries) = entries else {
                let error = TemplateError::failed("the arguments must come out as a mapping")
                    .words(format!("Task args must resolve to a 'dict' not '{}'.", value.type_name()));
                return Err(error.at(Some(whole.span.clone())));
            };
            for (name, value) in entries {
                set(&mut all, &name.to_text(), value.clone());
            }
        }
        for (name, _, field) in &self.args.options {
            if !left_out.contains(&name.as_str()) {
                let value = self.engine.resolve(&field.value, &*self.scope);
                set(&mut all, name, value.map_err(|e| resolving(e, name, Some(field)))?);
            }
        }
        if let Some(raw) = &self.args.raw {
            let value = self.engine.resolve(&raw.value, &*self.scope);
            set(&mut all, "_raw_params", value.map_err(|e| resolving(e, "_raw_params", Some(raw)))?);
        }
        Ok(all)
    }

    /// One argument as written.
    pub(crate) fn written(&self, name: &str) -> Option<&Value> {
        self.args.options.iter().find(|(option, ..)| option == name).map(|(_, _, field)| &field.value)
    }

    /// A text of the controller, decrypted where it is in the vault.
    ///
    /// # Errors
    /// When it cannot be read, decrypted, or is no UTF-8.
    pub(crate) fn read_text(&self, path: &Path) -> io::Result<String> {
        let bytes = match self.decrypted(path)? {
            Some(bytes) => bytes,
            None => std::fs::read(path)?,
        };
        String::from_utf8(bytes).map_err(|_| io::Error::other("it is not text in UTF-8"))
    }

    /// What is in a file of the vault; `None` for any other file.
    ///
    /// # Errors
    /// When it cannot be read or decrypted.
    pub(crate) fn decrypted(&self, path: &Path) -> io::Result<Option<Vec<u8>>> {
        let mut start = Vec::new();
        std::fs::File::open(path)?.take(64).read_to_end(&mut start)?;
        if !vault::is_encrypted(&start) {
            return Ok(None);
        }
        self.vault.decrypt(std::fs::read(path)?).map(Some).map_err(io::Error::other)
    }

    /// The variables in a file.
    ///
    /// # Errors
    /// With all mistakes in it, drawn.
    pub(crate) fn read_vars(&self, path: &Path) -> Result<VarMap, String> {
        let mut diagnostics = Diagnostics::default();
        let vars = self.vars_files.read(path, &mut diagnostics);
        if diagnostics.has_errors() {
            Err(diagnostic::render_all(&diagnostics, false))
        } else {
            Ok(VarMap::clone(&vars))
        }
    }

    /// The scope with some variables of its own.
    pub(crate) fn overlay<'n>(&self, vars: impl IntoIterator<Item = (&'n str, Value)>) -> Overlay {
        let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        Overlay { vars, beneath: self.scope.clone() }
    }

    /// Runs a module where the task runs.
    pub(crate) async fn call(&self, module: &str, args: Arguments) -> Answer {
        self.call_with(module, args, Arc::new(NoBodies)).await
    }

    /// Runs a module that may ask for files.
    pub(crate) async fn call_with(&self, module: &str, args: Arguments, bodies: Arc<dyn Bodies>) -> Answer {
        let call = Call {
            module: module.into(),
            args,
            check: self.check,
            diff: self.diff,
            environment: self.environment.clone(),
            live: self.live.is_some(),
            bodies: bodies.offered(),
            background: self.background.clone(),
            ..Call::default()
        };
        self.send(call, bodies).await
    }

    /// Runs a module beside the task's own, never in the background.
    pub(crate) async fn call_beside(&self, module: &str, args: Arguments) -> Answer {
        let call = Call { module: module.into(), args, ..Call::default() };
        self.send(call, Arc::new(NoBodies)).await
    }

    async fn send(&self, call: Call, bodies: Arc<dyn Bodies>) -> Answer {
        if call.background.is_some() && !call.bodies.is_empty() && call.module != own::MODULE {
            return Answer::failed(format!(
                "`{}` needs the controller while it runs: it cannot be left in the background",
                self.action
            ));
        }
        let live = self.live.clone();
        let on_log = move |line| {
            if let Some(live) = &live {
                live(line);
            }
        };
        match self.connections.call(&self.address, call, bodies, on_log).await {
            Ok(reply) => Answer::from(reply),
            Err(reason) => Answer::without_reply(&reason),
        }
    }
}

/// The argument that could not be rendered.
pub(crate) fn resolving(error: TemplateError, name: &str, field: Option<&Field>) -> TemplateError {
    let place = field.map(|field| field.span.clone());
    error.at(place.clone()).within(format!("Error while resolving value for '{name}'"), place)
}

/// The action whose arguments could not be rendered.
pub(crate) fn finalizing(error: TemplateError, action: &str) -> TemplateError {
    let action = super::full_name(action);
    error.within(format!("Finalization of task args for '{action}' failed"), None)
}

fn set(all: &mut Values, name: &str, value: Value) {
    match value {
        Value::Omit => drop(all.shift_remove(name)),
        value => drop(all.insert(name.into(), value)),
    }
}

/// A scope with variables that only one text sees.
pub(crate) struct Overlay {
    vars: HashMap<String, Value>,
    beneath: Arc<dyn Scope>,
}

impl Scope for Overlay {
    fn get(&self, name: &str) -> Option<Value> {
        self.vars.get(name).cloned().or_else(|| self.beneath.get(name))
    }

    fn names(&self) -> Vec<String> {
        self.vars.keys().cloned().chain(self.beneath.names()).collect()
    }
}
