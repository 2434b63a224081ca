//! async_status

use baton_modules::wire::Change;
use serde_json::Value as Json;

use super::{Done, Invocation};

/// Asks the module, and takes over what came of the job: a job that failed is a failure here.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    if let Some(directory) = invocation.scope.get("ansible_async_dir") {
        let directory = invocation.engine.resolve(&directory, &*invocation.scope)?;
        args.entry("_async_dir").or_insert_with(|| directory.to_json());
    }
    let mut answer = invocation.call("async_status", args).await;
    if answer.values.remove("changed") == Some(Json::Bool(true)) {
        answer.change = Change::Yes;
    }
    let failed = answer.values.remove("failed");
    if failed.is_some_and(|failed| failed == 1 || failed == true) {
        let message = answer.values.remove("msg").and_then(|m| m.as_str().map(str::to_owned));
        answer.failure = Some(message.unwrap_or_else(|| "the job failed".into()));
    }
    Ok(answer)
}
