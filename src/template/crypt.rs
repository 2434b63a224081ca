//! Passwords as Unix systems keep them: `$6$`, `$5$`, `$1$` and bcrypt.

use md5::Md5;
use sha2::digest::Digest;
use sha2::{Sha256, Sha512};

use super::TemplateError;

const SIGNS: &[u8; 64] = b"./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A way to hash passwords.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scheme {
    Md5,
    Sha256,
    Sha512,
    Bcrypt,
}

impl Scheme {
    /// By the names users write.
    pub(crate) fn named(name: &str) -> Option<Self> {
        match name {
            "md5" | "md5_crypt" => Some(Scheme::Md5),
            "sha256" | "sha256_crypt" => Some(Scheme::Sha256),
            "sha512" | "sha512_crypt" => Some(Scheme::Sha512),
            "blowfish" | "bcrypt" => Some(Scheme::Bcrypt),
            _ => None,
        }
    }

    /// How long a salt is when it is made up.
    pub(crate) fn salt_length(self) -> usize {
        match self {
            Scheme::Md5 => 8,
            Scheme::Sha256 | Scheme::Sha512 => 16,
            Scheme::Bcrypt => 22,
        }
    }

    /// ansible: the rounds when none are given.
    fn rounds(self) -> u32 {
        match self {
            Scheme::Md5 => 0,
            Scheme::Sha256 => 535_000,
            Scheme::Sha512 => 656_000,
            Scheme::Bcrypt => 12,
        }
    }
}

/// A salt out of nothing.
pub(crate) fn fresh_salt(scheme: Scheme) -> String {
    let random: Vec<u8> = (0..scheme.salt_length()).map(|_| rand::random()).collect();
    let mut salt: Vec<char> = random.iter().map(|b| char::from(SIGNS[usize::from(*b) % 64])).collect();
    if scheme == Scheme::Bcrypt
        && let Some(last) = salt.last_mut()
    {
        // Only two bits of the last sign count.
        *last = ['.', 'O', 'e', 'u'][usize::from(random[21]) % 4];
    }
    salt.into_iter().collect()
}

/// The hash of a password.
pub(crate) fn hash(
    scheme: Scheme,
    password: &str,
    salt: &str,
    rounds: Option<u32>,
    ident: Option<&str>,
) -> Result<String, TemplateError> {
    if !salt.bytes().all(|b| SIGNS.contains(&b)) {
        return Err(TemplateError::failed(
            "invalid characters in the salt: expected letters, digits, `.` and `/`",
        ));
    }
    if salt.len() > scheme.salt_length() {
        return Err(TemplateError::failed(format!(
            "the salt is too long: expected at most {} characters, found {}",
            scheme.salt_length(),
            salt.len()
        )));
    }
    let rounds = rounds.unwrap_or(scheme.rounds());
    let allowed = match scheme {
        Scheme::Bcrypt => 4..=31,
        _ => 1000..=999_999_999,
    };
    if scheme != Scheme::Md5 && !allowed.contains(&rounds) {
        let message =
            format!("expected from {} to {} rounds, found {rounds}", allowed.start(), allowed.end());
        return Err(TemplateError::failed(message).words("Could not hash the secret."));
    }
    match scheme {
        Scheme::Md5 => Ok(md5_crypt(password.as_bytes(), salt.as_bytes())),
        Scheme::Sha256 => Ok(sha_crypt::<Sha256>("$5$", password.as_bytes(), salt, rounds, &ORDER_256)),
        Scheme::Sha512 => Ok(sha_crypt::<Sha512>("$6$", password.as_bytes(), salt, rounds, &ORDER_512)),
        Scheme::Bcrypt => bcrypt(password, salt, rounds, ident.unwrap_or("2b")),
    }
}

fn bcrypt(password: &str, salt: &str, rounds: u32, ident: &str) -> Result<String, TemplateError> {
    if salt.len() != 22 {
        return Err(TemplateError::failed(format!("a bcrypt salt has 22 characters, found {}", salt.len())));
    }
    let bits = |c: u8| {
        let alphabet = b"./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";
        alphabet.iter().position(|s| *s == c).unwrap_or(0) as u32
    };
    let mut bytes = Vec::with_capacity(18);
    for group in salt.as_bytes().chunks(4) {
        let word = (0..4).fold(0, |word, at| word << 6 | group.get(at).map_or(0, |c| bits(*c)));
        bytes.extend([(word >> 16) as u8, (word >> 8) as u8, word as u8]);
    }
    let mut key = [0; 16];
    key.copy_from_slice(&bytes[..16]);
    let parts = ::bcrypt::hash_with_salt(password, rounds, key)
        .map_err(|e| TemplateError::failed(format!("bcrypt: {e}")))?;
    let version = match ident.trim_matches('$') {
        "2a" => ::bcrypt::Version::TwoA,
        "2y" => ::bcrypt::Version::TwoY,
        "2b" => ::bcrypt::Version::TwoB,
        other => {
            return Err(TemplateError::failed(format!(
                "bcrypt: expected ident `2a`, `2b` or `2y`, found `{other}`"
            )));
        }
    };
    Ok(parts.format_for_version(version))
}

/// The signs for some bytes, the lowest six bits first.
fn push(out: &mut String, mut word: u32, count: usize) {
    for _ in 0..count {
        out.push(char::from(SIGNS[(word & 63) as usize]));
        word >>= 6;
    }
}

/// The first bytes of a sum, repeated to a length.
fn stretched(sum: &[u8], length: usize) -> Vec<u8> {
    sum.iter().copied().cycle().take(length).collect()
}

