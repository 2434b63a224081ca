//! A connection to an engine: bytes there and back, in two halves where wanted.

use std::io::{self, ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::os::unix::net::UnixStream;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rustls::{ClientConnection, StreamOwned};

/// How long one half of an encrypted connection may keep the other waiting.
const TURN: Duration = Duration::from_millis(20);

/// A connection to an engine.
pub(super) struct Wire {
    kind: Kind,
    /// How long a read waits before it says `WouldBlock`.
    tick: Option<Duration>,
}

enum Kind {
    Unix(UnixStream),
    Tcp(TcpStream),
    Tls(Arc<Mutex<StreamOwned<ClientConnection, TcpStream>>>),
}

impl Wire {
    pub(super) fn unix(stream: UnixStream) -> Self {
        Self { kind: Kind::Unix(stream), tick: None }
    }

    pub(super) fn tcp(stream: TcpStream) -> Self {
        Self { kind: Kind::Tcp(stream), tick: None }
    }

    pub(super) fn tls(stream: StreamOwned<ClientConnection, TcpStream>) -> Self {
        Self { kind: Kind::Tls(Arc::new(Mutex::new(stream))), tick: None }
    }

    /// Has a read say `WouldBlock` when nothing came for so long; never with `None`.
    pub(super) fn set_tick(&mut self, tick: Option<Duration>) -> io::Result<()> {
        self.tick = tick;
        match &self.kind {
            Kind::Unix(stream) => stream.set_read_timeout(tick),
            Kind::Tcp(stream) => stream.set_read_timeout(tick),
            Kind::Tls(_) => Ok(()),
        }
    }

    /// The same connection once more, for another thread.
    pub(super) fn another(&self) -> io::Result<Self> {
        let kind = match &self.kind {
            Kind::Unix(stream) => Kind::Unix(stream.try_clone()?),
            Kind::Tcp(stream) => Kind::Tcp(stream.try_clone()?),
            Kind::Tls(stream) => Kind::Tls(stream.clone()),
        };
        Ok(Self { kind, tick: self.tick })
    }

    /// Says that nothing more will be written.
    pub(super) fn end_input(&mut self) -> io::Result<()> {
        match &self.kind {
            Kind::Unix(stream) => stream.shutdown(Shutdown::Write),
            Kind::Tcp(stream) => stream.shutdown(Shutdown::Write),
            Kind::Tls(stream) => {
                let mut stream = stream.lock().unwrap_or_else(PoisonError::into_inner);
                stream.conn.send_close_notify();
                stream.flush()
            }
        }
    }

    /// Ends it in both directions, for whoever waits on it in another thread too.
    pub(super) fn close(&self) {
        // An end that is ended already is as good.
        let _ = match &self.kind {
            Kind::Unix(stream) => stream.shutdown(Shutdown::Both),
            Kind::Tcp(stream) => stream.shutdown(Shutdown::Both),
            Kind::Tls(stream) => {
                stream.lock().unwrap_or_else(PoisonError::into_inner).sock.shutdown(Shutdown::Both)
            }
        };
    }
}

/// Whether a read only found nothing yet.
pub(super) fn is_quiet(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut)
}

impl Read for Wire {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let stream = match &mut self.kind {
            Kind::Unix(stream) => return stream.read(buffer),
            Kind::Tcp(stream) => return stream.read(buffer),
            Kind::Tls(stream) => stream,
        };
        let until = self.tick.map(|tick| Instant::now() + tick);
        loop {
            let mut held = stream.lock().unwrap_or_else(PoisonError::into_inner);
            held.sock.set_read_timeout(Some(TURN))?;
            match held.read(buffer) {
                Err(error) if is_quiet(&error) && until.is_none_or(|until| Instant::now() < until) => {}
                // Many servers close without the farewell that TLS wants; the framing knows what is missing.
                Err(error) if error.kind() == ErrorKind::UnexpectedEof => return Ok(0),
                other => return other,
            }
            drop(held);
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

impl Write for Wire {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match &mut self.kind {
            Kind::Unix(stream) => stream.write(bytes),
            Kind::Tcp(stream) => stream.write(bytes),
            Kind::Tls(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match &mut self.kind {
            Kind::Unix(stream) => stream.flush(),
            Kind::Tcp(stream) => stream.flush(),
            Kind::Tls(stream) => stream.lock().unwrap_or_else(PoisonError::into_inner).flush(),
        }
    }
}
