//! A text that was read and places in it.

use std::fmt;
use std::sync::Arc;

use super::Diagnostic;

/// A file (or other text) that was read, kept whole so that places in it can be shown.
pub struct Source {
    /// As the user would name it: a path, or `<command line>`.
    pub name: String,
    pub text: Arc<str>,
    /// The text itself, where stars stand in its place because it must not be shown.
    plain: Option<Arc<str>>,
    /// Byte offset of each line's first byte.
    line_starts: Vec<u32>,
}

impl Source {
    /// Keeps `text` under `name`.
    pub fn new(name: impl Into<String>, text: impl Into<Arc<str>>) -> Arc<Self> {
        let text = text.into();
        Self::made(name.into(), text, None)
    }

    /// Keeps a text that no message may show: stars stand in its place, byte for byte.
    pub fn sealed(name: impl Into<String>, plain: String) -> Arc<Self> {
        let stars: String = plain.bytes().map(|b| if b == b'\n' { '\n' } else { '*' }).collect();
        Self::made(name.into(), stars.into(), Some(plain.into()))
    }

    fn made(name: String, text: Arc<str>, plain: Option<Arc<str>>) -> Arc<Self> {
        let breaks = text.bytes().enumerate().filter(|(_, b)| *b == b'\n');
        let line_starts = std::iter::once(0).chain(breaks.map(|(at, _)| at as u32 + 1)).collect();
        Arc::new(Self { name, text, plain, line_starts })
    }

    /// The text to be read; [`Source::text`] is the one to be shown.
    pub fn plain(&self) -> &str {
        self.plain.as_ref().unwrap_or(&self.text)
    }

    /// Takes what is quoted of the text out of messages, where it must not be shown.
    pub fn hide_in(&self, found: &mut [Diagnostic]) {
        if let Some(plain) = &self.plain {
            found.iter_mut().for_each(|diagnostic| diagnostic.hide(plain));
        }
    }

    /// Line and column, both from 1, the column in characters.
    pub fn position(&self, offset: u32) -> (usize, usize) {
        let line = self.line_starts.partition_point(|start| *start <= offset).max(1);
        let start = self.line_starts[line - 1] as usize;
        let end = (offset as usize).min(self.text.len());
        let column = self.plain().get(start..end).map_or(end - start, |s| s.chars().count());
        (line, column + 1)
    }

    /// Byte offset of a line and column, both from 0, the column in characters.
    pub fn offset(&self, line: usize, column: usize) -> u32 {
        let Some(start) = self.line_starts.get(line) else { return self.text.len() as u32 };
        let rest = &self.plain()[*start as usize..];
        let within: usize = rest.chars().take(column).map(char::len_utf8).sum();
        start + within as u32
    }
}

impl fmt::Debug for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Source({})", self.name)
    }
}

/// A piece of a source: byte offsets, the end not included.
#[derive(Clone)]
pub struct Span {
    pub source: Arc<Source>,
    pub start: u32,
    pub end: u32,
}

impl Span {
    /// The piece from `start` up to, not including, `end`.
    pub fn new(source: &Arc<Source>, start: u32, end: u32) -> Self {
        Self { source: source.clone(), start, end }
    }

    /// Line and column of the start, both from 1.
    pub fn position(&self) -> (usize, usize) {
        self.source.position(self.start)
    }

    /// The piece as it is read; [`Span::text`] is what to show.
    pub fn plain(&self) -> &str {
        self.source.plain().get(self.start as usize..self.end as usize).unwrap_or("")
    }

    /// The text of the piece.
    pub fn text(&self) -> &str {
        self.source.text.get(self.start as usize..self.end as usize).unwrap_or("")
    }
}

/// `file:line:column`, as editors understand it.
impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (line, column) = self.position();
        write!(f, "{}:{line}:{column}", self.source.name)
    }
}

impl fmt::Debug for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