const ORDER_256: [[usize; 3]; 10] = [
    [0, 10, 20],
    [21, 1, 11],
    [12, 22, 2],
    [3, 13, 23],
    [24, 4, 14],
    [15, 25, 5],
    [6, 16, 26],
    [27, 7, 17],
    [18, 28, 8],
    [9, 19, 29],
];

const ORDER_512: [[usize; 3]; 21] = [
    [0, 21, 42],
    [22, 43, 1],
    [44, 2, 23],
    [3, 24, 45],
    [25, 46, 4],
    [47, 5, 26],
    [6, 27, 48],
    [28, 49, 7],
    [50, 8, 29],
    [9, 30, 51],
    [31, 52, 10],
    [53, 11, 32],
    [12, 33, 54],
    [34, 55, 13],
    [56, 14, 35],
    [15, 36, 57],
    [37, 58, 16],
    [59, 17, 38],
    [18, 39, 60],
    [40, 61, 19],
    [62, 20, 41],
];

/// Drepper's SHA-crypt.
fn sha_crypt<D: Digest>(
    prefix: &str,
    password: &[u8],
    salt: &str,
    rounds: u32,
    order: &[[usize; 3]],
) -> String {
    let rounds = rounds.clamp(1000, 999_999_999);
    let size = <D as Digest>::output_size();
    let sum = |parts: &[&[u8]]| -> Vec<u8> {
        let mut digest = D::new();
        parts.iter().for_each(|part| digest.update(part));
        digest.finalize().to_vec()
    };
    let salted = salt.as_bytes();
    let b = sum(&[password, salted, password]);
    let mut a = D::new();
    a.update(password);
    a.update(salted);
    a.update(stretched(&b, password.len()));
    let mut length = password.len();
    while length > 0 {
        a.update(if length & 1 == 1 { &b[..] } else { password });
        length >>= 1;
    }
    let mut a = a.finalize().to_vec();
    let p = stretched(&sum(&vec![password; password.len()]), password.len());
    let s = stretched(&sum(&vec![salted; 16 + usize::from(a[0])]), salted.len());
    for round in 0..rounds {
        let odd = round & 1 == 1;
        let mut c = D::new();
        c.update(if odd { &p[..] } else { &a[..] });
        if round % 3 != 0 {
            c.update(&s);
        }
        if round % 7 != 0 {
            c.update(&p);
        }
        c.update(if odd { &a[..] } else { &p[..] });
        a = c.finalize().to_vec();
    }
    let mut out = prefix.to_owned();
    if rounds != 5000 {
        out.push_str(&format!("rounds={rounds}$"));
    }
    out.push_str(salt);
    out.push('$');
    let byte = |at: usize| u32::from(a[at]);
    for [x, y, z] in order {
        push(&mut out, byte(*x) << 16 | byte(*y) << 8 | byte(*z), 4);
    }
    match size {
        32 => push(&mut out, byte(31) << 8 | byte(30), 3),
        _ => push(&mut out, byte(63), 2),
    }
    out
}

/// The old MD5-crypt.
fn md5_crypt(password: &[u8], salt: &[u8]) -> String {
    let sum = |parts: &[&[u8]]| -> Vec<u8> {
        let mut digest = Md5::new();
        parts.iter().for_each(|part| digest.update(part));
        digest.finalize().to_vec()
    };
    let b = sum(&[password, salt, password]);
    let mut a = Md5::new();
    a.update(password);
    a.update(b"$1$");
    a.update(salt);
    a.update(stretched(&b, password.len()));
    let mut length = password.len();
    while length > 0 {
        a.update(if length & 1 == 1 { &[0][..] } else { &password[..1] });
        length >>= 1;
    }
    let mut a = a.finalize().to_vec();
    for round in 0..1000 {
        let odd = round & 1 == 1;
        let mut c = Md5::new();
        c.update(if odd { password } else { &a[..] });
        if round % 3 != 0 {
            c.update(salt);
        }
        if round % 7 != 0 {
            c.update(password);
        }
        c.update(if odd { &a[..] } else { password });
        a = c.finalize().to_vec();
    }
    let mut out = format!("$1${}$", String::from_utf8_lossy(salt));
    let byte = |at: usize| u32::from(a[at]);
    for [x, y, z] in [[0, 6, 12], [1, 7, 13], [2, 8, 14], [3, 9, 15], [4, 10, 5]] {
        push(&mut out, byte(x) << 16 | byte(y) << 8 | byte(z), 4);
    }
    push(&mut out, byte(11), 2);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_those_of_passlib() {
        let of = |scheme, rounds| hash(scheme, "secret", "saltsalt", rounds, None).unwrap();
        assert_eq!(
            of(Scheme::Sha512, Some(5000)),
            "$6$saltsalt$TVLlQcbpFVof5W3Yz4DTP6gRstiNuHwwTt6GLc1E5n0U0aDehy0S5knV8wiOQSpT0Y77vwPZN.Pq.H91p5hVO1"
        );
        assert_eq!(
            of(Scheme::Sha256, Some(1000)),
            "$5$rounds=1000$saltsalt$eKLZU9t9OoPWrqOQsoTIKG0aYkZ5rGOoOQhiIvoSWX2"
        );
        assert_eq!(of(Scheme::Md5, None), "$1$saltsalt$9xy1btjgzLYfb7hivXtC//");
    }

    #[test]
    fn bcrypt_keeps_the_salt_it_is_given() {
        let hashed = hash(Scheme::Bcrypt, "secret", "abcdefghijklmnopqrstuu", Some(4), None).unwrap();
        assert!(hashed.starts_with("$2b$04$abcdefghijklmnopqrstuu"), "{hashed}");
        assert!(::bcrypt::verify("secret", &hashed).unwrap());
    }
}
