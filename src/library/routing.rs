//! What collections say of their modules, filters, tests and look-ups in `meta/runtime.yml`: where they went, that
//! they will go, that they are gone, and which modules belong to a group of `module_defaults`.

use std::sync::Arc;

use super::search::Library;
use crate::diagnostic::{Diagnostics, Source};
use crate::yaml::{Node, Yaml, read_one};

/// A group that needs no collection: its name, modules of `ansible.builtin` in it, and groups whose modules are in it.
type Group = (&'static str, &'static [&'static str], &'static [&'static str]);

/// The groups that Ansible itself brings (`ansible_builtin_runtime.yml`), with the two that its own tests use: it ships
/// them to everyone.
const BUILT_IN: &[Group] = &[
    ("acme", &[], &["community.crypto.acme"]),
    ("aws", &[], &["amazon.aws.aws", "community.aws.aws"]),
    ("azure", &[], &["azure.azcollection.azure"]),
    ("cpm", &[], &["wti.remote.cpm"]),
    ("docker", &[], &["community.docker.docker", "community.general.docker"]),
    ("gcp", &[], &["google.cloud.gcp"]),
    (
        "k8s",
        &[],
        &[
            "kubernetes.core.k8s",
            "community.okd.k8s",
            "community.kubernetes.k8s",
            "community.general.k8s",
            "community.kubevirt.k8s",
        ],
    ),
    ("os", &[], &["openstack.cloud.os"]),
    ("ovirt", &[], &["ovirt.ovirt.ovirt", "community.general.ovirt"]),
    (
        "testgroup",
        &["ping", "legacy_ping", "formerly_core_ping"],
        &["testns.testcoll.testgroup", "testns.testcoll.anothergroup", "testns.boguscoll.testgroup"],
    ),
    ("testlegacy", &["legacy_ping"], &[]),
    ("vmware", &[], &["community.vmware.vmware"]),
];

/// What a name is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Module,
    Filter,
    Test,
    Lookup,
}

impl Kind {
    /// As Ansible writes it, and as the keys in `plugin_routing`.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::Module => "modules",
            Self::Filter => "filter",
            Self::Test => "test",
            Self::Lookup => "lookup",
        }
    }

    /// Whether it belongs to the language of templates, where Ansible has other words.
    const fn of_templates(self) -> bool {
        matches!(self, Self::Filter | Self::Test)
    }
}

/// What became of a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Routed {
    /// The name that is meant; as given where no collection says otherwise.
    pub(crate) name: String,
    /// That names on the way will go, in Ansible's words.
    pub(crate) deprecations: Vec<String>,
    /// Why there is nothing of this name any more.
    pub(crate) refusal: Option<String>,
}

impl Library {
    /// Follows a module's name to where the collections say it is; short names are looked for in these collections.
    pub(crate) fn routed(&self, name: &str, collections: &[String]) -> Arc<Routed> {
        let dotted = name.matches('.').count() == 2 && !name.starts_with("ansible.builtin.");
        if !dotted && (collections.is_empty() || name.contains('.')) {
            return Arc::new(Routed { name: name.to_owned(), ..Routed::default() });
        }
        self.kept_route(Kind::Module, name, collections)
    }

    /// Follows the full name of a filter, test or look-up; short ones are never moved.
    pub(crate) fn routed_plugin(&self, kind: Kind, name: &str) -> Arc<Routed> {
        self.kept_route(kind, name, &[])
    }

    fn kept_route(&self, kind: Kind, name: &str, collections: &[String]) -> Arc<Routed> {
        let key = format!("{} {name} {}", kind.word(), collections.join(" "));
        if let Some(known) = self.routes.lock().get(&key) {
            return known.clone();
        }
        let routed = Arc::new(self.follow(kind, name, collections));
        self.routes.lock().insert(key, routed.clone());
        routed
    }

    /// Whether there is a group of modules of this name.
    pub(crate) fn knows_group(&self, group: &str) -> bool {
        let (collection, name) = of_group(group);
        match collection {
            "ansible.builtin" => BUILT_IN.iter().any(|(known, ..)| *known == name),
            _ => self.group(collection, name).is_some() || is_ours(collection, name),
        }
    }

    /// Whether a module, by its full name, is in a group.
    pub(crate) fn in_group(&self, group: &str, module: &str) -> bool {
        self.within(group, module, &mut Vec::new())
    }

    fn within(&self, group: &str, module: &str, seen: &mut Vec<String>) -> bool {
        if seen.iter().any(|known| known == group) {
            return false;
        }
        seen.push(group.to_owned());
        let (collection, name) = of_group(group);
        if collection == "ansible.builtin" {
            let short =
                module.strip_prefix("ansible.builtin.").or_else(|| module.strip_prefix("ansible.legacy."));
            return BUILT_IN.iter().filter(|(known, ..)| *known == name).any(|(_, modules, groups)| {
                short.is_some_and(|short| modules.contains(&short))
                    || groups.iter().any(|group| self.within(group, module, seen))
            });
        }
        let Some(members) = self.group(collection, name) else {
            return is_ours(collection, name)
                && module.strip_prefix(collection).is_some_and(|m| m.starts_with('.'));
        };
        let full =
            |name: &str| if name.contains('.') { name.to_owned() } else { format!("{collection}.{name}") };
        members.as_seq().unwrap_or_default().iter().any(|member| match member.as_str() {
            Some(name) => full(name) == module || self.routed(&full(name), &[]).name == module,
            None => {
                let more = member.get("metadata").and_then(|of| of.get("extend_group"));
                let more =
                    more.map(|more| more.as_seq().unwrap_or(std::slice::from_ref(more))).unwrap_or_default();
                more.iter().filter_map(Node::as_str).any(|group| self.within(&full(group), module, seen))
            }
        })
    }

