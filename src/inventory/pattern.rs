//! Host patterns: `web:&prod:!db[0]`, `~regex`, globs, `group[0:3]`.

use std::collections::HashSet;

use baton_modules::sorting::Sorting;

use super::address::is_one_host;
use super::matching::Matcher;
use super::{HostId, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics, Span, nearest};

/// Which hosts, as the user wrote it.
#[derive(Clone, Debug)]
pub(crate) struct Pattern {
    terms: Vec<Term>,
    place: Option<Span>,
}

/// One pattern between separators; the order of the variants is the order of applying them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Operator {
    Add,
    Keep,
    Remove,
}

#[derive(Clone, Debug)]
struct Term {
    operator: Operator,
    text: String,
}

impl Pattern {
    /// Reads a pattern, or several as the keyword `hosts` may list them.
    pub(crate) fn new<'a>(texts: impl IntoIterator<Item = &'a str>, place: Option<Span>) -> Self {
        Self::of_terms(texts.into_iter().flat_map(split), place)
    }

    /// From single patterns, already split.
    pub(super) fn of_terms<'a>(texts: impl Iterator<Item = &'a str>, place: Option<Span>) -> Self {
        let mut terms: Vec<Term> = texts.map(Term::new).collect();
        if terms.iter().all(|t| t.operator != Operator::Add) {
            terms.push(Term::new("all"));
        }
        terms.order_by_key(|t| t.operator);
        Self { terms, place }
    }

    /// What is wrong with it whatever the inventory has.
    pub(crate) fn mistakes(&self) -> Diagnostics {
        let wrong = self.terms.iter().filter_map(|term| {
            let (expression, _) = split_subscript(&term.text);
            let problem = Matcher::new(expression).err()?;
            let message = format!("the pattern is not a regular expression: {problem}: `{expression}`");
            Some(self.place(Diagnostic::error("host-pattern", message)))
        });
        Diagnostics(wrong.collect())
    }

    /// The hosts it stands for, each once, in the order of the inventory.
    pub(crate) fn hosts(&self, inventory: &Inventory, diagnostics: &mut Diagnostics) -> Vec<HostId> {
        let mut found: Vec<HostId> = Vec::new();
        for term in &self.terms {
            let these = self.term(term, inventory, diagnostics);
            match term.operator {
                Operator::Add => found.extend(these),
                Operator::Keep => keep(&mut found, &these, true),
                Operator::Remove => keep(&mut found, &these, false),
            }
        }
        let mut seen = HashSet::new();
        found.retain(|h| seen.insert(*h));
        found
    }

    fn term(&self, term: &Term, inventory: &Inventory, diagnostics: &mut Diagnostics) -> Vec<HostId> {
        let exact = inventory.hosts_of_name(&term.text).filter(|_| term.operator == Operator::Add);
        if let Some(host) = exact {
            return vec![host];
        }
        let (expression, subscript) = split_subscript(&term.text);
        let matched = match Matcher::new(expression) {
            Ok(matcher) => matcher.hosts(inventory),
            Err(problem) => {
                let message = format!("the pattern is not a regular expression: {problem}: `{expression}`");
                diagnostics.push(self.place(Diagnostic::error("host-pattern", message)));
                return Vec::new();
            }
        };
        let Some(hosts) = matched else {
            diagnostics.push(self.place(unknown(expression, inventory)));
            return Vec::new();
        };
        let Some(subscript) = subscript.filter(|_| !hosts.is_empty()) else { return hosts };
        subscript.of(&hosts).unwrap_or_else(|| {
            let message = format!(
                "`{expression}` has {} hosts, none at the place asked for: `{}`",
                hosts.len(),
                term.text
            );
            diagnostics.push(self.place(Diagnostic::error("host-pattern", message)));
            Vec::new()
        })
    }

    fn place(&self, diagnostic: Diagnostic) -> Diagnostic {
        match &self.place {
            Some(span) => diagnostic.at(span, ""),
            None => diagnostic,
        }
    }
}

