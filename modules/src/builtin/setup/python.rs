//! The Python of the target. Starting it takes longer than most of what is gathered, so its files are asked first:
//! the name that its path leads to, and the version that is written in the program or its library.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};

use crate::{Command, Target, words};

/// Where it is looked for where nobody names it, the first that is there.
const NAMES: [&str; 9] = [
    "python3.14",
    "python3.13",
    "python3.12",
    "python3.11",
    "python3.10",
    "python3.9",
    "python3.8",
    "/usr/bin/python3",
    "python3",
];

/// What it tells of itself when it is started.
const SELF: &str = "import json, sys; from importlib.util import find_spec; \
    print(json.dumps([list(sys.version_info), sys.executable, sys.implementation.name, \
    bool(find_spec('_ssl') or find_spec('_cffi_ssl'))]))";

/// What is known of a Python.
#[derive(Debug, PartialEq)]
pub(super) struct Python {
    executable: String,
    kind: String,
    has_ssl: bool,
    /// Major, minor and micro number, the level of the release and its serial number.
    version: (u64, u64, u64, String, u64),
}

impl Python {
    /// The Python that is asked for, else the first there is; `None` where there is none.
    pub(super) fn find(target: &mut Target, asked: Option<&str>, limit: Duration) -> Option<Self> {
        let Some(command) = asked else {
            let found: Vec<PathBuf> = NAMES.into_iter().filter_map(|name| program(target, name)).collect();
            // Scripts that look for a Python of the user's choice do not tell, and are slow to start.
            let read = found.iter().find_map(|path| Self::read(path));
            return read.or_else(|| Self::ask(target, &[found.first()?.to_str()?.to_owned()], limit));
        };
        let argv = words::split(command).ok()?;
        if let [only] = argv.as_slice()
            && let Some(path) = program(target, only)
            && let Some(read) = Self::read(&path)
        {
            return Some(read);
        }
        Self::ask(target, &argv, limit)
    }

    /// The fact `python`.
    pub(super) fn fact(&self) -> Value {
        let (major, minor, micro, level, serial) = &self.version;
        json!({
            "executable": self.executable,
            "type": self.kind,
            "has_sslcontext": self.has_ssl,
            "version_info": [major, minor, micro, level, serial],
            "version": {
                "major": major, "minor": minor, "micro": micro, "releaselevel": level, "serial": serial,
            },
        })
    }

    /// The fact `python_version`.
    pub(super) fn version(&self) -> String {
        let (major, minor, micro, level, serial) = &self.version;
        let short = LEVELS.iter().find(|(_, word)| word == level).map_or("", |(short, _)| short);
        let tail = if short.is_empty() { String::new() } else { format!("{short}{serial}") };
        format!("{major}.{minor}.{micro}{tail}")
    }

    /// From its files; `None` where they do not tell.
    fn read(path: &Path) -> Option<Self> {
        let real = fs::canonicalize(path).ok()?;
        let number = real.file_name()?.to_str()?.strip_prefix("python")?.to_owned();
        let (major, minor) = number.split_once('.')?;
        let (major, minor) = (major.parse().ok()?, minor.parse().ok()?);
        let prefix = real.parent()?.parent()?.to_path_buf();
        let (micro, level, serial) = places(&real, &prefix, &number)
            .into_iter()
            .find_map(|file| written_version(File::open(file).ok()?, &number))?;
        let libraries = ["lib", "lib64"].map(|lib| prefix.join(lib).join(format!("python{number}")));
        let has = |name: &str| libraries.iter().any(|library| library.join(name).exists());
        let has_ssl = has("ssl.py") && libraries.iter().any(|library| has_module(library, "_ssl."));
        Some(Self {
            executable: path.to_str()?.to_owned(),
            kind: "cpython".to_owned(),
            has_ssl,
            version: (major, minor, micro, level, serial),
        })
    }

    /// From what it says.
    fn ask(target: &mut Target, argv: &[String], limit: Duration) -> Option<Self> {
        let (program, options) = argv.split_first()?;
        let command = Command::new(program).args(options).args(["-c", SELF]).timeout(limit);
        let output = target.query(&command).ok().filter(|output| output.ok())?;
        let said: Value = serde_json::from_slice(&output.stdout).ok()?;
        let number = |index: usize| said[0][index].as_u64();
        Some(Self {
            executable: said[1].as_str()?.to_owned(),
            kind: said[2].as_str()?.to_owned(),
            has_ssl: said[3].as_bool()?,
            version: (number(0)?, number(1)?, number(2)?, said[0][3].as_str()?.to_owned(), number(4)?),
        })
    }
}

