//! The inventory plugin `generator`: hosts and their groups from all combinations of layers of words.

use std::sync::Arc;

use super::{GroupId, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics, Span};
use crate::template::{Engine, TemplateError, Value};
use crate::vars::{Definition, PlainScope, VarMap};
use crate::yaml::{Mapping, Node};

/// Names the plugin goes by.
pub(super) const NAMES: [&str; 2] = ["generator", "ansible.builtin.generator"];

/// What a file of the plugin says.
pub(super) struct Generator {
    name: Value,
    parents: Vec<Parent>,
    layers: Vec<(Arc<str>, Vec<Value>)>,
}

/// A group to be, with the groups above it.
struct Parent {
    /// Missing where nobody wrote it: told when a host comes to it.
    name: Option<Value>,
    place: Span,
    vars: Vec<(Arc<str>, Definition)>,
    parents: Vec<Parent>,
}

impl Generator {
    /// Reads the file's options; `None` when what it needs is not there.
    pub(super) fn new(root: &Mapping, diagnostics: &mut Diagnostics) -> Option<Self> {
        let part =
            |name: &str| root.iter().find(|(key, _)| key.as_str() == Some(name)).map(|(_, value)| value);
        let name = part("hosts").and_then(|hosts| hosts.get("name"));
        let (Some(hosts), Some(name), Some(layers)) = (part("hosts"), name, part("layers")) else {
            let message = "inventory plugin `generator` needs `hosts` with a `name`, and `layers`";
            let place = root.iter().next().map(|(key, _)| key.span.clone());
            let problem = Diagnostic::error("inventory-plugin", message);
            diagnostics.push(place.iter().fold(problem, |problem, place| problem.at(place, "")));
            return None;
        };
        let words = |node: &Node| match node.as_seq() {
            Some(items) => items.iter().map(Value::from_node).collect(),
            None => vec![Value::from_node(node)],
        };
        Some(Self {
            name: Value::from_node(name),
            parents: parents(hosts),
            layers: entries(layers).map(|(key, words_of)| (key, words(words_of))).collect(),
        })
    }

    /// Adds a host for each combination; the last layer changes fastest.
    pub(super) fn apply(
        &self,
        inventory: &mut Inventory,
        engine: &Engine,
        origin: &Arc<str>,
        diagnostics: &mut Diagnostics,
    ) {
        let mut all: Vec<VarMap> = vec![VarMap::new()];
        for (layer, words) in &self.layers {
            let longer = |vars: &VarMap| {
                let with = |word: &Value| {
                    let mut vars = vars.clone();
                    vars.insert(layer.clone(), Definition::from(word.clone()));
                    vars
                };
                words.iter().map(with).collect::<Vec<_>>()
            };
            all = all.iter().flat_map(longer).collect();
        }
        for vars in all {
            let mut build = Build { inventory, engine, scope: PlainScope(Arc::new(vars)), diagnostics };
            let built = engine.resolve(&self.name, &build.scope).and_then(|name| {
                let name = name.to_text();
                let host = build.inventory.add_host(&name, None, Some(origin));
                for parent in &self.parents {
                    let (group, above) = build.group(&name, parent)?;
                    build.inventory.join(group, host);
                    build.above(group, &above, parent)?;
                }
                Ok(())
            });
            if let Err(error) = built {
                diagnostics.push(error.to_diagnostic());
                return;
            }
        }
    }
}

/// One combination on its way into the inventory.
struct Build<'a> {
    inventory: &'a mut Inventory,
    engine: &'a Engine,
    scope: PlainScope,
    diagnostics: &'a mut Diagnostics,
}

impl Build<'_> {
    /// The group of a parent of `child` and its name, with its variables.
    fn group(&mut self, child: &str, parent: &Parent) -> Result<(GroupId, String), TemplateError> {
        let Some(name) = &parent.name else {
            let words = format!("Element {child} has a parent with no name.");
            let error = TemplateError::failed(format!("`{child}` has a parent without a `name`"));
            return Err(error.words(words).at(Some(parent.place.clone())));
        };
        let group_name = self.engine.resolve(name, &self.scope)?.to_text();
        let group = self.inventory.add_group(&group_name);
        for (name, definition) in &parent.vars {
            // ansible: what lies within lists and mappings is rendered by those who use it.
            let value = match &definition.value {
                text @ Value::Template(_) => self.engine.resolve(text, &self.scope)?,
                other => other.clone(),
            };
            let var = Definition::new(value, definition.place.clone());
            if self.inventory.set_group_var(group, name, var).is_err() {
                let message = "`ansible_group_priority` must be a whole number";
                self.diagnostics.push(Diagnostic::error("group-priority", message).at(&parent.place, ""));
            }
        }
        Ok((group, group_name))
    }

    fn above(&mut self, child: GroupId, name: &str, parent: &Parent) -> Result<(), TemplateError> {
        for next in &parent.parents {
            let (group, above) = self.group(name, next)?;
            self.inventory.adopt(group, child, &next.place, self.diagnostics);
            self.above(group, &above, next)?;
        }
        Ok(())
    }
}

fn parents(node: &Node) -> Vec<Parent> {
    let listed = node.get("parents").and_then(Node::as_seq).unwrap_or_default();
    let parent = |entry: &Node| {
        let vars = entry.get("vars").into_iter().flat_map(|vars| {
            let pairs = vars.as_map().map(|map| map.iter()).into_iter().flatten();
            pairs.filter_map(|(key, value)| Some((key.as_str()?.into(), Definition::from_node(key, value))))
        });
        let name = entry.get("name");
        Parent {
            name: name.map(Value::from_node),
            place: name.unwrap_or(entry).span.clone(),
            vars: vars.collect(),
            parents: parents(entry),
        }
    };
    listed.iter().map(parent).collect()
}

fn entries(node: &Node) -> impl Iterator<Item = (Arc<str>, &Node)> {
    let entries = node.as_map().map(|map| map.iter()).into_iter().flatten();
    entries.filter_map(|(key, value)| Some((key.as_str()?.into(), value)))
}