pub(super) fn keep(hosts: &mut Vec<HostId>, these: &[HostId], wanted: bool) {
    let these: HashSet<HostId> = these.iter().copied().collect();
    hosts.retain(|h| these.contains(h) == wanted);
}

fn unknown(expression: &str, inventory: &Inventory) -> Diagnostic {
    let message = format!("no host or group matches the pattern `{expression}`");
    let groups = inventory.groups().map(|(_, g)| &*g.name);
    let hosts = inventory.hosts().map(|(_, h)| &*h.name).take(20_000);
    let words = format!("Could not match supplied host pattern, ignoring: {expression}");
    let found = Diagnostic::warning("host-pattern", message).words(words);
    match nearest(expression, groups.chain(hosts)) {
        Some(near) => found.hint(format!("did you mean `{near}`?")),
        None => found,
    }
}

impl Term {
    fn new(text: &str) -> Self {
        let (operator, text) = match text.split_at_checked(1) {
            Some(("!", rest)) => (Operator::Remove, rest),
            Some(("&", rest)) => (Operator::Keep, rest),
            _ => (Operator::Add, text),
        };
        Self { operator, text: text.into() }
    }
}

/// Single patterns: at commas if there are any, else at colons outside brackets.
pub(super) fn split(text: &str) -> Vec<&str> {
    let parts = if text.contains(',') {
        text.split(',').collect()
    } else if is_one_host(text) {
        vec![text]
    } else {
        split_at_colons(text)
    };
    parts.into_iter().map(str::trim).filter(|p| !p.is_empty()).collect()
}

fn split_at_colons(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut closing = 0;
    for (at, letter) in text.char_indices() {
        match letter {
            _ if at < closing => {}
            '[' => match text[at..].find(']') {
                Some(length) => closing = at + length + 1,
                None => {
                    parts.push(&text[start..at]);
                    start = at + 1;
                }
            },
            c if c == ':' || c == ']' || c.is_whitespace() => {
                parts.push(&text[start..at]);
                start = at + letter.len_utf8();
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// `[2]`, `[-1]`, `[0:3]` after a pattern; both ends are included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Subscript {
    One(i64),
    Range(usize, Option<usize>),
}

impl Subscript {
    /// `None` when it points outside.
    fn of(self, hosts: &[HostId]) -> Option<Vec<HostId>> {
        match self {
            Subscript::One(at) => {
                let at =
                    if at < 0 { hosts.len().checked_sub(at.unsigned_abs() as usize)? } else { at as usize };
                hosts.get(at).map(|h| vec![*h])
            }
            // ansible: a range to 0 is taken for the single place.
            Subscript::Range(from, Some(0)) => hosts.get(from).map(|h| vec![*h]),
            Subscript::Range(from, to) => {
                let end = to.map_or(hosts.len(), |to| to.saturating_add(1).min(hosts.len()));
                Some(hosts.get(from..end).unwrap_or_default().to_vec())
            }
        }
    }
}

fn split_subscript(text: &str) -> (&str, Option<Subscript>) {
    let read = || {
        let (head, inner) = text.strip_suffix(']')?.rsplit_once('[')?;
        if head.is_empty() || text.starts_with('~') {
            return None;
        }
        let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit());
        let subscript = match inner.split_once([':', '-']).filter(|(from, _)| !from.is_empty()) {
            None if digits(inner.strip_prefix('-').unwrap_or(inner)) => Subscript::One(inner.parse().ok()?),
            Some((from, "")) if digits(from) => Subscript::Range(from.parse().ok()?, None),
            Some((from, to)) if digits(from) && digits(to) => {
                Subscript::Range(from.parse().ok()?, to.parse().ok())
            }
            _ => return None,
        };
        Some((head, subscript))
    };
    read().map_or((text, None), |(head, subscript)| (head, Some(subscript)))
}
