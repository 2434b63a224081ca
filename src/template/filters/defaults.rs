//! Filters about missing values, truth and types.

use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("default", "The value, or another when it is missing.", default).also(&["d"]).missing(),
    Filter::new("mandatory", "The value; an error when it is missing.", mandatory).missing(),
    Filter::new("ternary", "One value when true, another when false.", ternary).outer(),
    Filter::new("bool", "The truth that a word stands for.", bool),
    Filter::new("type_debug", "The name of its type.", |_, v, a| {
        a.none("type_debug")?;
        Ok(Value::from(if v.is_undefined() { "UndefinedMarker" } else { v.type_name() }))
    })
    .missing(),
];

fn default(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("default", &["default_value", "boolean"])?;
    let replaced = input.is_undefined() || (args.truth(1, false) && !is_truthy(&input));
    Ok(match replaced {
        true => args.get(0).cloned().unwrap_or_else(|| Value::str("")),
        false => input,
    })
}

fn mandatory(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("mandatory", &["msg"])?;
    let Value::Undefined(undefined) = &input else { return Ok(input) };
    let message = match (args.some(0), &undefined.name) {
        (Some(message), _) => message.to_text(),
        (None, Some(name)) => format!("mandatory variable '{name}' not defined"),
        (None, None) => format!("mandatory variable not defined: {}", undefined.message),
    };
    let words = format!("Mandatory variable{}", message.strip_prefix("mandatory variable").unwrap_or(""));
    let words = if args.some(0).is_some() { message.clone() } else { format!("{words}.") };
    Err(TemplateError::failed(message).words(words).at(undefined.place.clone()))
}

fn ternary(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("ternary", &["true_val", "false_val", "none_val"])?;
    Ok(match (&input, args.some(2)) {
        (Value::None, Some(none)) => none.clone(),
        (value, _) if is_truthy(value) => args.required(0)?.clone(),
        _ => args.required(1)?.clone(),
    })
}

fn bool(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("bool")?;
    let letter =
        matches!(&input, Value::Str(s) if matches!(s.trim().len(), 0 | 1) && s.trim().parse::<u8>().is_err());
    Ok(match (&input, input.to_bool().filter(|_| !letter)) {
        (_, Some(truth)) => Value::Bool(truth),
        (other, None) => {
            let message = format!("`bool` took `{}` for false: it is neither true nor false", other.repr());
            session.engine.warn("doubtful-bool", &message, None);
            Value::Bool(false)
        }
    })
}
