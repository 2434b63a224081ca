//! Filters that go by the attributes of items: choosing, mapping, extracting.

use super::super::eval::{attribute, item};
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("map", "An attribute of each item, or a filter applied to each.", map).missing(),
    Filter::new("select", "The items that pass a test.", |s, v, a| choose(s, &v, a, None, true)).missing(),
    Filter::new("reject", "The items that fail a test.", |s, v, a| choose(s, &v, a, None, false)).missing(),
    Filter::new("selectattr", "The items an attribute of which passes a test.", |s, v, a| {
        by_attribute(s, &v, a, true)
    })
    .missing(),
    Filter::new("rejectattr", "The items an attribute of which fails a test.", |s, v, a| {
        by_attribute(s, &v, a, false)
    })
    .missing(),
    Filter::new("attr", "An attribute, never an item.", |s, v, a| {
        let a = a.bind("attr", &["name"])?;
        match &v {
            // What is in a mapping is no attribute of it.
            Value::Map(_) => attribute(s, &Value::None, a.required(0)?),
            other => attribute(s, other, a.required(0)?),
        }
    })
    .outer(),
    Filter::new("extract", "What a key or index finds in a container.", extract).outer(),
];

/// An attribute by its path: `a.b.0`, or an index.
pub(super) fn get(session: &Session<'_>, value: &Value, path: &Value) -> Outcome {
    let mut found = session.settle(value.clone())?;
    let Value::Str(path) = path else { return item(session, &found, path).and_then(|v| session.settle(v)) };
    for part in path.split('.') {
        let key = part.parse().map_or_else(|_| Value::from(part), Value::Int);
        found = session.settle(item(session, &found, &key)?)?;
    }
    Ok(found)
}

/// The attributes of a comma list.
pub(super) fn list(value: Option<&Value>) -> Option<Vec<Value>> {
    match value? {
        Value::Str(s) => Some(s.split(',').map(Value::from).collect()),
        other => Some(vec![other.clone()]),
    }
}

fn map(session: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    if input.is_undefined() {
        return Ok(input);
    }
    let items = iterate(&input)?;
    if args.positional.is_empty() {
        let default = args.take("default");
        let Some(path) = args.take("attribute") else {
            return Err(TemplateError::failed("map needs the name of a filter, or `attribute=`"));
        };
        args.none("map")?;
        let mapped = items.iter().map(|i| match (get(session, i, &path)?, &default) {
            (Value::Undefined(_), Some(default)) => Ok(default.clone()),
            (found, _) => Ok(found),
        });
        return Ok(Value::list(mapped.collect::<Result<Vec<_>, TemplateError>>()?));
    }
    let name = session.deep(args.positional.remove(0))?.to_text();
    session.engine.used_filter(&name).map_err(TemplateError::into_failed)?;
    let mapped = items.into_iter().map(|i| {
        let input = session.settle(i)?;
        session.engine.apply_filter(session, &name, input, args.clone())
    });
    Ok(Value::list(mapped.collect::<Result<Vec<_>, _>>()?))
}

fn by_attribute(session: &Session<'_>, input: &Value, mut args: Args, wanted: bool) -> Outcome {
    if args.positional.is_empty() {
        return Err(TemplateError::failed("missing the name of the attribute"));
    }
    let path = session.deep(args.positional.remove(0))?;
    choose(session, input, args, Some(&path), wanted)
}

/// The items that pass a test, or fail it; without a test their truth decides.
fn choose(
    session: &Session<'_>,
    input: &Value,
    mut args: Args,
    path: Option<&Value>,
    wanted: bool,
) -> Outcome {
    if input.is_undefined() {
        return Ok(input.clone());
    }
    let test = match args.positional.is_empty() {
        true => None,
        false => Some(session.deep(args.positional.remove(0))?.to_text()),
    };
    if let Some(name) = &test {
        session.engine.used_test(name).map_err(TemplateError::into_failed)?;
    }
    let mut chosen = Vec::new();
    for item in iterate(input)? {
        let item = session.settle(item)?;
        let subject = match path {
            Some(path) => get(session, &item, path)?,
            None => item.clone(),
        };
        let passes = match (&test, subject) {
            (Some(test), subject) => session.engine.apply_test(session, test, subject, args.clone())?,
            (None, Value::Undefined(u)) => return Err(TemplateError::undefined(&u)),
            (None, subject) => is_truthy(&subject),
        };
        if passes == wanted {
            chosen.push(item);
        }
    }
    Ok(Value::list(chosen))
}

fn extract(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("extract", &["container", "morekeys"])?;
    let mut keys = vec![input];
    match args.some(1) {
        None => {}
        Some(Value::List(more)) => keys.extend(more.items.iter().cloned()),
        Some(one) => keys.push(one.clone()),
    }
    let mut found = args.required(0)?.clone();
    for key in keys {
        found = session.settle(item(session, &found, &session.settle(key)?)?)?;
    }
    Ok(found)
}
