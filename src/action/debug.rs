//! debug

use baton_modules::args;
use baton_modules::args::Value as Json;

use crate::template::{ErrorKind, Template, TemplateError, Value};

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Show a message or the value of a variable.
    pub(crate) struct Debug as "debug" {
        /// What to show; any value.
        msg: Json = "Hello world!",
        /// A variable, or any expression, whose value is shown.
        var: Option<String>,
        /// Show only with this many `-v` or more.
        verbosity: i64 = "0",
    }
    rules [MutuallyExclusive(&["msg", "var"])]
}

/// The value of an expression; ansible: what is missing is shown and warned of, no failure.
pub(super) fn shown(
    invocation: &Invocation,
    expression: &str,
    warnings: &mut Vec<String>,
) -> Result<Value, TemplateError> {
    let missing = match invocation.engine.expression(expression, &*invocation.scope) {
        Ok(Value::Undefined(_)) => format!("'{expression}' is undefined"),
        Err(error) if error.kind() == ErrorKind::Undefined => error.reason().to_owned(),
        other => return other,
    };
    let number = warnings.len() + 1;
    warnings.push(format!("Encountered 1 template error.\nerror {number} - {missing}"));
    Ok(Value::str(format!("<< error {number} - {missing} >>")))
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let given = invocation.arguments()?;
    if let Some(other @ (Json::Object(_) | Json::Array(_))) = given.get("var") {
        // ansible: scripts look for the last words.
        let words =
            format!("argument 'var' is no text: {other} is not a string and conversion is not allowed");
        return Ok(Answer::failed(words));
    }
    let args: Debug = parse(&given)?;
    if i64::from(invocation.verbosity) < args.verbosity {
        return Ok(Answer::skipped("Verbosity threshold not met.")
            .with("skipped_reason", "Verbosity threshold not met."));
    }
    let Some(expression) = args.var else { return Ok(Answer::default().with("msg", args.msg)) };
    let written = invocation.args.options.iter().find(|(name, ..)| name == "var").map(|(_, _, field)| field);
    match written.map(|field| (&field.value, &field.span)) {
        Some((Value::Template(template), _)) if template.is_constant() => {
            return Err(untrusted(&expression).into());
        }
        Some((Value::Str(_), span)) if span.text().starts_with("!unsafe") => {
            return Err(untrusted(&expression).into());
        }
        Some((Value::Template(_), _)) | None => distrust(&Template::new(expression.as_str(), None))?,
        Some(_) => {}
    }
    let mut warnings = Vec::new();
    let place = written.map(|field| field.span.clone());
    let found = shown(invocation, &expression, &mut warnings)
        .map_err(|error| error.within("Error while resolving `var` expression", place));
    let value = match found? {
        Value::Omit => {
            warnings.push("A value that is `omit` could not be omitted here.".into());
            "<<Omit>>".into()
        }
        known => known.to_json(),
    };
    Ok(Answer { warnings, ..Answer::default().with(&expression, value) })
}

/// Refuses to evaluate what came out of a template, unless it does nothing but name and compare things:
/// a host may have written it.
pub(super) fn distrust(expression: &Template) -> Result<(), TemplateError> {
    if expression.calls_nothing()? {
        return Ok(());
    }
    Err(untrusted(&expression.text))
}

fn untrusted(expression: &str) -> TemplateError {
    // ansible: scripts look for the first words.
    let words = format!("Encountered untrusted template or expression: `{expression}`");
    TemplateError::failed(words).hint("write the expression itself, not a template that gives it")
}
