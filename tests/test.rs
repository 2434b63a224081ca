//! The builder of tests: files in a directory of their own, a command line, and what must come of it.
//! What is printed is compared as a whole, after names of temporary files and times are made equal.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use regex::Regex;
use tempfile::TempDir;

/// A run to be: files, arguments, and what it must say.
pub(crate) struct Test {
    directory: TempDir,
    args: Vec<String>,
    /// Words that come after all others.
    last: Vec<String>,
    environment: Vec<(String, String)>,
    status: i32,
    stdout: Option<String>,
    stderr: Option<String>,
}

/// What came of a run.
pub(crate) struct Outcome {
    directory: TempDir,
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Test {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("baton-test-").tempdir();
        Self {
            directory: directory.expect("a temporary directory"),
            args: Vec::new(),
            last: Vec::new(),
            environment: Vec::new(),
            status: 0,
            stdout: None,
            stderr: None,
        }
    }

    /// Puts a file there; directories on the way are made.
    pub(crate) fn file(self, path: &str, text: &str) -> Self {
        let path = self.directory.path().join(path);
        std::fs::create_dir_all(path.parent().expect("a directory")).expect("made directories");
        std::fs::write(path, text).expect("a written file");
        self
    }

    /// Puts the playbook there that `arg("playbook.yml")` names.
    pub(crate) fn playbook(self, text: &str) -> Self {
        self.file("playbook.yml", text)
    }

    /// Puts an inventory there and ends the command line with it.
    pub(crate) fn inventory(mut self, text: &str) -> Self {
        self.last = vec!["-i".into(), "hosts".into()];
        self.file("hosts", text)
    }

    /// Copies a directory with all that is in it.
    pub(crate) fn tree(self, from: &Path) -> Self {
        copy(from, self.directory.path());
        self
    }

    pub(crate) fn args<I: IntoIterator<Item = S>, S: Into<String>>(mut self, args: I) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    pub(crate) fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.into(), value.into()));
        self
    }

    /// The status it must end with; without this call, 0.
    pub(crate) fn status(mut self, status: i32) -> Self {
        self.status = status;
        self
    }

    /// All that it must print; without this call, anything goes.
    pub(crate) fn stdout(mut self, text: &str) -> Self {
        self.stdout = Some(text.into());
        self
    }

    /// All that it must print to stderr; without this call, anything goes.
    pub(crate) fn stderr(mut self, text: &str) -> Self {
        self.stderr = Some(text.into());
        self
    }

    /// Where its files are.
    pub(crate) fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Runs it, and compares.
    #[track_caller]
    pub(crate) fn run(self) -> Outcome {
        let (status, stdout, stderr) = (self.status, self.stdout.clone(), self.stderr.clone());
        let outcome = self.look();
        let seen = format!("--- stdout\n{}--- stderr\n{}", outcome.stdout, outcome.stderr);
        assert_eq!(outcome.status, status, "it ended with another status\n{seen}");
        for (what, wanted, found) in
            [("stdout", stdout, &outcome.stdout), ("stderr", stderr, &outcome.stderr)]
        {
            if let Some(wanted) = wanted {
                assert!(&wanted == found, "another {what}\n--- wanted\n{wanted}\n{seen}");
            }
        }
        outcome
    }

    /// Runs it, whatever comes of it.
    pub(crate) fn look(self) -> Outcome {
        let output = self.command().output().expect("a started baton");
        let plain = |bytes: &[u8]| normal(&String::from_utf8_lossy(bytes), self.directory.path());
        Outcome {
            status: output.status.code().unwrap_or(-1),
            stdout: plain(&output.stdout),
            stderr: plain(&output.stderr),
            directory: self.directory,
        }
    }

    /// The command as it will be started: nothing of the caller's environment reaches it but what it needs.
    pub(crate) fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_baton"));
        let home = self.directory.path().join(".home");
        std::fs::create_dir_all(&home).expect("a home");
        command
            .args(&self.args)
            .args(&self.last)
            .current_dir(self.directory.path())
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", home)
            .env("LANG", "C.UTF-8")
            .envs(self.environment.iter().cloned())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }
}

impl Outcome {
    /// The text of a file of the test's directory.
    #[track_caller]
    pub(crate) fn read(&self, path: &str) -> String {
        let path = self.path(path);
        std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
    }

    pub(crate) fn exists(&self, path: &str) -> bool {
        self.path(path).symlink_metadata().is_ok()
    }

    pub(crate) fn path(&self, path: &str) -> PathBuf {
        self.directory.path().join(path)
    }
}

/// The text without what differs from run to run: the directory is `TMP`, a duration `TIME`.
fn normal(text: &str, directory: &Path) -> String {
    let text = text.replace(&directory.display().to_string(), "TMP");
    let durations = Regex::new(r"\b\d+(\.\d+)? ?(ms|s)\b|\b\d+:\d\d:\d\d(\.\d+)?\b").expect("a pattern");
    durations.replace_all(&text, "TIME").into_owned()
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a made directory");
    for entry in std::fs::read_dir(from).expect("a directory").map(|entry| entry.expect("an entry")) {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copied file");
        }
    }
}
