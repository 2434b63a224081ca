//! Why a vault could not be opened or its secret not be had.

use std::path::PathBuf;

/// What can go wrong with encrypted texts and their secrets.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VaultError {
    #[error("this is no vault text: it does not begin with `$ANSIBLE_VAULT;`")]
    NotEncrypted,
    #[error("unknown vault format `{0}`")]
    Format(String),
    #[error("unknown vault cipher `{0}`")]
    Cipher(String),
    #[error("the vault text is damaged: {0}")]
    Damaged(&'static str),
    #[error("an encrypted text was met, but no vault secret was given")]
    NoSecrets,
    #[error("cannot decrypt: {} or the text was altered", tried(.ids))]
    NoneFits { ids: Vec<String>, wanted: Option<String> },
    #[error("cannot read the vault secret from `{}`: {source}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("the vault secret from `{0}` is empty")]
    Empty(String),
    #[error("cannot run the vault secret script `{}`: {source}", path.display())]
    Script { path: PathBuf, source: std::io::Error },
    #[error("the vault secret script `{}` failed ({status}): {message}", path.display())]
    ScriptFailed { path: PathBuf, status: String, message: String },
    #[error("the vault secret script `{}` knows no secret for the vault id `{id}`", path.display())]
    UnknownId { path: PathBuf, id: String },
    #[error("cannot ask for the vault secret: {0}")]
    Prompt(std::io::Error),
    #[error("the two vault secrets typed in differ")]
    Differs,
}

/// What is said of an odd number of hex digits.
pub(super) const ODD: &str = "the number of its hex digits is odd";
/// What is said of anything but hex digits.
pub(super) const NO_HEX: &str = "it is not made of hex digits";

impl VaultError {
    /// Ansible's words for it, where scripts look for them.
    pub(crate) fn words(&self) -> String {
        match self {
            Self::Damaged(ODD) => "Vault format unhexlify error: Odd-length string".into(),
            Self::Damaged(NO_HEX) => "Vault format unhexlify error: Non-hexadecimal digit found".into(),
            Self::NoSecrets => "Attempting to decrypt but no vault secrets found.".into(),
            Self::NoneFits { .. } => {
                "Decryption failed (no vault secrets were found that could decrypt).".into()
            }
            other => other.to_string(),
        }
    }

    /// Whether the file with a secret is not there.
    pub(crate) fn is_missing_file(&self) -> bool {
        matches!(self, Self::Unreadable { source, .. } if source.kind() == std::io::ErrorKind::NotFound)
    }

    /// How to mend it, where that is known.
    pub(crate) fn hint(&self) -> Option<String> {
        Some(match self {
            Self::NoSecrets => {
                "give one with `--ask-vault-pass`, `--vault-password-file` or `--vault-id`".into()
            }
            Self::NoneFits { ids, wanted: Some(wanted) } if !ids.contains(wanted) => {
                format!("it was encrypted with the vault id `{wanted}`: give `--vault-id {wanted}@FILE`")
            }
            Self::NoneFits { .. } => "check the password, and that the text is copied whole".into(),
            Self::Format(_) => "formats 1.1 and 1.2 are known; rekey it with `ansible-vault rekey`".into(),
            Self::Cipher(_) => "only AES256 is known; rekey it with `ansible-vault rekey`".into(),
            Self::Damaged(_) => "copy the text again, all lines of it".into(),
            _ => return None,
        })
    }
}

fn tried(ids: &[String]) -> String {
    match ids {
        [one] => format!("the secret of vault id `{one}` is wrong,"),
        many => {
            let names: Vec<String> = many.iter().map(|id| format!("`{id}`")).collect();
            format!("none of the secrets of vault ids {} fits,", names.join(", "))
        }
    }
}
