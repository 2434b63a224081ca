//! Checking of whole directories: playbooks, roles, and loose files of tasks and variables.

use std::collections::{BTreeSet, HashMap};
use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::sorting::Sorting;

use super::nearby::Nearby;
use super::planner::{Planner, once, unreadable};
use super::role::{EntryPoints, Wanted};
use super::search::RolePlace;
use super::step::{Lineage, Section};
use super::walk::Walk;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::playbook::keywords::{Site, keyword};
use crate::playbook::short_name;
use crate::yaml::Node;

/// What was checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Checked {
    pub playbooks: usize,
    pub roles: usize,
    /// Files of tasks and handlers that belong to no role.
    pub task_files: usize,
}

/// Directories that hold no playbooks.
const PASSED_OVER: &[&str] = &["templates", "files", "node_modules", "molecule", "collections", "venv"];
/// Directories that are read with the role they belong to.
const OF_ROLES: &[&str] = &["tasks", "handlers", "meta", "library"];
/// What only tasks have, beside modules.
const OF_TASKS: &[&str] = &[
    "block",
    "action",
    "local_action",
    "include",
    "when",
    "register",
    "notify",
    "loop",
    "until",
    "delegate_to",
];
/// Directories of variables and inventories.
const OF_VARIABLES: &[&str] = &["group_vars", "host_vars", "vars", "defaults", "inventory", "inventories"];

impl Planner {
    /// Checks files and directories; in a directory all that is a playbook, role or file of tasks.
    pub(crate) fn check(&self, paths: &[PathBuf]) -> (Checked, Diagnostics) {
        let mut found = Found::default();
        for path in paths {
            match path.is_dir() {
                true => self.find(path, &mut found),
                false => self.sort(path, true, &mut found),
            }
        }
        let mut diagnostics = std::mem::take(&mut found.diagnostics);
        // Only the first check of a planner is of a tree it does not know.
        let _ = self.nearby.set(std::mem::take(&mut found.nearby));
        let playbooks: Vec<PathBuf> = found.playbooks.iter().cloned().collect();
        for playbook in &playbooks {
            diagnostics.extend(self.prepare(std::slice::from_ref(playbook)).1);
        }
        found.roles.iter().for_each(|role| diagnostics.extend(self.check_role(role)));
        for (path, site) in &found.tasks {
            diagnostics.extend(self.check_tasks(path, *site));
        }
        let checked =
            Checked { playbooks: playbooks.len(), roles: found.roles.len(), task_files: found.tasks.len() };
        (checked, gathered(once(diagnostics)))
    }

