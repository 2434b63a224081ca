//! Calls: filters, tests, functions, methods, macros.

use std::sync::Arc;

use super::super::tree::{Arg, Expr, ExprKind};
use super::super::{Args, TemplateError, Value, clock};
use super::functions::Function;
use super::inherit::Super;
use super::loops::Loop;
use super::macros::MacroObject;
use super::{Interp, Outcome, access, methods};

impl Interp<'_> {
    /// `input | name(args)`.
    pub(super) fn filter(&mut self, name: &str, input: Option<&Expr>, args: &[Arg], expr: &Expr) -> Outcome {
        if let Some(known) = input.and_then(|input| self.examined(name, input)) {
            return known;
        }
        let value = match input.map(|input| (input, &input.kind)) {
            // What opens encrypted texts is given them as they are.
            Some((input, ExprKind::Var(variable))) if name.ends_with("unvault") => {
                let sealed = self.session.variable(variable).filter(|v| matches!(v, Value::Vault(_)));
                sealed.map_or_else(|| self.eval(input), Ok)?
            }
            Some((input, _)) => self.eval(input)?,
            None => Value::None,
        };
        let value = match value {
            template @ Value::Template(_) => self.session.settle(template)?,
            Value::Vault(sealed) => Value::Str(sealed.text.clone()),
            other => other,
        };
        let args = self.args(args)?;
        let outcome = self.session.engine.apply_filter(self.session, name, value, args);
        outcome.map_err(|e| match input {
            // A missing input is shown where it was asked for, not at the filter.
            Some(input) if e.kind() == super::ErrorKind::Undefined => self.used_at(e, input),
            _ => self.used_at(e, expr),
        })
    }

    /// A chain of filters without input, as at the head of a filter block.
    pub(super) fn filter_chain(&mut self, filter: &Expr, input: Value) -> Outcome {
        let ExprKind::Filter { name, input: inner, args } = &filter.kind else { return Ok(input) };
        let input = match inner {
            Some(inner) => self.filter_chain(inner, input)?,
            None => input,
        };
        let args = self.args(args)?;
        let outcome = self.session.engine.apply_filter(self.session, name, input, args);
        outcome.map_err(|e| self.used_at(e, filter))
    }

    /// `input is name(args)`.
    pub(super) fn test(&mut self, name: &str, input: &Expr, args: &[Arg]) -> Outcome {
        let value = match &input.kind {
            // Asked before it is opened.
            ExprKind::Var(variable) if name.ends_with("vault_encrypted") || name.ends_with("tagged_with") => {
                self.session.variable(variable).filter(|v| matches!(v, Value::Vault(_)))
            }
            ExprKind::Filter { .. } if name.ends_with("tagged_with") => Some(self.value(input)?),
            _ => None,
        };
        let value = value.map_or_else(|| self.eval(input), Ok)?;
        let args = self.args(args)?;
        self.session.engine.apply_test(self.session, name, value, args).map(Value::Bool)
    }

    /// `callee(args)`.
    pub(super) fn call(&mut self, callee: &Expr, args: &[Arg]) -> Outcome {
        if let ExprKind::Attr(of, name) = &callee.kind {
            return self.method(of, name, args, callee);
        }
        let function = self.eval(callee)?;
        let args = self.args(args)?;
        self.invoke(&function, args)
    }

    fn method(&mut self, of: &Expr, name: &Arc<str>, args: &[Arg], callee: &Expr) -> Outcome {
        if matches!(&of.kind, ExprKind::Var(v) if &**v == "self") {
            return self.self_block(name);
        }
        let object = self.eval(of)?;
        if let Value::Undefined(u) = &object {
            return Err(TemplateError::undefined(u));
        }
        let args = self.args(args)?;
        if methods::changes(&object, name)
            && let Some(path) = self.path(of)?
        {
            drop(object);
            return self.change(&path, name, args);
        }
        if let Some(outcome) = self.object_method(&object, name, &args) {
            return outcome;
        }
        if methods::has(&object, name) {
            let object = match methods::reads_deep(&object) {
                true => self.session.deep(object)?,
                false => object,
            };
            let args = self.deep_args(args)?;
            return methods::call(&object, name, args);
        }
        match access::attribute(self.session, &object, &Value::Str(name.clone()))? {
            Value::Undefined(u) => Err(self.used_at(TemplateError::undefined(&u), callee)),
            function => self.invoke(&function, args),
        }
    }

    /// Methods of objects with behaviour.
    fn object_method(&mut self, object: &Value, name: &str, args: &Args) -> Option<Outcome> {
        let Value::Object(o) = object else { return None };
        if let Some(state) = o.as_any().downcast_ref::<Loop>() {
            return state.call(name, args.clone());
        }
        if let Some(moment) = clock::moment(object) {
            return moment.call(name, args.clone());
        }
        if let Some(elapsed) = clock::elapsed(object) {
            return elapsed.call(name).map(Ok);
        }
        super::functions::method(&**o, name)
            .or_else(|| access::mapping_method(self.session, object, name, args))
            .or_else(|| methods::object::call(self.session, object, name, args))
    }

    /// Calls a value.
    pub(super) fn invoke(&mut self, function: &Value, args: Args) -> Outcome {
        let not_callable =
            || TemplateError::failed(format!("'{}' object is not callable", function.type_name()));
        match function {
            Value::Undefined(u) => Err(TemplateError::undefined(u)),
            Value::Object(object) => {
                let any = object.as_any();
                if let Some(macro_) = any.downcast_ref::<MacroObject>() {
                    self.call_macro(macro_, args)
                } else if let Some(function) = any.downcast_ref::<Function>() {
                    let args = if function.lazy { args } else { self.deep_args(args)? };
                    (function.run)(self.session, args)
                } else if let Some(state) = any.downcast_ref::<Loop>() {
                    self.recurse(state, args)
                } else if let Some(block) = any.downcast_ref::<Super>() {
                    self.call_super(block)
                } else {
                    super::functions::call_object(&**object, args).unwrap_or_else(|| Err(not_callable()))
                }
            }
            _ => Err(not_callable()),
        }
    }

    /// Arguments with everything in them rendered.
    pub(super) fn deep_args(&self, args: Args) -> Result<Args, TemplateError> {
        let positional = args.positional.into_iter().map(|v| self.session.deep(v));
        let named = args.named.into_iter().map(|(n, v)| Ok((n, self.session.deep(v)?)));
        Ok(Args {
            positional: positional.collect::<Result<_, _>>()?,
            named: named.collect::<Result<_, TemplateError>>()?,
        })
    }
}
