//! fail

use baton_modules::args;

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Fail with a message.
    pub(crate) struct Fail as "fail" {
        /// Why.
        msg: String = "Failed as requested from task",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: Fail = parse(&invocation.arguments()?)?;
    Ok(Answer::failed(args.msg))
}
