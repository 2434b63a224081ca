//! A text as lines, as a person looks at it who searches for a slip: indentation, dashes,
//! key and value. A guess where YAML would need more context; whoever uses it tries it out.

use std::ops::Range;

/// The lines of a text.
pub(super) struct Lines<'t> {
    pub(super) text: &'t str,
    pub(super) lines: Vec<Line>,
}

/// One line; all places are offsets in the text.
pub(super) struct Line {
    pub(super) start: usize,
    /// Without the line break.
    pub(super) end: usize,
    /// The first character that is no blank.
    pub(super) indent: usize,
    /// The first character behind all dashes of list items.
    pub(super) content: usize,
    /// Empty or a comment.
    pub(super) idle: bool,
    pub(super) key: Option<Range<usize>>,
    /// What stands behind `key:`, or all content where there is no key; no comment.
    pub(super) value: Range<usize>,
}

impl<'t> Lines<'t> {
    pub(super) fn new(text: &'t str) -> Self {
        let mut start = 0;
        let mut lines = Vec::new();
        for piece in text.split_inclusive('\n') {
            let length = piece.trim_end_matches(['\n', '\r']).len();
            lines.push(Line::new(text, start, start + length));
            start += piece.len();
        }
        Self { text, lines }
    }

    /// The line an offset stands in; the last one for the end of the text.
    pub(super) fn at(&self, offset: usize) -> usize {
        self.lines.partition_point(|l| l.start <= offset).saturating_sub(1)
    }

    pub(super) fn slice(&self, range: &Range<usize>) -> &'t str {
        self.text.get(range.clone()).unwrap_or("")
    }

    /// The nearest line above that is not idle.
    pub(super) fn above(&self, line: usize) -> Option<usize> {
        (0..line).rev().find(|at| !self.lines[*at].idle)
    }

    /// The first line behind `line` that is not idle and not indented deeper than `column`.
    pub(super) fn end_of_block(&self, line: usize, column: usize) -> usize {
        let ends = |at: &usize| !self.lines[*at].idle && self.lines[*at].column() <= column;
        (line + 1..self.lines.len()).find(ends).unwrap_or(self.lines.len())
    }
}

impl Line {
    fn new(text: &str, start: usize, end: usize) -> Self {
        let body = &text[start..end];
        let indent = start + (body.len() - body.trim_start_matches([' ', '\t']).len());
        let mut content = indent;
        while text[content..end].starts_with("- ") {
            content += 2;
            content += text[content..end].len() - text[content..end].trim_start_matches(' ').len();
        }
        if &text[content..end] == "-" {
            content = end;
        }
        let idle = indent == end || text[indent..end].starts_with('#');
        let key = key(&text[content..end]).map(|length| content..content + length);
        let from = key.as_ref().map_or(content, |k| k.end + 1);
        let value = value(text, from, end);
        Self { start, end, indent, content, idle, key, value }
    }

    /// The column of the first character that is no blank, from 0.
    pub(super) fn column(&self) -> usize {
        self.indent - self.start
    }

    /// The column of the key or value behind the dashes, from 0.
    pub(super) fn content_column(&self) -> usize {
        self.content - self.start
    }

    pub(super) fn is_item(&self) -> bool {
        self.content > self.indent
    }
}

/// The length of the key a line begins with.
fn key(content: &str) -> Option<usize> {
    let quote = content.chars().next().filter(|c| matches!(c, '"' | '\''));
    if let Some(quote) = quote {
        let length = content[1..].find(quote)? + 2;
        return content[length..].starts_with(':').then_some(length);
    }
    if content.starts_with(['{', '[', '#', '|', '>', '@', '`', '%']) {
        return None;
    }
    let colon = content.match_indices(':').map(|(at, _)| at);
    colon.into_iter().find(|at| content[at + 1..].chars().next().is_none_or(char::is_whitespace))
}

/// The value without blanks around it and without a comment behind it.
fn value(text: &str, from: usize, end: usize) -> Range<usize> {
    let piece = &text[from..end];
    let start = from + (piece.len() - piece.trim_start().len());
    let rest = &text[start..end];
    let comment = if rest.starts_with(['"', '\'']) { None } else { rest.find(" #") };
    let rest = &rest[..comment.unwrap_or(rest.len())];
    start..start + rest.trim_end().len()
}
