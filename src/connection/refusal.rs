//! What `ssh` says when it does not get through, in one line, with its kind and what helps.

use super::address::Ssh;
use super::unreachable::{Kind, Unreachable};

const SIGNS: [(&str, Kind); 24] = [
    ("REMOTE HOST IDENTIFICATION HAS CHANGED", Kind::HostKeyChanged),
    ("Host key verification failed", Kind::HostKeyUnknown),
    ("Too many authentication failures", Kind::Authentication),
    ("Permission denied", Kind::Authentication),
    ("No supported authentication methods", Kind::Authentication),
    ("No more authentication methods", Kind::Authentication),
    ("Could not resolve hostname", Kind::Resolve),
    ("Name or service not known", Kind::Resolve),
    ("Connection refused", Kind::Refused),
    ("timed out", Kind::Timeout),
    ("timeout", Kind::Timeout),
    ("not responding", Kind::Timeout),
    ("No route to host", Kind::NoRoute),
    ("Network is unreachable", Kind::NoRoute),
    ("Host is down", Kind::NoRoute),
    ("kex_exchange_identification", Kind::Dropped),
    ("ssh_exchange_identification", Kind::Dropped),
    ("Exceeded MaxStartups", Kind::Dropped),
    ("Not allowed at this time", Kind::Dropped),
    ("Connection closed by", Kind::Dropped),
    ("Connection reset by", Kind::Dropped),
    ("closed by remote host", Kind::Dropped),
    ("Broken pipe", Kind::Dropped),
    ("Connection aborted", Kind::Dropped),
];

/// Why no connection came about, from what `ssh` wrote.
pub(super) fn refusal(said: &str, status: Option<i32>, to: &Ssh) -> Unreachable {
    let sign = SIGNS.iter().find(|(sign, _)| said.contains(sign));
    let kind = sign.map_or(Kind::Ssh, |(_, kind)| *kind);
    let line = sign.and_then(|(sign, _)| said.lines().rev().find(|line| line.contains(sign)));
    let line = line.or_else(|| said.lines().rev().find(|line| !line.trim().is_empty())).unwrap_or_default();
    let line: String = line.trim().chars().filter(|c| !c.is_control()).take(300).collect();
    let (host, exe) = (&to.host, &to.exe);
    let message = match kind {
        Kind::HostKeyChanged => format!("the key of `{host}` is another than the known one"),
        Kind::HostKeyUnknown => format!("the key of `{host}` is not known"),
        Kind::Authentication => format!("`{host}` does not let us log in: {line}"),
        Kind::Ssh if line.is_empty() => {
            format!("`{exe}` ended with status {} and said nothing", status.unwrap_or(255))
        }
        _ => format!("cannot connect to `{host}`: {line}"),
    };
    let reason = Unreachable::new(kind, message).detail(said.trim());
    match hint(kind, said, to) {
        Some(hint) => reason.hint(hint),
        None => reason,
    }
}

fn hint(kind: Kind, said: &str, to: &Ssh) -> Option<String> {
    let host = &to.host;
    let name = to.port.map_or_else(|| host.clone(), |port| format!("[{host}]:{port}"));
    let port = to.port.map_or_else(String::new, |port| format!("-p {port} "));
    Some(match kind {
        Kind::HostKeyChanged => {
            format!("make sure that it is the same host; then `ssh-keygen -R '{name}'` forgets the old key")
        }
        Kind::HostKeyUnknown => format!(
            "log in once by `ssh {port}{host}` and compare the key, or `ssh-keyscan {port}{host} >> ~/.ssh/known_hosts`, \
             or set `host_key_checking = False`"
        ),
        Kind::Authentication if said.contains("UNPROTECTED PRIVATE KEY") => {
            "the key file can be read by others: `chmod 600` it".to_owned()
        }
        Kind::Authentication if to.password.is_some() => {
            "see `ansible_user` and `ansible_password`".to_owned()
        }
        Kind::Authentication => {
            "see `ansible_user`, load the key into the agent by `ssh-add`, or give a password by `-k`"
                .to_owned()
        }
        Kind::Dropped => "its `sshd` may allow fewer logins at once: see its `MaxStartups`".to_owned(),
        Kind::Timeout => format!("it has {} s: see `timeout`", to.connect_timeout.as_secs()),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_saying_of_ssh_has_its_kind() {
        let cases = [
            ("root@127.0.0.1: Permission denied (publickey).", Kind::Authentication),
            ("ssh: connect to host 127.0.0.1 port 22999: Connection refused", Kind::Refused),
            ("Connection timed out during banner exchange", Kind::Timeout),
            (
                "@ WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED! @\r\nHost key verification failed.",
                Kind::HostKeyChanged,
            ),
            (
                "No ED25519 host key is known for h and ...\r\nHost key verification failed.",
                Kind::HostKeyUnknown,
            ),
            ("ssh: Could not resolve hostname nemo: Name or service not known", Kind::Resolve),
            ("kex_exchange_identification: Connection closed by remote host", Kind::Dropped),
            ("ssh: connect to host h port 22: No route to host", Kind::NoRoute),
            ("command-line line 0: Bad configuration option: nonsense", Kind::Ssh),
        ];
        for (said, kind) in cases {
            let reason = refusal(said, Some(255), &Ssh::new("h"));
            assert_eq!(reason.kind, kind, "{said}");
            assert!(!reason.message.contains('\n'), "{}", reason.message);
        }
    }

    #[test]
    fn an_unknown_key_comes_with_the_way_to_accept_it() {
        let mut ssh = Ssh::new("web");
        ssh.port = Some(2222);
        let reason = refusal("Host key verification failed.", Some(255), &ssh);
        assert!(reason.hint.unwrap().contains("ssh-keyscan -p 2222 web"));
    }
}
