//! Look-ups: what templates fetch from outside, on the controller. What they give is data.

mod collections;
mod commands;
mod lists;
mod names;
mod password;
mod reading;
mod terms;
mod web;

use std::sync::Arc;

use super::session::Session;
use super::{Args, Engine, TemplateError, Value};

/// Named options of a call.
pub(crate) type Options = Vec<(Arc<str>, Value)>;
pub(crate) type Found = Result<Vec<Value>, TemplateError>;

/// A look-up.
pub(crate) struct Lookup {
    pub name: &'static str,
    /// One line for the documentation.
    pub doc: &'static str,
    pub run: fn(&Session<'_>, Vec<Value>, Args) -> Found,
}

/// The tables of all families.
const FAMILIES: &[&[Lookup]] = &[
    collections::LOOKUPS,
    commands::LOOKUPS,
    lists::LOOKUPS,
    names::LOOKUPS,
    password::LOOKUPS,
    reading::LOOKUPS,
    terms::LOOKUPS,
    web::LOOKUPS,
];

/// All look-ups.
pub(crate) fn all() -> impl Iterator<Item = &'static Lookup> {
    FAMILIES.iter().copied().flatten()
}

/// The mapping `vars`: every variable of the scope.
pub(crate) fn variables(session: &Session<'_>) -> Value {
    let names = session.scope.names().into_iter();
    Value::map(names.filter_map(|n| session.variable(&n).map(|v| (Value::from(n), v))))
}

impl Engine {
    /// `lookup(…)` and `query(…)` in a template.
    pub(crate) fn lookup_call(
        &self,
        session: &Session<'_>,
        mut args: Args,
        as_list: bool,
    ) -> Result<Value, TemplateError> {
        let wantlist = args.take("wantlist").is_some_and(|w| super::is_truthy(&w)) || as_list;
        if args.positional.is_empty() {
            return Err(TemplateError::failed("a look-up needs the name of its plugin"));
        }
        let name = session.deep(args.positional.remove(0))?.to_text();
        let errors = args.take("errors").map_or_else(|| "strict".to_owned(), |e| e.to_text());
        let found = match self.run_lookup(session, &name, args.positional, args.named) {
            Ok(found) => found,
            Err(error) if errors == "ignore" || errors == "warn" => {
                if errors == "warn" {
                    self.warn("failed-lookup", &format!("{error}"), error.place());
                }
                return Ok(if wantlist { Value::list([]) } else { Value::None });
            }
            Err(error) => return Err(error),
        };
        if wantlist {
            return Ok(Value::list(found));
        }
        Ok(joined(found))
    }

    /// Runs a look-up.
    pub(crate) fn run_lookup(
        &self,
        session: &Session<'_>,
        name: &str,
        terms: Vec<Value>,
        named: Options,
    ) -> Found {
        let lookup = self.used_lookup(name).map_err(|error| error.into_failed().told())?;
        let terms = terms.into_iter().map(|t| session.finish(t)).collect::<Result<Vec<_>, _>>()?;
        (lookup.run)(session, terms, Args { positional: Vec::new(), named }).map_err(|e| match e.kind() {
            super::ErrorKind::Failed => {
                let words = format!("The lookup plugin '{name}' failed: ");
                e.headed(&words).prefixed(&format!("look-up `{name}`: "))
            }
            _ => e,
        })
    }
}

/// ansible: one result stands for itself, several texts are joined by commas, anything else stays a list.
fn joined(mut found: Vec<Value>) -> Value {
    if found.len() == 1 {
        return found.remove(0);
    }
    let texts: Option<Vec<&str>> = found.iter().map(Value::as_str).collect();
    match texts {
        Some(texts) if !texts.is_empty() => Value::from(texts.join(",")),
        _ => Value::list(found),
    }
}
