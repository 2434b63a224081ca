//! set_stats

use baton_modules::args;
use baton_modules::args::{FromArg, Value as Json};

use super::{Answer, Done, Effect, Invocation, module::parse};

args! {
    /// Set figures that are shown at the end of the run.
    pub(crate) struct SetStats as "set_stats" {
        /// Names and values.
        data: Json,
        /// For each host instead of for the run.
        per_host: Json = "false",
        /// Add to what was set before instead of replacing it.
        aggregate: Json = "true",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: SetStats = parse(&invocation.arguments()?)?;
    let Json::Object(data) = args.data else {
        return Ok(Answer::failed("The 'data' option needs to be a dictionary/hash"));
    };
    if let Some(name) = data.keys().find(|name| !is_name(name)) {
        let why = "must be letters, digits and `_`, and begin with no digit";
        return Ok(Answer::failed(format!("Invalid variable name '{name}': {why}")));
    }
    // ansible: what is not a word for true is false.
    let [per_host, aggregate] = [args.per_host, args.aggregate].map(|word| bool::from_arg(&word) == Ok(true));
    let shown = serde_json::json!({ "data": data, "per_host": per_host, "aggregate": aggregate });
    let effect = Effect::Stats { data, per_host, aggregate };
    Ok(Answer::default().with("ansible_stats", shown).effect(effect))
}

fn is_name(name: &str) -> bool {
    !name.starts_with(|first: char| first.is_ascii_digit())
        && !name.is_empty()
        && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}
