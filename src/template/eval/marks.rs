//! What `ansible._protomatter` asks of an expression: where its value comes from, and what went wrong with it.

use super::super::tree::{Arg, Expr, ExprKind};
use super::super::{TemplateError, Value};
use super::{Interp, Outcome};

impl Interp<'_> {
    /// The answer to a filter that asks more than the value can tell; `None` for any other.
    pub(super) fn examined(&mut self, filter: &str, input: &Expr) -> Option<Outcome> {
        if matches!(filter, "type_debug" | "ansible.builtin.type_debug") {
            let sealed = match self.eval(input) {
                Err(error) => error.is_sealed(),
                Ok(value @ Value::Vault(_)) => self.session.settle(value).is_err(),
                Ok(_) => false,
            };
            return sealed.then(|| Ok(Value::from("VaultExceptionMarker")));
        }
        match filter.strip_prefix("ansible._protomatter.")? {
            "origin" => Some(self.eval(input).map(|value| match value {
                missing @ Value::Undefined(_) => missing,
                _ => self.origin(input).map_or(Value::None, Value::from),
            })),
            "dump_object" => {
                let value = self.eval(input).and_then(|value| self.session.settle(value));
                Some(Ok(value.unwrap_or_else(|error| failure(&error))))
            }
            _ => None,
        }
    }

    fn origin(&self, input: &Expr) -> Option<String> {
        match &input.kind {
            ExprKind::Var(name) if self.locals.get(name).is_none() => {
                self.session.scope.place(name).map(|place| place.to_string())
            }
            ExprKind::Call(callee, args) if matches!(&callee.kind, ExprKind::Var(f) if &**f == "lookup") => {
                let word = |at: usize| match args.get(at)? {
                    Arg::Positional(Expr { kind: ExprKind::Const(Value::Str(word)), .. }) => Some(&**word),
                    _ => None,
                };
                let variable = word(1).filter(|_| matches!(word(0), Some("env" | "ansible.builtin.env")))?;
                std::env::var_os(variable).map(|_| format!("<environment variable '{variable}'>"))
            }
            _ => None,
        }
    }
}

fn failure(error: &TemplateError) -> Value {
    let reason = Value::map([("message".into(), error.said().into())]);
    Value::map([("exception".into(), reason)])
}
