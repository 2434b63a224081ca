//! HTTP/1.1 as far as an engine speaks it: one request on one connection, bodies streamed both ways.

use std::io::{self, ErrorKind, Read, Write};
use std::time::{Duration, Instant};

use serde_json::Value;

use super::Error;
use super::wire::{Wire, is_quiet};

/// The longest line of a head; a longer one is no HTTP.
const LINE: usize = 64 * 1024;

/// A request to an engine.
pub struct Request<'a> {
    pub(super) method: &'static str,
    pub(super) path: String,
    pub(super) headers: Vec<(&'static str, String)>,
    pub(super) body: Body<'a>,
    pub(super) patience: Option<Duration>,
}

pub(super) enum Body<'a> {
    None,
    Bytes(Vec<u8>),
    Stream(&'a mut dyn Read),
}

impl<'a> Request<'a> {
    /// A request with `GET`, `POST`, `PUT`, `HEAD` or `DELETE` to a path without the version, as `/containers/json`.
    pub fn new(method: &'static str, path: impl Into<String>) -> Self {
        Self { method, path: path.into(), headers: Vec::new(), body: Body::None, patience: None }
    }

    /// With JSON as its body.
    pub fn json(mut self, body: &Value) -> Self {
        self.body = Body::Bytes(body.to_string().into_bytes());
        self.header("Content-Type", "application/json")
    }

    /// With a body that is sent as it is read.
    pub fn stream(mut self, kind: &str, body: &'a mut dyn Read) -> Self {
        self.body = Body::Stream(body);
        self.header("Content-Type", kind)
    }

    /// With one header more.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With another time that the answer may take to begin, in place of the endpoint's `timeout`.
    pub fn patience(mut self, limit: Duration) -> Self {
        self.patience = Some(limit);
        self
    }
}

/// When waiting ends: after so long, or when nobody wants the answer any more.
#[derive(Clone, Copy)]
pub(super) struct Patience<'a> {
    pub(super) limit: Option<Duration>,
    pub(super) stop: &'a dyn Fn() -> bool,
}

impl Patience<'_> {
    /// Tries until there is more than silence.
    pub(super) fn wait<T>(self, mut step: impl FnMut() -> io::Result<T>) -> io::Result<T> {
        let since = Instant::now();
        loop {
            match step() {
                Err(error) if is_quiet(&error) => {}
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                other => return other,
            }
            self.check()?;
            if let Some(limit) = self.limit.filter(|limit| since.elapsed() >= *limit) {
                return Err(io::Error::new(ErrorKind::TimedOut, format!("no answer within {limit:?}")));
            }
        }
    }

    fn check(self) -> io::Result<()> {
        if (self.stop)() {
            return Err(io::Error::new(ErrorKind::ConnectionAborted, "the run was interrupted"));
        }
        Ok(())
    }
}

/// Writes a request; a body that the engine does not want to the end is left off, as its answer says why.
pub(super) fn send(
    wire: &mut Wire,
    host: &str,
    path: &str,
    request: Request<'_>,
    patience: Patience<'_>,
) -> io::Result<()> {
    let mut head = format!("{} {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: baton\r\n", request.method);
    for (name, value) in &request.headers {
        head += &format!("{name}: {}\r\n", value.replace(['\r', '\n'], ""));
    }
    match &request.body {
        Body::None if request.method == "POST" => head += "Content-Length: 0\r\n",
        Body::None => {}
        Body::Bytes(bytes) => head += &format!("Content-Length: {}\r\n", bytes.len()),
        Body::Stream(_) => head += "Transfer-Encoding: chunked\r\n",
    }
    if !request.headers.iter().any(|(name, _)| *name == "Connection") {
        head += "Connection: close\r\n";
    }
    wire.write_all((head + "\r\n").as_bytes())?;
    match request.body {
        Body::None => Ok(()),
        Body::Bytes(bytes) => unwanted_is_well(wire.write_all(&bytes)),
        Body::Stream(body) => chunks(wire, body, patience),
    }?;
    wire.flush()
}

fn unwanted_is_well(written: io::Result<()>) -> io::Result<()> {
    match written {
        Err(error) if matches!(error.kind(), ErrorKind::BrokenPipe | ErrorKind::ConnectionReset) => Ok(()),
        other => other,
    }
}

fn chunks(wire: &mut Wire, body: &mut dyn Read, patience: Patience<'_>) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        patience.check()?;
        let length = body.read(&mut buffer)?;
        let sent = write!(wire, "{length:x}\r\n")
            .and_then(|()| wire.write_all(&buffer[..length]))
            .and_then(|()| wire.write_all(b"\r\n"));
        if sent.is_err() || length == 0 {
            return unwanted_is_well(sent);
        }
    }
}

/// What an engine answered; its body comes as it is read.
pub struct Response {
    /// The status.
    pub status: u16,
    /// The headers, their names in small letters.
    pub headers: Vec<(String, String)>,
    /// The body; a read says `WouldBlock` when nothing came for a while.
    pub(super) body: Incoming,
}