    fn find(&self, directory: &Path, found: &mut Found) {
        let role = is_role(directory);
        if role {
            found.nearby.add_role(directory);
            found.roles.insert(directory.to_path_buf());
        }
        let entries = match std::fs::read_dir(directory) {
            Ok(entries) => entries,
            Err(error) => return found.diagnostics.push(unreadable(directory, &error)),
        };
        let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| named(&entry.path())).collect();
        paths.put_in_order();
        for path in paths {
            let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
            if name.starts_with('.') || path.is_symlink() && path.is_dir() {
                continue;
            }
            if path.is_dir() {
                self.note_plugins(&path);
                let passed = PASSED_OVER.contains(&name) || OF_VARIABLES.contains(&name);
                if !(passed || role && OF_ROLES.contains(&name)) {
                    self.find(&path, found);
                }
            } else if path.is_file() && [".yml", ".yaml"].iter().any(|ending| name.ends_with(ending)) {
                self.sort(&path, false, found);
            }
        }
    }

    /// Modules and plugins somewhere in the tree: the settings of a run may lead to them.
    fn note_plugins(&self, directory: &Path) {
        let word =
            |path: Option<&Path>| path.and_then(Path::file_name).and_then(OsStr::to_str).map(String::from);
        let name = word(Some(directory)).unwrap_or_default();
        let among = word(directory.parent()).is_some_and(|above| above.contains("plugins"));
        match name.as_str() {
            "library" | "action_plugins" => self.inputs.library.add_aside(directory),
            "modules" | "action" if among => self.inputs.library.add_aside(directory),
            "filter_plugins" | "lookup_plugins" | "test_plugins" => self.files.add_plugins(directory),
            "filter" | "lookup" | "test" if among => self.files.add_plugins(directory),
            _ => {}
        }
    }

    /// What a file is, by its content and place. One `asked` for by name is checked whatever it is.
    fn sort(&self, path: &Path, asked: bool, found: &mut Found) {
        let file = match self.files.node(path, &self.inputs) {
            Ok(file) => file,
            Err(error) => return found.diagnostics.push(unreadable(path, &error)),
        };
        let parent = path.parent().and_then(Path::file_name).and_then(OsStr::to_str).unwrap_or_default();
        let of_tasks = matches!(parent, "tasks" | "handlers");
        let Some(node) = &file.content else {
            // Files of other programs end so as well: theirs is no mistake of a playbook.
            if asked || of_tasks || looks_like_plays(path) {
                found.diagnostics.extend(file.diagnostics.clone());
            }
            return;
        };
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default();
        // Some name their list otherwise.
        let is_list = || {
            let keys = node.as_map().map(|map| map.iter().map(|(key, _)| key.as_str()));
            keys.is_some_and(|mut keys| keys.all(|key| matches!(key, Some("roles" | "collections"))))
        };
        if name == "galaxy.yml" {
            found.nearby.add_collection(path.parent().unwrap_or(Path::new("")), node);
        }
        if name.contains("requirements") || is_list() {
            found.nearby.add_required(path, node);
        }
        let site = if parent == "handlers" { Site::Handler } else { Site::Task };
        if is_playbook(node) {
            found.playbooks.insert(path.to_path_buf());
        } else if of_tasks || self.is_tasks(node) {
            found.tasks.insert((path.to_path_buf(), site == Site::Handler));
        } else if asked {
            found.diagnostics.extend(file.diagnostics.clone());
            if node.as_map().is_none() {
                found.playbooks.insert(path.to_path_buf());
            }
        }
    }

    /// A list of mappings, half of which or more do what tasks do.
    fn is_tasks(&self, node: &Node) -> bool {
        let items = node.as_seq().unwrap_or_default();
        let acts = |key: &str| {
            key.starts_with("with_")
                || OF_TASKS.contains(&key)
                || self.inputs.find(key).is_some()
                || super::later::exists(key)
        };
        // Lists of other programs have words of ours among many of their own.
        let known = |key: &str| acts(key) || keyword(key).is_some();
        let is_task = |item: &&Node| {
            let keys =
                || item.as_map().into_iter().flat_map(|map| map.iter()).filter_map(|(k, _)| k.as_str());
            keys().any(acts) && keys().filter(|key| known(key)).count() * 2 >= keys().count()
        };
        let tasks = items.iter().filter(is_task).count();
        tasks > 0 && tasks * 2 >= items.len() && items.iter().all(|item| item.as_map().is_some())
    }

    fn check_role(&self, path: &Path) -> Diagnostics {
        let base = path.parent().and_then(Path::parent).unwrap_or(Path::new(".")).to_path_buf();
        let mut walk = Walk::new(self, base);
        let name = path.file_name().and_then(OsStr::to_str).unwrap_or_default().to_string();
        let place = RolePlace { path: path.to_path_buf(), name: name.clone() };
        let wanted = Wanted {
            name,
            span: None,
            from: EntryPoints::MAIN,
            directives: Arc::default(),
            params: Arc::default(),
            public: true,
            again: Some(true),
            validate: false,
        };
        walk.role_at(&wanted, &place, &empty());
        let mut diagnostics = walk.diagnostics;
        for (kind, site) in [("tasks", Site::Task), ("handlers", Site::Handler)] {
            // Scripts lie there too, without an ending.
            let is_tasks = |file: &PathBuf| file.extension().is_some() || file.ends_with("main");
            for file in super::search::below(&path.join(kind)).into_iter().filter(is_tasks) {
                match self.files.tasks(&file, site, &self.inputs) {
                    Ok(read) => diagnostics.extend(read.diagnostics.clone()),
                    Err(error) => diagnostics.push(unreadable(&file, &error)),
                }
            }
        }
        diagnostics
    }

    fn check_tasks(&self, path: &Path, handlers: bool) -> Diagnostics {
        let site = if handlers { Site::Handler } else { Site::Task };
        match self.files.tasks(path, site, &self.inputs) {
            Ok(file) => file.diagnostics.clone(),
            Err(error) => Diagnostics(vec![unreadable(path, &error)]),
        }
    }
}

