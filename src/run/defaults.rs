//! `module_defaults`: the options of a module, and of the groups it is in, that a task begins with.

use indexmap::IndexMap;

use crate::action;
use crate::library::Found;
use crate::template::{TemplateError, Value};
use crate::vars::TaskScope;

use super::inherit;
use super::task::Job;

/// Those for this action. ansible: an entry nearer to the task replaces one of the same name, and an entry of the
/// module's own goes over those of its groups.
///
/// # Errors
/// When they cannot be rendered.
pub(super) fn of(
    job: &Job,
    name: &str,
    own: Option<&Found>,
    scope: &TaskScope,
) -> Result<Vec<(String, Value)>, TemplateError> {
    let fields = inherit::module_defaults(&job.planned.lineage);
    if fields.is_empty() {
        return Ok(Vec::new());
    }
    let engine = &job.play.run.engine;
    let mut entries: IndexMap<String, Value> = IndexMap::new();
    for field in fields {
        let value = engine.resolve_shallow(&field.value, scope)?;
        for (name, options) in value.as_map().into_iter().flatten() {
            entries.insert(name.to_text(), options.clone());
        }
    }
    let (library, full) = (job.play.run.planner.library(), full(name, own));
    let of_group =
        |entry: &str| entry.strip_prefix("group/").is_some_and(|group| library.in_group(group, &full));
    let of_own = |entry: &str| canonical(entry) == canonical(name) || entry == full;
    let groups = entries.iter().filter(|(entry, _)| of_group(entry));
    let owns = entries.iter().filter(|(entry, _)| of_own(entry));
    let mut all: IndexMap<String, Value> = IndexMap::new();
    for (_, options) in groups.chain(owns) {
        let options = engine.resolve_shallow(options, scope)?;
        all.extend(
            options.as_map().into_iter().flatten().map(|(option, value)| (option.to_text(), value.clone())),
        );
    }
    Ok(all.into_iter().collect())
}

/// A name as it is declared, where it is built in.
fn canonical(name: &str) -> &str {
    action::known(name).map_or(action::short_name(name), |spec| spec.name)
}

/// The name with its collection.
fn full(name: &str, own: Option<&Found>) -> String {
    match (own, baton_modules::find(name)) {
        (Some(Found { name, collection: Some(collection), .. }), _) => format!("{collection}.{name}"),
        (None, Some(entry)) => format!("{}.{}", entry.collection, entry.spec.name),
        _ => action::full_name(name),
    }
}
