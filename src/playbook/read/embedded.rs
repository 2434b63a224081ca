//! Templates inside conditions (`"{{ x }} == 1"`), which are expressions already.

/// The condition without its braces: `{{ x }} == 1` is `x == 1`, and `'a{{ x }}'` is
/// `('a' ~ x)`. `None` when there is nothing to change, or more than expressions.
pub(super) fn unembed(text: &str) -> Option<String> {
    if !text.contains("{{") || text.contains("{%") || text.contains("{#") {
        return None;
    }
    let mut out = String::new();
    let mut rest = text;
    let mut changed = false;
    while let Some(c) = rest.chars().next() {
        if let Some((inner, after)) = braces(rest) {
            out.push_str(&operand(inner));
            (rest, changed) = (after, true);
        } else if matches!(c, '"' | '\'') {
            let end = closing(rest, c)?;
            let (literal, after) = rest.split_at(end);
            match literal.contains("{{") {
                true => {
                    out.push_str(&string(&literal[1..end - 1], c)?);
                    changed = true;
                }
                false => out.push_str(literal),
            }
            rest = after;
        } else {
            out.push(c);
            rest = &rest[c.len_utf8()..];
        }
    }
    changed.then_some(out)
}

/// A template at the beginning: what is in it, and what follows.
fn braces(text: &str) -> Option<(&str, &str)> {
    let (inner, after) = text.strip_prefix("{{")?.split_once("}}")?;
    Some((inner.trim_matches('-').trim(), after)).filter(|(inner, _)| !inner.contains("{{"))
}

/// An expression within another one.
fn operand(text: &str) -> String {
    match text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == '.') {
        true => text.to_string(),
        false => format!("({text})"),
    }
}

/// The end of a string, its quote included.
fn closing(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        if c == quote && !escaped {
            return Some(at + 1);
        }
        escaped = c == '\\' && !escaped;
    }
    None
}

/// A string with templates in it, as an expression.
fn string(text: &str, quote: char) -> Option<String> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("{{") {
        let (before, template) = rest.split_at(at);
        let (inner, after) = braces(template)?;
        if !before.is_empty() || parts.is_empty() {
            parts.push(format!("{quote}{before}{quote}"));
        }
        parts.push(operand(inner));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(format!("{quote}{rest}{quote}"));
    }
    Some(format!("({})", parts.join(" ~ ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_conditions_become_parentheses() {
        for (text, expected) in [
            ("{{ x }} == 1", Some("x == 1")),
            ("x == '{{ y }}'", Some("x == ('' ~ y)")),
            ("'a{{ y }}b' in z and \"q\" == w", Some("('a' ~ y ~ 'b') in z and \"q\" == w")),
            ("{{ x | int }} == 1", Some("(x | int) == 1")),
            ("x == 1", None),
            ("{% if x %}1{% endif %} == {{ y }}", None),
            ("x == '{{ y", None),
        ] {
            assert_eq!(unembed(text).as_deref(), expected, "{text}");
        }
    }
}
