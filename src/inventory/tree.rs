//! Inventories that are trees: groups with `hosts`, `vars` and `children`, in YAML and TOML.

use std::sync::Arc;

use super::address::split_port;
use super::{GroupId, Inventory, range};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::template::Value;
use crate::vars::{Definition, variable_name};
use crate::yaml::{Mapping, Node, Yaml};

/// How `children` are written.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Children {
    /// YAML: groups within groups.
    Nested,
    /// TOML: names of groups.
    Named,
}

/// Adds the groups of a document to the inventory; hosts remember `origin` as where they were first met.
pub(super) fn read(
    root: &Mapping,
    children: Children,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) {
    let mut reader = Reader { children, origin, inventory, diagnostics };
    for (key, value) in root.iter() {
        reader.group(key, value);
    }
}

struct Reader<'a> {
    children: Children,
    origin: &'a Arc<str>,
    inventory: &'a mut Inventory,
    diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    fn group(&mut self, key: &Node, value: &Node) -> Option<GroupId> {
        let name = self.name(key, "group")?;
        let group = match &value.value {
            Yaml::Map(_) | Yaml::Null => self.inventory.add_group(&name),
            _ => {
                let message = format!("expected a mapping for group `{name}`, found {}", value.kind_name());
                self.warn(Diagnostic::warning("inventory-group", message).at(&value.span, "passed over"));
                return None;
            }
        };
        for (key, value) in value.as_map().map(|m| &**m).unwrap_or_default() {
            match key.as_str() {
                Some("vars") => self.vars(group, value),
                Some("children") => self.children(group, value),
                Some("hosts") => self.hosts(group, value),
                _ => self.unexpected(&name, key),
            }
        }
        Some(group)
    }

    fn unexpected(&mut self, group: &str, key: &Node) {
        let text = key.span.text();
        let message =
            format!("a group has `hosts`, `vars` and `children`; group `{group}` also has `{text}`");
        let found = Diagnostic::warning("inventory-group", message).at(&key.span, "passed over");
        self.warn(match nearest(text, ["hosts", "vars", "children"]) {
            Some(near) => found.hint(format!("did you mean `{near}`?")),
            None => found.hint("a group below this one belongs under `children`"),
        });
    }

    fn warn(&mut self, diagnostic: Diagnostic) {
        self.diagnostics.push(diagnostic);
    }

    /// The text of a key that names a group or a host.
    fn name(&mut self, key: &Node, what: &str) -> Option<Arc<str>> {
        if let Some(text) = key.as_str().filter(|text| !text.is_empty()) {
            return Some(text.into());
        }
        let message = format!("the name of a {what} must be text, found `{}`", key.span.text());
        let found = Diagnostic::error("inventory-name", message).at(&key.span, "").hint("put it in quotes");
        let words = format!(
            "Failed to parse inventory with 'yaml' plugin: Host pattern {} must be a string. Enclose \
             integers/floats in quotation marks.",
            key.span.text()
        );
        self.warn(if what == "host" { found.words(words) } else { found });
        None
    }

    /// The entries under a key of a group; a single word stands for an entry without a value.
    fn entries(&mut self, what: &str, value: &Node) -> Vec<(Node, Node)> {
        match &value.value {
            Yaml::Map(map) => map.to_vec(),
            Yaml::Null => Vec::new(),
            Yaml::Str { .. } if self.children == Children::Nested => {
                vec![(value.clone(), Node::new(Yaml::Null, value.span.clone()))]
            }
            _ => {
                let message = format!("expected a mapping under `{what}`, found {}", value.kind_name());
                let found = Diagnostic::error("inventory-group", message).at(&value.span, "");
                let hint = match &value.value {
                    Yaml::Seq(_) => "end each name with a colon instead of beginning it with a dash",
                    _ => "write one entry a line, each ending with a colon",
                };
                self.warn(found.hint(hint));
                Vec::new()
            }
        }
    }

    fn vars(&mut self, group: GroupId, value: &Node) {
        for (key, value) in self.entries("vars", value) {
            let Some(name) = variable_name(&key, self.diagnostics) else { continue };
            let var = Definition::from_node(&key, &value);
            if self.inventory.set_group_var(group, &name, var).is_err() {
                let message = format!("`{name}` must be a whole number, found `{}`", value.span.text());
                self.warn(Diagnostic::error("inventory-vars", message).at(&value.span, ""));
            }
        }
    }

    fn children(&mut self, group: GroupId, value: &Node) {
        if let (Children::Named, Yaml::Seq(items)) = (self.children, &value.value) {
            for item in items.iter() {
                if let Some(name) = self.name(item, "group") {
                    let child = self.inventory.add_group(&name);
                    self.inventory.adopt(group, child, &item.span, self.diagnostics);
                }
            }
            return;
        }
        for (key, value) in self.entries("children", value) {
            if let Some(child) = self.group(&key, &value) {
                self.inventory.adopt(group, child, &key.span, self.diagnostics);
            }
        }
    }

    fn hosts(&mut self, group: GroupId, value: &Node) {
        for (key, value) in self.entries("hosts", value) {
            let Some(name) = self.name(&key, "host") else { continue };
            let (pattern, port) = split_port(&name);
            let names = match range::expand(pattern) {
                Ok(names) => names,
                Err(problem) => {
                    let message = format!("{problem}, found `{pattern}`");
                    self.warn(Diagnostic::error("inventory-range", message).at(&key.span, ""));
                    continue;
                }
            };
            let vars = self.host_vars(&name, &value);
            for name in names {
                let host = self.inventory.add_host(&name, port, Some(self.origin));
                self.inventory.join(group, host);
                for (name, var) in &vars {
                    self.inventory.set_host_var(host, name.clone(), var.clone());
                }
            }
        }
    }

    fn host_vars(&mut self, host: &str, value: &Node) -> Vec<(Arc<str>, Definition)> {
        let entries = match &value.value {
            Yaml::Map(entries) => entries,
            Yaml::Null => return Vec::new(),
            _ => {
                let message = format!("expected variables of host `{host}`, found {}", value.kind_name());
                self.warn(
                    Diagnostic::error("inventory-host", message)
                        .at(&value.span, "")
                        .hint("write `name: value`"),
                );
                return Vec::new();
            }
        };
        let vars = entries.iter().filter_map(|(key, value)| {
            let name = variable_name(key, self.diagnostics)?;
            Some((name, Definition::from_node(key, value)))
        });
        vars.collect()
    }
}

/// Whether a document configures a plugin instead of listing hosts; the plugin's name.
pub(super) fn plugin(root: &Mapping) -> Option<(&str, &Node)> {
    let (_, value) = root.iter().find(|(key, _)| key.as_str() == Some("plugin"))?;
    match Value::from_node(value) {
        Value::Str(_) => value.as_str().map(|name| (name, value)),
        _ => None,
    }
}
