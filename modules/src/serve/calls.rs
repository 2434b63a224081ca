//! The calls that a worker runs: a thread each, which answers with exactly one reply, whatever
//! happens in the module.

use std::any::Any;
use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{self, Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use rustix::process::Signal;

use super::RunCall;
use super::bodies::Bodies;
use super::out::Out;
use super::processes::signal_children;
use crate::wire::{CHUNK, Call, CallIo, FromWorker, Log, Reply, Stream};

thread_local! {
    static PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Keeps what a panic says for the reply, instead of printing it.
pub(super) fn keep_panics() {
    std::panic::set_hook(Box::new(|info| PANIC.set(Some(info.to_string()))));
}

/// The calls that have no reply yet.
#[derive(Clone)]
pub(super) struct Calls {
    open: Arc<Mutex<HashMap<u64, Open>>>,
    pub(super) bodies: Bodies,
    out: Out,
    run: RunCall,
}

#[derive(Clone, Default)]
struct Open {
    thread: Arc<OnceLock<i32>>,
    cancelled: Arc<AtomicBool>,
}

impl Calls {
    pub(super) fn new(out: Out, run: RunCall) -> Self {
        Self { open: Arc::default(), bodies: Bodies::default(), out, run }
    }

    /// Starts a call whose riding bodies have come with it.
    pub(super) fn start(&self, call: Call, inline: HashMap<String, Vec<u8>>) {
        let (id, open) = (call.id, Open::default());
        self.lock().insert(id, open.clone());
        let calls = self.clone();
        let named = thread::Builder::new().name(call.module.clone());
        if let Err(e) = named.spawn(move || calls.run(call, inline, open)) {
            self.answer(Reply {
                id,
                failure: Some(format!("cannot start a thread: {e}")),
                ..Reply::default()
            });
        }
    }

    /// Ends what the call runs; it answers all the same.
    pub(super) fn cancel(&self, id: u64, signal: Signal) {
        let Some(open) = self.lock().get(&id).cloned() else { return };
        open.cancelled.store(true, Ordering::Relaxed);
        if let Some(&thread) = open.thread.get() {
            signal_children(thread, signal);
        }
    }

    /// Ends all that runs, kindly at first; returns when it has ended or the time is over.
    pub(super) fn end_all(&self) {
        self.bodies.close();
        for (signal, grace) in [(Signal::TERM, 1000), (Signal::KILL, 300)] {
            let until = Instant::now() + Duration::from_millis(grace);
            while !self.lock().is_empty() && Instant::now() < until {
                let ids: Vec<u64> = self.lock().keys().copied().collect();
                // Again and again: a module may go on to its next command.
                ids.into_iter().for_each(|id| self.cancel(id, signal));
                thread::sleep(Duration::from_millis(10));
            }
        }
    }

    fn run(&self, call: Call, inline: HashMap<String, Vec<u8>>, open: Open) {
        let _ = open.thread.set(rustix::thread::gettid().as_raw_nonzero().get());
        let (id, module, size_of) = (call.id, call.module.clone(), sizes(&call));
        let mut io = Io { id, live: call.live, calls: self, inline, size_of, cancelled: open.cancelled };
        let reply = catch_unwind(AssertUnwindSafe(|| (self.run)(call, &mut io)));
        self.answer(match reply {
            Ok(reply) => Reply { id, ..reply },
            Err(cause) => Reply { id, failure: Some(panicked(&module, &*cause)), ..Reply::default() },
        });
    }

    fn answer(&self, reply: Reply) {
        let id = reply.id;
        self.lock().remove(&id);
        if let Err(e) = self.out.message(id, &FromWorker::Reply(reply)) {
            let failure = Some(format!("cannot send the answer: {e}"));
            let _ = self.out.message(id, &FromWorker::Reply(Reply { id, failure, ..Reply::default() }));
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u64, Open>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn sizes(call: &Call) -> HashMap<String, u64> {
    call.bodies.iter().map(|body| (body.name.clone(), body.size)).collect()
}

fn panicked(module: &str, cause: &(dyn Any + Send)) -> String {
    let text = || cause.downcast_ref::<&str>().map(|text| (*text).to_owned());
    let text = PANIC.take().or_else(text).or_else(|| cause.downcast_ref::<String>().cloned());
    let text = text.unwrap_or_else(|| "no message".to_owned());
    format!("module `{module}` panicked, which is a bug of baton: {}", text.replace('\n', ": "))
}

/// What a call's module speaks through.
struct Io<'a> {
    id: u64,
    live: bool,
    calls: &'a Calls,
    inline: HashMap<String, Vec<u8>>,
    size_of: HashMap<String, u64>,
    cancelled: Arc<AtomicBool>,
}

impl CallIo for Io<'_> {
    fn log(&mut self, stream: Stream, line: &str) {
        if self.live {
            // A controller that has gone is noticed where the worker reads.
            let _ = self.calls.out.message(self.id, &FromWorker::Log(Log { stream, line: line.to_owned() }));
        }
    }

    fn open_body(&mut self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        if let Some(content) = self.inline.get(name) {
            return Ok(Box::new(Cursor::new(content.clone())));
        }
        let unknown = || io::Error::new(io::ErrorKind::NotFound, format!("`{name}` came not with the call"));
        let size = self.size_of.get(name).copied().ok_or_else(unknown)?;
        Ok(Box::new(self.calls.bodies.ask(&self.calls.out, self.id, name, size)?))
    }

    fn send_body(&mut self, name: &str, content: &mut dyn Read) -> io::Result<u64> {
        let out = &self.calls.out;
        out.message(self.id, &FromWorker::Body(name.to_owned()))?;
        let (mut buffer, mut sent) = (vec![0; CHUNK], 0_u64);
        loop {
            match content.read(&mut buffer) {
                Ok(0) => break,
                Ok(read) => {
                    out.chunk(self.id, &buffer[..read])?;
                    sent += read as u64;
                }
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return out.chunk(self.id, &[]).and(Err(e)),
            }
        }
        out.chunk(self.id, &[]).map(|()| sent)
    }

    fn cancelled(&self) -> bool {
        self.cancelled.load(Ordering::Relaxed)
    }
}
