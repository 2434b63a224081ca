//! Single files in containers: what is at a path, and another one put there.

use std::io::{self, Read};

use super::build::tar::{BLOCK, block, padding};
use super::{Client, Error, Request, Response, escape, query};
use crate::Hands;

/// What something at a path of a container is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A link, and what it points to.
    Link(String),
    /// Something else, in words.
    Other(&'static str),
}

/// Something at a path of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// What it is.
    pub kind: Kind,
    /// Its bits of permission.
    pub mode: u32,
    /// The numbers of its user and group.
    pub owner: (u32, u32),
    /// Bytes of a file.
    pub size: u64,
}

impl Client {
    /// What is at a path, links not followed, and a file's content; `None` where there is nothing.
    ///
    /// # Errors
    /// With the engine's words, also when there is no such container.
    pub fn file(&self, container: &str, path: &str) -> Result<Option<(Found, io::Take<Response>)>, Error> {
        let place = query(&format!("/containers/{}/archive", escape(container)), &[("path", path)]);
        let mut archive = match self.open(&place) {
            Err(error) if error.is_missing() && !error.message.starts_with("No such container: ") => {
                return Ok(None);
            }
            other => other?,
        };
        let what = format!("cannot read `{path}` of container `{container}`");
        let found = first(&mut archive).map_err(|error| Error::io(&what, &error))?;
        let size = found.size;
        Ok(Some((found, archive.take(size))))
    }

    /// Puts a file or link to a path, whose directory must be there.
    ///
    /// # Errors
    /// With the engine's words.
    pub fn put_file(
        &self,
        hands: &mut Hands<'_>,
        container: &str,
        path: &str,
        file: &Found,
        content: &mut dyn Read,
    ) -> Result<(), Error> {
        let (directory, name) = path.rsplit_once('/').unwrap_or(("", path));
        let directory = if directory.is_empty() { "/" } else { directory };
        let place = format!("/containers/{}/archive", escape(container));
        let place = query(&place, &[("path", directory), ("noOverwriteDirNonDir", "1")]);
        let (kind, target) = match &file.kind {
            Kind::Link(target) => (b'2', target.as_str()),
            _ => (b'0', ""),
        };
        if name.len() > 100 || target.len() > 100 {
            return Err(Error::new(format!("a name of more than 100 bytes: `{}`", name.max(target))));
        }
        let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
        let modified = i64::try_from(now.as_secs()).unwrap_or_default();
        let head = block(name, kind, target, file.mode, file.owner, file.size, modified);
        let tail = vec![0; padding(file.size) + 2 * BLOCK];
        let mut archive = head.chain(content.take(file.size)).chain(&tail[..]);
        self.send(hands, Request::new("PUT", place).stream("application/x-tar", &mut archive)).map(drop)
    }
}

/// The first member of an archive, those passed over that only describe it.
fn first(archive: &mut dyn Read) -> io::Result<Found> {
    loop {
        let mut head = [0; BLOCK];
        archive.read_exact(&mut head)?;
        let octal = |from: usize, to: usize| {
            let digits = String::from_utf8_lossy(&head[from..to]).trim_matches(['\0', ' ']).to_owned();
            u64::from_str_radix(&digits, 8).unwrap_or_default()
        };
        let size = match head[124] & 0x80 {
            0 => octal(124, 136),
            _ => head[128..136].iter().fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        };
        let number = |from, to| u32::try_from(octal(from, to)).unwrap_or_default();
        let target = String::from_utf8_lossy(&head[157..257]).trim_end_matches('\0').to_owned();
        let kind = match head[156] {
            b'x' | b'g' | b'L' | b'K' => {
                let whole = size + padding(size) as u64;
                io::copy(&mut archive.take(whole), &mut io::sink())?;
                continue;
            }
            b'0' | 0 => Kind::File,
            b'1' | b'2' => Kind::Link(target),
            b'3' | b'4' => Kind::Other("a device"),
            b'5' => Kind::Other("a directory"),
            b'6' => Kind::Other("a pipe"),
            _ => Kind::Other("no file"),
        };
        let size = if kind == Kind::File { size } else { 0 };
        return Ok(Found {
            kind,
            mode: number(100, 108) & 0o7777,
            owner: (number(108, 116), number(116, 124)),
            size,
        });
    }
}
