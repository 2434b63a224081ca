//! A pseudo-terminal for tools that read a password only from one. In raw mode from the start, so
//! that what goes through it arrives as it was sent and nothing is echoed.

use std::fs::File;
use std::io;
use std::os::fd::{AsRawFd, BorrowedFd, OwnedFd};
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::fs::{Mode, OFlags};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{OptionalActions, tcgetattr, tcsetattr};

/// Both sides of a pseudo-terminal.
pub(super) struct Terminal {
    pub(super) master: File,
    pub(super) slave: OwnedFd,
}

/// Opens a new one.
pub(super) fn open() -> io::Result<Terminal> {
    let master = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC)?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let path = ptsname(&master, Vec::new())?;
    let slave =
        rustix::fs::open(path.as_c_str(), OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC, Mode::empty())?;
    let mut raw = tcgetattr(&slave)?;
    raw.make_raw();
    tcsetattr(&slave, OptionalActions::Now, &raw)?;
    Ok(Terminal { master: master.into(), slave })
}

/// Makes the slave the controlling terminal of what the command runs.
pub(super) fn control(command: &mut Command, slave: &OwnedFd) {
    let slave = slave.as_raw_fd();
    let attach = move || {
        rustix::process::setsid()?;
        // SAFETY: the caller keeps the slave open until the command is spawned.
        let slave = unsafe { BorrowedFd::borrow_raw(slave) };
        Ok(rustix::process::ioctl_tiocsctty(slave)?)
    };
    // SAFETY: between fork and exec only two system calls are made, and nothing is allocated.
    unsafe { command.pre_exec(attach) };
}
