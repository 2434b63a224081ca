//! `until`, `retries` and `delay`: attempts of one action.

use std::time::{Duration, Instant};

use crate::action::{Answer, Effect};
use crate::event::Event;
use crate::template::TemplateError;
use crate::vars::TaskScope;

use super::settings::{Settings, number};
use super::task::{Job, Single, execute};
use super::verdict;

/// Tries until the conditions of `until` hold or `retries` are used up; each attempt's
/// result is judged by `changed_when` and `failed_when`.
pub(super) async fn attempts(job: &Job, settings: &Settings, scope: &TaskScope) -> Answer {
    let (retries, delay) = match limits(job, scope) {
        Ok(limits) => limits,
        Err(error) => return error.into(),
    };
    let mut attempt = 1;
    loop {
        let started = Instant::now();
        let mut answer = execute(job, settings, scope).await;
        if matches!(answer.effect, Some(Effect::AddHost { .. } | Effect::GroupBy { .. })) {
            // Whether the inventory changed is known only now, and `changed_when` may ask.
            job.apply(&mut answer, settings).await;
        }
        if let Err(error) = judged(job, &mut answer, scope) {
            // What the action gave stays beside the reason: it is what one needs to see then.
            let failed = job.doubt(error);
            let Answer { values, diff, warnings, change, .. } = answer;
            let change = if failed.succeeded() { failed.change } else { change };
            return Answer { values, diff, warnings, change, ..failed };
        }
        let Some(retries) = retries else { return answer };
        answer.values.insert("attempts".into(), attempt.into());
        let unknown = answer.change == baton_modules::wire::Change::Unknown;
        // ansible: what ran out of time is not tried again.
        let late = answer.values.contains_key("timedout");
        if late {
            answer.values.remove("attempts");
        }
        if unknown || late || answer.unreachable.is_some() || answer.skipped.is_some() {
            return answer;
        }
        match met(job, &answer, scope) {
            Ok(true) => return answer,
            Ok(false) if attempt > retries || job.play.run.is_stopping() => {
                return exhausted(job, answer, retries);
            }
            Ok(false) => {}
            Err(error) => return job.doubt(error),
        }
        retrying(job, settings, answer, (attempt, retries), started).await;
        job.rest(delay).await;
        attempt += 1;
    }
}

/// How many retries (`None`: one attempt, no condition) and how long between them.
fn limits(job: &Job, scope: &TaskScope) -> Result<(Option<u64>, Duration), TemplateError> {
    let task = &job.planned.task;
    let engine = &job.play.run.engine;
    let given = task.retries.as_ref().map(|f| number("retries", f, engine, scope)).transpose()?.flatten();
    let delay = task.delay.as_ref().map(|f| number("delay", f, engine, scope)).transpose()?.flatten();
    let retries = match given {
        // ansible: without a retry nothing is waited for.
        Some(retries) if retries < 1.0 => None,
        Some(retries) => Some(retries as u64),
        None if task.until.is_empty() => None,
        None => Some(3),
    };
    Ok((retries, Duration::from_secs_f64(delay.unwrap_or(5.0).max(0.0))))
}

fn judged(job: &Job, answer: &mut Answer, scope: &TaskScope) -> Result<(), TemplateError> {
    let task = &job.planned.task;
    if answer.unreachable.is_some()
        || answer.change == baton_modules::wire::Change::Unknown
        || (task.changed_when.is_none() && task.failed_when.is_none())
    {
        return Ok(());
    }
    let scope = job.seeing(scope, &answer.registered());
    verdict::judge(
        answer,
        task.changed_when.as_deref(),
        task.failed_when.as_deref(),
        &job.play.run.engine,
        &scope,
    )
}

/// Whether what was waited for is there.
fn met(job: &Job, answer: &Answer, scope: &TaskScope) -> Result<bool, TemplateError> {
    let until = &job.planned.task.until;
    if until.is_empty() {
        return Ok(answer.succeeded());
    }
    let scope = job.seeing(scope, &answer.registered());
    Ok(verdict::all_hold(until, &job.play.run.engine, &scope)?.is_none())
}

fn exhausted(job: &Job, mut answer: Answer, retries: u64) -> Answer {
    answer.values.insert("attempts".into(), retries.into());
    if answer.values.get("failed_when_result") == Some(&false.into()) {
        // ansible: `failed_when` decides what becomes of the host, and yet it is registered as failed.
        answer.values.insert("failed".into(), true.into());
    } else if answer.failure.is_none() {
        let conditions: Vec<String> = job.planned.task.until.iter().map(|c| format!("`{c:?}`")).collect();
        let said = answer.values.get("msg").and_then(|m| m.as_str()).map(str::to_owned);
        answer.failure = Some(said.unwrap_or_else(|| {
            format!("`until` did not hold after {retries} retries: {}", conditions.join(" and "))
        }));
    }
    answer
}

async fn retrying(
    job: &Job,
    settings: &Settings,
    answer: Answer,
    (attempt, retries): (u64, u64),
    started: Instant,
) {
    let single = Single { answer, settings: settings.clone(), include: None };
    let result = job.result(&single, single.answer.registered(), started);
    let (task, host, time) = (job.planned.id, job.host.clone(), job.play.run.now());
    job.send(Event::Retrying { task, host, attempt, retries, result, time }).await;
}
