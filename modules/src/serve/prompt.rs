//! What `sudo`, `su` and `doas` say on the terminal: whether they ask for a password, and why
//! they gave up. They run with `LC_ALL=C`, so the words are English.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::wire::{BecomeFailure, BecomeFailureKind as Kind};

const KEPT: usize = 4096;

/// The last that a tool said, and what of it came since it was last answered.
#[derive(Clone, Default)]
pub(super) struct Said(Arc<Mutex<(Vec<u8>, usize)>>);

impl Said {
    pub(super) fn push(&self, bytes: &[u8]) {
        let (text, answered) = &mut *self.lock();
        text.extend_from_slice(bytes);
        let over = text.len().saturating_sub(KEPT);
        text.drain(..over);
        *answered = answered.saturating_sub(over);
    }

    /// Marks all that was said as answered.
    pub(super) fn answer(&self) {
        let (text, answered) = &mut *self.lock();
        *answered = text.len();
    }

    /// Whether it now waits for a password; `token` is the prompt that we have set, if we could, and `prompts`
    /// are the words it asks with, where they are not the usual ones.
    pub(super) fn asks(&self, token: &str, prompts: &[String]) -> bool {
        let (text, answered) = &*self.lock();
        let text = String::from_utf8_lossy(&text[*answered..]);
        let last = text.rsplit('\n').next().unwrap_or_default().trim_end();
        let lower = last.to_lowercase();
        let worded = match prompts {
            [] => lower.contains("password"),
            prompts => prompts.iter().any(|prompt| lower.contains(&prompt.to_lowercase())),
        };
        last.ends_with(token.trim_end()) || last.ends_with([':', '：']) && worded
    }

    /// Its lines, without the prompt that we have set.
    pub(super) fn text(&self, token: &str) -> String {
        String::from_utf8_lossy(&self.lock().0).replace(token, "")
    }

    fn lock(&self) -> MutexGuard<'_, (Vec<u8>, usize)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Why the tool ended without starting anything; `given` says whether it got a password.
pub(super) fn failure(text: &str, given: bool) -> BecomeFailure {
    let lower = text.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let wrong = ["incorrect password", "try again", "authentication fail", "authentication token"];
    let needed = [
        "password is required",
        "required to read the password",
        "authorization required",
        "authentication required",
    ];
    let forbidden =
        ["not in the sudoers", "may not run", "not allowed", "not permitted", "permission denied"];
    let absent = ["unknown user", "does not exist", "no such user", "no passwd entry"];
    let kind = if says(&absent) {
        Kind::NoUser
    } else if says(&["must have a tty", "run from a terminal", "tty is required"]) {
        Kind::NoTerminal
    } else if says(&forbidden) {
        Kind::NotAllowed
    } else if says(&needed) || (says(&wrong) && !given) {
        Kind::PasswordNeeded
    } else if says(&wrong) {
        Kind::WrongPassword
    } else {
        Kind::Other
    };
    let known: [&[&str]; 4] = [&absent, &wrong, &needed, &forbidden];
    let telling = |line: &&str| known.concat().iter().any(|word| line.to_lowercase().contains(word));
    BecomeFailure { kind, message: gist(text.lines().rfind(telling).unwrap_or(text)) }
}

/// The line that says most: the last that is no prompt.
pub(super) fn gist(text: &str) -> String {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let told: Vec<_> = lines.clone().filter(|line| !line.ends_with(':')).collect();
    let line = told.last().copied().or_else(|| lines.next_back()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(300).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_refusal_has_its_kind() {
        let cases = [
            ("bob is not in the sudoers file.", true, Kind::NotAllowed),
            ("Sorry, user bob is not allowed to execute '/bin/sh' as root on h.", true, Kind::NotAllowed),
            ("sudo: a password is required", false, Kind::PasswordNeeded),
            ("Sorry, try again.\nsudo: 1 incorrect password attempt", true, Kind::WrongPassword),
            ("Password: \r\nsu: Authentication failure", true, Kind::WrongPassword),
            ("Password: \r\nsu: Authentication failure", false, Kind::PasswordNeeded),
            ("su: user nemo does not exist or the user entry does not contain all", false, Kind::NoUser),
            ("sudo: unknown user nemo", false, Kind::NoUser),
            ("doas: Authorization required", false, Kind::PasswordNeeded),
            ("doas: Authentication required", false, Kind::PasswordNeeded),
            ("doas: Operation not permitted", false, Kind::NotAllowed),
            ("sudo: sorry, you must have a tty to run sudo", false, Kind::NoTerminal),
            ("This account is currently not available.", false, Kind::Other),
        ];
        for (text, given, kind) in cases {
            assert_eq!(failure(text, given).kind, kind, "{text}");
        }
    }

    #[test]
    fn a_prompt_is_known_by_its_token_or_its_words() {
        let said = Said::default();
        said.push(b"Last login: yesterday\n");
        assert!(!said.asks("[baton 1] password: ", &[]));
        said.push(b"[baton 1] password: ");
        assert!(said.asks("[baton 1] password: ", &[]));
        said.answer();
        assert!(!said.asks("[baton 1] password: ", &[]));
        said.push(b"\nSorry, try again.\nPassword for bob@EXAMPLE: ");
        assert!(said.asks("[baton 1] password: ", &[]));
    }

    #[test]
    fn a_prompt_in_other_words_is_known_by_those_alone() {
        let (said, prompts) = (Said::default(), ["Пароль".to_owned()]);
        said.push("Пароль: ".as_bytes());
        assert!(said.asks("[baton 1] password: ", &prompts));
        assert!(!said.asks("[baton 1] password: ", &["Parool".to_owned()]));
    }

    #[test]
    fn the_gist_is_the_last_line_that_is_no_prompt() {
        assert_eq!(gist("Password: \r\nsu: Authentication failure\r\n"), "su: Authentication failure");
        assert_eq!(gist("Verification code:"), "Verification code:");
    }
}
