//! Python regular expressions on Rust engines: the syntax is translated, matches and
//! replacements follow Python's rules.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use fancy_regex::{Captures, RegexBuilder};
use parking_lot::RwLock;

use super::TemplateError;

/// Options of a pattern.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Flags {
    pub ignore_case: bool,
    pub multi_line: bool,
    /// Matches only at the beginning.
    pub anchored: bool,
}

/// A compiled pattern: one for texts that end in a newline, before which `$` matches, too.
pub(crate) struct Pattern {
    plain: fancy_regex::Regex,
    trailing: Option<fancy_regex::Regex>,
}

type Compiled = Result<Arc<Pattern>, TemplateError>;

static COMPILED: LazyLock<RwLock<HashMap<(String, Flags), Arc<Pattern>>>> = LazyLock::new(RwLock::default);

/// Compiles a pattern; kept for the next time.
pub(crate) fn compile(pattern: &str, flags: Flags) -> Compiled {
    let key = (pattern.to_owned(), flags);
    if let Some(found) = COMPILED.read().get(&key) {
        return Ok(found.clone());
    }
    let build = |trailing: bool| {
        let translated = translate(pattern, trailing && !flags.multi_line);
        let anchored = if flags.anchored { format!(r"\A(?:{translated})") } else { translated };
        RegexBuilder::new(&anchored)
            .case_insensitive(flags.ignore_case)
            .multi_line(flags.multi_line)
            .build()
            .map_err(|e| TemplateError::failed(format!("invalid regular expression `{pattern}`: {e}")))
    };
    let trailing = if pattern.contains('$') && !flags.multi_line { Some(build(true)?) } else { None };
    let compiled = Arc::new(Pattern { plain: build(false)?, trailing });
    let mut kept = COMPILED.write();
    if kept.len() > 2000 {
        kept.clear();
    }
    kept.insert(key, compiled.clone());
    Ok(compiled)
}

impl Pattern {
    fn of(&self, text: &str) -> &fancy_regex::Regex {
        match &self.trailing {
            Some(trailing) if text.ends_with('\n') => trailing,
            _ => &self.plain,
        }
    }

    /// The first match.
    pub(crate) fn first<'t>(&self, text: &'t str) -> Result<Option<Captures<'t, str>>, TemplateError> {
        self.of(text).captures(text).map_err(failed)
    }

    /// All matches; an empty one may follow directly on another.
    pub(crate) fn all<'t>(&self, text: &'t str) -> Result<Vec<Captures<'t, str>>, TemplateError> {
        let regex = self.of(text);
        let (mut found, mut at, mut passed) = (Vec::new(), 0, None);
        while at <= text.len() {
            let Some(captures) = regex.captures_from_pos(text, at).map_err(failed)? else { break };
            let Some(whole) = captures.get(0) else { break };
            if whole.start() == whole.end() && passed == Some(whole.start()) {
                at += text[at..].chars().next().map_or(1, char::len_utf8);
                passed = None;
                continue;
            }
            passed = Some(whole.end()).filter(|_| whole.start() == whole.end());
            at = whole.end();
            found.push(captures);
        }
        Ok(found)
    }

    /// How many groups there are, the whole not counted.
    pub(crate) fn groups(&self) -> usize {
        self.plain.captures_len() - 1
    }

    /// Whether there is a group of that name.
    pub(crate) fn has_group(&self, name: &str) -> bool {
        self.plain.capture_names().flatten().any(|n| n == name)
    }

    /// Replaces matches, at most `count` when that is not 0; gives how many there were.
    pub(crate) fn replace(
        &self,
        text: &str,
        with: &str,
        count: usize,
    ) -> Result<(String, usize), TemplateError> {
        let mut matches = self.all(text)?;
        if count > 0 {
            matches.truncate(count);
        }
        let parts = replacement(with, self)?;
        let (mut out, mut done) = (String::with_capacity(text.len()), 0);
        for captures in &matches {
            let Some(whole) = captures.get(0) else { continue };
            out.push_str(&text[done..whole.start()]);
            done = whole.end();
            for part in &parts {
                match part {
                    Part::Text(words) => out.push_str(words),
                    Part::Group(group) => out.push_str(captures.get(*group).map_or("", |m| m.as_str())),
                    Part::Name(name) => out.push_str(captures.name(name).map_or("", |m| m.as_str())),
                }
            }
        }
        out.push_str(&text[done..]);
        Ok((out, matches.len()))
    }
}

fn failed(error: fancy_regex::Error) -> TemplateError {
    TemplateError::failed(format!("the regular expression failed: {error}"))
}

enum Part {
    Text(String),
    Group(usize),
    Name(String),
}

