//! What is wrong with the user's text, as values with places. Reading returns
//! what could be read *and* every diagnostic; only `render` draws snippets.

mod render;
mod source;

pub(crate) use render::{render, render_all};
pub(crate) use source::{Source, Span};

/// How bad a diagnostic is: errors stop before any host is touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Warning,
    Error,
}

/// One mistake in the user's text.
#[derive(Clone, Debug)]
pub struct Diagnostic {
    pub severity: Severity,
    /// Stable kebab-case name of the kind of mistake, e.g. `unknown-option`.
    pub slug: &'static str,
    /// Lower case, no stop, names in backticks, the value last.
    pub message: String,
    /// Where, and the words beneath the caret (may be empty).
    pub place: Option<(Span, String)>,
    /// Further places, each with its words: "first defined here".
    pub others: Vec<(Span, String)>,
    /// How to mend it.
    pub hints: Vec<String>,
    /// What Ansible says instead of the message, where scripts look for it.
    pub words: Option<String>,
}

impl Diagnostic {
    /// An error of kind `slug`.
    pub fn error(slug: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, slug, message.into())
    }

    /// A warning of kind `slug`.
    pub fn warning(slug: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, slug, message.into())
    }

    fn new(severity: Severity, slug: &'static str, message: String) -> Self {
        Self { severity, slug, message, place: None, others: Vec::new(), hints: Vec::new(), words: None }
    }

    /// The place of the mistake and the words beneath the caret.
    pub fn at(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.place = Some((span.clone(), label.into()));
        self
    }

    /// A further place and its words.
    pub fn also(mut self, span: &Span, label: impl Into<String>) -> Self {
        self.others.push((span.clone(), label.into()));
        self
    }

    /// What Ansible says instead of the message, where scripts look for it.
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.words = Some(words.into());
        self
    }

    /// Takes out what is quoted of a text that must not be shown: the kind of mistake and its place are left.
    pub fn hide(&mut self, plain: &str) {
        let pieces = self.message.split('`').enumerate().map(|(at, piece)| match at % 2 {
            1 if plain.contains(piece) => "***",
            _ => piece,
        });
        self.message = pieces.collect::<Vec<_>>().join("`");
        self.hints.clear();
        self.words = None;
    }

    /// How to mend it.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

/// All that was found while reading; kept in the order of finding.
#[derive(Clone, Debug, Default)]
pub(crate) struct Diagnostics(pub Vec<Diagnostic>);

impl Diagnostics {
    /// Adds one.
    pub(crate) fn push(&mut self, diagnostic: Diagnostic) {
        self.0.push(diagnostic);
    }

    /// Adds all of another collection.
    pub(crate) fn extend(&mut self, other: Diagnostics) {
        self.0.extend(other.0);
    }

    /// Whether anything must stop the run.
    pub(crate) fn has_errors(&self) -> bool {
        self.0.iter().any(|d| d.severity == Severity::Error)
    }
}

/// The candidate nearest to `word`, if one is near enough to be a slip.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|c| (strsim::damerau_levenshtein(word, c), c))
        .filter(|(distance, c)| *distance <= (c.len().max(word.len()) / 3).max(1))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, c)| c)
}
