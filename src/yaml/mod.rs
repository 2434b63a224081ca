//! Text to nodes: YAML 1.1 as PyYAML and Ansible read it, with the place of every
//! key and value. Knows nothing of playbooks.

mod compose;
pub(crate) mod emit;
mod indent;
mod lines;
mod mapping;
mod node;
mod patched;
mod read;
mod recover;
mod slip;
mod sound;
mod standin;
mod tag;
#[cfg(test)]
mod tests;

pub(crate) use node::{Mapping, Node, Yaml};
pub(crate) use read::{read, read_one};
