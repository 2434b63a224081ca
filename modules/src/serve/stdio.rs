//! Takes stdin and stdout away from everything else, so that no stray line of a module or of a
//! command it runs can reach the wire.

use std::fs::File;
use std::io;
use std::os::fd::AsFd;

use rustix::fs::{Mode, OFlags};
use rustix::io::fcntl_dupfd_cloexec;

/// The wire's two ends. From then on stdin is empty and stdout is stderr.
pub(super) fn take() -> io::Result<(File, File)> {
    let input = fcntl_dupfd_cloexec(io::stdin().as_fd(), 3)?;
    let output = fcntl_dupfd_cloexec(io::stdout().as_fd(), 3)?;
    let null = rustix::fs::open("/dev/null", OFlags::RDWR | OFlags::CLOEXEC, Mode::empty())?;
    rustix::stdio::dup2_stdin(&null)?;
    rustix::stdio::dup2_stdout(io::stderr().as_fd())?;
    Ok((input.into(), output.into()))
}
