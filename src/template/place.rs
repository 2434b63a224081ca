//! From an offset in a scalar's text to its place in the file, where the scalar may be
//! quoted, folded or indented.

use super::Template;
use super::tree::At;
use crate::diagnostic::Span;

/// The span of a piece of a template in the user's file.
pub(crate) fn locate(template: &Template, at: At) -> Option<Span> {
    let place = template.place.as_ref()?;
    let raw = place.text();
    let span = |start: usize, end: usize| {
        Span::new(&place.source, place.start + start as u32, place.start + end as u32)
    };
    if raw == &*template.text {
        let length = raw.len();
        return Some(span((at.start as usize).min(length), (at.end as usize).min(length)));
    }
    let offsets = align(&template.text, raw);
    let start = offsets.as_ref().and_then(|o| o.get(at.start as usize)).copied();
    let last = offsets.as_ref().and_then(|o| o.get((at.end as usize).checked_sub(1)?)).copied();
    match (start, last) {
        (Some(start), Some(last)) if last >= start => {
            let width = raw[last..].chars().next().map_or(1, char::len_utf8);
            Some(span(start, last + width))
        }
        (Some(start), _) => Some(span(start, start)),
        _ => Some(place.clone()),
    }
}

/// For each byte of `text` where it stands in `raw`; `None` when the two cannot be matched.
fn align(text: &str, raw: &str) -> Option<Vec<usize>> {
    let mut offsets = Vec::with_capacity(text.len() + 1);
    let mut at = start(raw);
    for c in text.chars() {
        at = find(c, raw, at, raw.starts_with('\''))?;
        offsets.extend(std::iter::repeat_n(at, c.len_utf8()));
        at += written(c, raw, at);
    }
    offsets.push(at.min(raw.len()));
    Some(offsets)
}

/// Behind the opening quote or the header of a block scalar.
fn start(raw: &str) -> usize {
    match raw.chars().next() {
        Some('\'' | '"') => 1,
        Some('|' | '>') => raw.find('\n').map_or(raw.len(), |i| i + 1),
        _ => 0,
    }
}

/// The next place where `c` can have been written, passing over indentation and folds.
fn find(c: char, raw: &str, mut at: usize, single: bool) -> Option<usize> {
    loop {
        let rest = raw.get(at..)?;
        let next = rest.chars().next();
        return match next {
            None => (c == '\n').then_some(raw.len()),
            Some(n) if n == c => Some(at),
            Some('\\') if !single && raw.starts_with('"') => {
                if rest.starts_with("\\\n") {
                    at += 2;
                    continue;
                }
                Some(at)
            }
            Some(n) if n.is_whitespace() && c == ' ' => Some(at),
            Some(n) if n.is_whitespace() => {
                at += n.len_utf8();
                continue;
            }
            Some(_) => None,
        };
    }
}

/// How many bytes the character at `at` was written with.
fn written(c: char, raw: &str, at: usize) -> usize {
    let rest = &raw[at.min(raw.len())..];
    if rest.starts_with("''") && raw.starts_with('\'') && c == '\'' {
        return 2;
    }
    if rest.starts_with('\\') && raw.starts_with('"') {
        return match rest.as_bytes().get(1) {
            Some(b'x') => 4,
            Some(b'u') => 6,
            Some(b'U') => 10,
            Some(_) => 2,
            None => 1,
        };
    }
    rest.chars().next().map_or(0, char::len_utf8)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Source;

    fn located(file: &str, raw: &str, text: &str, piece: &str) -> String {
        let source = Source::new("t.yml", file);
        let from = file.find(raw).unwrap() as u32;
        let place = Span::new(&source, from, from + raw.len() as u32);
        let template = Template::new(text, Some(place));
        let start = text.find(piece).unwrap() as u32;
        let span = locate(&template, At { start, end: start + piece.len() as u32 }).unwrap();
        format!("{} {}", span, span.text())
    }

    #[test]
    fn a_plain_scalar_is_located_by_its_offset() {
        assert_eq!(located("a: x {{ foo }}\n", "x {{ foo }}", "x {{ foo }}", "foo"), "t.yml:1:9 foo");
    }

    #[test]
    fn quotes_and_escapes_are_counted() {
        let raw = r#""a\tb \"{{ foo }}""#;
        assert_eq!(located(&format!("k: {raw}\n"), raw, "a\tb \"{{ foo }}", "foo"), "t.yml:1:15 foo");
        assert_eq!(
            located("k: 'it''s {{ foo }}'\n", "'it''s {{ foo }}'", "it's {{ foo }}", "foo"),
            "t.yml:1:14 foo"
        );
    }

    #[test]
    fn block_scalars_are_located_by_line() {
        let file = "k: |\n  one\n  two {{ foo }}\n";
        assert_eq!(
            located(file, "|\n  one\n  two {{ foo }}\n", "one\ntwo {{ foo }}\n", "foo"),
            "t.yml:3:10 foo"
        );
        let file = "k: >-\n  one\n  two {{ foo }}\n";
        assert_eq!(
            located(file, ">-\n  one\n  two {{ foo }}\n", "one two {{ foo }}", "foo"),
            "t.yml:3:10 foo"
        );
    }
}
