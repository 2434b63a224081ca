//! file

use std::path::{Path, PathBuf};
use std::time::SystemTime;

use serde_json::json;

use crate::args::Return;
use crate::files::{self, FileAttributes};
use crate::{Fail, Module, Side, Target, args, choices, returns};

mod tree;

args! {
    /// Have a file, directory or link with these attributes, or not.
    pub struct File as "file" {
        /// The path.
        #[alias("dest", "name")]
        path: PathBuf,
        /// What is to be there; else what is there already.
        state: Option<State>,
        /// What a link points to.
        src: Option<PathBuf>,
        /// Give the attributes to all that is in a directory too.
        recurse: bool = false,
        /// Make a link though a file is in its place or what it points to is missing.
        force: bool = false,
        /// Give the attributes to what a link points to.
        follow: bool = true,
        /// When it was changed: `preserve`, `now`, or a time in `modification_time_format`.
        modification_time: Option<String>,
        /// How `modification_time` is written.
        modification_time_format: String = "%Y%m%d%H%M.%S",
        /// When it was read: `preserve`, `now`, or a time in `access_time_format`.
        access_time: Option<String>,
        /// How `access_time` is written.
        access_time_format: String = "%Y%m%d%H%M.%S",
        /// The name of the source of a copy; given by others.
        _original_basename: Option<String>,
        /// Only say whether the file seems to be no text; given by others.
        _diff_peek: Option<bool>,
        ..attributes: FileAttributes,
    }
}

choices! {
    /// What is to be at a path.
    pub enum State {
        /// Nothing; a directory goes with all that is in it.
        Absent = "absent",
        /// A directory, and those above it.
        Directory = "directory",
        /// A file that is there already.
        File = "file",
        /// A hard link.
        Hard = "hard",
        /// A symbolic link.
        Link = "link",
        /// A file, made empty if need be; its times are set.
        Touch = "touch",
    }
}

returns! {
    ..described,
    /// The path, as `dest` where a file was made.
    path: path,
    /// The same.
    dest: path if "it is a file or link",
}

impl Module for File {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Make a directory
  ansible.builtin.file:
    path: /etc/app/conf.d
    state: directory
    mode: '0755'

- name: Remove a file
  ansible.builtin.file:
    path: /etc/app/old.conf
    state: absent
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        if self._diff_peek.is_some() {
            let start = target.read(&self.path)?.unwrap_or_default();
            target.set("appears_binary", start.iter().take(8192).any(|byte| *byte == 0));
            return Ok(());
        }
        let state = self.wanted(target)?;
        if state != State::Absent {
            self.attributes.doubt(target);
        }
        // ansible: into a directory a hard link takes the name of its source.
        if let (Some(src), State::Hard | State::File) = (&self.src, state)
            && target.lstat(&self.path)?.is_some_and(|meta| meta.is_dir())
            && let Some(name) = src.file_name()
        {
            self.path = self.path.join(name);
        }
        match state {
            State::Absent => self.absent(target)?,
            State::Directory => tree::directory(&self, target)?,
            State::File => self.file(target)?,
            State::Touch => self.touch(target)?,
            State::Link => self.link(target)?,
            State::Hard => self.hard(target)?,
        }
        target.merge_diffs(&self.shown());
        self.report(target, state)
    }
}

impl File {
    /// The state asked for, or what is there.
    fn wanted(&self, target: &Target) -> Result<State, Fail> {
        if self.recurse && !matches!(self.state, None | Some(State::Directory)) {
            return Err(Fail::new("recurse option requires state to be 'directory'"));
        }
        if self.src.is_some() && !matches!(self.state, Some(State::Link | State::Hard)) {
            return Err(Fail::new("src option requires state to be 'link' or 'hard'"));
        }
        if let Some(state) = self.state {
            return Ok(state);
        }
        if self.recurse {
            return Ok(State::Directory);
        }
        Ok(match target.lstat(&self.path)? {
            Some(meta) if meta.is_symlink() => State::Link,
            Some(_) if target.stat(&self.path)?.is_some_and(|meta| meta.is_dir()) => State::Directory,
            _ => State::File,
        })
    }

