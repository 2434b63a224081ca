//! Which names, filters and tests a tree speaks of.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::tree::{Arg, At, Expr, ExprKind, Macro, Stmt, Target};
use super::{Template, TemplateError};

/// What was found on a walk.
#[derive(Default)]
pub(crate) struct Uses {
    pub names: BTreeSet<Arc<str>>,
    pub filters: Vec<(Arc<str>, At)>,
    pub tests: Vec<(Arc<str>, At)>,
    /// Look-ups whose names are constants.
    pub lookups: Vec<(Arc<str>, At)>,
    /// Whether functions are called, or constants rendered.
    pub calls: bool,
}

impl Template {
    /// Whether the text, as an expression, only names and compares things: then it may be evaluated
    /// even where it is data.
    pub(crate) fn calls_nothing(&self) -> Result<bool, TemplateError> {
        let mut uses = Uses::default();
        uses.expr(&*self.expression()?);
        Ok(!uses.calls)
    }

    /// Whether it is nothing but a constant in braces.
    pub(crate) fn is_constant(&self) -> bool {
        let only = |body: &[Stmt]| matches!(body, [Stmt::Emit(Expr { kind: ExprKind::Const(_), .. })]);
        self.program().is_ok_and(|program| only(&program.body))
    }
}

impl Uses {
    /// Walks statements.
    pub(crate) fn body(&mut self, body: &[Stmt]) {
        body.iter().for_each(|s| self.statement(s));
    }

    fn statement(&mut self, statement: &Stmt) {
        match statement {
            Stmt::Raw(_) | Stmt::Continue | Stmt::Break => {}
            Stmt::Emit(e) | Stmt::Do(e) | Stmt::Extends(e) => self.expr(e),
            Stmt::For(f) => {
                self.expr(&f.over);
                f.filter.iter().for_each(|e| self.expr(e));
                self.body(&f.body);
                self.body(&f.otherwise);
            }
            Stmt::If { test, yes, no } => {
                self.expr(test);
                self.body(yes);
                self.body(no);
            }
            Stmt::With { assignments, body } => {
                assignments.iter().for_each(|(_, e)| self.expr(e));
                self.body(body);
            }
            Stmt::Set { target, value } => {
                self.target(target);
                self.expr(value);
            }
            Stmt::SetBlock { filter, body, .. } => {
                filter.iter().for_each(|e| self.expr(e));
                self.body(body);
            }
            Stmt::AutoEscape { enabled: e, body } | Stmt::FilterBlock { filter: e, body } => {
                self.expr(e);
                self.body(body);
            }
            Stmt::Block(b) => self.body(&b.body),
            Stmt::Import { from: e, .. } | Stmt::FromImport { from: e, .. } => self.expr(e),
            Stmt::Include { name, .. } => self.expr(name),
            Stmt::Macro(m) => self.macro_(m),
            Stmt::CallBlock { call, caller } => {
                self.expr(call);
                self.macro_(caller);
            }
        }
    }

    fn macro_(&mut self, m: &Macro) {
        m.params.iter().filter_map(|(_, d)| d.as_ref()).for_each(|d| self.expr(d));
        self.body(&m.body);
    }

    fn target(&mut self, target: &Target) {
        if let Target::Attr(name, _) = target {
            self.names.insert(name.clone());
        }
    }

    /// Walks an expression.
    pub(crate) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Const(_) => {}
            ExprKind::Embedded(_) => self.calls = true,
            ExprKind::Var(name) => {
                self.names.insert(name.clone());
            }
            ExprKind::Slice { of, start, stop, step } => {
                self.expr(of);
                [start, stop, step].into_iter().flatten().for_each(|e| self.expr(e));
            }
            ExprKind::Not(e) | ExprKind::Negate(e) | ExprKind::Attr(e, _) => self.expr(e),
            ExprKind::And(a, b) | ExprKind::Or(a, b) | ExprKind::Binary(_, a, b) | ExprKind::Item(a, b) => {
                self.expr(a);
                self.expr(b);
            }
            ExprKind::Compare(first, rest) => {
                self.expr(first);
                rest.iter().for_each(|(_, e)| self.expr(e));
            }
            ExprKind::If { test, yes, no } => {
                self.expr(test);
                self.expr(yes);
                no.iter().for_each(|e| self.expr(e));
            }
            ExprKind::Filter { name, input, args } => {
                self.filters.push((name.clone(), expr.at));
                input.iter().for_each(|e| self.expr(e));
                self.args(args);
            }
            ExprKind::Test { name, input, args } => {
                self.tests.push((name.clone(), expr.at));
                self.expr(input);
                self.args(args);
            }
            ExprKind::Call(callee, args) => {
                self.lookup(callee, args);
                self.calls |= !matches!(callee.kind, ExprKind::Attr(..));
                self.expr(callee);
                self.args(args);
            }
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().for_each(|e| self.expr(e)),
            ExprKind::Map(pairs) => pairs.iter().for_each(|(k, v)| {
                self.expr(k);
                self.expr(v);
            }),
        }
    }

    fn lookup(&mut self, callee: &Expr, args: &[Arg]) {
        if let ExprKind::Var(name) = &callee.kind
            && matches!(&**name, "lookup" | "query" | "q")
            && let Some(Arg::Positional(Expr { kind: ExprKind::Const(super::Value::Str(plugin)), at })) =
                args.first()
        {
            self.lookups.push((plugin.clone(), *at));
        }
    }

    fn args(&mut self, args: &[Arg]) {
        for arg in args {
            match arg {
                Arg::Positional(e) | Arg::Named(_, e) | Arg::Spread(e) | Arg::SpreadNamed(e) => self.expr(e),
            }
        }
    }
}
