//! Text to nodes: YAML 1.1 as PyYAML and Ansible read it, with the place of every
//! key and value. Knows nothing of playbooks.

mod compose;
mod mapping;
mod node;
mod patched;
mod read;
mod scalar;
mod slip;
mod tag;
#[cfg(test)]
mod tests;

pub use node::{Mapping, Node, Yaml};
pub use read::{read, read_one};
