//! What the process answers with: Ansible's codes where they exist.

use std::process::ExitCode;

use crate::event::Stats;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    Success,
    /// baton could not do its work: a file is missing, a host pattern is wrong.
    Error,
    /// A task failed on some host.
    HostsFailed,
    /// Some host could not be reached, or the user's text is wrong.
    Unreachable,
    /// A word of the command line is wrong.
    Usage,
    /// The user stopped the run.
    Interrupted,
    /// A mistake of baton's own.
    Bug,
}

impl Exit {
    /// The user's text is wrong: nothing was run.
    // ansible: the same code as for unreachable hosts.
    pub(crate) const WRONG_TEXT: Exit = Exit::Unreachable;

    /// What the counts of a run amount to; failed hosts weigh more than unreachable ones.
    pub(crate) fn of(stats: &Stats, interrupted: bool) -> Self {
        if interrupted {
            Exit::Interrupted
        } else if stats.hosts.keys().any(|host| stats.errors(host).0 > 0) {
            Exit::HostsFailed
        } else if stats.hosts.keys().any(|host| stats.errors(host).1 > 0) {
            Exit::Unreachable
        } else {
            Exit::Success
        }
    }

    /// The number the shell sees.
    pub(crate) fn code(self) -> u8 {
        match self {
            Exit::Success => 0,
            Exit::Error => 1,
            Exit::HostsFailed => 2,
            Exit::Unreachable => 4,
            Exit::Usage => 5,
            Exit::Interrupted => 99,
            Exit::Bug => 250,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}
