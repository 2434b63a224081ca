//! The hosts as a test sees them without baton: over `ssh`, as root.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// A variable that `tests/lab/hosts env` prints.
#[track_caller]
pub(crate) fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| panic!("{name} is not set: start these tests with tests/lab/run"))
}

/// The inventory of all hosts.
pub(crate) fn inventory() -> PathBuf {
    variable("LAB_INVENTORY").into()
}

/// The address of a host.
pub(crate) fn address(host: &str) -> String {
    let text = std::fs::read_to_string(inventory()).expect("the inventory");
    let prefix = format!("{host} ansible_host=");
    let found = text.lines().find_map(|line| line.strip_prefix(&prefix));
    found.unwrap_or_else(|| panic!("no host {host}")).to_owned()
}

/// What a shell command prints on a host, run as root; it must succeed.
#[track_caller]
pub(crate) fn look(host: &str, command: &str) -> String {
    let output = shell(host, command);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim_end().to_owned();
    let (stdout, stderr) = (text(&output.stdout), text(&output.stderr));
    assert!(output.status.success(), "`{command}` on {host}: {}: {stderr}{stdout}", output.status);
    stdout
}

/// Runs a shell command on a host as root.
pub(crate) fn shell(host: &str, command: &str) -> Output {
    let mut ssh = Command::new("ssh");
    ssh.args(["-F", &variable("LAB_SSH_CONFIG"), "-l", "root", host, command]).stdin(Stdio::null());
    ssh.output().expect("a started ssh")
}
