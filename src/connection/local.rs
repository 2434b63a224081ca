//! This machine as a host: the same worker as everywhere, a child process of our own binary.

use std::path::Path;
use std::process::Stdio;

use tokio::process::Command;

use super::pipes::Pipes;
use super::unreachable::{Kind, Unreachable};

/// Starts our own binary as a worker.
pub(super) fn worker(binary: &Path) -> Result<Pipes, Unreachable> {
    let mut command = Command::new(binary);
    command.arg("worker");
    start(command)
}

/// Starts a command of the user's.
pub(super) fn shell(script: &str) -> Result<Pipes, Unreachable> {
    let mut command = Command::new("/bin/sh");
    command.args(["-c", script]);
    start(command)
}

fn start(mut command: Command) -> Result<Pipes, Unreachable> {
    let failed = |e: std::io::Error| Unreachable::new(Kind::Start, format!("cannot start a process: {e}"));
    let lost = || Unreachable::new(Kind::Start, "a new process has no pipes");
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().map_err(failed)?;
    let stdin = child.stdin.take().ok_or_else(lost)?;
    let stdout = child.stdout.take().ok_or_else(lost)?;
    let stderr = child.stderr.take().ok_or_else(lost)?;
    let exit = Box::pin(async move { child.wait().await.ok().and_then(|status| status.code()) });
    Ok(Pipes { stdin: Box::new(stdin), stdout: Box::new(stdout), stderr: Box::new(stderr), exit })
}
