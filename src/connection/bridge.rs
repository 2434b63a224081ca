//! Between threads and tasks: clients of APIs that read and write synchronously give the three streams of a command
//! like any other transport, over pairs of sockets.

use std::io;
use std::os::unix::net::UnixStream;

use tokio::sync::oneshot;

use super::pipes::Pipes;
use super::unreachable::{Kind, Unreachable};

/// The threads' ends of a command's streams.
pub(super) struct Ends {
    /// What the command is to read; ends when nothing more comes.
    pub(super) stdin: UnixStream,
    pub(super) stdout: UnixStream,
    pub(super) stderr: UnixStream,
    pub(super) exit: oneshot::Sender<Option<i32>>,
}

/// Starts a command by `start`, which may take its time and is given the threads' ends of its streams.
pub(super) async fn start(
    start: impl FnOnce(Ends) -> Result<(), Unreachable> + Send + 'static,
) -> Result<Pipes, Unreachable> {
    let own = |e: io::Error| Unreachable::new(Kind::Controller, format!("cannot prepare a connection: {e}"));
    let (stdin, their_stdin) = UnixStream::pair().map_err(own)?;
    let (stdout, their_stdout) = UnixStream::pair().map_err(own)?;
    let (stderr, their_stderr) = UnixStream::pair().map_err(own)?;
    let (exit, exited) = oneshot::channel();
    let ends = Ends { stdin: their_stdin, stdout: their_stdout, stderr: their_stderr, exit };
    let started = tokio::task::spawn_blocking(move || start(ends)).await;
    started.unwrap_or_else(|e| Err(own(io::Error::other(e))))?;
    let stream = |end: UnixStream| {
        end.set_nonblocking(true)?;
        tokio::net::UnixStream::from_std(end)
    };
    Ok(Pipes {
        stdin: Box::new(stream(stdin).map_err(own)?),
        stdout: Box::new(stream(stdout).map_err(own)?),
        stderr: Box::new(stream(stderr).map_err(own)?),
        exit: Box::pin(async move { exited.await.ok().flatten() }),
    })
}

/// Starts a thread that carries a stream.
pub(super) fn carry(work: impl FnOnce() + Send + 'static) -> Result<(), Unreachable> {
    let started = std::thread::Builder::new().name("stream".to_owned()).spawn(work);
    let failed = |e| Unreachable::new(Kind::Controller, format!("cannot start a thread: {e}"));
    started.map(drop).map_err(failed)
}
