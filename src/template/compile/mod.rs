//! From text to tree. minijinja lexes and parses; only this directory knows its
//! unstable interface, and mends there what Jinja2 reads and minijinja does not.

mod lower;
mod mend;
mod strings;
mod words;

use std::sync::Arc;

use minijinja::machinery;
use minijinja::syntax::SyntaxConfig;

use super::tree::{At, Expr, Program};
use super::{ErrorKind, TemplateError};

use lower::Lower;

/// How a template's text is to be read.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Syntax {
    pub trim_blocks: bool,
    pub lstrip_blocks: bool,
    pub keep_trailing_newline: bool,
    /// ansible: in a playbook's `{{ … }}` backslashes in strings mean themselves.
    pub raw_strings: bool,
    /// `{%` and `%}`.
    pub block: (String, String),
    /// `{{` and `}}`.
    pub variable: (String, String),
    /// `{#` and `#}`.
    pub comment: (String, String),
    pub line_statement_prefix: Option<String>,
    pub line_comment_prefix: Option<String>,
}

impl Default for Syntax {
    fn default() -> Self {
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        Self {
            trim_blocks: true,
            lstrip_blocks: false,
            keep_trailing_newline: false,
            raw_strings: true,
            block: pair("{%", "%}"),
            variable: pair("{{", "}}"),
            comment: pair("{#", "#}"),
            line_statement_prefix: None,
            line_comment_prefix: None,
        }
    }
}

impl Syntax {
    fn config(&self) -> Result<SyntaxConfig, TemplateError> {
        let mut builder = SyntaxConfig::builder();
        builder
            .trim_blocks(self.trim_blocks)
            .lstrip_blocks(self.lstrip_blocks)
            .keep_trailing_newline(self.keep_trailing_newline);
        let standard = Syntax::default();
        if self.block != standard.block {
            builder.block_delimiters(self.block.0.clone(), self.block.1.clone());
        }
        if self.variable != standard.variable {
            builder.variable_delimiters(self.variable.0.clone(), self.variable.1.clone());
        }
        if self.comment != standard.comment {
            builder.comment_delimiters(self.comment.0.clone(), self.comment.1.clone());
        }
        if let Some(prefix) = &self.line_statement_prefix {
            builder.line_statement_prefix(prefix.clone());
        }
        if let Some(prefix) = &self.line_comment_prefix {
            builder.line_comment_prefix(prefix.clone());
        }
        builder.build().map_err(|e| TemplateError::new(ErrorKind::Syntax, e.to_string()))
    }
}

/// A syntax error and where it is in the text.
#[derive(Clone)]
pub(crate) struct Broken {
    pub message: String,
    pub at: At,
    /// How to mend it.
    pub hint: Option<String>,
}

impl Broken {
    fn new(message: impl Into<String>, at: At) -> Self {
        Self { message: message.into(), at, hint: None }
    }
}

/// Reads a template.
pub(crate) fn template(text: &str, syntax: &Syntax) -> Result<Program, Broken> {
    let config = syntax.config().map_err(|e| Broken::new(e.message(), At::default()))?;
    let mended = mend::template(text, &config);
    let parsed = machinery::parse(&mended.text, "template", config.clone())
        .map_err(|e| words::explain(&e, &mended, Some(&config)))?;
    Lower::new(&mended, false, syntax.raw_strings).program(&parsed)
}

/// Reads a bare expression; with `embedded`, constants with markers in them are templates.
pub(crate) fn expression(text: &str, embedded: bool) -> Result<Expr, Broken> {
    let mended = mend::expression(text);
    let parsed = machinery::parse_expr(&mended.text).map_err(|e| words::explain(&e, &mended, None))?;
    Lower::new(&mended, embedded, false).expr(&parsed)
}

/// Names are shared between the nodes of a tree.
fn name(text: &str) -> Arc<str> {
    Arc::from(text)
}
