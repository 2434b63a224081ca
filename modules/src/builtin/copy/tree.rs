//! A directory with all that is in it.

use std::path::Path;

use serde_json::json;

use crate::args::Mode;
use crate::files::{FileAttributes, umask};
use crate::target::Side;
use crate::{Fail, Target};

use super::source::{Entry, EntryKind};
use super::{Copy, with_mode_of};

impl Copy {
    /// Brings everything in a directory to its place.
    pub(super) fn place_tree(
        &self,
        target: &mut Target,
        dest: &Path,
        entries: Vec<Entry>,
    ) -> Result<(), Fail> {
        for entry in entries {
            let path = dest.join(&entry.path);
            match &entry.kind {
                EntryKind::Directory => self.make_one(target, &path, entry.mode)?,
                EntryKind::File(content) => {
                    drop(self.place(target, &path, content, self.kept(entry.mode))?)
                }
                EntryKind::Link(to) => {
                    link(target, &path, to)?;
                    self.attributes.apply(target, &path)?;
                }
            }
        }
        Ok(())
    }

    /// A directory, and those above it that are missing.
    pub(super) fn make_directory(
        &self,
        target: &mut Target,
        path: &Path,
        mode: Option<u32>,
    ) -> Result<(), Fail> {
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty())
            && target.stat(parent)?.is_none()
        {
            self.make_directory(target, parent, None)?;
        }
        self.make_one(target, path, mode)
    }

    /// A directory whose parent is there, or would be by now.
    fn make_one(&self, target: &mut Target, path: &Path, mode: Option<u32>) -> Result<(), Fail> {
        let attributes = self.attributes_of_directories(mode);
        if target.stat(path)?.is_some_and(|meta| meta.is_dir()) {
            // Only what was made here is given permissions; a directory that was there keeps its own.
            return Ok(());
        }
        let bits = attributes.new_mode(true);
        let after = Side::Json(json!({ "path": path.display().to_string(), "state": "directory" }));
        target.change(&path.display().to_string(), Side::Absent, after, |hands| {
            hands.mkdir(path, 0o777 & !umask())?;
            if attributes.mode.is_some() { hands.set_mode(path, bits) } else { Ok(()) }
        })?;
        attributes.apply(target, path)?;
        Ok(())
    }

    fn attributes_of_directories(&self, mode: Option<u32>) -> FileAttributes {
        let mut attributes = with_mode_of(&self.attributes, mode);
        if !self.preserves() {
            let kept = self.kept(mode).filter(|_| attributes.mode.is_none()).map(Mode::Octal);
            attributes.mode = self.directory_mode.clone().or(kept);
        }
        attributes
    }

    /// The permissions that something in a tree brings with it.
    fn kept(&self, mode: Option<u32>) -> Option<u32> {
        mode.filter(|_| self.remote_src || self.preserves())
    }
}

fn link(target: &mut Target, path: &Path, to: &Path) -> Result<(), Fail> {
    let shown = |to: &Path| {
        Side::Json(json!({ "path": path.display().to_string(), "link": to.display().to_string() }))
    };
    let before = match target.lstat(path)? {
        Some(meta) if meta.is_symlink() => target.read_link(path).map_or(Side::Absent, |to| shown(&to)),
        Some(_) => Side::Json(json!({ "path": path.display().to_string(), "state": "file" })),
        None => Side::Absent,
    };
    target.change(&path.display().to_string(), before, shown(to), |hands| hands.symlink(to, path))?;
    Ok(())
}
