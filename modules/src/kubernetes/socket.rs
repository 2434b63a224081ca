//! WebSockets to pods: exec, attach, cp and port-forward over the same TLS, in channels of one byte's number.

use std::io::{self, Read, Write};
use std::net::TcpStream;
use std::os::fd::{AsFd, BorrowedFd};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;
use sha1::{Digest, Sha1};
use tungstenite::protocol::{Role, WebSocketConfig};
use tungstenite::{Bytes, Error, Message, WebSocket};

use super::client::{Client, with_query};
use super::dial::Stream;
use super::error::ApiError;
use super::{items, text};

/// Channels of exec: what the command reads, writes, complains of, and how it ended.
const STDIN: u8 = 0;
const STDOUT: u8 = 1;
const STDERR: u8 = 2;
const STATUS: u8 = 3;
/// Says that a channel has ended; from version 5 on.
const CLOSE: u8 = 255;
/// Sent at once.
const CHUNK: usize = 32 * 1024;

/// A connection to a pod, in channels.
pub struct Socket {
    socket: WebSocket<Stream>,
    /// Whether the end of a channel can be told.
    pub closes: bool,
    /// The server's address, for messages.
    server: String,
}

/// A command to run in a container.
#[derive(Clone, Debug, Default)]
pub struct Exec<'a> {
    pub namespace: &'a str,
    pub pod: &'a str,
    /// The pod's default one, if empty.
    pub container: &'a str,
    pub command: &'a [String],
    /// Whether the command has an input.
    pub stdin: bool,
    pub tty: bool,
}

/// Where the input of a pod comes from.
pub enum Input<'a> {
    /// Nothing is sent.
    None,
    /// These bytes, then the end.
    Bytes(&'a [u8]),
    /// Whatever comes there.
    Stream(&'a mut dyn Source),
}

/// What can be waited for and read.
pub trait Source: Read + AsFd {}
impl<T: Read + AsFd> Source for T {}

/// Which output something came on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Channel {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// How a command in a pod ended.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ended {
    /// Its exit code; `None` where the server did not say.
    pub rc: Option<i32>,
    /// Why it could not be run.
    pub error: Option<String>,
}

