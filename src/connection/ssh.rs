//! Connections by `ssh`: a master process for each host, started with our own options and those of
//! the user, and everything else through the `openssh` crate's native multiplexing on it.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use openssh::Session;
use openssh_mux_client::Connection;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::process::Command;
use tokio::sync::OnceCell;

use super::activity::Busy;
use super::address::Ssh;
use super::askpass::{self, Askpass};
use super::binary::Binary;
use super::pacing::{Pacing, pause};
use super::pipes::Pipes;
use super::refusal::refusal;
use super::unreachable::{Kind, Unreachable};

/// What a login may take on top of reaching the host.
const LOGIN: Duration = Duration::from_secs(30);
/// Logins that `sshd` drops at random are tried so often on top of the retries asked for.
const DROPPED: u32 = 4;

/// What all connections of a run stand on.
pub(super) struct Ground {
    /// The binary that works on the hosts.
    pub(super) binary: Binary,
    pacing: Pacing,
    room: OnceCell<Room>,
    next: AtomicU32,
}

/// The private directory of the control sockets.
struct Room {
    directory: TempDir,
    askpass: Askpass,
}

impl Ground {
    pub(super) fn new(binary: Binary, forks: usize, per_address: usize) -> Self {
        Self {
            binary,
            pacing: Pacing::new(forks, per_address),
            room: OnceCell::new(),
            next: AtomicU32::new(1),
        }
    }

    /// Opens no further connections.
    pub(super) fn close(&self) {
        self.pacing.close();
    }

    /// Connects to a host; what happens before the login is over may be tried again.
    pub(super) async fn connect(&self, ssh: &Ssh, busy: &Busy) -> Result<Master, Unreachable> {
        let address = format!("{}:{}", ssh.host, ssh.port.unwrap_or(22));
        let mut failed = 0;
        loop {
            let over = || Unreachable::new(Kind::Controller, "the run is over");
            let turn = self.pacing.turn(&address).await.ok_or_else(over)?;
            busy.say(format!("connecting to {address}"));
            let reason = match self.attempt(ssh).await {
                Ok(master) => return Ok(master),
                Err(reason) => reason,
            };
            drop(turn);
            let more = if reason.kind == Kind::Dropped && ssh.retries > 0 { DROPPED } else { 0 };
            if !reason.kind.is_transient() || failed >= ssh.retries + more {
                return Err(reason);
            }
            busy.say(format!("waiting to connect to {address} again: {}", reason.message));
            tokio::time::sleep(pause(failed)).await;
            failed += 1;
        }
    }

    async fn attempt(&self, ssh: &Ssh) -> Result<Master, Unreachable> {
        let own = |e: std::io::Error| {
            Unreachable::new(Kind::Controller, format!("cannot prepare a connection: {e}"))
        };
        let room = self.room.get_or_try_init(|| async { self.open() }).await.map_err(own)?;
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let path = |kind| room.directory.path().join(format!("{kind}{number}"));
        let (ctl, log) = (path("c"), path("l"));
        let file = File::options().append(true).create_new(true).mode(0o600).open(&log).map_err(own)?;
        let mut command = Command::new(&ssh.exe);
        command.args(arguments(ssh, &ctl, &log)).stdin(Stdio::null()).stdout(Stdio::null()).stderr(file);
        // In a group of its own, so that Ctrl-C is for us alone.
        command.process_group(0).kill_on_drop(true);
        if ssh.password.is_some() {
            command.env("SSH_ASKPASS", room.askpass.program()).env("SSH_ASKPASS_REQUIRE", "force");
        }
        let no_ssh = |e| {
            let message = format!("cannot run `{}`: {e}", ssh.exe);
            Unreachable::new(Kind::Ssh, message).hint("is the OpenSSH client installed here?")
        };
        let mut child = command.spawn().map_err(no_ssh)?;
        let pid = child.id().unwrap_or_default();
        if let Some(password) = &ssh.password {
            room.askpass.expect(pid, password);
        }
        let status = tokio::time::timeout(ssh.connect_timeout + LOGIN, child.wait()).await;
        let asked = room.askpass.forget(pid);
        let said = || std::fs::read_to_string(&log).unwrap_or_default();
        match status {
            Ok(Ok(status)) if status.success() => Master::new(ctl, log).await,
            Ok(Ok(status)) => Err(in_vain(refusal(&said(), status.code(), ssh), asked)),
            Ok(Err(e)) => Err(own(e)),
            Err(_) => {
                let message = format!("the login to `{}` did not end within {} s", ssh.host, LOGIN.as_secs());
                Err(Unreachable::new(Kind::Timeout, message).detail(said().trim()))
            }
        }
    }