    fn absent(&self, target: &mut Target) -> Result<(), Fail> {
        let before = match target.lstat(&self.path)? {
            None => Side::Absent,
            Some(meta) => {
                let mut side = json!({"path": self.shown(), "state": files::kind(&meta)});
                if meta.is_dir() && target.wants_diff() {
                    side["path_content"] = tree::content(target, &self.path)?;
                }
                Side::Json(side)
            }
        };
        target.change(&self.shown(), before, Side::Absent, |hands| hands.remove(&self.path))?;
        Ok(())
    }

    fn file(&self, target: &mut Target) -> Result<(), Fail> {
        let path = self.followed(target);
        match target.lstat(&path)? {
            None => {
                let words = format!("file ({}) is absent, cannot continue", self.shown());
                return Err(Fail::new(words)
                    .hint("`state: touch` makes an empty file")
                    .with("state", "absent"));
            }
            Some(meta) if meta.is_dir() => {
                let words = format!("file ({}) is directory, cannot continue", self.shown());
                return Err(Fail::new(words).with("state", "directory"));
            }
            Some(_) => {}
        }
        self.attributes.apply(target, &path)?;
        self.set_times(target, &path, "preserve")
    }

    fn touch(&self, target: &mut Target) -> Result<(), Fail> {
        let path = self.followed(target);
        if target.lstat(&path)?.is_none() {
            let mode = self.attributes.new_mode(false);
            let after = Side::Json(json!({"path": self.shown(), "state": "touch"}));
            let how = crate::target::Replace { mode: Some(mode), ..Default::default() };
            target.change(&self.shown(), Side::Absent, after, |hands| {
                hands.replace(&path, &mut &b""[..], &how)
            })?;
            let made = target.watch(|target| {
                self.attributes.apply(target, &path)?;
                self.set_times(target, &path, "preserve")
            });
            // What could not be given its attributes is not left behind.
            return made.0.map_err(|fail| target.refresh(|hands| hands.remove(&path)).err().unwrap_or(fail));
        }
        self.attributes.apply(target, &path)?;
        self.set_times(target, &path, "now")
    }

    /// Times as asked for; `usual` where nothing is said.
    fn set_times(&self, target: &mut Target, path: &Path, usual: &str) -> Result<(), Fail> {
        let Some(meta) = target.stat(path)? else { return Ok(()) };
        let (read, changed) = (meta.accessed().ok(), meta.modified().ok());
        let word = |given: &Option<String>| given.clone().unwrap_or_else(|| usual.to_owned());
        let new_read = time(&word(&self.access_time), &self.access_time_format, read)?;
        let new_changed = time(&word(&self.modification_time), &self.modification_time_format, changed)?;
        let side = |read: Option<SystemTime>, changed: Option<SystemTime>| {
            Side::Json(json!({"path": self.shown(), "atime": seconds(read), "mtime": seconds(changed)}))
        };
        let (before, after) = (side(read, changed), side(new_read, new_changed));
        target.change(&self.shown(), before, after, |hands| hands.set_times(path, new_read, new_changed))?;
        Ok(())
    }

    fn link(&self, target: &mut Target) -> Result<(), Fail> {
        let now = target.lstat(&self.path)?;
        let there = now.as_ref().filter(|meta| meta.is_symlink()).and_then(|_| target.read_link(&self.path));
        let Some(src) = self.src.clone().or_else(|| there.clone()) else {
            return Err(Fail::new("src is required for creating new symlinks"));
        };
        let resolved = self.path.parent().unwrap_or(Path::new("/")).join(&src);
        if !self.force && target.stat(&resolved)?.is_none() {
            let words = format!(
                "src file does not exist, use 'force=yes' if you really want to create the link: {}",
                resolved.display()
            );
            return Err(Fail::new(words).with("src", src.display().to_string()));
        }
        match &now {
            Some(meta) if meta.is_dir() => {
                let empty = target.list(&self.path)?.unwrap_or_default().is_empty();
                if !(self.force && empty) {
                    let words =
                        format!("the directory {} is not empty, refusing to convert it", self.shown());
                    return Err(Fail::new(words));
                }
            }
            Some(meta) if !meta.is_symlink() && !self.force => {
                let words =
                    format!("refusing to convert from {} to symlink for {}", files::kind(meta), self.shown());
                return Err(Fail::new(words));
            }
            _ => {}
        }
        let is_dir = now.as_ref().is_some_and(|meta| meta.is_dir());
        let before = match (&there, &now) {
            (Some(to), _) => link_side(&self.path, to),
            (None, Some(meta)) => Side::Json(json!({"path": self.shown(), "state": files::kind(meta)})),
            (None, None) => Side::Absent,
        };
        target.change(&self.shown(), before, link_side(&self.path, &src), |hands| {
            if is_dir {
                hands.remove(&self.path)?;
            }
            hands.symlink(&src, &self.path)
        })?;
        // Attributes belong to what the link points to, where links are followed.
        let own = if self.follow { resolved } else { self.path.clone() };
        self.attributes.apply(target, &own)?;
        target.set("src", src.display().to_string());
        Ok(())
    }

