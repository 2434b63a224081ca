//! Arguments written as text: `src=a dest="b c"`, and command lines with options in them.

use std::ops::Range;

/// Text taken apart.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct FreeForm {
    /// Key, value, and where the pair stands in the text.
    pub options: Vec<(String, String, Range<usize>)>,
    /// What is left; empty when nothing is.
    pub raw: String,
}

/// A quote or a template is not closed; the offset of its beginning.
#[derive(Debug, PartialEq)]
pub(crate) struct Unbalanced(pub usize);

/// Options that may stand within a command line.
const COMMAND_OPTIONS: &[&str] =
    &["creates", "removes", "chdir", "executable", "warn", "stdin", "stdin_add_newline", "strip_empty_ends"];

/// Takes text apart. In a command line only the few options of commands are looked for,
/// and the rest stays as it is.
pub(crate) fn take_apart(text: &str, command: bool) -> Result<FreeForm, Unbalanced> {
    let mut found = FreeForm::default();
    let tokens = tokens(text)?;
    let mut rest = text[..tokens.first().map_or(0, |first| first.start)].to_owned();
    for (nth, token) in tokens.iter().cloned().enumerate() {
        let word = &text[token.clone()];
        let next = tokens.get(nth + 1).map_or(text.len(), |next| next.start);
        match pair(word).filter(|(key, _)| !command || COMMAND_OPTIONS.contains(&key.as_str())) {
            Some((key, value)) => {
                found.options.push((key, value, token));
                // ansible: an option goes with the blanks and line ends behind it, at the end with one before it.
                if next == text.len() && rest.ends_with(' ') {
                    rest.pop();
                }
            }
            None if !command => found.raw = [&found.raw, word].map(str::trim).join(" ").trim().into(),
            None => rest.push_str(&text[token.start..next]),
        }
    }
    if command {
        found.raw = rest.replace(" \\\n", " ");
        if found.raw.trim().is_empty() {
            found.raw.clear();
        }
    }
    Ok(found)
}

/// `key=value`, with quotes and escapes of the value resolved.
fn pair(word: &str) -> Option<(String, String)> {
    let outside = |at: usize| word[..at].matches("{{").count() == word[..at].matches("}}").count();
    let mut equals = word.match_indices('=').map(|(at, _)| at);
    let at = equals.find(|at| !word[..*at].ends_with('\\') && outside(*at))?;
    let (key, value) = (word[..at].trim(), word[at + 1..].trim());
    // A key may be a template: `{{ name }}=value`.
    let bare = key.strip_prefix("{{").unwrap_or(key);
    let plain = !key.is_empty() && !bare.starts_with(['"', '\'', '{']);
    plain.then(|| (key.to_string(), unescape(unquote(value))))
}

fn unquote(text: &str) -> &str {
    let quote = text.chars().next().filter(|c| matches!(c, '"' | '\''));
    let inner = quote.and_then(|q| text[1..].strip_suffix(q)).filter(|t| !t.ends_with('\\'));
    inner.unwrap_or(text)
}

/// Backslash escapes as in Python's strings, but for names of characters; unknown ones stay.
fn unescape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match chars.next() {
            Some('n') => out.push('\n'),
            Some('t') => out.push('\t'),
            Some('r') => out.push('\r'),
            Some('a') => out.push('\u{7}'),
            Some('b') => out.push('\u{8}'),
            Some('v') => out.push('\u{b}'),
            Some('f') => out.push('\u{c}'),
            Some(c @ ('\\' | '\'' | '"')) => out.push(c),
            Some(kind @ ('x' | 'u' | 'U')) => {
                let digits = match kind {
                    'x' => 2,
                    'u' => 4,
                    _ => 8,
                };
                let code: String = chars.clone().take(digits).collect();
                match u32::from_str_radix(&code, 16).ok().and_then(char::from_u32) {
                    Some(c) if code.len() == digits => {
                        out.push(c);
                        chars = chars.as_str()[digits..].chars();
                    }
                    _ => out.extend(['\\', kind]),
                }
            }
            Some(other) => out.extend(['\\', other]),
            None => out.push('\\'),
        }
    }
    out
}

