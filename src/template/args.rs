//! The arguments of filters, tests, functions and methods, bound as Python binds them.

use std::sync::Arc;

use super::{TemplateError, Value};

/// Arguments as called: by position and by name.
#[derive(Clone, Default)]
pub(crate) struct Args {
    pub positional: Vec<Value>,
    pub named: Vec<(Arc<str>, Value)>,
}

impl Args {
    /// Takes a named argument out.
    pub(crate) fn take(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().position(|(n, _)| &**n == name)?;
        Some(self.named.remove(at).1)
    }

    /// Gives each parameter of `function` its argument.
    pub(crate) fn bind(self, function: &str, params: &[&'static str]) -> Result<Bound, TemplateError> {
        let given = self.positional.len();
        if given > params.len() {
            return Err(TemplateError::failed(format!(
                "`{function}` takes at most {} argument{}, {given} were given",
                params.len(),
                if params.len() == 1 { "" } else { "s" },
            )));
        }
        let mut values: Vec<Option<Value>> = self.positional.into_iter().map(Some).collect();
        values.resize(params.len(), None);
        for (name, value) in self.named {
            let Some(at) = params.iter().position(|p| *p == &*name) else {
                let error = TemplateError::failed(format!("`{function}` has no argument `{name}`"));
                return Err(match crate::diagnostic::nearest(&name, params.iter().copied()) {
                    Some(near) => error.hint(format!("did you mean `{near}`?")),
                    None => error,
                });
            };
            if values[at].is_some() {
                return Err(TemplateError::failed(format!("`{function}` got several values for `{name}`"))
                    .words(format!("keyword argument repeated: {name}")));
            }
            values[at] = Some(value);
        }
        Ok(Bound { function: function.to_owned(), params: params.to_vec(), values })
    }

    /// Fails when anything was given.
    pub(crate) fn none(self, function: &str) -> Result<(), TemplateError> {
        self.bind(function, &[]).map(drop)
    }
}

/// Arguments after binding, by the parameter's index.
pub(crate) struct Bound {
    function: String,
    params: Vec<&'static str>,
    values: Vec<Option<Value>>,
}

impl Bound {
    /// The argument, if given.
    pub(crate) fn get(&self, index: usize) -> Option<&Value> {
        self.values[index].as_ref()
    }

    /// The argument, if given and not `None`.
    pub(crate) fn some(&self, index: usize) -> Option<&Value> {
        self.get(index).filter(|v| !matches!(v, Value::None))
    }

    /// The argument; it must have been given.
    pub(crate) fn required(&self, index: usize) -> Result<&Value, TemplateError> {
        self.get(index).ok_or_else(|| {
            TemplateError::failed(format!("`{}` needs the argument `{}`", self.function, self.params[index]))
        })
    }

    /// The argument as text, or the default.
    pub(crate) fn text(&self, index: usize, default: &str) -> String {
        self.some(index).map_or_else(|| default.to_owned(), Value::to_text)
    }

    /// The argument as text; it must have been given.
    pub(crate) fn required_text(&self, index: usize) -> Result<String, TemplateError> {
        self.required(index).map(Value::to_text)
    }

    /// The argument's truth, or the default.
    pub(crate) fn truth(&self, index: usize, default: bool) -> bool {
        self.get(index).map_or(default, super::is_truthy)
    }

    /// The argument as a number of characters or items, or the default; what is negative is 0.
    pub(crate) fn size(&self, index: usize, default: usize) -> Result<usize, TemplateError> {
        sized(self.int(index, default as i128)?)
    }

    /// The argument as a whole number, or the default.
    pub(crate) fn int(&self, index: usize, default: i128) -> Result<i128, TemplateError> {
        match self.some(index) {
            None => Ok(default),
            Some(value) => whole(value).ok_or_else(|| {
                TemplateError::failed(format!(
                    "argument `{}` of `{}`: expected a whole number, found `{}`",
                    self.params[index],
                    self.function,
                    value.to_text()
                ))
            }),
        }
    }
}

/// A number of characters or items; what could not be held is refused before it is tried.
pub(super) fn sized(size: i128) -> Result<usize, TemplateError> {
    const LARGEST: i128 = 10_000_000;
    match size.max(0) {
        size if size <= LARGEST => Ok(size as usize),
        _ => Err(TemplateError::failed(format!("a width or count of {size} is too large"))),
    }
}

fn whole(value: &Value) -> Option<i128> {
    match value {
        Value::Float(f) if f.fract() == 0.0 => Some(*f as i128),
        Value::Str(s) => s.trim().parse().ok(),
        other => other.as_int(),
    }
}
