//! Statements.

use super::super::tree::{Expr, ExprKind, Stmt, Target};
use super::super::truth::is_truthy;
use super::super::{TemplateError, Value};
use super::output::Output;
use super::{Interp, Outcome};

/// How a statement ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Flow {
    On,
    Continue,
    Break,
}

impl Interp<'_> {
    /// Runs statements until one leaves the loop around them.
    pub(super) fn body(&mut self, body: &[Stmt], out: &mut Output) -> Result<Flow, TemplateError> {
        for statement in body {
            let flow = self.statement(statement, out)?;
            if flow != Flow::On {
                return Ok(flow);
            }
        }
        Ok(Flow::On)
    }

    /// Runs statements with names of their own.
    pub(super) fn scoped<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        self.locals.frames.push(Vec::new());
        let result = work(self);
        self.locals.frames.pop();
        result
    }

    /// What statements write, as one value.
    pub(super) fn captured(&mut self, body: &[Stmt]) -> Outcome {
        let mut out = Output::default();
        self.scoped(|me| me.body(body, &mut out))?;
        Ok(out.finish())
    }

    fn statement(&mut self, statement: &Stmt, out: &mut Output) -> Result<Flow, TemplateError> {
        match statement {
            Stmt::Raw(text) if self.parent.is_none() => out.raw(text),
            Stmt::Emit(expr) if self.parent.is_none() => self.emit(expr, out)?,
            Stmt::Raw(_) | Stmt::Emit(_) => {}
            Stmt::For(each) => return self.for_loop(each, out),
            Stmt::If { test, yes, no } => {
                let taken = if self.truth(test)? { yes } else { no };
                return self.body(taken, out);
            }
            Stmt::With { assignments, body } => {
                let values = assignments.iter().map(|(t, e)| Ok((t, self.eval(e)?)));
                let values: Vec<_> = values.collect::<Result<_, TemplateError>>()?;
                return self.scoped(|me| {
                    values.into_iter().try_for_each(|(target, value)| me.assign(target, value))?;
                    me.body(body, out)
                });
            }
            Stmt::Set { target, value } => {
                self.set(target, value)?;
            }
            Stmt::SetBlock { target, filter, body } => self.set_block(target, filter.as_ref(), body)?,
            Stmt::AutoEscape { enabled, body } => {
                self.eval(enabled)?;
                return self.body(body, out);
            }
            Stmt::FilterBlock { filter, body } => {
                let text = self.captured(body)?;
                let value = self.filter_chain(filter, text)?;
                out.value(self.session.finish(value)?);
            }
            Stmt::Do(expr) => drop(self.eval(expr)?),
            Stmt::Continue => return Ok(Flow::Continue),
            Stmt::Break => return Ok(Flow::Break),
            Stmt::Macro(decl) => self.define(decl),
            Stmt::CallBlock { call, caller } => {
                let value = self.call_block(call, caller)?;
                out.value(self.session.finish(value)?);
            }
            other => self.inherit(other, out)?,
        }
        Ok(Flow::On)
    }

    fn set(&mut self, target: &Target, expr: &Expr) -> Result<(), TemplateError> {
        let value = self.eval(expr)?;
        let origin = match (&value, target) {
            (Value::List(_) | Value::Map(_), Target::Name(name)) => {
                self.path(expr)?.map(|p| (name.clone(), p))
            }
            _ => None,
        };
        self.assign(target, value)?;
        if let Some((name, path)) = origin.filter(|(name, path)| !path.starts_at(name)) {
            self.locals.came_from(&name, path);
        }
        Ok(())
    }

    fn set_block(
        &mut self,
        target: &Target,
        filter: Option<&Expr>,
        body: &[Stmt],
    ) -> Result<(), TemplateError> {
        let mut value = self.captured(body)?;
        if let Some(filter) = filter {
            value = self.filter_chain(filter, value)?;
        }
        self.assign(target, value)
    }

    fn emit(&mut self, expr: &Expr, out: &mut Output) -> Result<(), TemplateError> {
        let value = self.eval(expr)?;
        if let (Value::Undefined(u), ExprKind::If { no: None, .. }) = (&value, &expr.kind)
            && u.message.is_empty()
        {
            out.value(value);
            return Ok(());
        }
        let finished = self.session.finish(value).map_err(|e| self.used_at(e, expr))?;
        out.value(finished);
        Ok(())
    }

    /// Whether an expression is true; a missing value has no truth.
    pub(super) fn truth(&mut self, expr: &Expr) -> Result<bool, TemplateError> {
        match self.eval(expr)? {
            // ansible: an inline `if` that was false and has no `else` is false here.
            Value::Undefined(u) if u.message.is_empty() => Ok(false),
            Value::Undefined(u) => Err(self.used_at(TemplateError::undefined(&u), expr)),
            value => Ok(is_truthy(&value)),
        }
    }

    /// Adds where a value was used to an error about it.
    pub(super) fn used_at(&self, error: TemplateError, expr: &Expr) -> TemplateError {
        error.at(self.place(expr.at))
    }
}
