//! find

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::checksum::Algorithm;
use crate::encoding::Encoding;
use crate::pattern::Pattern;
use crate::{Fail, Module, Target, args, choices, files, returns, users};

mod measure;

use measure::{Age, Bytes};

args! {
    /// List files by name, age, size and content.
    pub struct Find as "find" {
        /// Directories to look in.
        #[alias("name", "path")]
        paths: Vec<PathBuf>,
        /// Names with wildcards, or with `use_regex` expressions; any name when there is none.
        #[alias("pattern")]
        patterns: Vec<String> = "",
        /// Names that are left out, written alike.
        #[alias("exclude")]
        excludes: Vec<String> = "",
        /// An expression that the text of a file must have.
        contains: Option<Pattern>,
        /// Whether `contains` is looked for in the whole text instead of line by line.
        read_whole_file: bool = false,
        /// The kind of thing.
        file_type: FileType = "file",
        /// The permissions that it must have.
        mode: Option<Value>,
        /// Whether the permissions must be just these, or these at least.
        exact_mode: bool = true,
        /// Not younger than this, as `2d`; with a minus sign not older.
        age: Option<Age>,
        /// Which time `age` is of.
        age_stamp: Stamp = "mtime",
        /// Not smaller than this, as `10m`; with a minus sign not larger.
        size: Option<Bytes>,
        /// Whether directories within are looked into.
        recurse: bool = false,
        /// How deep to look.
        depth: Option<usize>,
        /// Whether names beginning with a dot count.
        hidden: bool = false,
        /// Whether links to directories are looked into.
        follow: bool = false,
        /// Whether checksums are given back.
        get_checksum: bool = false,
        /// Which.
        #[alias("checksum", "checksum_algo")]
        checksum_algorithm: Algorithm = "sha1",
        /// Whether names are expressions.
        use_regex: bool = false,
        /// How many to give back at most.
        limit: Option<usize>,
        /// The alphabet of the files.
        encoding: Encoding = "utf-8",
    }
}

choices! {
    /// Kinds of things.
    pub enum FileType {
        /// Any.
        Any = "any",
        /// Directories.
        Directory = "directory",
        /// Files.
        File = "file",
        /// Links.
        Link = "link",
    }
}

choices! {
    /// Times of a file.
    pub enum Stamp {
        /// When it was read.
        Atime = "atime",
        /// When it was changed.
        Mtime = "mtime",
        /// When its attributes were changed.
        Ctime = "ctime",
    }
}

returns! {
    /// What was found, each as `stat` describes it.
    files: list,
    /// How many were found.
    matched: int,
    /// How many were looked at.
    examined: int,
    /// Paths that could not be looked into, and why.
    skipped_paths: dict,
    /// In words.
    msg: str,
}

impl Module for Find {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Find logs older than two days
  ansible.builtin.find:
    paths: /var/log
    patterns: '*.log'
    age: 2d
    recurse: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let names = measure::Names::new(&self.patterns, self.use_regex)?;
        let excluded = measure::Names::new(&self.excludes, self.use_regex)?;
        let mut search = Search {
            wish: &self,
            names,
            excluded,
            now: SystemTime::now(),
            files: Vec::new(),
            examined: 0,
            skipped: Map::new(),
        };
        for path in &self.paths {
            if target.stat(path)?.is_some_and(|meta| meta.is_dir()) {
                // ansible: a file that cannot be read as text ends the search of its path.
                if let Err(fail) = search.directory(target, path, 1) {
                    search.skipped.insert(path.display().to_string(), fail.message.into());
                }
            } else {
                let why = format!("'{}' is not a directory", path.display());
                search.skipped.insert(path.display().to_string(), why.into());
            }
        }
        let full = search.is_full();
        let Search { files, examined, skipped, .. } = search;
        let msg = if full {
            "Limit of matches reached"
        } else if skipped.is_empty() {
            "All paths examined"
        } else {
            "Not all paths examined, check warnings for details"
        };
        for (path, why) in &skipped {
            let why = why.as_str().unwrap_or_default();
            target.warn(format!("Skipped '{path}' path due to this access issue: {why}\n"));
        }
        target.set("matched", files.len());
        target.set("files", files);
        target.set("examined", examined);
        target.set("skipped_paths", skipped);
        target.set("msg", msg);
        Ok(())
    }
}

struct Search<'a> {
    wish: &'a Find,
    names: measure::Names,
    excluded: measure::Names,
    now: SystemTime,
    files: Vec<Value>,
    examined: usize,
    skipped: Map<String, Value>,
}

