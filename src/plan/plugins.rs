//! Plugins in Python that lie beside playbooks and roles: they are not run, but known to be meant.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

/// Directories of plugins, as they stand beside playbooks, in roles, and in collections.
const DIRECTORIES: &[&str] = &[
    "filter_plugins",
    "lookup_plugins",
    "test_plugins",
    "plugins/filter",
    "plugins/lookup",
    "plugins/test",
    "plugins/filter_plugins",
    "plugins/lookup_plugins",
    "plugins/test_plugins",
    "playbooks/filter_plugins",
    "library",
];

/// How far above a file plugins are looked for.
const HIGHEST: usize = 6;

/// Plugins found so far, by the directory beneath which they lie.
#[derive(Default)]
pub(super) struct Plugins {
    beneath: Mutex<HashMap<PathBuf, Sources>>,
    /// Of a tree that is checked as a whole: directories that hold plugins.
    aside: Mutex<Vec<PathBuf>>,
}

/// Files and their texts.
type Sources = Arc<Vec<(PathBuf, String)>>;

impl Plugins {
    /// Notes a directory of plugins that any template may mean.
    pub(super) fn add(&self, directory: &Path) {
        self.aside.lock().push(directory.to_path_buf());
    }

    /// The file of a plugin of this name that a template in `file` can mean.
    pub(super) fn defining(&self, name: &str, file: &Path) -> Option<PathBuf> {
        let short = name.rsplit('.').next().unwrap_or(name);
        let quoted = [format!("'{short}'"), format!("\"{short}\"")];
        let file = std::path::absolute(file).ok()?;
        let mut places: Vec<Sources> =
            file.ancestors().skip(1).take(HIGHEST).map(|directory| self.beneath(directory)).collect();
        let aside = self.aside.lock().clone();
        places.extend(aside.iter().map(|directory| self.kept(directory, |sources| read(directory, sources))));
        let sources = || places.iter().flat_map(|sources| sources.iter());
        let by_name = |(path, text): &&(PathBuf, String)| {
            path.file_stem().is_some_and(|stem| stem == short)
                || quoted.iter().any(|word| text.contains(word))
        };
        let found = sources().find(by_name).or_else(|| sources().find(|(_, text)| is_from_elsewhere(text)));
        found.map(|(path, _)| path.clone())
    }

    /// All plugins of a directory, and of the roles in it.
    fn beneath(&self, directory: &Path) -> Sources {
        self.kept(directory, |sources| {
            read_all(directory, sources);
            for role in std::fs::read_dir(directory.join("roles")).into_iter().flatten().flatten() {
                read_all(&role.path(), sources);
            }
        })
    }

    fn kept(&self, directory: &Path, make: impl FnOnce(&mut Vec<(PathBuf, String)>)) -> Sources {
        if let Some(known) = self.beneath.lock().get(directory) {
            return known.clone();
        }
        let mut sources = Vec::new();
        make(&mut sources);
        let sources = Arc::new(sources);
        self.beneath.lock().insert(directory.to_path_buf(), sources.clone());
        sources
    }
}

/// Whether the names of its filters stand in a package that is not read here.
fn is_from_elsewhere(text: &str) -> bool {
    let Some((_, body)) = text.split_once("def filters(") else { return false };
    let body = body.split("\n    def ").next().unwrap_or(body);
    let given = body.split_once("return ").map_or("", |(_, given)| given.lines().next().unwrap_or(given));
    given.contains('.') && given.contains('(') && !body.contains('{') && !given.contains("dict(")
}

fn read_all(directory: &Path, sources: &mut Vec<(PathBuf, String)>) {
    DIRECTORIES.iter().for_each(|within| read(&directory.join(within), sources));
}

fn read(directory: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for entry in std::fs::read_dir(directory).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.extension().is_some_and(|ending| ending == "py") {
            let text = std::fs::read(&path).unwrap_or_default();
            sources.push((path, String::from_utf8_lossy(&text).into_owned()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_beside_and_in_neighbouring_roles_are_found() {
        let top = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = top.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            std::fs::write(path, text).expect("a file");
        };
        write("filter_plugins/own.py", "return {'shout': shout}");
        write("roles/other/lookup_plugins/tide.py", "class LookupModule: ...");
        let plugins = Plugins::default();
        let from = top.path().join("roles/web/tasks/main.yml");
        assert!(plugins.defining("shout", &from).is_some());
        assert!(plugins.defining("tide", &from).is_some());
        assert!(plugins.defining("shou", &from).is_none());
    }

    #[test]
    fn plugins_that_lie_aside_or_come_from_a_package_are_foreseen() {
        let top = tempfile::tempdir().expect("a directory");
        let write = |name: &str, text: &str| {
            let path = top.path().join(name);
            std::fs::create_dir_all(path.parent().expect("a parent")).expect("directories");
            std::fs::write(path, text).expect("a file");
        };
        let from = top.path().join("a/b/c/d/e/f/g/main.yml");
        write("my_plugins/filter/own.py", "def filters(self):\n        return {'shout': shout}");
        let plugins = Plugins::default();
        assert!(plugins.defining("shout", &from).is_none());
        plugins.add(&top.path().join("my_plugins/filter"));
        assert!(plugins.defining("shout", &from).is_some());
        assert!(plugins.defining("whisper", &from).is_none());
        write("a/b/filter_plugins/all.py", "def filters(self):\n        return package.filters()\n");
        assert!(Plugins::default().defining("whisper", &from).is_some());
    }
}
