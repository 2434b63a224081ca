//! The inside of a vault text: AES-256 in counter mode, and an HMAC that is checked
//! before anything is decrypted.

use aes::Aes256;
use ctr::Ctr128BE;
use ctr::cipher::{KeyIvInit, StreamCipher};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::VaultError;

const ROUNDS: u32 = 10_000;
const BLOCK: usize = 16;

/// The keys a secret and a salt give; wiped when dropped.
pub(super) struct Keys(Zeroizing<[u8; 80]>);

impl Keys {
    /// Takes some milliseconds: that is its purpose.
    pub(super) fn derive(secret: &[u8], salt: &[u8]) -> Self {
        let mut bytes = Zeroizing::new([0; 80]);
        pbkdf2::pbkdf2_hmac::<Sha256>(secret, salt, ROUNDS, &mut *bytes);
        Self(bytes)
    }

    /// Decrypts, if the keys are the right ones; `None` if they are not.
    pub(super) fn open(&self, data: &[u8], mac: &[u8]) -> Option<Result<Vec<u8>, VaultError>> {
        self.mac(data).verify_slice(mac).ok()?;
        let mut plain = data.to_vec();
        self.apply(&mut plain);
        Some(unpad(plain))
    }

    /// Encrypts: the data and its HMAC.
    pub(super) fn seal(&self, plain: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let padding = BLOCK - plain.len() % BLOCK;
        let mut data = plain.to_vec();
        data.resize(plain.len() + padding, padding as u8);
        self.apply(&mut data);
        let mac = self.mac(&data).finalize().into_bytes().to_vec();
        (data, mac)
    }

    fn mac(&self, data: &[u8]) -> Hmac<Sha256> {
        // A key shorter than a block counts as filled up with zeros.
        let mut key = Zeroizing::new([0; 64]);
        key[..32].copy_from_slice(&self.0[32..64]);
        let mut mac = <Hmac<Sha256> as KeyInit>::new((&*key).into());
        mac.update(data);
        mac
    }

    fn apply(&self, data: &mut [u8]) {
        let (mut key, mut nonce) = (Zeroizing::new([0; 32]), [0; 16]);
        key.copy_from_slice(&self.0[..32]);
        nonce.copy_from_slice(&self.0[64..]);
        Ctr128BE::<Aes256>::new((&*key).into(), (&nonce).into()).apply_keystream(data);
    }
}

/// Takes off the PKCS#7 padding.
fn unpad(mut plain: Vec<u8>) -> Result<Vec<u8>, VaultError> {
    let padding = plain.last().copied().unwrap_or(0) as usize;
    let start = plain.len().checked_sub(padding).filter(|_| (1..=BLOCK).contains(&padding));
    match start {
        Some(start) if plain[start..].iter().all(|b| *b as usize == padding) => {
            plain.truncate(start);
            Ok(plain)
        }
        _ => Err(VaultError::Damaged("its padding is wrong")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_sealed_opens_again_and_only_with_its_keys() {
        let keys = Keys::derive(b"secret", b"salt");
        for length in [0, 1, 15, 16, 17, 100] {
            let plain = vec![7; length];
            let (data, mac) = keys.seal(&plain);
            assert_eq!(data.len() % BLOCK, 0);
            assert_eq!(keys.open(&data, &mac).unwrap().unwrap(), plain);
            assert!(Keys::derive(b"other", b"salt").open(&data, &mac).is_none());
        }
    }

    #[test]
    fn altered_data_is_never_decrypted() {
        let keys = Keys::derive(b"secret", b"salt");
        let (mut data, mac) = keys.seal(b"plain");
        data[0] ^= 1;
        assert!(keys.open(&data, &mac).is_none());
    }
}
