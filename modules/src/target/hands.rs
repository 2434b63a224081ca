//! The only type that writes and runs; handed out by the door for effects.

use std::fs;
use std::io;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::{Command, Fail, Output, Replace, Target, replace, spawn};
use crate::wire::Stream;

/// What changes a target; only [`Target::change`] and [`Target::perform`] hand it out.
pub struct Hands<'t> {
    target: &'t mut dyn Holder,
    pub(super) changed: bool,
}

/// A target whose lifetime is forgotten, so that `Hands` has one lifetime only.
pub(super) trait Holder {
    fn spawn(&mut self, command: &Command) -> Result<Output, Fail>;
    fn log(&mut self, stream: Stream, line: &str);
    fn body(&mut self, name: &str) -> Result<Box<dyn io::Read + Send>, Fail>;
    fn set(&mut self, name: &str, value: Value);
    fn cancelled(&self) -> bool;
}

impl Holder for Target<'_> {
    fn spawn(&mut self, command: &Command) -> Result<Output, Fail> {
        spawn::run(self, command)
    }

    fn log(&mut self, stream: Stream, line: &str) {
        Target::log(self, stream, line);
    }

    fn body(&mut self, name: &str) -> Result<Box<dyn io::Read + Send>, Fail> {
        self.open_body(name)
    }

    fn set(&mut self, name: &str, value: Value) {
        Target::set(self, name, value);
    }

    fn cancelled(&self) -> bool {
        Target::cancelled(self)
    }
}

fn at<T>(what: &str, path: &Path, result: io::Result<T>) -> Result<T, Fail> {
    result.map_err(|error| Fail::io(format!("cannot {what} `{}`", path.display()), &error))
}

impl<'t> Hands<'t> {
    pub(super) fn new(target: &'t mut dyn Holder) -> Self {
        Self { target, changed: true }
    }

    /// Says, within `perform`, that nothing was changed after all.
    pub fn unchanged(&mut self) {
        self.changed = false;
    }

    /// Runs a command; an exit code other than 0 is a failure.
    pub fn run(&mut self, command: &Command) -> Result<Output, Fail> {
        let name = command.argv[0].to_string_lossy().into_owned();
        self.target.spawn(command)?.expect_ok(&name)
    }

    /// Runs a command, whatever its exit code.
    pub fn try_run(&mut self, command: &Command) -> Result<Output, Fail> {
        self.target.spawn(command)
    }

    /// Gives a value back, under Ansible's name for it.
    pub fn set(&mut self, name: &str, value: impl Into<Value>) {
        self.target.set(name, value.into());
    }

    /// Shows a line while the module still runs.
    pub fn log(&mut self, stream: Stream, line: &str) {
        self.target.log(stream, line);
    }

    /// Whether nobody waits for the reply any more; long work should end.
    pub fn cancelled(&self) -> bool {
        self.target.cancelled()
    }

    /// The content of a file that the controller offered with the call.
    pub fn open_body(&mut self, name: &str) -> Result<Box<dyn io::Read + Send>, Fail> {
        self.target.body(name)
    }

    /// Puts content in the place of a file at once: written beside it, synced and renamed. Owner, mode,
    /// extended attributes and the security context of a file that was there stay.
    pub fn write(&mut self, path: impl AsRef<Path>, content: &[u8]) -> Result<(), Fail> {
        self.replace(path, &mut &content[..], &Replace::default()).map(drop)
    }

    /// As [`Hands::write`], from a stream, with more to say on how; the path of the new file until it was put in place.
    pub fn replace(
        &mut self,
        path: impl AsRef<Path>,
        content: &mut dyn io::Read,
        how: &Replace,
    ) -> Result<PathBuf, Fail> {
        replace::replace(self, path.as_ref(), content, how)
    }

    /// Copies a file to a new name with its attributes.
    pub fn copy(&mut self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Fail> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let meta = at("read", from, fs::metadata(from))?;
        let mut content = at("read", from, fs::File::open(from))?;
        self.replace(to, &mut content, &Replace { mode: Some(meta.mode() & 0o7777), ..Replace::default() })?;
        replace::copy_attributes(from, to, &meta);
        at("set the times of", to, times(to, meta.accessed().ok(), meta.modified().ok()))
    }

    /// Keeps a copy of a file beside it, named as Ansible names it; its path.
    pub fn backup(&mut self, path: impl AsRef<Path>) -> Result<PathBuf, Fail> {
        let path = path.as_ref();
        let stamp = crate::files::local_stamp(SystemTime::now());
        let name = format!("{}.{}.{stamp}~", path.display(), std::process::id());
        self.copy(path, &name)?;
        Ok(PathBuf::from(name))
    }

    /// Sets the bits of permission.
    pub fn set_mode(&mut self, path: impl AsRef<Path>, mode: u32) -> Result<(), Fail> {
        let path = path.as_ref();
        at("set the mode of", path, fs::set_permissions(path, fs::Permissions::from_mode(mode)))
    }

