//! validate_argument_spec

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Compare variables with a declared specification, as roles do before they begin.
    pub(crate) struct ValidateArgumentSpec as "validate_argument_spec" {
        /// Names of arguments and what each must be.
        argument_spec: Map<String, Json>,
        /// Values to look at instead of the variables of these names.
        provided_arguments: Map<String, Json> = "{}",
        ..rest: Map<String, Json>,
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: ValidateArgumentSpec = parse(&invocation.arguments()?)?;
    let mut given = args.provided_arguments;
    for name in args.argument_spec.keys() {
        if given.contains_key(name) {
            continue;
        }
        if let Some(raw) = invocation.scope.get(name) {
            let value = invocation.engine.resolve(&raw, &*invocation.scope)?;
            given.insert(name.clone(), value.to_json());
        }
    }
    let mut mistakes = Vec::new();
    options(&args.argument_spec, &given, "", &mut mistakes);
    let shown = Json::Object(args.argument_spec);
    if mistakes.is_empty() {
        return Ok(Answer::default().with("msg", "The arg spec validation passed"));
    }
    let message = format!("Validation of arguments failed:\n{}", mistakes.join("\n"));
    Ok(Answer::failed(message).with("argument_errors", mistakes).with("argument_spec_data", shown))
}

/// Compares one level of options.
fn options(spec: &Map<String, Json>, given: &Map<String, Json>, within: &str, mistakes: &mut Vec<String>) {
    let found = if within.is_empty() { String::new() } else { format!(" found in {within}") };
    let missing: Vec<&str> = spec
        .iter()
        .filter(|(name, option)| flag(option, "required") && !given.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    if !missing.is_empty() {
        mistakes.push(format!("missing required arguments: {}{found}", missing.join(", ")));
    }
    for (name, option) in spec {
        if let Some(value) = given.get(name).filter(|v| !v.is_null()) {
            one(name, option, value, within, mistakes);
        }
    }
}

fn one(name: &str, option: &Json, value: &Json, within: &str, mistakes: &mut Vec<String>) {
    let kind = option.get("type").and_then(Json::as_str).unwrap_or("str");
    if !fits(kind, value) {
        let found = python_type(value);
        mistakes.push(format!(
            "argument '{name}' is of type {found} and we were unable to convert to {kind}: {value}"
        ));
        return;
    }
    if let Some(Json::Array(choices)) = option.get("choices") {
        let values =
            if kind == "list" { value.as_array().cloned().unwrap_or_default() } else { vec![value.clone()] };
        if values.iter().any(|v| !choices.iter().any(|c| text(c) == text(v))) {
            let words: Vec<String> = choices.iter().map(text).collect();
            mistakes.push(format!(
                "value of {name} must be one of: {}, got: {}",
                words.join(", "),
                text(value)
            ));
        }
    }
    let path = if within.is_empty() { name.to_owned() } else { format!("{within} -> {name}") };
    if let (Some(elements), Json::Array(items)) = (option.get("elements").and_then(Json::as_str), value) {
        for item in items.iter().filter(|item| !fits(elements, item)) {
            let found = python_type(item);
            mistakes.push(format!(
                "Elements value for option '{name}' is of type {found} and we were unable to convert to {elements}: {item}"
            ));
        }
    }
    if let Some(Json::Object(nested)) = option.get("options") {
        let items = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
        items.iter().filter_map(Json::as_object).for_each(|item| options(nested, item, &path, mistakes));
    }
}

fn flag(option: &Json, name: &str) -> bool {
    option.get(name).and_then(Json::as_bool).unwrap_or(false)
}

fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Whether a value is of a kind, or text that can be read as one.
fn fits(kind: &str, value: &Json) -> bool {
    match (kind, value) {
        ("raw" | "json" | "jsonarg", _) => true,
        ("str" | "path" | "bits" | "bytes", v) => !v.is_object() && !v.is_array(),
        ("int", Json::Number(n)) => n.is_i64() || n.as_f64().is_some_and(|f| f.fract() == 0.0),
        ("int", Json::String(s)) => s.trim().parse::<i64>().is_ok(),
        ("int", Json::Bool(_)) => true,
        ("float", Json::Number(_)) => true,
        ("float", Json::String(s)) => s.trim().parse::<f64>().is_ok(),
        ("bool", Json::Bool(_)) => true,
        ("bool", v) => baton_modules::args::is_true(&text(v)) || baton_modules::args::is_false(&text(v)),
        ("list", v) => !v.is_object(),
        ("dict", Json::Object(_)) => true,
        ("dict", Json::String(s)) => s.trim_start().starts_with('{') || s.contains('='),
        _ => false,
    }
}

fn python_type(value: &Json) -> &'static str {
    match value {
        Json::Null => "<class 'NoneType'>",
        Json::Bool(_) => "<class 'bool'>",
        Json::Number(n) if n.is_f64() => "<class 'float'>",
        Json::Number(_) => "<class 'int'>",
        Json::String(_) => "<class 'str'>",
        Json::Array(_) => "<class 'list'>",
        Json::Object(_) => "<class 'dict'>",
    }
}
