//! From minijinja's tree to ours.

use std::collections::HashMap;
use std::sync::Arc;

use minijinja::machinery::ast;

use super::super::stack::Stack;
use super::super::tree::{
    Arg, At, BinaryOp, Block, CompareOp, Expr, ExprKind, For, Macro, Program, Stmt, Target,
};
use super::super::{Template, Value, has_markers};
use super::mend::Mended;
use super::{Broken, name, strings};

/// Lowers one template.
pub(super) struct Lower<'m> {
    mended: &'m Mended,
    /// Constants with markers are templates.
    embedded: bool,
    /// Backslashes in the strings of `{{ … }}` mean themselves.
    raw_strings: bool,
    /// Whether this is within `{{ … }}`.
    emitting: bool,
    stack: Stack,
    blocks: HashMap<Arc<str>, Arc<Block>>,
}

type Lowered<T> = Result<T, Broken>;

impl<'m> Lower<'m> {
    pub(super) fn new(mended: &'m Mended, embedded: bool, raw_strings: bool) -> Self {
        Self { mended, embedded, raw_strings, emitting: false, stack: Stack::begin(), blocks: HashMap::new() }
    }

    /// The whole of a template.
    pub(super) fn program(mut self, root: &ast::Stmt<'_>) -> Lowered<Program> {
        let ast::Stmt::Template(template) = root else {
            return Err(Broken::new("not a template", At::default()));
        };
        let body = self.body(&template.children)?;
        Ok(Program { body, blocks: self.blocks })
    }

