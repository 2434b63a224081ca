//! What controller and worker say to each other: one file for both sides. Frames on a byte
//! stream: a header of 17 bytes, then JSON (a message) or raw bytes (a chunk of a file's body).
//! A frame names the worker it is for, so that one worker can relay to others unread.

use std::fmt;
use std::io::{self, Read};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of this protocol; both sides must have the same.
pub const VERSION: u32 = 1;

/// Bytes of a body in one chunk, as they are sent.
pub const CHUNK: usize = 64 * 1024;
/// A body up to this size rides right behind its call.
pub const INLINE: u64 = 128 * 1024;
/// What the bodies riding behind one call may have together.
pub const INLINE_TOTAL: u64 = 256 * 1024;
/// The largest message; whatever is longer is refused by both sides.
pub const MESSAGE_LIMIT: usize = 64 << 20;
/// Bytes before each frame's payload.
pub const HEADER: usize = 17;

/// The first worker, which reads the stream itself; others are relayed.
pub const FIRST: u32 = 0;

/// One module to run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the controller, unique within a session.
    pub id: u64,
    /// The module's short name, as in the table `MODULES`.
    pub module: String,
    /// What the module is given, templates already rendered.
    pub args: Map<String, Value>,
    /// Foretell only; change nothing.
    pub check: bool,
    /// Keep what stood before and after.
    pub diff: bool,
    /// Variables set for whatever the module runs.
    pub environment: Vec<(String, String)>,
    /// Whether output lines of long commands are sent as they come.
    pub live: bool,
    /// Files that the controller can send when the module asks for them.
    pub bodies: Vec<BodyInfo>,
    /// Left running: the reply comes when the job has begun.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub background: Option<Background>,
}

/// How a call is left running.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Background {
    /// The number of the job, and the name of its file.
    pub job: String,
    /// How long it may take.
    pub seconds: f64,
    /// Where the files of jobs are kept; empty: in `~/.ansible_async`.
    pub directory: String,
}

/// A file offered with a call; its content travels only when asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BodyInfo {
    /// What the module calls it, e.g. `content` or a path relative to a tree.
    pub name: String,
    /// Bytes of its content.
    pub size: u64,
    /// Hexadecimal SHA-256 of the content.
    pub sha256: String,
}

/// Whether a call changed something on the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    /// Everything was as wanted.
    #[default]
    No,
    /// Something was made otherwise.
    Yes,
    /// In check mode, of a module that cannot foretell.
    Unknown,
}

/// The one answer to a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reply {
    /// The call's.
    pub id: u64,
    /// What it did.
    pub change: Change,
    /// Why it could not be done; `None` when it was.
    pub failure: Option<String>,
    /// Return values, named as Ansible's; without `changed`, `failed`, `msg` of a failure, `diff`, `warnings`.
    /// `stdout_lines` and `stderr_lines` are added by the controller beside `stdout` and `stderr`, not here.
    pub values: Map<String, Value>,
    /// What stood before and after, where it was asked for.
    pub diff: Vec<Diff>,
    /// What the user should know though it worked.
    pub warnings: Vec<String>,
}

/// What stood before and after at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    /// Names the place, e.g. a path.
    pub before_header: String,
    /// Names the place after the change.
    pub after_header: String,
    /// What stood there.
    pub before: String,
    /// What stands there now, or would.
    pub after: String,
}

/// What a running call may say and ask for besides its reply.
pub trait CallIo {
    /// Sends a line of output as it comes.
    fn log(&mut self, stream: Stream, line: &str);
    /// The content of a body that the call offered; asked for when it did not ride behind the call.
    fn open_body(&mut self, name: &str) -> io::Result<Box<dyn Read + Send>>;
    /// Returns a file's content to the controller; the bytes sent.
    fn send_body(&mut self, name: &str, content: &mut dyn Read) -> io::Result<u64>;
    /// Whether the controller no longer waits for the reply.
    fn cancelled(&self) -> bool;
}

