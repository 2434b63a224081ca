//! The worker's binary, which is our own: its hash, and its compressed form for hosts that do not
//! have it yet. Both are made once, when first needed; the hash is kept for later runs.

use std::fs::{DirBuilder, File, Metadata};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use flate2::Compression;
use flate2::bufread::GzEncoder;
use sha2::{Digest, Sha256};
use tokio::sync::OnceCell;

use super::unreachable::{Kind, Unreachable};

/// What identifies a binary.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    pub(super) sha256: String,
    pub(super) size: u64,
}

/// The binary that is sent.
pub(super) struct Binary {
    path: PathBuf,
    identity: OnceCell<Identity>,
    packed: OnceCell<Arc<Vec<u8>>>,
}

impl Binary {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, identity: OnceCell::new(), packed: OnceCell::new() }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Its hash and size.
    pub(super) async fn identity(&self) -> Result<&Identity, Unreachable> {
        self.identity.get_or_try_init(|| on_a_thread(self.path.clone(), identify)).await
    }

    /// Its content, packed by gzip.
    pub(super) async fn packed(&self) -> Result<Arc<Vec<u8>>, Unreachable> {
        let pack = |path: PathBuf| {
            let mut packed = Vec::new();
            let from = io::BufReader::with_capacity(256 * 1024, File::open(path)?);
            GzEncoder::new(from, Compression::new(3)).read_to_end(&mut packed)?;
            Ok(Arc::new(packed))
        };
        self.packed.get_or_try_init(|| on_a_thread(self.path.clone(), pack)).await.cloned()
    }

    /// Its content as it is.
    pub(super) async fn plain(&self) -> Result<Arc<Vec<u8>>, Unreachable> {
        on_a_thread(self.path.clone(), |path| std::fs::read(path).map(Arc::new)).await
    }
}

async fn on_a_thread<T: Send + 'static>(
    path: PathBuf,
    work: impl FnOnce(PathBuf) -> io::Result<T> + Send + 'static,
) -> Result<T, Unreachable> {
    let done = tokio::task::spawn_blocking(move || work(path)).await;
    let done = done.unwrap_or_else(|e| Err(io::Error::other(e)));
    done.map_err(|e| Unreachable::new(Kind::Controller, format!("cannot read the program itself: {e}")))
}

fn identify(path: PathBuf) -> io::Result<Identity> {
    let mut file = File::open(path)?;
    let meta = file.metadata()?;
    // Hashing takes some 20 ms of a processor, just when logins need it.
    let kept = kept_in().map(|directory| Kept { path: directory.join("own-hash"), stamp: stamp(&meta) });
    if let Some(sha256) = kept.as_ref().and_then(Kept::read) {
        return Ok(Identity { sha256, size: meta.len() });
    }
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 256 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
    let sha256: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    // A file changed a moment ago can change again within the grain of its times.
    let settled = meta.modified()?.elapsed().is_ok_and(|since| since > Duration::from_secs(1));
    if let Some(kept) = kept.filter(|_| settled && size == meta.len()) {
        // Without it the next run only hashes again.
        let _ = kept.write(&sha256);
    }
    Ok(Identity { sha256, size })
}

/// The hash of a file that has not changed since; a worker that does not have it is found out on its host.
struct Kept {
    path: PathBuf,
    stamp: String,
}

impl Kept {
    fn read(&self) -> Option<String> {
        let text = std::fs::read_to_string(&self.path).ok()?;
        let sha256 = text.strip_prefix(&self.stamp)?.trim();
        let whole = sha256.len() == 64 && sha256.bytes().all(|byte| byte.is_ascii_hexdigit());
        whole.then(|| sha256.to_owned())
    }

    fn write(&self, sha256: &str) -> io::Result<()> {
        let directory = self.path.parent().unwrap_or(Path::new("/"));
        DirBuilder::new().recursive(true).mode(0o700).create(directory)?;
        let mut beside = tempfile::NamedTempFile::new_in(directory)?;
        beside.write_all(format!("{}{sha256}\n", self.stamp).as_bytes())?;
        beside.persist(&self.path).map(drop).map_err(|error| error.error)
    }
}

/// Our own directory among the caches of the user; `None` where they are another user's, as under `sudo`.
fn kept_in() -> Option<PathBuf> {
    let said = |name| std::env::var_os(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let (owned, caches) = match said("XDG_CACHE_HOME") {
        Some(caches) => (caches.clone(), caches),
        None => said("HOME").map(|home| (home.clone(), home.join(".cache")))?,
    };
    let own = std::fs::metadata(owned).is_ok_and(|meta| meta.uid() == rustix::process::geteuid().as_raw());
    own.then(|| caches.join("baton"))
}

/// What tells that a file is as it was.
fn stamp(meta: &Metadata) -> String {
    let (mtime, ctime) = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
    format!("{} {} {} {mtime:?} {ctime:?} ", meta.dev(), meta.ino(), meta.size())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_is_kept_for_the_file_it_is_of_and_no_other() {
        let directory = tempfile::tempdir().unwrap();
        let kept = |stamp: &str| Kept { path: directory.path().join("a/own-hash"), stamp: stamp.into() };
        assert_eq!(kept("1 2 3 ").read(), None);
        let sha256 = "ab".repeat(32);
        kept("1 2 3 ").write(&sha256).unwrap();
        assert_eq!(kept("1 2 3 ").read(), Some(sha256));
        assert_eq!(kept("1 2 4 ").read(), None);
        std::fs::write(directory.path().join("a/own-hash"), "1 2 3 abc\n").unwrap();
        assert_eq!(kept("1 2 3 ").read(), None, "it was not written to its end");
    }
}
