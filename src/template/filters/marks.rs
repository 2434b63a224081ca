//! Filters of `ansible._protomatter`, with which Ansible's own tests ask what a value knows of itself. Ansible ships
//! them to everyone, inside its package, so that playbooks may use them.
//! What they ask of an expression rather than of its value is answered in `eval/marks.rs`.

use super::super::{Template, Value, has_markers};
use super::Filter;

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("ansible._protomatter.apply_trust", "Text taken for a template of the user's.", |s, v, _| {
        match v {
            Value::Str(text) if has_markers(&text) => s.settle(Value::Template(Template::new(text, None))),
            other => Ok(other),
        }
    })
    .outer(),
    Filter::new("ansible._protomatter.finalize", "As it leaves a template: all rendered.", |s, v, _| {
        s.finish(v)
    })
    .outer(),
    Filter::new(
        "ansible._protomatter.origin",
        "Where it was written; none when nothing is known.",
        |_, _, _| Ok(Value::None),
    )
    .outer(),
    Filter::new(
        "ansible._protomatter.dump_object",
        "What it is; the reason, if it cannot be had.",
        |_, v, _| Ok(v),
    )
    .outer(),
];
