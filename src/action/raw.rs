//! raw

use baton_modules::args;
use baton_modules::args::{Map, Value};
use baton_modules::wire::Change;

use super::{Answer, Arguments, Done, Invocation, module::parse};

args! {
    /// Run a command line through the login shell, with no worker on the host.
    pub(crate) struct Raw as "raw" {
        /// The command line.
        #[alias("cmd")]
        _raw_params: String,
        /// The shell to give it to instead, by its full path.
        executable: Option<String>,
        ..ignored: Map<String, Value>,
    }
}

pub(super) async fn run(invocation: &Invocation) -> Done {
    let args: Raw = parse(&invocation.arguments()?)?;
    if invocation.check {
        return Ok(Answer { change: Change::Unknown, ..Answer::default() }
            .with("msg", "a command line cannot be foretold"));
    }
    let exports: String =
        invocation.environment.iter().map(|(name, value)| format!("{name}={} ", quote(value))).collect();
    let command = match &args.executable {
        Some(shell) => format!("{exports}{shell} -c {}", quote(&args._raw_params)),
        None => format!("{exports}{}", args._raw_params),
    };
    if invocation.address.r#become.as_ref().is_some_and(crate::connection::wants_terminal) {
        return Ok(on_a_terminal(invocation, command).await);
    }
    let output =
        match invocation.connections.raw(&invocation.address, &command, &[], invocation.timeout).await {
            Ok(output) => output,
            Err(reason) => return Ok(Answer::without_reply(&reason)),
        };
    let mut answer = Answer { change: Change::Yes, ..Answer::default() }
        .with("rc", output.status)
        .with("stdout", String::from_utf8_lossy(&output.stdout).into_owned())
        .with("stderr", String::from_utf8_lossy(&output.stderr).into_owned());
    if output.status != 0 {
        answer.failure = Some("non-zero return code".into());
    }
    Ok(answer)
}

/// Only the worker has a terminal on which such a tool can be given its password.
async fn on_a_terminal(invocation: &Invocation, command: String) -> Answer {
    let args = Arguments::from_iter([("_raw_params".to_owned(), command.into())]);
    let mut answer = invocation.call("shell", args).await;
    if answer.values.contains_key("rc") {
        answer.change = Change::Yes;
        answer.values.retain(|name, _| matches!(name.as_str(), "rc" | "stdout" | "stderr"));
    }
    answer
}

/// A word for a POSIX shell.
pub(crate) fn quote(word: &str) -> String {
    format!("'{}'", word.replace('\'', r"'\''"))
}
