//! The way in: playbooks to a plan, with all that is wrong in them.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use baton_modules::sorting::Sorting;
use parking_lot::Mutex;

use super::files::{Files, directory};
use super::inputs::{Aim, Inputs};
use super::nearby::{ENDINGS, Nearby};
use super::step::{Lineage, Plan, Section};
use super::walk::Walk;
use crate::diagnostic::{Diagnostic, Diagnostics, Severity, Source, nearest};
use crate::library::Library;
use crate::playbook::{Directives, Entry, ImportPlaybook, Play};
use crate::vars::VarMap;

/// Turns playbooks into plans, before the run and, for what is included, while running.
pub(crate) struct Planner {
    pub(super) inputs: Inputs,
    pub(super) files: Files,
    /// What the tree has that is checked as a whole.
    pub(super) nearby: OnceLock<Nearby>,
    /// All tags that were met.
    pub(super) met: Mutex<BTreeSet<String>>,
}

/// A number that no other planned task of this process has.
pub(crate) fn next_id() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Planner {
    /// A planner that has read nothing yet.
    pub(crate) fn new(inputs: Inputs) -> Self {
        Self { inputs, files: Files::default(), nearby: OnceLock::new(), met: Mutex::default() }
    }

    /// Whether it was asked for under the name of a tool of Ansible's, and lets pass what Ansible lets pass.
    pub(crate) fn is_lenient(&self) -> bool {
        self.inputs.lenient
    }

    /// Modules of the user's, as far as they came up.
    pub(crate) fn library(&self) -> &Arc<Library> {
        &self.inputs.library
    }

    /// The plan of these playbooks, one after another, and all that is wrong in them.
    pub(crate) fn prepare(&self, playbooks: &[PathBuf]) -> (Plan, Diagnostics) {
        let mut found = Found { plan: Plan::default(), diagnostics: Diagnostics::default() };
        for path in playbooks {
            let before = found.plan.plays.len();
            match self.files.playbook(path, &self.inputs) {
                Ok(file) => {
                    found.diagnostics.extend(file.diagnostics.clone());
                    self.entries(&file.content, path, &directory(path), &mut vec![path.clone()], &mut found);
                }
                Err(error) => found.diagnostics.push(unreadable(path, &error)),
            }
            found.plan.counts.push(found.plan.plays.len() - before);
        }
        if let Some(name) = &self.inputs.start_at_task
            && !found.plan.start_at(name)
        {
            found.diagnostics.push(self.no_start(name));
        }
        (found.plan, once(found.diagnostics))
    }

    /// Nothing is where the run is to start. ansible: nothing is run then, which is no failure.
    fn no_start(&self, name: &str) -> Diagnostic {
        let words = format!(
            "No matching task \"{name}\" found. Note: --start-at-task can only follow static includes."
        );
        let severity = if self.inputs.lenient { Severity::Warning } else { Severity::Error };
        let found = Diagnostic::error("no-start", format!("no task is named so: `--start-at-task {name}`"));
        Diagnostic {
            severity,
            ..found.words(words).hint("what is included while running cannot be started at")
        }
    }

    /// The plan of a playbook that stands in no file; relative names are looked for in `directory`.
    pub(crate) fn prepare_source(&self, source: &Arc<Source>, directory: &Path) -> (Plan, Diagnostics) {
        let mut found = Found { plan: Plan::default(), diagnostics: Diagnostics::default() };
        self.inputs.library.add_beside(directory);
        let content = self.files.source(source, directory, &self.inputs, &mut found.diagnostics);
        let path = directory.join(&source.name);
        self.entries(&content, &path, directory, &mut vec![path.clone()], &mut found);
        (found.plan, once(found.diagnostics))
    }

    /// Tags of the command line that nothing met so far has.
    pub(crate) fn unknown_tags(&self) -> Diagnostics {
        const SPECIAL: &[&str] = &["all", "always", "never", "tagged", "untagged"];
        let met = self.met.lock();
        let asked = self.inputs.tags.only.iter().chain(&self.inputs.tags.skip);
        let unknown = asked.filter(|tag| !SPECIAL.contains(&tag.as_str()) && !met.contains(*tag));
        let problem = |tag: &String| {
            let problem = Diagnostic::warning("unknown-tag", format!("no play or task has the tag `{tag}`"));
            match nearest(tag, met.iter().map(String::as_str)) {
                Some(near) => problem.hint(format!("did you mean `{near}`?")),
                None => problem.hint("unless a file that is included while running has it"),
            }
        };
        Diagnostics(unknown.map(problem).collect())
    }

    fn entries(
        &self,
        entries: &[Entry],
        path: &Path,
        base: &Path,
        stack: &mut Vec<PathBuf>,
        found: &mut Found,
    ) {
        for entry in entries {
            match entry {
                Entry::Play(play) => {
                    let mut walk = Walk::new(self, base.to_path_buf());
                    found.plan.plays.push(Arc::new(walk.play(play)));
                    found.diagnostics.extend(walk.diagnostics);
                }
                Entry::Import(import) => self.import(import, path, stack, found),
            }
        }
    }

    /// `import_playbook:`; its directives go to every play in it.
    fn import(&self, import: &ImportPlaybook, from: &Path, stack: &mut Vec<PathBuf>, found: &mut Found) {
        let base = directory(from);
        let lineage = Lineage::of(&import.directives, None, Section::Play);
        let mut walk = Walk::new(self, base.clone());
        let name = walk.text(&import.file, &lineage, "the name of an imported playbook");
        found.diagnostics.extend(walk.diagnostics);
        let Some(name) = name else { return };
        let path = self.playbook_path(&name, &base);
        if stack.contains(&path) {
            let message = format!("playbook imports itself: `{name}`");
            found.diagnostics.push(Diagnostic::error("import-circle", message).at(&import.file.span, ""));
            return;
        }
        let file = match self.files.playbook(&path, &self.inputs) {
            Ok(file) => file,
            Err(_) if self.nearby.get().is_some() && is_of_collection(&name) => {
                let problem = Diagnostic::warning(
                    "playbook-not-installed",
                    format!("playbook not installed: `{name}`"),
                );
                let problem = problem.at(&import.file.span, "not read");
                let hint = self.nearby.get().and_then(|near| near.foreseen(&name));
                found.diagnostics.push(hint.into_iter().fold(problem, |problem, hint| problem.hint(hint)));
                return;
            }
            Err(error) => {
                let mut problem = unreadable(&path, &error).at(&import.file.span, "imported here");
                problem = hint_names(problem, &name, &path);
                return found.diagnostics.push(problem);
            }
        };
        found.diagnostics.extend(file.diagnostics.clone());
        let entries: Vec<Entry> = file.content.iter().map(|e| under(e, &import.directives)).collect();
        stack.push(path.clone());
        self.entries(&entries, &path, &directory(&path), stack, found);
        stack.pop();
    }

    /// A file beside the importing one, or a playbook of a collection.
    fn playbook_path(&self, name: &str, base: &Path) -> PathBuf {
        let mut beside = base.join(name);
        let plain = super::search::without_detours(&beside);
        if self.inputs.aim == Aim::Check && plain.is_file() {
            // Files that are met by several ways are told of once.
            beside = plain;
        }
        let parts: Vec<&str> = name.split('.').collect();
        if let ([namespace, collection, within @ ..], true) = (parts.as_slice(), is_of_collection(name))
            && !beside.is_file()
        {
            let playbook = within.join("/");
            let nearby = self.nearby.get();
            let of_tree = nearby.map(|near| near.playbooks(&format!("{namespace}.{collection}"), &playbook));
            let roots =
                std::iter::once(base.join("collections")).chain(self.inputs.collections_path.iter().cloned());
            let within = roots.flat_map(|root| {
                let playbooks =
                    root.join("ansible_collections").join(namespace).join(collection).join("playbooks");
                ENDINGS.map(|ending| playbooks.join(format!("{playbook}{ending}")))
            });
            if let Some(path) = within.chain(of_tree.into_iter().flatten()).find(|path| path.is_file()) {
                return path;
            }
        }
        beside
    }
}

