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
pub(super) struct Plugins(Mutex<HashMap<PathBuf, Sources>>);

/// Files and their texts.
type Sources = Arc<Vec<(PathBuf, String)>>;

impl Plugins {
    /// The file of a plugin of this name that a template in `file` can mean.
    pub(super) fn defining(&self, name: &str, file: &Path) -> Option<PathBuf> {
        let short = name.rsplit('.').next().unwrap_or(name);
        let quoted = [format!("'{short}'"), format!("\"{short}\"")];
        let file = std::path::absolute(file).ok()?;
        file.ancestors().skip(1).take(HIGHEST).find_map(|directory| {
            let sources = self.beneath(directory);
            let mut found = sources.iter().filter(|(path, text)| {
                path.file_stem().is_some_and(|stem| stem == short)
                    || quoted.iter().any(|word| text.contains(word))
            });
            found.next().map(|(path, _)| path.clone())
        })
    }

    /// All plugins of a directory, and of the roles in it.
    fn beneath(&self, directory: &Path) -> Sources {
        if let Some(known) = self.0.lock().get(directory) {
            return known.clone();
        }
        let mut sources = Vec::new();
        read(directory, &mut sources);
        for role in std::fs::read_dir(directory.join("roles")).into_iter().flatten().flatten() {
            read(&role.path(), &mut sources);
        }
        let sources = Arc::new(sources);
        self.0.lock().insert(directory.to_path_buf(), sources.clone());
        sources
    }
}

fn read(directory: &Path, sources: &mut Vec<(PathBuf, String)>) {
    for within in DIRECTORIES {
        for entry in std::fs::read_dir(directory.join(within)).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.extension().is_some_and(|ending| ending == "py") {
                let text = std::fs::read(&path).unwrap_or_default();
                sources.push((path, String::from_utf8_lossy(&text).into_owned()));
            }
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
}
