//! Filters that hash passwords, and that encrypt and decrypt.

use super::super::crypt::{self, Scheme};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, VaultString};
use super::{Filter, Outcome};
use crate::vault::{Secret, Vault, VaultSecrets, encrypt, encrypt_salted};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("password_hash", "A password as Unix systems keep it.", password_hash),
    Filter::new("vault", "Encrypted as Ansible's vault does.", vault),
    Filter::new("unvault", "Decrypted.", unvault),
];

fn password_hash(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("password_hash", &["hashtype", "salt", "salt_size", "rounds", "ident"])?;
    let name = args.text(0, "sha512");
    let scheme = Scheme::named(&name).ok_or_else(|| {
        TemplateError::failed(format!(
            "password_hash: expected `sha512`, `sha256`, `md5` or `blowfish`, found `{name}`"
        ))
        .words(format!(
            "{name} is not in the list of supported passlib algorithms: md5, blowfish, sha256, sha512"
        ))
    })?;
    let mut salt = args.some(1).map_or_else(|| crypt::fresh_salt(scheme), Value::to_text);
    if args.some(1).is_none()
        && let Ok(size) = usize::try_from(
            args.int(2, salt.len() as i128).map_err(|e| e.words("salt_size must be an integer"))?,
        )
        && scheme != Scheme::Bcrypt
    {
        salt.truncate(size);
    }
    let rounds = args.some(3).map(|_| args.int(3, 0)).transpose()?.and_then(|r| u32::try_from(r).ok());
    let ident = args.some(4).map(Value::to_text);
    crypt::hash(scheme, &input.to_text(), &salt, rounds, ident.as_deref())
        .map(Value::from)
        .map_err(|e| e.prefixed("password_hash: "))
}

fn vault(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("vault", &["secret", "salt", "vault_id", "wrap_object", "vaultid"])?;
    let secret = Secret::new(args.required_text(0)?.into_bytes());
    let id = args.some(2).or(args.some(4)).map_or_else(|| "filter_default".to_owned(), Value::to_text);
    let (text, wrapped) = (input.to_text(), args.truth(3, false));
    let sealed = match args.some(1) {
        Some(salt) => encrypt_salted(text.as_bytes(), Some(&id), &secret, salt.to_text().as_bytes()),
        None => encrypt(text.as_bytes(), Some(&id), &secret),
    };
    Ok(if wrapped {
        Value::Vault(VaultString { text: sealed.into(), place: None }.into())
    } else {
        Value::from(sealed)
    })
}

fn unvault(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("unvault", &["secret", "vault_id", "vaultid"])?;
    let text = input.to_text();
    if !text.starts_with("$ANSIBLE_VAULT;") {
        return Ok(input);
    }
    let mut secrets = VaultSecrets::default();
    secrets
        .add(args.some(1).map(Value::to_text).as_deref(), Secret::new(args.required_text(0)?.into_bytes()));
    let plain = Vault::new(secrets)
        .decrypt(text.trim())
        .map_err(|e| TemplateError::failed(format!("unvault: {e}")))?;
    Ok(Value::from(String::from_utf8_lossy(&plain).into_owned()))
}
