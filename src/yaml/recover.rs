//! After a syntax error: find the slip behind it, say it, mend it and read on, so that one
//! slip does not hide the others. Where no slip is known, the list item (or key) around the
//! error is left out. Every guess is tried: only what lets the reader get further counts.

use std::ops::Range;
use std::sync::Arc;

use libyaml_safer::EventData;

use super::compose::{BROKEN, events};
use super::indent;
use super::lines::Lines;
use super::patched::{Patch, Patched};
use super::slip::{self, Slip};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// After so many errors more would help nobody.
const MAX_ERRORS: usize = 40;

/// How many bytes may be read again in all.
const MAX_BYTES: usize = 128 << 20;

/// How many lines above an error are searched for its slip.
const REACH: usize = 60;

/// Where and why the parser gave up.
struct Stumble {
    offset: usize,
    problem: &'static str,
    /// Where what it was reading began.
    context: Option<(usize, &'static str)>,
    /// Whether the text ended.
    at_end: bool,
}

impl Stumble {
    /// How far the text could be read. What never ends is not read, however late that is noticed.
    fn reached(&self) -> usize {
        match self.context {
            Some((start, "while scanning a quoted scalar" | "while scanning a simple key")) => start,
            Some((start, "while parsing a flow sequence" | "while parsing a flow mapping"))
                if self.at_end =>
            {
                start
            }
            _ => self.offset,
        }
    }
}

/// Mends `patched` until it can be read; says every slip.
pub(super) fn recover(source: &Arc<Source>, patched: &mut Patched, diagnostics: &mut Diagnostics) {
    let mut recovery = Recovery { source, bytes: 0 };
    for _ in 0..MAX_ERRORS {
        let Some(stumble) = recovery.stumble(&patched.text) else { return };
        let (diagnostic, mended) = match recovery.mend(patched, &stumble) {
            Some((slip, mended)) => (recovery.told(patched, &stumble, slip), Some(mended)),
            None => (recovery.untold(patched, &stumble), recovery.leave_out(patched, &stumble)),
        };
        diagnostics.push(diagnostic);
        let Some(mended) = mended else { return recovery.cut(patched) };
        *patched = mended;
    }
    if let Some(stumble) = recovery.stumble(&patched.text) {
        let at = recovery.span(patched, stumble.offset..stumble.offset);
        let message = format!("more than {MAX_ERRORS} mistakes: the rest was not read");
        diagnostics.push(Diagnostic::error("yaml-syntax", message).at(&at, stumble.problem));
        recovery.cut(patched);
    }
}

struct Recovery<'a> {
    source: &'a Arc<Source>,
    bytes: usize,
}

impl Recovery<'_> {
    /// The first error of a text.
    fn stumble(&mut self, text: &str) -> Option<Stumble> {
        self.bytes += text.len();
        let mut parser = events(text);
        loop {
            match parser.parse() {
                Ok(event) if event.data == EventData::StreamEnd => return None,
                Ok(_) => {}
                Err(error) => {
                    let offset = error.problem_mark().map_or(0, |m| m.index as usize).min(text.len());
                    let context = error.context_mark().zip(error.context());
                    return Some(Stumble {
                        offset,
                        problem: error.problem(),
                        context: context.map(|(mark, words)| (mark.index as usize, words)),
                        at_end: text.get(offset..).unwrap_or("").trim_ascii().is_empty(),
                    });
                }
            }
        }
    }

    /// How far reading gets, in the user's text, when `patches` are made.
    fn attempt<'t>(&mut self, patched: &Patched<'t>, patches: &[Patch]) -> Option<(usize, Patched<'t>)> {
        if self.bytes > MAX_BYTES {
            return None;
        }
        let mut mended = patched.clone();
        mended.apply_all(patches);
        let progress = self.stumble(&mended.text).map_or(usize::MAX, |s| mended.original(s.reached()));
        Some((progress, mended))
    }

    /// The slip whose mending gets furthest.
    fn mend<'t>(&mut self, patched: &Patched<'t>, stumble: &Stumble) -> Option<(Slip, Patched<'t>)> {
        let mut best: Option<(usize, Slip, Patched<'t>)> = None;
        let reached = patched.original(stumble.reached());
        for slip in candidates(&patched.text, stumble) {
            let Some((progress, mended)) = self.attempt(patched, &slip.patches) else { break };
            if progress > best.as_ref().map_or(reached, |(p, ..)| *p) {
                best = Some((progress, slip, mended));
            }
            if progress == usize::MAX {
                break;
            }
        }
        best.map(|(_, slip, mended)| (slip, mended))
    }

    /// The text without the item or entry around the error.
    fn leave_out<'t>(&mut self, patched: &Patched<'t>, stumble: &Stumble) -> Option<Patched<'t>> {
        let units = units(&Lines::new(&patched.text), stumble);
        for patch in units {
            let end = patched.original(patch.range.end);
            let (progress, mended) = self.attempt(patched, &[patch])?;
            if progress >= end {
                return Some(mended);
            }
        }
        None
    }

    /// What cannot be mended is cut off, so that what stands before it can be used.
    fn cut(&mut self, patched: &mut Patched) {
        while let Some(stumble) = self.stumble(&patched.text) {
            let lines = Lines::new(&patched.text);
            let mut line = lines.at(stumble.offset);
            while line > 0 && (lines.lines[line].idle || lines.lines[line].column() > 0) {
                line -= 1;
            }
            let start = lines.lines.get(line).filter(|_| self.bytes <= 2 * MAX_BYTES).map_or(0, |l| l.start);
            let range = start..patched.text.len();
            patched.apply_all(&[Patch { range, text: String::new() }]);
        }
    }

    /// A known slip, and where the parser stumbled over it.
    fn told(&self, patched: &Patched, stumble: &Stumble, slip: Slip) -> Diagnostic {
        let lines = Lines::new(&patched.text);
        let same_line = lines.at(stumble.offset) == lines.at(slip.at.start);
        let message = match same_line {
            true => format!("{}: {}", stumble.problem, slip.message),
            false => slip.message,
        };
        let diagnostic = Diagnostic::error(slip.slug, message)
            .at(&self.span(patched, slip.at), slip.label)
            .hint(slip.hint)
            .words(syntax_words(stumble.problem));
        if same_line {
            return diagnostic;
        }
        let at = self.span(patched, stumble.offset..stumble.offset);
        diagnostic.also(&at, format!("noticed here: {}", stumble.problem))
    }

    /// An error whose slip is not known.
    fn untold(&self, patched: &Patched, stumble: &Stumble) -> Diagnostic {
        let at = self.span(patched, stumble.offset..stumble.offset);
        let words = stumble.context.map_or("", |(_, words)| words);
        let diagnostic = Diagnostic::error("yaml-syntax", stumble.problem).at(&at, words);
        let diagnostic = diagnostic.words(syntax_words(stumble.problem));
        let diagnostic = match stumble.context {
            Some((from, _)) if from != stumble.offset => {
                diagnostic.also(&self.span(patched, from..from), "which begins here")
            }
            _ => diagnostic,
        };
        diagnostic.hint(advice(stumble.problem))
    }

    fn span(&self, patched: &Patched, range: Range<usize>) -> Span {
        let original = |at| u32::try_from(patched.original(at)).unwrap_or(u32::MAX);
        Span::new(self.source, original(range.start), original(range.end))
    }
}

