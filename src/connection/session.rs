//! A worker that runs: calls go out, logs, bodies and replies come back, each to the call that it
//! belongs to. When the worker is lost, every open call hears why.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use baton_modules::wire::{
    Become, BecomeFailure, Call, FIRST, Frame, FromWorker, HEADER, Header, Hello, Kind as FrameKind, Log,
    Reply, ToWorker, message_bytes,
};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot, watch};

use super::bodies::{self, Bodies, Receiving};
use super::pipes::{Exit, Reading, Tail, Writing};

/// Chunks of bodies that may wait to be written.
const PACE: usize = 16;

/// What a call hears.
enum Heard {
    Log(Log),
    Want {
        name: String,
        body: u64,
    },
    Body(String),
    Chunk(Vec<u8>),
    Reply(Reply),
    /// Its worker has ended; what it said last.
    Gone(String),
}

/// Why a call has no reply.
#[derive(Debug)]
pub(super) enum NoReply {
    /// The worker has ended; what it said last, and its exit status.
    Lost(String, Option<i32>),
    /// The call could not even be sent.
    Unsendable(std::io::Error),
}

type Key = (u32, u64);

/// The writing end of the wire.
#[derive(Clone)]
pub(super) struct Outgoing {
    frames: mpsc::UnboundedSender<(Vec<u8>, Option<OwnedSemaphorePermit>)>,
    pace: Arc<Semaphore>,
    runtime: tokio::runtime::Handle,
}

impl Outgoing {
    /// Sends a frame; `false` when the worker is gone.
    pub(super) fn send(&self, frame: Vec<u8>) -> bool {
        self.frames.send((frame, None)).is_ok()
    }

    /// Sends one of many frames from a thread, waiting while too many are under way.
    pub(super) fn send_paced(&self, frame: Vec<u8>) -> bool {
        let permit = self.runtime.block_on(self.pace.clone().acquire_owned());
        permit.is_ok_and(|permit| self.frames.send((frame, Some(permit))).is_ok())
    }
}

#[derive(Default)]
struct State {
    open: Mutex<HashMap<Key, mpsc::Sender<Heard>>>,
    sending: Mutex<HashMap<Key, Arc<AtomicBool>>>,
    starting: Mutex<HashMap<u32, oneshot::Sender<Result<Hello, BecomeFailure>>>>,
    /// Workers below the first that have ended.
    ended: Mutex<Vec<u32>>,
    tail: Tail,
    status: Mutex<Option<i32>>,
}

/// A worker that has said hello, and those that it relays to.
pub(super) struct Session {
    outgoing: Mutex<Option<Outgoing>>,
    /// Dropped to close the worker's stdin, whoever else still holds `outgoing`.
    open: Mutex<Option<oneshot::Sender<()>>>,
    state: Arc<State>,
    gone: watch::Receiver<bool>,
    next_call: AtomicU64,
    next_worker: AtomicU32,
    /// Who the worker runs as, by its hello.
    user: OnceLock<String>,
}

impl Session {
    /// Takes over a worker's streams after its hello.
    pub(super) fn new(stdin: Writing, stdout: Reading, exit: Exit, tail: Tail) -> Arc<Self> {
        let (frames, queue) = mpsc::unbounded_channel();
        let pace = Arc::new(Semaphore::new(PACE));
        let outgoing = Outgoing { frames, pace: pace.clone(), runtime: tokio::runtime::Handle::current() };
        let state = Arc::new(State { tail, ..State::default() });
        let (ended, gone) = watch::channel(false);
        let (open, closed) = oneshot::channel();
        tokio::spawn(write(stdin, queue, closed));
        tokio::spawn(listen(state.clone(), stdout, exit, pace, ended));
        Arc::new(Self {
            outgoing: Mutex::new(Some(outgoing)),
            open: Mutex::new(Some(open)),
            state,
            gone,
            next_call: AtomicU64::new(1),
            next_worker: AtomicU32::new(FIRST + 1),
            user: OnceLock::new(),
        })
    }

    /// Keeps who the worker runs as.
    pub(super) fn runs_as(&self, user: String) {
        // It has one hello.
        let _ = self.user.set(user);
    }

    /// Whether the worker runs as this user.
    pub(super) fn is_of(&self, user: &str) -> bool {
        self.user.get().is_some_and(|own| own == user)
    }

    /// Whether the worker still runs.
    pub(super) fn is_alive(&self) -> bool {
        !*self.gone.borrow() && self.outgoing.lock().is_some()
    }

    /// Whether a relayed worker still runs.
    pub(super) fn relays(&self, worker: u32) -> bool {
        self.is_alive() && !self.state.ended.lock().contains(&worker)
    }

