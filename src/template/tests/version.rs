//! The test `version`.

use std::cmp::Ordering;

use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] =
    &[Test::new("version", "How it compares to a version.", version).also(&["version_compare"])];

fn version(_: &Session<'_>, value: Value, args: Args) -> Answer {
    let args = args.bind("version", &["version", "operator", "strict", "version_type"])?;
    let (left, right) = (value.to_text(), args.required_text(0)?);
    if left.is_empty() || right.is_empty() {
        let words = match left.is_empty() {
            true => "Input version value cannot be empty",
            false => "Version parameter to compare against cannot be empty",
        };
        return Err(TemplateError::failed("version: an empty version cannot be compared").words(words));
    }
    if args.some(2).is_some() && args.some(3).is_some() {
        return Err(TemplateError::failed("version: `strict` and `version_type` cannot both be given"));
    }
    let kind = match args.truth(2, false) {
        true => "strict".to_owned(),
        false => args.text(3, "loose"),
    };
    let order = match kind.as_str() {
        "loose" => loose(&left, &right)?,
        "strict" => strict(&left)?.cmp(&strict(&right)?),
        "semver" | "semantic" => semantic(&left)?.cmp(&semantic(&right)?),
        "pep440" => pep440(&left)?.cmp(&pep440(&right)?),
        other => {
            return Err(TemplateError::failed(format!(
                "version: expected `loose`, `strict`, `semver`, `semantic` or `pep440`, found `{other}`"
            )));
        }
    };
    Ok(match args.text(1, "eq").as_str() {
        "==" | "=" | "eq" => order.is_eq(),
        "!=" | "<>" | "ne" => order.is_ne(),
        "<" | "lt" => order.is_lt(),
        "<=" | "le" => order.is_le(),
        ">" | "gt" => order.is_gt(),
        ">=" | "ge" => order.is_ge(),
        other => return Err(TemplateError::failed(format!("version: unknown operator `{other}`"))),
    })
}

fn invalid(kind: &str, text: &str) -> TemplateError {
    TemplateError::failed(format!("version comparison failed: `{text}` is not a valid {kind} version"))
}

/// A part of a loose version.
#[derive(PartialEq, Eq)]
pub(in crate::template) enum Part<'t> {
    Number(u128),
    Word(&'t str),
}

/// The runs of digits and of letters; dots part, other signs stand for themselves.
pub(in crate::template) fn parts(text: &str) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let class = |c: char| match c {
            c if c.is_ascii_digit() => 0,
            c if c.is_ascii_lowercase() => 1,
            '.' => 2,
            _ => 3,
        };
        let same = |c: char| class(c) == class(first);
        let end = match class(first) {
            2 => 1,
            _ => rest.find(|c| !same(c)).unwrap_or(rest.len()),
        };
        let (run, after) = rest.split_at(end);
        match class(first) {
            0 => parts.push(Part::Number(run.parse().unwrap_or(u128::MAX))),
            2 => {}
            _ => parts.push(Part::Word(run)),
        }
        rest = after;
    }
    parts
}

fn loose(left: &str, right: &str) -> Result<Ordering, TemplateError> {
    let (a, b) = (parts(left), parts(right));
    for pair in a.iter().zip(&b) {
        let order = match pair {
            (Part::Number(a), Part::Number(b)) => a.cmp(b),
            (Part::Word(a), Part::Word(b)) => a.cmp(b),
            _ => {
                return Err(TemplateError::failed(format!(
                    "version comparison failed: `{left}` and `{right}` have a number and a word at the same place"
                )));
            }
        };
        if order.is_ne() {
            return Ok(order);
        }
    }
    Ok(a.len().cmp(&b.len()))
}

type Release = (Vec<u64>, Option<(String, u64)>);

/// A strict version: two or three numbers and perhaps `a` or `b` with a number.
#[derive(PartialEq, Eq)]
struct Strict(Release);

impl Ord for Strict {
    fn cmp(&self, other: &Self) -> Ordering {
        let release = self.0.0.cmp(&other.0.0);
        release.then_with(|| match (&self.0.1, &other.0.1) {
            (None, None) => Ordering::Equal,
            (None, Some(_)) => Ordering::Greater,
            (Some(_), None) => Ordering::Less,
            (Some(a), Some(b)) => a.cmp(b),
        })
    }
}