    fn body(&mut self, statements: &[ast::Stmt<'_>]) -> Lowered<Vec<Stmt>> {
        statements.iter().map(|s| self.statement(s)).collect()
    }

    fn statement(&mut self, statement: &ast::Stmt<'_>) -> Lowered<Stmt> {
        Ok(match statement {
            ast::Stmt::Template(t) => {
                Stmt::If { test: constant(true), yes: self.body(&t.children)?, no: vec![] }
            }
            ast::Stmt::EmitExpr(e) => {
                self.emitting = true;
                let expr = self.expr(&e.expr);
                self.emitting = false;
                Stmt::Emit(expr?)
            }
            ast::Stmt::EmitRaw(raw) => Stmt::Raw(name(raw.raw)),
            ast::Stmt::ForLoop(l) => Stmt::For(Arc::new(self.for_loop(l)?)),
            ast::Stmt::IfCond(c) => Stmt::If {
                test: self.expr(&c.expr)?,
                yes: self.body(&c.true_body)?,
                no: self.body(&c.false_body)?,
            },
            ast::Stmt::WithBlock(w) => Stmt::With { assignments: self.with(w)?, body: self.body(&w.body)? },
            ast::Stmt::Set(s) => Stmt::Set { target: self.target(&s.target)?, value: self.expr(&s.expr)? },
            ast::Stmt::SetBlock(s) => Stmt::SetBlock {
                target: self.target(&s.target)?,
                filter: s.filter.as_ref().map(|f| self.expr(f)).transpose()?,
                body: self.body(&s.body)?,
            },
            ast::Stmt::AutoEscape(a) => {
                Stmt::AutoEscape { enabled: self.expr(&a.enabled)?, body: self.body(&a.body)? }
            }
            ast::Stmt::FilterBlock(f) => {
                Stmt::FilterBlock { filter: self.expr(&f.filter)?, body: self.body(&f.body)? }
            }
            ast::Stmt::Macro(m) => Stmt::Macro(Arc::new(self.macro_(m)?)),
            ast::Stmt::CallBlock(c) => Stmt::CallBlock {
                call: self.call(&c.call, self.at(c.call.span()))?,
                caller: Arc::new(self.macro_(&c.macro_decl)?),
            },
            ast::Stmt::Continue(_) => Stmt::Continue,
            ast::Stmt::Break(_) => Stmt::Break,
            // The mended text makes a call of whatever was done.
            ast::Stmt::Do(d) => Stmt::Do(self.expr(&d.call.expr)?),
            ast::Stmt::Block(_) | ast::Stmt::Extends(_) | ast::Stmt::Include(_) => {
                self.inheritance(statement)?
            }
            ast::Stmt::Import(_) | ast::Stmt::FromImport(_) => self.import(statement)?,
        })
    }

    fn inheritance(&mut self, statement: &ast::Stmt<'_>) -> Lowered<Stmt> {
        Ok(match statement {
            ast::Stmt::Block(b) => {
                let block =
                    Arc::new(Block { name: name(b.name), required: b.required, body: self.body(&b.body)? });
                self.blocks.insert(block.name.clone(), block.clone());
                Stmt::Block(block)
            }
            ast::Stmt::Extends(e) => Stmt::Extends(self.expr(&e.name)?),
            ast::Stmt::Include(i) => Stmt::Include {
                name: self.expr(&i.name)?,
                ignore_missing: i.ignore_missing,
                with_context: !self.says(i.span(), "without"),
            },
            _ => return Err(self.unexpected()),
        })
    }

    fn import(&mut self, statement: &ast::Stmt<'_>) -> Lowered<Stmt> {
        Ok(match statement {
            ast::Stmt::Import(i) => Stmt::Import {
                from: self.expr(&i.expr)?,
                name: self.variable(&i.name)?,
                with_context: self.says(i.span(), "with"),
            },
            ast::Stmt::FromImport(i) => Stmt::FromImport {
                from: self.expr(&i.expr)?,
                names: i
                    .names
                    .iter()
                    .map(|(n, alias)| self.imported(n, alias.as_ref()))
                    .collect::<Lowered<_>>()?,
                with_context: self.says(i.span(), "with"),
            },
            _ => return Err(self.unexpected()),
        })
    }

    fn imported(&self, from: &ast::Expr<'_>, alias: Option<&ast::Expr<'_>>) -> Lowered<(Arc<str>, Arc<str>)> {
        let from = self.variable(from)?;
        let to = alias.map(|a| self.variable(a)).transpose()?.unwrap_or_else(|| from.clone());
        Ok((from, to))
    }

    fn for_loop(&mut self, l: &ast::ForLoop<'_>) -> Lowered<For> {
        Ok(For {
            target: self.target(&l.target)?,
            over: self.expr(&l.iter)?,
            filter: l.filter_expr.as_ref().map(|f| self.expr(f)).transpose()?,
            recursive: l.recursive,
            body: self.body(&l.body)?,
            otherwise: self.body(&l.else_body)?,
        })
    }

    fn with(&mut self, w: &ast::WithBlock<'_>) -> Lowered<Vec<(Target, Expr)>> {
        w.assignments.iter().map(|(t, v)| Ok((self.target(t)?, self.expr(v)?))).collect()
    }

    fn macro_(&mut self, m: &ast::Macro<'_>) -> Lowered<Macro> {
        let without = m.args.len() - m.defaults.len();
        let mut params = Vec::with_capacity(m.args.len());
        for (index, param) in m.args.iter().enumerate() {
            let default = index.checked_sub(without).map(|i| self.expr(&m.defaults[i])).transpose()?;
            params.push((self.variable(param)?, default));
        }
        let body = self.body(&m.body)?;
        let mut used = super::super::uses::Uses::default();
        used.body(&body);
        params.iter().filter_map(|(_, d)| d.as_ref()).for_each(|d| used.expr(d));
        Ok(Macro {
            name: name(m.name),
            takes_varargs: used.names.contains("varargs"),
            takes_kwargs: used.names.contains("kwargs"),
            takes_caller: used.names.contains("caller"),
            params,
            body,
        })
    }

    fn target(&self, target: &ast::Expr<'_>) -> Lowered<Target> {
        Ok(match target {
            ast::Expr::Var(v) => Target::Name(name(v.id)),
            ast::Expr::GetAttr(a) => Target::Attr(self.variable(&a.expr)?, name(a.name)),
            ast::Expr::List(l) => Target::Unpack(
                l.items.iter().map(|i| self.target(i)).collect::<Lowered<_>>()?,
                self.at(l.span()),
            ),
            other => return Err(self.cannot_assign(other)),
        })
    }

    fn variable(&self, expr: &ast::Expr<'_>) -> Lowered<Arc<str>> {
        match expr {
            ast::Expr::Var(v) => Ok(name(v.id)),
            other => Err(self.cannot_assign(other)),
        }
    }

    fn cannot_assign(&self, expr: &ast::Expr<'_>) -> Broken {
        Broken::new(format!("cannot assign to a {}", expr.description()), self.at(expr.span()))
    }

    fn unexpected(&self) -> Broken {
        Broken::new("unexpected statement", At::default())
    }

    /// An expression.
    pub(super) fn expr(&self, expr: &ast::Expr<'_>) -> Lowered<Expr> {
        let at = self.at(expr.span());
        if self.stack.is_deep() {
            return Err(Broken::new("the expression is too long", at));
        }
        let kind = match expr {
            ast::Expr::Var(v) => ExprKind::Var(name(v.id)),
            ast::Expr::Const(c) => self.constant(c, at)?,
            ast::Expr::Slice(s) => ExprKind::Slice {
                of: self.boxed(&s.expr)?,
                start: self.optional(s.start.as_ref())?,
                stop: self.optional(s.stop.as_ref())?,
                step: self.optional(s.step.as_ref())?,
            },
            ast::Expr::UnaryOp(u) => match u.op {
                ast::UnaryOpKind::Not => ExprKind::Not(self.boxed(&u.expr)?),
                ast::UnaryOpKind::Neg => ExprKind::Negate(self.boxed(&u.expr)?),
            },
            ast::Expr::BinOp(_) => return self.binary(expr),
            ast::Expr::Compare(c) => {
                let rest = c.ops.iter().map(|o| Ok((compare_op(o.op), self.expr(&o.expr)?)));
                ExprKind::Compare(self.boxed(&c.expr)?, rest.collect::<Lowered<_>>()?)
            }
            ast::Expr::IfExpr(i) => ExprKind::If {
                test: self.boxed(&i.test_expr)?,
                yes: self.boxed(&i.true_expr)?,
                no: self.optional(i.false_expr.as_ref())?,
            },
            ast::Expr::Filter(f) => ExprKind::Filter {
                name: name(&f.name.split_whitespace().collect::<String>()),
                input: self.optional(f.expr.as_ref())?,
                args: self.args(&f.args)?,
            },
            ast::Expr::Test(t) => ExprKind::Test {
                name: name(&t.name.split_whitespace().collect::<String>()),
                input: self.boxed(&t.expr)?,
                args: self.args(&t.args)?,
            },
            ast::Expr::GetAttr(a) => ExprKind::Attr(self.boxed(&a.expr)?, name(a.name)),
            ast::Expr::GetItem(i) => ExprKind::Item(self.boxed(&i.expr)?, self.boxed(&i.subscript_expr)?),
            ast::Expr::Call(c) => return self.call(c, at),
            ast::Expr::List(l) => ExprKind::List(self.all(&l.items)?),
            ast::Expr::Tuple(t) => ExprKind::Tuple(self.all(&t.items)?),
            ast::Expr::Map(m) => {
                let pairs = m.keys.iter().zip(&m.values).map(|(k, v)| Ok((self.expr(k)?, self.expr(v)?)));
                ExprKind::Map(pairs.collect::<Lowered<_>>()?)
            }
        };
        Ok(Expr { at: At { start: first_operand(&kind).unwrap_or(at.start), ..at }, kind })
    }

    fn call(&self, call: &ast::Call<'_>, at: At) -> Lowered<Expr> {
        let callee = self.boxed(&call.expr)?;
        let lookup = matches!(&callee.kind, ExprKind::Var(n) if matches!(&**n, "lookup" | "query" | "q"));
        let args = match lookup && !self.embedded {
            true => Lower { embedded: true, blocks: HashMap::new(), ..*self }.args(&call.args)?,
            false => self.args(&call.args)?,
        };
        Ok(Expr { kind: ExprKind::Call(callee, args), at })
    }

    fn args(&self, args: &[ast::CallArg<'_>]) -> Lowered<Vec<Arg>> {
        let lower = |arg: &ast::CallArg<'_>| {
            Ok(match arg {
                ast::CallArg::Pos(e) => Arg::Positional(self.expr(e)?),
                ast::CallArg::Kwarg(n, e) => Arg::Named(name(n), self.expr(e)?),
                ast::CallArg::PosSplat(e) => Arg::Spread(self.expr(e)?),
                ast::CallArg::KwargSplat(e) => Arg::SpreadNamed(self.expr(e)?),
            })
        };
        args.iter().map(lower).collect()
    }

    /// A chain of operators, from its left end on: it may be long.
    fn binary(&self, expr: &ast::Expr<'_>) -> Lowered<Expr> {
        let mut steps = Vec::new();
        let mut first = expr;
        while let ast::Expr::BinOp(b) = first {
            steps.push((b.op, &b.right, self.at(b.span())));
            first = &b.left;
        }
        let mut lowered = self.expr(first)?;
        for (op, right, at) in steps.into_iter().rev() {
            let at = At { start: lowered.at.start, ..at };
            lowered = Expr { kind: joined(op, Box::new(lowered), self.boxed(right)?), at };
        }
        Ok(lowered)
    }

    fn constant(&self, constant: &ast::Spanned<ast::Const>, at: At) -> Lowered<ExprKind> {
        let value = &constant.value;
        if let Some(text) = value.as_str() {
            let literals = self.text(constant.span());
            let raw = self.raw_strings && self.emitting;
            let text = match literals.contains('\\') {
                true => strings::literals(literals, raw)
                    .ok_or_else(|| Broken::new("bad escape in a string", at))?,
                false => text.to_owned(),
            };
            return Ok(match self.embedded && has_markers(&text) {
                true => ExprKind::Embedded(Template::new(text, None)),
                false => ExprKind::Const(Value::from(text)),
            });
        }
        Ok(ExprKind::Const(if value.is_none() {
            Value::None
        } else if let Ok(bool) = bool::try_from(value.clone()) {
            Value::Bool(bool)
        } else if value.is_integer() {
            i128::try_from(value.clone())
                .map(Value::Int)
                .map_err(|_| Broken::new(format!("number {value} is too large"), at))?
        } else {
            Value::Float(f64::try_from(value.clone()).unwrap_or(f64::NAN))
        }))
    }

    fn all(&self, exprs: &[ast::Expr<'_>]) -> Lowered<Vec<Expr>> {
        exprs.iter().map(|e| self.expr(e)).collect()
    }

    fn boxed(&self, expr: &ast::Expr<'_>) -> Lowered<Box<Expr>> {
        self.expr(expr).map(Box::new)
    }

    fn optional(&self, expr: Option<&ast::Expr<'_>>) -> Lowered<Option<Box<Expr>>> {
        expr.map(|e| self.boxed(e)).transpose()
    }

    fn at(&self, span: minijinja::machinery::Span) -> At {
        self.mended.original(At { start: span.start_offset, end: span.end_offset })
    }

    fn text(&self, span: minijinja::machinery::Span) -> &str {
        self.mended.text.get(span.start_offset as usize..span.end_offset as usize).unwrap_or("")
    }

    /// Whether a statement says `with context` or `without context`.
    fn says(&self, span: minijinja::machinery::Span, word: &str) -> bool {
        let mut words = self.text(span).split_whitespace().peekable();
        while let Some(w) = words.next() {
            if w == word && words.peek() == Some(&"context") {
                return true;
            }
        }
        false
    }
}

/// Where an operation's first operand starts: the parser's span has the token before it.
fn first_operand(kind: &ExprKind) -> Option<u32> {
    match kind {
        ExprKind::Compare(first, _) | ExprKind::If { yes: first, .. } => Some(first.at.start),
        _ => None,
    }
}

fn constant(value: bool) -> Expr {
    Expr { kind: ExprKind::Const(Value::Bool(value)), at: At::default() }
}

fn joined(op: ast::BinOpKind, left: Box<Expr>, right: Box<Expr>) -> ExprKind {
    use ast::BinOpKind as K;
    let compare = |op, left, right: Box<Expr>| ExprKind::Compare(left, vec![(op, *right)]);
    match op {
        K::Eq => compare(CompareOp::Eq, left, right),
        K::Ne => compare(CompareOp::Ne, left, right),
        K::Lt => compare(CompareOp::Lt, left, right),
        K::Lte => compare(CompareOp::Le, left, right),
        K::Gt => compare(CompareOp::Gt, left, right),
        K::Gte => compare(CompareOp::Ge, left, right),
        K::In => compare(CompareOp::In, left, right),
        K::ScAnd => ExprKind::And(left, right),
        K::ScOr => ExprKind::Or(left, right),
        K::Add => ExprKind::Binary(BinaryOp::Add, left, right),
        K::Sub => ExprKind::Binary(BinaryOp::Sub, left, right),
        K::Mul => ExprKind::Binary(BinaryOp::Mul, left, right),
        K::Div => ExprKind::Binary(BinaryOp::Div, left, right),
        K::FloorDiv => ExprKind::Binary(BinaryOp::FloorDiv, left, right),
        K::Rem => ExprKind::Binary(BinaryOp::Rem, left, right),
        K::Pow => ExprKind::Binary(BinaryOp::Pow, left, right),
        K::Concat => ExprKind::Binary(BinaryOp::Concat, left, right),
    }
}

fn compare_op(op: ast::CompareOpKind) -> CompareOp {
    use ast::CompareOpKind as K;
    match op {
        K::Eq => CompareOp::Eq,
        K::Ne => CompareOp::Ne,
        K::Lt => CompareOp::Lt,
        K::Lte => CompareOp::Le,
        K::Gt => CompareOp::Gt,
        K::Gte => CompareOp::Ge,
        K::In => CompareOp::In,
        K::NotIn => CompareOp::NotIn,
    }
}
