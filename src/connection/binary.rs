//! The worker's binary, which is our own: its hash, and its compressed form for hosts that do not
//! have it yet. Both are made once, when first needed.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

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
    let (mut file, mut hash, mut size) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 256 * 1024];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
    let sha256 = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(Identity { sha256, size })
}