/// A command that ended, with all it said.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub rc: i32,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Client {
    /// Starts a command in a container.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn start(&self, exec: &Exec<'_>) -> Result<Socket, ApiError> {
        self.start_as(exec, "v5.channel.k8s.io, v4.channel.k8s.io")
    }

    /// Starts a command whose input has an end. Older servers cannot be told of it: there the container counts.
    fn start_with_input(&self, exec: &Exec<'_>, length: usize) -> Result<Socket, ApiError> {
        let exec = Exec { stdin: true, ..exec.clone() };
        match self.start_as(&exec, "v5.channel.k8s.io") {
            Ok(socket) if socket.closes => return Ok(socket),
            Err(error) if error.code == 0 || error.is_missing() => return Err(error),
            _ => {}
        }
        let count = format!("head -c {length} | \"$@\"");
        let words = ["sh", "-c", &count, "sh"].map(str::to_owned);
        let command: Vec<String> = words.into_iter().chain(exec.command.iter().cloned()).collect();
        self.start_as(&Exec { command: &command, ..exec }, "v4.channel.k8s.io")
    }

    fn start_as(&self, exec: &Exec<'_>, protocols: &str) -> Result<Socket, ApiError> {
        let flag = |on: bool| on.to_string();
        let mut query: Vec<(&str, String)> =
            exec.command.iter().map(|word| ("command", word.clone())).collect();
        if !exec.container.is_empty() {
            query.push(("container", exec.container.to_owned()));
        }
        query.push(("stdin", flag(exec.stdin)));
        query.push(("stdout", flag(true)));
        query.push(("stderr", flag(!exec.tty)));
        query.push(("tty", flag(exec.tty)));
        let path = format!("/api/v1/namespaces/{}/pods/{}/exec", exec.namespace, exec.pod);
        self.socket(&with_query(&path, &query), protocols)
    }

    /// Runs a command in a container to its end: what it said, and its exit code.
    ///
    /// # Errors
    /// When the server refuses, the command cannot be run, or it takes longer than it may.
    pub fn exec(
        &self,
        exec: &Exec<'_>,
        stdin: Option<&[u8]>,
        limit: Option<Duration>,
    ) -> Result<Output, ApiError> {
        let until = limit.map(|limit| Instant::now() + limit);
        let mut socket = match stdin {
            Some(bytes) => self.start_with_input(exec, bytes.len())?,
            None => self.start(&Exec { stdin: false, ..exec.clone() })?,
        };
        let mut output = Output::default();
        let ended = socket.pump(stdin.map_or(Input::None, Input::Bytes), until, &mut |channel, bytes| {
            match channel {
                Channel::Stdout => output.stdout.extend_from_slice(bytes),
                Channel::Stderr => output.stderr.extend_from_slice(bytes),
            }
            Ok(())
        })?;
        match (ended.rc, ended.error) {
            (Some(rc), _) => Ok(Output { rc, ..output }),
            (None, Some(error)) => Err(ApiError::local(error)),
            (None, None) => Err(ApiError::local(format!(
                "the connection to pod `{}` ended before the command did",
                exec.pod
            ))),
        }
    }

    /// Opens a WebSocket at a path, in one of these protocols.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn socket(&self, path: &str, protocols: &str) -> Result<Socket, ApiError> {
        let broken = |error: &io::Error| ApiError::broken(error, &self.config);
        let mut stream = self.endpoint.dial(None).map_err(|error| broken(&error))?;
        let key = STANDARD.encode(nonce());
        let mut head = format!(
            "GET {}{path} HTTP/1.1\r\nHost: {}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: {protocols}\r\n",
            self.endpoint.prefix,
            self.endpoint.authority()
        );
        for (name, value) in self.headers()? {
            head += &format!("{name}: {value}\r\n");
        }
        let patience = Some(Duration::from_secs(60));
        stream.tcp().set_read_timeout(patience).map_err(|error| broken(&error))?;
        stream
            .write_all((head + "\r\n").as_bytes())
            .and_then(|()| stream.flush())
            .map_err(|error| broken(&error))?;
        let (answer, rest) = read_head(&mut stream).map_err(|error| broken(&error))?;
        let header = |name: &str| header(&answer, name);
        let code: u16 = answer.split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0);
        if code != 101 {
            let length = header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0usize);
            return Err(ApiError::answered(code, &read_rest(&mut stream, rest, length), &self.config));
        }
        let proof = Sha1::digest(format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11"));
        if header("sec-websocket-accept") != Some(&STANDARD.encode(proof)) {
            return Err(ApiError::local(format!("`{}` does not speak WebSocket", self.config.server)));
        }
        let closes = header("sec-websocket-protocol").is_some_and(|protocol| protocol.starts_with("v5"));
        let settings = WebSocketConfig::default().read_buffer_size(CHUNK);
        let socket = WebSocket::from_partially_read(stream, rest, Role::Client, Some(settings));
        Ok(Socket { socket, closes, server: self.config.server.clone() })
    }
}

/// Bytes that no other connection of this process had; they prove an answer fresh and are no secret.
fn nonce() -> [u8; 16] {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let time =
        SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_nanos() as u64);
    let count = COUNT.fetch_add(1, Ordering::Relaxed) ^ (u64::from(std::process::id()) << 32);
    let mut bytes = [0; 16];
    bytes[..8].copy_from_slice(&time.to_le_bytes());
    bytes[8..].copy_from_slice(&count.to_le_bytes());
    bytes
}

