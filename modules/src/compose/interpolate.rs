//! Variables in values: `$NAME`, `${NAME:-default}` and the like; `$$` is a dollar.

use std::collections::{BTreeMap, BTreeSet};

/// Where variables come from, and which were looked for in vain.
pub(crate) struct Variables<'v> {
    pub(crate) known: &'v BTreeMap<String, String>,
    pub(crate) missing: BTreeSet<String>,
}

/// A text with its variables put in.
///
/// # Errors
/// In words, when it is malformed or a variable that must be there is not.
pub(crate) fn interpolate(text: &str, variables: &mut Variables<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out += &rest[..at];
        let after = &rest[at + 1..];
        if let Some(left) = after.strip_prefix('$') {
            out.push('$');
            rest = left;
        } else if let Some(inner) = after.strip_prefix('{') {
            let end = closing(inner).ok_or_else(|| malformed(text))?;
            out += &braced(&inner[..end], text, variables)?;
            rest = &inner[end + 1..];
        } else {
            let length = name_length(after);
            if length == 0 {
                return Err(malformed(text));
            }
            out += &plain(&after[..length], variables);
            rest = &after[length..];
        }
    }
    out += rest;
    Ok(out)
}

fn malformed(text: &str) -> String {
    format!("malformed variable in `{text}`\nhint: a dollar itself is written `$$`")
}

fn name_length(text: &str) -> usize {
    let fits =
        |(at, c): &(usize, char)| c.is_ascii_alphabetic() || *c == '_' || *at > 0 && c.is_ascii_digit();
    text.char_indices().take_while(fits).count()
}

/// Where the brace that is open ends, braces within it passed over.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0;
    let bytes = text.as_bytes();
    for (at, byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if at > 0 && bytes[at - 1] == b'$' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn plain(name: &str, variables: &mut Variables<'_>) -> String {
    variables.known.get(name).cloned().unwrap_or_else(|| {
        variables.missing.insert(name.to_owned());
        String::new()
    })
}

fn braced(inner: &str, text: &str, variables: &mut Variables<'_>) -> Result<String, String> {
    let (name, rest) = inner.split_at(name_length(inner));
    if name.is_empty() {
        return Err(malformed(text));
    }
    if rest.is_empty() {
        return Ok(plain(name, variables));
    }
    let (if_empty, rest) = rest.strip_prefix(':').map_or((false, rest), |rest| (true, rest));
    let value = variables.known.get(name).filter(|value| !(if_empty && value.is_empty())).cloned();
    let Some(operator) = rest.chars().next() else { return Err(malformed(text)) };
    let word = &rest[operator.len_utf8()..];
    match (operator, value) {
        ('-' | '?', Some(value)) => Ok(value),
        ('-', None) | ('+', Some(_)) => interpolate(word, variables),
        ('+', None) => Ok(String::new()),
        ('?', None) => {
            let why = interpolate(word, variables)?;
            let why = if why.is_empty() { String::new() } else { format!(": {why}") };
            Err(format!("the variable `{name}` must be set{why}"))
        }
        _ => Err(malformed(text)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(text: &str) -> Result<String, String> {
        let known = [("A", "x"), ("E", "")].map(|(k, v)| (k.to_owned(), v.to_owned())).into();
        let mut variables = Variables { known: &known, missing: BTreeSet::new() };
        interpolate(text, &mut variables).map(|text| {
            text + &variables.missing.iter().map(|name| format!(" (no {name})")).collect::<String>()
        })
    }

    #[test]
    fn variables_are_put_in_as_compose_does() {
        let cases = "a $A b=a x b|${A}y=xy|$$A=$A|${B}= (no B)|${B:-d}=d|${B-d}=d|${E:-d}=d|${E-d}=|${A:-d}=x\
            |${A:+r}=r|${E:+r}=|${E+r}=r|${B+r}=|${B:-${A}z}=xz|${B:-${C:-${A}}}=x|$A.$A=x.x|${B:-a:b/c}=a:b/c";
        for case in cases.split('|') {
            let (text, wanted) = case.split_once('=').unwrap();
            assert_eq!(with(text).as_deref(), Ok(wanted), "{text}");
        }
    }

    #[test]
    fn what_must_be_there_and_is_not_is_a_mistake() {
        assert_eq!(with("${B:?say where}").unwrap_err(), "the variable `B` must be set: say where");
        assert_eq!(with("${E:?}").unwrap_err(), "the variable `E` must be set");
        for text in ["${A", "$1", "${}", "${A!b}", "a $", "${A:}"] {
            assert!(with(text).unwrap_err().starts_with("malformed variable in"), "{text}");
        }
    }
}
