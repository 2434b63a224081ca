//! A text with mended places. Offsets in it can be told as offsets in the text as the
//! user wrote it, so that whatever is read from it still has its true place.

use std::borrow::Cow;
use std::ops::Range;

use baton_modules::sorting::Sorting;

use super::sound;

/// The text to read: the source's, or one in which slips were mended.
#[derive(Clone)]
pub(super) struct Patched<'a> {
    pub(super) text: Cow<'a, str>,
    /// In order of `start`; the first starts at 0.
    segments: Vec<Segment>,
    /// Whether the final line break was added.
    pub(super) line_ended: bool,
    /// The length of the user's text.
    length: usize,
}

/// A stretch of the mended text and where it came from.
#[derive(Clone, Copy)]
struct Segment {
    start: usize,
    origin: usize,
    /// Whether it stands in the source as it is; otherwise all of it stands for one place.
    verbatim: bool,
}

/// A replacement of one stretch of text.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Patch {
    pub(super) range: Range<usize>,
    pub(super) text: String,
}

impl<'a> Patched<'a> {
    /// The text without its byte order mark, and with a line break at its end.
    pub(super) fn new(text: &'a str) -> Self {
        let body = text.strip_prefix('\u{feff}').unwrap_or(text);
        let first = Segment { start: 0, origin: text.len() - body.len(), verbatim: true };
        let body = Cow::Borrowed(body.trim_end_matches([' ', '\t']));
        let mut patched = Self { text: body, segments: vec![first], line_ended: false, length: text.len() };
        patched.line_ended = patched.end_line();
        patched.make_sound();
        patched
    }

    /// The parser panics at a block scalar whose last line has no line break.
    fn end_line(&mut self) -> bool {
        let lacks = !self.text.is_empty() && !self.text.ends_with(['\n', '\r']);
        if lacks {
            self.text.to_mut().push('\n');
        }
        lacks
    }

    /// Where the byte at `offset` stands in the user's text.
    pub(super) fn original(&self, offset: usize) -> usize {
        let at = self.segments.partition_point(|s| s.start <= offset).saturating_sub(1);
        let segment = self.segments[at];
        let within = if segment.verbatim { offset - segment.start } else { 0 };
        let limit = self.segments.get(at + 1).map_or(usize::MAX, |next| next.origin.max(segment.origin));
        (segment.origin + within).min(limit).min(self.length)
    }

    /// Replaces one stretch.
    fn apply(&mut self, patch: &Patch) {
        let Range { start, end } = patch.range;
        let (from, to) = (self.original(start), self.original(end));
        let after = start + patch.text.len();
        let tail_verbatim = self.segment_at(end).verbatim;
        let mut segments: Vec<Segment> =
            self.segments.iter().take_while(|s| s.start < start).copied().collect();
        if !patch.text.is_empty() {
            segments.push(Segment { start, origin: from, verbatim: patch.text.len() == end - start });
        }
        segments.push(Segment { start: after, origin: to, verbatim: tail_verbatim });
        let later = self.segments.iter().filter(|s| s.start > end);
        segments.extend(later.map(|s| Segment { start: s.start - end + after, ..*s }));
        self.segments = segments;
        self.text.to_mut().replace_range(start..end, &patch.text);
        self.end_line();
    }

    /// Replaces several stretches, which must not overlap.
    pub(super) fn apply_all(&mut self, patches: &[Patch]) {
        let mut patches: Vec<&Patch> = patches.iter().collect();
        patches.order_by_key(|p| std::cmp::Reverse(p.range.start));
        patches.into_iter().for_each(|p| self.apply(p));
        self.make_sound();
    }

    fn make_sound(&mut self) {
        let (mut from, mut budget) = (0, 0);
        while let Some(at) = sound::tag_before_comma(&self.text, from, &mut budget) {
            self.apply(&Patch { range: at..at, text: " ".into() });
            from = at;
        }
    }

    fn segment_at(&self, offset: usize) -> Segment {
        self.segments[self.segments.partition_point(|s| s.start <= offset).saturating_sub(1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_are_told_in_the_users_text() {
        let mut text = Patched::new("\u{feff}abcdef\n");
        text.apply(&Patch { range: 2..2, text: "XY".into() });
        text.apply(&Patch { range: 5..6, text: String::new() });
        assert_eq!(text.text, "abXYcef\n");
        let told: Vec<usize> = (0..=7).map(|at| text.original(at)).collect();
        assert_eq!(told, [3, 4, 5, 5, 5, 7, 8, 9]);
    }

    #[test]
    fn patches_may_come_in_any_order() {
        let mut text = Patched::new("abc\n");
        let patches = [Patch { range: 0..1, text: "12".into() }, Patch { range: 2..3, text: "3".into() }];
        text.apply_all(&patches);
        assert_eq!(text.text, "12b3\n");
        assert_eq!(text.original(3), 2);
    }
}
