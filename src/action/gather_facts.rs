//! gather_facts

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};
use serde_json::json;

use super::{Answer, Arguments, Done, Invocation, interpreter, own};
use crate::template::{TemplateError, Value};

args! {
    /// Learn what the host is: what a play does before its first task.
    pub(crate) struct GatherFacts as "gather_facts" {
        /// Accepted for Ansible's sake: the modules of facts always run on the host at once.
        parallel: Option<bool>,
        ..rest: Map<String, Json>,
    }
}

/// What `setup` alone knows of.
const OF_SETUP: [&str; 4] = ["fact_path", "filter", "gather_subset", "gather_timeout"];

/// Calls `setup`, or the modules that the settings name, one after the other.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args: Arguments = invocation.arguments()?;
    args.shift_remove("parallel");
    let modules = modules(invocation)?;
    if let [only] = modules.as_slice()
        && super::short_name(only) == "setup"
    {
        let chosen = interpreter::asked_for(invocation).await?;
        interpreter::add_to_facts(invocation, &mut args);
        return Ok(chosen.told(invocation.call("setup", args).await));
    }
    let mut all = Answer::default();
    let mut failed = Map::new();
    for module in &modules {
        let answer = one(invocation, module, &args).await?;
        if answer.unreachable.is_some() {
            return Ok(answer);
        }
        if !answer.succeeded() {
            failed.insert(module.clone(), Json::Object(answer.registered()));
        }
        add(&mut all, answer);
    }
    all.change = Default::default();
    if !failed.is_empty() {
        let names: Vec<&str> = failed.keys().map(String::as_str).collect();
        // ansible: scripts look for these words.
        all.failure = Some(format!("The following modules failed to execute: {}.", names.join(", ")));
        all.values.insert("failed_modules".into(), failed.into());
    }
    Ok(all)
}

/// The modules of facts: those of the variable, or else of the setting. `smart` is `setup`.
fn modules(invocation: &Invocation) -> Result<Vec<String>, TemplateError> {
    let said = match invocation.scope.get("ansible_facts_modules") {
        Some(raw) => Some(invocation.engine.resolve(&raw, &*invocation.scope)?),
        None => None,
    };
    let names: Vec<String> = match said {
        Some(Value::Omit | Value::None) | None => invocation.library.settings.facts_modules.clone(),
        Some(value) => match value.as_list() {
            Some(list) => list.iter().map(Value::to_text).collect(),
            None => value.to_text().split(',').map(|name| name.trim().to_owned()).collect(),
        },
    };
    let plain = |name: String| if name == "smart" { "setup".to_owned() } else { name };
    let names: Vec<String> = names.into_iter().map(plain).filter(|name| !name.is_empty()).collect();
    Ok(if names.is_empty() { vec!["setup".into()] } else { names })
}

async fn one(invocation: &Invocation, module: &str, args: &Arguments) -> Done {
    let mut args = args.clone();
    if super::short_name(module) != "setup" {
        OF_SETUP.iter().for_each(|name| drop(args.shift_remove(*name)));
    }
    if let Some(found) = invocation.library.find(module, &[]) {
        return own::run_with(invocation, &found, args).await;
    }
    match baton_modules::find(module) {
        Some(entry) if entry.spec.name == "setup" => {
            interpreter::add_to_facts(invocation, &mut args);
            Ok(invocation.call("setup", args).await)
        }
        Some(entry) => Ok(invocation.call(entry.spec.name, args).await),
        None => Ok(Answer::failed(format!("unknown module `{module}`"))),
    }
}

/// Joins the facts of one module to those of the others.
fn add(all: &mut Answer, mut answer: Answer) {
    all.warnings.append(&mut answer.warnings);
    if let Some(Json::Object(facts)) = answer.values.remove("ansible_facts") {
        let known = all.values.entry("ansible_facts").or_insert_with(|| json!({}));
        if let Json::Object(known) = known {
            known.extend(facts);
        }
    }
}
