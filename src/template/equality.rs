//! When values are equal, and their hashes: as in Python.

use std::hash::{Hash, Hasher};
use std::sync::Arc;

use indexmap::Equivalent;

use super::Value;

/// Python's equality: `1 == 1.0 == True`, containers by content, objects by identity.
impl PartialEq for Value {
    fn eq(&self, other: &Self) -> bool {
        use Value::*;
        match (self, other) {
            (Undefined(_), Undefined(_)) | (Omit, Omit) | (None, None) => true,
            (Str(a), Str(b)) => a == b,
            (Bytes(a), Bytes(b)) => a == b,
            (Template(a), Template(b)) => Arc::ptr_eq(a, b) || a.text == b.text,
            (Vault(a), Vault(b)) => a.text == b.text,
            (List(a), List(b)) | (Tuple(a), Tuple(b)) => a.items == b.items,
            (Map(a), Map(b)) => a.entries == b.entries,
            (Object(a), Object(b)) if Arc::ptr_eq(a, b) => true,
            (a @ Object(_), b) | (b, a @ Object(_)) if super::clock::moment(a).is_some() => {
                super::clock::equal(a, b).unwrap_or(false)
            }
            (Object(a), Object(b)) => match (a.to_plain(), b.to_plain()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
            (Object(a), b) => a.to_plain().is_some_and(|a| &a == b),
            (a, Object(b)) => b.to_plain().is_some_and(|b| a == &b),
            (a, b) => match (a.number(), b.number()) {
                (Some(a), Some(b)) => a == b,
                _ => false,
            },
        }
    }
}

impl Eq for Value {}

/// A number for comparison: whole where it can be.
#[derive(PartialEq)]
enum Number {
    Int(i128),
    Float(f64),
}

impl Value {
    fn number(&self) -> Option<Number> {
        match self {
            Value::Bool(b) => Some(Number::Int((*b).into())),
            Value::Int(i) => Some(Number::Int(*i)),
            Value::Float(f) if f.fract() == 0.0 && f.abs() < 1e30 => Some(Number::Int(*f as i128)),
            Value::Float(f) => Some(Number::Float(*f)),
            _ => None,
        }
    }
}

impl Hash for Value {
    fn hash<H: Hasher>(&self, state: &mut H) {
        match self {
            // The same as `str`, so that a map can be asked with a plain string.
            Value::Str(s) => (**s).hash(state),
            Value::Template(t) => t.text.hash(state),
            Value::Vault(v) => v.text.hash(state),
            Value::Bytes(b) => b.hash(state),
            Value::List(l) | Value::Tuple(l) => l.items.hash(state),
            Value::Map(m) => m.entries.len().hash(state),
            other => match other.number() {
                Some(Number::Int(i)) => i.hash(state),
                Some(Number::Float(f)) => f.to_bits().hash(state),
                None => std::mem::discriminant(other).hash(state),
            },
        }
    }
}

impl Equivalent<Value> for str {
    fn equivalent(&self, key: &Value) -> bool {
        matches!(key, Value::Str(s) if &**s == self)
    }
}
