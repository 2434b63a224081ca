//! What is to be copied: offered by the controller, or on the target already.

use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::args::{Value, expand};
use crate::{Fail, Target};

use super::Copy;

/// One file, or a directory with all that is in it.
pub(super) enum Source {
    File {
        /// `None` for a text, which has no name.
        name: Option<String>,
        content: Content,
        mode: Option<u32>,
    },
    Tree {
        name: String,
        /// Only what is in the directory, not itself.
        contents_only: bool,
        mode: Option<u32>,
        /// Directories before what they hold.
        entries: Vec<Entry>,
    },
}

/// Where a content comes from.
#[derive(Clone, Debug)]
pub(super) enum Content {
    /// The controller sends it under this name.
    Offered(String),
    /// It is on the target.
    Remote(PathBuf),
}

/// Something in a directory.
pub(super) struct Entry {
    pub(super) path: PathBuf,
    pub(super) kind: EntryKind,
    pub(super) mode: Option<u32>,
}

pub(super) enum EntryKind {
    Directory,
    File(Content),
    Link(PathBuf),
}

impl Source {
    /// The source that the arguments mean.
    pub(super) fn of(copy: &Copy, target: &Target) -> Result<Self, Fail> {
        if let Some(source) = &copy._source {
            return offered(copy, source);
        }
        let Some(src) = &copy.src else {
            return Err(Fail::new("the controller offers no content"));
        };
        let src = &expand(src, target);
        let path = Path::new(src);
        let missing = || Fail::new(format!("Source {src} not found"));
        let meta = target.stat(path)?.ok_or_else(missing)?;
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mode = Some(meta.permissions().mode() & 0o7777);
        if meta.is_dir() {
            let mut entries = Vec::new();
            walk(target, path, Path::new(""), copy.local_follow == Some(true), &mut entries)?;
            return Ok(Source::Tree { name, contents_only: src.ends_with('/'), mode, entries });
        }
        if !meta.is_file() {
            return Err(Fail::new(format!("remote source `{src}` is not a file")));
        }
        Ok(Source::File { name: Some(name), content: Content::Remote(path.to_owned()), mode })
    }
}

fn offered(copy: &Copy, source: &serde_json::Map<String, Value>) -> Result<Source, Fail> {
    let text = |name: &str| source.get(name).and_then(Value::as_str).map(str::to_owned);
    let mode = mode_of(source.get("mode"));
    match text("kind").as_deref() {
        Some("text") => Ok(Source::File { name: None, content: Content::Offered("content".into()), mode }),
        Some("file") => {
            Ok(Source::File { name: text("name"), content: Content::Offered("content".into()), mode })
        }
        Some("tree") => {
            let entries =
                source.get("entries").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
            let entries = entries
                .iter()
                .filter_map(|entry| tree_entry(entry, copy.local_follow != Some(false)))
                .collect();
            let contents_only = source.get("contents_only").and_then(Value::as_bool).unwrap_or(false);
            Ok(Source::Tree { name: text("name").unwrap_or_default(), contents_only, mode, entries })
        }
        _ => Err(Fail::new("the controller offers a source of no known kind")),
    }
}

fn mode_of(value: Option<&Value>) -> Option<u32> {
    value.and_then(Value::as_u64).and_then(|mode| u32::try_from(mode).ok())
}

fn tree_entry(entry: &Value, follow: bool) -> Option<Entry> {
    let path = entry.get("path")?.as_str()?;
    let is_file = entry.get("file").and_then(Value::as_bool).unwrap_or(false);
    let kind = match entry.get("kind")?.as_str()? {
        "directory" => EntryKind::Directory,
        "link" if !(follow && is_file) => EntryKind::Link(entry.get("target")?.as_str()?.into()),
        _ => EntryKind::File(Content::Offered(path.to_owned())),
    };
    Some(Entry { path: path.into(), kind, mode: mode_of(entry.get("mode")) })
}

fn walk(
    target: &Target,
    root: &Path,
    below: &Path,
    follow: bool,
    entries: &mut Vec<Entry>,
) -> Result<(), Fail> {
    for name in target.list(root.join(below))?.unwrap_or_default() {
        let path = below.join(name);
        let full = root.join(&path);
        let Some(meta) = target.lstat(&full)? else { continue };
        let mode = Some(meta.permissions().mode() & 0o7777);
        if meta.is_symlink() && follow && target.stat(&full)?.is_some_and(|behind| behind.is_file()) {
            let mode = target.stat(&full)?.map(|behind| behind.permissions().mode() & 0o7777);
            entries.push(Entry { path, kind: EntryKind::File(Content::Remote(full)), mode });
        } else if meta.is_symlink() {
            let to = target.read_link(&full).unwrap_or_default();
            entries.push(Entry { path, kind: EntryKind::Link(to), mode });
        } else if meta.is_dir() {
            entries.push(Entry { path: path.clone(), kind: EntryKind::Directory, mode });
            walk(target, root, &path, follow, entries)?;
        } else {
            entries.push(Entry { path, kind: EntryKind::File(Content::Remote(full)), mode });
        }
    }
    Ok(())
}
