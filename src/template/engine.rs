//! The engine: tables of filters, tests and look-ups, and the ways to render.

use std::collections::HashMap;
use std::sync::{Arc, OnceLock};

use parking_lot::{Mutex, RwLock};

use super::eval::{FUNCTIONS, Interp};
use super::filters::{self, Filter};
use super::lookups::{self, Lookup};
use super::session::Session;
use super::tests::{self, Test};
use super::tree::Program;
use super::ways::{Ways, short};
use super::{ErrorKind, Scope, Syntax, Template, TemplateError, Value, VaultString, has_markers, is_truthy};
use crate::diagnostic::{Diagnostic, nearest};

type Outcome = Result<Value, TemplateError>;

/// Compiled expressions and texts kept at most.
const KEPT: usize = 10_000;

/// Opens an encrypted string with the secrets of the run.
pub(super) type VaultOpener = dyn Fn(&VaultString) -> Result<String, TemplateError> + Send + Sync;

/// What the engine is told once.
pub(crate) struct Settings {
    pub vault: Box<VaultOpener>,
    /// Settings of the run by name, for the look-up `config`.
    pub config: Box<dyn Fn(&str) -> Option<Value> + Send + Sync>,
    /// Whether there is a module of that name, for the test `a_module`.
    pub knows_module: fn(&str) -> bool,
    /// ansible: conditions need not be boolean.
    pub allow_broken_conditionals: bool,
    /// Whether it is told that a text looks like a template and is none.
    pub tell_untrusted: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            vault: Box::new(|vault| {
                Err(TemplateError::failed("an encrypted variable is needed, and there is no vault password")
                    .at(vault.place.clone()))
            }),
            config: Box::new(|_| None),
            knows_module: |_| false,
            allow_broken_conditionals: false,
            tell_untrusted: false,
        }
    }
}

/// Renders templates; one for the whole run, shared by all hosts.
pub(crate) struct Engine {
    pub(super) settings: Settings,
    pub(super) filters: HashMap<&'static str, &'static Filter>,
    pub(super) tests: HashMap<&'static str, &'static Test>,
    pub(super) lookups: HashMap<&'static str, &'static Lookup>,
    /// What collections say of names.
    pub(super) ways: OnceLock<Box<Ways>>,
    expressions: RwLock<HashMap<Arc<str>, Arc<Template>>>,
    programs: RwLock<HashMap<(Arc<str>, Syntax), Arc<Program>>>,
    pub(super) warnings: Mutex<Vec<Diagnostic>>,
}

impl Engine {
    /// An engine with all filters, tests and look-ups.
    pub(crate) fn new(settings: Settings) -> Self {
        Self {
            settings,
            filters: filters::all().flat_map(|f| f.names().map(move |n| (n, f))).collect(),
            tests: tests::all().flat_map(|t| t.names().map(move |n| (n, t))).collect(),
            lookups: lookups::all().map(|l| (l.name, l)).collect(),
            ways: OnceLock::new(),
            expressions: RwLock::default(),
            programs: RwLock::default(),
            warnings: Mutex::default(),
        }
    }

    /// Renders a template: one expression gives its own value, anything else is text. The result is data.
    pub(crate) fn render(&self, template: &Arc<Template>, scope: &dyn Scope) -> Outcome {
        self.resolve(&Value::Template(template.clone()), scope)
    }

    /// Renders everything lazy in a value. `omit` within containers is left out, a whole that
    /// is `omit` stays so; a missing value is an error.
    pub(crate) fn resolve(&self, value: &Value, scope: &dyn Scope) -> Outcome {
        match value {
            Value::Undefined(_) | Value::Object(_) | Value::Tuple(_) => self.finished(value, scope),
            plain if !plain.is_lazy() => Ok(plain.clone()),
            lazy => self.finished(lazy, scope),
        }
    }

    fn finished(&self, value: &Value, scope: &dyn Scope) -> Outcome {
        Session::new(self, scope, None).finish(value.clone()).map_err(|e| self.explained(e, scope))
    }

