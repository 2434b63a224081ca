//! Where a call goes: the transport to a host, and the user to become there.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

/// A password: shown by nothing, compared and hashed as what it is.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Secret(String);

impl Secret {
    /// Keeps a password.
    pub(crate) fn new(secret: impl Into<String>) -> Self {
        Self(secret.into())
    }

    /// The password, for whoever must be given it.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// A host as it is reached, and the user that the work is done as.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Address {
    /// The way to the host.
    pub(crate) transport: Transport,
    /// The user to become; `None` for the one that logs in.
    pub(crate) r#become: Option<Become>,
}

impl Address {
    /// This machine, as the user that runs baton.
    pub(crate) fn local() -> Self {
        Self { transport: Transport::Local, r#become: None }
    }

    /// A host by SSH, as the user that logs in.
    #[cfg(test)]
    pub(crate) fn ssh(ssh: Ssh) -> Self {
        Self { transport: Transport::Ssh(Box::new(ssh)), r#become: None }
    }
}

/// How a host is reached.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Transport {
    /// It is this machine.
    Local,
    /// Through the `ssh` of this machine, with all that its configuration says.
    Ssh(Box<Ssh>),
    /// Through the API of a Docker Engine.
    Docker(Box<Container>),
    /// Through the API server of a Kubernetes.
    Kubectl(Box<Pod>),
}

impl fmt::Display for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => f.write_str("this machine"),
            Self::Ssh(ssh) => f.write_str(&ssh.host),
            Self::Docker(container) => write!(f, "container {}", container.name),
            Self::Kubectl(pod) => write!(f, "pod {}", pod.name),
        }
    }
}

/// What `ssh` is told; what is `None` its own configuration decides.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Ssh {
    /// Name or address, or an alias of `~/.ssh/config`.
    pub(crate) host: String,
    /// `ansible_port`.
    pub(crate) port: Option<u16>,
    /// `ansible_user`.
    pub(crate) user: Option<String>,
    /// `ansible_ssh_private_key_file`.
    pub(crate) key: Option<String>,
    /// `ansible_password`; without one nothing is ever asked for.
    pub(crate) password: Option<Secret>,
    /// `ssh_args`, `ansible_ssh_common_args` and `ansible_ssh_extra_args`, in words.
    pub(crate) args: Vec<String>,
    /// `ansible_ssh_executable`.
    pub(crate) exe: String,
    /// How long reaching the host and agreeing on keys may take.
    pub(crate) connect_timeout: Duration,
    /// How often a connection that did not come about is tried again.
    pub(crate) retries: u32,
    /// Whether a host that is not known is refused.
    pub(crate) host_key_checking: bool,
}

/// A container, and how commands are started in it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Container {
    /// Its name or id.
    pub(crate) name: String,
    /// Who runs commands in it; `None` for whom its image says.
    pub(crate) user: Option<String>,
    /// Where they run.
    pub(crate) workdir: Option<String>,
    /// Variables more of their environment.
    pub(crate) env: BTreeMap<String, Secret>,
    /// Whether they may do what the container may not.
    pub(crate) privileged: bool,
    /// Options of the engine, as the modules have them.
    pub(crate) engine: BTreeMap<String, Secret>,
}

/// A container of a pod.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Pod {
    /// Its name.
    pub(crate) name: String,
    /// Its namespace; `None` for the one of the context.
    pub(crate) namespace: Option<String>,
    /// The container; `None` for the pod's default one.
    pub(crate) container: Option<String>,
    /// Options of the cluster, as the modules have them.
    pub(crate) options: BTreeMap<String, Secret>,
    /// Variables more for the programs that know the login.
    pub(crate) env: BTreeMap<String, Secret>,
}

impl Ssh {
    /// A host with nothing said about it.
    #[cfg(test)]
    pub(crate) fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            port: None,
            user: None,
            key: None,
            password: None,
            args: Vec::new(),
            exe: "ssh".to_owned(),
            connect_timeout: Duration::from_secs(10),
            retries: 2,
            host_key_checking: true,
        }
    }
}

/// Another user to become on the host.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Become {
    /// `sudo`, `su` or `doas`.
    pub(crate) method: String,
    /// `become_user`.
    pub(crate) user: String,
    /// `ansible_become_password`.
    pub(crate) password: Option<Secret>,
    /// `become_flags`, in words; `None` for the method's usual ones.
    pub(crate) flags: Option<Vec<String>>,
    /// `become_exe`, in words.
    pub(crate) exe: Option<Vec<String>>,
    /// What `su` asks with, where it is no English word for a password.
    pub(crate) prompts: Vec<String>,
    /// How long it may take, where that is said of it.
    pub(crate) timeout: Option<Duration>,
}

impl Become {
    /// A user by `sudo`, without password.
    #[cfg(test)]
    pub(crate) fn sudo(user: impl Into<String>) -> Self {
        let (method, user) = ("sudo".to_owned(), user.into());
        Self { method, user, password: None, flags: None, exe: None, prompts: Vec::new(), timeout: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_shows_in_no_debug_output() {
        let mut ssh = Ssh::new("web");
        ssh.password = Some(Secret::new("hunter2"));
        let address = Address::ssh(ssh);
        assert!(!format!("{address:?}").contains("hunter2"));
    }
}