/// A program by its name or path, where there is one.
fn program(target: &Target, name: &str) -> Option<PathBuf> {
    match name.contains('/') {
        true => Some(PathBuf::from(name)).filter(|path| path.is_file()),
        false => target.find_program(name),
    }
}

/// Files that may have the version in them: the program, or the library that it is a shell of.
fn places(program: &Path, prefix: &Path, number: &str) -> Vec<PathBuf> {
    let library = format!("libpython{number}.so.1.0");
    let places = ["lib", "lib64", "lib/x86_64-linux-gnu", "lib/aarch64-linux-gnu"];
    let libraries = places.into_iter().map(|place| prefix.join(place).join(&library));
    std::iter::once(program.to_path_buf()).chain(libraries.filter(|library| library.exists())).collect()
}

/// Whether a directory of Python's has a module in machine code whose name begins so.
fn has_module(library: &Path, start: &str) -> bool {
    let entries = fs::read_dir(library.join("lib-dynload")).into_iter().flatten().flatten();
    entries
        .map(|entry| entry.file_name())
        .any(|name| OsStr::as_encoded_bytes(&name).starts_with(start.as_bytes()))
}

/// How levels of a release are written in a version, and called.
const LEVELS: [(&str, &str); 3] = [("rc", "candidate"), ("a", "alpha"), ("b", "beta")];

/// What follows the number in a version that stands between zero bytes, as `3.11.2`.
fn written_version(file: impl Read, number: &str) -> Option<(u64, String, u64)> {
    let mut file = BufReader::with_capacity(256 * 1024, file);
    let (major, minor) = number.split_once('.')?;
    let (first, second) = (format!("\0{major}."), format!("{minor}."));
    let (mut before, mut piece) = (false, Vec::new());
    // Points are rare in machine code: what lies between them is passed over fast.
    loop {
        piece.clear();
        if file.read_until(b'.', &mut piece).ok()? == 0 {
            return None;
        }
        if before && piece == second.as_bytes() {
            piece.clear();
            (&mut file).take(16).read_until(0, &mut piece).ok()?;
            let rest = piece.strip_suffix(b"\0").and_then(|rest| std::str::from_utf8(rest).ok());
            if let Some(found) = rest.and_then(release) {
                return Some(found);
            }
        }
        before = piece.ends_with(first.as_bytes());
    }
}

/// Micro number, level and serial number of `2`, `0rc1` or `4+`.
fn release(text: &str) -> Option<(u64, String, u64)> {
    let text = text.trim_end_matches('+');
    let end = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
    let (micro, tail) = text.split_at(end);
    let micro = micro.parse().ok()?;
    if tail.is_empty() {
        return Some((micro, "final".to_owned(), 0));
    }
    let (short, level) = LEVELS.iter().find(|(short, _)| tail.starts_with(short))?;
    Some((micro, (*level).to_owned(), tail[short.len()..].parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_found_among_machine_code() {
        let found = |bytes: &[u8]| written_version(bytes, "3.11");
        let last = || Some((2, "final".to_owned(), 0));
        assert_eq!(found(b"\x7fELF. 3.11.9\0 \x003.2.0\0\x003.11.\0\x003.11.x\0..\x003.11.2\0.."), last());
        assert_eq!(found(b"\x003.11.2+\0"), last());
        assert_eq!(found(b"\x003.11.0rc1\0"), Some((0, "candidate".to_owned(), 1)));
        assert_eq!(found(b"\x003.12.1\0 3.11.2"), None);
    }

    #[test]
    fn a_version_is_told_as_python_does() {
        let of = |level: &str, serial| {
            let version = (3, 14, 0, level.to_owned(), serial);
            Python { executable: String::new(), kind: String::new(), has_ssl: true, version }.version()
        };
        assert_eq!((of("final", 0), of("alpha", 7)), ("3.14.0".to_owned(), "3.14.0a7".to_owned()));
    }
}
