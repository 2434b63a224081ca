//! The task that checks a role's arguments against its `argument_specs`, before its tasks.

use std::sync::Arc;

use crate::playbook::{Args, Directives, Field, Role, Task};
use crate::template::Value;

/// The task for an entry point; `None` when nothing is specified for it.
pub(super) fn task(role: &Role, entry: Option<&str>) -> Option<Task> {
    let specs = role.argument_specs.as_ref()?;
    let entry = entry.unwrap_or("main");
    let entry = [".yml", ".yaml", ".json"].iter().find_map(|e| entry.strip_suffix(e)).unwrap_or(entry);
    let all = specs.value.as_map()?;
    let spec = all.get(entry)?;
    let about = spec.as_map().and_then(|map| map.get("short_description")).and_then(Value::as_str);
    let about = about.map(|about| format!(" - {about}")).unwrap_or_default();
    let field = |value: Value| Field { value, span: specs.span.clone() };
    let context = [
        ("type", "role"),
        ("name", role.name.rsplit('.').next().unwrap_or(&role.name)),
        ("argument_spec_name", entry),
        ("path", &super::absolute(&role.path).display().to_string()),
    ]
    .map(|(key, text)| (Value::str(key), Value::str(text)));
    let options = spec.as_map().and_then(|map| map.get("options")).cloned();
    let arguments = [
        ("argument_spec", options.unwrap_or_else(|| Value::map([]))),
        ("provided_arguments", Value::map([])),
        ("validate_args_context", Value::map(context)),
    ];
    let options = arguments.map(|(key, value)| (key.to_string(), specs.span.clone(), field(value))).to_vec();
    let args = Args { options, raw: None, whole: None };
    let tag = field(Value::str("always"));
    let directives = Arc::new(Directives { tags: vec![tag], ..Directives::default() });
    let title = format!("Validating arguments against arg spec '{entry}'{about}");
    Some(Task {
        name: Some(field(Value::str(title))),
        directives,
        ..Task::implicit("ansible.builtin.validate_argument_spec", args, specs.span.clone())
    })
}
