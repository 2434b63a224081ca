//! validate_argument_spec

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};
use baton_modules::sorting::Sorting;

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Compare variables with a declared specification, as roles do before they begin.
    pub(crate) struct ValidateArgumentSpec as "validate_argument_spec" {
        /// Names of arguments and what each must be.
        argument_spec: Map<String, Json>,
        /// Values to look at instead of the variables of these names.
        provided_arguments: Map<String, Json> = "{}",
        /// What is checked, for those who read the result.
        validate_args_context: Map<String, Json> = "{}",
        ..rest: Map<String, Json>,
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: ValidateArgumentSpec = parse(&invocation.arguments()?)?;
    let mut given = args.provided_arguments.clone();
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
    unexpected(&args.argument_spec, &args.provided_arguments, "", &mut mistakes);
    let shown = Json::Object(args.argument_spec);
    let context = Json::Object(args.validate_args_context);
    if mistakes.is_empty() {
        let passed = Answer::default().with("msg", "The arg spec validation passed");
        return Ok(passed.with("validate_args_context", context));
    }
    let message = format!("Validation of arguments failed:\n{}", mistakes.join("\n"));
    let failed = Answer::failed(message).with("argument_errors", mistakes).with("argument_spec_data", shown);
    Ok(failed.with("validate_args_context", context))
}

/// Compares one level of options.
fn options(spec: &Map<String, Json>, given: &Map<String, Json>, within: &str, mistakes: &mut Vec<String>) {
    let found = if within.is_empty() { String::new() } else { format!(" found in {within}") };
    let mut missing: Vec<&str> = spec
        .iter()
        .filter(|(name, option)| flag(option, "required") && !given.contains_key(*name))
        .map(|(name, _)| name.as_str())
        .collect();
    missing.put_in_order();
    if !missing.is_empty() {
        mistakes.push(format!("missing required arguments: {}{found}", missing.join(", ")));
    }
    for (name, option) in spec {
        if let Some(value) = given.get(name).filter(|v| !v.is_null() || flag(option, "required")) {
            one(name, option, value, within, mistakes);
        }
    }
    if !within.is_empty() {
        unexpected(spec, given, within, mistakes);
    }
}

/// Options that are not specified; at the top these are other variables.
fn unexpected(spec: &Map<String, Json>, given: &Map<String, Json>, within: &str, mistakes: &mut Vec<String>) {
    let aliases = spec.values().filter_map(|option| option.get("aliases")?.as_array()).flatten();
    let aliases: Vec<&str> = aliases.filter_map(Json::as_str).collect();
    let unknown = given.keys().filter(|name| !spec.contains_key(*name) && !aliases.contains(&name.as_str()));
    let path = if within.is_empty() { String::new() } else { format!("{}.", within.replace(" -> ", ".")) };
    let mut unknown: Vec<String> = unknown.map(|name| format!("{path}{name}")).collect();
    if unknown.is_empty() {
        return;
    }
    unknown.put_in_order();
    let mut known: Vec<&str> = spec.keys().map(String::as_str).collect();
    known.put_in_order();
    mistakes.push(format!("{}. Supported parameters include: {}.", unknown.join(", "), known.join(", ")));
}

/// ansible: why a value is not of a kind, in the words that playbooks compare.
fn unfit(kind: &str, value: &Json) -> String {
    let class = match value {
        Json::Null => "<class 'NoneType'>".to_owned(),
        _ => {
            let name = python_type(value);
            let tagged = format!("{}{}", name[..1].to_uppercase(), &name[1..]);
            format!("<class 'ansible.module_utils.datatag._AnsibleTagged{tagged}'>")
        }
    };
    let what = match kind {
        "int" => return format!("\"{}\" cannot be converted to an int", shown(value)),
        "bool" if value.is_string() => {
            return format!("The value {} is not a valid boolean.", shown(value));
        }
        "dict" if value.is_string() => {
            return "dictionary requested, could not parse JSON or key=value".to_owned();
        }
        "bytes" => "a Byte value",
        "bits" => "a Bit value",
        other => return format!("{class} cannot be converted to a {other}"),
    };
    format!("{class} cannot be converted to {what}")
}

/// A value as Python writes it.
fn shown(value: &Json) -> String {
    crate::template::Value::from_json(value).repr()
}

fn one(name: &str, option: &Json, value: &Json, within: &str, mistakes: &mut Vec<String>) {
    let kind = option.get("type").and_then(Json::as_str).unwrap_or("str");
    if !fits(kind, value) {
        let (found, why) = (python_type(value), unfit(kind, value));
        let place = if within.is_empty() { String::new() } else { format!(" found in '{within}'.") };
        mistakes.push(format!(
            "argument '{name}' is of type {found}{place} and we were unable to convert to {kind}: {why}"
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
                "Elements value for option '{name}' is of type {found} and we were unable to convert to {elements}: {}",
                unfit(elements, item)
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
        ("str" | "path", _) => true,
        ("bits" | "bytes", v) => text(v).trim_start().starts_with(|c: char| c.is_ascii_digit()),
        ("int" | "float" | "list", Json::Null) => false,
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
        Json::Null => "NoneType",
        Json::Bool(_) => "bool",
        Json::Number(n) if n.is_f64() => "float",
        Json::Number(_) => "int",
        Json::String(_) => "str",
        Json::Array(_) => "list",
        Json::Object(_) => "dict",
    }
}
