//! String literals with Python's escapes: minijinja's differ in a few.

/// The value of one or more literals that stand side by side; `None` when an escape is broken.
/// With `raw`, backslashes mean themselves.
pub(super) fn literals(source: &str, raw: bool) -> Option<String> {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(quote) = chars.find(|c| *c == '"' || *c == '\'') {
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' if raw => out.extend(['\\', chars.next()?]),
                '\\' => escape(&mut chars, &mut out)?,
                c => out.push(c),
            }
        }
    }
    Some(out)
}

fn escape(chars: &mut std::str::Chars<'_>, out: &mut String) -> Option<()> {
    match chars.next()? {
        '\n' => {}
        c @ ('\\' | '\'' | '"') => out.push(c),
        'a' => out.push('\u{7}'),
        'b' => out.push('\u{8}'),
        'f' => out.push('\u{c}'),
        'n' => out.push('\n'),
        'r' => out.push('\r'),
        't' => out.push('\t'),
        'v' => out.push('\u{b}'),
        'x' => out.push(hexadecimal(chars, 2)?),
        'u' => out.push(hexadecimal(chars, 4)?),
        'U' => out.push(hexadecimal(chars, 8)?),
        first @ '0'..='7' => out.push(octal(first, chars)?),
        other => out.extend(['\\', other]),
    }
    Some(())
}

fn hexadecimal(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let rest = chars.as_str();
    let number = rest.get(..digits)?;
    *chars = rest[digits..].chars();
    char::from_u32(u32::from_str_radix(number, 16).ok()?)
}

fn octal(first: char, chars: &mut std::str::Chars<'_>) -> Option<char> {
    let mut value = first.to_digit(8)?;
    for _ in 0..2 {
        let Some(digit) = chars.clone().next().and_then(|c| c.to_digit(8)) else { break };
        value = value * 8 + digit;
        chars.next();
    }
    char::from_u32(value)
}
