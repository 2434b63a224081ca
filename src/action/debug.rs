//! debug

use baton_modules::args;
use baton_modules::args::Value as Json;

use crate::template::{ErrorKind, Value};

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

fn undefined(what: &str) -> Value {
    Value::str(format!("<< error 1 - {what} >>"))
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: Debug = parse(&invocation.arguments()?)?;
    if i64::from(invocation.verbosity) < args.verbosity {
        return Ok(Answer::skipped("Verbosity threshold not met.")
            .with("skipped_reason", "Verbosity threshold not met."));
    }
    let Some(expression) = args.var else { return Ok(Answer::default().with("msg", args.msg)) };
    let shown = match invocation.engine.expression(&expression, &*invocation.scope) {
        Ok(value) => value,
        // ansible: an undefined variable is shown, not a failure.
        Err(error) if error.kind() == ErrorKind::Undefined => undefined(error.reason()),
        Err(error) => return Err(error.into()),
    };
    let known = match &shown {
        Value::Undefined(_) => undefined(&format!("'{expression}' is undefined")).to_json(),
        known => known.to_json(),
    };
    Ok(Answer::default().with(&expression, known))
}
