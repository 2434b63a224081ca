//! A tar archive, made while it is read: always the same for the same entries, owned by root.

use std::io::{self, Read};
use std::vec::IntoIter;

use super::context::{Entry, Kind};

/// Bytes of a block; everything in an archive comes in these.
pub(in crate::docker) const BLOCK: usize = 512;

/// Opens a file of the archive by its path in it.
type Open<'a> = Box<dyn FnMut(&str) -> io::Result<Box<dyn Read>> + 'a>;

/// An archive of entries.
pub(super) struct Archive<'a> {
    entries: IntoIter<Entry>,
    open: Open<'a>,
    ready: Vec<u8>,
    at: usize,
    file: Option<(Box<dyn Read>, Entry, u64)>,
    ended: bool,
}

impl<'a> Archive<'a> {
    pub(super) fn new(entries: Vec<Entry>, open: Open<'a>) -> Self {
        Self { entries: entries.into_iter(), open, ready: Vec::new(), at: 0, file: None, ended: false }
    }

    /// Readies what comes next; `false` at the end.
    fn advance(&mut self) -> io::Result<bool> {
        if let Some((mut file, entry, left)) = self.file.take() {
            if left == 0 {
                self.ready = vec![0; padding(entry.size)];
                return Ok(true);
            }
            let mut buffer = vec![0; usize::try_from(left).unwrap_or(usize::MAX).min(64 * 1024)];
            let length = file.read(&mut buffer)?;
            if length == 0 {
                return Err(io::Error::other(format!("`{}` was changed while it was read", entry.path)));
            }
            buffer.truncate(length);
            self.ready = buffer;
            self.file = Some((file, entry, left - length as u64));
            return Ok(true);
        }
        let Some(entry) = self.entries.next() else {
            let first = !self.ended;
            self.ready = vec![0; if first { 2 * BLOCK } else { 0 }];
            self.ended = true;
            return Ok(first);
        };
        self.ready = header(&entry);
        if entry.kind == Kind::File {
            let cannot = |error: io::Error| {
                io::Error::new(error.kind(), format!("cannot read `{}`: {error}", entry.path))
            };
            let file = (self.open)(&entry.path).map_err(cannot)?;
            let size = entry.size;
            self.file = Some((file, entry, size));
        }
        Ok(true)
    }
}

impl Read for Archive<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.at == self.ready.len() {
            self.at = 0;
            self.ready.clear();
            if !self.advance()? {
                return Ok(0);
            }
        }
        let length = buffer.len().min(self.ready.len() - self.at);
        buffer[..length].copy_from_slice(&self.ready[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

pub(in crate::docker) fn padding(size: u64) -> usize {
    (BLOCK - (size % BLOCK as u64) as usize) % BLOCK
}

/// The header of an entry, before it those for names that are too long for it.
fn header(entry: &Entry) -> Vec<u8> {
    let (kind, target, size) = match &entry.kind {
        Kind::File => (b'0', "", entry.size),
        Kind::Directory => (b'5', "", 0),
        Kind::Link(target) => (b'2', target.as_str(), 0),
    };
    let name = if kind == b'5' { format!("{}/", entry.path) } else { entry.path.clone() };
    let mut out = Vec::new();
    for (kind, text) in [(b'L', name.as_str()), (b'K', target)] {
        if text.len() > 100 {
            let length = text.len() as u64 + 1;
            out.extend(block("././@LongLink", kind, "", 0o644, (0, 0), length, 0));
            out.extend_from_slice(text.as_bytes());
            out.resize(out.len() + 1 + padding(length), 0);
        }
    }
    out.extend(block(&name, kind, target, entry.mode, (0, 0), size, entry.modified));
    out
}

/// The header of one member.
pub(in crate::docker) fn block(
    name: &str,
    kind: u8,
    target: &str,
    mode: u32,
    owner: (u32, u32),
    size: u64,
    modified: i64,
) -> [u8; BLOCK] {
    let mut block = [0; BLOCK];
    let mut put = |at: usize, bytes: &[u8], most: usize| {
        let length = bytes.len().min(most);
        block[at..at + length].copy_from_slice(&bytes[..length]);
    };
    put(0, name.as_bytes(), 100);
    put(100, format!("{mode:07o}").as_bytes(), 7);
    put(108, format!("{:07o}", owner.0).as_bytes(), 7);
    put(116, format!("{:07o}", owner.1).as_bytes(), 7);
    match size {
        // What octal digits cannot say is told in binary, its first bit set.
        8_589_934_592.. => {
            put(124, &[0x80, 0, 0, 0], 4);
            put(128, &size.to_be_bytes(), 8);
        }
        _ => put(124, format!("{size:011o}").as_bytes(), 11),
    }
    put(136, format!("{:011o}", modified.clamp(0, 0o77_777_777_777)).as_bytes(), 11);
    put(148, b"        ", 8);
    put(156, &[kind], 1);
    put(157, target.as_bytes(), 100);
    put(257, b"ustar  \0", 8);
    let sum: u32 = block.iter().map(|byte| u32::from(*byte)).sum();
    block[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    block
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(path: &str, kind: Kind, size: u64) -> Entry {
        Entry { path: path.to_owned(), kind, mode: 0o640, size, modified: 1_700_000_000 }
    }

    #[test]
    fn tar_reads_what_was_written() {
        let long = "d/".to_owned() + &"n".repeat(120);
        let entries = vec![
            entry("d", Kind::Directory, 0),
            entry(&long, Kind::File, 600),
            entry("d/link", Kind::Link("x".repeat(130)), 0),
            entry("empty", Kind::File, 0),
        ];
        let open = |path: &str| Ok(Box::new(io::repeat(path.len() as u8)) as Box<dyn Read>);
        let mut bytes = Vec::new();
        Archive::new(entries, Box::new(open)).read_to_end(&mut bytes).unwrap();
        assert_eq!(bytes.len() % BLOCK, 0);
        let directory = tempfile::tempdir().unwrap();
        let archive = directory.path().join("a.tar");
        std::fs::write(&archive, bytes).unwrap();
        let mut tar = std::process::Command::new("tar");
        assert!(tar.arg("-xf").arg(&archive).current_dir(directory.path()).status().unwrap().success());
        assert_eq!(std::fs::read(directory.path().join(&long)).unwrap(), vec![122; 600]);
        assert_eq!(std::fs::read(directory.path().join("empty")).unwrap(), b"");
        assert_eq!(std::fs::read_link(directory.path().join("d/link")).unwrap().as_os_str().len(), 130);
    }

    #[test]
    fn a_file_that_shrinks_meanwhile_is_a_mistake() {
        let open = |_: &str| Ok(Box::new(io::empty()) as Box<dyn Read>);
        let mut archive = Archive::new(vec![entry("a", Kind::File, 5)], Box::new(open));
        let said = archive.read_to_end(&mut Vec::new()).unwrap_err().to_string();
        assert_eq!(said, "`a` was changed while it was read");
    }
}
