//! Regular expressions as Python reads them, on the bytes of files.

use std::borrow::Cow;
use std::fmt;

use fancy_regex::{BytesMode, Regex, RegexBuilder};
use serde_json::Value;

use crate::args::{FromArg, Kind, Mismatch, Type};
use crate::target::Fail;

mod python;

/// A regular expression in Python's syntax; look-around and back-references are understood too.
#[derive(Clone)]
pub struct Pattern {
    source: String,
    regex: Regex,
    /// For bytes that are not UTF-8, where a dot is any byte; none where the expression needs letters beyond ASCII.
    bytes: Option<Regex>,
}

/// What the groups of a pattern matched; 0 is the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Groups {
    groups: Vec<Option<Vec<u8>>>,
    names: Vec<(String, usize)>,
    range: std::ops::Range<usize>,
}

impl Pattern {
    /// Compiles an expression; the error in words.
    pub fn new(source: &str) -> Result<Self, Fail> {
        Self::compile(source, "")
    }

    /// The same expression where `^` and `$` match at every line.
    pub fn multiline(&self) -> Result<Self, Fail> {
        Self::compile(&self.source, "(?m)")
    }

    /// Whether its own flags say that `^` and `$` match at every line.
    pub fn is_multiline(&self) -> bool {
        let flags = self.source.strip_prefix("(?").and_then(|rest| rest.split_once(')'));
        flags.is_some_and(|(flags, _)| flags.contains('m') && flags.chars().all(|c| c.is_ascii_alphabetic()))
    }

    /// The part of a text between two expressions, as Ansible finds it; `None` when they are not in it.
    pub fn section(after: &str, before: &str, text: &[u8]) -> Result<Option<std::ops::Range<usize>>, Fail> {
        // ansible: without `after` the part reaches to the last match of `before`.
        let part = if after.is_empty() || before.is_empty() { ".*" } else { ".*?" };
        let pattern = Self::compile(&format!("{after}(?P<subsection>{part}){before}"), "(?s)")?;
        let regex = pattern.regex_for(text);
        let Some(found) = regex.captures_from_pos(text, 0).ok().flatten() else { return Ok(None) };
        let named = names(regex.capture_names()).into_iter().find(|(name, _)| name == "subsection");
        Ok(named.and_then(|(_, index)| found.get(index)).map(|part| part.range()))
    }

    /// The expression as the user wrote it.
    pub fn source(&self) -> &str {
        &self.source
    }

    fn compile(source: &str, flags: &str) -> Result<Self, Fail> {
        let translated = format!("{flags}{}", python::translate(source));
        let build = |mode| {
            let mut builder = RegexBuilder::new(&translated);
            // A search that gave up would look like one that found nothing.
            builder.bytes_mode(mode).backtrack_limit(usize::MAX).build()
        };
        let regex = build(BytesMode::UnicodeBytes).map_err(|error| {
            let why = error.to_string();
            let why = why.lines().last().unwrap_or_default().trim().trim_start_matches("error: ");
            Fail::new(format!("`{source}` is not a regular expression: {why}"))
        })?;
        let bytes = build(BytesMode::Ascii).ok();
        Ok(Self { source: source.to_owned(), regex, bytes })
    }

    /// Whether it matches anywhere in a line, whose end may be a newline.
    pub fn is_match(&self, line: &[u8]) -> bool {
        self.captures(line).is_some()
    }

    /// The groups of the first match in a line, whose end may be a newline.
    pub fn captures(&self, line: &[u8]) -> Option<Groups> {
        // Python's `$` matches at the end and before a newline there: that is either of both readings.
        let bare = line.strip_suffix(b"\n").unwrap_or(line);
        self.first(bare, 0).or_else(|| if bare.len() < line.len() { self.first(line, 0) } else { None })
    }

    /// The text with every match replaced by the template, and how many there were.
    pub fn replace_all(&self, text: &[u8], template: &str) -> Result<(Vec<u8>, usize), Fail> {
        let (mut out, mut at, mut from, mut count) = (Vec::with_capacity(text.len()), 0, 0, 0);
        let regex = self.regex_for(text);
        // A mistake in the template is one though nothing matches.
        let empty = Groups {
            groups: vec![None; regex.capture_names().count()],
            names: names(regex.capture_names()),
            range: 0..0,
        };
        empty.expand(template)?;
        while let Some(found) = search(regex, text, from) {
            out.extend_from_slice(&text[at..found.range.start]);
            out.extend(found.expand(template)?);
            count += 1;
            at = found.range.end;
            // An empty match must not be found again.
            from = if found.range.is_empty() { at + 1 } else { at };
            if from > text.len() {
                break;
            }
        }
        out.extend_from_slice(&text[at..]);
        Ok((out, count))
    }

    /// The first match at or after a byte.
    pub fn first(&self, text: &[u8], from: usize) -> Option<Groups> {
        search(self.regex_for(text), text, from)
    }

    fn regex_for(&self, text: &[u8]) -> &Regex {
        match &self.bytes {
            Some(bytes) if std::str::from_utf8(text).is_err() => bytes,
            _ => &self.regex,
        }
    }
}

fn search(regex: &Regex, text: &[u8], from: usize) -> Option<Groups> {
    let found = regex.captures_from_pos(text, from).ok().flatten()?;
    let groups = found.iter().map(|group| group.map(|m| text[m.range()].to_vec())).collect();
    Some(Groups { groups, names: names(regex.capture_names()), range: found.get(0)?.range() })
}

fn names<'a>(names: impl Iterator<Item = Option<&'a str>>) -> Vec<(String, usize)> {
    names.enumerate().filter_map(|(index, name)| Some((name?.to_owned(), index))).collect()
}

impl Groups {
    /// Where the whole match is.
    pub fn range(&self) -> std::ops::Range<usize> {
        self.range.clone()
    }

    /// What a group matched, by number.
    pub fn get(&self, index: usize) -> Option<&[u8]> {
        self.groups.get(index)?.as_deref()
    }

    /// How many groups there are, the whole match among them.
    #[allow(clippy::len_without_is_empty, reason = "the whole match is always there")]
    pub fn len(&self) -> usize {
        self.groups.len()
    }

    /// The groups that have names, and what they matched.
    pub fn names(&self) -> impl Iterator<Item = (&str, Option<&[u8]>)> {
        self.names.iter().map(|(name, index)| (name.as_str(), self.get(*index)))
    }

    /// A template with `\1` and `\g<name>` filled in, as Python does.
    pub fn expand(&self, template: &str) -> Result<Vec<u8>, Fail> {
        python::expand(template, &|name| {
            let index = name
                .parse()
                .ok()
                .or_else(|| self.names.iter().find(|(known, _)| known == name).map(|(_, index)| *index));
            let group = index.and_then(|index| self.groups.get(index))?;
            Some(Cow::from(group.as_deref().unwrap_or_default()))
        })
        .map_err(|why| Fail::new(format!("cannot fill in `{template}`: {why}")))
    }
}

impl fmt::Debug for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Pattern({:?})", self.source)
    }
}

impl FromArg for Pattern {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let source = String::from_arg(value)?;
        Self::new(&source).map_err(|fail| Mismatch {
            expected: "a regular expression".into(),
            found: fail.message,
            near: None,
        })
    }
}

#[cfg(test)]
mod tests;