    fn hard(&self, target: &mut Target) -> Result<(), Fail> {
        use std::os::unix::fs::MetadataExt;
        let needed = || Fail::new("src is required for creating new hardlinks");
        let src = self.src.clone().ok_or_else(needed)?;
        let missing = || {
            let (dest, src) = (self.shown(), src.display().to_string());
            Fail::new("src does not exist").with("dest", dest).with("src", src)
        };
        let wanted = target.stat(&src)?.ok_or_else(missing)?;
        let now = target.lstat(&self.path)?;
        if let Some(meta) = &now
            && meta.ino() != wanted.ino()
            && !self.force
        {
            let words = format!("cannot link, different hard link exists at destination: {}", self.shown());
            return Err(Fail::new(words));
        }
        let side = |inode: u64| Side::Json(json!({"path": self.shown(), "state": "hard", "inode": inode}));
        let before = now.map_or(Side::Absent, |meta| side(meta.ino()));
        target
            .change(&self.shown(), before, side(wanted.ino()), |hands| hands.hard_link(&src, &self.path))?;
        self.attributes.apply(target, &self.path)?;
        target.set("src", src.display().to_string());
        Ok(())
    }

    /// The path, or with `follow` what a link there points to in the end.
    fn followed(&self, target: &Target) -> PathBuf {
        let is_link = target.lstat(&self.path).ok().flatten().is_some_and(|meta| meta.is_symlink());
        if self.follow && is_link {
            return std::fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        }
        self.path.clone()
    }

    fn report(&self, target: &mut Target, state: State) -> Result<(), Fail> {
        let name =
            if matches!(state, State::Absent | State::Directory | State::File) { "path" } else { "dest" };
        // ansible: what a link points to is told where a file is wanted.
        let path = if state == State::File { self.followed(target) } else { self.path.clone() };
        target.set(name, path.display().to_string());
        for (name, value) in files::describe(target, &path)? {
            target.set(&name, value);
        }
        Ok(())
    }

    fn shown(&self) -> String {
        self.path.display().to_string()
    }
}

fn link_side(path: &Path, to: &Path) -> Side {
    Side::Json(json!({"path": path.display().to_string(), "state": "link", "src": to.display().to_string()}))
}

fn seconds(time: Option<SystemTime>) -> Option<f64> {
    time?.duration_since(SystemTime::UNIX_EPOCH).ok().map(|since| since.as_secs_f64())
}

/// The time a word means.
fn time(word: &str, format: &str, now: Option<SystemTime>) -> Result<Option<SystemTime>, Fail> {
    match word {
        "preserve" => Ok(now),
        "now" => Ok(Some(SystemTime::now())),
        text => {
            let wrong = |error: jiff::Error| {
                Fail::new(format!(
                    "error while obtaining timestamp for time {text} using format {format}: {error}"
                ))
            };
            let written = jiff::civil::DateTime::strptime(format, text).map_err(wrong)?;
            let zoned = written.to_zoned(jiff::tz::TimeZone::system()).map_err(wrong)?;
            Ok(Some(SystemTime::from(zoned.timestamp())))
        }
    }
}

#[cfg(test)]
mod tests;
