//! Directories: made with those above them, and attributes given to all within.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::File;
use crate::files::umask;
use crate::{Fail, Side, Target};

/// The directory, those above it that are missing, and with `recurse` all that is in it.
pub(super) fn directory(file: &File, target: &mut Target) -> Result<(), Fail> {
    let path = file.followed(target);
    match target.stat(&path)? {
        Some(meta) if meta.is_dir() => {
            file.attributes.apply(target, &path)?;
        }
        Some(_) => {
            let words = format!("{} already exists as a file", path.display());
            return Err(Fail::new(words).with("state", "file"));
        }
        None => make(file, target, &path)?,
    }
    file.set_times(target, &path, "preserve")?;
    if file.recurse {
        within(file, target, &path)?;
    }
    Ok(())
}

/// Every directory on the way that is missing gets the attributes.
fn make(file: &File, target: &mut Target, path: &Path) -> Result<(), Fail> {
    let mut missing: Vec<PathBuf> = Vec::new();
    for above in path.ancestors().filter(|above| !above.as_os_str().is_empty()) {
        if target.stat(above)?.is_some() {
            break;
        }
        missing.push(above.to_owned());
    }
    missing.reverse();
    let bits = file.attributes.new_mode(true);
    let after = Side::Json(json!({"path": path.display().to_string(), "state": "directory"}));
    target.change(&path.display().to_string(), Side::Absent, after, |hands| {
        for directory in &missing {
            hands.mkdir(directory, 0o777 & !umask())?;
            // Without a mode of its own it keeps what it took from the directory above, as the setgid bit.
            if file.attributes.mode.is_some() {
                hands.set_mode(directory, bits)?;
            }
        }
        Ok(())
    })?;
    for directory in &missing {
        file.attributes.apply(target, directory)?;
    }
    Ok(())
}

/// All that is beneath a directory, for the difference that its removal makes.
pub(super) fn content(target: &Target, directory: &Path) -> Result<Value, Fail> {
    let (mut directories, mut files, mut open) = (Vec::new(), Vec::new(), vec![directory.to_owned()]);
    while let Some(directory) = open.pop() {
        for name in target.list(&directory)?.unwrap_or_default() {
            let path = directory.join(name);
            let shown = path.display().to_string();
            if target.lstat(&path)?.is_some_and(|meta| meta.is_dir()) {
                directories.push(shown);
                open.push(path);
            } else {
                files.push(shown);
            }
        }
    }
    Ok(json!({"directories": directories, "files": files}))
}

fn within(file: &File, target: &mut Target, directory: &Path) -> Result<(), Fail> {
    for name in target.list(directory)?.unwrap_or_default() {
        let path = directory.join(name);
        let Some(meta) = target.lstat(&path)? else { continue };
        if meta.is_symlink() && file.follow {
            if let Some(behind) = target.stat(&path)? {
                let path = std::fs::canonicalize(&path).unwrap_or_else(|_| path.clone());
                file.attributes.apply(target, &path)?;
                // A link to a directory above would lead back here.
                if behind.is_dir() && !directory.starts_with(&path) {
                    within(file, target, &path)?;
                }
            }
            continue;
        }
        file.attributes.apply(target, &path)?;
        if meta.is_dir() {
            within(file, target, &path)?;
        }
    }
    Ok(())
}