/// Who the worker is; its first message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hello {
    /// Its `VERSION`.
    pub version: u32,
    /// Its number on the target.
    pub pid: u32,
    /// The name of its user.
    pub user: String,
    /// The number of its user.
    pub uid: u32,
    /// Its home directory.
    pub home: String,
    /// The processor, as Rust names it.
    pub arch: String,
}

/// Which of a command's outputs a line comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stream {
    /// Standard output.
    Stdout,
    /// Standard error.
    Stderr,
}

/// A line of live output.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Log {
    /// Where the line was written.
    pub stream: Stream,
    /// The line, without its end.
    pub line: String,
}

/// Another user to become: the worker starts a second worker and relays.
#[derive(Clone, Serialize, Deserialize)]
pub struct Become {
    /// `sudo`, `su` or `doas`.
    pub method: String,
    /// The user to become.
    pub user: String,
    /// Given to the tool's prompt, and to nothing else.
    pub password: Option<String>,
    /// Replaces the method's usual flags.
    pub flags: Option<Vec<String>>,
    /// Replaces the tool's name or path.
    pub exe: Option<Vec<String>>,
    /// Words of the tool's prompt, instead of the usual ones.
    #[serde(default)]
    pub prompts: Vec<String>,
    /// Hexadecimal SHA-256 of the worker's binary.
    pub sha256: String,
    /// How long the tool may take until the second worker answers, in milliseconds.
    pub timeout: u64,
}

impl fmt::Debug for Become {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Become({} to {})", self.method, self.user)
    }
}

/// Why another user could not be become.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct BecomeFailure {
    /// What kind it is.
    pub kind: BecomeFailureKind,
    /// What the tool said, in one line.
    pub message: String,
}

/// The kinds of failure to become another user.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BecomeFailureKind {
    /// The tool is not installed.
    NoTool,
    /// The method is none of those known.
    UnknownMethod,
    /// There is no such user.
    NoUser,
    /// The tool asked for a password and none is known.
    PasswordNeeded,
    /// The tool did not take the password.
    WrongPassword,
    /// The tool's rules do not allow it.
    NotAllowed,
    /// The tool insists on a terminal.
    NoTerminal,
    /// It did not answer in time.
    Timeout,
    /// Anything else.
    Other,
}

/// What the controller says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// Run a module; the bodies that `inline` names follow at once, a chunk each.
    Call(Call),
    /// End what the call with the frame's id runs; its reply still comes.
    Cancel,
    /// The body with the frame's id cannot be sent, and why.
    NoBody(String),
    /// Start a worker for another user; the frame's id is the number it gets.
    Become(Become),
    /// End the worker whose number is the frame's id; 0 is the one that hears it.
    End,
}

/// What a worker says.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The first message of each worker.
    Hello(Hello),
    /// A line of output of the call with the frame's id.
    Log(Log),
    /// The call with the frame's id needs a body; chunks of it carry the number given.
    Want {
        /// One of the call's bodies.
        name: String,
        /// The number that its chunks carry.
        body: u64,
    },
    /// No more chunks of the body with the frame's id are needed.
    Enough,
    /// Chunks of a body that the call returns follow under the call's id, to an empty one.
    Body(String),
    /// The answer to the call with the frame's id.
    Reply(Reply),
    /// The worker with the frame's id could not be started.
    NotBecome(BecomeFailure),
    /// The worker with the frame's id has ended; the last it said on stderr.
    Gone(String),
}

/// What a frame's payload is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JSON.
    Message,
    /// Bytes of a body; none at all means its end.
    Chunk,
}

/// The 17 bytes before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Header {
    /// Bytes of the payload.
    pub length: usize,
    /// What the payload is.
    pub kind: Kind,
    /// Which worker it is for or from.
    pub worker: u32,
    /// The call or body it belongs to.
    pub id: u64,
}