impl PartialOrd for Strict {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn strict(text: &str) -> Result<Strict, TemplateError> {
    let wrong = || invalid("strict", text);
    let (release, pre) = match text.find(['a', 'b']) {
        Some(at) => {
            let number = text[at + 1..].parse().map_err(|_| wrong())?;
            (&text[..at], Some((text[at..=at].to_owned(), number)))
        }
        None => (text, None),
    };
    let mut numbers: Vec<u64> =
        release.split('.').map(|n| n.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    if !(2..=3).contains(&numbers.len()) {
        return Err(wrong());
    }
    numbers.resize(3, 0);
    Ok(Strict((numbers, pre)))
}

/// An identifier of a semantic version's pre-release; numbers come before words.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Identifier {
    Number(u64),
    Word(String),
}

#[derive(PartialEq, Eq)]
struct Semantic {
    numbers: Vec<u64>,
    pre: Vec<Identifier>,
}

impl Ord for Semantic {
    fn cmp(&self, other: &Self) -> Ordering {
        self.numbers.cmp(&other.numbers).then_with(|| match (self.pre.is_empty(), other.pre.is_empty()) {
            (true, true) => Ordering::Equal,
            (true, false) => Ordering::Greater,
            (false, true) => Ordering::Less,
            (false, false) => self.pre.cmp(&other.pre),
        })
    }
}

impl PartialOrd for Semantic {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

fn semantic(text: &str) -> Result<Semantic, TemplateError> {
    let wrong = || invalid("semantic", text);
    let (text_only, _build) = text.split_once('+').unwrap_or((text, ""));
    let (release, pre) = text_only.split_once('-').map_or((text_only, None), |(r, p)| (r, Some(p)));
    let numbers: Vec<u64> =
        release.split('.').map(|n| n.parse().map_err(|_| wrong())).collect::<Result<_, _>>()?;
    if numbers.len() != 3 {
        return Err(wrong());
    }
    let identifier = |p: &str| p.parse().map_or_else(|_| Identifier::Word(p.to_owned()), Identifier::Number);
    Ok(Semantic { numbers, pre: pre.map_or_else(Vec::new, |p| p.split('.').map(identifier).collect()) })
}

/// What orders two PEP 440 versions: epoch, release, and the phases around it.
type Pep440 = (u64, Vec<u64>, (i8, u64), (i8, u64), (i8, u64));

fn pep440(text: &str) -> Result<Pep440, TemplateError> {
    let wrong = || invalid("PEP 440", text);
    let lower = text.trim().to_lowercase();
    let lower = lower.strip_prefix('v').unwrap_or(&lower);
    let (lower, _local) = lower.split_once('+').unwrap_or((lower, ""));
    let (epoch, rest) = match lower.split_once('!') {
        Some((epoch, rest)) => (epoch.parse().map_err(|_| wrong())?, rest),
        None => (0, lower),
    };
    let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
    let mut release: Vec<u64> = rest[..end]
        .trim_end_matches('.')
        .split('.')
        .map(|n| n.parse().map_err(|_| wrong()))
        .collect::<Result<_, _>>()?;
    while release.last() == Some(&0) {
        release.pop();
    }
    let (mut pre, mut post, mut dev) = (None, None, None);
    let mut tail = rest[end..].trim_start_matches(['.', '-', '_']);
    while !tail.is_empty() {
        let word_end = tail.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(tail.len());
        let (word, after) = tail.split_at(word_end);
        let after = after.trim_start_matches(['.', '-', '_']);
        let number_end = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
        let number = if number_end == 0 { 0 } else { after[..number_end].parse().map_err(|_| wrong())? };
        match word {
            "a" | "alpha" => pre = Some((0, number)),
            "b" | "beta" => pre = Some((1, number)),
            "c" | "rc" | "pre" | "preview" => pre = Some((2, number)),
            "" if number_end == 0 => return Err(wrong()),
            "post" | "rev" | "r" | "" => post = Some((1, number)),
            "dev" => dev = Some((0, number)),
            _ => return Err(wrong()),
        }
        tail = after[number_end..].trim_start_matches(['.', '-', '_']);
    }
    let pre = pre.unwrap_or(if dev.is_some() && post.is_none() { (-1, 0) } else { (3, 0) });
    Ok((epoch, release, pre, post.unwrap_or((0, 0)), dev.unwrap_or((1, 0))))
}
