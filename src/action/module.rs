//! The plain action: a module of the same name, called where the task runs.

use std::sync::Arc;

use baton_modules::args::{Args, Kind, Spec, told};

use crate::connection::NoBodies;
use crate::template::{TemplateError, Value};

use super::{Answer, Arguments, Done, Invocation, async_status, interpreter, own};

/// Renders the arguments and calls the module.
pub(super) async fn run(invocation: &Invocation) -> Done {
    if let Some(found) = &invocation.own {
        return own::run(invocation, found).await;
    }
    let Some(entry) = baton_modules::find(&invocation.action) else {
        let failed = Answer::failed(format!("unknown module `{}`", invocation.action));
        return Ok(Answer { unresolved: true, ..failed });
    };
    let mut args = invocation.arguments()?;
    as_texts(&entry.spec, &mut args);
    match entry.spec.name {
        "pip" => {
            args.insert("_python".into(), interpreter::python(invocation, None).await?.argv.into());
        }
        "setup" => interpreter::add_to_facts(invocation, &mut args),
        "package" => add_manager(invocation, &mut args)?,
        _ => {}
    }
    let chosen = interpreter::asked_for(invocation).await?;
    let answer = invocation.call_telling(entry.spec.name, args, Arc::new(NoBodies)).await;
    let answer = match (&invocation.background, invocation.poll) {
        (Some(background), Some(every)) if answer.succeeded() => {
            async_status::ended(invocation, background, every).await
        }
        _ => answer,
    };
    Ok(chosen.told(answer))
}

/// ansible: some actions say it in words of their own when an option is none of theirs.
pub(super) fn foreign_options<A: Args>(action: &str, args: &Arguments) -> Result<(), Box<Answer>> {
    let foreign: Vec<&str> =
        args.keys().map(String::as_str).filter(|name| A::SPEC.option(name).is_none()).collect();
    match foreign.is_empty() {
        true => Ok(()),
        false => {
            Err(Box::new(Answer::failed(format!("Invalid options for {action}: {}", foreign.join(",")))))
        }
    }
}

/// Lists and dictionaries become text where text is wanted.
// ansible: as Python prints them.
fn as_texts(spec: &Spec, args: &mut Arguments) {
    for (name, value) in args.iter_mut().filter(|(_, value)| value.is_array() || value.is_object()) {
        // Some options take a text or more than that: what they can read stays as it is.
        let only_text = spec.option(name).is_some_and(|option| {
            matches!(option.ty.kind, Kind::Str | Kind::Path) && (option.ty.check)(value).is_err()
        });
        if only_text {
            *value = Value::from_json(value).to_text().into();
        }
    }
}

/// Tells `package` which manager to use where the task leaves it open, and a variable does not.
fn add_manager(invocation: &Invocation, args: &mut Arguments) -> Result<(), TemplateError> {
    if args.get("use").is_some_and(|named| named != "auto") {
        return Ok(());
    }
    let Some(said) = invocation.scope.get("ansible_package_use") else { return Ok(()) };
    let said = invocation.engine.resolve(&said, &*invocation.scope)?;
    if let Some(name) = said.as_str().filter(|name| !name.is_empty()) {
        args.insert("use".into(), name.into());
    }
    Ok(())
}

/// The declared arguments out of the rendered ones; all mistakes at once.
///
/// # Errors
/// As a failed answer.
pub(super) fn parse<A: Args>(args: &Arguments) -> Result<A, Box<Answer>> {
    A::parse(args).map_err(|problems| Box::new(Answer::failed(told(&problems))))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value as Json, json};

    use super::*;

    #[test]
    fn options_that_take_more_than_a_text_are_left_as_they_are() {
        let spec = &baton_modules::find("k8s_deploy").unwrap().spec;
        let args = json!({"name": ["a"], "strategy": {"max_surge": 1}});
        let mut args = args.as_object().unwrap().clone();
        as_texts(spec, &mut args);
        assert_eq!(Json::from(args), json!({"name": "['a']", "strategy": {"max_surge": 1}}));
    }
}
