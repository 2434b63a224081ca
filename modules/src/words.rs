//! Command lines split into words as a POSIX shell would, without a shell.

/// The words of a line; quotes and backslashes are taken away, comments are not known.
pub(crate) fn split(line: &str) -> Result<Vec<String>, &'static str> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut letters = line.chars();
    while let Some(letter) = letters.next() {
        match letter {
            c if c.is_ascii_whitespace() => words.extend(word.take()),
            '\'' => single(&mut letters, word.get_or_insert_default())?,
            '"' => quoted(&mut letters, word.get_or_insert_default())?,
            '\\' => match letters.next() {
                Some(c) => word.get_or_insert_default().push(c),
                None => return Err("no escaped character"),
            },
            c => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    Ok(words)
}

/// A word that a shell reads as it stands.
pub(crate) fn quote(word: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "@%+=:,./-_".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', "'\"'\"'"))
}

fn single(letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match letters.next() {
            None => return Err("no closing quotation"),
            Some('\'') => return Ok(()),
            Some(c) => word.push(c),
        }
    }
}

fn quoted(letters: &mut std::str::Chars<'_>, word: &mut String) -> Result<(), &'static str> {
    loop {
        match letters.next() {
            None => return Err("no closing quotation"),
            Some('"') => return Ok(()),
            Some('\\') => match letters.next() {
                Some(c @ ('"' | '\\')) => word.push(c),
                Some(c) => word.extend(['\\', c]),
                None => return Err("no closing quotation"),
            },
            Some(c) => word.push(c),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::split;

    #[test]
    fn words_are_split_as_a_shell_does() {
        let words = |line| split(line).unwrap();
        assert_eq!(words("a  b\tc\n"), ["a", "b", "c"]);
        assert_eq!(words(r#"echo "a b" 'c "d' e\ f"#), ["echo", "a b", "c \"d", "e f"]);
        assert_eq!(words(r#"x "a\"b\n" '' "" # no"#), ["x", "a\"b\\n", "", "", "#", "no"]);
        assert_eq!(words("   "), Vec::<String>::new());
    }

    #[test]
    fn open_quotes_are_an_error() {
        assert!(split("echo 'a").is_err());
        assert!(split("echo \"a").is_err());
        assert!(split("echo a\\").is_err());
    }
}
