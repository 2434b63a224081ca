//! An `sshd` of our own, on a free port, with keys and settings in a temporary directory.

use std::fs;
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use tempfile::TempDir;

use crate::connection::{Address, Ssh};

pub(super) struct Sshd {
    pub(super) directory: TempDir,
    pub(super) port: u16,
    process: Option<Child>,
}

impl Sshd {
    pub(super) fn start() -> Self {
        Self::with("")
    }

    /// As `start`, with further lines in its settings.
    pub(super) fn with(settings: &str) -> Self {
        let mut sshd = Self::down(settings);
        sshd.up();
        sshd
    }

    /// One that does not listen yet.
    pub(super) fn down(settings: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("baton-sshd-").tempdir_in("/tmp").unwrap();
        // Users that log in read their keys and keep their cache in it.
        fs::set_permissions(directory.path(), fs::Permissions::from_mode(0o755)).unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        for key in ["host", "user"] {
            let made =
                Command::new("ssh-keygen").args(["-q", "-t", "ed25519", "-N", "", "-f", &path(key)]).status();
            assert!(made.unwrap().success());
        }
        fs::copy(path("user.pub"), path("authorized")).unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let host = fs::read_to_string(path("host.pub")).unwrap();
        fs::write(path("known"), format!("[127.0.0.1]:{port} {host}")).unwrap();
        let config = format!(
            "Port {port}\nListenAddress 127.0.0.1\nHostKey {}\nAuthorizedKeysFile {}\nPidFile none\n\
             StrictModes no\nUsePAM no\nPermitRootLogin yes\n{settings}\n\
             Match User root\nSetEnv XDG_CACHE_HOME={}\n",
            path("host"),
            path("authorized"),
            path("cache")
        );
        fs::write(path("config"), config).unwrap();
        Self { directory, port, process: None }
    }

    /// Listens from now on.
    pub(super) fn up(&mut self) {
        fs::create_dir_all("/run/sshd").unwrap();
        let mut sshd = Command::new("/usr/sbin/sshd");
        sshd.arg("-D")
            .arg("-f")
            .arg(self.path("config"))
            .arg("-E")
            .arg(self.path("log"))
            .stdin(Stdio::null());
        self.process = Some(sshd.spawn().unwrap());
        let since = Instant::now();
        while TcpStream::connect(("127.0.0.1", self.port)).is_err() {
            assert!(since.elapsed() < Duration::from_secs(10), "sshd does not listen");
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// How it is reached by root's key.
    pub(super) fn ssh(&self) -> Ssh {
        let known = format!("UserKnownHostsFile={}", self.path("known").display());
        let args = ["-F", "/dev/null", "-o", &known, "-o", "GlobalKnownHostsFile=/dev/null"]
            .map(str::to_owned)
            .into();
        let key = Some(self.path("user").display().to_string());
        let user = Some("root".to_owned());
        Ssh { port: Some(self.port), key, user, args, ..Ssh::new("127.0.0.1") }
    }

    pub(super) fn address(&self) -> Address {
        Address::ssh(self.ssh())
    }

    pub(super) fn log(&self) -> String {
        fs::read_to_string(self.path("log")).unwrap_or_default()
    }

    /// Ends the connections that are open, as a network would.
    pub(super) fn cut(&self) {
        let own = self.process.as_ref().unwrap().id();
        let listed = Command::new("pgrep").args(["-P", &own.to_string()]).output().unwrap();
        for pid in String::from_utf8_lossy(&listed.stdout).split_whitespace() {
            Command::new("kill").args(["-KILL", pid]).status().unwrap();
        }
    }
}

impl Drop for Sshd {
    fn drop(&mut self) {
        if let Some(process) = &mut self.process {
            let _ = process.kill();
            let _ = process.wait();
        }
    }
}
