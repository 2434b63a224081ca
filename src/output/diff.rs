//! Unified differences between two texts, hunk for hunk as Python's `difflib` finds
//! them, because Ansible's users compare them.

use std::collections::HashMap;

use baton_modules::sorting::Sorting;

/// Equal and unequal stretches: lines `a0..a1` of one text against `b0..b1` of the other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Stretch {
    equal: bool,
    a: (usize, usize),
    b: (usize, usize),
}

/// Lines of context around each change.
const CONTEXT: usize = 3;

/// The unified difference as lines (each with its line end); empty when the texts are equal.
pub(super) fn unified(before: &str, after: &str, before_name: &str, after_name: &str) -> Vec<String> {
    let (a, b) = (lines(before), lines(after));
    let mut out = Vec::new();
    for hunk in hunks(&stretches(&a, &b)) {
        if out.is_empty() {
            out.extend([format!("--- {before_name}\n"), format!("+++ {after_name}\n")]);
        }
        let (Some(first), Some(last)) = (hunk.first(), hunk.last()) else { continue };
        let (old, new) = (range(first.a.0, last.a.1), range(first.b.0, last.b.1));
        out.push(format!("@@ -{old} +{new} @@\n"));
        for stretch in &hunk {
            if stretch.equal {
                out.extend(a[stretch.a.0..stretch.a.1].iter().map(|line| format!(" {line}")));
            } else {
                out.extend(a[stretch.a.0..stretch.a.1].iter().map(|line| format!("-{line}")));
                out.extend(b[stretch.b.0..stretch.b.1].iter().map(|line| format!("+{line}")));
            }
        }
    }
    out
}

/// The lines of a text with their ends; a last line without end says so.
fn lines(text: &str) -> Vec<String> {
    let is_end = |c: char| {
        matches!(
            c,
            '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{1c}'..='\u{1e}' | '\u{85}' | '\u{2028}' | '\u{2029}'
        )
    };
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        line.push(c);
        if is_end(c) && !(c == '\r' && chars.peek() == Some(&'\n')) {
            lines.push(std::mem::take(&mut line));
        }
    }
    if !line.is_empty() {
        lines.push(line);
    }
    if let Some(last) = lines.last_mut().filter(|last| !last.ends_with('\n')) {
        last.push_str("\n\\ No newline at end of file\n");
    }
    lines
}

/// Lines `from..to` as a hunk's head has them.
fn range(from: usize, to: usize) -> String {
    match to - from {
        0 => format!("{from},0"),
        1 => format!("{}", from + 1),
        length => format!("{},{length}", from + 1),
    }
}

/// Stretches gathered into hunks with context.
fn hunks(stretches: &[Stretch]) -> Vec<Vec<Stretch>> {
    let mut found = Vec::new();
    let mut hunk: Vec<Stretch> = Vec::new();
    for (index, stretch) in stretches.iter().enumerate() {
        let (a, b) = (stretch.a, stretch.b);
        let length = a.1 - a.0;
        let (is_first, is_last) = (index == 0, index + 1 == stretches.len());
        if !stretch.equal {
            hunk.push(*stretch);
        } else if is_first || is_last || length > 2 * CONTEXT {
            let kept = length.min(CONTEXT);
            if !is_first && !hunk.is_empty() {
                hunk.push(Stretch { equal: true, a: (a.0, a.0 + kept), b: (b.0, b.0 + kept) });
                found.push(std::mem::take(&mut hunk));
            }
            if !is_last {
                hunk.push(Stretch { equal: true, a: (a.1 - kept, a.1), b: (b.1 - kept, b.1) });
            }
        } else {
            hunk.push(*stretch);
        }
    }
    if hunk.iter().any(|stretch| !stretch.equal) {
        found.push(hunk);
    }
    found
}

