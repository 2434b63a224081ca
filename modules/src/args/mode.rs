//! Permissions of a file, in any of the forms that Ansible takes.

use serde_json::Value;

use super::coerce::{FromArg, Mismatch};
use super::spec::{Kind, Type};

/// Permissions: `0644`, `"644"`, `u=rw,g=r`, `a+X`, or `preserve`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Octal(u32),
    /// Clauses, checked when read: applied to what is there.
    Symbolic(String),
    /// As the file that is copied has it.
    Preserve,
}

impl Mode {
    /// The bits this gives to a file that has `current`, where `umask` holds for clauses that name nobody.
    pub fn bits(&self, current: u32, is_dir: bool, umask: u32) -> u32 {
        match self {
            Self::Octal(bits) => *bits,
            Self::Preserve => current & 0o7777,
            Self::Symbolic(text) => text
                .split(',')
                .fold(current & 0o7777, |bits, part| clause(part, bits, is_dir, umask).unwrap_or(bits)),
        }
    }
}

impl FromArg for Mode {
    const TYPE: Type = Type { kind: Kind::Mode, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let expected = "a mode such as `0644` or `u=rw,g=r`";
        let read = match value {
            // YAML 1.1 has read `0644` as octal already.
            Value::Number(n) => {
                n.as_u64().and_then(|n| u32::try_from(n).ok()).filter(|n| *n <= 0o7777).map(Self::Octal)
            }
            Value::String(text) => from_text(text.trim()),
            _ => None,
        };
        read.ok_or_else(|| Mismatch::new(expected, value))
    }
}

fn from_text(text: &str) -> Option<Mode> {
    if text == "preserve" {
        return Some(Mode::Preserve);
    }
    let digits = text.strip_prefix("0o").unwrap_or(text);
    if !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()) {
        return u32::from_str_radix(digits, 8).ok().filter(|bits| *bits <= 0o7777).map(Mode::Octal);
    }
    let valid = text.split(',').all(|part| clause(part, 0, false, 0).is_some());
    valid.then(|| Mode::Symbolic(text.to_owned()))
}

/// One clause such as `ug+rwX-w`, applied to `bits`; `None` where it is not a clause.
fn clause(text: &str, mut bits: u32, is_dir: bool, umask: u32) -> Option<u32> {
    let start = text.find(['+', '-', '='])?;
    let (who, mut rest) = text.split_at(start);
    if !who.chars().all(|c| "ugoa".contains(c)) {
        return None;
    }
    let mut people = 0;
    for (letter, mask) in [('u', 0o4700), ('g', 0o2070), ('o', 0o1007)] {
        if who.contains(letter) || who.contains('a') || who.is_empty() {
            people |= mask;
        }
    }
    let shielded = if who.is_empty() { umask } else { 0 };
    while !rest.is_empty() {
        let (operator, tail) = rest.split_at(1);
        let end = tail.find(['+', '-', '=']).unwrap_or(tail.len());
        let (letters, next) = tail.split_at(end);
        let wanted = permissions(letters, bits, is_dir)? & people & !shielded;
        bits = match operator {
            "+" => bits | wanted,
            "-" => bits & !wanted,
            // A directory keeps its set-id bits unless they are named, as with chmod.
            _ => (bits & !(people & if is_dir { 0o1777 } else { 0o7777 })) | wanted,
        };
        rest = next;
    }
    Some(bits)
}

fn permissions(letters: &str, bits: u32, is_dir: bool) -> Option<u32> {
    letters.chars().try_fold(0, |sum, letter| {
        let add = match letter {
            'r' => 0o444,
            'w' => 0o222,
            'x' => 0o111,
            'X' if is_dir || bits & 0o111 != 0 => 0o111,
            'X' => 0,
            's' => 0o6000,
            't' => 0o1000,
            'u' => ((bits >> 6) & 7) * 0o111,
            'g' => ((bits >> 3) & 7) * 0o111,
            'o' => (bits & 7) * 0o111,
            _ => return None,
        };
        Some(sum | add)
    })
}
