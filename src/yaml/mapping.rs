//! The entries of a mapping: unique keys, merge keys.

use std::collections::HashMap;
use std::sync::Arc;

use super::compose::Composed;
use super::{Mapping, Node, Yaml};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// What makes two keys the same: Python's equality, in which `1`, `1.0` and `true` are one.
#[derive(PartialEq, Eq, Hash)]
enum Key {
    Null,
    Text(Arc<str>),
    Whole(i128),
    Fraction(u64),
}

/// Collects the entries of one mapping.
#[derive(Default)]
pub(super) struct Entries {
    own: Vec<(Node, Node)>,
    merged: Vec<(Node, Node)>,
    shadowed: Vec<(Node, Node)>,
    places: HashMap<Key, usize>,
}

impl Entries {
    /// Adds the next entry.
    pub(super) fn add(&mut self, key: Composed, value: Composed, diagnostics: &mut Diagnostics) {
        if key.broken || value.broken {
            return;
        }
        if key.merge_key {
            self.merge(value.node, diagnostics);
            return;
        }
        let (key, value) = (key.node, value.node);
        let Some(same) = identity(&key) else {
            let message = format!("a key must be a single value, found {}", key.kind_name());
            diagnostics.push(Diagnostic::error("yaml-key", message).at(&key.span, "found unhashable key"));
            return;
        };
        match self.places.get(&same) {
            Some(place) => {
                let first = &mut self.own[*place];
                diagnostics.push(duplicate(&key, &first.0));
                self.shadowed.push(std::mem::replace(first, (key, value)));
            }
            None => {
                self.places.insert(same, self.own.len());
                self.own.push((key, value));
            }
        }
    }

    /// `<<: *other` and `<<: [*one, *two]`, of which the first wins.
    fn merge(&mut self, value: Node, diagnostics: &mut Diagnostics) {
        match &value.value {
            Yaml::Map(map) => self.merged.extend(map.iter().cloned()),
            Yaml::Seq(items) => {
                for item in items.iter().rev() {
                    match item.as_map() {
                        Some(map) => self.merged.extend(map.iter().cloned()),
                        None => diagnostics.push(cannot_merge(item)),
                    }
                }
            }
            _ => diagnostics.push(cannot_merge(&value)),
        }
    }

    /// The mapping: what was merged first, replaced by the mapping's own entries.
    pub(super) fn finish(self) -> Mapping {
        if self.merged.is_empty() {
            return Mapping { entries: self.own, shadowed: self.shadowed };
        }
        let mut entries: Vec<(Node, Node)> = Vec::new();
        let mut places: HashMap<Key, usize> = HashMap::new();
        for entry in self.merged.into_iter().chain(self.own) {
            let Some(same) = identity(&entry.0) else { continue };
            match places.get(&same) {
                Some(place) => entries[*place] = entry,
                None => {
                    places.insert(same, entries.len());
                    entries.push(entry);
                }
            }
        }
        Mapping { entries, shadowed: self.shadowed }
    }
}

fn identity(key: &Node) -> Option<Key> {
    Some(match &key.value {
        Yaml::Null => Key::Null,
        Yaml::Bool(value) => Key::Whole((*value).into()),
        Yaml::Int(value) => Key::Whole(*value),
        Yaml::Float(value) if value.fract() == 0.0 && value.abs() < 1e30 => Key::Whole(*value as i128),
        Yaml::Float(value) => Key::Fraction(value.to_bits()),
        Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Vault(text) | Yaml::Time(text) => {
            Key::Text(text.clone())
        }
        Yaml::Seq(_) | Yaml::Map(_) => return None,
    })
}

fn duplicate(again: &Node, first: &Node) -> Diagnostic {
    let name = again.span.text();
    Diagnostic::warning("duplicate-key", format!("the key `{name}` stands twice in one mapping"))
        .words(format!("Found duplicate mapping key '{name}'."))
        .at(&again.span, "this one counts")
        .also(&first.span, "this one is ignored")
        .hint("Ansible takes the last one; put both into one, or remove one")
}

fn cannot_merge(found: &Node) -> Diagnostic {
    let message =
        format!("expected a mapping or list of mappings for merging, but found {}", found.kind_name());
    Diagnostic::error("yaml-merge", message).at(&found.span, "cannot be merged")
}