fn read_head(stream: &mut Stream) -> io::Result<(String, Vec<u8>)> {
    let (mut head, mut buffer) = (Vec::new(), [0; 4096]);
    loop {
        let read = stream.read(&mut buffer)?;
        if read == 0 || head.len() > 64 * 1024 {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        head.extend_from_slice(&buffer[..read]);
        if let Some(end) = head.windows(4).position(|bytes| bytes == b"\r\n\r\n") {
            let rest = head.split_off(end + 4);
            return Ok((String::from_utf8_lossy(&head).into_owned(), rest));
        }
    }
}

fn read_rest(stream: &mut Stream, mut body: Vec<u8>, length: usize) -> Vec<u8> {
    let wanted = length.min(64 * 1024).saturating_sub(body.len());
    let _ = stream.take(wanted as u64).read_to_end(&mut body);
    body
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim())
}

impl Socket {
    /// Carries input and output of a command until it ends.
    ///
    /// # Errors
    /// When the connection breaks, `take` fails, or the time is over.
    pub fn pump(
        &mut self,
        input: Input<'_>,
        until: Option<Instant>,
        take: &mut dyn FnMut(Channel, &[u8]) -> io::Result<()>,
    ) -> Result<Ended, ApiError> {
        let mut ended = Ended::default();
        let closes = self.closes;
        self.carry(input, until, closes.then_some(STDIN), &mut |channel, bytes| match channel {
            STDOUT => take(Channel::Stdout, bytes),
            STDERR => take(Channel::Stderr, bytes),
            STATUS => {
                ended = how(bytes);
                Ok(())
            }
            _ => Ok(()),
        })?;
        Ok(ended)
    }

    /// Carries a TCP connection to a port of a pod until one side ends.
    ///
    /// # Errors
    /// When the connection breaks, or the pod refuses.
    pub fn forward(&mut self, local: &TcpStream) -> Result<(), ApiError> {
        let mut reader = local.try_clone().map_err(|error| self.broken(&error))?;
        // The first frame of each channel only names its port.
        let (mut named, mut refusal) = ([false; 2], String::new());
        self.carry(Input::Stream(&mut reader), None, None, &mut |channel, bytes| {
            let channel = usize::from(channel.min(1));
            if !std::mem::replace(&mut named[channel], true) {
                return Ok(());
            }
            if channel == 1 {
                refusal += &String::from_utf8_lossy(bytes);
                return Ok(());
            }
            (&*local).write_all(bytes)
        })?;
        if refusal.is_empty() { Ok(()) } else { Err(ApiError::local(refusal)) }
    }

    fn broken(&self, error: &io::Error) -> ApiError {
        ApiError::local(format!("the connection to `{}` broke: {error}", self.server))
    }

    /// The one loop: what is there is read, what is to be sent is sent, else it waits for either.
    fn carry(
        &mut self,
        mut input: Input<'_>,
        until: Option<Instant>,
        end: Option<u8>,
        take: &mut dyn FnMut(u8, &[u8]) -> io::Result<()>,
    ) -> Result<(), ApiError> {
        self.socket.get_ref().tcp().set_nonblocking(true).map_err(|error| self.broken(&error))?;
        let mut blocked = false;
        loop {
            match self.socket.read() {
                Ok(Message::Binary(bytes)) => {
                    if let Some((channel, bytes)) = bytes.split_first() {
                        take(*channel, bytes).map_err(|error| self.broken(&error))?;
                    }
                    continue;
                }
                Ok(Message::Close(_)) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => return Ok(()),
                Ok(_) => continue,
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => {}
                Err(Error::Io(error)) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
                Err(Error::Protocol(_)) => return Ok(()),
                Err(error) => return Err(self.broken(&io::Error::other(error))),
            }
            if blocked {
                blocked = self.flushed()?;
            }
            if !blocked && let Input::Bytes(bytes) = &mut input {
                blocked = self.send_some(bytes, end)?;
                if bytes.is_empty() {
                    input = Input::None;
                }
                continue;
            }
            let source = match &mut input {
                Input::Stream(source) if !blocked => Some(source),
                _ => None,
            };
            let ready =
                wait(self.socket.get_ref().tcp().as_fd(), source.as_ref().map(|s| s.as_fd()), blocked, until);
            let ready = ready.map_err(|error| match error.kind() {
                io::ErrorKind::TimedOut => {
                    ApiError { reason: "Timeout".into(), ..ApiError::local("it took too long") }
                }
                _ => self.broken(&error),
            })?;
            if let Some(source) = source.filter(|_| ready) {
                let mut buffer = vec![0; CHUNK];
                buffer[0] = STDIN;
                let read = source.read(&mut buffer[1..]).map_err(|error| self.broken(&error))?;
                blocked = match read {
                    0 => {
                        input = Input::None;
                        self.close(end)?
                    }
                    read => {
                        buffer.truncate(read + 1);
                        self.send(buffer)?
                    }
                };
            }
        }
    }

