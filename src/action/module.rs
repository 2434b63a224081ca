//! The plain action: a module of the same name, called where the task runs.

use baton_modules::args::{Args, told};

use super::{Answer, Arguments, Done, Invocation, async_status, interpreter, own};

/// Renders the arguments and calls the module.
pub(super) async fn run(invocation: &Invocation) -> Done {
    if let Some(found) = &invocation.own {
        return own::run(invocation, found).await;
    }
    let Some(entry) = baton_modules::find(&invocation.action) else {
        return Ok(Answer::failed(format!("unknown module `{}`", invocation.action)));
    };
    let args = invocation.arguments()?;
    let chosen = interpreter::asked_for(invocation).await?;
    let answer = invocation.call(entry.spec.name, args).await;
    let answer = match (&invocation.background, invocation.poll) {
        (Some(background), Some(every)) if answer.succeeded() => {
            async_status::ended(invocation, background, every).await
        }
        _ => answer,
    };
    Ok(chosen.told(answer))
}

/// The declared arguments out of the rendered ones; all mistakes at once.
///
/// # Errors
/// As a failed answer.
pub(super) fn parse<A: Args>(args: &Arguments) -> Result<A, Box<Answer>> {
    A::parse(args).map_err(|problems| Box::new(Answer::failed(told(&problems))))
}
