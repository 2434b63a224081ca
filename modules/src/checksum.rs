//! Checksums of files, in hexadecimal.

use std::io::{self, Read};

use sha2::Digest;

use crate::choices;

choices! {
    /// A way to compute a checksum.
    pub enum Algorithm {
        /// 128 bits; no protection against forgery.
        Md5 = "md5",
        /// 160 bits; no protection against forgery.
        Sha1 = "sha1",
        /// 224 bits.
        Sha224 = "sha224",
        /// 256 bits.
        Sha256 = "sha256",
        /// 384 bits.
        Sha384 = "sha384",
        /// 512 bits.
        Sha512 = "sha512",
    }
}

impl Algorithm {
    /// The checksum of all that can be read.
    pub fn of(self, content: impl Read) -> io::Result<String> {
        match self {
            Self::Md5 => digest::<md5::Md5>(content),
            Self::Sha1 => digest::<sha1::Sha1>(content),
            Self::Sha224 => digest::<sha2::Sha224>(content),
            Self::Sha256 => digest::<sha2::Sha256>(content),
            Self::Sha384 => digest::<sha2::Sha384>(content),
            Self::Sha512 => digest::<sha2::Sha512>(content),
        }
    }
}

fn digest<D: Digest>(mut content: impl Read) -> io::Result<String> {
    let mut digest = D::new();
    let mut buffer = vec![0; 64 * 1024];
    loop {
        match content.read(&mut buffer) {
            Ok(0) => return Ok(hex(&digest.finalize())),
            Ok(n) => digest.update(&buffer[..n]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

/// The checksums that are told of a file, all of one reading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sums {
    pub sha1: String,
    pub md5: String,
    pub sha256: String,
}

/// Reads from another, and computes checksums of what passes.
pub struct Summing<'r> {
    from: &'r mut dyn Read,
    sha1: sha1::Sha1,
    md5: md5::Md5,
    sha256: sha2::Sha256,
}

impl<'r> Summing<'r> {
    /// Nothing read yet.
    pub fn new(from: &'r mut dyn Read) -> Self {
        Self { from, sha1: Digest::new(), md5: Digest::new(), sha256: Digest::new() }
    }

    /// The checksums of all that was read.
    pub fn sums(self) -> Sums {
        let Self { sha1, md5, sha256, .. } = self;
        Sums { sha1: hex(&sha1.finalize()), md5: hex(&md5.finalize()), sha256: hex(&sha256.finalize()) }
    }

    /// The checksums of all that can be read.
    pub fn of(from: &'r mut dyn Read) -> io::Result<Sums> {
        let mut summing = Self::new(from);
        io::copy(&mut summing, &mut io::sink())?;
        Ok(summing.sums())
    }
}

impl Read for Summing<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.from.read(buffer)?;
        self.sha1.update(&buffer[..read]);
        self.md5.update(&buffer[..read]);
        self.sha256.update(&buffer[..read]);
        Ok(read)
    }
}

/// The SHA-256 of bytes.
pub fn sha256(bytes: &[u8]) -> String {
    hex(&sha2::Sha256::digest(bytes))
}

/// The SHA-1 of bytes, which Ansible calls `checksum`.
pub fn sha1(bytes: &[u8]) -> String {
    hex(&sha1::Sha1::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_sums_come_of_one_reading() {
        let sums = Summing::of(&mut &b"abc"[..]).unwrap();
        assert_eq!(sums.sha1, sha1(b"abc"));
        assert_eq!(sums.md5, Algorithm::Md5.of(&b"abc"[..]).unwrap());
        assert_eq!(sums.sha256, sha256(b"abc"));
    }

    #[test]
    fn checksums_are_those_of_the_tools() {
        let of = |algorithm: Algorithm| algorithm.of(&b"abc"[..]).unwrap();
        assert_eq!(of(Algorithm::Md5), "900150983cd24fb0d6963f7d28e17f72");
        assert_eq!(of(Algorithm::Sha1), "a9993e364706816aba3e25717850c26c9cd0d89d");
        assert_eq!(of(Algorithm::Sha224), "23097d223405d8228642a477bda255b32aadbce4bda0b3f7e36c9da7");
        assert_eq!(of(Algorithm::Sha256), sha256(b"abc"));
        assert_eq!(of(Algorithm::Sha384).len(), 96);
        assert_eq!(of(Algorithm::Sha512).len(), 128);
    }
}
