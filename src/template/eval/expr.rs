//! Expressions.

use std::sync::Arc;

use indexmap::IndexMap;

use super::super::tree::{Arg, BinaryOp, CompareOp, Expr, ExprKind};
use super::super::truth::{compare, contains, is_truthy, iterate};
use super::super::{Args, TemplateError, Undefined, Value, arith};
use super::{ErrorKind, Interp, Outcome, access};

impl Interp<'_> {
    /// The value of an expression, its outermost layer rendered; errors know their place.
    pub(super) fn eval(&mut self, expr: &Expr) -> Outcome {
        if self.session.stack.is_deep() {
            return Err(TemplateError::new(ErrorKind::Recursion, "the template is nested too deep"));
        }
        let value = self.value(expr).map_err(|e| self.used_at(e, expr))?;
        match value {
            Value::Template(_) | Value::Vault(_) => {
                let settled = self.session.settle(value).map_err(|e| self.used_here(e, expr))?;
                Ok(self.placed(settled, expr))
            }
            settled => Ok(settled),
        }
    }

    /// The value of an expression with everything in it rendered; missing values are an error.
    pub(super) fn deep(&mut self, expr: &Expr) -> Outcome {
        let value = self.eval(expr)?;
        self.session.deep(value).map_err(|e| self.used_at(e, expr))
    }

    pub(super) fn value(&mut self, expr: &Expr) -> Outcome {
        match &expr.kind {
            ExprKind::Const(value) => Ok(value.clone()),
            ExprKind::Embedded(template) => {
                self.session.engine.warn_embedded(&self.template, self.place(expr.at));
                self.session.settle(Value::Template(template.clone()))
            }
            ExprKind::Var(name) => self.variable(name, expr),
            ExprKind::Attr(of, name) => {
                let object = self.eval(of)?;
                access::attribute(self.session, &object, &Value::Str(name.clone()))
                    .map(|v| self.placed(v, expr))
            }
            ExprKind::Item(of, key) => {
                let object = self.eval(of)?;
                let key = self.eval(key)?;
                access::item(self.session, &object, &key).map(|v| self.placed(v, expr))
            }
            ExprKind::Slice { of, start, stop, step } => self.slice(of, [start, stop, step]),
            ExprKind::Not(inner) => self.truth(inner).map(|t| Value::Bool(!t)),
            ExprKind::Negate(inner) => arith::negate(&self.eval(inner)?),
            ExprKind::And(left, right) => self.logical(left, right, false),
            ExprKind::Or(left, right) => self.logical(left, right, true),
            ExprKind::Binary(..) => self.binary(expr),
            ExprKind::Compare(first, rest) => self.comparison(first, rest),
            ExprKind::If { test, yes, no } => match (self.truth(test)?, no) {
                (true, _) => self.eval(yes),
                (false, Some(no)) => self.eval(no),
                (false, None) => Ok(Value::undefined("")),
            },
            ExprKind::Filter { name, input, args } => self.filter(name, input.as_deref(), args, expr),
            ExprKind::Test { name, input, args } => self.test(name, input, args),
            ExprKind::Call(callee, args) => self.call(callee, args),
            ExprKind::List(items) => Ok(Value::list(self.all(items)?)),
            ExprKind::Tuple(items) => Ok(Value::tuple(self.all(items)?)),
            ExprKind::Map(pairs) => self.mapping(pairs),
        }
    }

    fn all(&mut self, items: &[Expr]) -> Result<Vec<Value>, TemplateError> {
        items.iter().map(|i| self.eval(i)).collect()
    }

    fn mapping(&mut self, pairs: &[(Expr, Expr)]) -> Outcome {
        let mut entries = IndexMap::with_capacity(pairs.len());
        for (key, value) in pairs {
            let key = self.deep(key)?;
            if matches!(key, Value::List(_) | Value::Map(_)) {
                return Err(TemplateError::failed(format!("unhashable type: '{}'", key.type_name())));
            }
            entries.insert(key, self.eval(value)?);
        }
        Ok(Value::Map(Arc::new(super::super::Map::new(entries))))
    }

    fn variable(&mut self, name: &Arc<str>, expr: &Expr) -> Outcome {
        if let Some(value) = self.locals.get(name) {
            return Ok(value.clone());
        }
        let found = self.session.settled_variable(name).map_err(|e| self.used_here(e, expr))?;
        if let Some(value) = found {
            return Ok(self.placed(value, expr));
        }
        Ok(self.session.engine.global(self.session, name).unwrap_or_else(|| {
            Value::Undefined(Arc::new(Undefined {
                message: format!("'{name}' is undefined"),
                name: Some(name.to_string()),
                place: self.place(expr.at),
                ..Undefined::default()
            }))
        }))
    }

    /// Gives a missing value the place where it was asked for, unless it has one.
    fn placed(&self, value: Value, expr: &Expr) -> Value {
        match value {
            Value::Undefined(u) if u.place.is_none() && u.cause.is_none() => {
                let name = root(expr).map(|name| name.to_string());
                Value::Undefined(Arc::new(Undefined { place: self.place(expr.at), name, ..(*u).clone() }))
            }
            Value::Undefined(u) => match &u.cause {
                Some(cause) => {
                    let cause = (**cause).clone().used_at(self.place(expr.at).as_ref());
                    Value::Undefined(Arc::new(Undefined { cause: Some(Arc::new(cause)), ..(*u).clone() }))
                }
                None => Value::Undefined(u),
            },
            other => other,
        }
    }

    /// The error of a variable that this expression used.
    fn used_here(&self, error: TemplateError, expr: &Expr) -> TemplateError {
        let place = self.place(expr.at);
        error.used_at(place.as_ref()).at(place)
    }

    fn logical(&mut self, left: &Expr, right: &Expr, stop: bool) -> Outcome {
        let value = self.eval(left)?;
        if let Value::Undefined(u) = &value
            && !u.message.is_empty()
        {
            return Err(self.used_at(TemplateError::undefined(u), left));
        }
        if is_truthy(&value) == stop { Ok(value) } else { self.eval(right) }
    }

    /// A chain of operators, from its left end on: it may be long.
    fn binary(&mut self, expr: &Expr) -> Outcome {
        let mut steps = Vec::new();
        let mut first = expr;
        while let ExprKind::Binary(op, left, right) = &first.kind {
            steps.push((*op, &**left, &**right, first));
            first = left;
        }
        let mut value = self.eval(first)?;
        for (op, left, right, whole) in steps.into_iter().rev() {
            value = self.operate(op, value, left, right).map_err(|e| self.used_at(e, whole))?;
        }
        Ok(value)
    }

    fn operate(&mut self, op: BinaryOp, l: Value, left: &Expr, right: &Expr) -> Outcome {
        let r = self.eval(right)?;
        if op == BinaryOp::Add && matches!((&l, &r), (Value::List(_), Value::List(_))) {
            return arith::binary(op, &l, &r);
        }
        let l = self.session.deep(l).map_err(|e| self.used_at(e, left))?;
        let r = self.session.deep(r).map_err(|e| self.used_at(e, right))?;
        arith::binary(op, &l, &r)
    }

    fn comparison(&mut self, first: &Expr, rest: &[(CompareOp, Expr)]) -> Outcome {
        let mut left = self.deep(first)?;
        for (op, expr) in rest {
            let right = match (op, self.eval(expr)?) {
                // Asking for a host does not render all hosts.
                (CompareOp::In | CompareOp::NotIn, object @ Value::Object(_)) => object,
                (_, right) => self.session.deep(right).map_err(|e| self.used_at(e, expr))?,
            };
            if !holds(*op, &left, &right)? {
                return Ok(Value::Bool(false));
            }
            left = right;
        }
        Ok(Value::Bool(true))
    }

    fn slice(&mut self, of: &Expr, bounds: [&Option<Box<Expr>>; 3]) -> Outcome {
        let value = self.eval(of)?;
        let mut limits = [None; 3];
        for (limit, bound) in limits.iter_mut().zip(bounds) {
            if let Some(bound) = bound {
                *limit =
                    match self.eval(bound)? {
                        Value::None => None,
                        value => Some(value.as_int().ok_or_else(|| {
                            TemplateError::failed("slice indices must be integers or None")
                        })?),
                    };
            }
        }
        access::slice(&value, limits)
    }

    /// The arguments of a call.
    pub(super) fn args(&mut self, args: &[Arg]) -> Result<Args, TemplateError> {
        let mut bound = Args::default();
        for arg in args {
            match arg {
                Arg::Positional(e) => bound.positional.push(self.eval(e)?),
                Arg::Named(name, e) => bound.named.push((name.clone(), self.eval(e)?)),
                Arg::Spread(e) => bound.positional.extend(iterate(&self.eval(e)?)?),
                Arg::SpreadNamed(e) => {
                    let value = self.eval(e)?;
                    let Some(entries) = value.as_map() else {
                        return Err(TemplateError::failed(format!(
                            "argument after ** must be a mapping, not {}",
                            value.type_name()
                        )));
                    };
                    let named = entries.iter().map(|(k, v)| (Arc::from(k.to_text()), v.clone()));
                    bound.named.extend(named);
                }
            }
        }
        Ok(bound)
    }
}

/// The variable that a chain of attributes begins with.
fn root(expr: &Expr) -> Option<&Arc<str>> {
    match &expr.kind {
        ExprKind::Var(name) => Some(name),
        ExprKind::Attr(of, _) | ExprKind::Item(of, _) => root(of),
        _ => None,
    }
}

/// Whether a comparison holds.
fn holds(op: CompareOp, left: &Value, right: &Value) -> Result<bool, TemplateError> {
    Ok(match op {
        CompareOp::Eq => left == right,
        CompareOp::Ne => left != right,
        CompareOp::Lt => compare(left, right, "<")?.is_lt(),
        CompareOp::Le => compare(left, right, "<=")?.is_le(),
        CompareOp::Gt => compare(left, right, ">")?.is_gt(),
        CompareOp::Ge => compare(left, right, ">=")?.is_ge(),
        CompareOp::In => contains(right, left)?,
        CompareOp::NotIn => !contains(right, left)?,
    })
}
