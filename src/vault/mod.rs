//! Ansible vault, formats 1.1 and 1.2: opening and making encrypted texts, and where
//! their secrets come from. Knows nothing of YAML, variables or files to be decrypted.

mod armour;
mod cipher;
mod error;
mod open;
mod secret;
mod source;

pub(crate) use armour::is_encrypted;
pub(crate) use error::VaultError;
pub(crate) use open::{Vault, encrypt, encrypt_salted};
pub(crate) use secret::{Secret, VaultSecrets};
pub(crate) use source::{SecretSource, VaultId};
