//! A command to run: always an argv, never a shell string.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::time::Duration;

use super::{Fail, Target, spawn};

/// A command: program, arguments, input and surroundings.
#[derive(Clone, Debug)]
pub struct Command {
    pub(super) argv: Vec<OsString>,
    pub(super) stdin: Vec<u8>,
    pub(super) cwd: Option<PathBuf>,
    pub(super) environment: Vec<(String, String)>,
    pub(super) timeout: Option<Duration>,
    pub(super) own_locale: bool,
    pub(super) live: bool,
}

/// What a command that ended said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    /// The exit code; of a killed command the negative number of the signal.
    pub rc: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Command {
    /// The program, found in `PATH` and the directories of the system's administration.
    pub fn new(program: impl AsRef<OsStr>) -> Self {
        Self {
            argv: vec![program.as_ref().to_owned()],
            stdin: Vec::new(),
            cwd: None,
            environment: Vec::new(),
            timeout: None,
            own_locale: false,
            live: false,
        }
    }

    /// One argument more.
    pub fn arg(mut self, arg: impl AsRef<OsStr>) -> Self {
        self.argv.push(arg.as_ref().to_owned());
        self
    }

    /// More arguments.
    pub fn args<A: AsRef<OsStr>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.argv.extend(args.into_iter().map(|arg| arg.as_ref().to_owned()));
        self
    }

    /// What it reads; nothing unless given.
    pub fn stdin(mut self, bytes: impl Into<Vec<u8>>) -> Self {
        self.stdin = bytes.into();
        self
    }

    /// Where it runs.
    pub fn cwd(mut self, path: impl Into<PathBuf>) -> Self {
        self.cwd = Some(path.into());
        self
    }

    /// A variable more of its environment. No secrets: others can read it.
    pub fn env(mut self, name: &str, value: &str) -> Self {
        self.environment.push((name.to_owned(), value.to_owned()));
        self
    }

    /// How long it may take; then it is killed, and that is a failure.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = Some(limit);
        self
    }

    /// Leaves the locale of the environment; else it is `C`, so that output can be read.
    pub fn own_locale(mut self) -> Self {
        self.own_locale = true;
        self
    }

    /// Shows its lines while it runs, where live lines are wanted.
    pub fn live(mut self) -> Self {
        self.live = true;
        self
    }

    /// Program and arguments as text, for messages.
    pub fn words(&self) -> Vec<String> {
        self.argv.iter().map(|arg| arg.to_string_lossy().into_owned()).collect()
    }
}

impl Output {
    /// Whether it ended with 0.
    pub fn ok(&self) -> bool {
        self.rc == 0
    }

    /// What it said on standard output, as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    /// What it said on standard error, as text.
    pub fn errors(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The output where it ended with 0, else a failure that has `rc`, `stdout` and `stderr`.
    pub fn expect_ok(self, program: &str) -> Result<Self, Fail> {
        if self.ok() {
            return Ok(self);
        }
        let (stdout, stderr) = (self.text(), self.errors());
        let mut lines = stderr.lines().chain(stdout.lines()).map(str::trim).filter(|line| !line.is_empty());
        let said = lines.next().map(|line| format!(": {line}")).unwrap_or_default();
        let fail = Fail::new(format!("`{program}` failed with exit code {}{said}", self.rc));
        Err(fail.with("rc", self.rc).with("stdout", stdout).with("stderr", stderr))
    }
}

impl Target<'_> {
    /// Runs a command that only looks, whatever its exit code; in check mode too.
    pub fn query(&mut self, command: &Command) -> Result<Output, Fail> {
        spawn::run(self, command)
    }
}
