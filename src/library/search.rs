//! Where modules of the user's are: beside playbooks and in roles, in directories of the settings, in collections.

use std::borrow::Cow;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use baton_modules::sorting::Sorting;
use parking_lot::{Mutex, RwLock};

use super::routing::Routed;
use crate::diagnostic::Severity;
use crate::yaml::Node;

/// Endings of files that are no modules.
const NO_MODULES: &[&str] = &[
    "pyc", "pyo", "swp", "bak", "rpm", "md", "txt", "rst", "yaml", "yml", "ini", "json", "orig", "cfg",
    "retry",
];

/// What the settings and the command line say of modules.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settings {
    /// Directories of `--module-path`, before all others.
    pub(crate) module_path: Vec<PathBuf>,
    /// Directories of the setting `library`.
    pub(crate) library: Vec<PathBuf>,
    /// Directories of the setting `module_utils`.
    pub(crate) module_utils: Vec<PathBuf>,
    /// Directories with `ansible_collections` in them.
    pub(crate) collections: Vec<PathBuf>,
    /// Directories with roles.
    pub(crate) roles: Vec<PathBuf>,
    /// Python of hosts that say nothing of it: a path, or one of the words `auto…`.
    pub(crate) interpreter: String,
    /// Names of Python, the best first, for the search on a host.
    pub(crate) interpreters: Vec<String>,
    /// Modules that gather facts.
    pub(crate) facts_modules: Vec<String>,
    /// Whether modules that fail say where in their text.
    pub(crate) tracebacks: bool,
    /// How bad it is when a collection is for other versions of Ansible; `None`: not at all.
    pub(crate) unfit: Option<Severity>,
}

/// A directory of a playbook or role, and which directories it had in it at the last look around.
struct Beside {
    directory: PathBuf,
    within: [bool; WITHIN.len()],
    /// The `library` of each role in it that has one.
    of_roles: Vec<PathBuf>,
}

/// What is looked for in directories of playbooks and roles.
const WITHIN: [&str; 3] = ["library", "module_utils", "collections"];

impl Beside {
    fn new(directory: PathBuf) -> Self {
        let within = WITHIN.map(|name| directory.join(name).is_dir());
        let of_roles = libraries(&directory.join("roles"));
        Self { directory, within, of_roles }
    }
}

/// Modules of the user's, and the Python beside them.
#[derive(Default)]
pub(crate) struct Library {
    pub(crate) settings: Settings,
    /// Directories of playbooks and roles, in the order they came up.
    beside: RwLock<Vec<Beside>>,
    /// Names of modules that a tree which is checked has somewhere, and in which directories.
    aside: RwLock<HashMap<String, Vec<PathBuf>>>,
    /// Ansible's own Python beside us, once it was asked for.
    pub(super) core: OnceLock<Option<PathBuf>>,
    pub(super) bundles: Mutex<HashMap<PathBuf, Arc<Vec<u8>>>>,
    /// What was looked for since the last look around; each task on each host asks.
    kept: RwLock<HashMap<String, Option<Found>>>,
    /// What may turn up, of the names asked for since then.
    expected: RwLock<HashMap<String, bool>>,
    /// What collections say of names, and their files that say so.
    pub(super) routes: Mutex<HashMap<String, Arc<Routed>>>,
    pub(super) runtimes: Mutex<HashMap<String, Option<Arc<Node>>>>,
}

/// A module of the user's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) path: PathBuf,
    /// Without the ending.
    pub(crate) name: String,
    /// The collection it is of, as `namespace.name`.
    pub(crate) collection: Option<String>,
}

impl Found {
    /// Whether a part of it runs in Ansible's controller, and only there.
    pub(crate) fn needs_action(&self) -> bool {
        let plugins = self.path.parent().and_then(Path::parent).filter(|_| self.collection.is_some());
        plugins.is_some_and(|plugins| plugins.join(format!("action/{}.py", self.name)).exists())
    }

    /// The name that Python knows it by.
    pub(crate) fn python_name(&self) -> String {
        match &self.collection {
            Some(collection) => format!("ansible_collections.{collection}.plugins.modules.{}", self.name),
            None => format!("ansible.modules.{}", self.name),
        }
    }
}

