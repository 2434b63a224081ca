//! Tests of Jinja2: types, truth, comparison.

use super::super::filters::revealed;
use super::super::session::Session;
use super::super::truth::{compare, contains};
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new(
        "ansible._protomatter.tagged_with",
        "Whether it may be rendered (`TrustedAsTemplate`: the user's, or nothing to render) or is encrypted (`VaultedValue`).",
        |_, v, a| {
            let wanted = a.bind("tagged_with", &["tag"])?.required_text(0)?;
            Ok(match wanted.as_str() {
                "TrustedAsTemplate" => match &v {
                    Value::Str(text) => !super::super::has_markers(text),
                    other => matches!(other, Value::Template(_)),
                },
                "VaultedValue" => matches!(v, Value::Vault(_)),
                _ => false,
            })
        },
    ),
    Test::new("defined", "Whether it has a value.", |_, v, _| Ok(!v.is_undefined())).missing(),
    Test::new("undefined", "Whether it has no value.", |_, v, _| Ok(v.is_undefined())).missing(),
    Test::new("none", "Whether it is none.", |_, v, _| Ok(matches!(v, Value::None))),
    Test::new("boolean", "Whether it is true or false.", |_, v, _| Ok(matches!(v, Value::Bool(_)))),
    Test::new("true", "Whether it is the value true.", |_, v, _| Ok(matches!(v, Value::Bool(true)))),
    Test::new("false", "Whether it is the value false.", |_, v, _| Ok(matches!(v, Value::Bool(false)))),
    Test::new("integer", "Whether it is a whole number.", |_, v, _| Ok(matches!(v, Value::Int(_)))),
    Test::new("float", "Whether it is a number with a fraction.", |_, v, _| Ok(matches!(v, Value::Float(_)))),
    Test::new("number", "Whether it is a number.", |_, v, _| Ok(v.as_float().is_some())),
    Test::new("string", "Whether it is text.", |_, v, _| Ok(matches!(v, Value::Str(_)))),
    Test::new("mapping", "Whether it is a mapping.", |_, v, _| Ok(is_mapping(&v))),
    Test::new("sequence", "Whether it has items by index or key.", |_, v, _| Ok(is_sequence(&v))),
    Test::new("iterable", "Whether it has items.", |_, v, _| Ok(is_sequence(&v))),
    Test::new("callable", "Whether it can be called.", |_, v, _| Ok(is_callable(&v))),
    Test::new("sameas", "Whether it is the very same value.", same_as),
    Test::new("escaped", "Whether it is marked as safe markup; nothing is.", |_, _, _| Ok(false)),
    Test::new("filter", "Whether there is a filter of that name.", |s, v, _| {
        Ok(s.engine.filter(&v.to_text()).is_ok())
    }),
    Test::new("test", "Whether there is a test of that name.", |s, v, _| {
        Ok(s.engine.test(&v.to_text()).is_ok())
    }),
    Test::new("odd", "Whether it is an odd number.", |_, v, _| remainder(&v, 2).map(|r| r == 1)),
    Test::new("even", "Whether it is an even number.", |_, v, _| remainder(&v, 2).map(|r| r == 0)),
    Test::new("divisibleby", "Whether a number divides it.", divisible_by),
    Test::new("lower", "Whether all letters are small.", |_, v, _| {
        let text = v.to_text();
        Ok(text == text.to_lowercase() && text != text.to_uppercase())
    }),
    Test::new("upper", "Whether all letters are large.", |_, v, _| {
        let text = v.to_text();
        Ok(text == text.to_uppercase() && text != text.to_lowercase())
    }),
    Test::new("in", "Whether it is in a container.", |s, v, a| {
        let a = a.bind("in", &["seq"])?;
        contains(a.required(0)?, &s.deep(v)?)
    }),
    Test::new("eq", "Whether it is equal.", |s, v, a| other(a).and_then(|o| Ok(s.deep(v)? == o)))
        .also(&["==", "equalto"]),
    Test::new("ne", "Whether it is not equal.", |s, v, a| other(a).and_then(|o| Ok(s.deep(v)? != o)))
        .also(&["!="]),
    Test::new("lt", "Whether it is less.", |s, v, a| Ok(compare(&s.deep(v)?, &other(a)?, "<")?.is_lt()))
        .also(&["<", "lessthan"]),
    Test::new("le", "Whether it is less or equal.", |s, v, a| {
        Ok(compare(&s.deep(v)?, &other(a)?, "<=")?.is_le())
    })
    .also(&["<="]),
    Test::new("gt", "Whether it is greater.", |s, v, a| Ok(compare(&s.deep(v)?, &other(a)?, ">")?.is_gt()))
        .also(&[">", "greaterthan"]),
    Test::new("ge", "Whether it is greater or equal.", |s, v, a| {
        Ok(compare(&s.deep(v)?, &other(a)?, ">=")?.is_ge())
    })
    .also(&[">="]),
    Test::new("a_module", "Whether there is a module of that name.", |s, v, a| {
        a.none("a_module")?;
        Ok((s.engine.settings.knows_module)(&v.to_text()))
    }),
    Test::new(
        "ansible_type",
        "Whether its type, as `reveal_ansible_type` has it, is one of some.",
        |_, v, a| {
            let a = a.bind("ansible_type", &["dtype", "alias"])?;
            let own = Value::from(revealed(&v, a.some(1)));
            Ok(match a.required(0)? {
                Value::List(types) => types.items.contains(&own),
                one => *one == own,
            })
        },
    ),
    Test::new("truthy", "Whether it counts as true.", |_, v, a| truthy(&v, a)),
    Test::new("falsy", "Whether it counts as false.", |_, v, a| truthy(&v, a).map(|t| !t)),
];

