//! Whether this binary is what its name in the cache says: its own SHA-256. Hashed once; a stamp
//! beside it, bound to inode, size and times of change, says so to every later start.

use std::fs::{self, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use sha2::{Digest, Sha256};

const SELF: &str = "/proc/self/exe";
/// Workers of other versions not used for so long are removed when a new one is kept.
const KEEP: Duration = Duration::from_secs(30 * 24 * 3600);

/// Checks a cached binary against its name; one that is not named by a hash has nothing to keep.
pub(super) fn verify() -> io::Result<()> {
    let path = fs::read_link(SELF)?;
    let Some(name) = path.file_name().and_then(|n| n.to_str()).filter(|n| is_hash(n)) else { return Ok(()) };
    let stamp = stamp(&fs::metadata(SELF)?);
    let beside = PathBuf::from(format!("{}.ok", path.display()));
    if fs::read_to_string(&beside).is_ok_and(|kept| kept == stamp) {
        return Ok(());
    }
    let found = sha256_of_self()?;
    if found != name {
        // The next start must not find it again.
        let _ = fs::remove_file(&path);
        return Err(io::Error::new(io::ErrorKind::InvalidData, "the cached worker is damaged"));
    }
    File::open(SELF)?.sync_all()?;
    // Without a stamp the next start only hashes again.
    let _ = keep(&beside, &stamp);
    remove_old(&path);
    Ok(())
}

/// Hexadecimal SHA-256 of the running binary.
fn sha256_of_self() -> io::Result<String> {
    let (mut own, mut hash, mut buffer) = (File::open(SELF)?, Sha256::new(), vec![0; 256 * 1024]);
    loop {
        match own.read(&mut buffer)? {
            0 => break,
            read => hash.update(&buffer[..read]),
        }
    }
    Ok(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect())
}

fn is_hash(name: &str) -> bool {
    name.len() == 64 && name.bytes().all(|b| b.is_ascii_hexdigit())
}

fn stamp(meta: &Metadata) -> String {
    let (mtime, ctime) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
    format!("{} {} {} {mtime:?} {ctime:?}\n", meta.dev(), meta.ino(), meta.size())
}

fn keep(beside: &Path, stamp: &str) -> io::Result<()> {
    let new = PathBuf::from(format!("{}-{}", beside.display(), std::process::id()));
    let mut file = File::options().write(true).create_new(true).mode(0o600).open(&new)?;
    file.write_all(stamp.as_bytes())?;
    fs::rename(&new, beside)
}

fn remove_old(own: &Path) {
    let Some(entries) = own.parent().and_then(|dir| fs::read_dir(dir).ok()) else { return };
    for entry in entries.flatten().filter(|e| e.path() != own) {
        let name = entry.file_name();
        let Some(name) = name.to_str().filter(|n| is_hash(n)) else { continue };
        let used = entry.metadata().and_then(|m| m.accessed().or_else(|_| m.modified()));
        let old = used.is_ok_and(|used| SystemTime::now().duration_since(used).is_ok_and(|age| age > KEEP));
        if old {
            let _ = fs::remove_file(entry.path());
            let _ = fs::remove_file(entry.path().with_file_name(format!("{name}.ok")));
        }
    }
}
