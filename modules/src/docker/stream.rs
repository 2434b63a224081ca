//! Answers that come in pieces: JSON values in lines, and output in frames that say which stream they are of.

use std::io::{self, Read};
use std::time::Duration;

use serde_json::Value;

use super::http::Incoming;
use super::wire::is_quiet;
use super::{Error, Response};
use crate::wire::Stream;

/// What comes next of a stream.
#[derive(Clone, Debug, PartialEq)]
pub enum Next<T> {
    /// A piece.
    Item(T),
    /// Nothing for a while: look whether anybody still waits, and ask again.
    Quiet,
    /// No more will come.
    End,
}

fn lost(error: &io::Error) -> Error {
    Error::io("the connection to the engine was lost", error)
}

/// JSON values, as the engine tells of the progress of its work.
pub struct Lines {
    body: Incoming,
    held: Vec<u8>,
    ended: bool,
}

impl Response {
    /// The body as JSON values, one after another.
    pub fn lines(self) -> Lines {
        Lines { body: self.body, held: Vec::new(), ended: false }
    }

    /// The body as output: in frames, or with `raw` (of a terminal) as it comes.
    pub fn frames(self, raw: bool) -> Frames {
        Frames { body: self.body, held: Vec::new(), raw, ended: false }
    }
}

impl Lines {
    /// The next value.
    ///
    /// # Errors
    /// When the connection is lost, or what comes is no JSON.
    #[expect(clippy::should_implement_trait, reason = "what can be silent is no iterator")]
    pub fn next(&mut self) -> Result<Next<Value>, Error> {
        loop {
            let mut values = serde_json::Deserializer::from_slice(&self.held).into_iter::<Value>();
            match values.next() {
                Some(Ok(value)) => {
                    let length = values.byte_offset();
                    self.held.drain(..length);
                    return Ok(Next::Item(value));
                }
                Some(Err(error)) if !error.is_eof() => {
                    return Err(Error::new(format!("the engine's answer is no JSON: {error}")));
                }
                Some(Err(error)) if self.ended => return Err(lost(&io::Error::other(error))),
                None if self.ended => return Ok(Next::End),
                _ => {}
            }
            match pull(&mut self.body, &mut self.held)? {
                None => return Ok(Next::Quiet),
                Some(0) => self.ended = true,
                Some(_) => {}
            }
        }
    }
}

/// Reads what there is; `None` where that is nothing yet.
fn pull(body: &mut Incoming, held: &mut Vec<u8>) -> Result<Option<usize>, Error> {
    let mut buffer = [0; 16 * 1024];
    match body.read(&mut buffer) {
        Ok(length) => {
            held.extend_from_slice(&buffer[..length]);
            Ok(Some(length))
        }
        Err(error) if is_quiet(&error) || error.kind() == io::ErrorKind::Interrupted => Ok(None),
        Err(error) => Err(lost(&error)),
    }
}

/// Output of a container, standard output and standard error told apart.
pub struct Frames {
    body: Incoming,
    held: Vec<u8>,
    raw: bool,
    ended: bool,
}

/// Bytes before each frame: the stream, three of nothing, the length.
const HEADER: usize = 8;

impl Frames {
    /// The next piece of output.
    ///
    /// # Errors
    /// When the connection is lost.
    #[expect(clippy::should_implement_trait, reason = "what can be silent is no iterator")]
    pub fn next(&mut self) -> Result<Next<(Stream, Vec<u8>)>, Error> {
        loop {
            if let Some(piece) = self.piece() {
                return Ok(Next::Item(piece));
            }
            if self.ended {
                return Ok(Next::End);
            }
            match pull(&mut self.body, &mut self.held)? {
                None => return Ok(Next::Quiet),
                Some(0) => self.ended = true,
                Some(_) => {}
            }
        }
    }

    /// Waits without an end for what comes next, so that `Quiet` never does; with `Some` for so long.
    ///
    /// # Errors
    /// When the connection is gone.
    pub fn set_tick(&mut self, tick: Option<Duration>) -> io::Result<()> {
        self.body.set_tick(tick)
    }

    fn piece(&mut self) -> Option<(Stream, Vec<u8>)> {
        if self.raw {
            return (!self.held.is_empty()).then(|| (Stream::Stdout, std::mem::take(&mut self.held)));
        }
        let header: [u8; HEADER] = self.held.get(..HEADER)?.try_into().ok()?;
        let length = u32::from_be_bytes([header[4], header[5], header[6], header[7]]) as usize;
        let bytes = self.held.get(HEADER..HEADER + length)?.to_vec();
        self.held.drain(..HEADER + length);
        Some((if header[0] == 2 { Stream::Stderr } else { Stream::Stdout }, bytes))
    }
}
