//! Filters about values that may be missing.

use super::super::session::Session;
use super::super::{Args, TemplateError, Undefined, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("default", "The value, or another when it is missing.", default).also(&["d"]).missing(),
    Filter::new("mandatory", "The value; an error when it is missing.", mandatory).missing(),
    Filter::new("ternary", "One value when true, another when false.", ternary).outer(),
    Filter::new("length", "How many items or characters it has.", length).also(&["count"]).outer(),
    Filter::new("upper", "All letters large.", |_, v, _| Ok(Value::from(v.to_text().to_uppercase()))),
    Filter::new("bool", "The truth that a word stands for.", |_, v, _| {
        Ok(Value::Bool(v.to_bool().unwrap_or(false)))
    }),
];

fn length(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("length")?;
    let length = match &input {
        Value::Str(s) => s.chars().count(),
        other => super::super::truth::iterate(other)
            .map_err(|_| {
                TemplateError::failed(format!("object of type '{}' has no len()", other.type_name()))
            })?
            .len(),
    };
    Ok(Value::Int(length as i128))
}

fn default(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("default", &["default_value", "boolean"])?;
    let falsy = input.is_undefined() || (args.truth(1, false) && !is_truthy(&input));
    Ok(match falsy {
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
    let undefined = Undefined { message, name: None, cause: None, ..(**undefined).clone() };
    Err(TemplateError::undefined(&undefined))
}

fn ternary(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("ternary", &["true_val", "false_val", "none_val"])?;
    Ok(match (&session.settle(input)?, args.get(2)) {
        (Value::None, Some(none)) if !matches!(none, Value::None) => none.clone(),
        (value, _) if is_truthy(value) => args.required(0)?.clone(),
        _ => args.required(1)?.clone(),
    })
}
