//! Files of the controller on their way to a module, and files that a module returns: streamed in
//! chunks on threads of their own, so that a slow disk stops nothing else.

use std::io::{self, Read, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use baton_modules::wire::{BodyInfo, CHUNK, Call, ToWorker, chunk_bytes, inline, message_bytes};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::session::Outgoing;

/// The files that go with a call.
pub(crate) trait Bodies: Send + Sync {
    /// What can be sent; told to the module with the call.
    fn offered(&self) -> Vec<BodyInfo>;
    /// Opens one of them for reading.
    ///
    /// # Errors
    /// When it cannot be read; the module then fails with the reason.
    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// Where a file goes that the module returns.
    ///
    /// # Errors
    /// When it cannot be written; the call then fails with the reason.
    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send>>;
}

/// No files at all.
pub(crate) struct NoBodies;

impl Bodies for NoBodies {
    fn offered(&self) -> Vec<BodyInfo> {
        Vec::new()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        Err(io::Error::new(io::ErrorKind::NotFound, format!("`{name}` is not offered")))
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("`{name}` is not expected")))
    }
}

/// The frames of a call with the small bodies that ride behind it.
pub(super) fn call_frames(worker: u32, call: &Call, bodies: &dyn Bodies) -> io::Result<Vec<u8>> {
    let mut frames = message_bytes(worker, call.id, &ToWorker::Call(call.clone()))?;
    for body in inline(&call.bodies) {
        let mut content = Vec::with_capacity(body.size as usize);
        bodies.open(&body.name)?.take(body.size + 1).read_to_end(&mut content)?;
        if content.len() as u64 != body.size {
            let what = format!("`{}` changed its size while it was sent", body.name);
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        frames.extend(chunk_bytes(worker, call.id, &content));
    }
    Ok(frames)
}

/// Sends a body on a thread of its own, until it ends or `stop` says that nobody reads it.
pub(super) fn send(
    outgoing: Outgoing,
    (worker, body): (u32, u64),
    name: String,
    bodies: Arc<dyn Bodies>,
    stop: Arc<AtomicBool>,
) {
    tokio::task::spawn_blocking(move || {
        let sent = stream(&outgoing, (worker, body), &name, &*bodies, &stop);
        if let Err(e) = sent {
            let why = ToWorker::NoBody(format!("cannot read it on the controller: {e}"));
            if let Ok(frame) = message_bytes(worker, body, &why) {
                outgoing.send(frame);
            }
        }
    });
}

fn stream(
    outgoing: &Outgoing,
    (worker, body): (u32, u64),
    name: &str,
    bodies: &dyn Bodies,
    stop: &AtomicBool,
) -> io::Result<()> {
    let mut from = bodies.open(name)?;
    let mut buffer = vec![0; CHUNK];
    while !stop.load(Ordering::Relaxed) {
        let read = match from.read(&mut buffer) {
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            read => read?,
        };
        if !outgoing.send_paced(chunk_bytes(worker, body, &buffer[..read])) || read == 0 {
            break;
        }
    }
    Ok(())
}

/// A file that a module returns, on its way to the disk.
pub(super) struct Receiving {
    chunks: mpsc::Sender<Vec<u8>>,
    written: JoinHandle<io::Result<()>>,
}

impl Receiving {
    pub(super) fn start(name: String, bodies: Arc<dyn Bodies>) -> Self {
        let (chunks, mut arriving) = mpsc::channel::<Vec<u8>>(8);
        let written = tokio::task::spawn_blocking(move || {
            let mut into = bodies.create(&name)?;
            let mut ended = false;
            while let Some(chunk) = arriving.blocking_recv() {
                ended = chunk.is_empty();
                into.write_all(&chunk)?;
            }
            into.flush()?;
            if ended {
                Ok(())
            } else {
                Err(io::Error::new(io::ErrorKind::UnexpectedEof, "it did not come whole"))
            }
        });
        Self { chunks, written }
    }

    pub(super) async fn chunk(&self, chunk: Vec<u8>) {
        // A file that cannot be written says so at the end; what comes meanwhile is dropped.
        let _ = self.chunks.send(chunk).await;
    }

    pub(super) async fn finish(self) -> io::Result<()> {
        drop(self.chunks);
        self.written.await.unwrap_or_else(|e| Err(io::Error::other(e)))
    }
}