#[derive(Default)]
struct Found {
    playbooks: BTreeSet<PathBuf>,
    roles: BTreeSet<PathBuf>,
    /// With whether it holds handlers.
    tasks: BTreeSet<(PathBuf, bool)>,
    diagnostics: Diagnostics,
    nearby: Nearby,
}

/// What lacks in many places is told once, at the first.
fn gathered(diagnostics: Diagnostics) -> Diagnostics {
    let lacks = |found: &Diagnostic| {
        let of_many = matches!(
            found.slug,
            "module-not-built-in" | "plugin-not-built-in" | "role-not-installed" | "playbook-not-installed"
        );
        of_many && found.severity == Severity::Warning
    };
    let mut times: HashMap<String, usize> = HashMap::new();
    for found in diagnostics.0.iter().filter(|found| lacks(found)) {
        *times.entry(found.message.clone()).or_default() += 1;
    }
    let mut kept = Diagnostics::default();
    for mut found in diagnostics.0 {
        if lacks(&found) {
            match times.remove(&found.message) {
                Some(1) => {}
                Some(count) => found.message += &format!(", which {count} places use"),
                None => continue,
            }
        }
        kept.push(found);
    }
    kept
}

/// Without `./` before it, as the user would name it.
fn named(path: &Path) -> PathBuf {
    path.strip_prefix("./").unwrap_or(path).to_path_buf()
}

fn empty() -> Arc<Lineage> {
    Lineage::of(&Arc::default(), None, Section::Play)
}

/// A directory in `roles` with a role's parts, or any with `tasks/main`.
fn is_role(directory: &Path) -> bool {
    let among_roles = directory.parent().is_some_and(|parent| parent.ends_with("roles"));
    let parts = ["tasks", "handlers", "meta", "defaults", "vars"];
    let main = super::search::role_file(directory, "tasks", "main").is_some();
    main || among_roles && parts.iter().any(|part| directory.join(part).is_dir())
}

/// A list with something that only a play has.
fn is_playbook(node: &Node) -> bool {
    let keys = |item: &Node, wanted: &[&str]| {
        let map = item.as_map().map(|map| map.iter()).into_iter().flatten();
        map.filter_map(|(key, _)| key.as_str()).any(|key| wanted.contains(&short_name(key)))
    };
    let items = node.as_seq().unwrap_or_default();
    items.iter().any(|item| keys(item, &["hosts", "import_playbook", "roles", "pre_tasks", "gather_facts"]))
}

/// Whether a text that is no YAML was to be a playbook.
fn looks_like_plays(path: &Path) -> bool {
    let text = std::fs::read(path).unwrap_or_default();
    String::from_utf8_lossy(&text).lines().any(|line| {
        let key = line.trim_start().trim_start_matches("- ").trim_start();
        ["hosts:", "import_playbook:", "ansible.builtin.import_playbook:"].iter().any(|w| key.starts_with(w))
    })
}

/// What was found and checked, in words.
impl std::fmt::Display for Checked {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let counted = |count: usize, one: &str, many: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            _ => Some(format!("{count} {many}")),
        };
        let parts = [
            counted(self.playbooks, "playbook", "playbooks"),
            counted(self.roles, "role", "roles"),
            counted(self.task_files, "file of tasks", "files of tasks"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(&if parts.is_empty() { "nothing".to_string() } else { parts.join(", ") })
    }
}

/// Nothing was there to check.
pub(crate) fn nothing_found(paths: &[PathBuf]) -> Diagnostic {
    let names: Vec<_> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    Diagnostic::error(
        "nothing-to-check",
        format!("no playbook, role or file of tasks in {}", names.join(", ")),
    )
}
