//! Why a command cannot go on, told once at its end.

use std::io;
use std::path::PathBuf;

use super::Exit;
use crate::diagnostic::{self, Diagnostic, Diagnostics, Severity};
use crate::event::Origin;
use crate::output::{LogError, ansible_words};
use crate::vault::VaultError;

/// What stops a command.
#[derive(Debug, thiserror::Error)]
pub(super) enum Problem {
    /// The user's text or inventory is wrong; each mistake is drawn.
    #[error("{}", diagnostic::render_all(.0, false))]
    Text(Diagnostics),
    /// A word of the command line is wrong.
    #[error("{message}")]
    Usage {
        message: String,
        hint: Option<String>,
        /// What Ansible says instead.
        words: Option<&'static str>,
    },
    #[error("cannot read the password from `{path}`: {source}")]
    PasswordFile { path: PathBuf, source: io::Error },
    #[error("cannot ask for a password: {0}")]
    Prompt(io::Error),
    #[error("cannot read `{path}`: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{path}`: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("playbook not found: `{0}`")]
    NoPlaybook(String),
    #[error("no hosts are left: neither the inventory nor `--limit` has any that match")]
    NoHosts,
    #[error("no vault password has the label `{wanted}`")]
    Label { wanted: String, known: Vec<String> },
    #[error("no settings file is in use")]
    NoSettings,
    /// A repository cannot be read.
    #[error("{0}")]
    Repository(String),
    /// Settings that there are not.
    #[error("{}", .0.join("\n"))]
    Unknown(Vec<String>),
    #[error(transparent)]
    Vault(#[from] VaultError),
    #[error(transparent)]
    Log(#[from] LogError),
    #[error("cannot start working: {0}")]
    Start(io::Error),
}

impl Problem {
    /// A wrong word of the command line.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Problem::Usage { message: message.into(), hint: None, words: None }
    }

    /// How to mend it.
    pub(super) fn hint(self, words: impl Into<String>) -> Self {
        match self {
            Problem::Usage { message, words: told, .. } => {
                Problem::Usage { message, hint: Some(words.into()), words: told }
            }
            other => other,
        }
    }

    /// What Ansible's tools say instead of the message.
    pub(super) fn words(self, words: &'static str) -> Self {
        match self {
            Problem::Usage { message, hint, .. } => Problem::Usage { message, hint, words: Some(words) },
            other => other,
        }
    }

    /// What the process answers with.
    pub(super) fn exit(&self) -> Exit {
        match self {
            // ansible: what cannot be decrypted is another error than what is written wrong.
            Problem::Text(found)
                if found.0.iter().all(|d| d.slug == "vault" || d.severity != Severity::Error) =>
            {
                Exit::Error
            }
            Problem::Text(_) => Exit::WRONG_TEXT,
            Problem::Usage { .. } => Exit::Usage,
            _ => Exit::Error,
        }
    }

    /// What one of Ansible's tools answers with.
    // ansible: what is not found is another error than what is written wrong.
    pub(super) fn ansible_exit(&self) -> Exit {
        let Problem::Text(found) = self else { return self.exit() };
        match found.0.iter().find(|d| d.severity == Severity::Error).map(|d| d.slug) {
            Some(
                "missing-role" | "missing-file" | "unknown-import" | "inventory-unparsed" | "module-gone"
                | "collection-version" | "unknown-meta",
            ) => Exit::Error,
            Some(
                "unknown-order" | "setting" | "config-syntax" | "config-duplicate" | "config-unreadable",
            ) => Exit::Usage,
            _ => self.exit(),
        }
    }

    /// The problem as it is shown.
    pub(super) fn render(&self, color: bool) -> String {
        let mut told = match self {
            Problem::Text(diagnostics) => return diagnostic::render_all(diagnostics, color),
            other => Diagnostic::error("command", other.to_string()),
        };
        told.hints = match self {
            Problem::Usage { hint, .. } => hint.iter().cloned().collect(),
            Problem::Vault(error) => error.hint().into_iter().collect(),
            Problem::Log(error) => error.hint().into_iter().map(String::from).collect(),
            Problem::NoPlaybook(_) => vec!["name a file, as in `baton run site.yml`".into()],
            _ => Vec::new(),
        };
        diagnostic::render(&told, color)
    }

    /// The problem as Ansible's tools tell it.
    pub(super) fn ansible(&self) -> String {
        let text = |diagnostic: &Diagnostic| {
            let origin = diagnostic.place.as_ref().map(|(span, _)| Origin::of(span));
            let message = diagnostic.words.as_ref().unwrap_or(&diagnostic.message);
            let head = if diagnostic.severity == Severity::Error { "ERROR" } else { "WARNING" };
            let told = ansible_words(head, message, origin.as_ref());
            let hints = diagnostic.hints.iter().map(|hint| format!("\nhint: {hint}"));
            format!("{}{}", told.trim_end(), hints.collect::<String>())
        };
        match self {
            Problem::Text(diagnostics) => diagnostics.0.iter().map(text).collect::<Vec<_>>().join("\n\n"),
            Problem::NoHosts => {
                "[ERROR]: Specified inventory, host pattern and/or --limit leaves us with no \
                                 hosts to target."
                    .into()
            }
            Problem::NoPlaybook(name) => format!("[ERROR]: the playbook: {name} could not be found"),
            Problem::Usage { words: Some(words), .. } => format!("[ERROR]: {words}"),
            Problem::Unknown(all) => {
                all.iter().map(|one| format!("[ERROR]: {one}")).collect::<Vec<_>>().join("\n")
            }
            Problem::Label { wanted, known } => {
                let known = known.iter().map(|id| format!("'{id}'")).collect::<Vec<_>>().join(", ");
                format!(
                    "[ERROR]: Did not find a match for --encrypt-vault-id={wanted} in the known vault-ids [{known}]"
                )
            }
            Problem::NoSettings => "[ERROR]: Invalid or no config file was supplied".into(),
            other => {
                let hint = match other {
                    Problem::Usage { hint: Some(hint), .. } => format!("\nhint: {hint}"),
                    _ => String::new(),
                };
                format!("[ERROR]: {other}{hint}")
            }
        }
    }
}
