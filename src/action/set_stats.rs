//! set_stats

use baton_modules::args;
use baton_modules::args::{Map, Value as Json};

use super::{Answer, Done, Effect, Invocation, module::parse};

args! {
    /// Set figures that are shown at the end of the run.
    pub(crate) struct SetStats as "set_stats" {
        /// Names and values.
        data: Map<String, Json>,
        /// For each host instead of for the run.
        per_host: bool = "false",
        /// Add to what was set before instead of replacing it.
        aggregate: bool = "true",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: SetStats = parse(&invocation.arguments()?)?;
    let shown =
        serde_json::json!({ "data": args.data, "per_host": args.per_host, "aggregate": args.aggregate });
    let effect = Effect::Stats { data: args.data, per_host: args.per_host, aggregate: args.aggregate };
    Ok(Answer::default().with("ansible_stats", shown).effect(effect))
}
