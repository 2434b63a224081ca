//! Walks a compiled template on values. Statements write to an output; expressions give
//! values whose outermost layer is rendered.

mod access;
mod assign;
mod call;
mod expr;
mod functions;
mod inherit;
mod locals;
mod loops;
mod macros;
mod marks;
pub(crate) mod methods;
mod output;
mod stmt;

pub(crate) use access::{attribute, item};
pub(crate) use functions::{FUNCTIONS, NOT_OVERRIDDEN, pair};
use locals::Locals;

use std::collections::HashMap;
use std::sync::Arc;

use super::session::Session;
use super::tree::{At, Block, Expr, ExprKind, Program, Stmt};
use super::{ErrorKind, Template, TemplateError, Value};

use output::Output;

type Outcome = Result<Value, TemplateError>;

/// Macros and recursive loops deeper than this are taken for endless.
const DEEPEST: usize = 200;

/// The walk of one template.
pub(crate) struct Interp<'s> {
    pub(super) session: &'s Session<'s>,
    /// Whose text the offsets in the tree are of.
    template: Arc<Template>,
    locals: Locals,
    /// Overriding blocks, the most derived first.
    blocks: HashMap<Arc<str>, Vec<Arc<Block>>>,
    /// The template this one extends, once known.
    parent: Option<(Arc<Template>, Arc<Program>)>,
    depth: usize,
}

impl<'s> Interp<'s> {
    /// A walk that has not begun.
    pub(crate) fn new(session: &'s Session<'s>, template: Arc<Template>) -> Self {
        Self { session, template, locals: Locals::default(), blocks: HashMap::new(), parent: None, depth: 0 }
    }

    /// Renders the whole: one expression gives its own value, more are joined into text.
    pub(crate) fn whole(&mut self) -> Outcome {
        let template = self.template.clone();
        let program = template.program()?;
        let value = match program.body.as_slice() {
            [Stmt::Emit(expr)] => self.only(expr)?,
            _ => self.program(&program)?,
        };
        Ok(match value {
            Value::Str(text) => Value::Str(with_newlines(text, &template.text)),
            other => other,
        })
    }

    /// The value of an expression that stands alone: what is in it stays lazy until it is used.
    fn only(&mut self, expr: &Expr) -> Outcome {
        match self.eval(expr)? {
            Value::Undefined(u)
                if !matches!(expr.kind, ExprKind::If { no: None, .. }) || !u.message.is_empty() =>
            {
                Err(self.used_at(TemplateError::undefined(&u), expr))
            }
            value => Ok(value),
        }
    }

    /// Renders a program with what it extends.
    pub(super) fn program(&mut self, program: &Arc<Program>) -> Outcome {
        let mut output = Output::default();
        let mut program = program.clone();
        loop {
            for (name, block) in &program.blocks {
                self.blocks.entry(name.clone()).or_default().push(block.clone());
            }
            self.body(&program.body, &mut output)?;
            match self.parent.take() {
                Some((template, parent)) => {
                    self.template = template;
                    program = parent;
                }
                None => return Ok(output.finish()),
            }
        }
    }

    /// Evaluates a bare expression; missing values come out as such.
    pub(crate) fn evaluate(&mut self, expr: &Expr) -> Outcome {
        self.eval(expr)
    }

    fn place(&self, at: At) -> Option<crate::diagnostic::Span> {
        self.session.place(&self.template, at)
    }

    fn deeper<T>(
        &mut self,
        work: impl FnOnce(&mut Self) -> Result<T, TemplateError>,
    ) -> Result<T, TemplateError> {
        if self.depth >= DEEPEST {
            return Err(TemplateError::new(ErrorKind::Recursion, "the template calls itself too deep"));
        }
        self.depth += 1;
        let result = work(self);
        self.depth -= 1;
        result
    }
}

/// ansible: Jinja drops one newline at the end of a template; Ansible puts back what is missing.
fn with_newlines(text: Arc<str>, source: &str) -> Arc<str> {
    let count = |s: &str| s.len() - s.trim_end_matches('\n').len();
    match count(source).checked_sub(count(&text)) {
        None | Some(0) => text,
        Some(missing) => Arc::from(format!("{text}{}", "\n".repeat(missing))),
    }
}
