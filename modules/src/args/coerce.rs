//! From the values of a playbook to the types of options: every coercion that
//! Ansible does, once.

use std::path::PathBuf;

use serde_json::Value;

use super::spec::{Kind, Type};

/// A value that an option does not take.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// What would have been taken, with its article: `an integer`.
    pub expected: String,
    /// What stood there, in backticks where it is the user's word.
    pub found: String,
    /// What was probably meant.
    pub near: Option<String>,
}

impl Mismatch {
    /// `value` where `expected` should have been.
    pub fn new(expected: impl Into<String>, value: &Value) -> Self {
        Self { expected: expected.into(), found: describe(value), near: None }
    }

    /// `value` where one of these words should have been.
    pub fn choice(words: &[&str], value: &Value) -> Self {
        let quoted: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let one = if words.len() == 1 { "" } else { "one of " };
        let near = value.as_str().and_then(|word| nearest_word(word, words));
        Self { near, ..Self::new(format!("{one}{}", quoted.join(", ")), value) }
    }
}

/// Of words that are taken, the one that a wrong one is probably meant as: one it begins, or nearly is.
fn nearest_word(word: &str, words: &[&str]) -> Option<String> {
    let begun = words.iter().find(|known| word.len() > 1 && known.starts_with(word));
    let distance = |known: &&&str| strsim::damerau_levenshtein(word, known);
    let near = words.iter().filter(|known| distance(known) <= (known.len().max(word.len()) / 3).max(1));
    begun.or_else(|| near.min_by_key(distance)).map(|known| (*known).to_owned())
}

/// A type that an option can have.
pub trait FromArg: Sized {
    /// What values it takes, for checks and pages.
    const TYPE: Type;
    /// Whether the option may be left out without a default.
    const OPTIONAL: bool = false;

    /// The value as this type.
    fn from_arg(value: &Value) -> Result<Self, Mismatch>;

    /// What a missing option is, for types that may be left out.
    fn absent() -> Option<Self> {
        None
    }

    /// Whether the value can be taken.
    fn check(value: &Value) -> Result<(), Mismatch> {
        Self::from_arg(value).map(drop)
    }
}

/// A value in the words of an error.
pub fn describe(value: &Value) -> String {
    match value {
        Value::Null => "nothing".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "a dictionary".to_owned(),
        Value::String(s) if s.chars().count() > 60 => {
            format!("`{}…`", s.chars().take(60).collect::<String>())
        }
        Value::String(s) => format!("`{s}`"),
        other => format!("`{other}`"),
    }
}

/// Whether a word means true, in any case.
pub fn is_true(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "y" | "yes" | "on" | "1" | "1.0" | "true" | "t")
}

/// Whether a word means false, in any case.
pub fn is_false(word: &str) -> bool {
    matches!(word.trim().to_ascii_lowercase().as_str(), "n" | "no" | "off" | "0" | "0.0" | "false" | "f")
}

impl FromArg for String {
    const TYPE: Type = Type { kind: Kind::Str, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(s) => Ok(s.clone()),
            Value::Number(n) => Ok(n.to_string()),
            // ansible: a boolean becomes Python's word for it
            Value::Bool(b) => Ok(if *b { "True" } else { "False" }.to_owned()),
            _ => Err(Mismatch::new("a string", value)),
        }
    }
}

impl FromArg for PathBuf {
    const TYPE: Type = Type { kind: Kind::Path, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::String(_) | Value::Number(_) | Value::Bool(_) => Ok(Self::from(String::from_arg(value)?)),
            _ => Err(Mismatch::new("a path", value)),
        }
    }
}

impl FromArg for bool {
    const TYPE: Type = Type { kind: Kind::Bool, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        match value {
            Value::Bool(b) => Ok(*b),
            Value::String(s) if is_true(s) => Ok(true),
            Value::String(s) if is_false(s) => Ok(false),
            Value::Number(n) if n.as_f64() == Some(1.0) => Ok(true),
            Value::Number(n) if n.as_f64() == Some(0.0) => Ok(false),
            _ => Err(Mismatch::new("a boolean", value)),
        }
    }
}

impl FromArg for f64 {
    const TYPE: Type = Type { kind: Kind::Float, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        let number = match value {
            Value::Number(n) => n.as_f64(),
            Value::String(s) => s.trim().parse().ok(),
            _ => None,
        };
        number.ok_or_else(|| Mismatch::new("a number", value))
    }
}

fn integer(value: &Value) -> Option<i128> {
    match value {
        Value::Number(n) => match (n.as_i64(), n.as_u64(), n.as_f64()) {
            (Some(i), ..) => Some(i.into()),
            (_, Some(u), _) => Some(u.into()),
            (.., Some(f)) if f.fract() == 0.0 && f.abs() < 1e15 => Some(f as i128),
            _ => None,
        },
        Value::String(s) => s.trim().parse().ok(),
        _ => None,
    }
}

macro_rules! integers {
    ($($ty:ty),*) => {$(
        impl FromArg for $ty {
            const TYPE: Type = Type { kind: Kind::Int, choices: &[], check: Self::check };

            fn from_arg(value: &Value) -> Result<Self, Mismatch> {
                let number = integer(value).ok_or_else(|| Mismatch::new("an integer", value))?;
                Self::try_from(number).map_err(|_| {
                    Mismatch::new(format!("an integer from {} to {}", Self::MIN, Self::MAX), value)
                })
            }
        }
    )*};
}

integers!(u8, u16, u32, u64, usize, i32, i64);

impl FromArg for Value {
    const TYPE: Type = Type { kind: Kind::Raw, choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        Ok(value.clone())
    }
}

impl<T: FromArg> FromArg for Option<T> {
    const TYPE: Type = T::TYPE;
    const OPTIONAL: bool = true;

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        if value.is_null() { Ok(None) } else { T::from_arg(value).map(Some) }
    }

    fn absent() -> Option<Self> {
        Some(None)
    }
}

struct Element<T>(std::marker::PhantomData<T>);

impl<T: FromArg> Element<T> {
    const TYPE: &'static Type = &T::TYPE;
}

impl<T: FromArg> FromArg for Vec<T> {
    const TYPE: Type = Type { kind: Kind::List(Element::<T>::TYPE), choices: &[], check: Self::check };

    fn from_arg(value: &Value) -> Result<Self, Mismatch> {
        elements(value).iter().map(T::from_arg).collect()
    }
}

/// The elements of a value taken as a list: a word with commas is several, any other single value is one.
pub(super) fn elements(value: &Value) -> Vec<Value> {
    match value {
        Value::Array(items) => items.clone(),
        Value::Null => Vec::new(),
        Value::String(s) if s.trim().is_empty() => Vec::new(),
        Value::String(s) => s.split(',').map(|part| Value::from(part.trim())).collect(),
        single => vec![single.clone()],
    }
}