impl Library {
    /// A library that knows no playbook yet.
    pub(crate) fn new(settings: Settings) -> Self {
        Self { settings, ..Self::default() }
    }

    /// Takes in what stands beside a playbook, or in a role: `library`, `module_utils` and `collections`.
    pub(crate) fn add_beside(&self, directory: &Path) {
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        if self.beside.read().iter().any(|known| known.directory == directory) {
            return;
        }
        let added = Beside::new(directory);
        let has_any =
            added.within.contains(&true) || !added.of_roles.is_empty() || root_of(&added.directory).is_some();
        self.beside.write().push(added);
        if has_any {
            self.forget();
        }
    }

    /// The directories of this name in those of playbooks and roles.
    fn in_beside(&self, name: &str) -> Vec<PathBuf> {
        let at = WITHIN.iter().position(|known| *known == name).unwrap_or_default();
        let beside = self.beside.read();
        beside.iter().filter(|one| one.within[at]).map(|one| one.directory.join(name)).collect()
    }

    /// Takes in a directory of modules or actions that settings of a run may name.
    pub(crate) fn add_aside(&self, directory: &Path) {
        let is_module = |path: &PathBuf| {
            let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned());
            path.is_file() && !ending.is_some_and(|ending| NO_MODULES.contains(&ending.as_str()))
        };
        let files = entries(directory).into_iter().filter(is_module);
        let mut aside = self.aside.write();
        for name in files.filter_map(|path| Some(path.file_stem()?.to_string_lossy().into_owned())) {
            aside.entry(name).or_default().push(directory.to_owned());
        }
        self.expected.write().clear();
    }

    /// Whether a file of a collection that is checked may mean the collection's own module by a short name.
    pub(crate) fn is_of_same_collection(&self, name: &str, file: &Path) -> bool {
        let tops = |directory: &PathBuf| {
            let plugins = directory.parent().filter(|_| directory.ends_with("plugins/modules"));
            plugins.and_then(Path::parent).is_some_and(|top| file.starts_with(top))
        };
        self.aside.read().get(name).is_some_and(|directories| directories.iter().any(tops))
    }

    /// Forgets what was found and what was not: an earlier play may have written modules.
    pub(crate) fn look_again(&self) {
        for one in self.beside.write().iter_mut() {
            *one = Beside::new(std::mem::take(&mut one.directory));
        }
        self.forget();
    }

    fn forget(&self) {
        self.kept.write().clear();
        self.expected.write().clear();
        self.routes.lock().clear();
        self.runtimes.lock().clear();
    }

    /// Whether a module of this name may turn up, also in roles and collections that were not read yet.
    pub(crate) fn may_know(&self, name: &str) -> bool {
        if let Some(known) = self.expected.read().get(name) {
            return *known;
        }
        let may = self.find(name, &[]).is_some()
            || self.aside.read().contains_key(name)
            || self.in_any_role(name)
            || self.in_any_collection(name)
            || self.is_routed(name);
        self.expected.write().insert(name.to_owned(), may);
        may
    }

    /// The module of a name; short ones are looked for in these collections too, after all else.
    pub(crate) fn find(&self, name: &str, collections: &[String]) -> Option<Found> {
        let key = match collections {
            [] => Cow::Borrowed(name),
            _ => Cow::Owned(format!("{name} {}", collections.join(" "))),
        };
        if let Some(known) = self.kept.read().get(&*key) {
            return known.clone();
        }
        let found = self.search(name, collections);
        self.kept.write().insert(key.into_owned(), found.clone());
        found
    }

    fn search(&self, name: &str, collections: &[String]) -> Option<Found> {
        let short = match name.strip_prefix("ansible.legacy.") {
            Some(short) => short,
            None if name.starts_with("ansible.builtin.") => return None,
            None => name,
        };
        let parts: Vec<&str> = short.split('.').collect();
        match parts.as_slice() {
            [namespace, collection, module] => {
                self.of_collection(&format!("{namespace}.{collection}"), module)
            }
            [module] => {
                self.directories().iter().find_map(|directory| within(directory, module, None)).or_else(
                    || collections.iter().find_map(|collection| self.of_collection(collection, module)),
                )
            }
            _ => None,
        }
    }

    /// Directories of `module_utils`, the first first.
    pub(super) fn utilities(&self) -> Vec<PathBuf> {
        let beside = self.in_beside("module_utils").into_iter();
        beside.chain(self.settings.module_utils.iter().cloned()).collect()
    }

    /// Directories in which `ansible_collections` is looked for.
    pub(super) fn collection_roots(&self) -> Vec<PathBuf> {
        let set = self.settings.collections.iter().map(|root| match root.ends_with("ansible_collections") {
            true => root.parent().unwrap_or(root).to_owned(),
            false => root.clone(),
        });
        let known: Vec<PathBuf> = self.in_beside("collections").into_iter().chain(set).collect();
        // A playbook or role of a collection is on the path itself.
        let within = self.beside.read().iter().filter_map(|one| root_of(&one.directory)).collect::<Vec<_>>();
        known.into_iter().chain(within).collect()
    }

    fn directories(&self) -> Vec<PathBuf> {
        self.settings
            .module_path
            .iter()
            .cloned()
            .chain(self.in_beside("library"))
            .chain(self.settings.library.iter().flat_map(|directory| with_packages(directory)))
            .collect()
    }

    fn of_collection(&self, collection: &str, module: &str) -> Option<Found> {
        let place = format!("ansible_collections/{}/plugins/modules", collection.replace('.', "/"));
        self.collection_roots().iter().find_map(|root| within(&root.join(&place), module, Some(collection)))
    }

    fn in_any_role(&self, name: &str) -> bool {
        let beside: Vec<PathBuf> = self.beside.read().iter().flat_map(|one| one.of_roles.clone()).collect();
        let set = self.settings.roles.iter().flat_map(|roles| libraries(roles));
        beside.into_iter().chain(set).any(|library| within(&library, name, None).is_some())
    }

    /// The collections on the search path, as `namespace.name`.
    pub(super) fn every_collection(&self) -> Vec<String> {
        let word = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
        let roots = self.collection_roots();
        let spaces = roots.iter().flat_map(|root| entries(&root.join("ansible_collections")));
        let collections = spaces.flat_map(|space| entries(&space));
        let named =
            collections.filter_map(|path| Some(format!("{}.{}", word(path.parent()?)?, word(&path)?)));
        named.collect()
    }

    fn in_any_collection(&self, name: &str) -> bool {
        let roots = self.collection_roots();
        let mut collections = roots
            .iter()
            .flat_map(|root| entries(&root.join("ansible_collections")))
            .flat_map(|namespace| entries(&namespace));
        collections.any(|collection| within(&collection.join("plugins/modules"), name, None).is_some())
    }
}

