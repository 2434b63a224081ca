//! Names of filters, tests and look-ups: which plugin is meant, also where a collection has moved it.

use std::collections::HashMap;

use super::filters::Filter;
use super::lookups::Lookup;
use super::tests::Test;
use super::{Engine, TemplateError};

/// What a collection says of a name.
#[derive(Default)]
pub(crate) struct Way {
    /// The name that is meant.
    pub name: String,
    /// That names on the way will go, in Ansible's words.
    pub deprecations: Vec<String>,
    /// Why there is nothing of this name any more.
    pub refusal: Option<String>,
}

/// Asks the collections for a kind of plugin (`filter`, `test` or `lookup`) and a full name.
pub(crate) type Ways = dyn Fn(&str, &str) -> Way + Send + Sync;

impl Engine {
    /// From now on full names are followed to where collections say they went.
    pub(crate) fn follow(&self, ways: Box<Ways>) {
        // Whoever came first has the same collections.
        let _ = self.ways.set(ways);
    }

    /// A filter by name, with or without its collection.
    pub(super) fn filter(&self, name: &str) -> Result<&'static Filter, TemplateError> {
        self.named(&self.filters, "filter", name, false)
    }

    /// The same; warns when the name will go.
    pub(super) fn used_filter(&self, name: &str) -> Result<&'static Filter, TemplateError> {
        self.named(&self.filters, "filter", name, true)
    }

    /// A test by name, with or without its collection.
    pub(super) fn test(&self, name: &str) -> Result<&'static Test, TemplateError> {
        self.named(&self.tests, "test", name, false)
    }

    /// The same; warns when the name will go.
    pub(super) fn used_test(&self, name: &str) -> Result<&'static Test, TemplateError> {
        self.named(&self.tests, "test", name, true)
    }

    /// A look-up by name, with or without its collection.
    pub(super) fn lookup_named(&self, name: &str) -> Result<&'static Lookup, TemplateError> {
        self.named(&self.lookups, "lookup", name, false)
    }

    /// The same; warns when the name will go.
    pub(super) fn used_lookup(&self, name: &str) -> Result<&'static Lookup, TemplateError> {
        self.named(&self.lookups, "lookup", name, true)
    }

    /// What Ansible says of a plugin that failed, by its name as written and its own.
    pub(super) fn head(kind: &str, written: &str, name: &str) -> String {
        match written.contains('.') {
            true => format!("The {kind} plugin '{written}' failed: "),
            false => format!("The {kind} plugin 'ansible.builtin.{name}' failed: "),
        }
    }

    fn named<T>(
        &self,
        table: &HashMap<&'static str, &'static T>,
        kind: &str,
        name: &str,
        used: bool,
    ) -> Result<&'static T, TemplateError> {
        if let Some(known) = table.get(name) {
            return Ok(known);
        }
        let meant = self.meant(kind, name, used)?;
        let meant = meant.as_deref().unwrap_or(name);
        table.get(short(meant)).copied().ok_or_else(|| self.unknown(kind, name))
    }

    /// Where a collection sends a name; nothing where none says anything.
    fn meant(&self, kind: &str, name: &str, used: bool) -> Result<Option<String>, TemplateError> {
        let builtin = name.starts_with("ansible.builtin.") || name.matches('.').count() < 2;
        let Some(ways) = self.ways.get().filter(|_| !builtin) else { return Ok(None) };
        let way = ways(kind, name);
        for message in way.deprecations.iter().filter(|_| used) {
            self.warn("deprecated", message, None);
        }
        match way.refusal {
            Some(why) => {
                let words = format!("The {kind} plugin '{name}' failed to load: {why}");
                Err(TemplateError::failed(words))
            }
            None => Ok(Some(way.name)),
        }
    }
}

/// A name without the collections whose plugins are built in.
pub(super) fn short(name: &str) -> &str {
    const COLLECTIONS: [&str; 6] = [
        "ansible.builtin.",
        "ansible.legacy.",
        "community.general.",
        "ansible.utils.",
        "ansible.posix.",
        "ansible.netcommon.",
    ];
    COLLECTIONS.iter().find_map(|c| name.strip_prefix(c)).unwrap_or(name)
}
