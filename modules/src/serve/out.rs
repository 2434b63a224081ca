//! The worker's end of the wire that it writes to: whole frames, one at a time.

use std::fs::File;
use std::io::{self, Write};
use std::sync::{Arc, Mutex, PoisonError};

use crate::wire::{FIRST, FromWorker, chunk_bytes, message_bytes};

/// Shared by all that the worker runs.
#[derive(Clone)]
pub(super) struct Out(Arc<Mutex<File>>);

impl Out {
    pub(super) fn new(file: File) -> Self {
        Self(Arc::new(Mutex::new(file)))
    }

    pub(super) fn message(&self, id: u64, message: &FromWorker) -> io::Result<()> {
        self.bytes(&message_bytes(FIRST, id, message)?)
    }

    pub(super) fn chunk(&self, id: u64, chunk: &[u8]) -> io::Result<()> {
        self.bytes(&chunk_bytes(FIRST, id, chunk))
    }

    /// A frame as it is.
    pub(super) fn bytes(&self, frame: &[u8]) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).write_all(frame)
    }
}
