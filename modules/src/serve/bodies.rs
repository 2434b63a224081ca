//! Bodies on their way to a call: chunks that the reading loop hands to the call's thread.

use std::collections::HashMap;
use std::io::{self, Read};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};

use super::out::Out;
use crate::wire::FromWorker;

type Chunk = io::Result<Vec<u8>>;

/// The bodies that calls have asked for and that have not ended.
#[derive(Clone, Default)]
pub(super) struct Bodies {
    open: Arc<Mutex<HashMap<u64, SyncSender<Chunk>>>>,
    next: Arc<AtomicU64>,
}

impl Bodies {
    /// Asks for a body of `call`.
    pub(super) fn ask(&self, out: &Out, call: u64, name: &str, size: u64) -> io::Result<Body> {
        let id = self.next.fetch_add(1, Ordering::Relaxed);
        let (sender, chunks) = sync_channel(8);
        self.lock().insert(id, sender);
        out.message(call, &FromWorker::Want { name: name.to_owned(), body: id })?;
        let (bodies, out) = (self.clone(), out.clone());
        Ok(Body { id, chunks, current: Vec::new(), at: 0, left: size, ended: false, bodies, out })
    }

    /// Hands on what came for the body `id`; what nobody reads any more is dropped.
    pub(super) fn arrived(&self, id: u64, chunk: Chunk) {
        let last = chunk.as_ref().map_or(true, Vec::is_empty);
        let sender = match last {
            true => self.lock().remove(&id),
            false => self.lock().get(&id).cloned(),
        };
        // Sent outside the lock: a full queue must not stop other bodies' readers from leaving.
        if let Some(sender) = sender {
            let _ = sender.send(chunk);
        }
    }

    /// Nothing more will come for any of them.
    pub(super) fn close(&self) {
        self.lock().clear();
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, SyncSender<Chunk>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// One body, read as it comes.
pub(super) struct Body {
    id: u64,
    chunks: Receiver<Chunk>,
    current: Vec<u8>,
    at: usize,
    left: u64,
    ended: bool,
    bodies: Bodies,
    out: Out,
}

impl Body {
    fn next_chunk(&mut self) -> io::Result<()> {
        let gone = || io::Error::new(io::ErrorKind::BrokenPipe, "the connection ended within the file");
        let chunk = self
            .chunks
            .recv()
            .map_err(|_| gone())
            .and_then(|chunk| chunk)
            .inspect_err(|_| self.ended = true)?;
        self.ended = chunk.is_empty();
        let length = chunk.len() as u64;
        if length > self.left || (self.ended && self.left > 0) {
            let what = "the file changed its size while it was sent";
            return Err(io::Error::new(io::ErrorKind::InvalidData, what));
        }
        self.left -= length;
        (self.current, self.at) = (chunk, 0);
        Ok(())
    }
}

impl Read for Body {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.at == self.current.len() && !self.ended {
            self.next_chunk()?;
        }
        let mut rest = &self.current[self.at..];
        let read = rest.read(into)?;
        self.at += read;
        Ok(read)
    }
}

impl Drop for Body {
    fn drop(&mut self) {
        if !self.ended {
            self.bodies.lock().remove(&self.id);
            let _ = self.out.message(self.id, &FromWorker::Enough);
        }
    }
}
