//! Opening encrypted texts with the secrets of a run, and making new ones.

use std::collections::HashMap;
use std::sync::Arc;

use parking_lot::Mutex;

use super::armour::Sealed;
use super::cipher::Keys;
use super::{Secret, VaultError, VaultSecrets};

/// Deriving a key takes milliseconds and the same text is opened for many hosts; but no
/// run needs more keys at once than this.
const KEPT_KEYS: usize = 4096;

/// Opens vault texts.
#[derive(Default)]
pub(crate) struct Vault {
    secrets: VaultSecrets,
    /// Only the secret of the id a text names is tried on it.
    strict: bool,
    keys: Mutex<HashMap<(usize, Vec<u8>), Arc<Keys>>>,
}

/// An opened vault text.
pub(crate) struct Opened<'a> {
    pub(crate) plain: Vec<u8>,
    pub(crate) secret: &'a Secret,
    pub(crate) id: Option<String>,
}

impl Vault {
    /// A vault with the secrets of a run.
    pub(crate) fn new(secrets: VaultSecrets) -> Self {
        Self { secrets, ..Self::default() }
    }

    /// Tries only the secrets of the id that a text names.
    pub(crate) fn strict(mut self, strict: bool) -> Self {
        self.strict = strict;
        self
    }

    /// The secrets it tries.
    pub(crate) fn secrets(&self) -> &VaultSecrets {
        &self.secrets
    }

    /// What is within a vault text.
    pub(crate) fn decrypt(&self, text: impl AsRef<[u8]>) -> Result<Vec<u8>, VaultError> {
        self.opened(text).map(|opened| opened.plain)
    }

    /// What is within a vault text, the secret that opened it, and the id that it names.
    pub(crate) fn opened(&self, text: impl AsRef<[u8]>) -> Result<Opened<'_>, VaultError> {
        let text = std::str::from_utf8(text.as_ref()).map_err(|_| VaultError::NotEncrypted)?;
        let sealed = Sealed::parse(text)?;
        if self.secrets.is_empty() {
            return Err(VaultError::NoSecrets);
        }
        let wanted = sealed.id.as_deref();
        for (at, secret) in self.secrets.candidates(wanted) {
            let named = self.secrets.ids().nth(at);
            if self.strict && wanted.is_some() && named != wanted {
                continue;
            }
            if let Some(plain) = self.keys(at, secret, &sealed.salt).open(&sealed.data, &sealed.mac) {
                return Ok(Opened { plain: plain?, secret, id: sealed.id.clone() });
            }
        }
        Err(VaultError::NoneFits { ids: self.secrets.ids().map(str::to_string).collect(), wanted: sealed.id })
    }

    fn keys(&self, at: usize, secret: &Secret, salt: &[u8]) -> Arc<Keys> {
        let name = (at, salt.to_vec());
        if let Some(keys) = self.keys.lock().get(&name) {
            return keys.clone();
        }
        // Not under the lock: other texts are opened meanwhile.
        let keys = Arc::new(Keys::derive(secret.bytes(), salt));
        let mut kept = self.keys.lock();
        if kept.len() >= KEPT_KEYS {
            kept.clear();
        }
        kept.insert(name, keys.clone());
        keys
    }
}

impl std::fmt::Debug for Vault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Vault").field("secrets", &self.secrets).finish_non_exhaustive()
    }
}

/// A vault text; format 1.2 where an id other than `default` is named, 1.1 otherwise.
pub(crate) fn encrypt(plain: &[u8], id: Option<&str>, secret: &Secret) -> String {
    let salt: [u8; 32] = rand::random();
    encrypt_salted(plain, id, secret, &salt)
}

/// The same text for the same salt, for those who must not change a file without need.
pub(crate) fn encrypt_salted(plain: &[u8], id: Option<&str>, secret: &Secret, salt: &[u8]) -> String {
    let (data, mac) = Keys::derive(secret.bytes(), salt).seal(plain);
    Sealed { id: id.map(str::to_string), salt: salt.to_vec(), mac, data }.to_text()
}

#[cfg(test)]
mod tests;
