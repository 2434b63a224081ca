//! What a module may see of its target.

use crate::sorting::Sorting;
use crate::sorting::Trees;
use std::collections::{BTreeMap, HashMap};
use std::ffi::{OsStr, OsString};
use std::fs::{self, File, Metadata};
use std::io::{self, ErrorKind};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::{LazyLock, Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::{Fail, Target};
use crate::args::Home;
use crate::users;

/// Where tools of the administration are, though not always in `PATH`.
const SYSTEM_PATH: [&str; 7] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin", "/usr/pkg/bin"];

/// How long an answer of the name services counts; each file that is described has an owner and a group.
const KNOWN_FOR: Duration = Duration::from_secs(5);

type Answers = HashMap<(String, String), (Instant, Option<String>)>;

/// What `getent` was asked of late, and what it said.
static ASKED: LazyLock<Mutex<Answers>> = LazyLock::new(Mutex::default);

/// Turns "there is no such file" into `None`; so is a link that leads to itself.
fn present<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => Ok(None),
        Err(error) if error.raw_os_error() == Some(rustix::io::Errno::LOOP.raw_os_error()) => Ok(None),
        Err(error) => Err(error),
    }
}

impl Target<'_> {
    /// The content of a file; `None` where there is none.
    pub fn read(&self, path: impl AsRef<Path>) -> Result<Option<Vec<u8>>, Fail> {
        let path = path.as_ref();
        present(fs::read(path)).map_err(|e| Fail::io(format!("cannot read `{}`", path.display()), &e))
    }

    /// The content of a file as text, with U+FFFD for what is not UTF-8; `None` where there is none.
    pub fn read_text(&self, path: impl AsRef<Path>) -> Result<Option<String>, Fail> {
        Ok(self.read(path)?.map(|bytes| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// A file opened to be read; `None` where there is none.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Option<File>, Fail> {
        let path = path.as_ref();
        present(File::open(path)).map_err(|e| Fail::io(format!("cannot open `{}`", path.display()), &e))
    }

    /// What is at a path, links followed; `None` where there is nothing.
    pub fn stat(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, Fail> {
        let path = path.as_ref();
        present(fs::metadata(path)).map_err(|e| Fail::io(format!("cannot look at `{}`", path.display()), &e))
    }

    /// What is at a path, a link as such; `None` where there is nothing.
    pub fn lstat(&self, path: impl AsRef<Path>) -> Result<Option<Metadata>, Fail> {
        let path = path.as_ref();
        present(fs::symlink_metadata(path))
            .map_err(|e| Fail::io(format!("cannot look at `{}`", path.display()), &e))
    }

    /// Where a link points to; `None` where there is no link.
    pub fn read_link(&self, path: impl AsRef<Path>) -> Option<PathBuf> {
        fs::read_link(path).ok()
    }

    /// The names in a directory, sorted; `None` where there is none.
    pub fn list(&self, path: impl AsRef<Path>) -> Result<Option<Vec<OsString>>, Fail> {
        let path = path.as_ref();
        let read = || fs::read_dir(path)?.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>();
        let listed =
            present(read()).map_err(|e| Fail::io(format!("cannot list `{}`", path.display()), &e))?;
        Ok(listed.map(|mut names| {
            names.put_in_order();
            names
        }))
    }

    /// Whether anything is at a path, which may be a pattern with `*`, `?` and `[…]`.
    pub fn any_match(&self, pattern: impl AsRef<Path>) -> bool {
        let pattern = pattern.as_ref();
        let found = pattern.to_str().and_then(|text| glob::glob(text).ok());
        pattern.exists() || found.is_some_and(|mut paths| paths.any(|path| path.is_ok()))
    }

    /// The SELinux context of a path, where it has one.
    pub fn context(&self, path: impl AsRef<Path>) -> Option<String> {
        let mut buffer = [0; 1024];
        let length = rustix::fs::lgetxattr(path.as_ref(), "security.selinux", &mut buffer[..]).ok()?;
        let text = String::from_utf8_lossy(&buffer[..length]).into_owned();
        Some(text.trim_end_matches('\0').to_owned()).filter(|text| !text.is_empty())
    }

    /// Where one of the system's own files is: `/etc/group` under the root that the tests set.
    pub fn system(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// A variable of the environment, that of the task first.
    pub fn env(&self, name: &str) -> Option<String> {
        let given =
            self.environment.iter().rev().find(|(key, _)| key == name).map(|(_, value)| value.clone());
        given.or_else(|| std::env::var(name).ok())
    }

    /// The whole environment, that of the task before that of the worker.
    pub fn environment(&self) -> BTreeMap<String, String> {
        let own = std::env::vars_os()
            .filter_map(|(key, value)| Some((key.into_string().ok()?, value.into_string().ok()?)));
        own.chain(self.environment.iter().cloned()).to_map()
    }

    /// Whether the task gives no environment of its own.
    pub fn environment_is_plain(&self) -> bool {
        self.environment.is_empty()
    }

    /// Where a program is, in `PATH` or the directories of the system's administration.
    pub fn find_program(&self, name: &str) -> Option<PathBuf> {
        let path = self.env("PATH").unwrap_or_default();
        let directories = path.split(':').filter(|part| !part.is_empty()).chain(SYSTEM_PATH);
        directories
            .map(|directory| Path::new(directory).join(name))
            .find(|candidate| is_executable(candidate))
    }

    /// An entry of a database of the system that is not in its file: of a directory service.
    pub(crate) fn getent(&self, database: &str, key: &str) -> Option<String> {
        if self.root != Path::new("/") {
            return None;
        }
        let asked = (database.to_owned(), key.to_owned());
        let known = || ASKED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((when, answer)) = known().get(&asked)
            && when.elapsed() < KNOWN_FOR
        {
            return answer.clone();
        }
        let getent = self.find_program("getent")?;
        let output = std::process::Command::new(getent).args(["--", database, key]).output().ok()?;
        let line = String::from_utf8(output.stdout).ok()?.lines().next().map(str::to_owned);
        let answer = line.filter(|_| output.status.success());
        known().insert(asked, (Instant::now(), answer.clone()));
        answer
    }

    /// The program to start for a name: as it is where it has a slash or is not found.
    pub(super) fn program(&self, name: &OsStr) -> OsString {
        match name.to_str() {
            Some(text) if !text.contains('/') => {
                self.find_program(text).map_or(name.to_owned(), PathBuf::into_os_string)
            }
            _ => name.to_owned(),
        }
    }
}

impl Home for Target<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        self.env(name)
    }

    fn home(&self, user: Option<&str>) -> Option<String> {
        match user {
            None => self.env("HOME").filter(|home| !home.is_empty()).or_else(|| {
                users::user_by_id(self, rustix::process::geteuid().as_raw()).map(|user| user.home)
            }),
            Some(name) => users::user(self, name).map(|user| user.home),
        }
    }
}

/// Whether a path is a file that may be run.
fn is_executable(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}