/// The collection that a path is in.
pub(crate) fn collection_of(path: &Path) -> Option<String> {
    let mut parts =
        path.iter().map(|part| part.to_string_lossy()).skip_while(|part| part != "ansible_collections");
    parts.next()?;
    Some(format!("{}.{}", parts.next()?, parts.next()?))
}

/// The directory with `ansible_collections` that a path is beneath.
fn root_of(path: &Path) -> Option<PathBuf> {
    let collections = path.ancestors().find(|above| above.ends_with("ansible_collections"))?;
    collections.parent().map(Path::to_owned)
}

/// A directory of the settings and those beneath it, two deep, as Ansible looks.
fn with_packages(directory: &Path) -> Vec<PathBuf> {
    let below = entries(directory).into_iter().filter(|path| path.is_dir());
    let below: Vec<PathBuf> =
        below.flat_map(|path| std::iter::once(path.clone()).chain(entries(&path))).collect();
    std::iter::once(directory.to_owned()).chain(below.into_iter().filter(|path| path.is_dir())).collect()
}

/// The `library` of each role in a directory that has one.
fn libraries(roles: &Path) -> Vec<PathBuf> {
    entries(roles).into_iter().map(|role| role.join("library")).filter(|library| library.is_dir()).collect()
}

fn entries(directory: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.path()).collect();
    paths.put_in_order();
    paths
}

