//! The outside of a vault text: its header line, and bytes as lines of hex digits.

use super::VaultError;
use super::error::{NO_HEX, ODD};

const MARK: &str = "$ANSIBLE_VAULT";
const CIPHER: &str = "AES256";

/// The id that is not written into a text.
pub(super) const DEFAULT_ID: &str = "default";

/// As Ansible breaks its lines.
const LINE: usize = 80;

/// Whether some bytes are a vault text.
pub(crate) fn is_encrypted(bytes: &[u8]) -> bool {
    bytes.starts_with(MARK.as_bytes())
}

/// What a vault text holds.
#[derive(Debug, PartialEq)]
pub(super) struct Sealed {
    pub(super) id: Option<String>,
    pub(super) salt: Vec<u8>,
    pub(super) mac: Vec<u8>,
    pub(super) data: Vec<u8>,
}

impl Sealed {
    /// Reads a vault text; blanks around its lines do not count.
    pub(super) fn parse(text: &str) -> Result<Self, VaultError> {
        let mut lines = text.trim().lines();
        let header: Vec<&str> = lines.next().unwrap_or("").trim().split(';').collect();
        let (version, cipher, id) = match header[..] {
            [MARK, version, cipher] => (version, cipher, None),
            [MARK, version, cipher, id, ..] => (version, cipher, Some(id)),
            [MARK, ..] => return Err(VaultError::Damaged("its first line is cut off")),
            _ => return Err(VaultError::NotEncrypted),
        };
        if !matches!(version, "1.1" | "1.2") {
            return Err(VaultError::Format(version.into()));
        }
        if cipher != CIPHER {
            return Err(VaultError::Cipher(cipher.into()));
        }
        let body: String = lines.map(str::trim).collect();
        let inner = from_hex(body.as_bytes())?;
        let mut parts = inner.splitn(3, |b| *b == b'\n').map(from_hex);
        let mut part = || parts.next().unwrap_or(Err(VaultError::Damaged("parts of it are missing")));
        Ok(Self { id: id.map(str::to_string), salt: part()?, mac: part()?, data: part()? })
    }

    /// The vault text, with a line break at its end.
    pub(super) fn to_text(&self) -> String {
        let inner = [&self.salt, &self.mac, &self.data].map(|part| to_hex(part)).join("\n");
        let mut text = match self.id.as_deref().filter(|id| *id != DEFAULT_ID) {
            Some(id) => format!("{MARK};1.2;{CIPHER};{id}\n"),
            None => format!("{MARK};1.1;{CIPHER}\n"),
        };
        let body = to_hex(inner.as_bytes());
        for (at, digit) in body.char_indices() {
            if at > 0 && at % LINE == 0 {
                text.push('\n');
            }
            text.push(digit);
        }
        text.push('\n');
        text
    }
}

fn to_hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

fn from_hex(digits: &[u8]) -> Result<Vec<u8>, VaultError> {
    let value = |digit: u8| (digit as char).to_digit(16).map(|d| d as u8);
    let (pairs, rest) = digits.as_chunks::<2>();
    let bytes: Option<Vec<u8>> = pairs.iter().map(|[a, b]| Some(value(*a)? << 4 | value(*b)?)).collect();
    if !rest.is_empty() {
        return Err(VaultError::Damaged(ODD));
    }
    bytes.ok_or(VaultError::Damaged(NO_HEX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_reads_back_as_what_was_written() {
        let sealed =
            Sealed { id: Some("dev".into()), salt: vec![1; 32], mac: vec![2; 32], data: vec![3; 48] };
        let text = sealed.to_text();
        assert!(text.starts_with("$ANSIBLE_VAULT;1.2;AES256;dev\n"));
        assert!(text.lines().all(|l| l.len() <= 80));
        assert_eq!(Sealed::parse(&text).unwrap(), sealed);
        let indented: String = text.lines().map(|l| format!("    {l}  \r\n")).collect();
        assert_eq!(Sealed::parse(&indented).unwrap(), sealed);
    }

    #[test]
    fn what_is_no_vault_text_is_told() {
        let said = |text: &str| Sealed::parse(text).unwrap_err().to_string();
        assert_eq!(said("hello"), "this is no vault text: it does not begin with `$ANSIBLE_VAULT;`");
        assert_eq!(said("$ANSIBLE_VAULT;1.0;AES\n00"), "unknown vault format `1.0`");
        assert_eq!(said("$ANSIBLE_VAULT;1.1;AES\n00"), "unknown vault cipher `AES`");
        assert_eq!(said("$ANSIBLE_VAULT;1.1"), "the vault text is damaged: its first line is cut off");
        assert_eq!(
            said("$ANSIBLE_VAULT;1.1;AES256\n3030"),
            "the vault text is damaged: parts of it are missing"
        );
        let hex = "the vault text is damaged: it is not made of hex digits";
        assert_eq!(said("$ANSIBLE_VAULT;1.1;AES256\nwxyz"), hex);
        let words = |text: &str| Sealed::parse(text).unwrap_err().words();
        let odd = "Vault format unhexlify error: Odd-length string";
        assert_eq!(words("$ANSIBLE_VAULT;1.1;AES256\n303"), odd);
    }
}