/// The two texts as stretches, in order.
fn stretches(a: &[String], b: &[String]) -> Vec<Stretch> {
    let places = places(b);
    let mut blocks = Vec::new();
    let mut todo = vec![(0, a.len(), 0, b.len())];
    while let Some((a0, a1, b0, b1)) = todo.pop() {
        let (i, j, size) = longest(a, &places, (a0, a1), (b0, b1), b);
        if size > 0 {
            blocks.push((i, j, size));
            todo.push((a0, i, b0, j));
            todo.push((i + size, a1, j + size, b1));
        }
    }
    blocks.put_in_order();
    blocks.push((a.len(), b.len(), 0));
    let mut found: Vec<Stretch> = Vec::new();
    let (mut i, mut j) = (0, 0);
    for (ai, bj, size) in blocks {
        if i < ai || j < bj {
            found.push(Stretch { equal: false, a: (i, ai), b: (j, bj) });
        }
        (i, j) = (ai + size, bj + size);
        match found.last_mut().filter(|last| last.equal) {
            Some(last) => (last.a.1, last.b.1) = (i, j),
            None if size > 0 => found.push(Stretch { equal: true, a: (ai, i), b: (bj, j) }),
            None => {}
        }
    }
    found
}

/// Where each line stands in a text; in long texts very common lines are left out.
fn places(text: &[String]) -> HashMap<&str, Vec<usize>> {
    let mut places: HashMap<&str, Vec<usize>> = HashMap::new();
    for (index, line) in text.iter().enumerate() {
        places.entry(line).or_default().push(index);
    }
    if text.len() >= 200 {
        let many = text.len() / 100 + 1;
        places.retain(|_, found| found.len() <= many);
    }
    places
}

/// The longest stretch that both have: where in each, and how long; the earliest of several.
fn longest(
    a: &[String],
    places: &HashMap<&str, Vec<usize>>,
    (a0, a1): (usize, usize),
    (b0, b1): (usize, usize),
    b: &[String],
) -> (usize, usize, usize) {
    let (mut i, mut j, mut size) = (a0, b0, 0);
    // Lengths of the common stretches that end at each line of `b`, for the line of `a` before.
    let mut ends: HashMap<usize, usize> = HashMap::new();
    for (index, line) in a.iter().enumerate().take(a1).skip(a0) {
        let mut next = HashMap::new();
        for &place in places.get(line.as_str()).into_iter().flatten().filter(|p| (b0..b1).contains(*p)) {
            let length = 1 + place.checked_sub(1).and_then(|p| ends.get(&p)).copied().unwrap_or_default();
            next.insert(place, length);
            if length > size {
                (i, j, size) = (index + 1 - length, place + 1 - length, length);
            }
        }
        ends = next;
    }
    // Common lines, left out above, may lengthen it on both sides.
    while i > a0 && j > b0 && a[i - 1] == b[j - 1] {
        (i, j, size) = (i - 1, j - 1, size + 1);
    }
    while i + size < a1 && j + size < b1 && a[i + size] == b[j + size] {
        size += 1;
    }
    (i, j, size)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(before: &str, after: &str) -> String {
        unified(before, after, "before", "after").concat()
    }

    #[test]
    fn equal_texts_have_no_difference() {
        assert_eq!(text("a\nb\n", "a\nb\n"), "");
        assert_eq!(text("", ""), "");
    }

    #[test]
    fn a_new_text_is_all_added() {
        assert_eq!(text("", "a\nb\n"), "--- before\n+++ after\n@@ -0,0 +1,2 @@\n+a\n+b\n");
    }

    #[test]
    fn a_missing_last_line_end_is_told() {
        let found = text("a\r\nb", "a\r\nb\n");
        assert_eq!(
            found,
            "--- before\n+++ after\n@@ -1,2 +1,2 @@\n a\r\n-b\n\\ No newline at end of file\n+b\n"
        );
    }

    #[test]
    fn far_changes_stand_in_hunks_of_their_own() {
        let before: String = (1..=20).map(|n| format!("{n}\n")).collect();
        let after = before.replace("\n2\n", "\ntwo\n").replace("\n18\n", "\n");
        assert_eq!(
            text(&before, &after),
            "--- before\n+++ after\n@@ -1,5 +1,5 @@\n 1\n-2\n+two\n 3\n 4\n 5\n\
             @@ -15,6 +15,5 @@\n 15\n 16\n 17\n-18\n 19\n 20\n"
        );
    }
}
