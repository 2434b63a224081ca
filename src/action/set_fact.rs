//! set_fact

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};

use crate::template::{Template, TemplateError, Value, has_markers};
use crate::vars::{Definition, VarMap};

use super::{Answer, Done, Effect, Invocation, Values};

args! {
    /// Set variables of the host.
    pub(crate) struct SetFact as "set_fact" {
        /// Keep them as facts too, for later runs when facts are cached.
        cacheable: bool = "false",
        ..facts: Map<String, Json>,
    }
}

/// Words that stand for values in expressions.
const VALUES: &[&str] = &["true", "false", "none", "True", "False", "None"];

fn is_name(name: &str) -> bool {
    crate::playbook::is_identifier(name) && !VALUES.contains(&name)
}

/// The names rendered: they may be templates too.
fn with_names(args: Values, invocation: &Invocation) -> Result<Values, TemplateError> {
    let name = |written: String| match has_markers(&written) {
        true => {
            let template = Value::Template(Template::new(written, None));
            match invocation.engine.resolve(&template, &*invocation.scope)? {
                Value::Str(name) => Ok(name.to_string()),
                other => {
                    let kind = other.type_name();
                    Err(TemplateError::failed(format!(
                        "Invalid variable name '{}' of type '{kind}'",
                        other.to_text()
                    )))
                }
            }
        }
        false => Ok(written),
    };
    let kept = |written: &str, value| match invocation.written(written) {
        // What is encrypted stays so, and is opened when it is used.
        Some(vault @ Value::Vault(_)) => vault.clone(),
        _ => value,
    };
    args.into_iter()
        .map(|(written, value)| {
            let value = kept(&written, value);
            Ok((name(written)?, value))
        })
        .collect()
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.values_but(&[])?;
    let cacheable =
        args.shift_remove("cacheable").is_some_and(|flag| baton_modules::args::is_true(&flag.to_text()));
    args.shift_remove("_raw_params");
    let args = with_names(args, invocation)?;
    if args.is_empty() {
        return Ok(Answer::failed(
            "No key/value pairs provided, at least one is required for this action to succeed",
        ));
    }
    let wrong: Vec<&String> = args.keys().filter(|name| !is_name(name)).collect();
    if let Some(name) = wrong.first() {
        let key =
            invocation.args.options.iter().find(|(key, ..)| key == *name).map(|(_, span, _)| span.clone());
        let error = TemplateError::failed(format!("invalid variable name: `{name}`"))
            .words(format!("Invalid variable name '{name}'."))
            .hint("names are letters, digits and underscores, not beginning with a digit, and no words of the language");
        return Err(error.at(key).into());
    }
    let shown = args.iter().map(|(name, value)| {
        let plain = invocation.engine.resolve(value, &*invocation.scope)?;
        Ok((name.clone(), plain.to_json()))
    });
    let shown = Json::Object(shown.collect::<Result<_, TemplateError>>()?);
    let vars: VarMap =
        args.into_iter().map(|(name, value)| (name.into(), Definition { value, place: None })).collect();
    let answer = Answer::default().with("ansible_facts", shown).with("_ansible_facts_cacheable", cacheable);
    Ok(answer.effect(Effect::SetFacts { vars, cacheable }))
}