fn other(args: Args) -> Result<Value, TemplateError> {
    args.bind("comparison", &["other"])?.required(0).cloned()
}

fn is_mapping(value: &Value) -> bool {
    match value {
        Value::Map(_) => true,
        Value::Object(o) => o.type_name() == "dict" || o.to_plain().is_some_and(|p| is_mapping(&p)),
        _ => false,
    }
}

fn is_sequence(value: &Value) -> bool {
    match value {
        Value::Str(_) | Value::Bytes(_) | Value::List(_) | Value::Tuple(_) | Value::Map(_) => true,
        Value::Object(o) => o.iterate().is_some(),
        _ => false,
    }
}

fn is_callable(value: &Value) -> bool {
    match value {
        Value::Object(o) => matches!(o.type_name(), "function" | "Macro" | "Joiner" | "LoopContext"),
        _ => false,
    }
}

fn same_as(_: &Session<'_>, value: Value, args: Args) -> Answer {
    let args = args.bind("sameas", &["other"])?;
    let other = args.required(0)?;
    Ok(match (&value, other) {
        (Value::List(a), Value::List(b)) => std::sync::Arc::ptr_eq(a, b),
        (Value::Map(a), Value::Map(b)) => std::sync::Arc::ptr_eq(a, b),
        (a, b) => a.type_name() == b.type_name() && a == b,
    })
}

fn remainder(value: &Value, divisor: i128) -> Result<i128, TemplateError> {
    match value.as_int() {
        Some(i) => Ok(i.rem_euclid(divisor)),
        None => Err(TemplateError::failed(format!("expected a whole number, found `{}`", value.repr()))),
    }
}

fn divisible_by(_: &Session<'_>, value: Value, args: Args) -> Answer {
    let args = args.bind("divisibleby", &["num"])?;
    args.required(0)?;
    match args.int(0, 1)? {
        0 => Err(TemplateError::failed("division by zero")),
        divisor => remainder(&value, divisor.saturating_abs()).map(|r| r == 0),
    }
}

fn truthy(value: &Value, args: Args) -> Answer {
    let args = args.bind("truthy", &["convert_bool"])?;
    Ok(match args.truth(0, false) {
        true => value.to_bool().unwrap_or_else(|| is_truthy(value)),
        false => is_truthy(value),
    })
}
