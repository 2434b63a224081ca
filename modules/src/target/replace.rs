//! Files put in the place of others at once: written beside, then renamed, so that after a power failure
//! too the old file is there or the new one, whole.

use std::fs::{self, File, Metadata};
use std::io::{self, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use rustix::fs::{XattrFlags, lgetxattr, llistxattr, lsetxattr};

use super::{Command, Fail, Hands};
use crate::words;

/// How a file is put in its place.
#[derive(Clone, Debug, Default)]
pub struct Replace {
    /// A command with `%s` for the new file; unless it ends well, the old file stays.
    pub validate: Option<String>,
    /// The bits of permission; else those of the old file, or 0666 less the umask.
    pub mode: Option<u32>,
    /// The number of the owner; else that of the old file, or of who writes.
    pub uid: Option<u32>,
    /// The number of the group; else that of the old file, or of who writes.
    pub gid: Option<u32>,
    /// Whether the old file may be overwritten in place where it cannot be renamed over, as a mount point.
    pub unsafe_writes: bool,
}

pub(super) fn replace(
    hands: &mut Hands<'_>,
    path: &Path,
    content: &mut dyn Read,
    how: &Replace,
) -> Result<PathBuf, Fail> {
    // A link stays, what it points to is written.
    let path = &fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let cannot = |error: io::Error| Fail::io(format!("cannot write `{}`", path.display()), &error);
    let old = fs::metadata(path).ok();
    let temporary = tempfile::Builder::new().prefix(".baton-").tempfile_in(parent(path));
    let mut beside = match temporary {
        // Where the directory takes no file, one elsewhere is written first: it may be refused yet.
        Err(_) if how.unsafe_writes && old.is_some() => tempfile::NamedTempFile::new().map_err(cannot)?,
        made => made.map_err(cannot)?,
    };
    io::copy(content, beside.as_file_mut()).map_err(cannot)?;
    if let Some(command) = &how.validate {
        validate(hands, command, beside.path())?;
    }
    let mode = how.mode.or(old.as_ref().map(|old| old.mode() & 0o7777)).unwrap_or(0o666 & !umask());
    if let Some(old) = &old {
        copy_attributes(path, beside.path(), old);
    }
    std::os::unix::fs::fchown(beside.as_file(), how.uid, how.gid).map_err(cannot)?;
    beside.as_file().set_permissions(fs::Permissions::from_mode(mode)).map_err(cannot)?;
    settle(beside.as_file()).map_err(cannot)?;
    let written = beside.path().to_owned();
    match beside.persist(path) {
        Ok(_) => {}
        Err(error) if how.unsafe_writes && old.is_some() => {
            overwrite(error.file.path(), path).map_err(cannot)?
        }
        Err(error) => return Err(cannot(error.error)),
    }
    Ok(written)
}

fn overwrite(from: &Path, to: &Path) -> io::Result<()> {
    let mut place = fs::OpenOptions::new().write(true).truncate(true).open(to)?;
    io::copy(&mut File::open(from)?, &mut place)?;
    place.sync_all()
}

fn validate(hands: &mut Hands<'_>, command: &str, file: &Path) -> Result<(), Fail> {
    if !command.contains("%s") {
        return Err(Fail::new(format!("validate must contain %s: {command}")));
    }
    let words = words::split(command).map_err(|why| Fail::new(format!("cannot split `validate`: {why}")))?;
    let file = file.to_string_lossy();
    let mut words = words.into_iter().map(|word| word.replace("%s", &file));
    let program = words.next().ok_or_else(|| Fail::new("`validate` is empty"))?;
    let output = hands.try_run(&Command::new(program).args(words))?;
    if output.ok() {
        return Ok(());
    }
    let fail =
        Fail::new(format!("failed to validate: rc:{} error:{}", output.rc, output.errors().trim_end()));
    Err(fail.with("rc", output.rc).with("stdout", output.text()).with("stderr", output.errors()))
}

/// The directory a file is in.
pub(super) fn parent(path: &Path) -> PathBuf {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent.to_owned(),
        _ => PathBuf::from("."),
    }
}

/// The umask of the worker, which can only be read by setting it.
pub fn umask() -> u32 {
    let now = rustix::process::umask(rustix::fs::Mode::from_raw_mode(0o077));
    rustix::process::umask(now);
    now.bits()
}

/// What `fstatfs` calls ext2, ext3 and ext4.
const EXT: i64 = 0xef53;

/// Sees to it that the content is on the disk no later than the name that the file gets next.
fn settle(file: &File) -> io::Result<()> {
    let ordered = rustix::fs::fstatfs(file).is_ok_and(|system| system.f_type == EXT);
    if !ordered {
        return file.sync_all();
    }
    // ext4 commits a name after the content that is on its way: begun here, and not waited for.
    rustix::fs::fadvise(file, 0, None, rustix::fs::Advice::DontNeed).or_else(|_| file.sync_all())
}

/// Gives `to` the owner and extended attributes (access lists and the security context among them) of
/// `from`, as far as permitted.
pub(super) fn copy_attributes(from: &Path, to: &Path, old: &Metadata) {
    if std::os::unix::fs::lchown(to, Some(old.uid()), Some(old.gid())).is_err() {
        // Only root may give a file away; the group may be one of ours nonetheless.
        let _ = std::os::unix::fs::lchown(to, None, Some(old.gid()));
    }
    for name in attribute_names(from) {
        let mut value = vec![0; 64 * 1024];
        if let Ok(length) = lgetxattr(from, name.as_str(), &mut value[..]) {
            let _ = lsetxattr(to, name.as_str(), &value[..length], XattrFlags::empty());
        }
    }
}

fn attribute_names(path: &Path) -> Vec<String> {
    let mut list = vec![0; 64 * 1024];
    let length = llistxattr(path, &mut list[..]).unwrap_or(0);
    let names = list[..length].split(|byte| *byte == 0).filter(|name| !name.is_empty());
    names.filter_map(|name| String::from_utf8(name.to_vec()).ok()).collect()
}

/// Makes something beside `path` and gives it that name at once.
pub(super) fn swap_in(path: &Path, make: impl Fn(&Path) -> io::Result<()>) -> Result<(), Fail> {
    let made = tempfile::Builder::new().prefix(".baton-").make_in(parent(path), |beside| make(beside));
    let placed = made.and_then(|beside| beside.into_temp_path().persist(path).map_err(|error| error.error));
    placed.map_err(|error| Fail::io(format!("cannot link `{}`", path.display()), &error))
}
