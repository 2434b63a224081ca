//! Reading of loops: `loop`, `with_…`, `loop_control`.

use super::Reader;
use super::value::found;
use crate::diagnostic::{Diagnostic, nearest};
use crate::playbook::keywords::{Site, keyword_at};
use crate::playbook::{Field, Loop, LoopControl};
use crate::template::{Value, has_markers};
use crate::yaml::{Node, Yaml};

/// Look-ups that go over items.
const LOOKUPS: &[&str] = &[
    "cartesian",
    "config",
    "csvfile",
    "dict",
    "env",
    "file",
    "fileglob",
    "filetree",
    "first_found",
    "flattened",
    "indexed_items",
    "ini",
    "inventory_hostnames",
    "items",
    "lines",
    "list",
    "nested",
    "password",
    "pipe",
    "random_choice",
    "sequence",
    "subelements",
    "template",
    "together",
    "unvault",
    "url",
    "varnames",
    "vars",
];

impl Reader<'_> {
    /// `loop:`
    pub(super) fn looping(&mut self, node: &Node) -> Option<Loop> {
        let problem = match &node.value {
            Yaml::Null => return None,
            Yaml::Seq(_) => None,
            Yaml::Str { text, .. } if has_markers(text) => None,
            Yaml::Map(_) => Some("write `loop: \"{{ … | dict2items }}\"` to go over a mapping"),
            _ if node.as_str().is_some() => Some("to go over a variable, write `loop: \"{{ name }}\"`"),
            _ => Some("write the items as a list"),
        };
        // ansible: what is no list fails the task when it comes to it.
        if let Some(hint) = problem.filter(|_| !self.actions.is_lenient()) {
            let message = format!("`loop` must be a list, found {}", found(node));
            let problem =
                Diagnostic::error("wrong-kind", message).at(&node.span, "expected a list").hint(hint);
            self.diagnostics.push(problem);
        }
        let value = Field { value: Value::from_node(node), span: node.span.clone() };
        Some(Loop { lookup: None, value })
    }

    /// `with_<lookup>:`
    pub(super) fn with_lookup(&mut self, key: &Node, lookup: &str, node: &Node) -> Option<Loop> {
        let short = lookup.strip_prefix("ansible.builtin.").unwrap_or(lookup);
        if !LOOKUPS.contains(&short) && !lookup.contains('.') {
            let message = format!("unknown loop `with_{lookup}`");
            let mut problem = Diagnostic::error("unknown-lookup", message).at(&key.span, "no such look-up");
            if let Some(near) = nearest(lookup, LOOKUPS.iter().copied()) {
                problem = problem.hint(format!("did you mean `with_{near}`?"));
            }
            self.diagnostics.push(problem);
        }
        let value = Field { value: Value::from_node(node), span: node.span.clone() };
        Some(Loop { lookup: Some(lookup.to_string()), value })
    }

    /// `loop_control:`
    pub(super) fn loop_control(&mut self, node: &Node) -> LoopControl {
        let mut control = LoopControl::default();
        if node.is_null() {
            return control;
        }
        let Some(map) = self.mapping(node, "a mapping") else { return control };
        for (key, value) in map.iter() {
            let Some(name) = self.key(key) else { continue };
            let Some(keyword) = keyword_at(name, Site::LoopControl) else {
                self.unknown_keyword(key, Site::LoopControl);
                continue;
            };
            match name {
                "break_when" => control.break_when = self.conditions(name, value),
                "loop_var" => control.loop_var = self.field(keyword, value),
                "index_var" => control.index_var = self.field(keyword, value),
                "label" => control.label = self.field(keyword, value),
                "pause" => control.pause = self.field(keyword, value),
                "extended" => control.extended = self.field(keyword, value),
                _ => control.extended_allitems = self.field(keyword, value),
            }
        }
        control
    }
}
