//! What a transport gives: a command started on the host, with its three streams.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite};

/// Bytes of stderr that are kept for the case that something fails.
const KEPT: usize = 8 * 1024;

pub(super) type Reading = Box<dyn AsyncRead + Send + Unpin>;
pub(super) type Writing = Box<dyn AsyncWrite + Send + Unpin>;
/// The exit status; `None` when the command was killed or the connection ended.
pub(super) type Exit = Pin<Box<dyn Future<Output = Option<i32>> + Send>>;

/// A command running on a host.
pub(super) struct Pipes {
    pub(super) stdin: Writing,
    pub(super) stdout: Reading,
    pub(super) stderr: Reading,
    pub(super) exit: Exit,
}

/// The last that was said on a stream.
#[derive(Clone, Default)]
pub(super) struct Tail(Arc<Mutex<Vec<u8>>>);

impl Tail {
    /// Keeps the end of a stream, reading it to its end in the background.
    pub(super) fn of(mut stream: Reading) -> Self {
        let tail = Self::default();
        let kept = tail.clone();
        tokio::spawn(async move {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                kept.push(&buffer[..read]);
            }
        });
        tail
    }

    pub(super) fn push(&self, bytes: &[u8]) {
        let mut kept = self.0.lock();
        kept.extend_from_slice(bytes);
        let over = kept.len().saturating_sub(KEPT);
        kept.drain(..over);
    }

    pub(super) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock()).trim().to_owned()
    }
}
