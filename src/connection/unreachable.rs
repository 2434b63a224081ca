//! Why a host cannot be worked on: one line, what kind of reason, and how to mend it.

use std::fmt;

use baton_modules::wire::BecomeFailureKind;

/// What stands between the controller and a reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Nothing listens there.
    Refused,
    /// It did not answer in time.
    Timeout,
    /// The name has no address.
    Resolve,
    /// There is no way to the network.
    NoRoute,
    /// The host's key is not known.
    HostKeyUnknown,
    /// The host's key is another than the known one.
    HostKeyChanged,
    /// The login was not accepted.
    Authentication,
    /// The connection was closed before the login, e.g. by `MaxStartups`.
    Dropped,
    /// The connection or the worker ended in the midst of the work.
    Lost,
    /// Its processor or system is not the one that this binary is built for.
    Architecture,
    /// There is no directory on the host that the worker can be kept in.
    NoPlace,
    /// The worker could not be started.
    Start,
    /// There is no shell to start it.
    NoShell,
    /// Another user could not be become.
    Become(BecomeFailureKind),
    /// Whatever else `ssh` says.
    Ssh,
    /// Something failed on this side.
    Controller,
}

impl Kind {
    /// Whether trying again later may help, nothing having happened on the host yet.
    pub(crate) fn is_transient(self) -> bool {
        matches!(self, Self::Refused | Self::Timeout | Self::Dropped | Self::NoRoute)
    }
}

/// A host that could not be worked on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Unreachable {
    /// What kind of reason it is.
    pub(crate) kind: Kind,
    /// The reason in one line.
    pub(crate) message: String,
    /// How to mend it.
    pub(crate) hint: Option<String>,
    /// What was said at the end by the other side, as it was said.
    pub(crate) detail: String,
}

impl Unreachable {
    /// A reason in one line.
    pub(crate) fn new(kind: Kind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None, detail: String::new() }
    }

    /// How to mend it.
    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The other side's last words.
    pub(crate) fn detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = detail.into();
        self
    }
}

impl fmt::Display for Unreachable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "\nhint: {hint}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Unreachable {}