/// A replacement in Python's syntax: `\1`, `\g<1>`, `\g<name>`, `\n`.
fn replacement(text: &str, pattern: &Pattern) -> Result<Vec<Part>, TemplateError> {
    let invalid = |group: &str| TemplateError::failed(format!("invalid group reference `{group}`"));
    let numbered = |digits: &str| match digits.parse() {
        Ok(group) if group <= pattern.groups() => Ok(Part::Group(group)),
        _ => Err(invalid(digits)),
    };
    let mut parts = Vec::new();
    let mut words = String::new();
    let mut rest = text;
    while let Some(at) = rest.find('\\') {
        words.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        let mut chars = rest.chars();
        let Some(next) = chars.next() else {
            return Err(TemplateError::failed("bad escape (end of pattern)"));
        };
        let part = match next {
            'g' => {
                let inner = rest[1..].strip_prefix('<').and_then(|r| r.split_once('>'));
                let (name, after) =
                    inner.ok_or_else(|| TemplateError::failed("missing group name in `\\g<…>`"))?;
                rest = after;
                match name.bytes().all(|b| b.is_ascii_digit()) {
                    true => numbered(name)?,
                    false if pattern.has_group(name) => Part::Name(name.to_owned()),
                    false => return Err(TemplateError::failed(format!("unknown group name `{name}`"))),
                }
            }
            '1'..='9' => {
                let length = 1 + usize::from(rest[1..].starts_with(|c: char| c.is_ascii_digit()));
                let digits = &rest[..length];
                rest = &rest[length..];
                numbered(digits)?
            }
            other => {
                rest = chars.as_str();
                match other {
                    'n' => words.push('\n'),
                    't' => words.push('\t'),
                    'r' => words.push('\r'),
                    'a' => words.push('\u{7}'),
                    'f' => words.push('\u{c}'),
                    'v' => words.push('\u{b}'),
                    'b' => words.push('\u{8}'),
                    '0' => words.push('\0'),
                    '\\' => words.push('\\'),
                    c if c.is_ascii_alphabetic() => {
                        return Err(TemplateError::failed(format!("bad escape `\\{c}` in the replacement")));
                    }
                    c => words.extend(['\\', c]),
                }
                continue;
            }
        };
        parts.push(Part::Text(std::mem::take(&mut words)));
        parts.push(part);
    }
    words.push_str(rest);
    parts.push(Part::Text(words));
    Ok(parts)
}

/// Python's syntax in Rust's terms; with `trailing`, `$` matches before a last newline, too.
fn translate(pattern: &str, trailing: bool) -> String {
    let mut out = String::with_capacity(pattern.len() + 8);
    let mut rest = pattern;
    let mut in_class = false;
    while let Some(c) = rest.chars().next() {
        let after = &rest[c.len_utf8()..];
        rest = after;
        match c {
            '\\' => rest = escape(after, in_class, &mut out),
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                out.push('[');
                if let Some(negated) = rest.strip_prefix('^') {
                    out.push('^');
                    rest = negated;
                }
                if let Some(literal) = rest.strip_prefix(']') {
                    out.push_str("\\]");
                    rest = literal;
                }
            }
            ']' if in_class => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' | '-' if in_class && rest.starts_with(c) => out.extend(['\\', c]),
            _ if in_class => out.push(c),
            '$' if trailing => out.push_str(r"(?=\n?\z)"),
            '(' => match rest.strip_prefix("?P=").and_then(|r| r.split_once(')')) {
                Some((name, after)) => {
                    out.push_str(&format!(r"\k<{name}>"));
                    rest = after;
                }
                None => rest = group(rest, &mut out),
            },
            '{' => out.push_str(repetition(&mut rest).as_deref().unwrap_or("\\{")),
            c => out.push(c),
        }
    }
    out
}

/// The opening of a group; the flags `a`, `u` and `L` have no meaning here.
fn group<'r>(rest: &'r str, out: &mut String) -> &'r str {
    if let Some(flags) = rest.strip_prefix('?')
        && let Some(end) = flags.find([')', ':'])
        && end > 0
        && flags[..end].chars().all(|c| c.is_ascii_alphabetic() || c == '-')
    {
        let kept: String = flags[..end].chars().filter(|c| !matches!(c, 'a' | 'u' | 'L')).collect();
        if kept.is_empty() && flags[end..].starts_with(')') {
            return &flags[end + 1..];
        }
        out.push_str(&format!("(?{kept}"));
        return &flags[end..];
    }
    out.push('(');
    rest
}

fn escape<'r>(after: &'r str, in_class: bool, out: &mut String) -> &'r str {
    let Some(c) = after.chars().next() else {
        out.push_str("\\\\");
        return after;
    };
    match c {
        'Z' if !in_class => out.push_str(r"\z"),
        '<' | '>' | '_' | '"' | '\'' | '/' | ',' | ':' | ';' | '=' | '@' | '%' | '!' | '`' | ' ' => {
            out.push(c);
        }
        c => out.extend(['\\', c]),
    }
    &after[c.len_utf8()..]
}

/// A repetition `{m,n}` behind its brace, if it is one.
fn repetition(rest: &mut &str) -> Option<String> {
    let (inner, after) = rest.split_once('}')?;
    let (low, high) = inner.split_once(',').unwrap_or((inner, inner));
    let number = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if inner.is_empty() || inner == "," || !number(low) || !number(high) {
        return None;
    }
    *rest = after;
    Some(if low.is_empty() { format!("{{0,{high}}}") } else { format!("{{{inner}}}") })
}

/// Python's `re.escape`.
pub(crate) fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if "()[]{}?*+-|^$\\.&~# \t\n\r\u{b}\u{c}".contains(c) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}
