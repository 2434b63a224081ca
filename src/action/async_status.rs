//! async_status

use std::time::Duration;

use baton_modules::wire::{Background, Change};
use serde_json::Value as Json;

use super::{Answer, Arguments, Done, Invocation};

/// Asks the module, and takes over what came of the job: a job that failed is a failure here.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    if let Some(directory) = invocation.scope.get("ansible_async_dir") {
        let directory = invocation.engine.resolve(&directory, &*invocation.scope)?;
        args.entry("_async_dir").or_insert_with(|| directory.to_json());
    }
    Ok(of_job(invocation.call("async_status", args).await))
}

/// What is quick is not waited for longer than need be: waits grow from this on.
const FIRST_LOOK: Duration = Duration::from_millis(100);

/// Waits until a job has ended, looking for it every so often; what came of it.
pub(super) async fn ended(invocation: &Invocation, background: &Background, every: Duration) -> Answer {
    let job = &background.job;
    let (mut left, mut wait) = (background.seconds, FIRST_LOOK.min(every));
    loop {
        tokio::time::sleep(wait).await;
        left -= wait.as_secs_f64();
        wait = (wait * 2).min(every);
        let answer = of_job(invocation.call_beside("async_status", asked(background, "status")).await);
        let finished = answer.values.get("finished") == Some(&Json::Bool(true));
        if finished && answer.failure.as_deref() != Some(baton_modules::background::LATE) {
            let _ = invocation.call_beside("async_status", asked(background, "cleanup")).await;
            (invocation.polled)(job, Some(answer.succeeded()));
            return answer;
        }
        if finished || left <= 0.0 {
            (invocation.polled)(job, Some(false));
            let message = format!("{} - {}s", baton_modules::background::LATE, background.seconds);
            return Answer { values: answer.values, ..Answer::failed(message) };
        }
        if answer.unreachable.is_none() {
            (invocation.polled)(job, None);
        }
    }
}

fn asked(background: &Background, mode: &str) -> Arguments {
    let mut args = Arguments::new();
    args.insert("jid".into(), background.job.as_str().into());
    args.insert("mode".into(), mode.into());
    if !background.directory.is_empty() {
        args.insert("_async_dir".into(), background.directory.as_str().into());
    }
    args
}

/// What the file of a job says, as an answer.
fn of_job(mut answer: Answer) -> Answer {
    if answer.values.remove("changed") == Some(Json::Bool(true)) {
        answer.change = Change::Yes;
    }
    let failed = answer.values.remove("failed");
    if failed.is_some_and(|failed| failed == 1 || failed == true) {
        let message = answer.values.remove("msg").and_then(|m| m.as_str().map(str::to_owned));
        answer.failure = Some(message.unwrap_or_else(|| "the job failed".into()));
    }
    answer
}
