//! From what `-i` names to an inventory: lists, files of each form, directories.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::sorting::Sorting;

use super::address::split_port;
use super::constructed::Constructed;
use super::form::Plugin;
use super::{GroupId, Inventory, SharedInventory, form, range};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::template::Engine;
use crate::vars::{VarMap, VarsFiles};

/// One `-i`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum InventorySource {
    /// A file, a directory or a script.
    Path(PathBuf),
    /// `a,b,`
    Hosts(String),
}

impl InventorySource {
    /// What a word given with `-i` means; relative paths start at `cwd`.
    pub(crate) fn new(text: &str, cwd: &Path) -> Self {
        let path = clean(&cwd.join(text));
        if text.contains(',') && !path.exists() { Self::Hosts(text.into()) } else { Self::Path(path) }
    }

    /// The directory whose `group_vars` and `host_vars` belong to it; a list has none.
    pub(crate) fn directory(&self) -> Option<&Path> {
        match self {
            Self::Path(path) if path.is_dir() => Some(path),
            Self::Path(path) => path.parent(),
            Self::Hosts(_) => None,
        }
    }
}

/// A path without `.` and `..`, links not followed.
fn clean(path: &Path) -> PathBuf {
    use std::path::Component::{CurDir, ParentDir};
    let mut cleaned = PathBuf::new();
    for part in path.components() {
        match part {
            CurDir => {}
            ParentDir => drop(cleaned.pop()),
            other => cleaned.push(other),
        }
    }
    cleaned
}

/// How inventories are read.
#[derive(Clone)]
pub(crate) struct Options {
    /// Files of a directory that end so are not inventories.
    pub ignored_extensions: Vec<String>,
    /// Files of a directory whose name matches one of these are not inventories.
    pub ignored_patterns: Vec<regex::Regex>,
    /// Evaluates what the plugin `constructed` is told; it does not work without.
    pub engine: Option<Arc<Engine>>,
    /// Reads the files of variables that the plugin `constructed` may look at.
    pub files: Arc<VarsFiles>,
    /// `-e`, which the plugin `constructed` may look at.
    pub extra_vars: Arc<VarMap>,
    /// Whether mappings that several sources give a host or group become one.
    pub merge: bool,
    /// Whether names of groups are made fit for names of variables.
    pub sanitizes: bool,
    /// The plugins that may read sources.
    pub enabled: Vec<String>,
}

impl Default for Options {
    fn default() -> Self {
        let extensions =
            [".pyc", ".pyo", ".swp", ".bak", "~", ".rpm", ".md", ".txt", ".rst", ".orig", ".cfg", ".retry"];
        Self {
            ignored_extensions: extensions.map(String::from).into(),
            ignored_patterns: Vec::new(),
            engine: None,
            files: Arc::default(),
            extra_vars: Arc::default(),
            merge: false,
            sanitizes: false,
            enabled: Vec::new(),
        }
    }
}

impl Inventory {
    /// Reads all sources, the later ones over the earlier, and finds every mistake in them.
    pub(crate) fn load(sources: &[InventorySource], options: &Options) -> (Inventory, Diagnostics) {
        let mut inventory = Inventory::default();
        inventory.merge = options.merge;
        inventory.sanitizes = options.sanitizes;
        let mut loader = Loader { inventory, diagnostics: Diagnostics::default(), options, sources };
        for source in sources {
            match source {
                InventorySource::Hosts(text) => loader.list(text),
                InventorySource::Path(path) => loader.path(path),
            }
        }
        let Loader { mut inventory, mut diagnostics, .. } = loader;
        inventory.reconcile();
        for name in inventory.ambiguous_names() {
            let message = format!("a group and a host have the same name: `{name}`");
            diagnostics.push(Diagnostic::warning("inventory-names", message));
        }
        (inventory, diagnostics)
    }
}

struct Loader<'a> {
    inventory: Inventory,
    diagnostics: Diagnostics,
    options: &'a Options,
    sources: &'a [InventorySource],
}