    /// Ends a relayed worker and waits until it has gone.
    pub(super) async fn dismiss(&self, worker: u32, patience: Duration) {
        let Ok(frame) = message_bytes(FIRST, worker.into(), &ToWorker::End) else { return };
        if !self.outgoing().is_ok_and(|outgoing| outgoing.send(frame)) {
            return;
        }
        let gone = async {
            while self.relays(worker) {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        // One that stays is told of by whatever it is in the way of.
        let _ = tokio::time::timeout(patience, gone).await;
    }

    /// Closes the worker's stdin and waits until it has ended.
    pub(super) async fn close(&self, patience: Duration) {
        self.outgoing.lock().take();
        self.open.lock().take();
        let mut gone = self.gone.clone();
        let _ = tokio::time::timeout(patience, gone.wait_for(|gone| *gone)).await;
    }

    /// Starts a worker for another user below this one; its number.
    pub(super) async fn become_user(&self, user: &Become) -> Result<Result<u32, BecomeFailure>, NoReply> {
        let worker = self.next_worker.fetch_add(1, Ordering::Relaxed);
        let (sender, answer) = oneshot::channel();
        self.state.starting.lock().insert(worker, sender);
        let message = ToWorker::Become(user.clone());
        let frame = message_bytes(FIRST, worker.into(), &message).map_err(NoReply::Unsendable)?;
        if !self.outgoing()?.send(frame) {
            return Err(self.lost());
        }
        match answer.await {
            Ok(answer) => Ok(answer.map(|_| worker)),
            Err(_) => Err(self.lost()),
        }
    }

    /// Runs a module and waits for its reply. Dropped before that, it ends what the module runs; a wish to stop has
    /// modules answer early that can.
    pub(super) async fn call(
        &self,
        worker: u32,
        mut call: Call,
        files: Arc<dyn Bodies>,
        mut on_log: impl FnMut(Log) + Send,
        mut stop: watch::Receiver<bool>,
    ) -> Result<Reply, NoReply> {
        let mut stops = baton_modules::find(&call.module).is_some_and(|entry| entry.stops_early);
        call.id = self.next_call.fetch_add(1, Ordering::Relaxed);
        let (key, outgoing) = ((worker, call.id), self.outgoing()?);
        let frames = frames(worker, call, &files).await.map_err(NoReply::Unsendable)?;
        let (sender, mut hears) = mpsc::channel(64);
        self.state.open.lock().insert(key, sender);
        let mut open = Open { session: self, key, sending: Vec::new(), answered: false };
        // A worker that ended before the call was entered has not told it so.
        if *self.gone.borrow() || !outgoing.send(frames) {
            return Err(self.lost());
        }
        let (mut receiving, mut trouble) = (None::<Receiving>, None);
        loop {
            let heard = tokio::select! {
                heard = hears.recv() => heard,
                Ok(_) = stop.wait_for(|stop| *stop), if stops => {
                    stops = false;
                    open.cancel();
                    continue;
                }
            };
            let Some(heard) = heard else { break };
            match heard {
                Heard::Log(log) => on_log(log),
                Heard::Want { name, body } => {
                    let stop = open.sends((worker, body));
                    bodies::send(outgoing.clone(), (worker, body), name, files.clone(), stop);
                }
                Heard::Body(name) => receiving = Some(Receiving::start(name, files.clone())),
                Heard::Chunk(chunk) => {
                    let last = chunk.is_empty();
                    if let Some(file) = &receiving {
                        file.chunk(chunk).await;
                    }
                    if let Some(file) = receiving.take_if(|_| last) {
                        trouble = file.finish().await.err().or(trouble);
                    }
                }
                Heard::Reply(mut reply) => {
                    open.answered = true;
                    if let Some(e) = trouble.filter(|_| reply.failure.is_none()) {
                        reply.failure = Some(format!("cannot keep the file on the controller: {e}"));
                    }
                    return Ok(reply);
                }
                Heard::Gone(said) => return Err(NoReply::Lost(said, None)),
            }
        }
        Err(self.lost())
    }

    fn outgoing(&self) -> Result<Outgoing, NoReply> {
        self.outgoing.lock().clone().ok_or_else(|| self.lost())
    }

    fn lost(&self) -> NoReply {
        NoReply::Lost(self.state.tail.text(), *self.state.status.lock())
    }
}

async fn frames(worker: u32, call: Call, files: &Arc<dyn Bodies>) -> std::io::Result<Vec<u8>> {
    if call.bodies.is_empty() {
        return bodies::call_frames(worker, &call, &**files);
    }
    let files = files.clone();
    let read = tokio::task::spawn_blocking(move || bodies::call_frames(worker, &call, &*files));
    read.await.unwrap_or_else(|e| Err(std::io::Error::other(e)))
}

/// A call without reply; when it is given up, so is all that belongs to it.
struct Open<'a> {
    session: &'a Session,
    key: Key,
    sending: Vec<Key>,
    answered: bool,
}

impl Open<'_> {
    fn sends(&mut self, body: Key) -> Arc<AtomicBool> {
        let stop = Arc::new(AtomicBool::new(false));
        self.session.state.sending.lock().insert(body, stop.clone());
        self.sending.push(body);
        stop
    }