    fn group(&self, collection: &str, name: &str) -> Option<Node> {
        let runtime = self.runtime(collection)?;
        let groups = runtime.get("action_groups")?;
        groups.get(name).or_else(|| groups.get(&format!("{collection}.{name}"))).cloned()
    }

    /// Whether a collection sends a name elsewhere, or has done away with it.
    pub(super) fn is_routed(&self, name: &str) -> bool {
        match name.contains('.') {
            true => {
                let routed = self.routed(name, &[]);
                routed.name != name || routed.refusal.is_some()
            }
            false => {
                self.every_collection().iter().any(|known| self.route(Kind::Module, known, name).is_some())
            }
        }
    }

    fn follow(&self, kind: Kind, name: &str, collections: &[String]) -> Routed {
        let mut routed = Routed { name: name.to_owned(), ..Routed::default() };
        let mut way = Vec::new();
        while let Some((collection, module)) = self.home(&routed.name, collections) {
            let full = format!("{collection}.{module}");
            let Some(route) = self.route(kind, &collection, &module) else { break };
            let text = |node: &Node, key: &str| node.get(key).map(word).unwrap_or_default();
            let sentence = |node: &Node| match text(node, "warning_text") {
                words if words.is_empty() => words,
                words => format!(" {}.", words.trim_end_matches('.')),
            };
            let when = |node: &Node| match (text(node, "removal_date"), text(node, "removal_version")) {
                (date, _) if !date.is_empty() => format!("in a release after {date}"),
                (_, version) if !version.is_empty() => format!("version {version}"),
                _ => "in a future release".to_owned(),
            };
            if let Some(gone) = route.get("tombstone") {
                let what = match kind {
                    Kind::Module => "module".to_owned(),
                    plugin => format!("{} plugin", plugin.word()),
                };
                routed.refusal = Some(format!(
                    "The '{full}' {what} has been removed.{} This feature was removed from collection '{collection}' {}.",
                    sentence(gone),
                    when(gone)
                ));
                break;
            }
            if let Some(node) = route.get("deprecation") {
                let what = match kind {
                    Kind::Filter => format!("Filter \"{full}\""),
                    Kind::Test => format!("Test \"{full}\""),
                    Kind::Module | Kind::Lookup => full.clone(),
                };
                routed.deprecations.push(format!(
                    "{what} has been deprecated.{} This feature will be removed from collection '{collection}' {}.",
                    sentence(node),
                    when(node)
                ));
            }
            let Some(next) = route.get("redirect").and_then(Node::as_str) else { break };
            if kind != Kind::Module && next.matches('.').count() < 2 {
                routed.refusal = Some(format!(
                    "Collection {collection} contains invalid redirect for {full}: {next}. \
                     Redirects must use fully qualified collection names."
                ));
                break;
            }
            way.push(full);
            if way.iter().any(|passed| passed == next) {
                routed.refusal = Some(match kind.of_templates() {
                    true => format!("recursive collection redirect found for '{name}'"),
                    false => {
                        let path = way.join("', '");
                        format!("plugin redirect loop resolving {} (path: ['{path}'])", way[0])
                    }
                });
                break;
            }
            next.clone_into(&mut routed.name);
        }
        routed
    }

    /// The collection of a name, and the name in it.
    fn home(&self, name: &str, collections: &[String]) -> Option<(String, String)> {
        let parts: Vec<&str> = name.split('.').collect();
        match parts.as_slice() {
            ["ansible", "builtin" | "legacy", _] => None,
            [namespace, collection, module] => {
                Some((format!("{namespace}.{collection}"), (*module).to_owned()))
            }
            [module] => {
                let here = |collection: &&String| {
                    self.route(Kind::Module, collection, module).is_some()
                        || self.find(&format!("{collection}.{module}"), &[]).is_some()
                };
                let collection =
                    collections.iter().filter(|named| !named.starts_with("ansible.")).find(here)?;
                Some((collection.clone(), (*module).to_owned()))
            }
            _ => None,
        }
    }

    fn route(&self, kind: Kind, collection: &str, name: &str) -> Option<Node> {
        let runtime = self.runtime(collection)?;
        let routing = runtime.get("plugin_routing")?;
        let also = (kind == Kind::Module).then_some("action");
        std::iter::once(kind.word()).chain(also).find_map(|kind| routing.get(kind)?.get(name)).cloned()
    }

