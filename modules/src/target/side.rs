//! One side of a change: what stands, or is to stand, at a place.

use serde_json::{Map, Value};

/// What stands before or after a change. Equal sides mean that nothing is to do.
#[derive(Clone, Debug, PartialEq)]
pub enum Side {
    /// Nothing there.
    Absent,
    /// Content; shown in a diff where it is text and not too long.
    Content(Vec<u8>),
    /// Properties; shown as JSON.
    Json(Value),
    /// Compared, but never shown: a digest of a secret or of something huge.
    Hidden(String),
}

/// The longest content shown in a diff, as Ansible's `max_diff_size`.
const SHOWN: usize = 104_448;

impl Side {
    /// As properties; of nothing, and of what is no properties, only the state.
    pub(super) fn properties(self) -> Map<String, Value> {
        match self {
            Self::Json(Value::Object(properties)) => properties,
            Self::Absent => Map::from_iter([("state".to_owned(), "absent".into())]),
            _ => Map::new(),
        }
    }

    /// As it stands in a diff.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Absent => String::new(),
            Self::Content(bytes) if bytes.len() > SHOWN => {
                format!("(content of {} bytes, too long to show)\n", bytes.len())
            }
            Self::Content(bytes) if bytes.contains(&0) => {
                format!("(binary content of {} bytes)\n", bytes.len())
            }
            Self::Content(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Self::Json(value) => serde_json::to_string_pretty(value).unwrap_or_default() + "\n",
            Self::Hidden(_) => "(not shown)\n".to_owned(),
        }
    }
}

impl From<&str> for Side {
    fn from(text: &str) -> Self {
        Self::Content(text.as_bytes().to_vec())
    }
}

impl From<String> for Side {
    fn from(text: String) -> Self {
        Self::Content(text.into_bytes())
    }
}

impl From<&[u8]> for Side {
    fn from(bytes: &[u8]) -> Self {
        Self::Content(bytes.to_vec())
    }
}

impl From<Vec<u8>> for Side {
    fn from(bytes: Vec<u8>) -> Self {
        Self::Content(bytes)
    }
}

impl From<Value> for Side {
    fn from(value: Value) -> Self {
        Self::Json(value)
    }
}

impl<T: Into<Side>> From<Option<T>> for Side {
    fn from(side: Option<T>) -> Self {
        side.map_or(Self::Absent, Into::into)
    }
}