impl Header {
    /// Reads a header, refusing lengths beyond the limits.
    pub fn parse(bytes: &[u8; HEADER]) -> io::Result<Self> {
        let [l0, l1, l2, l3, kind, w0, w1, w2, w3, id @ ..] = *bytes;
        let length = u32::from_le_bytes([l0, l1, l2, l3]) as usize;
        let (kind, limit) = match kind {
            1 => (Kind::Message, MESSAGE_LIMIT),
            2 => (Kind::Chunk, INLINE as usize),
            _ => return Err(io::Error::new(io::ErrorKind::InvalidData, "not a frame")),
        };
        if length > limit {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("frame of {length} bytes")));
        }
        let worker = u32::from_le_bytes([w0, w1, w2, w3]);
        Ok(Self { length, kind, worker, id: u64::from_le_bytes(id) })
    }

    fn write(self, into: &mut Vec<u8>) {
        into.extend_from_slice(&(self.length as u32).to_le_bytes());
        into.push(match self.kind {
            Kind::Message => 1,
            Kind::Chunk => 2,
        });
        into.extend_from_slice(&self.worker.to_le_bytes());
        into.extend_from_slice(&self.id.to_le_bytes());
    }
}

/// A header and its payload.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Says what the payload is; its length is the payload's.
    pub header: Header,
    /// JSON or bytes of a body.
    pub payload: Vec<u8>,
}

impl Frame {
    /// Reads the next frame; `None` at the end of the stream.
    pub fn read(from: &mut impl Read) -> io::Result<Option<Self>> {
        let mut bytes = [0; HEADER];
        match from.read(&mut bytes[..1]) {
            Ok(0) => return Ok(None),
            Ok(_) => from.read_exact(&mut bytes[1..])?,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => return Self::read(from),
            Err(e) => return Err(e),
        }
        let header = Header::parse(&bytes)?;
        let mut payload = Vec::with_capacity(header.length.min(1 << 20));
        from.take(header.length as u64).read_to_end(&mut payload)?;
        match payload.len() == header.length {
            true => Ok(Some(Self { header, payload })),
            false => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    /// The payload as a message.
    pub fn message<T: DeserializeOwned>(&self) -> io::Result<T> {
        if self.header.kind != Kind::Message {
            return Err(io::Error::new(io::ErrorKind::InvalidData, "a chunk where a message is due"));
        }
        serde_json::from_slice(&self.payload).map_err(|e| io::Error::new(io::ErrorKind::InvalidData, e))
    }

    /// Header and payload as they travel, under another worker's number.
    pub fn to_bytes_for(&self, worker: u32) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(HEADER + self.payload.len());
        Header { worker, length: self.payload.len(), ..self.header }.write(&mut bytes);
        bytes.extend_from_slice(&self.payload);
        bytes
    }
}

/// A message as it travels; refused when longer than `MESSAGE_LIMIT`.
pub fn message_bytes(worker: u32, id: u64, message: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; HEADER];
    serde_json::to_writer(&mut bytes, message).map_err(io::Error::other)?;
    let length = bytes.len() - HEADER;
    if length > MESSAGE_LIMIT {
        return Err(io::Error::new(io::ErrorKind::FileTooLarge, format!("message of {length} bytes")));
    }
    let mut head = Vec::with_capacity(HEADER);
    Header { length, kind: Kind::Message, worker, id }.write(&mut head);
    bytes[..HEADER].copy_from_slice(&head);
    Ok(bytes)
}

/// A chunk as it travels; the empty one ends a body. At most `INLINE` bytes.
pub fn chunk_bytes(worker: u32, id: u64, chunk: &[u8]) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(HEADER + chunk.len());
    Header { length: chunk.len(), kind: Kind::Chunk, worker, id }.write(&mut bytes);
    bytes.extend_from_slice(chunk);
    bytes
}

/// Those bodies of a call that ride right behind it, in order, one chunk each.
pub fn inline(bodies: &[BodyInfo]) -> impl Iterator<Item = &BodyInfo> {
    let mut total = 0;
    bodies.iter().filter(move |body| {
        let rides = body.size <= INLINE && total + body.size <= INLINE_TOTAL;
        total += if rides { body.size } else { 0 };
        rides
    })
}

#[cfg(test)]
mod tests;
