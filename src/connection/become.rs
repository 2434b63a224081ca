//! What becoming another user looks like from here: its refusals in the user's words, and the
//! command line of `raw`, which has no worker to do it.

use baton_modules::wire::{BecomeFailure, BecomeFailureKind as Why};

use super::address::{Become, Secret, Transport};
use super::session::NoReply;
use super::unreachable::{Kind, Unreachable};
use crate::diagnostic::nearest;

/// The methods that are known.
const METHODS: [&str; 3] = ["sudo", "su", "doas"];
/// The prompt that `raw` has `sudo` ask with.
pub(super) const PROMPT: &str = "[baton raw] password: ";

/// A refusal in one line, with what helps.
pub(super) fn refused(failure: &BecomeFailure, by: &Become) -> Unreachable {
    let (tool, user) = (&by.method, &by.user);
    let password = "give it by `-K` or `ansible_become_password`";
    let (what, hint) = match failure.kind {
        Why::NoTool => (format!("`{tool}` is not installed on the host"), String::new()),
        Why::UnknownMethod => return unknown_method(tool),
        Why::NoUser => (format!("there is no user `{user}` on the host"), "see `become_user`".to_owned()),
        Why::PasswordNeeded => (format!("`{tool}` wants a password to become `{user}`"), password.to_owned()),
        // ansible: scripts look for the first of these words.
        Why::WrongPassword => (
            format!("Incorrect {tool} password: `{tool}` refuses the become password"),
            format!("{password}, anew"),
        ),
        Why::NotAllowed => {
            (format!("`{tool}` does not allow the login user to become `{user}`"), String::new())
        }
        Why::NoTerminal => (
            format!("`{tool}` insists on a terminal"),
            "take `requiretty` for this user out of the host's sudoers".to_owned(),
        ),
        Why::Timeout => (
            // ansible: scripts look for the first of these words.
            format!(
                "Timed out waiting for become success or become password prompt: `{tool}` started nothing as `{user}`"
            ),
            String::new(),
        ),
        Why::Other => (format!("`{tool}` started nothing as `{user}`"), String::new()),
    };
    let message = if failure.message.is_empty() { what } else { format!("{what}: {}", failure.message) };
    let reason = Unreachable::new(Kind::Become(failure.kind), message);
    if hint.is_empty() { reason } else { reason.hint(hint) }
}

/// Why a call has no reply, in one line.
pub(super) fn lost(why: NoReply, when: &str, host: &Transport) -> Unreachable {
    match why {
        NoReply::Unsendable(e) => Unreachable::new(Kind::Controller, format!("the call cannot be sent: {e}")),
        NoReply::Lost(said, status) => {
            let mut message = format!("the worker on {host} was lost {when}");
            if let Some(status) = status {
                message += &format!(", status {status}");
            }
            match said.lines().rev().find(|line| !line.trim().is_empty()) {
                Some(line) => message += &format!(": {}", line.trim()),
                None if status.is_none() => message += ": it was killed, or the connection ended",
                None => {}
            }
            Unreachable::new(Kind::Lost, message).detail(said)
        }
    }
}

/// Whether the tool reads its password from a terminal and nowhere else.
pub(crate) fn wants_terminal(by: &Become) -> bool {
    by.password.is_some() && matches!(by.method.as_str(), "su" | "doas")
}

/// The command line of `raw`, and the password to answer `PROMPT` with.
pub(super) fn raw_command(
    by: Option<&Become>,
    command: &str,
) -> Result<(String, Option<Secret>), Unreachable> {
    let Some(by) = by else { return Ok((command.to_owned(), None)) };
    let shell = quoted(command);
    let user = quoted(&by.user);
    let words = |words: &[String]| words.iter().map(|w| quoted(w)).collect::<Vec<_>>().join(" ");
    let exe = by.exe.as_deref().map_or_else(|| by.method.clone(), words);
    let flags = by.flags.as_deref().map(words);
    let without = by.password.is_none();
    match by.method.as_str() {
        "sudo" => {
            let given = by.flags.clone().unwrap_or_else(|| vec!["-H".to_owned(), "-S".to_owned()]);
            // What must not ask cannot be given a password.
            let given = given.into_iter().filter(|f| without || f != "-n" && f != "--non-interactive");
            let flags = words(&given.collect::<Vec<_>>());
            let ask = if without { "-n".to_owned() } else { format!("-S -p {}", quoted(PROMPT)) };
            Ok((format!("{exe} {flags} {ask} -u {user} sh -c {shell}"), by.password.clone()))
        }
        "su" if without => Ok((format!("{exe} {} {user} -c {shell}", flags.unwrap_or_default()), None)),
        "doas" if without => {
            Ok((format!("{exe} {} -n -u {user} sh -c {shell}", flags.unwrap_or_default()), None))
        }
        "su" | "doas" => {
            let what = format!("there is no terminal to give `{}` a password on", by.method);
            Err(Unreachable::new(Kind::Become(Why::NoTerminal), what))
        }
        other => Err(unknown_method(other)),
    }
}

/// The command line that becomes another user, without what is run then.
pub(crate) fn shown(by: &Become) -> String {
    let or = |given: &Option<Vec<String>>, usual: &[&str]| {
        given.clone().unwrap_or_else(|| usual.iter().map(|word| (*word).to_owned()).collect())
    };
    let usual: &[&str] = if by.method == "sudo" { &["-H", "-S"] } else { &[] };
    let mut all = or(&by.exe, &[&by.method]);
    all.extend(or(&by.flags, usual));
    if by.method != "su" {
        all.extend(by.password.is_none().then(|| "-n".to_owned()));
        all.push("-u".to_owned());
    }
    all.push(by.user.clone());
    all.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

fn unknown_method(method: &str) -> Unreachable {
    let reason =
        Unreachable::new(Kind::Become(Why::UnknownMethod), format!("unknown become method `{method}`"));
    match nearest(method, METHODS) {
        Some(near) => reason.hint(format!("did you mean `{near}`?")),
        None => reason.hint(format!("known are `{}`", METHODS.join("`, `"))),
    }
}

/// A word as any POSIX shell, and `fish` and `csh` as well, read it back.
pub(super) fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "_-./=,@%+:".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn raw_under_sudo_keeps_the_password_out_of_the_command() {
        let by = Become { password: Some(Secret::new("hunter2")), ..Become::sudo("root") };
        let (command, answer) = raw_command(Some(&by), "echo 'a b'").unwrap();
        assert!(!command.contains("hunter2"));
        assert_eq!(answer.unwrap().reveal(), "hunter2");
        assert!(command.ends_with(r#"-u root sh -c 'echo '"'"'a b'"'"''"#), "{command}");
    }

    #[test]
    fn an_unknown_method_is_told_the_nearest() {
        let by = Become { method: "sduo".into(), ..Become::sudo("root") };
        let refused = raw_command(Some(&by), "true").unwrap_err();
        assert_eq!(refused.hint.as_deref(), Some("did you mean `sudo`?"));
    }

    #[test]
    fn a_refusal_says_tool_and_user_and_what_was_said() {
        let failure =
            BecomeFailure { kind: Why::NotAllowed, message: "bob is not in the sudoers file.".into() };
        let refused = refused(&failure, &Become::sudo("root"));
        let expected =
            "`sudo` does not allow the login user to become `root`: bob is not in the sudoers file.";
        assert_eq!(refused.to_string(), expected);
    }
}
