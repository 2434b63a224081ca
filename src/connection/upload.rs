//! From a started command to a worker that has said hello: the bootstrap's conversation, and the
//! upload of the binary where the host does not have it yet.

use std::sync::Arc;
use std::time::Duration;

use baton_modules::bootstrap::{self, Said};
use baton_modules::wire::{FromWorker, VERSION};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::time::timeout;

use super::activity::Busy;
use super::binary::Binary;
use super::pipes::{Exit, Pipes, Reading, Tail, Writing};
use super::session::{Session, read_frame};
use super::unreachable::{Kind, Unreachable};

/// How long a login shell's start-up files and the worker's start may take.
const START: Duration = Duration::from_secs(60);
/// How long an upload may stand still.
const STALL: Duration = Duration::from_secs(30);
/// Bytes of noise from start-up files that are borne.
const NOISE: usize = 256 * 1024;
/// Bytes sent between two looks at the time.
const PIECE: usize = 64 * 1024;

/// Why there is no worker.
pub(super) enum NoWorker {
    /// It was in the cache, was started, and said no hello.
    Mute(Unreachable),
    Other(Unreachable),
}

impl NoWorker {
    pub(super) fn reason(self) -> Unreachable {
        match self {
            Self::Mute(reason) | Self::Other(reason) => reason,
        }
    }
}

impl From<Unreachable> for NoWorker {
    fn from(reason: Unreachable) -> Self {
        Self::Other(reason)
    }
}

/// The start of a worker.
pub(super) struct Starting {
    stdin: Writing,
    stdout: Reading,
    exit: Exit,
    tail: Tail,
}

impl Starting {
    pub(super) fn new(pipes: Pipes) -> Self {
        let Pipes { stdin, stdout, stderr, exit } = pipes;
        let stdout = Box::new(BufReader::with_capacity(16 * 1024, stdout));
        Self { stdin, stdout, exit, tail: Tail::of(stderr) }
    }

    /// Goes through the bootstrap's conversation up to the hello.
    pub(super) async fn bootstrapped(
        mut self,
        binary: &Binary,
        busy: &Busy,
    ) -> Result<Arc<Session>, NoWorker> {
        let sha256 = binary.identity().await?.sha256.clone();
        let (mut noise, mut full) = (0, Vec::new());
        loop {
            let line = match timeout(START, self.line()).await {
                Ok(line) => line,
                Err(_) => return Err(self.late("the login shell").into()),
            };
            let Some(line) = line else { return Err(self.shell_ended().await.into()) };
            match bootstrap::said(&line, &sha256) {
                Said::Run => return self.hello().await.map_err(NoWorker::Mute),
                Said::Need { system, machine, gzip, directory } => {
                    same_machine(&system, &machine)?;
                    self.upload(binary, gzip, &directory, busy).await?;
                }
                Said::Full(directory) => full.push(directory),
                Said::NoPlace => return Err(no_place(&full).detail(self.tail.text()).into()),
                Said::Noise => {
                    self.tail.push(line.as_bytes());
                    noise += line.len();
                    if noise > NOISE {
                        let what = "the login shell's start-up files write without end";
                        return Err(Unreachable::new(Kind::Start, what).detail(self.tail.text()).into());
                    }
                }
            }
        }
    }

    /// Waits for the hello and hands the streams over.
    pub(super) async fn hello(mut self) -> Result<Arc<Session>, Unreachable> {
        let frame = match timeout(START, read_frame(&mut self.stdout)).await {
            Ok(Ok(Some(frame))) => frame,
            Ok(_) => return Err(self.ended("the worker ended before it said anything").await),
            Err(_) => return Err(self.late("the worker")),
        };
        let Ok(FromWorker::Hello(hello)) = frame.message() else { return Err(self.babel()) };
        if hello.version != VERSION {
            return Err(self.babel());
        }
        let session = Session::new(self.stdin, self.stdout, self.exit, self.tail);
        session.runs_as(hello.user);
        Ok(session)
    }

    fn babel(&self) -> Unreachable {
        Unreachable::new(Kind::Start, "the worker speaks another language").detail(self.tail.text())
    }

    /// A line of at most `PIECE` bytes.
    async fn line(&mut self) -> Option<String> {
        let mut line = Vec::new();
        while line.len() < PIECE {
            match self.stdout.read_u8().await {
                Ok(b'\n') => return Some(String::from_utf8_lossy(&line).into_owned()),
                Ok(byte) => line.push(byte),
                Err(_) if line.is_empty() => return None,
                Err(_) => break,
            }
        }
        Some(String::from_utf8_lossy(&line).into_owned())
    }

