//! A tar archive of a few files, as every tar reads it.

use std::fs::Metadata;
use std::os::unix::fs::MetadataExt;

const BLOCK: usize = 512;

/// An archive that is being written.
pub(super) struct Archive {
    bytes: Vec<u8>,
    plain: bool,
}

impl Archive {
    /// An empty one; a `plain` one keeps neither owner nor permissions.
    pub(super) fn new(plain: bool) -> Self {
        Self { bytes: Vec::new(), plain }
    }

    /// Adds a file.
    pub(super) fn add(&mut self, name: &str, content: &[u8], meta: Option<&Metadata>) {
        if name.len() > 100 {
            // A name that is too long for its field goes before, as a file of its own.
            let mut long = name.as_bytes().to_vec();
            long.push(0);
            self.entry("././@LongLink", &long, b'L', None);
        }
        self.entry(name, content, b'0', meta.filter(|_| !self.plain));
    }

    fn entry(&mut self, name: &str, content: &[u8], kind: u8, meta: Option<&Metadata>) {
        let mut head = [0_u8; BLOCK];
        let short = &name.as_bytes()[..name.len().min(100)];
        head[..short.len()].copy_from_slice(short);
        let owner = |id: fn(&Metadata) -> u32| meta.map_or(0, |meta| u64::from(id(meta)));
        let mode = meta.map_or(0o644, |meta| u64::from(meta.mode() & 0o7777));
        octal(&mut head[100..108], mode);
        octal(&mut head[108..116], owner(MetadataExt::uid));
        octal(&mut head[116..124], owner(MetadataExt::gid));
        octal(&mut head[124..136], content.len() as u64);
        octal(&mut head[136..148], meta.map_or(0, |meta| u64::try_from(meta.mtime()).unwrap_or(0)));
        head[148..156].fill(b' ');
        head[156] = kind;
        head[257..265].copy_from_slice(b"ustar  \0");
        let sum: u64 = head.iter().map(|byte| u64::from(*byte)).sum();
        octal(&mut head[148..155], sum);
        self.bytes.extend_from_slice(&head);
        self.bytes.extend_from_slice(content);
        self.bytes.resize(self.bytes.len().next_multiple_of(BLOCK), 0);
    }

    /// The archive, with its end.
    pub(super) fn finish(mut self) -> Vec<u8> {
        self.bytes.resize(self.bytes.len() + 2 * BLOCK, 0);
        self.bytes
    }
}

/// Digits to the end of a field, with a zero byte behind them.
fn octal(field: &mut [u8], value: u64) {
    let width = field.len() - 1;
    let digits = format!("{value:0width$o}");
    field[..width].copy_from_slice(&digits.as_bytes()[digits.len() - width..]);
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::process::{Command, Stdio};

    use super::Archive;

    #[test]
    fn the_systems_tar_reads_it_with_long_names() {
        let long = format!("{}/file", "d".repeat(150));
        let mut archive = Archive::new(true);
        archive.add("a b", b"hello", None);
        archive.add(&long, &[b'x'; 1000], None);
        let directory = tempfile::tempdir().unwrap();
        let mut tar = Command::new("tar")
            .args(["xf", "-"])
            .current_dir(directory.path())
            .stdin(Stdio::piped())
            .spawn()
            .unwrap();
        tar.stdin.take().unwrap().write_all(&archive.finish()).unwrap();
        assert!(tar.wait().unwrap().success());
        assert_eq!(std::fs::read(directory.path().join("a b")).unwrap(), b"hello");
        assert_eq!(std::fs::read(directory.path().join(long)).unwrap(), [b'x'; 1000]);
    }
}