    /// Adds to the error of a missing value what may have been meant, and where its variable was set.
    pub(super) fn explained(&self, error: TemplateError, scope: &dyn Scope) -> TemplateError {
        let Some((name, attribute)) = error.about().map(|(n, a)| (n.to_owned(), a)) else { return error };
        if attribute {
            return match scope.place(&name) {
                Some(place) => error.through(format!("`{name}` is set here"), Some(place)),
                None => error,
            };
        }
        let names = scope.names();
        match nearest(&name, names.iter().map(String::as_str)) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }

    /// Renders the outermost layer of a value; what is in it stays lazy. A missing value is an error.
    pub(crate) fn resolve_shallow(&self, value: &Value, scope: &dyn Scope) -> Outcome {
        match Session::new(self, scope, None).settle(value.clone())? {
            Value::Undefined(u) => Err(self.explained(TemplateError::undefined(&u), scope)),
            settled => Ok(settled),
        }
    }

    /// Evaluates a condition: a bare expression with a boolean result.
    pub(crate) fn condition(
        &self,
        template: &Arc<Template>,
        scope: &dyn Scope,
    ) -> Result<bool, TemplateError> {
        let text = template.text.trim();
        if text.is_empty() {
            return Err(TemplateError::failed("the condition is empty").at(template.place.clone()));
        }
        let session = Session::new(self, scope, None);
        let whole = all_template(text);
        let value = match whole {
            true => {
                self.warn(
                    "condition-in-braces",
                    "conditions stand without `{{ }}`: they are expressions already",
                    template.place.as_ref(),
                );
                session.finish(Value::Template(template.clone()))
            }
            false => self.evaluated(&session, template).and_then(|v| session.deep(v)),
        };
        let value = value.map_err(|e| self.explained(e.at(template.place.clone()), scope))?;
        match value {
            Value::Str(_) if whole && !self.settings.allow_broken_conditionals => {
                Err(TemplateError::untrusted(&value).at(template.place.clone()))
            }
            value => self.boolean(value, template),
        }
    }

    fn boolean(&self, value: Value, template: &Template) -> Result<bool, TemplateError> {
        match value {
            Value::Bool(truth) => Ok(truth),
            other if self.settings.allow_broken_conditionals => Ok(is_truthy(&other)),
            other => {
                let words = format!(
                    "the condition gave `{}` of type `{}`; conditions must give true or false",
                    other.repr(),
                    other.type_name()
                );
                let origin = match (&other, &template.place) {
                    (Value::Str(_), Some(place)) => place.to_string(),
                    _ => "<unknown>".to_owned(),
                };
                let truth = if is_truthy(&other) { "True" } else { "False" };
                let said = format!(
                    "Conditional result ({truth}) was derived from value of type '{}' at '{origin}'. \
                     Conditionals must have a boolean result.",
                    other.type_name()
                );
                let error = TemplateError::failed(words).words(said).at(template.place.clone());
                let hint = match &other {
                    Value::Str(s) if other.to_bool().is_some() => {
                        format!("write `… | bool`: the text `{s}` is no boolean")
                    }
                    Value::List(_) | Value::Map(_) | Value::Str(_) | Value::Tuple(_) => {
                        "write `… | length > 0` to ask whether it is empty".to_owned()
                    }
                    Value::None => "write `… is not none`".to_owned(),
                    _ => "compare it, or write `… | bool`".to_owned(),
                };
                Err(error.hint(hint))
            }
        }
    }

    /// Evaluates a bare expression that stands nowhere in particular.
    pub(crate) fn expression(&self, text: &str, scope: &dyn Scope) -> Outcome {
        self.expression_at(&self.kept(text), scope)
    }

    /// Evaluates a bare expression at its place.
    pub(crate) fn expression_at(&self, template: &Arc<Template>, scope: &dyn Scope) -> Outcome {
        let session = Session::new(self, scope, None);
        let value = self.evaluated(&session, template).and_then(|v| session.finish(v));
        value.map_err(|e| self.explained(e.at(template.place.clone()), scope))
    }