impl Search<'_> {
    fn is_full(&self) -> bool {
        self.wish.limit.is_some_and(|limit| self.files.len() >= limit)
    }

    fn directory(&mut self, target: &mut Target, directory: &Path, depth: usize) -> Result<(), Fail> {
        let names = match target.list(directory) {
            Ok(names) => names.unwrap_or_default(),
            Err(fail) => {
                let shown = directory.display().to_string();
                // ansible: written as the system's own message is.
                let why = fail.message.replace("permission denied", "Permission denied");
                let why = format!("Skipped '{shown}' path due to this access issue: {why}");
                self.skipped.insert(shown, why.into());
                return Ok(());
            }
        };
        // ansible: what lies one level too deep is counted, but not looked at.
        if self.wish.depth.is_some_and(|limit| limit > 0 && depth > limit) {
            self.examined += names.len();
            return Ok(());
        }
        let mut within = Vec::new();
        for name in names {
            if self.is_full() {
                return Ok(());
            }
            self.examined += 1;
            let text = name.to_string_lossy();
            let path = directory.join(&name);
            let Some(meta) = target.lstat(&path)? else { continue };
            let is_dir =
                meta.is_dir() || (self.wish.follow && target.stat(&path)?.is_some_and(|m| m.is_dir()));
            // ansible: only names are hidden, and directories of such names are looked into.
            let is_hidden = text.starts_with('.') && !self.wish.hidden;
            if !is_hidden && self.fits(target, &path, &text, &meta)? {
                let described = self.describe(target, &path, &meta)?;
                self.files.push(described);
            }
            if is_dir {
                within.push(path);
            }
        }
        for path in within.into_iter().filter(|_| self.wish.recurse) {
            self.directory(target, &path, depth + 1)?;
        }
        Ok(())
    }

    fn fits(
        &self,
        target: &mut Target,
        path: &Path,
        name: &str,
        meta: &std::fs::Metadata,
    ) -> Result<bool, Fail> {
        let kind = match self.wish.file_type {
            FileType::Any => true,
            FileType::Directory => meta.is_dir(),
            FileType::File => meta.is_file(),
            FileType::Link => meta.is_symlink(),
        };
        let named = self.names.is_empty() || self.names.matches(name);
        if !kind || !named || self.excluded.matches(name) || !self.has_mode(meta)? {
            return Ok(false);
        }
        let stamp = match self.wish.age_stamp {
            Stamp::Atime => meta.atime(),
            Stamp::Mtime => meta.mtime(),
            Stamp::Ctime => meta.ctime(),
        };
        let now = self.now.duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64);
        let old = self.wish.age.as_ref().is_none_or(|age| age.fits(now - stamp));
        let large = self.wish.size.as_ref().is_none_or(|size| meta.is_dir() || size.fits(meta.len()));
        Ok(old && large && self.has_content(target, path, meta)?)
    }

    fn has_mode(&self, meta: &std::fs::Metadata) -> Result<bool, Fail> {
        use crate::args::{FromArg, Mode};
        let Some(value) = &self.wish.mode else { return Ok(true) };
        let mode = Mode::from_arg(value)
            .map_err(|_| Fail::new(format!("bad symbolic permission for mode: {value}")))?;
        let wanted = mode.bits(0, meta.is_dir(), 0);
        let now = meta.mode() & 0o7777;
        Ok(if self.wish.exact_mode { now == wanted } else { now & wanted != 0 })
    }

    fn has_content(&self, target: &mut Target, path: &Path, meta: &std::fs::Metadata) -> Result<bool, Fail> {
        let Some(pattern) = &self.wish.contains else { return Ok(true) };
        if !meta.is_file() {
            return Ok(false);
        }
        let bytes = target.read(path)?.unwrap_or_default();
        let encoding = &self.wish.encoding;
        let wrong = || {
            let (shown, name) = (path.display(), encoding.name());
            Fail::new(format!(
                "Failed to read the file {shown} due to an encoding error. current encoding: {name}"
            ))
        };
        let text = match encoding.decode(target, &bytes) {
            Err(fail) if fail.message.starts_with("unknown encoding") => return Err(fail),
            decoded => decoded.ok().filter(|text| std::str::from_utf8(text).is_ok()).ok_or_else(wrong)?,
        };
        if self.wish.read_whole_file {
            return Ok(pattern.is_match(&text));
        }
        // ansible: the expression must match from the start of a line.
        let starts = |line: &[u8]| pattern.captures(line).is_some_and(|found| found.range().start == 0);
        Ok(text.split_inclusive(|byte| *byte == b'\n').any(starts))
    }

    fn describe(&self, target: &Target, path: &Path, meta: &std::fs::Metadata) -> Result<Value, Fail> {
        let mode = meta.mode();
        let bit = |mask: u32| mode & mask != 0;
        let kind = meta.file_type();
        use std::os::unix::fs::FileTypeExt;
        let mut value = json!({
            "path": path.display().to_string(),
            "mode": files::octal(mode),
            "isdir": kind.is_dir(), "ischr": kind.is_char_device(), "isblk": kind.is_block_device(),
            "isreg": kind.is_file(), "isfifo": kind.is_fifo(), "islnk": kind.is_symlink(), "issock": kind.is_socket(),
            "uid": meta.uid(), "gid": meta.gid(), "size": meta.size(), "inode": meta.ino(), "dev": meta.dev(),
            "nlink": meta.nlink(),
            "atime": stamp(meta.atime(), meta.atime_nsec()),
            "mtime": stamp(meta.mtime(), meta.mtime_nsec()),
            "ctime": stamp(meta.ctime(), meta.ctime_nsec()),
            "gr_name": users::group_by_id(target, meta.gid()).map_or(String::new(), |group| group.name),
            "pw_name": users::user_by_id(target, meta.uid()).map_or(String::new(), |user| user.name),
            "wusr": bit(0o200), "rusr": bit(0o400), "xusr": bit(0o100),
            "wgrp": bit(0o020), "rgrp": bit(0o040), "xgrp": bit(0o010),
            "woth": bit(0o002), "roth": bit(0o004), "xoth": bit(0o001),
            "isuid": bit(0o4000), "isgid": bit(0o2000),
        });
        if meta.is_file()
            && self.wish.get_checksum
            && let Some(file) = target.open(path)?
        {
            let sum = self.wish.checksum_algorithm.of(file);
            value["checksum"] =
                sum.map_err(|e| Fail::io(format!("cannot read `{}`", path.display()), &e))?.into();
        }
        Ok(value)
    }
}

