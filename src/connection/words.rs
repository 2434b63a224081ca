//! Splits a line of options into words as a shell does: `ansible_ssh_common_args` and the like.

/// The words of a line; `None` when a quote is not closed.
pub(crate) fn words(line: &str) -> Option<Vec<String>> {
    let (mut words, mut word) = (Vec::new(), None::<String>);
    let mut chars = line.chars();
    while let Some(c) = chars.next() {
        match c {
            c if c.is_whitespace() => words.extend(word.take()),
            '\'' => word.get_or_insert_default().push_str(&to_quote(&mut chars, '\'')?),
            '"' => word.get_or_insert_default().push_str(&to_quote(&mut chars, '"')?),
            '\\' => word.get_or_insert_default().push(chars.next()?),
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Some(words)
}

fn to_quote(chars: &mut std::str::Chars<'_>, quote: char) -> Option<String> {
    let mut inside = String::new();
    loop {
        match chars.next()? {
            c if c == quote => return Some(inside),
            '\\' if quote == '"' => match chars.next()? {
                c @ ('"' | '\\' | '$' | '`') => inside.push(c),
                c => inside.extend(['\\', c]),
            },
            c => inside.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_hold_words_together_and_vanish() {
        let line = r#"-o ProxyCommand="ssh -W %h:%p -q 'jump host'" -C '' a\ b"#;
        let expected = ["-o", "ProxyCommand=ssh -W %h:%p -q 'jump host'", "-C", "", "a b"];
        assert_eq!(words(line).unwrap(), expected);
        assert_eq!(words("  ").unwrap(), Vec::<String>::new());
    }

    #[test]
    fn an_open_quote_is_no_line() {
        assert_eq!(words("-o 'a"), None);
    }
}
