//! Files of the user's, each read and checked once however often it is used.

use std::collections::HashMap;
use std::hash::Hash;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::check::{Checker, Known};
use super::inputs::Inputs;
use super::role::EntryPoints;
use super::role_files::RoleFiles;
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::playbook::keywords::Site;
use crate::playbook::{Entry, Reader, Step};
use crate::yaml::{self, Node, Yaml};

/// What a file gave, and what is wrong in it.
pub(super) struct File<T> {
    pub(super) content: T,
    pub(super) diagnostics: Diagnostics,
}

pub(super) type Kept<K, T> = Mutex<HashMap<K, Arc<File<T>>>>;

/// All files read so far.
#[derive(Default)]
pub(super) struct Files {
    nodes: Kept<PathBuf, Option<Node>>,
    tasks: Kept<(PathBuf, bool), Vec<Step>>,
    playbooks: Kept<PathBuf, Vec<Entry>>,
    known: Known,
    pub(super) roles: Kept<(String, PathBuf, EntryPoints), RoleFiles>,
}

impl Files {
    /// Plugins in Python that the tree has, wherever they lie.
    pub(super) fn add_plugins(&self, directory: &Path) {
        self.known.add_plugins(directory);
    }

    /// The document of a file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn node(&self, path: &Path, inputs: &Inputs) -> io::Result<Arc<File<Option<Node>>>> {
        keep(&self.nodes, path.to_path_buf(), || {
            let mut diagnostics = Diagnostics::default();
            let content = match open(path, inputs)? {
                Ok(source) => yaml::read_one(&source, &mut diagnostics),
                Err(problem) => {
                    diagnostics.push(problem);
                    None
                }
            };
            Ok(File { content, diagnostics })
        })
    }

    /// The tasks, or handlers, of a file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn tasks(&self, path: &Path, site: Site, inputs: &Inputs) -> io::Result<Arc<File<Vec<Step>>>> {
        keep(&self.tasks, (path.to_path_buf(), site == Site::Handler), || {
            let file = self.node(path, inputs)?;
            let mut diagnostics = file.diagnostics.clone();
            let mut reader = Reader { actions: inputs, diagnostics: &mut diagnostics };
            let content = file.content.as_ref().map(|node| reader.tasks(node, site)).unwrap_or_default();
            Checker::new(inputs, &self.known, &mut diagnostics).steps(&content);
            Ok(File { content, diagnostics })
        })
    }

    /// The plays and imports of a playbook.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub(super) fn playbook(&self, path: &Path, inputs: &Inputs) -> io::Result<Arc<File<Vec<Entry>>>> {
        keep(&self.playbooks, path.to_path_buf(), || {
            inputs.library.add_beside(&directory(path));
            let file = self.node(path, inputs)?;
            let mut diagnostics = file.diagnostics.clone();
            let content =
                plays(file.content.as_ref(), &directory(path), inputs, &self.known, &mut diagnostics);
            Ok(File { content, diagnostics })
        })
    }

    /// The plays and imports of a text that stands in no file.
    pub(super) fn source(
        &self,
        source: &Arc<Source>,
        directory: &Path,
        inputs: &Inputs,
        diagnostics: &mut Diagnostics,
    ) -> Vec<Entry> {
        let node = yaml::read_one(source, diagnostics);
        plays(node.as_ref(), directory, inputs, &self.known, diagnostics)
    }
}

/// What is kept under a key, made when asked for the first time.
pub(super) fn keep<K: Eq + Hash + Clone, T>(
    kept: &Kept<K, T>,
    key: K,
    make: impl FnOnce() -> io::Result<File<T>>,
) -> io::Result<Arc<File<T>>> {
    if let Some(file) = kept.lock().get(&key) {
        return Ok(file.clone());
    }
    let file = Arc::new(make()?);
    Ok(kept.lock().entry(key).or_insert(file).clone())
}

/// A file's text, decrypted where it is a vault.
fn open(path: &Path, inputs: &Inputs) -> io::Result<Result<Arc<Source>, Diagnostic>> {
    let bytes = std::fs::read(path)?;
    let name = path.display().to_string();
    let text = match String::from_utf8(bytes) {
        Ok(text) => text,
        Err(error) => {
            let at = error.utf8_error().valid_up_to();
            let line = error.as_bytes()[..at].iter().filter(|b| **b == b'\n').count() + 1;
            let message = format!("file is not UTF-8 text, line {line}: `{name}`");
            return Ok(Err(Diagnostic::error("not-text", message)));
        }
    };
    if text.starts_with("$ANSIBLE_VAULT;") {
        return Ok((inputs.decrypt)(path, &text).map(|text| Source::new(name, text)));
    }
    Ok(Ok(Source::new(name, text)))
}

/// The directory a file stands in; empty for a bare name, so that names beside it stay bare.
pub(super) fn directory(path: &Path) -> PathBuf {
    path.parent().map(Path::to_path_buf).unwrap_or_default()
}

/// The plays of a document, read and checked.
fn plays(
    node: Option<&Node>,
    directory: &Path,
    inputs: &Inputs,
    known: &Known,
    diagnostics: &mut Diagnostics,
) -> Vec<Entry> {
    if node.is_none_or(|node| matches!(node.value, Yaml::Null)) && diagnostics.0.is_empty() {
        let empty = Diagnostic::error("empty-playbook", "the playbook is empty");
        diagnostics.push(empty.hint("begin each play with `- hosts:`"));
    }
    let mut reader = Reader { actions: inputs, diagnostics };
    let content = node.map(|node| reader.playbook(node, directory)).unwrap_or_default();
    for entry in &content {
        if let Entry::Play(play) = entry {
            Checker::new(inputs, known, diagnostics).play(play);
        }
    }
    content
}
