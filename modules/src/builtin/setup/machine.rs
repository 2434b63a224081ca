//! What collectors look at: the files of the target and what its programs said,
//! without the way to change anything, and fit for threads.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use crate::sorting::Sorting;
use crate::users::{self, User};
use crate::wire::{CallIo, Stream};
use crate::{Command, Target};

/// The target as collectors see it.
pub(super) struct Machine {
    root: PathBuf,
    /// The environment of the task.
    pub(super) environment: BTreeMap<String, String>,
    /// What programs said, by the name of the collector that wanted to know.
    said: BTreeMap<&'static str, String>,
    /// The user of the task.
    pub(super) user: Option<User>,
    /// The full name of the host.
    pub(super) fqdn: String,
    /// How long something that may hang is waited for.
    pub(super) limit: Duration,
}

/// Programs that know what no file tells, by collector.
const PROGRAMS: [(&str, &[&str]); 4] = [
    ("caps", &["capsh", "--print"]),
    ("hardware", &["lspci", "-D"]),
    ("lsb", &["lsb_release", "-a"]),
    ("systemd", &["systemctl", "--version"]),
];

impl Machine {
    /// The machine, after its programs have been asked what the wanted collectors need.
    pub(super) fn look(target: &mut Target, wanted: &BTreeSet<&str>, limit: Duration) -> Self {
        let asked = PROGRAMS.into_iter().filter(|(name, _)| wanted.contains(name)).collect();
        let said = ask_all(target, asked, limit);
        let user = users::user_by_id(target, rustix::process::geteuid().as_raw());
        let fqdn = if wanted.contains("platform") { full_host_name(target, limit) } else { String::new() };
        Self { root: target.system("/"), environment: target.environment(), said, user, fqdn, limit }
    }

    /// One of the system's own files, under the root that the tests set.
    pub(super) fn path(&self, path: impl AsRef<Path>) -> PathBuf {
        let path = path.as_ref();
        self.root.join(path.strip_prefix("/").unwrap_or(path))
    }

    /// The text of a file; `None` where there is none that can be read.
    pub(super) fn text(&self, path: impl AsRef<Path>) -> Option<String> {
        fs::read(self.path(path)).ok().map(|bytes| String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The text of a file without blanks around it; `None` where nothing is left.
    pub(super) fn word(&self, path: impl AsRef<Path>) -> Option<String> {
        let text = self.text(path)?;
        let word = text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
        (!word.is_empty()).then(|| word.to_owned())
    }

    /// The names in a directory, sorted.
    pub(super) fn list(&self, path: impl AsRef<Path>) -> Vec<String> {
        let entries = fs::read_dir(self.path(path)).into_iter().flatten().flatten();
        let mut names: Vec<String> =
            entries.filter_map(|entry| entry.file_name().into_string().ok()).collect();
        names.put_in_order();
        names
    }

    /// Whether anything is at a path.
    pub(super) fn exists(&self, path: impl AsRef<Path>) -> bool {
        self.path(path).exists()
    }

    /// The last part of what a link leads to.
    pub(super) fn leads_to(&self, path: impl AsRef<Path>) -> Option<String> {
        let real = fs::canonicalize(self.path(path)).ok()?;
        Some(real.file_name()?.to_str()?.to_owned())
    }

    /// What a program said for a collector; `None` where there is none or it failed.
    pub(super) fn said(&self, collector: &str) -> Option<&str> {
        self.said.get(collector).map(String::as_str)
    }
}

fn ask(target: &mut Target, argv: &[&str], limit: Duration) -> Option<String> {
    let program = target.find_program(argv[0])?;
    let output = target.query(&Command::new(program).args(&argv[1..]).timeout(limit)).ok()?;
    output.ok().then(|| output.text())
}

/// What programs said, asked all at once, for each takes longer than all the files.
fn ask_all(
    target: &Target,
    asked: Vec<(&'static str, &'static [&'static str])>,
    limit: Duration,
) -> BTreeMap<&'static str, String> {
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (sender, answers) = mpsc::channel();
        for (name, argv) in asked {
            let (sender, call, root, over) = (sender.clone(), target.like(), target.system("/"), &over);
            scope.spawn(move || {
                let mut io = Beside(over);
                let said = ask(&mut Target::new(&root, &call, &mut io), argv, limit);
                // Nobody is gone: the answers are waited for below.
                let _ = sender.send(said.map(|said| (name, said)));
            });
        }
        drop(sender);
        let mut said = BTreeMap::new();
        loop {
            match answers.recv_timeout(Duration::from_millis(50)) {
                Ok(answer) => said.extend(answer),
                Err(RecvTimeoutError::Disconnected) => return said,
                Err(RecvTimeoutError::Timeout) => over.store(target.cancelled(), Ordering::Relaxed),
            }
        }
    })
}

/// What a question beside the module's own thread knows of the call: whether it is over.
struct Beside<'a>(&'a AtomicBool);

impl CallIo for Beside<'_> {
    fn log(&mut self, _: Stream, _: &str) {}

    fn open_body(&mut self, _: &str) -> io::Result<Box<dyn Read + Send>> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn send_body(&mut self, _: &str, _: &mut dyn Read) -> io::Result<u64> {
        Err(io::ErrorKind::Unsupported.into())
    }

    fn cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// The full name of the host as name services tell it: that of its address, or the name it has.
fn full_host_name(target: &mut Target, limit: Duration) -> String {
    let node = rustix::system::uname().nodename().to_string_lossy().into_owned();
    if node.contains('.') && target.system("/") == Path::new("/") && !known_in_hosts(target, &node) {
        return node;
    }
    let Some(address) = host(target, &node, limit).and_then(|names| names.into_iter().next()) else {
        return node;
    };
    let names = host(target, &address, limit).unwrap_or_default();
    let names = names.get(1..).unwrap_or_default();
    names.iter().find(|name| name.contains('.')).or(names.first()).cloned().unwrap_or(node)
}

fn known_in_hosts(target: &Target, name: &str) -> bool {
    let text = target.read_text(target.system("/etc/hosts")).ok().flatten().unwrap_or_default();
    hosts(&text).any(|line| line.iter().skip(1).any(|word| *word == name))
}

fn hosts(text: &str) -> impl Iterator<Item = Vec<&str>> {
    let lines =
        text.lines().map(|line| line.split('#').next().unwrap_or_default().split_whitespace().collect());
    lines.filter(|words: &Vec<&str>| words.len() > 1)
}

/// An address and its names, found by any of them: in `/etc/hosts`, then by the name services.
fn host(target: &mut Target, key: &str, limit: Duration) -> Option<Vec<String>> {
    let text = target.read_text(target.system("/etc/hosts")).ok().flatten().unwrap_or_default();
    let own = |words: Vec<&str>| words.into_iter().map(str::to_owned).collect();
    if let Some(words) = hosts(&text).find(|words| words.contains(&key)) {
        return Some(own(words));
    }
    if target.system("/") != Path::new("/") {
        return None;
    }
    let said = ask(target, &["getent", "hosts", key], limit.min(Duration::from_secs(5)))?;
    said.lines().next().map(|line| own(line.split_whitespace().collect()))
}
