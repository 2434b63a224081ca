//! What a module can be told: `args!` declares the options once, and the struct,
//! the parser, the checks before a run, the pages and completion follow from it.
//! It is not where values are templated: that has happened before.

mod check;
mod coerce;
mod dict;
mod macros;
mod mode;
mod paths;
mod problem;
mod secret;
mod spec;
mod told;

pub use check::{Args, Flatten};
pub use coerce::{FromArg, Mismatch, describe, is_false, is_true};
pub use mode::Mode;
pub use paths::{Home, expand};
pub use problem::{ArgProblem, ProblemKind, Step};
pub use secret::Secret;
pub use serde_json::{Map, Value};
pub use spec::{CheckSupport, Kind, Opt, Return, Rule, Spec, Type};
pub use told::told;

#[doc(hidden)]
pub use check::{count, fill, join, plain};

#[cfg(test)]
mod tests;
