//! What a result means: `failed_when`, `changed_when`, `ignore_errors`, and the outcome.

use baton_modules::wire::Change;

use crate::action::Answer;
use crate::event::Outcome;
use crate::playbook::Condition;
use crate::template::{Engine, Scope, TemplateError};

/// Whether all conditions hold; the text of the first that does not.
///
/// # Errors
/// When a condition cannot be evaluated.
pub(crate) fn all_hold<'a>(
    conditions: impl IntoIterator<Item = &'a Condition>,
    engine: &Engine,
    scope: &dyn Scope,
) -> Result<Option<String>, TemplateError> {
    for condition in conditions {
        let (holds, text) = match condition {
            Condition::Literal(holds) => (*holds, holds.to_string()),
            Condition::Untrusted(field) => {
                let place = Some(field.span.clone());
                let error = TemplateError::untrusted(&field.value).at(place.clone());
                return Err(error.within_condition(place));
            }
            Condition::Expression(template) => {
                let held = engine.condition(template, scope);
                let holds = held.map_err(|error| error.within_condition(template.place.clone()))?;
                (holds, template.text.to_string())
            }
        };
        if !holds {
            return Ok(Some(text));
        }
    }
    Ok(None)
}

/// Applies `changed_when` and `failed_when` to what an action answered. `scope` must see
/// the result under the name it is registered as.
///
/// # Errors
/// When a condition cannot be evaluated.
pub(crate) fn judge(
    answer: &mut Answer,
    changed_when: Option<&[Condition]>,
    failed_when: Option<&[Condition]>,
    engine: &Engine,
    scope: &dyn Scope,
) -> Result<(), TemplateError> {
    if let Some(conditions) = changed_when {
        let changed = all_hold(conditions, engine, scope).inspect_err(|error| {
            answer.values.insert("changed_when_result".into(), error.said().into());
        })?;
        let changed = changed.is_none();
        answer.change = if changed { Change::Yes } else { Change::No };
    }
    if let Some(conditions) = failed_when {
        let failed = all_hold(conditions, engine, scope).inspect_err(|error| {
            answer.values.insert("failed_when_result".into(), error.said().into());
        })?;
        let failed = failed.is_none();
        answer.values.insert("failed_when_result".into(), failed.into());
        if !failed {
            if let Some(message) = answer.failure.take() {
                answer.values.insert("msg".into(), message.into());
                // ansible: what would have been the `exception` goes by this name.
                let nothing = "(traceback unavailable)".into();
                answer.values.insert("failed_when_suppressed_exception".into(), nothing);
            }
        } else if answer.failure.is_none() {
            let message = answer.values.get("msg").and_then(|m| m.as_str()).map(str::to_owned);
            answer.failure = Some(message.unwrap_or_else(|| "the condition of `failed_when` holds".into()));
        }
    }
    Ok(())
}

/// How a task ended.
pub(crate) fn outcome(answer: &Answer, ignore_errors: bool, ignore_unreachable: bool) -> Outcome {
    if answer.unreachable.is_some() {
        return if ignore_unreachable { Outcome::UnreachableIgnored } else { Outcome::Unreachable };
    }
    if answer.failure.is_some() {
        return if ignore_errors { Outcome::Ignored } else { Outcome::Failed };
    }
    match answer.change {
        _ if answer.skipped.is_some() => Outcome::Skipped,
        Change::Yes => Outcome::Changed,
        Change::Unknown => Outcome::Unknown,
        Change::No => Outcome::Ok,
    }
}
