//! Files of variables: `.env` and those that `env_file` names.

use std::collections::BTreeMap;

use super::interpolate::{Variables, interpolate};

/// The variables of a file in their order; `None` for a name without a value, which is taken from elsewhere.
/// Values in double quotes and bare ones may use variables of `known` and those before them.
pub(super) fn read(
    text: &str,
    known: &BTreeMap<String, String>,
) -> Result<Vec<(String, Option<String>)>, (usize, String)> {
    let mut own = known.clone();
    let mut found = Vec::new();
    let mut lines = text.trim_start_matches('\u{feff}').lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line).trim_start();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let Some((name, value)) = line.split_once(['=', ':']) else {
            found.push((line.trim_end().to_owned(), None));
            continue;
        };
        let name = name.trim_end();
        if name.is_empty() || name.contains(char::is_whitespace) {
            return Err((at + 1, format!("expected `NAME=value`, found `{}`", line.trim_end())));
        }
        let mut value = value.trim_start().to_owned();
        let quote = value.chars().next().filter(|c| ['"', '\''].contains(c));
        if let Some(quote) = quote {
            while closing(&value, quote).is_none() {
                let Some((_, more)) = lines.next() else {
                    return Err((at + 1, format!("the quotes of `{name}` are not closed")));
                };
                value = format!("{value}\n{more}");
            }
        }
        let value = unquoted(&value, quote, &own).map_err(|message| (at + 1, message))?;
        own.insert(name.to_owned(), value.clone());
        found.push((name.to_owned(), Some(value)));
    }
    Ok(found)
}

fn closing(value: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in value.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(at),
            _ => {}
        }
    }
    None
}

fn unquoted(value: &str, quote: Option<char>, known: &BTreeMap<String, String>) -> Result<String, String> {
    let mut variables = Variables { known, missing: Default::default() };
    let Some(quote) = quote else {
        let bare = value.find(" #").map_or(value, |at| &value[..at]).trim_end();
        let bare = if bare.starts_with('#') { "" } else { bare };
        return interpolate(bare, &mut variables);
    };
    let inner = &value[1..closing(value, quote).unwrap_or(value.len())];
    if quote == '\'' {
        return Ok(inner.replace("\\'", "'"));
    }
    let mut out = String::new();
    let mut letters = inner.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' => match letters.next() {
                Some('n') => out.push('\n'),
                Some('r') => out.push('\r'),
                Some('t') => out.push('\t'),
                Some('$') => out += "$$",
                Some(other @ ('"' | '\\' | '\'')) => out.push(other),
                Some(other) => out.extend(['\\', other]),
                None => out.push('\\'),
            },
            c => out.push(c),
        }
    }
    interpolate(&out, &mut variables)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_read_with_quotes_comments_and_variables() {
        let text = "# c\nA=1 # one\nexport B = \"x y\\n$A\"\nC='$A'\nD\nE=\nF=\"two\nlines\"\nG=a#b\nH: yaml\nI=${A}$HOME\n";
        let known = [("HOME".to_owned(), "/h".to_owned())].into();
        let found = read(text, &known).unwrap();
        let shown: Vec<String> =
            found.into_iter().map(|(k, v)| format!("{k}={}", v.unwrap_or("-".into()))).collect();
        assert_eq!(
            shown,
            ["A=1", "B=x y\n1", "C=$A", "D=-", "E=", "F=two\nlines", "G=a#b", "H=yaml", "I=1/h"]
        );
    }

    #[test]
    fn what_is_no_variable_is_told_with_its_line() {
        assert_eq!(read("A=1\nb c=2\n", &BTreeMap::new()).unwrap_err().0, 2);
        assert_eq!(
            read("A=\"x\n", &BTreeMap::new()).unwrap_err(),
            (1, "the quotes of `A` are not closed".into())
        );
    }
}
