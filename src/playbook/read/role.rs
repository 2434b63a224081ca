//! Reading of uses of roles, and of a role's `meta`.

use std::sync::Arc;

use super::Reader;
use super::block::start_of;
use super::value::{found, scalar};
use crate::diagnostic::{Diagnostic, nearest};
use crate::playbook::keywords::{Site, keyword_at};
use crate::playbook::{Directives, Field, RoleMeta, RoleUse};
use crate::template::{Value, has_markers};
use crate::vars::{Definition, VarMap};
use crate::yaml::{Node, Yaml};

impl Reader<'_> {
    /// `roles:` or `dependencies:`.
    pub(super) fn roles(&mut self, node: &Node) -> Vec<RoleUse> {
        match &node.value {
            Yaml::Null => Vec::new(),
            Yaml::Seq(items) => items.iter().filter_map(|item| self.role_use(item)).collect(),
            _ => {
                let problem = Diagnostic::error("wrong-kind", "expected a list of roles")
                    .at(&node.span, "")
                    .hint("begin each role with `- `");
                let words = format!("A malformed role declaration was encountered: {}", found(node));
                self.diagnostics.push(problem.words(words.replace('`', "'")));
                Vec::new()
            }
        }
    }

    fn role_use(&mut self, node: &Node) -> Option<RoleUse> {
        if let Some(text) = node.as_str() {
            let name = Field { value: Value::from_node(node), span: node.span.clone() };
            if text.trim().is_empty() {
                self.error("no-role", "the name of a role is empty", &node.span, "");
                return None;
            }
            if text.contains(',') && !has_markers(text) {
                let message =
                    format!("a role and its version or other name, as requirements once had them: `{text}`");
                self.error("no-role", message, &node.span, "only its name belongs here");
                self.words(format!("Invalid old style role requirement: {text}"));
                return None;
            }
            let span = node.span.clone();
            let (directives, params) = Default::default();
            return Some(RoleUse { name, span, directives, params });
        }
        let map = self.mapping(node, "a role: its name, or a mapping with `role`")?;
        let named = ["role", "name", "src"].iter().find_map(|key| node.entry(key));
        let Some(name) = named.and_then(|(_, name)| scalar(name).filter(|n| !n.is_empty()).map(|_| name))
        else {
            let problem = Diagnostic::error("no-role", "a role without a name")
                .at(&start_of(node), "")
                .hint("name it: `- role: …`");
            self.diagnostics.push(problem);
            return None;
        };
        let mut directives = Directives::default();
        let mut params = VarMap::new();
        for (key, value) in map.iter() {
            let Some(word) = self.key(key) else { continue };
            match keyword_at(word, Site::Role) {
                Some(_) if matches!(word, "role" | "name") => {}
                Some(keyword) => {
                    self.directive(&mut directives, keyword, value);
                }
                None => {
                    params.insert(word.into(), Definition::from_node(key, value));
                }
            }
        }
        Some(RoleUse {
            name: Field { value: Value::from_node(name), span: name.span.clone() },
            span: node.span.clone(),
            directives: Arc::new(directives),
            params: Arc::new(params),
        })
    }

    /// `meta/main.yml` of a role.
    pub(crate) fn role_meta(&mut self, node: &Node) -> RoleMeta {
        const KEYS: &[&str] = &[
            "allow_duplicates",
            "argument_specs",
            "collections",
            "dependencies",
            "galaxy_info",
            "standalone",
        ];
        let mut meta = RoleMeta::default();
        if node.is_null() {
            return meta;
        }
        let Some(map) = self.mapping(node, "a mapping") else { return meta };
        for (key, value) in map.iter() {
            match self.key(key) {
                Some("dependencies") => meta.dependencies = self.roles(value),
                Some("allow_duplicates") => meta.allow_duplicates = value.as_bool() == Some(true),
                Some("argument_specs") => {
                    meta.argument_specs =
                        Some(Field { value: Value::from_node(value), span: value.span.clone() });
                }
                Some(name) if !KEYS.contains(&name) && keyword_at(name, Site::Role).is_none() => {
                    let mut problem = Diagnostic::warning(
                        "unknown-key",
                        format!("unknown key `{name}` of a role's `meta`"),
                    )
                    .at(&key.span, "has no effect");
                    if let Some(near) = nearest(name, KEYS.iter().copied()) {
                        problem = problem.hint(format!("did you mean `{near}`?"));
                    }
                    self.diagnostics.push(problem);
                }
                _ => {}
            }
        }
        meta
    }
}
