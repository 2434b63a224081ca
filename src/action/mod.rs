//! What runs on the controller. An action renders its arguments and mostly calls a module
//! on the target; `debug`, `assert`, `set_fact` and their kind never leave.

mod add_host;
mod answer;
mod assemble;
mod assert;
mod async_status;
mod copy;
mod debug;
mod docker_build;
mod fail;
mod fetch;
mod gather_facts;
mod group_by;
mod include_vars;
mod interpreter;
mod invocation;
mod known;
mod local_files;
mod manifests;
mod module;
mod own;
mod pause;
mod probe;
mod raw;
mod script;
mod search;
mod set_fact;
mod set_stats;
mod template;
mod told;
mod validate_argument_spec;
mod wait_for_connection;

pub(crate) use answer::{Answer, Effect};
pub(crate) use invocation::{Arguments, Invocation, Values, finalizing, resolving};
pub(crate) use known::{full_name, is_placeless, known, names, short_name, stays};
pub(crate) use raw::quote;
pub(crate) use search::SearchPath;
pub(crate) use told::given;

/// Runs an action, or calls the module of that name where the task runs.
pub(crate) async fn run(invocation: Invocation) -> Answer {
    let done = match invocation.action.as_str() {
        "add_host" => add_host::run(&invocation),
        "assert" => assert::run(&invocation),
        "debug" => debug::run(&invocation),
        "fail" => fail::run(&invocation),
        "group_by" => group_by::run(&invocation),
        "ansible._protomatter.debug" => probe::run(&invocation),
        "include_vars" => include_vars::run(&invocation),
        "set_fact" => set_fact::run(&invocation),
        "set_stats" => set_stats::run(&invocation),
        "validate_argument_spec" => validate_argument_spec::run(&invocation),
        "assemble" => assemble::run(&invocation).await,
        "async_status" => async_status::run(&invocation).await,
        "copy" => copy::run(&invocation).await,
        "fetch" => fetch::run(&invocation).await,
        "gather_facts" => gather_facts::run(&invocation).await,
        "pause" => pause::run(&invocation).await,
        "raw" => raw::run(&invocation).await,
        "script" => script::run(&invocation).await,
        "template" => template::run(&invocation).await,
        "wait_for_connection" => wait_for_connection::run(&invocation).await,
        name if docker_build::knows(name) => docker_build::run(&invocation).await,
        name if manifests::knows(name) => manifests::run(&invocation).await,
        _ => module::run(&invocation).await,
    };
    // An action's own early end is its answer.
    done.unwrap_or_else(|early| *early)
}

/// An action's answer, or its early end: a failure with its place.
type Done = Result<Answer, Box<Answer>>;

/// A template that fails ends the action.
impl From<crate::template::TemplateError> for Box<Answer> {
    fn from(error: crate::template::TemplateError) -> Self {
        Box::new(error.into())
    }
}
