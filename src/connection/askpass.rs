//! Answers `ssh` when it asks for a password. `ssh` starts our own binary under the name
//! `askpass`; that asks the run over a private socket beside it, so the password is in no argv,
//! no environment and no file.

use std::collections::HashMap;
use std::ffi::OsStr;
use std::io::{self, Read, Write};
use std::os::unix::fs::MetadataExt;
use std::os::unix::net::UnixStream as Blocking;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

use super::address::Secret;

/// The name that our binary is started under.
const NAME: &str = "askpass";
const SOCKET: &str = "ask";
/// How the private directories of runs are named.
pub(super) const PREFIX: &str = "baton-";

/// The side that `ssh` starts: prints the password when the run gives one. `None` when the program
/// was started under another name.
pub(super) fn ask() -> Option<io::Result<()>> {
    let mut args = std::env::args_os();
    let name = PathBuf::from(args.next()?);
    (name.file_name() == Some(OsStr::new(NAME))).then(|| {
        let prompt = args.next().unwrap_or_default();
        let mut run = Blocking::connect(name.with_file_name(SOCKET))?;
        run.write_all(prompt.as_encoded_bytes())?;
        run.shutdown(std::net::Shutdown::Write)?;
        let mut answer = Vec::new();
        run.read_to_end(&mut answer)?;
        match answer.is_empty() {
            true => Err(io::ErrorKind::PermissionDenied.into()),
            false => io::stdout().write_all(&answer),
        }
    })
}

#[derive(Default)]
struct Waiting {
    /// Given once and then gone.
    password: Option<Secret>,
    /// What else it was asked for.
    refused: Option<String>,
}

/// The side of the run.
pub(super) struct Askpass {
    program: PathBuf,
    waiting: Arc<Mutex<HashMap<u32, Waiting>>>,
}

impl Askpass {
    /// Listens in a private directory.
    pub(super) fn listen(directory: &Path, binary: &Path) -> io::Result<Self> {
        let program = directory.join(NAME);
        std::os::unix::fs::symlink(binary, &program)?;
        let listener = UnixListener::bind(directory.join(SOCKET))?;
        let waiting = Arc::default();
        tokio::spawn(answer_all(listener, Arc::clone(&waiting)));
        Ok(Self { program, waiting })
    }

    /// Removes what runs that were killed have left: private directories where nobody listens.
    pub(super) fn sweep(among: &Path) {
        let own = rustix::process::geteuid().as_raw();
        for entry in std::fs::read_dir(among).into_iter().flatten().flatten() {
            let named = entry.file_name().to_str().is_some_and(|name| name.starts_with(PREFIX));
            let ours = || entry.metadata().is_ok_and(|meta| meta.is_dir() && meta.uid() == own);
            let left = || match Blocking::connect(entry.path().join(SOCKET)) {
                Err(e) => e.kind() == io::ErrorKind::ConnectionRefused,
                Ok(_) => false,
            };
            if named && ours() && left() {
                // Another run may sweep at the same time.
                let _ = std::fs::remove_dir_all(entry.path());
            }
        }
    }

    /// What `SSH_ASKPASS` is set to.
    pub(super) fn program(&self) -> &Path {
        &self.program
    }

    /// From now on the process `ssh`, and no other, is told the password, once.
    pub(super) fn expect(&self, ssh: u32, password: &Secret) {
        self.waiting.lock().insert(ssh, Waiting { password: Some(password.clone()), refused: None });
    }

    /// The process has ended; what it asked for in vain.
    pub(super) fn forget(&self, ssh: u32) -> Option<String> {
        self.waiting.lock().remove(&ssh).and_then(|waiting| waiting.refused)
    }
}

async fn answer_all(listener: UnixListener, waiting: Arc<Mutex<HashMap<u32, Waiting>>>) {
    while let Ok((stream, _)) = listener.accept().await {
        let waiting = waiting.clone();
        tokio::spawn(async move {
            // One that breaks off gets no password, which is all there is to it.
            let _ = tokio::time::timeout(Duration::from_secs(10), answer(stream, &waiting)).await;
        });
    }
}

async fn answer(mut stream: UnixStream, waiting: &Mutex<HashMap<u32, Waiting>>) -> io::Result<()> {
    let peer = stream.peer_cred()?;
    let mut prompt = Vec::new();
    (&mut stream).take(4096).read_to_end(&mut prompt).await?;
    let prompt = String::from_utf8_lossy(&prompt).trim().to_owned();
    if peer.uid() != rustix::process::geteuid().as_raw() {
        return Ok(());
    }
    let Some(asker) = peer.pid().and_then(parent) else { return Ok(()) };
    // The `ssh` of a jump host asks as well; its process is not the one that is waited for.
    let password = waiting.lock().get_mut(&asker).and_then(|waiting| {
        if !prompt.to_lowercase().contains("password") || waiting.password.is_none() {
            waiting.refused = Some(prompt);
            return None;
        }
        waiting.password.take()
    });
    match password {
        Some(password) => stream.write_all(format!("{}\n", password.reveal()).as_bytes()).await,
        None => Ok(()),
    }
}

fn parent(pid: i32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_stranger_gets_no_password() {
        let directory = tempfile::tempdir().unwrap();
        let askpass = Askpass::listen(directory.path(), Path::new("/bin/true")).unwrap();
        // The test is not a child of the process that is expected to ask.
        askpass.expect(std::process::id(), &Secret::new("hunter2"));
        let mut stream = UnixStream::connect(directory.path().join(SOCKET)).await.unwrap();
        stream.write_all(b"root@web's password: ").await.unwrap();
        stream.shutdown().await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        assert_eq!(answer, b"");
    }

    #[tokio::test]
    async fn only_what_killed_runs_left_is_swept_away() {
        let among = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let directory = among.path().join(name);
            std::fs::create_dir(&directory).unwrap();
            directory
        };
        let (dead, alive) = (make("baton-dead"), make("baton-alive"));
        let (foreign, young) = (make("other-dead"), make("baton-young"));
        for directory in [&dead, &foreign] {
            drop(std::os::unix::net::UnixListener::bind(directory.join(SOCKET)).unwrap());
        }
        let _alive = std::os::unix::net::UnixListener::bind(alive.join(SOCKET)).unwrap();
        Askpass::sweep(among.path());
        assert!(!dead.exists());
        assert!(alive.exists() && foreign.exists() && young.exists());
    }
}
