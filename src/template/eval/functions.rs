//! The functions every template has: Jinja2's globals and Ansible's.

use std::any::Any;
use std::sync::Arc;

use indexmap::IndexMap;
use parking_lot::Mutex;

use super::super::clock::{Moment, Part};
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, Object, TemplateError, Value, lorem};
use super::Outcome;
use super::macros::Namespace;

/// A function of the language.
#[derive(Clone, Copy)]
pub(crate) struct Function {
    pub name: &'static str,
    /// One line for the documentation.
    pub doc: &'static str,
    /// Whether it takes its arguments with lazy and missing values in them.
    pub lazy: bool,
    pub run: fn(&Session<'_>, Args) -> Outcome,
}

impl Object for Function {
    fn type_name(&self) -> &str {
        "function"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

const fn entry(name: &'static str, doc: &'static str, run: fn(&Session<'_>, Args) -> Outcome) -> Function {
    Function { name, doc, lazy: false, run }
}

/// What `undef()` says when it is told nothing.
pub(crate) const NOT_OVERRIDDEN: &str = "Mandatory variable has not been overridden";

/// All functions.
pub(crate) const FUNCTIONS: &[Function] = &[
    entry("range", "Whole numbers from one to another.", range),
    Function { lazy: true, ..entry("dict", "A mapping of the named arguments, or of pairs.", dict) },
    entry("lipsum", "Paragraphs of placeholder text.", lipsum),
    entry("cycler", "Goes through its arguments in turns, by `next()`.", cycler),
    entry("joiner", "Gives nothing when first called, then its separator.", joiner),
    Function { lazy: true, ..entry("namespace", "Names that outlive the loop they are set in.", namespace) },
    entry("now", "The present date and time.", now),
    entry("undef", "A value that must be overridden before it is used.", undef),
    Function { lazy: true, ..entry("lookup", "What a lookup plugin finds, joined by commas.", lookup) },
    Function { lazy: true, ..entry("query", "What a lookup plugin finds, as a list.", query) },
    Function { lazy: true, ..entry("q", "Short for `query`.", query) },
];

fn range(_: &Session<'_>, args: Args) -> Outcome {
    let args = args.bind("range", &["start", "stop", "step"])?;
    let whole = |index: usize| -> Result<i128, TemplateError> {
        let value = args.required(index)?;
        value.as_int().ok_or_else(|| {
            TemplateError::failed(format!(
                "'{}' object cannot be interpreted as an integer",
                value.type_name()
            ))
        })
    };
    let (start, stop) = match args.get(1) {
        None => (0, whole(0)?),
        Some(_) => (whole(0)?, whole(1)?),
    };
    let step = args.int(2, 1)?;
    if step == 0 {
        return Err(TemplateError::failed("range() arg 3 must not be zero"));
    }
    let inside = |i: &i128| if step > 0 { *i < stop } else { *i > stop };
    let count = if inside(&start) { (stop - start).unsigned_abs().div_ceil(step.unsigned_abs()) } else { 0 };
    if count > 10_000_000 {
        return Err(TemplateError::failed(format!("a range of {count} numbers is too long")));
    }
    Ok(Value::list(
        std::iter::successors(Some(start), |i| i.checked_add(step)).take_while(inside).map(Value::Int),
    ))
}

fn dict(_: &Session<'_>, mut args: Args) -> Outcome {
    let named = std::mem::take(&mut args.named);
    let args = args.bind("dict", &["pairs"])?;
    let mut entries: IndexMap<Value, Value> = match args.get(0) {
        None => IndexMap::new(),
        Some(Value::Map(map)) => map.entries.clone(),
        Some(pairs) => iterate(pairs)?.iter().map(pair).collect::<Result<_, _>>()?,
    };
    entries.extend(named.into_iter().map(|(n, v)| (Value::Str(n), v)));
    Ok(Value::map(entries))
}

/// A key and a value out of a sequence of two.
pub(crate) fn pair(value: &Value) -> Result<(Value, Value), TemplateError> {
    match iterate(value)?.as_slice() {
        [key, value] => Ok((key.clone(), value.clone())),
        other => Err(TemplateError::failed(format!("expected a pair, found {} items", other.len()))),
    }
}

fn lipsum(_: &Session<'_>, args: Args) -> Outcome {
    let args = args.bind("lipsum", &["n", "html", "min", "max"])?;
    let text = lorem::paragraphs(args.int(0, 5)?, args.truth(1, true), args.int(2, 20)?, args.int(3, 100)?);
    Ok(Value::from(text))
}

/// What `cycler()` makes.
struct Cycler {
    items: Vec<Value>,
    at: Mutex<usize>,
}

impl Object for Cycler {
    fn type_name(&self) -> &str {
        "Cycler"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        (key.as_str() == Some("current")).then(|| self.items[*self.at.lock()].clone())
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn cycler(_: &Session<'_>, args: Args) -> Outcome {
    if args.positional.is_empty() {
        return Err(TemplateError::failed("at least one item has to be provided"));
    }
    Ok(Value::Object(Arc::new(Cycler { items: args.positional, at: Mutex::new(0) })))
}

/// What `joiner()` makes.
struct Joiner {
    separator: Value,
    used: Mutex<bool>,
}

impl Object for Joiner {
    fn type_name(&self) -> &str {
        "Joiner"
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

fn joiner(_: &Session<'_>, args: Args) -> Outcome {
    let args = args.bind("joiner", &["sep"])?;
    let separator = args.get(0).cloned().unwrap_or_else(|| Value::str(", "));
    Ok(Value::Object(Arc::new(Joiner { separator, used: Mutex::new(false) })))
}

/// Methods of the objects made here.
pub(super) fn method(object: &dyn Object, name: &str) -> Option<Outcome> {
    let cycler = object.as_any().downcast_ref::<Cycler>()?;
    let mut at = cycler.at.lock();
    match name {
        "next" => {
            let value = cycler.items[*at].clone();
            *at = (*at + 1) % cycler.items.len();
            Some(Ok(value))
        }
        "reset" => {
            *at = 0;
            Some(Ok(Value::None))
        }
        _ => None,
    }
}

/// Calls the objects made here.
pub(super) fn call_object(object: &dyn Object, _args: Args) -> Option<Outcome> {
    let joiner = object.as_any().downcast_ref::<Joiner>()?;
    let first = !std::mem::replace(&mut *joiner.used.lock(), true);
    Some(Ok(if first { Value::str("") } else { joiner.separator.clone() }))
}

fn namespace(_: &Session<'_>, mut args: Args) -> Outcome {
    let named = std::mem::take(&mut args.named);
    let args = args.bind("namespace", &["pairs"])?;
    let mut entries: Vec<(Value, Value)> = match args.get(0) {
        None => Vec::new(),
        Some(Value::Map(map)) => map.entries.clone().into_iter().collect(),
        Some(pairs) => iterate(pairs)?.iter().map(pair).collect::<Result<_, _>>()?,
    };
    entries.extend(named.into_iter().map(|(n, v)| (Value::Str(n), v)));
    Ok(Value::Object(Arc::new(Namespace::new(entries))))
}

fn now(_: &Session<'_>, args: Args) -> Outcome {
    let args = args.bind("now", &["utc", "fmt"])?;
    let utc = args.truth(0, false);
    let zone = if utc { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() };
    let at = jiff::Timestamp::now().to_zoned(zone).datetime();
    match args.some(1) {
        Some(format) => {
            super::super::clock::strftime(&format.to_text(), at, utc.then_some(0)).map(Value::from)
        }
        None => Ok(Value::Object(Arc::new(Moment::of(at, Part::Both)))),
    }
}

fn undef(_: &Session<'_>, args: Args) -> Outcome {
    let args = args.bind("undef", &["hint"])?;
    Ok(Value::undefined(args.text(0, NOT_OVERRIDDEN)))
}

fn lookup(session: &Session<'_>, args: Args) -> Outcome {
    session.engine.lookup_call(session, args, false)
}

fn query(session: &Session<'_>, args: Args) -> Outcome {
    session.engine.lookup_call(session, args, true)
}
