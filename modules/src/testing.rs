//! A sandbox for the tests of modules: a directory, tools that stand in for the
//! system's, and a look at everything before and after.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, Cursor, Read};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::run_call_under;
use crate::wire::{BodyInfo, Call, CallIo, Change, Reply, Stream};

/// A place to run one module in. The system's own files (`/etc/group`) are those of the sandbox, and
/// `tool` puts programs before those of the system.
pub(crate) struct Sandbox {
    module: &'static str,
    directory: tempfile::TempDir,
    bodies: HashMap<String, Vec<u8>>,
    environment: Vec<(String, String)>,
}

/// What can be seen of one path.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    mode: u32,
    owner: (u32, u32),
    modified: (i64, i64),
    content: Vec<u8>,
}

impl Sandbox {
    /// An empty sandbox for a module of the table.
    pub(crate) fn new(module: &'static str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::create_dir(directory.path().join("bin")).unwrap();
        fs::create_dir(directory.path().join("etc")).unwrap();
        let sandbox = Self { module, directory, bodies: HashMap::new(), environment: Vec::new() };
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", sandbox.path("bin"));
        sandbox.env("PATH", &path)
    }

    /// The sandbox with a variable of the environment.
    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// The sandbox with a file, and the directories to it.
    pub(crate) fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.at(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// The sandbox with a directory, and those to it.
    pub(crate) fn dir(self, name: &str) -> Self {
        fs::create_dir_all(self.at(name)).unwrap();
        self
    }

    /// The sandbox with a program in the place of the system's; `$SANDBOX` is its directory.
    pub(crate) fn tool(self, name: &str, script: &str) -> Self {
        let name = format!("bin/{name}");
        let directory = self.directory.path().display().to_string();
        let sandbox = self.file(&name, format!("#!/bin/sh\nSANDBOX='{directory}'\n{script}\n"));
        fs::set_permissions(sandbox.at(&name), fs::Permissions::from_mode(0o755)).unwrap();
        sandbox
    }

    /// The sandbox with a file that the controller offers with the call.
    pub(crate) fn body(mut self, name: &str, content: impl AsRef<[u8]>) -> Self {
        self.bodies.insert(name.to_owned(), content.as_ref().to_vec());
        self
    }

    /// The path of a file, for arguments.
    pub(crate) fn path(&self, name: &str) -> String {
        self.at(name).display().to_string()
    }

    /// The path of a file, for the test itself.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The text of a file.
    pub(crate) fn text(&self, name: &str) -> String {
        fs::read_to_string(self.at(name)).unwrap_or_else(|error| panic!("cannot read `{name}`: {error}"))
    }

    /// The bits of permission of a file.
    pub(crate) fn mode(&self, name: &str) -> u32 {
        fs::symlink_metadata(self.at(name)).unwrap().mode() & 0o7777
    }

    /// Check foretells a change and makes none, run changes, run again does not. The reply of the first run.
    #[track_caller]
    pub(crate) fn converges(&self, args: Value) -> Reply {
        let before = self.look();
        let foretold = self.well(args.clone(), true);
        assert_eq!(foretold.change, Change::Yes, "check mode foretold no change: {foretold:?}");
        self.assert_untouched(&before);
        let first = self.well(args.clone(), false);
        assert_eq!(first.change, Change::Yes, "the run changed nothing: {first:?}");
        let told = |reply: &Reply| (reply.diff.clone(), reply.values.get("diff").cloned());
        assert_ne!(told(&first), (Vec::new(), None), "the run keeps no diff: {first:?}");
        assert_eq!(told(&foretold), told(&first), "check mode foretold another difference");
        self.keeps(args);
        first
    }

    /// Everything is as wanted already: neither check nor run changes anything. The reply of the run.
    #[track_caller]
    pub(crate) fn keeps(&self, args: Value) -> Reply {
        let before = self.look();
        for check in [true, false] {
            let reply = self.well(args.clone(), check);
            assert_eq!(reply.change, Change::No, "nothing was to do (check: {check}): {reply:?}");
            self.assert_untouched(&before);
        }
        self.well(args, false)
    }

    /// As [`Sandbox::keeps`], for a module that only reads: what it gives back, in check mode the same.
    #[track_caller]
    pub(crate) fn reads(&self, args: Value) -> Map<String, Value> {
        self.keeps(args).values
    }

    /// Of a module that cannot foretell: check answers *unknown* and touches nothing, run changes.
    #[track_caller]
    pub(crate) fn performs(&self, args: Value) -> Reply {
        let before = self.look();
        let foretold = self.well(args.clone(), true);
        assert_eq!(foretold.change, Change::Unknown, "check mode claims to know: {foretold:?}");
        self.assert_untouched(&before);
        let reply = self.well(args, false);
        assert_eq!(reply.change, Change::Yes, "the run changed nothing: {reply:?}");
        reply
    }

    /// The module fails and leaves everything as it was, though files may come and go; its message.
    #[track_caller]
    pub(crate) fn fails(&self, args: Value) -> String {
        let before = self.look();
        let reply = self.call(args, false);
        self.assert_same(&before, false);
        reply.failure.clone().unwrap_or_else(|| panic!("it did not fail: {reply:?}"))
    }

    /// Runs the module; it may fail.
    pub(crate) fn run(&self, args: Value) -> Reply {
        self.call(args, false)
    }

    /// Runs the module in check mode; it may fail.
    pub(crate) fn check(&self, args: Value) -> Reply {
        self.call(args, true)
    }

    #[track_caller]
    fn well(&self, args: Value, check: bool) -> Reply {
        let reply = self.call(args, check);
        assert_eq!(reply.failure, None, "it failed (check: {check}): {reply:?}");
        reply
    }

    fn call(&self, args: Value, check: bool) -> Reply {
        let Value::Object(args) = args else { panic!("arguments are a map") };
        let offer = |(name, content): (&String, &Vec<u8>)| BodyInfo {
            name: name.clone(),
            size: content.len() as u64,
            sha256: crate::checksum::sha256(content),
        };
        let call = Call {
            id: 7,
            module: self.module.to_owned(),
            args,
            check,
            diff: true,
            environment: self.environment.clone(),
            live: true,
            bodies: self.bodies.iter().map(offer).collect(),
            background: None,
        };
        let reply = run_call_under(self.directory.path(), call, &mut InProcess::new(&self.bodies));
        assert_eq!(reply.id, 7);
        reply
    }

    fn look(&self) -> BTreeMap<PathBuf, Seen> {
        let mut all = BTreeMap::new();
        look_into(self.directory.path(), &mut all);
        all
    }

    #[track_caller]
    fn assert_untouched(&self, before: &BTreeMap<PathBuf, Seen>) {
        self.assert_same(before, true);
    }

    #[track_caller]
    fn assert_same(&self, before: &BTreeMap<PathBuf, Seen>, times_of_directories: bool) {
        let now = self.look();
        for (path, seen) in before {
            let mut then = seen.clone();
            match now.get(path) {
                Some(seen) if path.is_dir() && !times_of_directories => then.modified = seen.modified,
                _ => {}
            }
            assert_eq!(Some(&then), now.get(path), "`{}` was touched", path.display());
        }
        let new: Vec<_> = now.keys().filter(|path| !before.contains_key(*path)).collect();
        assert!(new.is_empty(), "these were made: {new:?}");
    }
}

fn look_into(path: &Path, all: &mut BTreeMap<PathBuf, Seen>) {
    let meta = fs::symlink_metadata(path).unwrap();
    let content = match () {
        () if meta.is_symlink() => fs::read_link(path).unwrap().into_os_string().into_encoded_bytes(),
        () if meta.is_file() => fs::read(path).unwrap_or_default(),
        () => Vec::new(),
    };
    let seen = Seen {
        mode: meta.mode(),
        owner: (meta.uid(), meta.gid()),
        modified: (meta.mtime(), meta.mtime_nsec()),
        content,
    };
    all.insert(path.to_owned(), seen);
    if meta.is_dir() {
        for entry in fs::read_dir(path).unwrap() {
            look_into(&entry.unwrap().path(), all);
        }
    }
}

/// The controller's side of a call, in this process.
pub(crate) struct InProcess {
    bodies: HashMap<String, Vec<u8>>,
    /// The live lines.
    pub(crate) lines: Vec<(Stream, String)>,
    /// What was sent back.
    pub(crate) sent: HashMap<String, Vec<u8>>,
}

impl InProcess {
    /// A controller that offers these files.
    pub(crate) fn new(bodies: &HashMap<String, Vec<u8>>) -> Self {
        Self { bodies: bodies.clone(), lines: Vec::new(), sent: HashMap::new() }
    }
}

impl CallIo for InProcess {
    fn log(&mut self, stream: Stream, line: &str) {
        self.lines.push((stream, line.to_owned()));
    }

    fn open_body(&mut self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        let content = self.bodies.get(name).cloned().ok_or(io::ErrorKind::NotFound)?;
        Ok(Box::new(Cursor::new(content)))
    }

    fn send_body(&mut self, name: &str, content: &mut dyn Read) -> io::Result<u64> {
        let mut bytes = Vec::new();
        content.read_to_end(&mut bytes)?;
        let length = bytes.len() as u64;
        self.sent.insert(name.to_owned(), bytes);
        Ok(length)
    }

    fn cancelled(&self) -> bool {
        false
    }
}