/// The module of this name in a directory: in Python, else with any ending that a module may have.
fn within(directory: &Path, name: &str, collection: Option<&str>) -> Option<Found> {
    if name.is_empty() || name.contains('/') {
        return None;
    }
    let found = |path: PathBuf| Found {
        name: path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
        path,
        collection: collection.map(str::to_owned),
    };
    let candidates = [directory.join(format!("{name}.py")), directory.join(name)];
    if let Some(path) = candidates.into_iter().find(|path| path.is_file()) {
        return Some(found(path));
    }
    let is_module = |path: &PathBuf| {
        let ending = path.extension().map(|ending| ending.to_string_lossy().into_owned()).unwrap_or_default();
        path.file_stem().is_some_and(|stem| stem == name)
            && !NO_MODULES.contains(&ending.as_str())
            && !ending.ends_with('~')
            && path.is_file()
    };
    entries(directory).into_iter().find(is_module).map(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: &Path) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, "#!/bin/sh\n").unwrap();
    }

    #[test]
    fn the_module_path_comes_before_what_is_beside_and_that_before_the_settings() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        for name in ["path/one", "play/library/one.sh", "play/library/two.sh", "set/two.py", "set/three"] {
            write(&at(name));
        }
        let library = Library::new(Settings {
            module_path: vec![at("path")],
            library: vec![at("set")],
            ..Settings::default()
        });
        library.add_beside(&at("play"));
        let place = |name: &str| library.find(name, &[]).map(|found| found.path);
        assert_eq!(place("one"), Some(at("path/one")));
        assert_eq!(place("two"), Some(at("play/library/two.sh")));
        assert_eq!(place("ansible.legacy.three"), Some(at("set/three")));
        assert_eq!(place("ansible.builtin.three"), None);
        assert_eq!(place("four"), None);
    }

    #[test]
    fn modules_aside_may_be_meant_but_are_not_found() {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("plugins/modules/one.py"));
        let library = Library::default();
        library.add_aside(&home.path().join("plugins/modules"));
        assert!(library.may_know("one"));
        assert_eq!(library.find("one", &[]), None);
        assert!(!library.may_know("two"));
        assert!(library.is_of_same_collection("one", &home.path().join("tests/main.yml")));
        assert!(!library.is_of_same_collection("one", Path::new("/elsewhere/main.yml")));
    }

    #[test]
    fn modules_of_any_role_beside_may_be_meant_as_soon_as_the_role_is_known() {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("roles/web/library/one.py"));
        let library = Library::default();
        assert!(!library.may_know("one"));
        library.add_beside(home.path());
        assert!(library.may_know("one"));
        assert_eq!(library.find("one", &[]), None);
        library.add_beside(&home.path().join("roles/web"));
        assert!(library.find("one", &[]).is_some());
    }

    #[test]
    fn files_of_other_kinds_are_no_modules() {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("library/one.ini"));
        write(&home.path().join("library/one.md"));
        let library = Library::default();
        library.add_beside(home.path());
        assert_eq!(library.find("one", &[]), None);
        write(&home.path().join("library/one.py"));
        assert_eq!(library.find("one", &[]), None, "what was looked for is not looked for again at once");
        library.look_again();
        assert!(library.find("one", &[]).is_some());
    }

    #[test]
    fn modules_of_collections_are_found_by_full_name_and_by_the_collections_searched() {
        let home = tempfile::tempdir().unwrap();
        write(&home.path().join("collections/ansible_collections/my/own/plugins/modules/one.py"));
        let library = Library::default();
        library.add_beside(home.path());
        let full = library.find("my.own.one", &[]).unwrap();
        assert_eq!(full.python_name(), "ansible_collections.my.own.plugins.modules.one");
        assert_eq!(library.find("one", &["my.own".to_owned()]), Some(full));
        assert_eq!(library.find("one", &[]), None);
        assert!(library.may_know("one"));
        assert!(!library.may_know("two"));
    }
}