/// What may be behind an error, the likeliest first.
fn candidates(text: &str, stumble: &Stumble) -> Vec<Slip> {
    let lines = Lines::new(text);
    if lines.lines.is_empty() {
        return Vec::new();
    }
    let at = lines.at(stumble.offset);
    let context = stumble.context.map_or(at, |(offset, _)| lines.at(offset));
    let near = at.saturating_sub(REACH)..=at;
    let mut found: Vec<Slip> = Vec::new();
    found.extend(escape(&lines, stumble));
    found.extend(indent::tabs(&lines, at));
    found.extend(near.clone().rev().flat_map(|line| slip::slips(&lines, &lines.lines[line])).take(40));
    if !near.contains(&context) {
        found.extend(slip::slips(&lines, &lines.lines[context]));
    }
    let line = &lines.lines[at];
    let at_colon = line.key.as_ref().is_some_and(|key| key.end == stumble.offset);
    if stumble.offset == line.indent || at_colon {
        found.extend(indent::wrong_columns(&lines, at));
    }
    found.extend(near.rev().filter_map(|line| slip::missing_colon(&lines, &lines.lines[line])).take(10));
    found
}

/// `"\d"`
fn escape(lines: &Lines, stumble: &Stumble) -> Option<Slip> {
    if stumble.problem != "found unknown escape character" {
        return None;
    }
    let at = stumble.offset;
    let at = if lines.text.get(at..)?.starts_with('\\') { at } else { at.checked_sub(1)? };
    let length = lines.text.get(at + 1..)?.chars().next()?.len_utf8();
    Some(Slip {
        slug: "yaml-syntax",
        at: at..at + 1 + length,
        message: "a backslash in double quotes begins an escape".into(),
        label: "no escape that YAML knows".into(),
        hint: "double the backslash, or use single quotes".into(),
        patches: vec![Patch { range: at..at, text: "\\".into() }],
    })
}

/// The list items around an error, then the keys, then all that follows: what to leave out.
fn units(lines: &Lines, stumble: &Stumble) -> Vec<Patch> {
    let mut line = lines.at(stumble.offset);
    if lines.lines.get(line).is_none_or(|l| l.idle) {
        let Some(above) = lines.above(line) else { return Vec::new() };
        line = above;
    }
    let (mut items, mut keys) = (Vec::new(), Vec::new());
    let mut next = Some(line);
    while let Some(at) = next {
        let this = &lines.lines[at];
        let column = this.column();
        let end = lines.lines[lines.end_of_block(at, column) - 1].end;
        let blanks = lines.slice(&(this.start..this.indent)).replace('\t', " ");
        let patch = |mark| Patch { range: this.start..end, text: format!("{blanks}{mark} !<{BROKEN}> ''") };
        if this.is_item() {
            items.push(patch("-"))
        } else {
            keys.push(patch("?"))
        }
        next = (0..at).rev().find(|above| {
            let above = &lines.lines[*above];
            let owner = this.is_item() && !above.is_item() && above.column() == column && above.key.is_some();
            !above.idle && (above.column() < column || owner)
        });
    }
    let rest = Patch { range: lines.lines[line].start..lines.text.len(), text: String::new() };
    items.into_iter().chain(keys).chain([rest]).collect()
}

/// What to look at when the slip is not known.
fn advice(problem: &str) -> &'static str {
    match problem {
        "mapping values are not allowed in this context" => {
            "look for a colon in an unquoted value, or a line that is indented too far"
        }
        "did not find expected key" | "did not find expected '-' indicator" => {
            "compare the indentation with the lines above, and look for a quote that is not closed"
        }
        "could not find expected ':'" => "every key needs a colon and a blank behind it",
        "found character that cannot start any token" => "put the value in quotes",
        "found unexpected end of stream" => "look for a quote or a bracket that is not closed",
        _ => "look at this line and the one before it",
    }
}

/// What Ansible says of a mistake of syntax.
fn syntax_words(problem: &str) -> String {
    let mut letters = problem.chars();
    let first: String = letters.next().into_iter().flat_map(char::to_uppercase).collect();
    format!("YAML parsing failed: {first}{}.", letters.as_str())
}
