//! What a module said: JSON, perhaps with other lines before and after it, becomes the reply.

use serde_json::{Map, Value};

use crate::target::{Fail, Output, Target};

/// Why a module that said nothing of it failed.
const UNKNOWN: &str = "Task failed: Module failed: Unknown error.";

/// Takes over what the module said; a module that said nothing in JSON has failed.
pub(super) fn report(
    output: &Output,
    interpreter: &[String],
    background: bool,
    target: &mut Target,
) -> Result<(), Fail> {
    let text = output.text();
    let found = find(&text)
        .and_then(|(json, after)| Some((serde_json::from_str::<Map<String, Value>>(json).ok()?, after)));
    let Some((mut result, after)) = found else { return Err(unreadable(output, &text, interpreter)) };
    if !after.trim().is_empty() {
        target.warn(format!("Module invocation had junk after the JSON data: {}", after.trim()));
    }
    if background && !output.stderr.is_empty() {
        result.entry("stderr").or_insert_with(|| output.errors().into());
    }
    take(result, target)
}

/// The object in JSON that starts a line and what follows the line that ends it.
fn find(text: &str) -> Option<(&str, &str)> {
    let mut at = 0;
    let start = text.split_inclusive('\n').find_map(|line| {
        let here = at;
        at += line.len();
        line.trim_start().starts_with('{').then_some(here)
    })?;
    let rest = &text[start..];
    let end = rest.rfind("}\n").map(|end| end + 1);
    let end = if rest.trim_end().ends_with('}') { Some(rest.trim_end().len()) } else { end };
    let end = end.or_else(|| rest.rfind('}').map(|end| end + 1)).unwrap_or(rest.len());
    Some(rest.split_at(end))
}

fn unreadable(output: &Output, text: &str, interpreter: &[String]) -> Fail {
    let program = interpreter.join(" ");
    // ansible: scripts look for these words.
    let message = match output.rc {
        126 | 127 if !program.is_empty() && output.errors().starts_with(&program) => {
            format!("The module interpreter '{program}' was not found.")
        }
        _ => "Module result deserialization failed: No start of json char found".to_owned(),
    };
    Fail::new(message)
        .with("module_stdout", text)
        .with("module_stderr", output.errors())
        .with("rc", output.rc)
}

/// The members of a result that are more than values.
fn take(mut result: Map<String, Value>, target: &mut Target) -> Result<(), Fail> {
    if result.remove("changed").as_ref().is_some_and(is_true) {
        target.note_changed();
    }
    match result.remove("warnings") {
        Some(Value::Array(warnings)) => warnings.iter().for_each(|warning| target.warn(text(warning))),
        Some(Value::String(warning)) => target.warn(warning),
        _ => {}
    }
    let failed = match result.remove("failed") {
        Some(failed) => is_true(&failed),
        // ansible: a result whose `rc` is not 0 and that says no more has failed.
        None => result.get("rc").is_some_and(|rc| !matches!(text(rc).as_str(), "0" | "null")),
    };
    let message = if failed { result.remove("msg") } else { None };
    for (name, value) in result {
        // What only Ansible's own parts tell each other.
        if !name.starts_with("_ansible") {
            target.set(&name, value);
        }
    }
    match failed {
        false => Ok(()),
        true => Err(Fail::new(message.as_ref().map(text).unwrap_or_else(|| UNKNOWN.into()))),
    }
}

fn is_true(value: &Value) -> bool {
    match value {
        Value::Bool(truth) => *truth,
        Value::Number(number) => number.as_f64() != Some(0.0),
        Value::String(text) => crate::args::is_true(text),
        _ => false,
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_is_found_between_other_lines() {
        let text = "noise\n[ no json ]\n{\"a\": {\n\"b\": 1}}\nmore\n";
        assert_eq!(find(text), Some(("{\"a\": {\n\"b\": 1}}", "\nmore\n")));
        assert_eq!(find("{\"a\": 1}"), Some(("{\"a\": 1}", "")));
        assert_eq!(find("x {\"a\": 1}\n"), None);
        assert_eq!(find("[1, 2]\n"), None);
    }
}
