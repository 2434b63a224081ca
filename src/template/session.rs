//! One rendering: the scope it sees, what was rendered on the way already, and the
//! variables being rendered right now.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;

use super::eval::Interp;
use super::place::locate;
use super::stack::Stack;
use super::tree::At;
use super::{Engine, ErrorKind, List, Map, Scope, Template, TemplateError, TextOptions, Undefined, Value};

type Outcome = Result<Value, TemplateError>;

/// Templates that need each other deeper than this are taken for a loop.
const DEEPEST: usize = 60;

/// What is being rendered: which template in which scope, and how users call it.
struct Step {
    template: *const Template,
    scope: *const (),
    name: String,
}

/// The state of one rendering.
pub(crate) struct Session<'a> {
    pub engine: &'a Engine,
    pub scope: &'a dyn Scope,
    /// Where `include`, `import` and `extends` find templates.
    pub options: Option<&'a TextOptions>,
    /// What templates of this scope came out as; the template is kept so that its address stays its own.
    rendered: RefCell<HashMap<*const Template, (Arc<Template>, Value)>>,
    /// Variables of the scope that the template changed in place.
    pub changed: RefCell<HashMap<Arc<str>, Value>>,
    chain: Rc<RefCell<Vec<Step>>>,
    pub stack: Stack,
}

impl<'a> Session<'a> {
    /// A rendering that starts here.
    pub(crate) fn new(engine: &'a Engine, scope: &'a dyn Scope, options: Option<&'a TextOptions>) -> Self {
        Self {
            engine,
            scope,
            options,
            rendered: RefCell::default(),
            changed: RefCell::default(),
            chain: Rc::default(),
            stack: Stack::begin(),
        }
    }

    /// A rendering in another scope on behalf of this one.
    pub(crate) fn inner<'b>(&self, scope: &'b dyn Scope, options: Option<&'b TextOptions>) -> Session<'b>
    where
        'a: 'b,
    {
        Session { chain: self.chain.clone(), stack: self.stack, ..Session::new(self.engine, scope, options) }
    }

    /// A variable's raw value.
    pub(crate) fn variable(&self, name: &str) -> Option<Value> {
        if let Some(value) = self.changed.borrow().get(name) {
            return Some(value.clone());
        }
        self.scope.get(name)
    }

    /// A variable, rendered in its outermost layer.
    pub(crate) fn settled_variable(&self, name: &str) -> Result<Option<Value>, TemplateError> {
        self.variable(name).map(|value| self.settle_named(value, Some(name))).transpose()
    }

    /// Renders or opens a value's outermost layer; what is in it stays lazy.
    pub(crate) fn settle(&self, value: Value) -> Outcome {
        self.settle_named(value, None)
    }

    fn settle_named(&self, value: Value, name: Option<&str>) -> Outcome {
        match value {
            Value::Template(template) => self.template(&template, name),
            Value::Vault(vault) => self.engine.open(&vault).map(Value::from).map_err(|e| {
                e.worded_after("Error rendering template: Attempt to use undecryptable variable: ")
            }),
            Value::Str(text) if self.engine.tells_untrusted() && super::has_markers(&text) => {
                let message = format!("Encountered untrusted template: `{}`", shortened(&text));
                self.engine.warn("untrusted-template", &message, None);
                Ok(Value::Str(text))
            }
            other => Ok(other),
        }
    }

    /// Renders a template of the scope; a missing value in it makes it a missing value itself.
    fn template(&self, template: &Arc<Template>, name: Option<&str>) -> Outcome {
        let key = Arc::as_ptr(template);
        if let Some((_, value)) = self.rendered.borrow().get(&key) {
            return Ok(value.clone());
        }
        let nested = !self.chain.borrow().is_empty();
        let step = match name {
            Some(name) => format!("while rendering variable `{name}`"),
            None => format!("while rendering `{}`", shortened(&template.text)),
        };
        self.enter(template, name)?;
        let outcome = Interp::new(self, template.clone()).whole();
        self.chain.borrow_mut().pop();
        let value = match outcome.map_err(|error| error.failed_as("template")) {
            Ok(value) => value,
            Err(error) if error.kind() == ErrorKind::Undefined => {
                let error = if nested { error.through(step, None) } else { error };
                Value::Undefined(Arc::new(Undefined {
                    message: error.message().to_owned(),
                    name: name.map(str::to_owned),
                    place: error.place().cloned(),
                    cause: Some(Arc::new(error)),
                    ..Undefined::default()
                }))
            }
            Err(error) if error.kind() == ErrorKind::Recursion => return Err(error),
            Err(error) if nested => return Err(error.through(step, None)),
            Err(error) => return Err(error),
        };
        self.rendered.borrow_mut().insert(key, (template.clone(), value.clone()));
        Ok(value)
    }

