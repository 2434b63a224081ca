//! What a tree of playbooks has beside them: roles, collections, and lists of what is to be installed.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use super::search::RolePlace;
use crate::yaml::Node;

/// Endings of playbooks.
pub(super) const ENDINGS: [&str; 2] = [".yml", ".yaml"];

/// Found on a walk through the tree.
#[derive(Default)]
pub(super) struct Nearby {
    /// Directories that hold roles.
    roles: Vec<PathBuf>,
    /// Collections by their full names.
    collections: Vec<(String, PathBuf)>,
    /// Roles and collections that are to be installed.
    required: HashSet<String>,
    /// The first list of them.
    list: Option<PathBuf>,
}

impl Nearby {
    /// Notes where a role was found.
    pub(super) fn add_role(&mut self, role: &Path) {
        let above = role.parent().map(Path::to_path_buf).unwrap_or_default();
        if !self.roles.contains(&above) {
            self.roles.push(above);
        }
    }

    /// Notes a collection, by its `galaxy.yml`.
    pub(super) fn add_collection(&mut self, directory: &Path, galaxy: &Node) {
        let word = |key: &str| galaxy.get(key).and_then(Node::as_str).map(String::from);
        if let (Some(namespace), Some(name)) = (word("namespace"), word("name")) {
            self.collections.push((format!("{namespace}.{name}"), directory.to_path_buf()));
        }
    }

    /// Notes what a `requirements.yml` names.
    pub(super) fn add_required(&mut self, path: &Path, list: &Node) {
        let parts = ["roles", "collections"].into_iter().filter_map(|key| list.get(key));
        let items = std::iter::once(list).chain(parts).filter_map(Node::as_seq).flatten();
        for item in items {
            let named =
                ["name", "role", "src"].into_iter().filter_map(|key| item.get(key)).find_map(Node::as_str);
            let Some(name) = item.as_str().or(named) else { continue };
            let last = name.trim_end_matches(".git").rsplit('/').next().unwrap_or(name);
            self.required.insert(last.split(',').next().unwrap_or(last).to_string());
            self.list.get_or_insert_with(|| path.to_path_buf());
        }
    }

    /// Where the role may be within the tree.
    pub(super) fn places(&self, name: &str, collections: &[String]) -> Vec<RolePlace> {
        let place = |path: PathBuf, name: &str| RolePlace { path, name: name.to_string() };
        let mut places = Vec::new();
        for (collection, directory) in &self.collections {
            let within = name.strip_prefix(collection.as_str()).and_then(|rest| rest.strip_prefix('.'));
            let short = collections.contains(collection).then_some(name);
            let role = within.or(short);
            places.extend(
                role.map(|role| place(directory.join("roles").join(role), &format!("{collection}.{role}"))),
            );
        }
        places.extend(self.roles.iter().map(|above| place(above.join(name), name)));
        places
    }

    /// Where the playbook of a collection may be within the tree.
    pub(super) fn playbooks(&self, collection: &str, name: &str) -> Vec<PathBuf> {
        let own = self.collections.iter().filter(|(full, _)| full == collection);
        own.flat_map(|(_, directory)| {
            ENDINGS.map(|ending| directory.join(format!("playbooks/{name}{ending}")))
        })
        .collect()
    }

    /// Why a role that is not there is no mistake, and what to do.
    pub(super) fn foreseen(&self, name: &str) -> Option<String> {
        let mut parts = name.splitn(3, '.');
        let collection = [parts.next()?, parts.next().unwrap_or_default()].join(".");
        let is_full = parts.next().is_some();
        // What is installed may lie in a directory of its own beneath the roles.
        let last = name.rsplit('/').next().unwrap_or(name);
        let list = self
            .list
            .as_ref()
            .filter(|_| self.required.contains(last) || self.required.contains(&collection));
        match list {
            Some(list) => Some(format!("`{}` names it: install what it lists", list.display())),
            None => is_full.then(|| format!("install the collection `{collection}`")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Source};

    fn node(text: &str) -> Node {
        crate::yaml::read_one(&Source::new("x", text), &mut Diagnostics::default()).expect("yaml")
    }

    #[test]
    fn roles_that_a_list_names_are_foreseen() {
        let mut nearby = Nearby::default();
        let list = "roles:\n- a.one\n- {src: https://x/role-two.git, version: 1}\n- src: y\n  name: three\ncollections: [n.c]\n";
        nearby.add_required(Path::new("requirements.yml"), &node(list));
        for name in ["a.one", "role-two", "three", "n.c.role", "any.other.role"] {
            assert!(nearby.foreseen(name).is_some(), "{name}");
        }
        assert!(nearby.foreseen("four").is_none());
        assert!(nearby.foreseen("a.two").is_none());
    }

    #[test]
    fn a_collection_of_the_tree_has_its_roles() {
        let mut nearby = Nearby::default();
        nearby.add_collection(Path::new("top"), &node("namespace: n\nname: c\n"));
        let found = |name: &str, of: &[String]| {
            nearby.places(name, of).iter().map(|p| p.path.clone()).collect::<Vec<_>>()
        };
        assert_eq!(found("n.c.web", &[]), [Path::new("top/roles/web")]);
        assert_eq!(found("web", &["n.c".to_string()]), [Path::new("top/roles/web")]);
        assert!(found("web", &[]).is_empty());
    }
}
