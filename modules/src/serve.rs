//! The loop on the target: frame in, module, frame out. Calls run on a thread each; workers of
//! other users are started below this one and relayed. When the controller goes, all of it ends.

mod r#become;
mod bodies;
mod calls;
mod identity;
mod out;
mod processes;
mod prompt;
mod relay;
mod stdio;
mod terminal;

use std::collections::HashMap;
use std::fs::File;
use std::io::{self, BufReader};

use rustix::process::Signal;

use self::calls::Calls;
use self::out::Out;
use self::relay::Relays;
use crate::wire::{Call, CallIo, FIRST, Frame, FromWorker, Hello, Kind, Reply, ToWorker, VERSION, inline};

/// Runs one call; what it gives back is sent.
pub type RunCall = fn(Call, &mut dyn CallIo) -> Reply;

/// Speaks on stdin and stdout until stdin closes, then ends all that it has started.
pub fn serve(run: RunCall) -> io::Result<()> {
    // A terminal's Ctrl-C is for the controller, which then closes our stdin.
    let _ = rustix::process::setsid();
    let (input, output) = stdio::take()?;
    identity::verify()?;
    home_if_lost();
    calls::keep_panics();
    serve_on(run, input, output)
}

/// As [`serve`], on any two ends of a stream and in the midst of another process.
pub fn serve_on(run: RunCall, input: File, output: File) -> io::Result<()> {
    let out = Out::new(output);
    out.message(0, &FromWorker::Hello(hello()))?;
    let mut worker = Worker { calls: Calls::new(out.clone(), run), relays: Relays::new(out) };
    // A broken stream is the end as well: there is nobody left to tell.
    let _ = worker.read_all(BufReader::with_capacity(64 * 1024, input));
    worker.relays.close();
    worker.calls.end_all();
    worker.relays.wait();
    crate::content::close();
    Ok(())
}

struct Worker {
    calls: Calls,
    relays: Relays,
}

impl Worker {
    fn read_all(&mut self, mut input: BufReader<File>) -> io::Result<()> {
        while let Some(frame) = Frame::read(&mut input)? {
            let id = frame.header.id;
            match (frame.header.worker, frame.header.kind) {
                (FIRST, Kind::Chunk) => self.calls.bodies.arrived(id, Ok(frame.payload)),
                (FIRST, Kind::Message) => match frame.message()? {
                    ToWorker::Call(call) => {
                        let bodies = read_inline(&call, &mut input)?;
                        self.calls.start(Call { id, ..call }, bodies);
                    }
                    ToWorker::Cancel => self.calls.cancel(id, Signal::TERM),
                    ToWorker::NoBody(why) => self.calls.bodies.arrived(id, Err(io::Error::other(why))),
                    ToWorker::Become(user) => self.relays.start(id as u32, user),
                    ToWorker::End if id == u64::from(FIRST) => return Ok(()),
                    ToWorker::End => self.relays.end(id as u32),
                },
                (worker, _) => self.relays.pass(worker, &frame),
            }
        }
        Ok(())
    }
}

fn read_inline(call: &Call, input: &mut BufReader<File>) -> io::Result<HashMap<String, Vec<u8>>> {
    let read = |body: &crate::wire::BodyInfo| match Frame::read(input)? {
        Some(frame) if frame.header.kind == Kind::Chunk => Ok((body.name.clone(), frame.payload)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    };
    inline(&call.bodies).map(read).collect()
}

/// A user become in a directory that it may not read would fail at every command.
fn home_if_lost() {
    let usable =
        |path: &str| rustix::fs::access(path, rustix::fs::Access::READ_OK | rustix::fs::Access::EXEC_OK);
    if usable(".").is_err() {
        let home = std::env::home_dir().unwrap_or_else(|| "/".into());
        let _ = std::env::set_current_dir(home).or_else(|_| std::env::set_current_dir("/"));
    }
}

fn hello() -> Hello {
    let uid = rustix::process::geteuid().as_raw();
    let (user, home) = account(uid);
    let arch = std::env::consts::ARCH.to_owned();
    Hello { version: VERSION, pid: std::process::id(), user, uid, home, arch }
}

/// Name and home of a user; the environment speaks for users that `/etc/passwd` does not know.
fn account(uid: u32) -> (String, String) {
    let passwd = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let fields = passwd.lines().map(|line| line.split(':').collect::<Vec<_>>());
    let mut known = fields.filter(|f| f.len() > 5 && f[2].parse() == Ok(uid));
    let variable = |name| std::env::var(name).unwrap_or_default();
    match known.next() {
        Some(fields) => (fields[0].to_owned(), fields[5].to_owned()),
        None => (variable("USER"), variable("HOME")),
    }
}