    /// A collection's `meta/runtime.yml`, where there is one that can be read.
    pub(super) fn runtime(&self, collection: &str) -> Option<Arc<Node>> {
        if let Some(known) = self.runtimes.lock().get(collection) {
            return known.clone();
        }
        let place = format!("ansible_collections/{}/meta/runtime.yml", collection.replace('.', "/"));
        let mut files = self.collection_roots().into_iter().map(|root| root.join(&place));
        let read = files.find_map(|file| Some((std::fs::read_to_string(&file).ok()?, file)));
        let node = read.and_then(|(text, file)| {
            read_one(&Source::new(file.display().to_string(), text), &mut Diagnostics::default())
                .map(Arc::new)
        });
        self.runtimes.lock().insert(collection.to_owned(), node.clone());
        node
    }
}

/// The collection of a group, and its name there.
fn of_group(group: &str) -> (&str, &str) {
    match group.match_indices('.').nth(1) {
        Some((dot, _)) => (&group[..dot], &group[dot + 1..]),
        None => ("ansible.builtin", group),
    }
}

/// Whether it is a group of modules that are built in, whether their collection is there or not.
fn is_ours(collection: &str, name: &str) -> bool {
    matches!((collection, name), ("community.docker", "docker") | ("kubernetes.core", "k8s"))
}

/// A scalar as text.
fn word(node: &Node) -> String {
    match &node.value {
        Yaml::Float(number) => number.to_string(),
        Yaml::Int(number) => number.to_string(),
        _ => node.as_str().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RUNTIME: &str = "plugin_routing:
  modules:
    old: {redirect: my.own.new, deprecation: {removal_version: 3.0.0, warning_text: use new}}
    gone: {tombstone: {removal_version: 2.0.0, warning_text: for good}}
    here: {redirect: my.own.there}
    there: {redirect: my.own.here}
  filter:
    old: {redirect: ansible.builtin.upper, deprecation: {removal_date: '2030-01-01'}}
    here: {redirect: my.own.there}
    there: {redirect: my.own.here}
    short: {redirect: upper}
  lookup:
    old: {redirect: my.own.older, deprecation: {warning_text: say items.}}
    older: {redirect: ansible.builtin.items}
    gone: {tombstone: {removal_version: 2.0.0}}
";

    #[test]
    fn names_are_followed_to_where_collections_say_they_went() {
        let home = tempfile::tempdir().unwrap();
        let meta = home.path().join("collections/ansible_collections/my/own/meta");
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(meta.join("runtime.yml"), RUNTIME).unwrap();
        let library = Library::default();
        library.add_beside(home.path());
        let own = ["my.own".to_owned()];
        let old = library.routed("old", &own);
        assert_eq!(old.name, "my.own.new");
        let words = "my.own.old has been deprecated. use new. This feature will be removed from collection 'my.own' version 3.0.0.";
        assert_eq!(old.deprecations, [words]);
        assert_eq!(library.routed("old", &[]).name, "old");
        let gone = library.routed("my.own.gone", &[]).refusal.clone().unwrap();
        assert!(gone.starts_with("The 'my.own.gone' module has been removed. for good. "), "{gone}");
        let round = library.routed("my.own.here", &[]).refusal.clone().unwrap();
        assert_eq!(
            round,
            "plugin redirect loop resolving my.own.here (path: ['my.own.here', 'my.own.there'])"
        );
        assert!(library.may_know("old") && library.may_know("my.own.old"));
        assert!(!library.may_know("my.own.other"));
    }
    #[test]
    fn filters_and_look_ups_are_followed_by_their_full_names() {
        let home = tempfile::tempdir().unwrap();
        let meta = home.path().join("collections/ansible_collections/my/own/meta");
        std::fs::create_dir_all(&meta).unwrap();
        std::fs::write(meta.join("runtime.yml"), RUNTIME).unwrap();
        let library = Library::default();
        library.add_beside(home.path());
        let filter = |name: &str| library.routed_plugin(Kind::Filter, name);
        let old = filter("my.own.old");
        assert_eq!(old.name, "ansible.builtin.upper");
        assert_eq!(
            old.deprecations,
            [
                "Filter \"my.own.old\" has been deprecated. This feature will be removed from collection 'my.own' in a release after 2030-01-01."
            ]
        );
        assert_eq!(filter("old").name, "old");
        assert_eq!(filter("my.own.new").name, "my.own.new");
        let refused = |routed: Arc<Routed>| routed.refusal.clone().unwrap();
        assert_eq!(refused(filter("my.own.here")), "recursive collection redirect found for 'my.own.here'");
        assert!(refused(filter("my.own.short")).ends_with("must use fully qualified collection names."));
        let lookup = library.routed_plugin(Kind::Lookup, "my.own.old");
        assert_eq!(lookup.name, "ansible.builtin.items");
        assert!(
            lookup.deprecations[0].starts_with("my.own.old has been deprecated. say items. "),
            "{lookup:?}"
        );
        assert_eq!(
            refused(library.routed_plugin(Kind::Lookup, "my.own.gone")),
            "The 'my.own.gone' lookup plugin has been removed. This feature was removed from collection 'my.own' version 2.0.0."
        );
    }
}