/// `namespace.collection.playbook`, perhaps with directories before the last, which is no file's name.
fn is_of_collection(name: &str) -> bool {
    let ended = ENDINGS.iter().any(|ending| name.ends_with(ending));
    !ended && !name.contains('/') && name.split('.').count() >= 3
}

struct Found {
    plan: Plan,
    diagnostics: Diagnostics,
}

/// An entry of an imported playbook with the directives of the import.
fn under(entry: &Entry, outer: &Directives) -> Entry {
    match entry {
        Entry::Play(play) => {
            let directives = Arc::new(merged(&play.directives, outer));
            Entry::Play(Arc::new(Play { directives, ..Play::clone(play) }))
        }
        Entry::Import(import) => {
            let directives = Arc::new(merged(&import.directives, outer));
            Entry::Import(ImportPlaybook { directives, ..import.clone() })
        }
    }
}

/// Directives of a play beneath those of its import: of these, `vars`, `when` and `tags` count.
fn merged(own: &Directives, outer: &Directives) -> Directives {
    let mut merged = own.clone();
    // ansible: variables of the import win over those of the play.
    let vars: VarMap =
        own.vars.iter().chain(outer.vars.iter()).map(|(k, d)| (k.clone(), d.clone())).collect();
    merged.vars = Arc::new(vars);
    merged.when = outer.when.iter().chain(&own.when).cloned().collect();
    merged.tags = outer.tags.iter().chain(&own.tags).cloned().collect();
    merged
}

