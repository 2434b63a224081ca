//! `loop` and `with_…`: the items of a task, and the variables each item sees.

use std::sync::Arc;

use serde_json::{Map, Value as Json};

use crate::playbook::{Loop, LoopControl};
use crate::template::{Engine, ErrorKind, Scope, TemplateError, Value};
use crate::vars::{Definition, VarMap};

/// How a loop names what it gives, rendered once per host.
pub(crate) struct Names {
    pub(crate) item: Arc<str>,
    pub(crate) index: Option<Arc<str>>,
    pub(crate) extended: bool,
    pub(crate) all_items: bool,
    pub(crate) pause: f64,
}

/// The items a task loops over; `None` when it does not loop.
///
/// # Errors
/// When the list cannot be rendered, or is none.
pub(crate) fn items(
    looping: &Loop,
    action: &str,
    engine: &Engine,
    scope: &dyn Scope,
) -> Result<Vec<Value>, TemplateError> {
    let field = &looping.value;
    let Some(lookup) = &looping.lookup else {
        let value = engine.resolve(&field.value, scope)?;
        return match value.as_list() {
            Some(items) => Ok(items.to_vec()),
            None => Err(not_a_list(&value).at(Some(field.span.clone()))),
        };
    };
    let terms = terms(lookup, field, engine, scope)?;
    let named = match lookup.as_str() {
        "first_found" => vec![("_kind".into(), Value::str(kind(action)))],
        _ => Vec::new(),
    };
    engine.lookup(lookup, terms, named, scope).map_err(|error| error.at(Some(field.span.clone())))
}

/// The directory in which `with_first_found` looks for files on behalf of an action.
fn kind(action: &str) -> &'static str {
    match action {
        name if name.contains("template") => "templates",
        name if name.contains("var") => "vars",
        _ => "files",
    }
}

/// What `with_…` hands to its look-up: a bare variable name is that variable.
fn terms(
    lookup: &str,
    field: &crate::playbook::Field,
    engine: &Engine,
    scope: &dyn Scope,
) -> Result<Vec<Value>, TemplateError> {
    let mut value = match (&field.value, lookup) {
        // ansible: members that are undefined are passed over here.
        (Value::List(list), "first_found") => Value::list(defined(&list.items, engine, scope)?),
        (value, _) => engine.resolve(value, scope)?,
    };
    if let Value::Omit = value {
        value = Value::list([]);
    }
    Ok(match &value {
        Value::List(list) | Value::Tuple(list) => list.items.clone(),
        _ => vec![value],
    })
}

/// Those of the values that are defined, with what is defined of each.
fn defined(values: &[Value], engine: &Engine, scope: &dyn Scope) -> Result<Vec<Value>, TemplateError> {
    let known = values.iter().map(|value| match value {
        Value::List(list) => Ok(Value::list(defined(&list.items, engine, scope)?)),
        Value::Map(map) => {
            let entries = map.entries.iter().map(|(key, value)| {
                Ok(defined(std::slice::from_ref(value), engine, scope)?.pop().map(|v| (key.clone(), v)))
            });
            Ok(Value::map(entries.collect::<Result<Vec<_>, TemplateError>>()?.into_iter().flatten()))
        }
        value => engine.resolve(value, scope),
    });
    known.filter(|r| !r.as_ref().is_err_and(|e| e.kind() == ErrorKind::Undefined)).collect()
}

fn not_a_list(value: &Value) -> TemplateError {
    TemplateError::failed(format!(
        "`loop` needs a list, found {}: `{}`",
        value.type_name(),
        shortened(&value.to_text())
    ))
    .words(format!("The `loop` value must resolve to a 'list', not '{}'.", value.type_name()))
    .hint("give a list, or use `| list`, `| dict2items` or `query(…)`")
}

fn shortened(text: &str) -> String {
    match text.char_indices().nth(80) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

impl Names {
    /// Renders `loop_control`.
    ///
    /// # Errors
    /// When one of its values cannot be rendered.
    pub(crate) fn new(
        control: &LoopControl,
        engine: &Engine,
        scope: &dyn Scope,
    ) -> Result<Self, TemplateError> {
        let text = |field: &Option<crate::playbook::Field>| -> Result<Option<Arc<str>>, TemplateError> {
            field.as_ref().map(|f| Ok(engine.resolve(&f.value, scope)?.to_text().into())).transpose()
        };
        let flag = |field: &Option<crate::playbook::Field>, default: bool| -> Result<bool, TemplateError> {
            field
                .as_ref()
                .map_or(Ok(default), |f| Ok(engine.resolve(&f.value, scope)?.to_bool().unwrap_or(default)))
        };
        let pause = text(&control.pause)?.and_then(|p| p.parse().ok()).unwrap_or(0.0);
        Ok(Self {
            item: text(&control.loop_var)?.unwrap_or_else(|| "item".into()),
            index: text(&control.index_var)?,
            extended: flag(&control.extended, false)?,
            all_items: flag(&control.extended_allitems, true)?,
            pause,
        })
    }

    /// The variables the `index`th item sees.
    pub(crate) fn variables(&self, items: &[Value], index: usize) -> VarMap {
        let mut vars = VarMap::new();
        let mut set = |name: Arc<str>, value| vars.insert(name, Definition { value, place: None });
        set(self.item.clone(), items[index].clone());
        set("ansible_loop_var".into(), Value::str(self.item.clone()));
        if let Some(name) = &self.index {
            set(name.clone(), Value::from(index as i64));
            set("ansible_index_var".into(), Value::str(name.clone()));
        }
        if self.extended {
            set("ansible_loop".into(), self.extended(items, index));
        }
        vars
    }

    fn extended(&self, items: &[Value], index: usize) -> Value {
        let number = |n: usize| Value::from(n as i64);
        let length = items.len();
        let mut entries: Vec<(Value, Value)> = vec![
            ("index".into(), number(index + 1)),
            ("index0".into(), number(index)),
            ("first".into(), Value::Bool(index == 0)),
            ("last".into(), Value::Bool(index + 1 == length)),
            ("length".into(), number(length)),
            ("revindex".into(), number(length - index)),
            ("revindex0".into(), number(length - index - 1)),
        ];
        if self.all_items {
            entries.insert(0, ("allitems".into(), Value::list(items.to_vec())));
        }
        if let Some(next) = items.get(index + 1) {
            entries.push(("nextitem".into(), next.clone()));
        }
        if index > 0 {
            entries.push(("previtem".into(), items[index - 1].clone()));
        }
        Value::map(entries)
    }

    /// What an item's result says of its loop.
    pub(crate) fn annotate(&self, result: &mut Map<String, Json>, items: &[Value], index: usize) {
        result.insert(self.item.to_string(), items[index].to_json());
        result.insert("ansible_loop_var".into(), (*self.item).into());
        if let Some(name) = &self.index {
            result.insert(name.to_string(), index.into());
            result.insert("ansible_index_var".into(), (**name).into());
        }
        if self.extended {
            result.insert("ansible_loop".into(), self.extended(items, index).to_json());
        }
    }
}
