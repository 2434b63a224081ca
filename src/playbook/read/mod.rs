//! From nodes to the syntax tree. All mistakes are said, and whatever can be read is.

mod action;
mod block;
mod directives;
mod embedded;
mod looping;
mod play;
mod reader;
mod role;
mod task;
#[cfg(test)]
mod tests;
mod value;

pub(crate) use reader::Reader;
pub(crate) use value::{is_identifier, read_vars};
