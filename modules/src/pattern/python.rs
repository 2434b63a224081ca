//! Where Python's regular expressions are written otherwise than Rust's.

use std::borrow::Cow;

/// An expression of Python in the syntax of Rust.
pub(super) fn translate(source: &str) -> String {
    let letters: Vec<char> = source.chars().collect();
    let mut out = String::with_capacity(source.len() + 8);
    let mut at = 0;
    while at < letters.len() {
        let rest = &letters[at..];
        let (text, length) = match rest {
            ['\\', 'Z', ..] => ("\\z".to_owned(), 2),
            // `\<` is a word boundary in Rust.
            ['\\', c @ ('<' | '>'), ..] => (c.to_string(), 2),
            ['\\', c, ..] => (format!("\\{c}"), 2),
            ['(', '?', '#', ..] => {
                (String::new(), rest.iter().position(|c| *c == ')').map_or(rest.len(), |end| end + 1))
            }
            ['(', '?', 'P', '=', ..] => back_reference(rest),
            ['(', '?', ..] => flags(rest),
            ['{', ..] => braces(rest),
            ['[', ..] => class(rest),
            [c, ..] => (c.to_string(), 1),
            [] => break,
        };
        out.push_str(&text);
        at += length;
    }
    out
}

/// `(?P=name)`
fn back_reference(rest: &[char]) -> (String, usize) {
    let end = rest.iter().position(|c| *c == ')').unwrap_or(rest.len());
    let name: String = rest[4.min(end)..end].iter().collect();
    (format!("\\k<{name}>"), (end + 1).min(rest.len()))
}

/// `(?ai)`: the flags for alphabets say nothing here.
fn flags(rest: &[char]) -> (String, usize) {
    let letters: Vec<char> = rest[2..].iter().copied().take_while(char::is_ascii_alphabetic).collect();
    let after = rest.get(2 + letters.len());
    let alphabet = letters.iter().any(|c| "aLu".contains(*c)) && matches!(after, Some(')' | ':' | '-'));
    if !alphabet {
        return ("(?".to_owned(), 2);
    }
    let kept: String = letters.iter().filter(|c| !"aLu".contains(**c)).collect();
    match (kept.is_empty(), after) {
        (true, Some(')')) => (String::new(), letters.len() + 3),
        _ => (format!("(?{kept}"), letters.len() + 2),
    }
}

/// A brace that does not count anything is a brace; `{,3}` is `{0,3}`.
fn braces(rest: &[char]) -> (String, usize) {
    let inside: String = rest[1..].iter().take_while(|c| **c != '}').collect();
    let closed = rest.len() > inside.chars().count() + 1;
    let (low, high) = inside.split_once(',').unwrap_or((&inside, "0"));
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let counts = closed
        && digits(low)
        && digits(high)
        && !inside.is_empty()
        && (inside.contains(',') || !low.is_empty());
    match (counts, inside.strip_prefix(',')) {
        (false, _) => ("\\{".to_owned(), 1),
        (true, Some(high)) => (format!("{{0,{high}}}"), inside.len() + 2),
        (true, None) => (format!("{{{inside}}}"), inside.len() + 2),
    }
}

/// A class: `[`, `&` and `~` mean only themselves in it, and a first `]` too.
fn class(rest: &[char]) -> (String, usize) {
    let mut out = String::from("[");
    let mut at = 1;
    if rest.get(at) == Some(&'^') {
        out.push('^');
        at += 1;
    }
    let first = at;
    while at < rest.len() {
        match rest[at] {
            ']' if at > first => return (out + "]", at + 1),
            '\\' if at + 1 < rest.len() => {
                let c = rest[at + 1];
                out.push_str(&if matches!(c, '<' | '>') { c.to_string() } else { format!("\\{c}") });
                at += 1;
            }
            c @ (']' | '[' | '&' | '~') => out.extend(['\\', c]),
            c => out.push(c),
        }
        at += 1;
    }
    (out, at)
}

type Group<'a> = dyn Fn(&str) -> Option<Cow<'a, [u8]>> + 'a;

/// A template of `re.sub` with its groups filled in.
pub(super) fn expand<'a>(template: &str, group: &Group<'a>) -> Result<Vec<u8>, String> {
    let mut out = Vec::with_capacity(template.len());
    let mut rest = template;
    while let Some(at) = rest.find('\\') {
        out.extend_from_slice(&rest.as_bytes()[..at]);
        let tail = &rest[at + 1..];
        let Some(letter) = tail.chars().next() else { return Err("a lone backslash at the end".to_owned()) };
        let mut length = letter.len_utf8();
        match letter {
            'g' => {
                let name = tail[1..].strip_prefix('<').and_then(|text| text.split_once('>'));
                let (name, _) = name.ok_or("`\\g` without `<name>`")?;
                out.extend_from_slice(&group(name).ok_or_else(|| format!("no group `{name}`"))?);
                length = name.len() + 3;
            }
            '0' => {
                length = tail.len() - tail.trim_start_matches(|c: char| c.is_digit(8)).len();
                length = length.min(3);
                out.push(u8::from_str_radix(&tail[..length], 8).map_err(|error| error.to_string())?);
            }
            '1'..='9' => {
                length = if tail[1..].starts_with(|c: char| c.is_ascii_digit()) { 2 } else { 1 };
                let name = &tail[..length];
                out.extend_from_slice(&group(name).ok_or_else(|| format!("no group `{name}`"))?);
            }
            'n' => out.push(b'\n'),
            't' => out.push(b'\t'),
            'r' => out.push(b'\r'),
            'a' => out.push(7),
            'b' => out.push(8),
            'f' => out.push(12),
            'v' => out.push(11),
            '\\' => out.push(b'\\'),
            c if c.is_ascii_alphabetic() => return Err(format!("bad escape `\\{c}`")),
            c => {
                out.push(b'\\');
                out.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
            }
        }
        rest = &tail[length..];
    }
    out.extend_from_slice(rest.as_bytes());
    Ok(out)
}
