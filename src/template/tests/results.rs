//! Tests of what a task gave.

use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new("failed", "Whether a task failed.", |s, v, a| flag(s, v, a, "failed")).also(&["failure"]),
    Test::new("succeeded", "Whether a task did not fail.", |s, v, a| flag(s, v, a, "failed").map(|f| !f))
        .also(&["success", "successful"]),
    Test::new("skipped", "Whether a task was skipped.", |s, v, a| flag(s, v, a, "skipped")).also(&["skip"]),
    Test::new("unreachable", "Whether the host could not be reached.", |s, v, a| {
        flag(s, v, a, "unreachable")
    }),
    Test::new("reachable", "Whether the host could be reached.", |s, v, a| {
        flag(s, v, a, "unreachable").map(|f| !f)
    }),
    Test::new("changed", "Whether a task changed anything.", changed).also(&["change"]),
    Test::new("started", "Whether an asynchronous task has started.", |s, v, a| {
        asynchronous(s, v, a, "started")
    }),
    Test::new("finished", "Whether an asynchronous task has finished.", |s, v, a| {
        asynchronous(s, v, a, "finished")
    }),
    Test::new("timedout", "Whether a task took too long.", |s, v, a| {
        a.none("timedout")?;
        let period = member(s, &v, "timedout", "timedout")?.and_then(|t| t.as_map()?.get("period").cloned());
        Ok(period.is_some_and(|p| is_truthy(&p)))
    }),
];

/// A member of a task's result.
fn member(
    session: &Session<'_>,
    result: &Value,
    test: &str,
    name: &str,
) -> Result<Option<Value>, TemplateError> {
    let entries = result.as_map().ok_or_else(|| {
        TemplateError::failed(format!(
            "the test `{test}` expects the result of a task, found `{}`",
            result.repr()
        ))
    })?;
    entries.get(name).map(|v| session.deep(v.clone())).transpose()
}

fn flag(session: &Session<'_>, result: Value, args: Args, name: &str) -> Answer {
    args.none(name)?;
    Ok(member(session, &result, name, name)?.is_some_and(|v| is_truthy(&v)))
}

fn changed(session: &Session<'_>, result: Value, args: Args) -> Answer {
    args.none("changed")?;
    if let Some(changed) = member(session, &result, "changed", "changed")? {
        return Ok(is_truthy(&changed));
    }
    let results = member(session, &result, "changed", "results")?;
    let items = results.as_ref().and_then(Value::as_list).unwrap_or_default();
    Ok(items.iter().any(|i| i.as_map().and_then(|m| m.get("changed")).is_some_and(is_truthy)))
}

fn asynchronous(session: &Session<'_>, result: Value, args: Args, name: &str) -> Answer {
    args.none(name)?;
    // What was not asynchronous has started and finished.
    Ok(member(session, &result, name, name)?.is_none_or(|v| is_truthy(&v)))
}
