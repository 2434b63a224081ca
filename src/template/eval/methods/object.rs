//! The methods of a dictionary on objects that behave like one: `hostvars.keys()`.

use super::super::super::args::Args;
use super::super::super::session::Session;
use super::super::super::{TemplateError, Value};
use super::super::{Outcome, access};

/// Calls a method; `None` when the object is no mapping or has no such method.
pub(crate) fn call(session: &Session<'_>, object: &Value, name: &str, args: &Args) -> Option<Outcome> {
    let Value::Object(mapping) = object else { return None };
    if !mapping.is_mapping() || mapping.get(&Value::from(name)).is_some() {
        return None;
    }
    let keys = || mapping.iterate().unwrap_or_default();
    let value = |key: &Value| access::attribute(session, object, key);
    Some(match name {
        "keys" => Ok(Value::list(keys())),
        "values" => keys().iter().map(value).collect::<Result<Vec<_>, _>>().map(Value::list),
        "items" => {
            let pairs = keys().into_iter().map(|key| Ok(Value::tuple([key.clone(), value(&key)?])));
            pairs.collect::<Result<Vec<_>, TemplateError>>().map(Value::list)
        }
        "get" => get(args.clone(), value),
        _ => return None,
    })
}

fn get(args: Args, value: impl Fn(&Value) -> Outcome) -> Outcome {
    let args = args.bind("get", &["key", "default"])?;
    match value(args.required(0)?)? {
        Value::Undefined(missing) if missing.cause.is_none() => {
            Ok(args.get(1).cloned().unwrap_or(Value::None))
        }
        found => Ok(found),
    }
}
