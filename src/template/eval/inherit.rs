//! Blocks, `extends`, `include` and `import`.

use std::any::Any;
use std::sync::Arc;

use super::super::tree::{Block, Expr, Program, Stmt};
use super::super::truth::iterate;
use super::super::{Object, Template, TemplateError, Value};
use super::locals::{Frame, Locals};
use super::output::Output;
use super::{Interp, Outcome, macros};

/// `super()`: the block that the running one overrides.
pub(super) struct Super {
    name: Arc<str>,
    level: usize,
}

impl Object for Super {
    fn type_name(&self) -> &str {
        "BlockReference"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

/// An imported template.
struct Module {
    /// What it could see where it was imported.
    context: Frame,
    names: Frame,
}

impl Object for Module {
    fn type_name(&self) -> &str {
        "TemplateModule"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        let key = key.as_str()?;
        let (_, value) = self.names.iter().find(|(n, _)| &**n == key && !n.starts_with('_'))?;
        Some(macros::at_home(value, &[&self.context[..], &self.names].concat()))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Interp<'_> {
    /// The statements that bring templates together.
    pub(super) fn inherit(&mut self, statement: &Stmt, out: &mut Output) -> Result<(), TemplateError> {
        match statement {
            Stmt::Block(block) if self.parent.is_none() => self.block(&block.name, 0, out),
            Stmt::Extends(name) => self.extends(name),
            Stmt::Include { name, ignore_missing, with_context } if self.parent.is_none() => {
                self.include(name, *ignore_missing, *with_context, out)
            }
            Stmt::Import { from, name, with_context } => {
                let module = self.module(from, *with_context)?;
                self.locals.set(name.clone(), Value::Object(Arc::new(module)));
                Ok(())
            }
            Stmt::FromImport { from, names, with_context } => {
                let module = self.module(from, *with_context)?;
                for (name, alias) in names {
                    let value = module.get(&Value::Str(name.clone())).unwrap_or_else(|| {
                        Value::undefined(format!("the template has no name '{name}' to import"))
                    });
                    self.locals.set(alias.clone(), value);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn extends(&mut self, name: &Expr) -> Result<(), TemplateError> {
        if self.parent.is_some() {
            return Err(TemplateError::failed("a template extends only one other"));
        }
        let parent = self.load_first(name)?;
        self.parent = Some(parent);
        Ok(())
    }

    /// Runs the block of that name, `level` steps below the most derived one.
    fn block(&mut self, name: &Arc<str>, level: usize, out: &mut Output) -> Result<(), TemplateError> {
        let Some(block) = self.blocks.get(name).and_then(|b| b.get(level)).cloned() else {
            return Err(TemplateError::failed(format!("there is no block `{name}` above this one")));
        };
        if block.required && level == 0 {
            return Err(TemplateError::failed(format!("required block `{name}` is not overridden")));
        }
        self.deeper(|me| me.scoped(|me| me.run_block(&block, level, out)))
    }

    fn run_block(&mut self, block: &Block, level: usize, out: &mut Output) -> Result<(), TemplateError> {
        let reference = Super { name: block.name.clone(), level: level + 1 };
        self.locals.set("super".into(), Value::Object(Arc::new(reference)));
        self.body(&block.body, out).map(drop)
    }

    /// `super()`.
    pub(super) fn call_super(&mut self, reference: &Super) -> Outcome {
        let mut out = Output::default();
        self.block(&reference.name, reference.level, &mut out)?;
        Ok(out.finish())
    }

    /// `self.name()`.
    pub(super) fn self_block(&mut self, name: &Arc<str>) -> Outcome {
        let mut out = Output::default();
        self.block(name, 0, &mut out)?;
        Ok(out.finish())
    }

    fn include(
        &mut self,
        name: &Expr,
        ignore_missing: bool,
        with_context: bool,
        out: &mut Output,
    ) -> Result<(), TemplateError> {
        let (template, program) = match self.load(name)? {
            Ok(found) => found,
            Err(_) if ignore_missing => return Ok(()),
            Err(error) => return Err(error),
        };
        let session = self.session;
        let mut inner = Interp::new(session, template.clone());
        if with_context {
            inner.locals = Locals::of(vec![self.locals.flattened()]);
        }
        inner.depth = self.depth;
        let value = session.entered(&template, || inner.program(&program))?;
        out.value(value);
        Ok(())
    }

    fn module(&mut self, from: &Expr, with_context: bool) -> Result<Module, TemplateError> {
        let (template, program) = self.load_first(from)?;
        let session = self.session;
        let mut inner = Interp::new(session, template.clone());
        if with_context {
            inner.locals = Locals::of(vec![self.locals.flattened(), Frame::new()]);
        }
        session.entered(&template, || inner.program(&program))?;
        let names = inner.locals.frames.pop().unwrap_or_default();
        let context = inner.locals.frames.pop().unwrap_or_default();
        Ok(Module { context, names })
    }

    fn load_first(&mut self, name: &Expr) -> Result<(Arc<Template>, Arc<Program>), TemplateError> {
        self.load(name)?
    }

    /// The first of the named templates that there is; the inner error is that of none found.
    #[expect(clippy::type_complexity, reason = "not found is told apart from failed")]
    fn load(
        &mut self,
        name: &Expr,
    ) -> Result<Result<(Arc<Template>, Arc<Program>), TemplateError>, TemplateError> {
        let value = self.deep(name)?;
        let names = match &value {
            Value::Str(_) => vec![value.clone()],
            other => iterate(other)?,
        };
        for name in &names {
            if let Some(template) = self.session.engine.load(self.session, &name.to_text())? {
                let program = match self.session.options {
                    Some(options) => self.session.engine.program(&template, &options.syntax)?,
                    None => template.program()?,
                };
                return Ok(Ok((template, program)));
            }
        }
        let names: Vec<String> = names.iter().map(|n| format!("`{}`", n.to_text())).collect();
        Ok(Err(TemplateError::failed(format!("template not found: {}", names.join(", ")))))
    }
}
