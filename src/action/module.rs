//! The plain action: a module of the same name, called where the task runs.

use baton_modules::args::Args;

use super::{Answer, Arguments, Done, Invocation, async_status};

/// Renders the arguments and calls the module.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let Some(entry) = baton_modules::find(&invocation.action) else {
        return Ok(Answer::failed(format!("unknown module `{}`", invocation.action)));
    };
    let args = invocation.arguments()?;
    let answer = invocation.call(entry.spec.name, args).await;
    match (&invocation.background, invocation.poll) {
        (Some(background), Some(every)) if answer.succeeded() => {
            Ok(async_status::ended(invocation, background, every).await)
        }
        _ => Ok(answer),
    }
}

/// The declared arguments out of the rendered ones; all mistakes at once.
///
/// # Errors
/// As a failed answer.
pub(super) fn parse<A: Args>(args: &Arguments) -> Result<A, Box<Answer>> {
    A::parse(args).map_err(|problems| {
        let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
        Box::new(Answer::failed(words.join("; ")))
    })
}