/// The words of a text; quotes and templates are kept whole.
// ansible: quotes and braces are counted each for themselves, so that a quote within braces may close one before them.
fn tokens(text: &str) -> Result<Vec<Range<usize>>, Unbalanced> {
    let mut words = Vec::new();
    let mut start = None;
    let mut quote: Option<(char, usize)> = None;
    let mut templates: [Vec<usize>; 3] = Default::default();
    let mut escaped = false;
    let mut skip = false;
    for (at, c) in text.char_indices() {
        if std::mem::take(&mut skip) {
            continue;
        }
        let whole = quote.is_some() || templates.iter().any(|open| !open.is_empty());
        if !whole && c.is_whitespace() {
            words.extend(start.take().map(|s| s..at));
            escaped = false;
            continue;
        }
        start = start.or(Some(at));
        if let Some((kind, opens)) = brace(&text[at..]) {
            match opens {
                true => templates[kind].push(at),
                false => drop(templates[kind].pop()),
            }
            skip = true;
            escaped = false;
            continue;
        }
        match quote {
            Some((q, _)) if c == q && !escaped => quote = None,
            None if matches!(c, '"' | '\'') && !escaped => quote = Some((c, at)),
            _ => {}
        }
        // ansible: a second backslash takes nothing back.
        escaped = c == '\\';
    }
    let template = templates.iter().filter_map(|open| open.first()).min().copied();
    if let Some(at) = quote.map(|(_, at)| at).or(template) {
        return Err(Unbalanced(at));
    }
    words.extend(start.map(|s| s..text.len()));
    Ok(words)
}

/// Which kind of braces begins here, and whether it opens.
fn brace(rest: &str) -> Option<(usize, bool)> {
    let pairs = [("{{", "}}"), ("{%", "%}"), ("{#", "#}")];
    let kind = |at: (usize, &(&str, &str))| {
        let (kind, (open, close)) = at;
        if rest.starts_with(open) {
            return Some((kind, true));
        }
        rest.starts_with(close).then_some((kind, false))
    };
    pairs.iter().enumerate().find_map(kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn options(text: &str, command: bool) -> (Vec<(String, String)>, String) {
        let found = take_apart(text, command).expect("balanced");
        (found.options.into_iter().map(|(k, v, _)| (k, v)).collect(), found.raw)
    }

    fn pairs(expected: &[(&str, &str)]) -> Vec<(String, String)> {
        expected.iter().map(|(k, v)| (k.to_string(), v.to_string())).collect()
    }

    #[test]
    fn pairs_are_split_as_ansible_splits_them() {
        for (text, expected, raw) in [
            ("src=a dest=\"b c\" mode=0644", &[("src", "a"), ("dest", "b c"), ("mode", "0644")][..], ""),
            ("msg=\"{{ x['a b'] }}\" y='a\\'b'", &[("msg", "{{ x['a b'] }}"), ("y", "a'b")], ""),
            ("foo.yml a=1", &[("a", "1")], "foo.yml"),
            ("a= b=c", &[("a", ""), ("b", "c")], ""),
            ("msg='a\\nb'", &[("msg", "a\nb")], ""),
            ("a=b=c", &[("a", "b=c")], ""),
            ("msg=hello world x=1", &[("msg", "hello"), ("x", "1")], "world"),
            ("msg={{ a | default('x y') }} b=1", &[("msg", "{{ a | default('x y') }}"), ("b", "1")], ""),
            ("msg=\"{{ x[\"a b\"] }}\" z=1", &[("msg", "{{ x[\"a b\"] }}"), ("z", "1")], ""),
            ("a='{{ b }}' c='{{ '{{ .D }}' }}'", &[("a", "{{ b }}"), ("c", "{{ '{{ .D }}' }}")], ""),
        ] {
            assert_eq!(options(text, false), (pairs(expected), raw.to_string()), "{text}");
        }
    }

    #[test]
    fn a_command_line_keeps_all_but_its_options() {
        for (text, expected, raw) in [
            ("echo a\necho b\n", &[][..], "echo a\necho b\n"),
            ("ls   -l  creates=/x  foo ", &[("creates", "/x")], "ls   -l  foo "),
            ("echo a=b chdir=\"/a b\"", &[("chdir", "/a b")], "echo a=b"),
            ("echo \"x=y z\" creates='{{ a }} b'", &[("creates", "{{ a }} b")], "echo \"x=y z\""),
            (
                "executable=sh\ncreates=/x\necho \"a\n b\"\n",
                &[("executable", "sh"), ("creates", "/x")],
                "echo \"a\n b\"\n",
            ),
            ("echo  x chdir=/y\necho a\n", &[("chdir", "/y")], "echo  x echo a\n"),
            ("echo a \\\n  b", &[], "echo a   b"),
            (r#"$x.Replace("\", "\\") creates=a"#, &[("creates", "a")], r#"$x.Replace("\", "\\")"#),
        ] {
            assert_eq!(options(text, true), (pairs(expected), raw.to_string()), "{text}");
        }
    }

    #[test]
    fn what_is_not_closed_is_said_with_its_place() {
        assert_eq!(take_apart("echo it's", true), Err(Unbalanced(7)));
        assert_eq!(take_apart("a={{ b", false), Err(Unbalanced(2)));
    }
}
