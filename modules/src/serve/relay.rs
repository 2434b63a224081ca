//! Workers of other users below this one: their frames are passed on unread, under their number.

use std::collections::HashMap;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::r#become::{self, Started};
use super::out::Out;
use crate::wire::{Become, FIRST, Frame, FromWorker, ToWorker, message_bytes};

/// How long the workers below have to end what they run.
const GRACE: Duration = Duration::from_secs(3);

type Stdin = Box<dyn Write + Send>;

/// All workers started below this one.
#[derive(Clone)]
pub(super) struct Relays {
    open: Arc<Mutex<HashMap<u32, Stdin>>>,
    running: Arc<AtomicUsize>,
    out: Out,
}

impl Relays {
    pub(super) fn new(out: Out) -> Self {
        Self { open: Arc::default(), running: Arc::default(), out }
    }

    /// Starts a worker under the number given; it answers with its hello, or with why not.
    pub(super) fn start(&self, number: u32, user: Become) {
        let relays = self.clone();
        self.running.fetch_add(1, Ordering::SeqCst);
        thread::spawn(move || {
            match r#become::start(&user) {
                Ok(started) => relays.relay(number, started),
                Err(failure) => drop(relays.out.message(number.into(), &FromWorker::NotBecome(failure))),
            }
            relays.running.fetch_sub(1, Ordering::SeqCst);
        });
    }

    /// Passes a frame down.
    pub(super) fn pass(&self, number: u32, frame: &Frame) {
        // One that has ended has said so already.
        let stdin = self.lock().remove(&number);
        if let Some(mut stdin) = stdin
            && stdin.write_all(&frame.to_bytes_for(FIRST)).and_then(|()| stdin.flush()).is_ok()
        {
            self.lock().insert(number, stdin);
        }
    }

    /// Ends one of them.
    pub(super) fn end(&self, number: u32) {
        let stdin = self.lock().remove(&number);
        stdin.into_iter().for_each(dismiss);
    }

    /// Ends all of them.
    pub(super) fn close(&self) {
        let all = std::mem::take(&mut *self.lock());
        all.into_values().for_each(dismiss);
    }

    /// Returns when all have ended or their time is over.
    pub(super) fn wait(&self) {
        let until = Instant::now() + GRACE;
        while self.running.load(Ordering::SeqCst) > 0 && Instant::now() < until {
            thread::sleep(Duration::from_millis(5));
        }
    }

    fn relay(&self, number: u32, started: Started) {
        let Started { mut child, stdin, mut stdout, said, hello, _terminal } = started;
        self.lock().insert(number, stdin);
        let _ = self.out.bytes(&hello.to_bytes_for(number));
        while let Ok(Some(frame)) = Frame::read(&mut stdout) {
            let _ = self.out.bytes(&frame.to_bytes_for(number));
        }
        self.end(number);
        let _ = child.wait();
        let _ = self.out.message(number.into(), &FromWorker::Gone(said.text("").trim().to_owned()));
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Stdin>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A terminal as stdin stays open for what is still to be heard on it, so its end must be said.
fn dismiss(mut stdin: Stdin) {
    if let Ok(end) = message_bytes(FIRST, FIRST.into(), &ToWorker::End) {
        let _ = stdin.write_all(&end).and_then(|()| stdin.flush());
    }
}
