//! assert

use baton_modules::args;
use baton_modules::args::Value as Json;

use crate::playbook::Condition;
use crate::template::{Template, TemplateError, Value};

use super::{Answer, Done, Invocation, debug::distrust, module::parse};

args! {
    /// Fail unless conditions hold.
    pub(crate) struct Assert as "assert" {
        /// Conditions as in `when`; all must hold.
        that: Json,
        /// What to say when one does not.
        #[alias("msg")]
        fail_msg: Option<Json>,
        /// What to say when all do.
        success_msg: Option<Json>,
        /// Say nothing of conditions that hold.
        quiet: bool = "false",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let mut rendered = invocation.arguments_but(&["that"])?;
    let that = match rendered.get("that") {
        // Given by a mapping that stands for all arguments.
        Some(given) if invocation.written("that").is_none() => listed(&Value::from_json(given), false)?,
        _ => conditions(invocation)?,
    };
    // ansible: no condition at all holds.
    if invocation.written("that").is_some() {
        rendered.insert("that".into(), Json::Array(Vec::new()));
    }
    let args: Assert = parse(&rendered)?;
    for condition in that {
        let (holds, text) = match &condition {
            Condition::Literal(holds) => (*holds, Json::Bool(*holds)),
            Condition::Untrusted(field) => return Err(TemplateError::untrusted(&field.value).into()),
            Condition::Expression(template) => {
                let held = invocation.engine.condition(template, &*invocation.scope);
                let holds = held.map_err(|error| error.within_condition(template.place.clone()))?;
                (holds, (*template.text).into())
            }
        };
        if !holds {
            let said = args.fail_msg.unwrap_or_else(|| "Assertion failed".into());
            let answer = Answer { quiet: args.quiet, ..Answer::failed_saying(said) };
            return Ok(answer.with("assertion", text).with("evaluated_to", false));
        }
    }
    let said = args.success_msg.unwrap_or_else(|| "All assertions passed".into());
    Ok(Answer { quiet: args.quiet, ..Answer::default() }.with("msg", said))
}

/// The conditions as written; a template in their place gives the list.
fn conditions(invocation: &Invocation) -> Result<Vec<Condition>, Box<Answer>> {
    let Some(written) = invocation.written("that") else { return Ok(Vec::new()) };
    let value = match written {
        // A template in the place of the list gives the list; of one condition it stands for itself.
        Value::Template(template) if template.text.trim_start().starts_with("{{") => {
            match invocation.engine.resolve_shallow(written, &*invocation.scope)? {
                list @ Value::List(_) => list,
                _ => written.clone(),
            }
        }
        other => other.clone(),
    };
    Ok(listed(
        &value,
        matches!(written, Value::Str(_) | Value::List(_)) || matches!(value, Value::Template(_)),
    )?)
}

/// One condition or many; those that nobody vouches for may do nothing but compare.
fn listed(value: &Value, trusted: bool) -> Result<Vec<Condition>, TemplateError> {
    let one = |value: &Value| match value {
        Value::Template(template) => Ok(Condition::Expression(template.clone())),
        Value::Str(text) => {
            let template = Template::new(text.clone(), None);
            if !trusted {
                distrust(&template)?;
            }
            Ok(Condition::Expression(template))
        }
        // ansible: scripts look for these words.
        Value::None => Err(TemplateError::failed("Empty conditional expression")),
        other => Ok(Condition::Literal(crate::template::is_truthy(other))),
    };
    match value {
        Value::List(list) => list.items.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}
