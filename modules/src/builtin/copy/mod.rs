//! copy

mod place;
mod source;
mod tree;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};

use crate::args::{Map, Mode, Return, Value};
use crate::checksum::{Algorithm, Summing, Sums};
use crate::files::{self, FileAttributes};
use crate::{Fail, Module, Target, args, returns};

use source::{Content, Source};

args! {
    /// Copy files and directories to the target, or write a text there.
    ///
    /// Content travels only where it differs from what is there.
    pub struct Copy as "copy" {
        /// A file or directory of the controller, with `remote_src` of the target; a directory
        /// ending in `/` gives what is in it.
        src: Option<String>,
        /// Text to write instead of a file.
        content: Option<Value>,
        /// The file or directory to write; ending in `/`, a directory.
        dest: PathBuf,
        /// Keep a copy of a file before it is replaced.
        backup: bool = false,
        /// Replace a file that has another content.
        #[alias("thirsty")]
        force: bool = true,
        /// Take `src` from the target itself.
        remote_src: bool = false,
        /// Permissions of directories that are made; else those of new directories.
        directory_mode: Option<Mode>,
        /// Write to what a link at `dest` points to.
        follow: bool = false,
        /// Follow links within a directory; else only within one of the controller.
        local_follow: Option<bool>,
        /// A command with `%s` for the new file; unless it ends well, the old file stays.
        validate: Option<String>,
        /// The SHA-1 that the content must have.
        checksum: Option<String>,
        /// Decrypt files of the vault first, on the controller.
        decrypt: bool = true,
        /// What the controller offers; given by the action.
        _source: Option<Map<String, Value>>,
        ..attributes: FileAttributes,
    }
    rules [MutuallyExclusive(&["src", "content"]), RequiredOneOf(&["src", "content", "_source"])]
}

returns! {
    ..described,
    /// The file or directory written.
    dest: path,
    /// The source, as a path.
    src: path if "one file was written: with `remote_src` the source, else where its content lay until it was put in place",
    /// The SHA-1 of the file.
    checksum: str if "one file was written or compared",
    /// The MD5 of the file.
    md5sum: str if "one file was written",
    /// The copy that was kept.
    backup_file: path if "with `backup`, when a file was replaced",
}

impl Module for Copy {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Copy a file
  ansible.builtin.copy:
    src: sshd_config
    dest: /etc/ssh/sshd_config
    owner: root
    group: root
    mode: '0600'
    validate: /usr/sbin/sshd -t -f %s

- name: Write a text
  ansible.builtin.copy:
    content: \"{{ motd }}\\n\"
    dest: /etc/motd
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let source = Source::of(&self, target)?;
        let dest = self.destination(target, &source)?;
        match source {
            Source::File { content, mode, .. } => {
                self.verify(target, &content)?;
                self.make_parents(target, &dest)?;
                let dest = self.written(target, &dest)?;
                let sums = self.place(target, &dest, &content, mode.filter(|_| self.preserves()))?;
                self.report(target, &dest, sums)?;
            }
            Source::Tree { entries, mode, .. } => {
                self.make_directory(target, &dest, mode)?;
                self.place_tree(target, &dest, entries)?;
                self.describe(target, &dest)?;
                // ansible: of a tree it tells what it was given.
                let end = if self.remote_src { "" } else { "/" };
                let given = self.dest.display().to_string();
                target.set("dest", format!("{}{end}", given.strip_suffix(end).unwrap_or(&given)));
                if let Some(src) = &self.src {
                    target.set("src", src.as_str());
                }
            }
        }
        Ok(())
    }
}

impl Copy {
    /// The path to write: `dest`, or a name in it when it is a directory.
    fn destination(&self, target: &Target, source: &Source) -> Result<PathBuf, Fail> {
        let into_it = self.dest.as_os_str().as_encoded_bytes().ends_with(b"/");
        let is_dir = target.stat(&self.dest)?.is_some_and(|meta| meta.is_dir());
        match source {
            Source::File { name: Some(name), .. } if into_it || is_dir => Ok(self.dest.join(name)),
            Source::File { name: None, .. } if into_it || is_dir => {
                Err(Fail::new("can not use content with a dir as dest"))
            }
            Source::Tree { name, contents_only: false, .. } => Ok(self.dest.join(name)),
            _ => Ok(self.dest.clone()),
        }
    }

    /// Directories above a file are made only where `dest` ends in `/`.
    fn make_parents(&self, target: &mut Target, file: &Path) -> Result<(), Fail> {
        let Some(parent) = file.parent().filter(|p| !p.as_os_str().is_empty()) else { return Ok(()) };
        if target.stat(parent)?.is_some() || target.is_foretold(parent) {
            return Ok(());
        }
        if self.dest.as_os_str().as_encoded_bytes().ends_with(b"/") {
            return self.make_directory(target, parent, None);
        }
        Err(Fail::new(format!("Destination directory {} does not exist", parent.display())))
    }

    /// Gives back what is at the destination now.
    fn report(&self, target: &mut Target, dest: &Path, sums: Option<Sums>) -> Result<(), Fail> {
        let sums = match sums {
            None if target.stat(dest)?.is_some_and(|meta| meta.is_file()) => place::sums(target, dest)?,
            known => known,
        };
        if let Some(Sums { sha1, md5, .. }) = sums {
            target.set("checksum", sha1);
            target.set("md5sum", md5);
        }
        self.describe(target, dest)
    }

    /// Whether permissions are those of the source.
    fn preserves(&self) -> bool {
        self.attributes.mode == Some(Mode::Preserve)
    }

    /// Refuses another content than was announced.
    fn verify(&self, target: &mut Target, content: &Content) -> Result<(), Fail> {
        let Some(wanted) = &self.checksum else { return Ok(()) };
        let mut from = content.open(target)?;
        let sums = Summing::of(&mut from).map_err(|e| Fail::io("cannot receive the content", &e))?;
        if sums.sha1 == *wanted {
            return Ok(());
        }
        let fail = Fail::new("Copied file does not match the expected checksum. Transfer failed.");
        Err(fail.with("checksum", sums.sha1).with("expected_checksum", wanted.as_str()))
    }

    fn describe(&self, target: &mut Target, dest: &Path) -> Result<(), Fail> {
        target.set("dest", dest.display().to_string());
        if let Some(src) = self.src.as_ref().filter(|_| self.remote_src) {
            target.set("src", src.as_str());
        }
        if target.lstat(dest)?.is_some() {
            for (name, value) in files::describe(target, dest)? {
                target.set(&name, value);
            }
        }
        Ok(())
    }
}

/// The permissions asked for, where `preserve` takes those of the source.
fn with_mode_of(attributes: &FileAttributes, mode: Option<u32>) -> FileAttributes {
    let mut attributes = attributes.clone();
    if attributes.mode == Some(Mode::Preserve) {
        attributes.mode = mode.map(Mode::Octal);
    }
    attributes
}

/// How a content is known before it is read.
impl Content {
    /// Its SHA-256.
    fn digest(&self, target: &mut Target) -> Result<String, Fail> {
        match self {
            Content::Offered(name) => {
                let info = target.bodies().iter().find(|body| body.name == *name);
                let missing = || Fail::new(format!("the controller does not offer `{name}`"));
                Ok(info.ok_or_else(missing)?.sha256.clone())
            }
            Content::Remote(path) => {
                let missing = || Fail::new(format!("Source {} not found", path.display()));
                let file = target.open(path)?.ok_or_else(missing)?;
                Algorithm::Sha256
                    .of(file)
                    .map_err(|e| Fail::io(format!("cannot read `{}`", path.display()), &e))
            }
        }
    }
}
