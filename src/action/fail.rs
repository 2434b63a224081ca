//! fail

use baton_modules::args;
use baton_modules::args::Value as Json;

use super::{Answer, Done, Invocation, module::parse};

args! {
    /// Fail with a message.
    pub(crate) struct Fail as "fail" {
        /// Why.
        msg: Json = "Failed as requested from task",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: Fail = parse(&invocation.arguments()?)?;
    Ok(Answer::failed_saying(args.msg))
}
