//! What reading gives: values, each with its place.

use std::ops::Deref;
use std::sync::Arc;

use crate::diagnostic::Span;

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    pub value: Yaml,
    pub span: Span,
}

/// What a node holds. Anchors and merge keys are already resolved.
#[derive(Clone, Debug)]
pub enum Yaml {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
    /// A string; `plain` tells that it was written without quotes.
    Str {
        text: Arc<str>,
        plain: bool,
    },
    /// A date or a time, as written.
    Time(Arc<str>),
    /// `!unsafe`: a string that is never a template.
    Unsafe(Arc<str>),
    /// `!vault`: the armoured text, still encrypted.
    Vault(Arc<str>),
    Seq(Arc<Vec<Node>>),
    /// In the order written.
    Map(Arc<Mapping>),
}

/// The entries of a mapping; used as a slice of them.
#[derive(Clone, Debug, Default)]
pub struct Mapping {
    /// Keys are unique: the last one won.
    pub entries: Vec<(Node, Node)>,
    /// Entries that a later one with the same key replaced. They count for nothing, but
    /// what is wrong in them can still be said.
    pub shadowed: Vec<(Node, Node)>,
}

impl Deref for Mapping {
    type Target = [(Node, Node)];

    fn deref(&self) -> &Self::Target {
        &self.entries
    }
}

impl From<Vec<(Node, Node)>> for Mapping {
    fn from(entries: Vec<(Node, Node)>) -> Self {
        Self { entries, shadowed: Vec::new() }
    }
}

impl Node {
    /// A value and its place.
    pub fn new(value: Yaml, span: Span) -> Self {
        Self { value, span }
    }

    /// The text of a string, also of an `!unsafe` one.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Time(text) => Some(text),
            _ => None,
        }
    }

    /// A boolean.
    pub fn as_bool(&self) -> Option<bool> {
        match self.value {
            Yaml::Bool(value) => Some(value),
            _ => None,
        }
    }

    /// A whole number.
    pub fn as_int(&self) -> Option<i128> {
        match self.value {
            Yaml::Int(value) => Some(value),
            _ => None,
        }
    }

    /// The items of a list.
    pub fn as_seq(&self) -> Option<&[Node]> {
        match &self.value {
            Yaml::Seq(items) => Some(items),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn as_map(&self) -> Option<&Mapping> {
        match &self.value {
            Yaml::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Whether it is null or nothing was written.
    pub fn is_null(&self) -> bool {
        matches!(self.value, Yaml::Null)
    }

    /// The value under a string key of a mapping.
    pub fn get(&self, key: &str) -> Option<&Node> {
        self.entry(key).map(|(_, value)| value)
    }

    /// Key and value under a string key of a mapping.
    pub fn entry(&self, key: &str) -> Option<(&Node, &Node)> {
        let map = self.as_map()?;
        map.iter().find(|(k, _)| k.as_str() == Some(key)).map(|(k, v)| (k, v))
    }

    /// What kind of value it is, for "expected X, found Y".
    pub fn kind_name(&self) -> &'static str {
        match &self.value {
            Yaml::Null => "nothing",
            Yaml::Bool(_) => "a boolean",
            Yaml::Int(_) | Yaml::Float(_) => "a number",
            Yaml::Str { .. } | Yaml::Unsafe(_) => "a string",
            Yaml::Time(_) => "a date",
            Yaml::Vault(_) => "an encrypted string",
            Yaml::Seq(_) => "a list",
            Yaml::Map(_) => "a mapping",
        }
    }
}
