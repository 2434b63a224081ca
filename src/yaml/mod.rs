//! Text to nodes: YAML 1.1 as PyYAML and Ansible read it, with the place of every
//! key and value. Knows nothing of playbooks.

mod node;

pub use node::{Mapping, Node, Yaml};
