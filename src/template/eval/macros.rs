//! Macros, `caller`, and namespaces.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;
use parking_lot::Mutex;

use super::super::tree::{Arg, Expr, ExprKind, Macro};
use super::super::{Args, Object, Template, TemplateError, Value};
use super::locals::{Frame, Locals};
use super::output::Output;
use super::{Interp, Outcome};

/// A macro as a value.
pub(super) struct MacroObject {
    decl: Arc<Macro>,
    template: Arc<Template>,
    /// The names visible where it was defined, beyond the template's own.
    captured: Vec<Frame>,
    /// Whether the template's own names are those of the caller's template.
    live: bool,
}

impl Object for MacroObject {
    fn type_name(&self) -> &str {
        "Macro"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        match key.as_str()? {
            "name" => Some(Value::Str(self.decl.name.clone())),
            "arguments" => Some(Value::tuple(self.decl.params.iter().map(|(n, _)| Value::Str(n.clone())))),
            "catch_kwargs" => Some(Value::Bool(self.decl.takes_kwargs)),
            "catch_varargs" => Some(Value::Bool(self.decl.takes_varargs)),
            "caller" => Some(Value::Bool(self.decl.takes_caller)),
            _ => None,
        }
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// The value with a macro's home fixed to the module it was imported from.
pub(super) fn at_home(value: &Value, module: &Frame) -> Value {
    match value {
        Value::Object(o) => match o.as_any().downcast_ref::<MacroObject>() {
            Some(m) if m.live => {
                let captured = std::iter::once(module.clone()).chain(m.captured.iter().cloned()).collect();
                Value::Object(Arc::new(MacroObject {
                    decl: m.decl.clone(),
                    template: m.template.clone(),
                    captured,
                    live: false,
                }))
            }
            _ => value.clone(),
        },
        other => other.clone(),
    }
}

impl Interp<'_> {
    /// `{% macro %}`.
    pub(super) fn define(&mut self, decl: &Arc<Macro>) {
        let object = MacroObject {
            decl: decl.clone(),
            template: self.template.clone(),
            captured: self.locals.frames[1..].to_vec(),
            live: true,
        };
        self.locals.set(decl.name.clone(), Value::Object(Arc::new(object)));
    }

    /// `{% call %}`: the body is what `caller` writes.
    pub(super) fn call_block(&mut self, call: &Expr, caller: &Arc<Macro>) -> Outcome {
        let ExprKind::Call(callee, args) = &call.kind else {
            return Err(TemplateError::failed("a call block needs a call"));
        };
        let object = MacroObject {
            decl: caller.clone(),
            template: self.template.clone(),
            captured: self.locals.frames.clone(),
            live: false,
        };
        let function = self.eval(callee)?;
        let mut args: Args = self.args(args as &[Arg])?;
        args.named.push(("caller".into(), Value::Object(Arc::new(object))));
        self.invoke(&function, args).map_err(|e| self.used_at(e, call))
    }

    /// Calls a macro; its value is what its body writes.
    pub(super) fn call_macro(&mut self, object: &MacroObject, args: Args) -> Outcome {
        self.deeper(|me| {
            let mut frames = Vec::with_capacity(object.captured.len() + 2);
            let own = object.live.then(|| std::mem::take(&mut me.locals.frames[0]));
            frames.extend(own);
            frames.extend(object.captured.iter().cloned());
            frames.push(Frame::new());
            let outer = std::mem::replace(&mut me.locals, Locals::of(frames));
            let template = std::mem::replace(&mut me.template, object.template.clone());
            let outcome = me.bind_and_run(&object.decl, args);
            me.template = template;
            let mut inner = std::mem::replace(&mut me.locals, outer);
            if object.live {
                me.locals.frames[0] = std::mem::take(&mut inner.frames[0]);
            }
            outcome
        })
    }

    fn bind_and_run(&mut self, decl: &Arc<Macro>, mut args: Args) -> Outcome {
        let mut positional = std::mem::take(&mut args.positional).into_iter();
        for (name, default) in &decl.params {
            let value = match (positional.next(), args.take(name), default) {
                (Some(_), Some(_), _) => {
                    return Err(TemplateError::failed(format!(
                        "macro `{}` got several values for `{name}`",
                        decl.name
                    )));
                }
                (Some(value), ..) | (None, Some(value), _) => value,
                (None, None, Some(default)) => self.eval(default)?,
                (None, None, None) => Value::undefined(format!("parameter '{name}' was not provided")),
            };
            self.locals.set(name.clone(), value);
        }
        self.rest(decl, positional.collect(), args)?;
        let mut out = Output::default();
        self.body(&decl.body, &mut out)?;
        Ok(out.finish())
    }

    fn rest(&mut self, decl: &Macro, extra: Vec<Value>, mut args: Args) -> Result<(), TemplateError> {
        let is_param = |name: &str| decl.params.iter().any(|(n, _)| &**n == name);
        if let Some(caller) = args.take("caller") {
            if !decl.takes_caller {
                return Err(TemplateError::failed(format!("macro `{}` does not use `caller`", decl.name)));
            }
            self.locals.set("caller".into(), caller);
        } else if decl.takes_caller && !is_param("caller") {
            self.locals.set("caller".into(), Value::undefined("no caller defined"));
        }
        if !extra.is_empty() && !decl.takes_varargs {
            return Err(TemplateError::failed(format!(
                "macro `{}` takes not more than {} argument(s)",
                decl.name,
                decl.params.len()
            )));
        }
        if let Some((name, _)) = args.named.first().filter(|_| !decl.takes_kwargs) {
            return Err(TemplateError::failed(format!(
                "macro `{}` takes no keyword argument `{name}`",
                decl.name
            )));
        }
        if decl.takes_varargs && !is_param("varargs") {
            self.locals.set("varargs".into(), Value::tuple(extra));
        }
        if decl.takes_kwargs && !is_param("kwargs") {
            let entries = args.named.into_iter().map(|(n, v)| (Value::Str(n), v));
            self.locals.set("kwargs".into(), Value::map(entries));
        }
        Ok(())
    }
}

/// What `namespace()` makes: names that keep their values beyond the loop they are set in.
pub(crate) struct Namespace {
    entries: Mutex<IndexMap<Value, Value>>,
}

impl Namespace {
    /// Holding these names.
    pub(crate) fn new(entries: impl IntoIterator<Item = (Value, Value)>) -> Self {
        Self { entries: Mutex::new(entries.into_iter().collect()) }
    }

    /// The namespace in a value.
    pub(super) fn of(value: &Value) -> Option<&Namespace> {
        match value {
            Value::Object(o) => o.as_any().downcast_ref(),
            _ => None,
        }
    }

    /// Sets a name.
    pub(super) fn set(&self, key: Value, value: Value) {
        self.entries.lock().insert(key, value);
    }

    /// Takes a value out to change it, leaving its place.
    pub(super) fn take(&self, key: &Value) -> Option<Value> {
        self.entries.lock().get_mut(key).map(|slot| std::mem::replace(slot, Value::None))
    }
}

impl Object for Namespace {
    fn type_name(&self) -> &str {
        "Namespace"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        self.entries.lock().get(key).cloned()
    }

    fn to_plain(&self) -> Option<Value> {
        // One that holds itself is shown once.
        let Some(entries) = self.entries.try_lock() else { return Some(Value::str("<Namespace {...}>")) };
        Some(Value::from(format!("<Namespace {}>", Value::map(entries.clone()).repr())))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}