impl Loader<'_> {
    /// `a,b:2222,`
    fn list(&mut self, text: &str) {
        let origin: Arc<str> = text.into();
        if self.options.enabled.iter().any(|name| name.ends_with("advanced_host_list")) {
            return self.ranges(text, &origin);
        }
        for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let (name, port) =
                if word.contains('[') && !word.contains("]:") { (word, None) } else { split_port(word) };
            let host = self.inventory.add_host(name, port, Some(&origin));
            self.inventory.join(GroupId::UNGROUPED, host);
        }
    }

    /// `web[1:5],db`: a list whose names may be ranges.
    fn ranges(&mut self, text: &str, origin: &Arc<str>) {
        for word in text.split(',').map(str::trim).filter(|w| !w.is_empty()) {
            let (pattern, port) = split_port(word);
            let names = match range::expand(pattern) {
                Ok(names) => names,
                Err(problem @ range::RangeError::NoEnd) => {
                    let words = format!(
                        "Unable to parse address from hostname, leaving unchanged: host range must specify end value: '{word}'"
                    );
                    let found = Diagnostic::warning("inventory-range", format!("{problem}, found `{word}`"));
                    self.diagnostics.push(found.words(words));
                    vec![word.to_string()]
                }
                Err(problem) => {
                    let words = format!(
                        "Failed to parse inventory with 'advanced_host_list' plugin: Unable to parse '{word}': {problem}"
                    );
                    let found = Diagnostic::error("inventory-range", format!("{problem}, found `{word}`"));
                    self.diagnostics.push(found.words(words));
                    return;
                }
            };
            for name in names {
                let host = self.inventory.add_host(&name, port, Some(origin));
                self.inventory.join(GroupId::UNGROUPED, host);
            }
        }
    }

    fn path(&mut self, path: &Path) {
        if path.is_dir() {
            return self.directory(path);
        }
        let name = path.display().to_string();
        if form::run(path, &Arc::from(&*name), &mut self.inventory, &mut self.diagnostics) {
            return;
        }
        match std::fs::read(path) {
            Err(error) => {
                let message = format!("cannot read the inventory: {error}: `{name}`");
                let words = format!("Unable to parse {name} as an inventory source");
                self.diagnostics.push(Diagnostic::error("inventory-unreadable", message).words(words));
            }
            Ok(bytes) => self.file(path, &name, bytes),
        }
    }

    fn file(&mut self, path: &Path, name: &str, bytes: Vec<u8>) {
        let Ok(text) = String::from_utf8(bytes).or_else(|e| without_foreign_comments(e.as_bytes())) else {
            let message = format!("the inventory is not text in UTF-8: `{name}`");
            self.diagnostics.push(Diagnostic::error("inventory-unreadable", message));
            return;
        };
        let Some(source) = self.options.files.opened(name, text, &mut self.diagnostics) else { return };
        let origin: Arc<str> = name.into();
        let before = self.diagnostics.0.len();
        let plugin = form::read(path, &source, &origin, &mut self.inventory, &mut self.diagnostics);
        source.hide_in(&mut self.diagnostics.0[before..]);
        if let Some(plugin) = plugin {
            self.plugin(&plugin, &origin);
        }
    }

    fn plugin(&mut self, plugin: &Plugin, origin: &Arc<str>) {
        let Some(engine) = &self.options.engine else {
            let message = format!("inventory plugins cannot be used here: `{origin}`");
            self.diagnostics.push(Diagnostic::error("inventory-plugin", message));
            return;
        };
        match plugin {
            Plugin::Constructed(plugin) => self.construct(plugin, engine),
            Plugin::Generator(plugin) => {
                plugin.apply(&mut self.inventory, engine, origin, &mut self.diagnostics);
            }
        }
    }

    /// Variables and groups from what was read so far.
    fn construct(&mut self, plugin: &Constructed, engine: &Engine) {
        // ansible: hosts are not below `all` yet unless a source says so.
        self.inventory.measure_depths();
        let beside = if plugin.use_vars_plugins { self.sources } else { &[] };
        let seen = |inventory: &Inventory| {
            SharedInventory::new(inventory.clone(), beside, None, self.options.files.clone())
        };
        let extra = &self.options.extra_vars;
        plugin.apply(&mut self.inventory, engine, &mut self.diagnostics, &seen, extra);
    }

    /// Every file that looks like an inventory, in the order of their names.
    fn directory(&mut self, path: &Path) {
        let listed = std::fs::read_dir(path).and_then(|entries| entries.collect::<Result<Vec<_>, _>>());
        let mut entries = match listed {
            Ok(entries) => entries,
            Err(error) => {
                let message = format!("cannot list the inventory: {error}: `{}`", path.display());
                self.diagnostics.push(Diagnostic::error("inventory-unreadable", message));
                return;
            }
        };
        entries.order_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            if !self.is_ignored(&entry.file_name().to_string_lossy()) {
                self.path(&entry.path());
            }
        }
    }

    fn is_ignored(&self, name: &str) -> bool {
        name.starts_with('.')
            || matches!(name, "host_vars" | "group_vars" | "vars_plugins")
            || self.options.ignored_extensions.iter().any(|end| name.ends_with(&**end))
            || self.options.ignored_patterns.iter().any(|pattern| pattern.is_match(name))
    }
}

/// Comment lines may be in any encoding; all others must be UTF-8.
fn without_foreign_comments(bytes: &[u8]) -> Result<String, std::string::FromUtf8Error> {
    let mut kept = Vec::with_capacity(bytes.len());
    for line in bytes.split_inclusive(|b| *b == b'\n') {
        if matches!(line.first(), Some(b'#' | b';')) && str::from_utf8(line).is_err() {
            kept.extend(b"#\n");
        } else {
            kept.extend(line);
        }
    }
    String::from_utf8(kept)
}
