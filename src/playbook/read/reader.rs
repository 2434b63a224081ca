//! The reader: what it needs to know, and where it puts what is wrong.

use super::value::found;
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};
use crate::playbook::keywords::{Site, former, keyword, keywords_at};
use crate::playbook::{Actions, short_name};
use crate::yaml::{Mapping, Node};

/// What Ansible says of `include:`.
const INCLUDE_GONE: &str = "The 'ansible.builtin.include' action plugin has been removed. Use include_tasks or \
    import_tasks instead. This feature was removed from ansible-core in a release after 2023-05-16.";

/// Reads nodes as parts of playbooks; every mistake goes to `diagnostics`.
pub(crate) struct Reader<'a> {
    pub actions: &'a dyn Actions,
    pub diagnostics: &'a mut Diagnostics,
}

impl Reader<'_> {
    pub(super) fn error(&mut self, slug: &'static str, message: impl Into<String>, span: &Span, label: &str) {
        self.diagnostics.push(Diagnostic::error(slug, message).at(span, label));
    }

    /// What Ansible says instead of the mistake that was met last.
    pub(super) fn words(&mut self, words: impl Into<String>) {
        if let Some(last) = self.diagnostics.0.last_mut() {
            last.words = Some(words.into());
        }
    }

    /// A key as a string; says so when it is none.
    pub(super) fn key<'n>(&mut self, key: &'n Node) -> Option<&'n str> {
        let text = key.as_str();
        if text.is_none() {
            let message = format!("expected a keyword, found {}", key.kind_name());
            self.error("key-kind", message, &key.span, "not a string");
        }
        text
    }

    /// The entries of a mapping; says so when it is none.
    pub(super) fn mapping<'n>(&mut self, node: &'n Node, what: &str) -> Option<&'n Mapping> {
        let map = node.as_map();
        if map.is_none() {
            self.expected(what, node);
        }
        map
    }

    /// "expected X, found Y".
    pub(super) fn expected(&mut self, what: &str, node: &Node) {
        let mut problem = Diagnostic::error("wrong-kind", format!("expected {what}, found {}", found(node)))
            .at(&node.span, "");
        if let Some(slip) = node.as_str().and_then(missing_blank) {
            problem = problem.hint(format!("a blank is needed after the colon: write `{slip}`"));
        }
        self.diagnostics.push(problem);
    }

    /// A word that is no keyword here.
    pub(super) fn unknown_keyword(&mut self, key: &Node, site: Site) {
        let name = key.as_str().unwrap_or_default();
        let message = match keyword(name) {
            Some(_) => format!("`{name}` is not a keyword of {}", site.noun()),
            None => format!("unknown keyword `{name}` of {}", site.noun()),
        };
        let mut problem = Diagnostic::error("unknown-keyword", message).at(&key.span, "");
        problem.place = Some((key.span.clone(), format!("not a keyword of {}", site.noun())));
        let names = keywords_at(site).map(|k| k.name);
        if let Some(hint) = former(name) {
            problem = problem.hint(hint);
        } else if let Some(k) = keyword(name) {
            let sites: Vec<_> = k.sites.iter().map(|s| s.noun()).collect();
            problem = problem.hint(format!("it is a keyword of {}", sites.join(", ")));
        } else if let Some(near) = nearest(name, names) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        }
        let includes = short_name(name) == "include" && matches!(site, Site::Task | Site::Handler);
        if includes {
            problem.slug = "module-gone";
        }
        self.diagnostics.push(match includes {
            true => problem.words(INCLUDE_GONE),
            false => problem.words(format!("'{name}' is not a valid attribute for a {site:?}")),
        });
    }
}

/// `context:.` → `context: .`
fn missing_blank(text: &str) -> Option<String> {
    let (key, value) = text.split_once(':')?;
    let word = !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_.".contains(c));
    let path = value.starts_with("//") || value.starts_with(' ') || value.is_empty();
    (word && !path && !value.contains('\n')).then(|| format!("{key}: {value}"))
}