    /// Sends a part of the bytes; at their end, the end. Whether it must wait.
    fn send_some(&mut self, bytes: &mut &[u8], end: Option<u8>) -> Result<bool, ApiError> {
        let (now, later) = bytes.split_at(bytes.len().min(CHUNK));
        *bytes = later;
        let mut frame = vec![STDIN];
        frame.extend_from_slice(now);
        let blocked = !now.is_empty() && self.send(frame)?;
        if later.is_empty() { Ok(self.close(end)? || blocked) } else { Ok(blocked) }
    }

    fn close(&mut self, end: Option<u8>) -> Result<bool, ApiError> {
        end.map_or(Ok(false), |channel| self.send(vec![CLOSE, channel]))
    }

    fn send(&mut self, frame: Vec<u8>) -> Result<bool, ApiError> {
        match self.socket.write(Message::Binary(Bytes::from(frame))) {
            Ok(()) => self.flushed(),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(Error::ConnectionClosed | Error::AlreadyClosed) => Ok(false),
            Err(error) => Err(self.broken(&io::Error::other(error))),
        }
    }

    /// Whether something is still to be sent.
    fn flushed(&mut self) -> Result<bool, ApiError> {
        match self.socket.flush() {
            Ok(()) | Err(Error::ConnectionClosed | Error::AlreadyClosed) => Ok(false),
            Err(Error::Io(error)) if error.kind() == io::ErrorKind::WouldBlock => Ok(true),
            Err(error) => Err(self.broken(&io::Error::other(error))),
        }
    }
}

/// Waits until the socket or the source has something; whether the source has.
fn wait(
    socket: BorrowedFd<'_>,
    source: Option<BorrowedFd<'_>>,
    write: bool,
    until: Option<Instant>,
) -> io::Result<bool> {
    let wanted = if write { PollFlags::IN | PollFlags::OUT } else { PollFlags::IN };
    let mut fds = vec![PollFd::from_borrowed_fd(socket, wanted)];
    fds.extend(source.map(|source| PollFd::from_borrowed_fd(source, PollFlags::IN)));
    let left = until.map(|until| until.saturating_duration_since(Instant::now()));
    if left.is_some_and(|left| left.is_zero()) {
        return Err(io::ErrorKind::TimedOut.into());
    }
    let left = left.and_then(|left| Timespec::try_from(left).ok());
    match poll(&mut fds, left.as_ref()) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(fds.get(1).is_some_and(|fd| !fd.revents().is_empty())),
        Err(error) => Err(error.into()),
    }
}

/// How a command ended, by the server's `Status`.
fn how(status: &[u8]) -> Ended {
    let status: Value = serde_json::from_slice(status).unwrap_or_default();
    if text(&status, "/status") == "Success" {
        return Ended { rc: Some(0), error: None };
    }
    let code = items(&status, "/details/causes").iter().find(|cause| text(cause, "/reason") == "ExitCode");
    let rc = code.and_then(|cause| text(cause, "/message").parse().ok());
    Ended { rc, error: Some(text(&status, "/message").to_owned()).filter(|_| rc.is_none()) }
}
