//! The text of a file with a line in it, or without.

use super::{Lineinfile, Place};
use crate::Fail;

/// A text after the change, and what the change was.
pub(super) struct Edited {
    pub(super) text: Vec<u8>,
    pub(super) msg: String,
    pub(super) removed: usize,
}

/// The text without the lines that are to be absent.
pub(super) fn absent(wish: &Lineinfile, text: &[u8]) -> Edited {
    let line = wanted(wish);
    let unwanted = |current: &[u8]| match (&wish.regexp, &wish.search_string) {
        (Some(regexp), _) => regexp.is_match(current),
        (None, Some(part)) => contains(current, part.as_bytes()),
        (None, None) => bare(current) == line,
    };
    let (gone, kept): (Vec<&[u8]>, Vec<&[u8]>) = split(text).into_iter().partition(|line| unwanted(line));
    let msg = if gone.is_empty() { String::new() } else { format!("{} line(s) removed", gone.len()) };
    Edited { text: kept.concat(), msg, removed: gone.len() }
}

/// The text with the line in it.
pub(super) fn present(wish: &Lineinfile, text: &[u8]) -> Result<Edited, Fail> {
    let mut lines: Vec<Vec<u8>> = split(text).into_iter().map(<[u8]>::to_vec).collect();
    let line = wanted(wish);
    let matched = matching(wish, &lines);
    let exact = || lines[..seen(wish, &lines)].iter().rposition(|current| bare(current) == line);
    let msg = match matched.or_else(exact) {
        Some(at) => {
            let filled = fill_in(wish, matched.map(|at| lines[at].as_slice()), line)?;
            if lines[at] == filled {
                ""
            } else {
                lines[at] = filled;
                "line replaced"
            }
        }
        // Without a match there are no groups to fill in.
        None if wish.backrefs => "",
        None => insert(wish, &mut lines, line),
    };
    Ok(Edited { text: lines.concat(), msg: msg.to_owned(), removed: 0 })
}

/// The line without an end of its own: a block scalar has one, and would never be found again.
fn wanted(wish: &Lineinfile) -> &[u8] {
    let line = wish.line.as_deref().unwrap_or_default();
    line.strip_suffix('\n').unwrap_or(line).as_bytes()
}

/// How many lines are looked through for the line as it is.
fn seen(wish: &Lineinfile, lines: &[Vec<u8>]) -> usize {
    match (&wish.insertafter, &wish.insertbefore) {
        // ansible: the first place for a new line ends the search
        (Some(Place::At(place)), _) | (_, Some(Place::At(place))) if wish.firstmatch => {
            let is_place = |current: &Vec<u8>| bare(current) != wanted(wish) && place.is_match(current);
            lines.iter().position(is_place).unwrap_or(lines.len())
        }
        _ => lines.len(),
    }
}

/// The line that `regexp` or `search_string` finds.
fn matching(wish: &Lineinfile, lines: &[Vec<u8>]) -> Option<usize> {
    let fits = |line: &Vec<u8>| match (&wish.regexp, &wish.search_string) {
        (Some(regexp), _) => regexp.is_match(line),
        (None, Some(part)) => contains(line, part.as_bytes()),
        (None, None) => false,
    };
    position(wish, lines, fits)
}

fn position(wish: &Lineinfile, lines: &[Vec<u8>], fits: impl Fn(&Vec<u8>) -> bool) -> Option<usize> {
    if wish.firstmatch { lines.iter().position(fits) } else { lines.iter().rposition(fits) }
}

/// The line as it is to stand, with its end and, where wanted, the groups of what was matched.
fn fill_in(wish: &Lineinfile, matched: Option<&[u8]>, line: &[u8]) -> Result<Vec<u8>, Fail> {
    let groups = match (&wish.regexp, matched) {
        (Some(regexp), Some(current)) if wish.backrefs => regexp.captures(current),
        _ => None,
    };
    let filled = match (groups, &wish.line) {
        (Some(groups), Some(template)) => groups.expand(template)?,
        _ => line.to_vec(),
    };
    Ok(ended(filled))
}

fn insert(wish: &Lineinfile, lines: &mut Vec<Vec<u8>>, line: &[u8]) -> &'static str {
    let at = match (&wish.insertafter, &wish.insertbefore) {
        (Some(Place::Begin), _) | (_, Some(Place::Begin)) => 0,
        (Some(Place::At(place)), _) => {
            let found = position(wish, lines, |current| place.is_match(current));
            // ansible: nothing is added where the next line starts as this one ends
            match found {
                Some(at) if lines.get(at + 1).is_some_and(|next| bare(next) == line) => return "",
                found => found.map_or(lines.len(), |at| at + 1),
            }
        }
        (_, Some(Place::At(place))) => {
            position(wish, lines, |current| place.is_match(current)).unwrap_or(lines.len())
        }
        _ => lines.len(),
    };
    if at == lines.len()
        && let Some(last) = lines.last_mut().filter(|last| bare(last).len() == last.len())
    {
        last.push(b'\n');
    }
    lines.insert(at, ended(line.to_vec()));
    "line added"
}

/// The line with a newline at its end.
fn ended(mut line: Vec<u8>) -> Vec<u8> {
    if !line.ends_with(b"\n") {
        line.push(b'\n');
    }
    line
}

fn split(text: &[u8]) -> Vec<&[u8]> {
    text.split_inclusive(|byte| *byte == b'\n').collect()
}

/// A line without its end.
fn bare(line: &[u8]) -> &[u8] {
    let end = line.iter().rposition(|byte| !b"\r\n".contains(byte)).map_or(0, |last| last + 1);
    &line[..end]
}

fn contains(line: &[u8], part: &[u8]) -> bool {
    part.is_empty() || line.windows(part.len()).any(|window| window == part)
}
