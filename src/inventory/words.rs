//! A line as a POSIX shell would split it: quotes, backslashes, comments.

use std::borrow::Cow;

/// A word and the bytes of the line it was written with.
#[derive(Debug, PartialEq)]
pub(super) struct Word<'a> {
    pub(super) text: Cow<'a, str>,
    pub(super) start: usize,
    pub(super) end: usize,
}

/// What a line ends in the middle of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum WordsError {
    #[error("a quote is not closed")]
    Quote,
    #[error("nothing follows the last backslash")]
    Backslash,
}

/// The words of a line up to a comment.
pub(super) fn words(line: &str) -> Result<Vec<Word<'_>>, WordsError> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = line[at..].find(|c| !is_blank(c)).map(|skip| at + skip) {
        if line[start..].starts_with('#') {
            break;
        }
        let plain_end =
            line[start..].find(|c| is_blank(c) || "'\"\\#".contains(c)).map_or(line.len(), |n| start + n);
        let next = line[plain_end..].chars().next();
        let (text, end) = match next {
            Some('\'' | '"' | '\\') => quoted(line, start)?,
            _ => (Cow::Borrowed(&line[start..plain_end]), plain_end),
        };
        found.push(Word { text, start, end });
        if line[end..].starts_with('#') {
            break;
        }
        at = end;
    }
    Ok(found)
}

fn is_blank(letter: char) -> bool {
    matches!(letter, ' ' | '\t' | '\r' | '\n')
}

/// One word with quotes or backslashes in it, from `start`.
fn quoted(line: &str, start: usize) -> Result<(Cow<'_, str>, usize), WordsError> {
    let mut text = String::new();
    let mut quote = None;
    let mut letters = line[start..].char_indices();
    while let Some((at, letter)) = letters.next() {
        match (quote, letter) {
            (None, '#') => return Ok((text.into(), start + at)),
            (None, c) if is_blank(c) => return Ok((text.into(), start + at)),
            (None, '\'' | '"') => quote = Some(letter),
            (Some(open), c) if c == open => quote = None,
            (None, '\\') => text.push(letters.next().ok_or(WordsError::Backslash)?.1),
            (Some('"'), '\\') => match letters.next().ok_or(WordsError::Backslash)?.1 {
                c @ ('"' | '\\') => text.push(c),
                c => text.extend(['\\', c]),
            },
            (_, c) => text.push(c),
        }
    }
    if quote.is_some() { Err(WordsError::Quote) } else { Ok((text.into(), line.len())) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_split_as_a_shell_does() {
        let table: [(&str, &[&str]); 8] = [
            ("a  b=1\tc", &["a", "b=1", "c"]),
            ("a x='1 2' # c", &["a", "x=1 2"]),
            ("a x=b#c d", &["a", "x=b"]),
            (r#"a x="q\"\\\n" y=\ z"#, &["a", r#"x=q"\\n"#, "y= z"]),
            (r"a x='\'", &["a", r"x=\"]),
            ("# only", &[]),
            ("a x=''", &["a", "x="]),
            ("a 'b'c", &["a", "bc"]),
        ];
        for (line, expected) in table {
            let found: Vec<String> = words(line).unwrap().into_iter().map(|w| w.text.into_owned()).collect();
            assert_eq!(found, expected, "{line}");
        }
    }

    #[test]
    fn open_quotes_and_lone_backslashes_are_errors() {
        assert_eq!(words("a x='1"), Err(WordsError::Quote));
        assert_eq!(words("a x\\"), Err(WordsError::Backslash));
    }
}