impl Response {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// The whole body.
    pub(super) fn bytes(mut self, patience: Patience<'_>) -> Result<Vec<u8>, Error> {
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 32 * 1024];
        loop {
            match patience.wait(|| self.body.read(&mut buffer)) {
                Ok(0) => return Ok(bytes),
                Ok(length) => bytes.extend_from_slice(&buffer[..length]),
                Err(error) => return Err(Error::io("cannot read the engine's answer", &error)),
            }
        }
    }
}

impl Read for Response {
    /// Waits as long as it takes; [`Lines`](super::Lines) and [`Frames`](super::Frames) tell of silence.
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Patience { limit: None, stop: &|| false }.wait(|| self.body.read(buffer))
    }
}

/// Reads the head of an answer.
pub(super) fn receive(wire: Wire, method: &str, patience: Patience<'_>) -> io::Result<Response> {
    let mut body = Incoming { wire, held: Vec::new(), framing: Framing::ToEnd };
    let (status, headers) = loop {
        let first = patience.wait(|| body.line())?;
        let status = first.strip_prefix("HTTP/1.").and_then(|rest| rest.get(2..5)?.parse::<u16>().ok());
        let status = status.ok_or_else(|| bad(format!("this is no HTTP: `{}`", first.escape_debug())))?;
        let mut headers = Vec::new();
        loop {
            let line = patience.wait(|| body.line())?;
            match line.split_once(':') {
                _ if line.is_empty() => break,
                Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.trim().to_owned())),
                None => return Err(bad(format!("this is no header: `{}`", line.escape_debug()))),
            }
        }
        if status != 100 {
            break (status, headers);
        }
    };
    let find = |name: &str| headers.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    body.framing = match (status, find("transfer-encoding"), find("content-length")) {
        (101, ..) => Framing::ToEnd,
        _ if method == "HEAD" || status == 204 || status == 304 => Framing::Done,
        (_, Some("chunked"), _) => Framing::Size,
        (.., Some(length)) => {
            Framing::Left(length.parse().map_err(|_| bad("a length that is no number".into()))?)
        }
        _ => Framing::ToEnd,
    };
    Ok(Response { status, headers, body })
}

fn bad(words: String) -> io::Error {
    io::Error::new(ErrorKind::InvalidData, words)
}

/// A body as it comes. A read that says `WouldBlock` can be repeated.
pub(super) struct Incoming {
    wire: Wire,
    held: Vec<u8>,
    framing: Framing,
}

enum Framing {
    /// All until the connection ends.
    ToEnd,
    /// So many bytes more.
    Left(u64),
    /// The line with a chunk's size.
    Size,
    /// So many bytes of a chunk more.
    Chunk(u64),
    /// The end of line behind a chunk.
    Behind,
    /// Nothing more.
    Done,
}

impl Incoming {
    /// The connection beneath, for another thread.
    pub(super) fn another(&self) -> io::Result<Wire> {
        self.wire.another()
    }

    pub(super) fn set_tick(&mut self, tick: Option<Duration>) -> io::Result<()> {
        self.wire.set_tick(tick)
    }

    /// A line without its end.
    fn line(&mut self) -> io::Result<String> {
        loop {
            if let Some(at) = self.held.iter().position(|byte| *byte == b'\n') {
                let line: Vec<u8> = self.held.drain(..=at).collect();
                return Ok(String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned());
            }
            if self.held.len() > LINE {
                return Err(bad("a line without an end".to_owned()));
            }
            let mut buffer = [0; 4096];
            match self.wire.read(&mut buffer)? {
                0 => return Err(io::Error::new(ErrorKind::UnexpectedEof, "the connection ended too early")),
                length => self.held.extend_from_slice(&buffer[..length]),
            }
        }
    }

    /// Up to `most` bytes, those first that came with the head.
    fn some(&mut self, buffer: &mut [u8], most: u64) -> io::Result<usize> {
        let most = usize::try_from(most).unwrap_or(usize::MAX).min(buffer.len());
        if self.held.is_empty() {
            return self.wire.read(&mut buffer[..most]);
        }
        let length = most.min(self.held.len());
        buffer[..length].copy_from_slice(&self.held[..length]);
        self.held.drain(..length);
        Ok(length)
    }
}

impl Read for Incoming {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            match self.framing {
                Framing::Done | Framing::Left(0) => return Ok(0),
                Framing::ToEnd => return self.some(buffer, u64::MAX),
                Framing::Left(left) | Framing::Chunk(left) => {
                    let length = self.some(buffer, left)?;
                    if length == 0 && !buffer.is_empty() {
                        return Err(io::Error::new(
                            ErrorKind::UnexpectedEof,
                            "the connection ended too early",
                        ));
                    }
                    let left = left - length as u64;
                    self.framing = match self.framing {
                        Framing::Left(_) => Framing::Left(left),
                        _ if left == 0 => Framing::Behind,
                        _ => Framing::Chunk(left),
                    };
                    return Ok(length);
                }
                Framing::Behind => {
                    self.line()?;
                    self.framing = Framing::Size;
                }
                Framing::Size => {
                    let line = self.line()?;
                    let size = u64::from_str_radix(line.split(';').next().unwrap_or_default().trim(), 16);
                    let size = size
                        .map_err(|_| bad(format!("this is no size of a chunk: `{}`", line.escape_debug())))?;
                    self.framing = if size == 0 { Framing::Done } else { Framing::Chunk(size) };
                }
            }
        }
    }
}
