//! The attributes of a file, read as `lsattr -v` reads them, and shown as it shows them.

use std::fs::File;
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use rustix::fs::{IFlags, OFlags, ioctl_getflags};
use rustix::io::Errno;
use rustix::ioctl::{Getter, ioctl, opcode};
use serde_json::{Map, Value, json};

use crate::Target;

/// Bits of the file system, the letter that `lsattr` shows for each, in its order, and Ansible's word for it.
const FLAGS: [(u32, char, &str); 22] = [
    (0x0000_0001, 's', "zero"),
    (0x0000_0002, 'u', "undelete"),
    (0x0000_0008, 'S', "synchronous"),
    (0x0001_0000, 'D', "dirsync"),
    (0x0000_0010, 'i', "immutable"),
    (0x0000_0020, 'a', "append"),
    (0x0000_0040, 'd', "nodump"),
    (0x0000_0080, 'A', "noatime"),
    (0x0000_0004, 'c', "compressed"),
    (0x0000_0800, 'E', "encrypted"),
    (0x0000_4000, 'j', "journalled"),
    (0x0000_1000, 'I', "indexed"),
    (0x0000_8000, 't', "notail"),
    (0x0002_0000, 'T', "blockroot"),
    (0x0008_0000, 'e', "extents"),
    (0x0080_0000, 'C', "nocow"),
    (0x0200_0000, 'x', ""),
    (0x4000_0000, 'F', ""),
    (0x1000_0000, 'N', "inline"),
    (0x2000_0000, 'P', ""),
    (0x0010_0000, 'V', ""),
    (0x0000_0400, 'm', ""),
];
/// What `stat` returns about attributes; nothing where the host has no `lsattr` or the file system has none.
pub(super) fn attributes(target: &Target, path: &Path) -> Map<String, Value> {
    shown(target.find_program("lsattr").and_then(|_| read(path).ok()))
}

fn shown(found: Option<(u32, u32)>) -> Map<String, Value> {
    let flags = found.map_or(0, |(_, flags)| flags);
    let set = || FLAGS.iter().filter(|(bit, ..)| flags & bit != 0);
    let letters: String = set().map(|(_, letter, _)| *letter).collect();
    let words: Vec<&str> = set().map(|(.., word)| *word).filter(|word| !word.is_empty()).collect();
    let version = found.map(|(version, _)| version.to_string());
    let all = [("version", json!(version)), ("attr_flags", json!(letters)), ("attributes", json!(words))];
    all.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

/// Generation and flags.
fn read(path: &Path) -> rustix::io::Result<(u32, u32)> {
    let kind = rustix::fs::lstat(path)?.st_mode;
    let kind = rustix::fs::FileType::from_raw_mode(kind);
    if !kind.is_file() && !kind.is_dir() {
        return Err(Errno::OPNOTSUPP);
    }
    let flags = (OFlags::NONBLOCK | OFlags::NOFOLLOW).bits();
    let file = File::options().read(true).custom_flags(flags as i32).open(path);
    let file = file.map_err(|error| Errno::from_io_error(&error).unwrap_or(Errno::IO))?;
    // SAFETY: the code is declared with a long and writes an int, for which there is room.
    let version = unsafe { ioctl(&file, Getter::<{ opcode::read::<i64>(b'v', 1) }, i64>::new()) }? as u32;
    let flags = ioctl_getflags(&file)?;
    Ok((version, IFlags::bits(&flags)))
}

#[cfg(test)]
mod tests {
    use std::process::Command;

    use super::*;
    use crate::testing::Sandbox;

    /// Generation and letters as `lsattr` prints them.
    fn by_lsattr(path: &Path) -> (Value, Value) {
        let output = Command::new("lsattr").arg("-vd").arg(path).output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let mut words = text.split_whitespace();
        match (words.next(), words.next(), output.status.success()) {
            (Some(version), Some(letters), true) => (version.into(), letters.replace('-', "").into()),
            _ => (Value::Null, "".into()),
        }
    }

    #[test]
    fn all_is_as_lsattr_says() {
        let sandbox = Sandbox::new("stat").file("a", "");
        for path in
            [&*sandbox.at("a"), Path::new("/etc"), Path::new("/dev/null"), Path::new("/proc/self/exe")]
        {
            let own = shown(read(path).ok());
            assert_eq!(by_lsattr(path), (own["version"].clone(), own["attr_flags"].clone()), "{path:?}");
        }
    }

    #[test]
    fn flags_are_letters_and_words() {
        let seen = shown(Some((42, 0x8_0010)));
        assert_eq!((&seen["version"], &seen["attr_flags"]), (&json!("42"), &json!("ie")));
        assert_eq!(seen["attributes"], json!(["immutable", "extents"]));
        let nothing = shown(None);
        assert_eq!((&nothing["version"], &nothing["attr_flags"]), (&Value::Null, &json!("")));
    }
}