    fn evaluated(&self, session: &Session<'_>, template: &Arc<Template>) -> Outcome {
        let expr = template.expression()?;
        let value = session.entered(template, || Interp::new(session, template.clone()).evaluate(&expr));
        value.map_err(|error| error.failed_as("expression"))
    }

    fn kept(&self, text: &str) -> Arc<Template> {
        if let Some(template) = self.expressions.read().get(text) {
            return template.clone();
        }
        let template = Template::new(text, None);
        let mut kept = self.expressions.write();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.entry(template.text.clone()).or_insert(template).clone()
    }

    /// The tree of a template in a syntax; kept.
    pub(super) fn program(
        &self,
        template: &Template,
        syntax: &Syntax,
    ) -> Result<Arc<Program>, TemplateError> {
        if *syntax == Syntax::default() {
            return template.program();
        }
        let key = (template.text.clone(), syntax.clone());
        if let Some(program) = self.programs.read().get(&key) {
            return Ok(program.clone());
        }
        let program = template.compiled(syntax)?;
        let mut kept = self.programs.write();
        if kept.len() >= KEPT {
            kept.clear();
        }
        kept.insert(key, program.clone());
        Ok(program)
    }

    /// What a look-up finds, for `with_*`.
    pub(crate) fn lookup(
        &self,
        name: &str,
        args: Vec<Value>,
        kwargs: Vec<(Arc<str>, Value)>,
        scope: &dyn Scope,
    ) -> Result<Vec<Value>, TemplateError> {
        let session = Session::new(self, scope, None);
        let args = args.into_iter().map(|a| session.finish(a)).collect::<Result<Vec<_>, _>>()?;
        let found = self.run_lookup(&session, name, args, kwargs);
        let found = found.and_then(|f| f.into_iter().map(|v| session.finish(v)).collect());
        found.map_err(|e| self.explained(e, scope))
    }

    /// Opens an encrypted string.
    pub(super) fn open(&self, vault: &VaultString) -> Result<String, TemplateError> {
        (self.settings.vault)(vault).map_err(TemplateError::sealed)
    }

    /// A setting of the run.
    pub(super) fn setting(&self, name: &str) -> Option<Value> {
        (self.settings.config)(name)
    }

    /// Whether it is told that a text looks like a template and is none.
    pub(super) fn tells_untrusted(&self) -> bool {
        self.settings.tell_untrusted
    }

    /// A name that every template knows.
    pub(super) fn global(&self, session: &Session<'_>, name: &str) -> Option<Value> {
        match name {
            "omit" => Some(Value::Omit),
            "vars" => Some(lookups::variables(session)),
            _ => {
                let function = FUNCTIONS.iter().find(|f| f.name == name)?;
                Some(Value::Object(Arc::new(*function)))
            }
        }
    }

    /// The error of a name that no table has.
    pub(super) fn unknown(&self, kind: &str, name: &str) -> TemplateError {
        let (ours, words) = match kind {
            "lookup" => ("look-up", format!("The lookup plugin '{name}' was not found.")),
            _ => (kind, format!("No {kind} named '{name}'.")),
        };
        let error = TemplateError::new(ErrorKind::Syntax, format!("unknown {ours} `{name}`")).words(words);
        let near = match kind {
            "filter" => nearest(short(name), self.filters.keys().copied()),
            "test" => nearest(short(name), self.tests.keys().copied()),
            _ => nearest(short(name), self.lookups.keys().copied()),
        };
        match near {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error,
        }
    }
}

/// Whether the whole text stands in braces.
pub(super) fn all_template(text: &str) -> bool {
    let within = |open: &str, close: &str| text.starts_with(open) && text.ends_with(close);
    has_markers(text)
        && (within("{{", "}}") || within("{%", "%}") || within("{{", "%}") || within("{%", "}}"))
}
