//! One definition of a variable and where it stands.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::diagnostic::Span;
use crate::template::Value;
use crate::yaml::Node;

/// A raw value (templates not rendered) and the place of its key.
#[derive(Clone, Debug)]
pub(crate) struct Definition {
    pub value: Value,
    pub place: Option<Span>,
}

/// Variables of one layer, in the order written.
pub(crate) type VarMap = IndexMap<Arc<str>, Definition>;

impl Definition {
    /// From a key and value of the user's text.
    pub(crate) fn from_node(key: &Node, value: &Node) -> Self {
        Self { value: Value::from_node(value), place: Some(key.span.clone()) }
    }

    /// A value that stands at `place`.
    pub(crate) fn new(value: Value, place: Option<Span>) -> Self {
        Self { value, place }
    }
}

/// A definition that nobody wrote: facts, results, what baton says of itself.
impl From<Value> for Definition {
    fn from(value: Value) -> Self {
        Self { value, place: None }
    }
}
