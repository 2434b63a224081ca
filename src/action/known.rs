//! The names of all actions and modules, and how each is declared.

use baton_modules::args::{Args, Spec};

use super::{
    add_host::AddHost, assemble::Assemble, assert::Assert, copy::Copy, debug::Debug, fail::Fail,
    fetch::Fetch, gather_facts::GatherFacts, group_by::GroupBy, include_vars::IncludeVars, pause::Pause,
    probe::Probe, raw::Raw, script::Script, set_fact::SetFact, set_stats::SetStats, template::Template,
    validate_argument_spec::ValidateArgumentSpec, wait_for_connection::WaitForConnection,
};

/// Actions with options of their own; they come before modules of the same name.
const ACTIONS: &[Spec] = &[
    AddHost::SPEC,
    Assemble::SPEC,
    Assert::SPEC,
    Copy::SPEC,
    Debug::SPEC,
    Fail::SPEC,
    Fetch::SPEC,
    GatherFacts::SPEC,
    GroupBy::SPEC,
    IncludeVars::SPEC,
    Pause::SPEC,
    Raw::SPEC,
    Script::SPEC,
    SetFact::SPEC,
    SetStats::SPEC,
    Template::SPEC,
    ValidateArgumentSpec::SPEC,
    WaitForConnection::SPEC,
];

/// Actions that no playbook needs; they stand on no page.
const UNLISTED: &[Spec] = &[Probe::SPEC];

/// The declaration of the action or module of this name, full or short.
pub(crate) fn known(name: &str) -> Option<&'static Spec> {
    let short = short_name(name);
    let action = ACTIONS.iter().chain(UNLISTED).find(|spec| spec.name == short);
    action.or_else(|| baton_modules::find(name).map(|entry| &entry.spec))
}

/// Whether an action needs the controller while it runs.
pub(crate) fn stays(name: &str) -> bool {
    ACTIONS.iter().any(|spec| spec.name == short_name(name))
}

/// Whether an action does what it does without going to a host.
pub(crate) fn is_placeless(name: &str) -> bool {
    let placeless =
        ["add_host", "assert", "debug", "fail", "group_by", "include_vars", "set_fact", "set_stats"];
    placeless.contains(&short_name(name))
}

/// All names, short, for "did you mean" and for pages.
pub(crate) fn names() -> impl Iterator<Item = &'static str> {
    let modules = baton_modules::MODULES.iter().map(|entry| entry.spec.name);
    ACTIONS.iter().map(|spec| spec.name).chain(modules)
}

/// The name with the collection it is of.
pub(crate) fn full_name(name: &str) -> String {
    let short = short_name(name);
    let is_builtin = ACTIONS.iter().any(|spec| spec.name == short)
        || matches!(short, "include_tasks" | "include_role" | "meta")
        || baton_modules::find(name).is_some_and(|entry| entry.collection == "ansible.builtin");
    if is_builtin { format!("ansible.builtin.{short}") } else { name.to_owned() }
}

/// A name without the collections whose content is built in.
pub(crate) fn short_name(name: &str) -> &str {
    let builtin = ["ansible.builtin.", "ansible.legacy."];
    builtin.iter().find_map(|prefix| name.strip_prefix(prefix)).unwrap_or(name)
}