/// Each diagnostic once: files in the order of reading, and in each from top to bottom.
pub(super) fn once(diagnostics: Diagnostics) -> Diagnostics {
    let mut seen = HashSet::new();
    let mut files: Vec<String> = Vec::new();
    let mut kept: Vec<(usize, u32, Diagnostic)> = Vec::new();
    for diagnostic in diagnostics.0 {
        let (name, start) = match &diagnostic.place {
            Some((span, _)) => (span.source.name.clone(), span.start),
            None => (String::new(), 0),
        };
        if seen.insert((diagnostic.slug, diagnostic.message.clone(), name.clone(), start)) {
            let file = files.iter().position(|known| *known == name).unwrap_or_else(|| {
                files.push(name);
                files.len() - 1
            });
            kept.push((file, start, diagnostic));
        }
    }
    kept.order_by_key(|(file, start, _)| (*file, *start));
    Diagnostics(kept.into_iter().map(|(.., diagnostic)| diagnostic).collect())
}

/// A file that cannot be read.
pub(super) fn unreadable(path: &Path, error: &std::io::Error) -> Diagnostic {
    let name = path.display();
    match error.kind() {
        std::io::ErrorKind::NotFound => {
            Diagnostic::error("missing-file", format!("file not found: `{name}`")).words(not_found(path))
        }
        _ => Diagnostic::error("unreadable-file", format!("cannot read file `{name}`: {error}")),
    }
}

/// What Ansible says of a file that is not there.
// ansible: it says so twice, and scripts count.
pub(super) fn not_found(path: &Path) -> String {
    let whole = std::path::absolute(path).unwrap_or_else(|_| path.to_path_buf());
    let said = format!("Could not find or access '{}' on the Ansible Controller", whole.display());
    format!("{said}: Unable to retrieve file contents.\n{said}.")
}

/// Adds the nearest name in the directory of a file that is not there.
pub(super) fn hint_names(problem: Diagnostic, name: &str, path: &Path) -> Diagnostic {
    let last = path.file_name().and_then(|n| n.to_str()).unwrap_or(name);
    let names = super::search::names_in(&directory(path));
    match nearest(last, names.iter().map(String::as_str)) {
        Some(near) => problem.hint(format!("did you mean `{near}`?")),
        None => problem,
    }
}
