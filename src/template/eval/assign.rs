//! Assigning to names, and changing lists and mappings in place: values never change
//! once shared, so a changed copy is put back where it came from.

use std::sync::Arc;

use super::super::tree::{Expr, ExprKind, Target};
use super::super::truth::iterate;
use super::super::{Args, List, Map, TemplateError, Value};
use super::macros::Namespace;
use super::{Interp, Outcome, methods};

/// A name, and the keys that lead from it to a value.
#[derive(Clone)]
pub(super) struct Path {
    root: Arc<str>,
    keys: Vec<Value>,
}

impl Interp<'_> {
    /// Assigns to a name, an attribute of a namespace, or several at once.
    pub(super) fn assign(&mut self, target: &Target, value: Value) -> Result<(), TemplateError> {
        match target {
            Target::Name(name) => self.locals.set(name.clone(), value),
            Target::Attr(name, attr) => match self.locals.get(name).and_then(Namespace::of) {
                Some(namespace) => namespace.set(Value::Str(attr.clone()), value),
                None => {
                    return Err(TemplateError::failed(format!(
                        "cannot assign attribute `{attr}` of `{name}`, which is not a namespace"
                    )));
                }
            },
            Target::Unpack(targets, at) => {
                let items = iterate(&value).map_err(|e| e.at(self.place(*at)))?;
                if items.len() != targets.len() {
                    return Err(TemplateError::failed(format!(
                        "expected {} values to unpack, found {}",
                        targets.len(),
                        items.len()
                    ))
                    .at(self.place(*at)));
                }
                for (target, item) in targets.iter().zip(items) {
                    let item = self.session.settle(item)?;
                    self.assign(target, item)?;
                }
            }
        }
        Ok(())
    }

    /// The path an expression names, if it names one.
    pub(super) fn path(&mut self, expr: &Expr) -> Result<Option<Path>, TemplateError> {
        Ok(match &expr.kind {
            ExprKind::Var(name) => Some(Path { root: name.clone(), keys: Vec::new() }),
            ExprKind::Attr(of, name) => self.path(of)?.map(|p| p.then(Value::Str(name.clone()))),
            ExprKind::Item(of, key) => match self.path(of)? {
                Some(path) => {
                    let key = self.eval(key)?;
                    Some(path.then(key))
                }
                None => None,
            },
            _ => None,
        })
    }

    /// Calls a method that changes its object, on the value at `path`.
    pub(super) fn change(&mut self, path: &Path, method: &str, args: Args) -> Outcome {
        let origin = self.locals.origin(&path.root).filter(|_| path.keys.is_empty());
        let before = origin.as_ref().and_then(|_| self.locals.get(&path.root).map(identity));
        let outcome = self.change_at(path, method, args);
        if let (Some(origin), Some(before), Some(after)) =
            (origin, before, self.locals.get(&path.root).cloned())
        {
            self.put_back(&origin, before, &after)?;
        }
        outcome
    }

    /// Puts a changed value where it came from, if what was there is still the same.
    fn put_back(&mut self, origin: &Path, before: *const (), after: &Value) -> Result<(), TemplateError> {
        let mut replace = |value: &mut Value| {
            if identity(value) == before {
                *value = after.clone();
            }
            Ok(Value::None)
        };
        self.edit(origin, &mut replace).map(drop)
    }

    fn change_at(&mut self, path: &Path, method: &str, args: Args) -> Outcome {
        let session = self.session;
        let mut args = Some(args);
        let mut work = |value: &mut Value| {
            *value = session.settle(std::mem::replace(value, Value::None))?;
            methods::change(value, method, args.take().unwrap_or_default())
        };
        self.edit(path, &mut work)
    }

    /// Works on the value at `path`.
    fn edit(&mut self, path: &Path, work: &mut dyn FnMut(&mut Value) -> Outcome) -> Outcome {
        if self.locals.get(&path.root).is_none() {
            let value = self.session.settled_variable(&path.root)?.unwrap_or(Value::None);
            self.session.changed.borrow_mut().insert(path.root.clone(), value);
        }
        if let Some(slot) = self.locals.slot(&path.root) {
            return at(slot, &path.keys, work);
        }
        let mut slot = self.session.changed.borrow_mut().remove(&path.root).unwrap_or(Value::None);
        let outcome = at(&mut slot, &path.keys, work);
        self.session.changed.borrow_mut().insert(path.root.clone(), slot);
        outcome
    }
}

impl Path {
    /// Whether it leads through that name.
    pub(super) fn starts_at(&self, name: &Arc<str>) -> bool {
        self.root == *name
    }

    pub(super) fn then(mut self, key: Value) -> Self {
        self.keys.push(key);
        self
    }
}

/// What tells a shared container from its copies.
fn identity(value: &Value) -> *const () {
    match value {
        Value::List(list) => Arc::as_ptr(list).cast(),
        Value::Map(map) => Arc::as_ptr(map).cast(),
        _ => std::ptr::null(),
    }
}

/// Works on the value that `keys` lead to, copying on the way what is shared.
fn at(value: &mut Value, keys: &[Value], work: &mut dyn FnMut(&mut Value) -> Outcome) -> Outcome {
    let Some((key, rest)) = keys.split_first() else { return work(value) };
    if let Some(namespace) = Namespace::of(value) {
        let mut inner = namespace.take(key).unwrap_or(Value::None);
        let outcome = at(&mut inner, rest, work);
        namespace.set(key.clone(), inner);
        return outcome;
    }
    match value {
        Value::Map(map) => Map::edit(map, |entries| match entries.get_mut(key) {
            Some(inner) => at(inner, rest, work),
            None => Err(TemplateError::failed(format!("no key {}", key.repr()))),
        }),
        Value::List(list) => List::edit(list, |items| {
            let index = key.as_int().and_then(|i| methods::index(i, items.len()));
            match index.and_then(|i| items.get_mut(i)) {
                Some(inner) => at(inner, rest, work),
                None => Err(TemplateError::failed("list index out of range")),
            }
        }),
        // Something else in between: its value is worked on, and the change is lost as in a copy.
        other => work(&mut other.clone()),
    }
}