    async fn upload(
        &mut self,
        binary: &Binary,
        gzip: bool,
        to: &str,
        busy: &Busy,
    ) -> Result<(), Unreachable> {
        let content = if gzip { binary.packed().await? } else { binary.plain().await? };
        let mut sent = 0;
        let announce = bootstrap::announce(gzip, content.len());
        for piece in std::iter::once(announce.as_bytes()).chain(content.chunks(PIECE)) {
            busy.say(format!("sending the worker to {to}, {} of {} kB", sent / 1024, content.len() / 1024));
            match timeout(STALL, self.stdin.write_all(piece)).await {
                Ok(Ok(())) => sent += piece.len(),
                Ok(Err(_)) => return Err(self.ended("the connection ended while the worker was sent").await),
                Err(_) => return Err(self.late("the upload of the worker")),
            }
        }
        match timeout(STALL, self.stdin.flush()).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(self.ended("the connection ended while the worker was sent").await),
            Err(_) => Err(self.late("the upload of the worker")),
        }
    }

    async fn shell_ended(&mut self) -> Unreachable {
        let reason = self.ended("the login shell ended").await;
        // Docker's words, which come instead of the shell's.
        if let Some(at) = reason.message.find("unable to find user") {
            let message = format!("the container has no such user: {}", &reason.message[at..]);
            return Unreachable { kind: Kind::Authentication, message, ..reason };
        }
        let no_shell =
            [" with status 126", " with status 127"].iter().any(|how| reason.message.contains(how))
                || reason.detail.contains("executable file not found");
        if !no_shell {
            return reason;
        }
        let message =
            reason.message.replacen("the login shell ended", "there is no shell `/bin/sh`: it ended", 1);
        Unreachable { kind: Kind::NoShell, message, ..reason }
            .hint("a shell starts the worker there; for an image without one, work from outside: `docker_container`, `k8s_exec`, …")
    }

    fn late(&self, what: &str) -> Unreachable {
        let message = format!("{what} did not answer within {} s", START.max(STALL).as_secs());
        Unreachable::new(Kind::Timeout, message).detail(self.tail.text())
    }

    async fn ended(&mut self, what: &str) -> Unreachable {
        let status = timeout(Duration::from_secs(2), &mut self.exit).await.ok().flatten();
        let said = self.tail.text();
        let mut message = what.to_owned();
        if let Some(status) = status {
            message += &format!(" with status {status}");
        }
        if let Some(line) = said.lines().rev().find(|line| !line.trim().is_empty()) {
            message += &format!(": {}", line.trim());
        }
        Unreachable::new(Kind::Start, message).detail(said)
    }
}

/// Refuses a machine that cannot run our binary, before anything is sent.
fn same_machine(system: &str, machine: &str) -> Result<(), Unreachable> {
    let arch = match machine {
        "arm64" => "aarch64",
        "amd64" => "x86_64",
        other => other,
    };
    let (own_system, own) = ("Linux", std::env::consts::ARCH);
    if system == own_system && arch == own {
        return Ok(());
    }
    let message =
        format!("the host is `{system} {machine}`, and this baton is built for `{own_system} {own}`");
    let hint =
        format!("run it from a baton built for `{system} {machine}`, or use `raw`, which needs no worker");
    Err(Unreachable::new(Kind::Architecture, message).hint(hint))
}

fn no_place(full: &[String]) -> Unreachable {
    let message = match full {
        [] => "the host has no directory of the user's own that allows execution".to_owned(),
        full => format!("the worker cannot be stored on the host: no room in `{}`", full.join("`, `")),
    };
    let hint = "`~/.cache/baton`, `/var/tmp/baton-UID` and `/tmp/baton-UID` are tried: \
                one must be writable, private (0700), and not mounted `noexec`";
    Unreachable::new(Kind::NoPlace, message).hint(hint)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_of_another_kind_is_named_with_ours() {
        assert!(same_machine("Linux", std::env::consts::ARCH).is_ok());
        let refused = same_machine("Linux", "riscv64").unwrap_err();
        assert_eq!(refused.kind, Kind::Architecture);
        assert!(refused.message.contains("`Linux riscv64`"), "{}", refused.message);
        assert!(same_machine("FreeBSD", std::env::consts::ARCH).is_err());
    }

    #[test]
    fn directories_without_room_are_named() {
        assert!(
            no_place(&["/home/a/.cache/baton".into()]).message.contains("no room in `/home/a/.cache/baton`")
        );
    }
}