    /// Sets owner and group; a link's own, not those of what it points to.
    pub fn set_owner(
        &mut self,
        path: impl AsRef<Path>,
        uid: Option<u32>,
        gid: Option<u32>,
    ) -> Result<(), Fail> {
        let path = path.as_ref();
        at("set the owner of", path, std::os::unix::fs::lchown(path, uid, gid))
    }

    /// Makes one directory, with these bits less the umask; well if another made it in the meantime.
    pub fn mkdir(&mut self, path: impl AsRef<Path>, mode: u32) -> Result<(), Fail> {
        let path = path.as_ref();
        let is_there = || fs::symlink_metadata(path).is_ok_and(|meta| meta.is_dir());
        match fs::DirBuilder::new().mode(mode).create(path) {
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && is_there() => Ok(()),
            made => at("make the directory", path, made),
        }
    }

    /// Makes the directories above a path that are not there.
    pub fn make_parents(&mut self, path: impl AsRef<Path>) -> Result<(), Fail> {
        let above = replace::parent(path.as_ref());
        at("make the directory", &above, fs::create_dir_all(&above))
    }

    /// Makes a symbolic link at `path`, in the place of a file or link that is there.
    pub fn symlink(&mut self, points_to: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<(), Fail> {
        let path = path.as_ref();
        replace::swap_in(path, |beside| std::os::unix::fs::symlink(points_to.as_ref(), beside))
    }

    /// Makes a hard link at `path`, in the place of a file or link that is there.
    pub fn hard_link(&mut self, to: impl AsRef<Path>, path: impl AsRef<Path>) -> Result<(), Fail> {
        let path = path.as_ref();
        replace::swap_in(path, |beside| fs::hard_link(to.as_ref(), beside))
    }

    /// Removes a file, link or whole directory; nothing there is well too. Links are not followed.
    pub fn remove(&mut self, path: impl AsRef<Path>) -> Result<(), Fail> {
        let path = path.as_ref();
        let removed = match fs::symlink_metadata(path) {
            Ok(meta) if meta.is_dir() => fs::remove_dir_all(path),
            Ok(_) => fs::remove_file(path),
            Err(error) => Err(error),
        };
        match removed {
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
            other => at("remove", path, other),
        }
    }

    /// Gives a file or directory another name.
    pub fn rename(&mut self, from: impl AsRef<Path>, to: impl AsRef<Path>) -> Result<(), Fail> {
        let (from, to) = (from.as_ref(), to.as_ref());
        let what = format!("cannot rename `{}` to `{}`", from.display(), to.display());
        fs::rename(from, to).map_err(|error| Fail::io(what, &error))
    }

    /// Sets the times of last access and modification, where given.
    pub fn set_times(
        &mut self,
        path: impl AsRef<Path>,
        accessed: Option<SystemTime>,
        modified: Option<SystemTime>,
    ) -> Result<(), Fail> {
        let path = path.as_ref();
        at("set the times of", path, times(path, accessed, modified))
    }

    /// Makes a file or directory with a name of its own in `directory`, readable by its owner only.
    pub fn make_temporary(
        &mut self,
        directory: &Path,
        prefix: &str,
        suffix: &str,
        is_dir: bool,
    ) -> Result<PathBuf, Fail> {
        let mut builder = tempfile::Builder::new();
        builder.prefix(prefix).suffix(suffix).rand_bytes(8);
        let private = fs::Permissions::from_mode(if is_dir { 0o700 } else { 0o600 });
        builder.permissions(private);
        let made = if is_dir {
            builder.tempdir_in(directory).map(tempfile::TempDir::keep)
        } else {
            builder.tempfile_in(directory).and_then(|file| Ok(file.keep().map(|(_, path)| path)?))
        };
        at("make a temporary file in", directory, made)
    }
}

fn times(path: &Path, accessed: Option<SystemTime>, modified: Option<SystemTime>) -> io::Result<()> {
    let mut times = fs::FileTimes::new();
    if let Some(time) = accessed {
        times = times.set_accessed(time);
    }
    if let Some(time) = modified {
        times = times.set_modified(time);
    }
    // Setting times needs no right to write, so reading must do to open it.
    let file = fs::File::open(path)?;
    let refused = |error: &io::Error| error.kind() == io::ErrorKind::PermissionDenied;
    let is_now = |time: Option<SystemTime>| {
        time.and_then(|time| time.elapsed().ok()).is_some_and(|since| since < Duration::from_secs(5))
    };
    match file.set_times(times) {
        // Who may write but does not own it may set no other time than the present.
        Err(error) if refused(&error) && is_now(accessed) && is_now(modified) => {
            use rustix::fs::{Timespec, Timestamps, UTIME_NOW, futimens};
            let now = Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
            Ok(futimens(&file, &Timestamps { last_access: now, last_modification: now })?)
        }
        set => set,
    }
}
