//! What kind of content is at a path, as `file` says. Loading what it knows takes `file` longer than all else
//! that `stat` does, so one process of it is kept and asked again, as long as the worker lives.

use std::io::{Read, Write};
use std::os::fd::AsFd;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};

use crate::{Command, Fail, Target};

const BRIEF: [&str; 3] = ["--brief", "--mime-type", "--mime-encoding"];
/// A `file` that has not answered for so long does not answer line by line.
const PATIENCE: Duration = Duration::from_secs(2);
const TICK: Timespec = Timespec { tv_sec: 0, tv_nsec: 100_000_000 };

static KEPT: Mutex<Option<Kept>> = Mutex::new(None);

/// Kind and alphabet, as `text/plain` and `us-ascii`; `None` where `file` is not installed or cannot tell.
pub(crate) fn content(
    target: &mut Target,
    path: &Path,
    follow: bool,
) -> Result<Option<(String, String)>, Fail> {
    let Some(program) = target.find_program("file") else { return Ok(None) };
    // Every `file` says the same of these.
    let meta = if follow { target.stat(path)? } else { target.lstat(path)? };
    match meta.map(|meta| meta.file_type()) {
        Some(ty) if ty.is_dir() => return Ok(Some(("inode/directory".into(), "binary".into()))),
        Some(ty) if ty.is_symlink() => return Ok(Some(("inode/symlink".into(), "binary".into()))),
        _ => {}
    }
    if let Some(line) = ask_kept(target, &program, path, follow) {
        return Ok(parts(&line));
    }
    let command = Command::new("file").args(BRIEF);
    let command = if follow { command.arg("--dereference") } else { command };
    let output = target.query(&command.arg("--").arg(path))?;
    Ok(parts(&output.text()).filter(|_| output.ok()))
}

/// Ends the process that is kept, if any.
pub(crate) fn close() {
    // One that hangs is not waited for.
    if let Ok(mut kept) = KEPT.try_lock() {
        kept.take();
    }
}

fn parts(line: &str) -> Option<(String, String)> {
    let (kind, charset) = line.trim().split_once("; charset=")?;
    Some((kind.to_owned(), charset.to_owned()))
}

fn ask_kept(target: &Target, program: &Path, path: &Path, follow: bool) -> Option<String> {
    let line = path.to_str().filter(|text| !text.is_empty() && !text.contains('\n'))?;
    // A task with an environment of its own may mean another `file`, or another of its tables. And while it
    // is asked for another host, whose files may be slow, nobody waits.
    let mut kept = KEPT.try_lock().ok().filter(|_| target.environment_is_plain())?;
    if kept.as_ref().is_some_and(|kept| kept.program != program || kept.follow != follow) {
        *kept = None;
    }
    if kept.is_none() {
        *kept = Kept::start(program, follow);
    }
    let answer = kept.as_mut()?.ask(line, &|| target.cancelled());
    if answer.is_none() {
        *kept = None;
    }
    answer
}

/// A running `file` that reads paths and answers each with a line.
struct Kept {
    program: PathBuf,
    follow: bool,
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
}

impl Kept {
    fn start(program: &Path, follow: bool) -> Option<Self> {
        let mut command = std::process::Command::new(program);
        command.args(BRIEF).args(follow.then_some("--dereference")).args([
            "--no-buffer",
            "--files-from",
            "-",
        ]);
        command.env("LC_ALL", "C").env("LANG", "C").env_remove("LANGUAGE").process_group(0);
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().ok()?;
        let (stdin, stdout) = (child.stdin.take()?, child.stdout.take()?);
        Some(Self { program: program.to_owned(), follow, child, stdin, stdout })
    }

    /// Its line about a path; `None` when it does not answer as it should, or nobody waits any more.
    fn ask(&mut self, path: &str, cancelled: &dyn Fn() -> bool) -> Option<String> {
        self.stdin.write_all(format!("{path}\n").as_bytes()).ok()?;
        let (until, mut line) = (Instant::now() + PATIENCE, Vec::new());
        while !line.ends_with(b"\n") {
            if Instant::now() > until || cancelled() || line.len() > 64 * 1024 {
                return None;
            }
            let readable = PollFd::from_borrowed_fd(self.stdout.as_fd(), PollFlags::IN);
            if poll(&mut [readable], Some(&TICK)).is_ok_and(|ready| ready == 0) {
                continue;
            }
            let mut some = [0; 512];
            match self.stdout.read(&mut some).ok()? {
                0 => return None,
                read => line.extend_from_slice(&some[..read]),
            }
        }
        String::from_utf8(line).ok()
    }
}

impl Drop for Kept {
    fn drop(&mut self) {
        // It keeps nothing that a kind end would save.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    fn program(directory: &Path, body: &str) -> PathBuf {
        let path = directory.join("file");
        std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
        path
    }

    #[test]
    fn one_process_answers_again_and_again() {
        let directory = tempfile::tempdir().unwrap();
        let echo = program(directory.path(), "while read -r path; do echo \"$$ $path\"; done");
        let mut kept = Kept::start(&echo, false).unwrap();
        let own = kept.child.id();
        for path in ["/a", "/b c"] {
            assert_eq!(kept.ask(path, &|| false), Some(format!("{own} {path}\n")));
        }
    }

    #[test]
    fn one_that_ends_or_is_silent_gives_no_answer() {
        let directory = tempfile::tempdir().unwrap();
        let ends = program(directory.path(), "exit 0");
        assert_eq!(Kept::start(&ends, false).unwrap().ask("/a", &|| false), None);
        let silent = program(directory.path(), "exec cat >/dev/null");
        let begun = Instant::now();
        assert_eq!(Kept::start(&silent, false).unwrap().ask("/a", &|| false), None);
        assert_eq!(Kept::start(&silent, false).unwrap().ask("/a", &|| true), None);
        assert!(begun.elapsed() < 2 * PATIENCE, "whoever waits no more is not held up");
    }

    #[test]
    fn what_is_no_kind_is_not_told() {
        let text = ("text/plain".to_owned(), "us-ascii".to_owned());
        assert_eq!(parts("text/plain; charset=us-ascii\n"), Some(text));
        assert_eq!(parts("cannot open `/x' (No such file or directory)\n"), None);
    }
}
