//! `group_vars` and `host_vars` beside inventories and beside the playbook. A directory
//! is listed once and a file is read once, when somebody asks for that host or group.

use std::collections::{HashMap, HashSet};
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::sorting::Sorting;
use parking_lot::Mutex;

use crate::diagnostic::Diagnostics;
use crate::vars::{VarMap, VarsFiles};

/// The directories that may have such files, the weakest first.
pub(super) struct Beside {
    pub(super) inventories: Vec<PathBuf>,
    pub(super) playbook: Option<PathBuf>,
    files: Arc<VarsFiles>,
    listings: Mutex<HashMap<PathBuf, Arc<HashSet<OsString>>>>,
    problems: Mutex<Diagnostics>,
}

/// Endings of a file of variables, in the order of being looked for.
const ENDINGS: [&str; 4] = ["", ".yml", ".yaml", ".json"];

impl Beside {
    pub(super) fn new(inventories: Vec<PathBuf>, playbook: Option<PathBuf>, files: Arc<VarsFiles>) -> Self {
        Self { inventories, playbook, files, listings: Mutex::default(), problems: Mutex::default() }
    }

    /// The variables of `name` in `directory/kind`, the weakest file first.
    pub(super) fn vars(&self, directory: &Path, kind: &str, name: &str) -> Vec<Arc<VarMap>> {
        let within = directory.join(kind);
        let listing = self.listing(&within);
        let found = ENDINGS
            .iter()
            .map(|end| format!("{name}{end}"))
            .find(|file| listing.contains(&OsString::from(file)));
        let Some(file) = found else { return Vec::new() };
        let path = within.join(file);
        let mut paths = Vec::new();
        if path.is_dir() {
            files_below(&path, &mut paths)
        } else {
            paths.push(path)
        }
        let mut problems = self.problems.lock();
        paths.iter().map(|path| self.files.read(path, &mut problems)).collect()
    }

    /// What was found wrong since the last time.
    pub(super) fn problems(&self) -> Diagnostics {
        std::mem::take(&mut *self.problems.lock())
    }

    /// Forgets what was read.
    pub(super) fn forget(&self) {
        self.listings.lock().clear();
        self.files.forget();
    }

    fn listing(&self, directory: &Path) -> Arc<HashSet<OsString>> {
        if let Some(known) = self.listings.lock().get(directory) {
            return known.clone();
        }
        let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
        let listing = Arc::new(entries.map(|entry| entry.file_name()).collect::<HashSet<_>>());
        self.listings.lock().insert(directory.into(), listing.clone());
        listing
    }
}

/// Files of variables in a directory and below, in the order of their names.
fn files_below(directory: &Path, found: &mut Vec<PathBuf>) {
    let mut paths: Vec<PathBuf> =
        std::fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    paths.put_in_order();
    for path in paths {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.starts_with('.') || name.ends_with('~') {
            continue;
        }
        let ending = path.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
        if path.is_dir() {
            if ending.is_empty() {
                files_below(&path, found);
            }
        } else if path.is_file() && ENDINGS.contains(&&*ending) {
            found.push(path);
        }
    }
}
