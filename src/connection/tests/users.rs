//! Users of this machine that live as long as a test.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};

/// One at a time changes `/etc/passwd`.
static PASSWD: Mutex<()> = Mutex::new(());
static NEXT: AtomicU32 = AtomicU32::new(1);

pub(super) struct User {
    pub(super) name: String,
    pub(super) uid: u32,
}

impl User {
    /// A user with home and password.
    pub(super) fn new(password: &str) -> Self {
        Self::with_shell(password, "/bin/sh")
    }

    pub(super) fn with_shell(password: &str, shell: &str) -> Self {
        let _guard = PASSWD.lock().unwrap_or_else(|e| e.into_inner());
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let name = format!("batont{}x{number}", std::process::id());
        // A number that no user of a container on this machine has.
        let uid = 1_000_000 + std::process::id() * 100 + number;
        let added = Command::new("useradd").args(["-m", "-u", &uid.to_string(), "-s", shell, &name]).status();
        assert!(added.unwrap().success());
        let mut chpasswd = Command::new("chpasswd").stdin(Stdio::piped()).spawn().unwrap();
        let line = format!("{name}:{password}\n");
        chpasswd.stdin.take().unwrap().write_all(line.as_bytes()).unwrap();
        assert!(chpasswd.wait().unwrap().success());
        Self { name, uid }
    }

    /// Allows it everything by `sudo`, with its password or without.
    pub(super) fn may_sudo(&self, password: bool) {
        let rule = format!("{} ALL=(ALL) {}ALL\n", self.name, if password { "" } else { "NOPASSWD: " });
        fs::write(self.rules(), rule).unwrap();
    }

    fn rules(&self) -> PathBuf {
        format!("/etc/sudoers.d/{}", self.name).into()
    }
}

impl Drop for User {
    fn drop(&mut self) {
        let _guard = PASSWD.lock().unwrap_or_else(|e| e.into_inner());
        let _ = fs::remove_file(self.rules());
        for directory in ["/var/tmp", "/tmp"] {
            let _ = fs::remove_dir_all(format!("{directory}/baton-{}", self.uid));
        }
        let _ = Command::new("userdel").args(["-rf", &self.name]).stderr(Stdio::null()).status();
    }
}

/// Rules of `doas`, of which there is one file; taken away again.
pub(super) struct Doas(#[expect(dead_code, reason = "held, not read")] std::sync::MutexGuard<'static, ()>);

static DOAS: Mutex<()> = Mutex::new(());

impl Doas {
    pub(super) fn with(rules: &str) -> Self {
        let guard = DOAS.lock().unwrap_or_else(|e| e.into_inner());
        assert!(!fs::exists("/etc/doas.conf").unwrap(), "this machine has rules for doas");
        fs::write("/etc/doas.conf", rules).unwrap();
        Self(guard)
    }
}

impl Drop for Doas {
    fn drop(&mut self) {
        let _ = fs::remove_file("/etc/doas.conf");
    }
}
