//! Ansible vault, formats 1.1 and 1.2: opening and making encrypted texts, and where
//! their secrets come from. Knows nothing of YAML, variables or files to be decrypted.

mod armour;
mod cipher;
mod error;
mod open;
mod secret;
mod source;

pub use armour::is_encrypted;
pub use error::VaultError;
pub use open::{Vault, encrypt};
pub use secret::{Secret, VaultSecrets};
pub use source::{SecretSource, VaultId};