fn stamp(seconds: i64, nanoseconds: i64) -> f64 {
    seconds as f64 + nanoseconds as f64 / 1e9
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::testing::Sandbox;

    fn sandbox() -> Sandbox {
        let sandbox = Sandbox::new("find")
            .file("t/a.log", "one\nerror: x\n")
            .file("t/b.txt", "two")
            .file("t/d/c.log", "");
        sandbox.file("t/.hidden.log", "").dir("t/e")
    }

    fn found(mut args: Value) -> Vec<String> {
        let sandbox = sandbox();
        args["paths"] = sandbox.path("t").into();
        let values = sandbox.reads(args);
        let prefix = sandbox.path("t/");
        let path = |file: &Value| file["path"].as_str().unwrap().strip_prefix(&prefix).unwrap().to_owned();
        values["files"].as_array().unwrap().iter().map(path).collect()
    }

    #[test]
    fn files_are_found_by_name() {
        assert_eq!(found(json!({"patterns": "*.log"})), ["a.log"]);
        assert_eq!(
            found(json!({"patterns": ["*.log"], "recurse": true, "hidden": true})),
            [".hidden.log", "a.log", "d/c.log"]
        );
        assert_eq!(
            found(json!({"patterns": "^[ab]\\..*", "use_regex": true, "excludes": "^b.*"})),
            ["a.log"]
        );
    }

    #[test]
    fn files_are_found_by_size_content_and_kind() {
        assert_eq!(found(json!({"size": "4"})), ["a.log"]);
        assert_eq!(found(json!({"size": "-4"})), ["b.txt"]);
        assert_eq!(found(json!({"contains": "error"})), ["a.log"]);
        assert_eq!(found(json!({"contains": "rror"})), Vec::<String>::new());
        assert_eq!(found(json!({"contains": "x$", "read_whole_file": true})), ["a.log"]);
        assert_eq!(found(json!({"contains": "one$", "read_whole_file": true})), Vec::<String>::new());
        assert_eq!(found(json!({"file_type": "directory"})), ["d", "e"]);
        assert_eq!(found(json!({"age": "1h"})), Vec::<String>::new());
        assert_eq!(found(json!({"age": "-1h", "limit": 1})), ["a.log"]);
    }

    #[test]
    fn what_lies_too_deep_is_only_counted() {
        let sandbox = sandbox();
        let values = sandbox.reads(json!({"paths": sandbox.path("t"), "recurse": true, "depth": 1}));
        assert_eq!((&values["matched"], &values["examined"]), (&json!(2), &json!(6)));
    }

    #[test]
    fn a_file_of_another_alphabet_is_told() {
        let sandbox = sandbox();
        std::fs::write(sandbox.at("t/e/f"), b"\xff").unwrap();
        let path = sandbox.path("t/e");
        let values = sandbox.reads(json!({"paths": path, "contains": "a"}));
        let said = values["skipped_paths"][&path].as_str().unwrap();
        assert!(said.ends_with("due to an encoding error. current encoding: utf-8"), "{said}");
    }

    #[test]
    fn a_path_that_is_no_directory_is_told() {
        let sandbox = sandbox();
        let values = sandbox.reads(json!({"paths": sandbox.path("nothing")}));
        assert_eq!(values["matched"], 0);
        assert_eq!(values["skipped_paths"].as_object().unwrap().len(), 1);
    }
}
