//! Text to nodes: YAML 1.1 as PyYAML and Ansible read it, with the place of every
//! key and value. Knows nothing of playbooks.

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
        text: std::sync::Arc<str>,
        plain: bool,
    },
    /// `!unsafe`: a string that is never a template.
    Unsafe(std::sync::Arc<str>),
    /// `!vault`: the armoured text, still encrypted.
    Vault(std::sync::Arc<str>),
    Seq(std::sync::Arc<Vec<Node>>),
    /// In the order written; keys are unique (the last one won, with a warning).
    Map(std::sync::Arc<Vec<(Node, Node)>>),
}
