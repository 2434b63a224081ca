//! Home directories.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use super::User;
use crate::{Fail, Hands, Target, users};

/// Makes the home directory of a user where it is not there, from the skeleton.
pub(super) fn make(
    target: &mut Target,
    user: &User,
    found: &users::User,
    skeleton: &Path,
) -> Result<(), Fail> {
    let home = target.system(&found.home);
    if found.home.is_empty() || target.lstat(&home)?.is_some() {
        return Ok(());
    }
    let mode = mode(target, user)?;
    let what = format!("home of {}", found.name);
    let (uid, gid) = (found.uid, found.gid);
    let skeleton = target.stat(skeleton)?.is_some_and(|meta| meta.is_dir()).then_some(skeleton);
    target.change(&what, None::<&str>, found.home.as_str(), |hands| {
        hands.make_parents(&home)?;
        hands.mkdir(&home, 0o700)?;
        if let Some(skeleton) = skeleton {
            fill(hands, skeleton, &home, uid, gid)?;
        }
        hands.set_owner(&home, Some(uid), Some(gid))?;
        hands.set_mode(&home, mode)
    })?;
    Ok(())
}

/// The permissions of a new home: by the task's umask, or as the system is set up.
fn mode(target: &Target, user: &User) -> Result<u32, Fail> {
    let octal = |text: &str| u32::from_str_radix(text.trim_start_matches("0o"), 8).ok();
    if let Some(umask) = user.umask.as_deref().and_then(octal) {
        return Ok(0o777 & !umask);
    }
    let text = target.read_text(target.system("/etc/login.defs"))?.unwrap_or_default();
    let set = |key: &str| {
        let line = text.lines().find_map(|line| line.trim().strip_prefix(key)?.strip_prefix([' ', '\t']));
        line.and_then(|value| octal(value.trim()))
    };
    Ok(set("HOME_MODE").unwrap_or(0o777 & !set("UMASK").unwrap_or(0o022)))
}

fn fill(hands: &mut Hands, from: &Path, to: &Path, uid: u32, gid: u32) -> Result<(), Fail> {
    let cannot = |error: std::io::Error| Fail::io(format!("cannot read `{}`", from.display()), &error);
    for entry in fs::read_dir(from).map_err(cannot)? {
        let entry = entry.map_err(cannot)?;
        let meta = entry.metadata().map_err(cannot)?;
        let (old, new) = (entry.path(), to.join(entry.file_name()));
        if meta.is_symlink() {
            hands.symlink(fs::read_link(&old).map_err(cannot)?, &new)?;
        } else if meta.is_dir() {
            hands.mkdir(&new, meta.mode() & 0o7777)?;
            fill(hands, &old, &new, uid, gid)?;
        } else {
            hands.copy(&old, &new)?;
        }
        hands.set_owner(&new, Some(uid), Some(gid))?;
    }
    Ok(())
}