    fn enter(&self, template: &Arc<Template>, name: Option<&str>) -> Result<(), TemplateError> {
        let (key, scope) = (Arc::as_ptr(template), std::ptr::from_ref(self.scope).cast::<()>());
        let mut chain = self.chain.borrow_mut();
        let looping = chain.iter().position(|s| s.template == key && s.scope == scope);
        if looping.is_some() || chain.len() >= DEEPEST {
            let from = looping.unwrap_or(chain.len().saturating_sub(6));
            let mut names: Vec<String> = chain[from..].iter().map(|s| format!("`{}`", s.name)).collect();
            names.extend(names.first().cloned().filter(|_| looping.is_some()));
            return Err(TemplateError::new(
                ErrorKind::Recursion,
                format!("recursive loop detected in template: {}", names.join(" needs ")),
            )
            .words(format!("Recursive loop detected in template: {}", names.join(" needs ")))
            .at(template.place.clone()));
        }
        let name = name.map_or_else(|| shortened(&template.text), str::to_owned);
        chain.push(Step { template: key, scope, name });
        Ok(())
    }

    /// Marks a template as being rendered while `work` runs, so that it cannot need itself.
    pub(crate) fn entered<T>(
        &self,
        template: &Arc<Template>,
        work: impl FnOnce() -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        self.enter(template, None)?;
        let result = work();
        self.chain.borrow_mut().pop();
        result
    }

    /// Renders everything lazy in a value; missing values in it are an error.
    pub(crate) fn deep(&self, value: Value) -> Outcome {
        match self.settle(value)? {
            Value::List(list) if needs_work(&list) => Ok(Value::list(self.deep_items(&list)?)),
            Value::Tuple(list) if needs_work(&list) => Ok(Value::tuple(self.deep_items(&list)?)),
            Value::Map(map) if Value::Map(map.clone()).is_lazy() => {
                Ok(Value::Map(Arc::new(self.deep_entries(&map)?)))
            }
            Value::Undefined(u) => Err(TemplateError::undefined(&u)),
            // Somebody's variables: what is in them is rendered with their scope.
            Value::Object(o) if o.iterate().is_some() && matches!(o.to_plain(), Some(Value::Map(_))) => {
                self.finish(Value::Object(o))
            }
            other => Ok(other),
        }
    }

    fn deep_items(&self, list: &Arc<List>) -> Result<Vec<Value>, TemplateError> {
        list.items.iter().map(|item| self.deep(item.clone())).collect()
    }

    fn deep_entries(&self, map: &Arc<Map>) -> Result<Map, TemplateError> {
        let entries = map.entries.iter().map(|(k, v)| Ok((self.deep(k.clone())?, self.deep(v.clone())?)));
        Ok(Map::new(entries.collect::<Result<_, TemplateError>>()?))
    }

    /// What leaves the engine: all rendered, tuples as lists, objects as plain values, `omit`
    /// gone from within containers.
    pub(crate) fn finish(&self, value: Value) -> Outcome {
        match self.settle(value)? {
            plain @ (Value::List(_) | Value::Map(_)) if !plain.is_lazy() => Ok(plain),
            Value::List(list) | Value::Tuple(list) => {
                let items = list.items.iter().filter(|i| !matches!(i, Value::Omit));
                let items = items.map(|item| self.finish(item.clone()));
                let items = items.filter(|i| !matches!(i, Ok(Value::Omit))).collect::<Result<Vec<_>, _>>()?;
                Ok(Value::list(items))
            }
            Value::Map(map) => {
                let mut entries = indexmap::IndexMap::with_capacity(map.entries.len());
                for (key, value) in &map.entries {
                    let value = self.finish(value.clone())?;
                    if !matches!(value, Value::Omit) {
                        entries.insert(self.finish(key.clone())?, value);
                    }
                }
                Ok(Value::Map(Arc::new(Map::new(entries))))
            }
            Value::Undefined(u) => Err(TemplateError::undefined(&u)),
            moment @ Value::Object(_) if super::clock::moment(&moment).is_some() => Ok(moment),
            Value::Object(object) => match object.to_plain() {
                Some(plain) => match object.scope() {
                    Some(scope) => self.inner(&*scope, None).finish(plain),
                    None => self.finish(plain),
                },
                None => Err(TemplateError::failed(format!(
                    "a value of type `{}` cannot be kept",
                    object.type_name()
                ))),
            },
            other => Ok(other),
        }
    }

    /// Where a piece of a template stands.
    pub(crate) fn place(&self, template: &Template, at: At) -> Option<crate::diagnostic::Span> {
        locate(template, at)
    }
}

/// Whether rendering would change what is in a list, or find a mistake in it.
fn needs_work(list: &Arc<List>) -> bool {
    Value::List(list.clone()).is_lazy()
}

/// A text in one short line, for messages.
fn shortened(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line,
    }
}