    /// Has the module end what it runs; it answers all the same.
    fn cancel(&self) {
        let outgoing = self.session.outgoing.lock().clone();
        if let Some(outgoing) = outgoing
            && let Ok(frame) = message_bytes(self.key.0, self.key.1, &ToWorker::Cancel)
        {
            outgoing.send(frame);
        }
    }
}

impl Drop for Open<'_> {
    fn drop(&mut self) {
        let state = &self.session.state;
        state.open.lock().remove(&self.key);
        for body in &self.sending {
            if let Some(stop) = state.sending.lock().remove(body) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        if !self.answered {
            self.cancel();
        }
    }
}

type Queue = mpsc::UnboundedReceiver<(Vec<u8>, Option<OwnedSemaphorePermit>)>;

async fn write(mut stdin: Writing, mut queue: Queue, closed: oneshot::Receiver<()>) {
    let writing = async {
        while let Some((frame, _permit)) = queue.recv().await {
            // A worker that reads no more is noticed where it is listened to.
            if stdin.write_all(&frame).await.is_err() || stdin.flush().await.is_err() {
                break;
            }
        }
    };
    tokio::select! {
        () = writing => {}
        _ = closed => {}
    }
    // Where the end of a stream cannot be told, as by older Kubernetes, this is what ends the worker.
    if let Ok(end) = message_bytes(FIRST, 0, &ToWorker::End) {
        let _ = tokio::time::timeout(Duration::from_millis(200), stdin.write_all(&end)).await;
        let _ = tokio::time::timeout(Duration::from_millis(200), stdin.flush()).await;
    }
}

async fn listen(
    state: Arc<State>,
    mut stdout: Reading,
    exit: Exit,
    pace: Arc<Semaphore>,
    ended: watch::Sender<bool>,
) {
    while let Ok(Some(frame)) = read_frame(&mut stdout).await {
        hear(&state, frame).await;
    }
    *state.status.lock() = tokio::time::timeout(Duration::from_secs(1), exit).await.unwrap_or_default();
    pace.close();
    let _ = ended.send(true);
    state.starting.lock().clear();
    state.open.lock().clear();
}

/// Reads the next frame; `None` at the end of the stream.
pub(super) async fn read_frame(from: &mut Reading) -> std::io::Result<Option<Frame>> {
    let mut bytes = [0; HEADER];
    if from.read(&mut bytes[..1]).await? == 0 {
        return Ok(None);
    }
    from.read_exact(&mut bytes[1..]).await?;
    let header = Header::parse(&bytes)?;
    let mut payload = Vec::with_capacity(header.length.min(1 << 20));
    from.take(header.length as u64).read_to_end(&mut payload).await?;
    match payload.len() == header.length {
        true => Ok(Some(Frame { header, payload })),
        false => Err(std::io::ErrorKind::UnexpectedEof.into()),
    }
}

async fn hear(state: &State, frame: Frame) {
    let (worker, id) = (frame.header.worker, frame.header.id);
    if frame.header.kind == FrameKind::Chunk {
        return tell(state, (worker, id), Heard::Chunk(frame.payload)).await;
    }
    // What a host sends beyond the protocol is dropped.
    let Ok(message) = frame.message() else { return };
    match message {
        FromWorker::Hello(hello) => answer(state, worker, Ok(hello)),
        FromWorker::NotBecome(failure) => answer(state, id as u32, Err(failure)),
        FromWorker::Log(log) => tell(state, (worker, id), Heard::Log(log)).await,
        FromWorker::Want { name, body } => tell(state, (worker, id), Heard::Want { name, body }).await,
        FromWorker::Body(name) => tell(state, (worker, id), Heard::Body(name)).await,
        FromWorker::Reply(reply) => tell(state, (worker, id), Heard::Reply(reply)).await,
        FromWorker::Enough => {
            if let Some(stop) = state.sending.lock().get(&(worker, id)) {
                stop.store(true, Ordering::Relaxed);
            }
        }
        FromWorker::Gone(said) => gone(state, id as u32, &said).await,
    }
}

fn answer(state: &State, worker: u32, answer: Result<Hello, BecomeFailure>) {
    if let Some(sender) = state.starting.lock().remove(&worker) {
        // Whoever asked may have given up.
        let _ = sender.send(answer);
    }
}

async fn tell(state: &State, key: Key, heard: Heard) {
    let sender = state.open.lock().get(&key).cloned();
    if let Some(sender) = sender {
        let _ = sender.send(heard).await;
    }
}

async fn gone(state: &State, worker: u32, said: &str) {
    state.ended.lock().push(worker);
    let open: Vec<_> = state.open.lock().extract_if(|key, _| key.0 == worker).collect();
    for (_, sender) in open {
        let _ = sender.send(Heard::Gone(said.to_owned())).await;
    }
}

#[cfg(test)]
mod tests;