    fn open(&self) -> std::io::Result<Room> {
        let short: &'static Path = Path::new("/tmp");
        let mut builder = tempfile::Builder::new();
        builder.prefix(askpass::PREFIX);
        // The path of a socket may have no more than 108 bytes.
        let directory = builder.tempdir_in(short).or_else(|_| builder.tempdir())?;
        // `/proc/self` would be the process of `ssh`.
        let own = Path::new("/proc").join(std::process::id().to_string()).join("exe");
        let binary = if self.binary.path() == Path::new("/proc/self/exe") {
            own
        } else {
            self.binary.path().to_owned()
        };
        let askpass = Askpass::listen(directory.path(), &binary)?;
        // Nobody waits for it: a crowded directory takes longer than a login.
        tokio::task::spawn_blocking(|| Askpass::sweep(short));
        Ok(Room { directory, askpass })
    }
}

fn in_vain(reason: Unreachable, asked: Option<String>) -> Unreachable {
    match asked.filter(|_| reason.kind == Kind::Authentication) {
        Some(prompt) => {
            Unreachable { message: format!("{} (it asked `{prompt}`)", reason.message), ..reason }
        }
        None => reason,
    }
}

/// The command line of a master: what must hold, what is said about the host, what the user adds,
/// and what holds unless the user says otherwise; `ssh` heeds the first that it hears.
fn arguments(ssh: &Ssh, ctl: &Path, log: &Path) -> Vec<String> {
    let path = |path: &Path| path.to_string_lossy().into_owned();
    let mut all: Vec<String> = ["-M", "-N", "-f", "-T", "-S"].map(str::to_owned).into();
    all.extend([path(ctl), "-E".to_owned(), path(log)]);
    let mut option = |option: String| all.extend(["-o".to_owned(), option]);
    // A master whose run was killed ends by itself.
    option("ControlPersist=20".to_owned());
    match ssh.password {
        None => option("BatchMode=yes".to_owned()),
        Some(_) => {
            ["BatchMode=no", "NumberOfPasswordPrompts=1"].map(|o| option(o.to_owned())).into_iter().collect()
        }
    }
    if !ssh.host_key_checking {
        option("StrictHostKeyChecking=no".to_owned());
    }
    if let Some(port) = ssh.port {
        option(format!("Port={port}"));
    }
    if let Some(user) = &ssh.user {
        option(format!("User={}", quoted(user)));
    }
    if let Some(key) = &ssh.key {
        option(format!("IdentityFile={}", quoted(key)));
    }
    all.extend(ssh.args.iter().cloned());
    let seconds = ssh.connect_timeout.as_secs().max(1);
    for usual in
        [format!("ConnectTimeout={seconds}"), "ServerAliveInterval=15".into(), "ServerAliveCountMax=4".into()]
    {
        all.extend(["-o".to_owned(), usual]);
    }
    all.extend(["--".to_owned(), ssh.host.clone()]);
    all
}

/// A value as `ssh`'s configuration reads it back.
fn quoted(value: &str) -> String {
    match value.contains([' ', '"', '#']) {
        true => format!("\"{}\"", value.replace('"', "\\\"")),
        false => value.to_owned(),
    }
}

/// A connection that is logged in.
pub(super) struct Master {
    session: Arc<Session>,
    ctl: PathBuf,
    log: PathBuf,
    pid: Option<Pid>,
}

