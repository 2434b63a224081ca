//! Ages, sizes and names as `find` is given them.

use crate::Fail;
use crate::args::{FromArg, Kind, Mismatch, Type, Value};
use crate::pattern::Pattern;

/// `2d`: at least so old; `-2d`: at most.
#[derive(Clone, Debug)]
pub struct Age(i64);

/// `10m`: at least so large; `-10m`: at most.
#[derive(Clone, Debug)]
pub struct Bytes(i64);

impl Age {
    /// Whether something so many seconds old fits.
    pub fn fits(&self, seconds: i64) -> bool {
        if self.0 >= 0 { seconds >= self.0 } else { seconds <= -self.0 }
    }
}

impl Bytes {
    /// Whether something so large fits.
    pub fn fits(&self, size: u64) -> bool {
        let size = i64::try_from(size).unwrap_or(i64::MAX);
        if self.0 >= 0 { size >= self.0 } else { size <= -self.0 }
    }
}

impl FromArg for Age {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let units = [('s', 1), ('m', 60), ('h', 3600), ('d', 86_400), ('w', 604_800)];
        measure(value, &units).map(Self).ok_or_else(|| Mismatch::new("an age such as `2d` or `-1h`", value))
    }
}

impl FromArg for Bytes {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let units = [('b', 1), ('k', 1 << 10), ('m', 1 << 20), ('g', 1 << 30), ('t', 1 << 40)];
        measure(value, &units).map(Self).ok_or_else(|| Mismatch::new("a size such as `10m` or `-1k`", value))
    }
}

fn measure(value: &Value, units: &[(char, i64)]) -> Option<i64> {
    let text = value.as_str().map_or_else(|| value.to_string(), str::to_lowercase);
    let text = text.trim();
    let end = text.find(|c: char| c.is_ascii_alphabetic()).unwrap_or(text.len());
    let number: i64 = text[..end].trim().parse().ok()?;
    let unit = match text[end..].chars().next() {
        None => 1,
        Some(letter) => units.iter().find(|(unit, _)| *unit == letter)?.1,
    };
    number.checked_mul(unit)
}

/// Names with wildcards, or expressions.
pub(super) struct Names(Vec<Pattern>);

impl Names {
    /// Reads them.
    pub(super) fn new(patterns: &[String], use_regex: bool) -> Result<Self, Fail> {
        let pattern = |text: &String| Pattern::new(&if use_regex { text.clone() } else { expression(text) });
        patterns.iter().filter(|text| !text.is_empty()).map(pattern).collect::<Result<_, _>>().map(Self)
    }

    /// Whether there are none.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether one of them matches from the start of a name.
    pub(super) fn matches(&self, name: &str) -> bool {
        self.0
            .iter()
            .any(|pattern| pattern.captures(name.as_bytes()).is_some_and(|found| found.range().start == 0))
    }
}

/// The expression for a name with wildcards.
fn expression(glob: &str) -> String {
    let mut out = String::from("^");
    let mut chars = glob.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '*' => out.push_str(".*"),
            '?' => out.push('.'),
            '[' if chars.clone().skip(1).any(|c| c == ']') => {
                out.push('[');
                if chars.next_if_eq(&'!').is_some() {
                    out.push('^');
                }
                for c in chars.by_ref() {
                    out.push(c);
                    if c == ']' {
                        break;
                    }
                }
            }
            c if c.is_alphanumeric() || c == '_' => out.push(c),
            c => out.extend(['\\', c]),
        }
    }
    out.push('$');
    out
}
