//! group_by

use baton_modules::args;

use super::{Answer, Done, Effect, Invocation, module::parse};

args! {
    /// Put the host into a group named after what is known of it.
    pub(crate) struct GroupBy as "group_by" {
        /// The group; blanks become dashes.
        key: String,
        /// Groups the new one belongs to.
        parents: Vec<String> = "all",
    }
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let args: GroupBy = parse(&invocation.arguments()?)?;
    let group = args.key.replace(' ', "-");
    let parents: Vec<String> = args.parents.iter().map(|p| p.replace(' ', "-")).collect();
    let answer = Answer::default().with("add_group", group.clone()).with("parent_groups", parents.clone());
    Ok(answer.effect(Effect::GroupBy { group, parents }))
}