impl Master {
    async fn new(ctl: PathBuf, log: PathBuf) -> Result<Self, Unreachable> {
        let unheard = |e| {
            let said = std::fs::read_to_string(&log).unwrap_or_default();
            Unreachable::new(Kind::Ssh, format!("the connection was not kept: {e}")).detail(said.trim())
        };
        let mut connection = Connection::connect(&ctl).await.map_err(unheard)?;
        let pid = connection.send_alive_check().await.map_err(unheard)?;
        let session = Arc::new(Session::resume_mux(ctl.clone().into_boxed_path(), None));
        Ok(Self { session, ctl, log, pid: Pid::from_raw(pid.get() as i32) })
    }

    /// Starts a command in the login shell.
    pub(super) async fn start(&self, command: &str) -> Result<Pipes, Unreachable> {
        let lost = |e: openssh::Error| {
            let last = self.last_words();
            let colon = if last.is_empty() { "" } else { ": " };
            Unreachable::new(Kind::Lost, format!("cannot start a command: {e}{colon}{last}"))
        };
        let mut remote = self.session.clone().arc_raw_command(command);
        let piped = openssh::Stdio::piped;
        remote.stdin(piped()).stdout(piped()).stderr(piped());
        let mut child = remote.spawn().await.map_err(lost)?;
        let streams = (child.stdin().take(), child.stdout().take(), child.stderr().take());
        let (Some(stdin), Some(stdout), Some(stderr)) = streams else {
            return Err(Unreachable::new(Kind::Controller, "a new process has no pipes"));
        };
        let exit = Box::pin(async move {
            match child.wait().await {
                Ok(status) => status.code(),
                // The crate takes this status for its own.
                Err(openssh::Error::Remote(_)) => Some(127),
                Err(_) => None,
            }
        });
        Ok(Pipes { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), exit })
    }

    /// The last line that it has written.
    pub(super) fn last_words(&self) -> String {
        let said = std::fs::read_to_string(&self.log).unwrap_or_default();
        said.lines().rev().map(str::trim).find(|line| !line.is_empty()).unwrap_or_default().to_owned()
    }

    /// Whether its socket is still there; it removes it when it ends.
    pub(super) fn looks_alive(&self) -> bool {
        self.ctl.exists()
    }

    /// Whether it answers.
    pub(super) async fn is_alive(&self) -> bool {
        self.session.check().await.is_ok()
    }
}

impl Drop for Master {
    fn drop(&mut self) {
        // Without its socket it has ended, and its number may be another's.
        if let Some(pid) = self.pid.filter(|_| self.ctl.exists()) {
            let _ = kill_process(pid, Signal::TERM);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(ssh: &Ssh) -> String {
        arguments(ssh, Path::new("/tmp/c"), Path::new("/tmp/l")).join(" ")
    }

    #[test]
    fn without_a_password_nothing_is_asked_for() {
        let line = line(&Ssh::new("web"));
        assert!(line.contains("BatchMode=yes") && line.ends_with("-- web"), "{line}");
        assert!(!line.contains("StrictHostKeyChecking"), "{line}");
    }

    #[test]
    fn a_password_is_in_no_argument() {
        let mut ssh = Ssh::new("web");
        ssh.password = Some(super::super::Secret::new("hunter2"));
        let line = line(&ssh);
        assert!(line.contains("NumberOfPasswordPrompts=1") && !line.contains("hunter2"), "{line}");
    }

    #[test]
    fn what_the_user_adds_goes_before_what_is_usual_and_after_what_is_said_of_the_host() {
        let mut ssh = Ssh::new("web");
        ssh.port = Some(2222);
        ssh.key = Some("/keys/my key".into());
        ssh.host_key_checking = false;
        ssh.args = vec!["-o".into(), "ServerAliveInterval=5".into()];
        let line = line(&ssh);
        let at = |what: &str| line.find(what).unwrap_or_else(|| panic!("{what} in {line}"));
        assert!(at("Port=2222") < at("ServerAliveInterval=5"));
        assert!(at("ServerAliveInterval=5") < at("ServerAliveInterval=15"));
        assert!(line.contains("IdentityFile=\"/keys/my key\"") && line.contains("StrictHostKeyChecking=no"));
    }
}
