//! Where files named in tasks are looked for: the role, the task's directory, the playbook's.

use std::path::{Path, PathBuf};

/// Directories in the order they are searched.
#[derive(Clone, Debug, Default)]
pub(crate) struct SearchPath {
    /// The role's directory (and those of the roles around it), the task file's, the playbook's.
    pub(crate) directories: Vec<PathBuf>,
}

/// Nowhere to be found, and where it was looked for.
#[derive(Debug, thiserror::Error)]
#[error("Could not find or access '{name}'{} on the Ansible Controller.\n{REMOTE}", list(name, .searched))]
pub(crate) struct NotFound {
    pub(crate) name: String,
    pub(crate) searched: Vec<PathBuf>,
}

impl SearchPath {
    /// The file or directory `name`, looked for in the sub-directory `kind` (`files`,
    /// `templates`, `vars`, `tasks`) of each directory and in the directory itself.
    ///
    /// # Errors
    /// When there is no such file, with all paths tried.
    pub(crate) fn find(&self, kind: &str, name: &str) -> Result<PathBuf, NotFound> {
        let mut searched = Vec::new();
        for candidate in self.candidates(kind, name) {
            if candidate.exists() {
                return Ok(candidate);
            }
            if !searched.contains(&candidate) {
                searched.push(candidate);
            }
        }
        Err(NotFound { name: name.into(), searched })
    }

    /// All paths that `name` could mean, best first.
    fn candidates(&self, kind: &str, name: &str) -> Vec<PathBuf> {
        let path = home(name);
        if path.is_absolute() {
            return vec![path];
        }
        let prefixed = path.starts_with(kind);
        let both = |dir: &PathBuf| {
            let direct = dir.join(&path);
            // A name that says `files/x` itself is not looked for in `files/files`.
            if prefixed { vec![direct] } else { vec![dir.join(kind).join(&path), direct] }
        };
        self.directories.iter().flat_map(both).collect()
    }
}

/// `~/x` as the user means it.
fn home(name: &str) -> PathBuf {
    match (name.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) => Path::new(&home).join(rest),
        _ => PathBuf::from(name),
    }
}

// ansible: these words are looked for.
const REMOTE: &str =
    "If you are using a module and expect the file to exist on the remote, see the remote_src option";

/// Where it was looked for, unless it says so itself.
fn list(name: &str, paths: &[PathBuf]) -> String {
    match paths {
        [only] if *only == Path::new(name) => String::new(),
        _ => {
            let lines = paths.iter().map(|path| format!("\n\t{}", path.display()));
            format!("\nSearched in:{}", lines.collect::<String>())
        }
    }
}
