//! gather_facts

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};

use super::{Arguments, Done, Invocation};

args! {
    /// Learn what the host is: what a play does before its first task.
    pub(crate) struct GatherFacts as "gather_facts" {
        /// Accepted for Ansible's sake: the modules of facts always run on the host at once.
        parallel: Option<bool>,
        ..rest: Map<String, Json>,
    }
}

/// Calls `setup` with the same options.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args: Arguments = invocation.arguments()?;
    args.shift_remove("parallel");
    Ok(invocation.call("setup", args).await)
}
