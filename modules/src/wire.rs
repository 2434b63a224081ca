//! What controller and worker say to each other: one file for both sides.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// The version of this protocol; both sides must have the same.
pub const VERSION: u32 = 1;

/// One module to run.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Call {
    /// Chosen by the controller, unique within a session.
    pub id: u64,
    /// The module's short name, as in the table `MODULES`.
    pub module: String,
    pub args: Map<String, Value>,
    /// Foretell only; change nothing.
    pub check: bool,
    /// Keep what stood before and after.
    pub diff: bool,
    /// Variables set for whatever the module runs.
    pub environment: Vec<(String, String)>,
    /// Whether output lines of long commands are sent as they come.
    pub live: bool,
    /// Files that the controller can send when the module asks for them.
    pub bodies: Vec<BodyInfo>,
}

/// A file offered with a call; its content travels only when asked for.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct BodyInfo {
    /// What the module calls it, e.g. `content` or a path relative to a tree.
    pub name: String,
    pub size: u64,
    /// Hexadecimal SHA-256 of the content.
    pub sha256: String,
}

/// Whether a call changed something on the target.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Change {
    #[default]
    No,
    Yes,
    /// In check mode, of a module that cannot foretell.
    Unknown,
}

/// The one answer to a call.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Reply {
    pub id: u64,
    pub change: Change,
    /// Why it could not be done; `None` when it was.
    pub failure: Option<String>,
    /// Return values, named as Ansible's; without `changed`, `failed`, `msg` of a failure, `diff`, `warnings`.
    pub values: Map<String, Value>,
    pub diff: Vec<Diff>,
    pub warnings: Vec<String>,
}

/// What stood before and after at one place.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Diff {
    pub before_header: String,
    pub after_header: String,
    pub before: String,
    pub after: String,
}
