//! What goes wrong while rendering: one error with its place in the user's text and
//! the variables it came through.

use std::fmt;

use super::Undefined;
use crate::diagnostic::{Diagnostic, Span};

/// The kinds of mistakes that callers tell apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// The template itself is broken.
    Syntax,
    /// Something used has no value.
    Undefined,
    /// A variable needs itself.
    Recursion,
    /// The whole came out as `omit` where a value is needed.
    Omitted,
    /// Everything else: wrong types, failed filters and look-ups.
    Failed,
}

/// Why a template could not be rendered.
#[derive(Clone, thiserror::Error)]
pub struct TemplateError(Box<Details>);

#[derive(Clone)]
struct Details {
    kind: ErrorKind,
    /// Whether something encrypted could not be opened.
    sealed: bool,
    /// Whether Ansible's words say already what it was that failed.
    headed: bool,
    message: String,
    place: Option<Span>,
    label: String,
    trail: Vec<(String, Option<Span>)>,
    hints: Vec<String>,
    /// The variable that is missing, or whose attribute is.
    about: Option<(String, bool)>,
    /// Ansible's words for the message, where scripts look for them.
    words: Option<String>,
    /// What Ansible says of the way to it, outermost first.
    contexts: Vec<(String, Option<Span>)>,
}

impl TemplateError {
    /// An error of kind `kind`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self(Box::new(Details {
            kind,
            sealed: false,
            headed: false,
            message: message.into(),
            place: None,
            label: String::new(),
            trail: Vec::new(),
            hints: Vec::new(),
            about: None,
            words: None,
            contexts: Vec::new(),
        }))
    }

    /// The same, as the failure to open something encrypted.
    pub(super) fn sealed(mut self) -> Self {
        self.0.sealed = true;
        self.0.headed = true;
        self
    }

    /// Whether it is that something encrypted could not be opened.
    pub(super) fn is_sealed(&self) -> bool {
        self.0.sealed
    }

    /// A filter, test, look-up or operation that cannot do it.
    pub fn failed(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Failed, message)
    }

    /// The use of a missing value.
    pub fn undefined(undefined: &Undefined) -> Self {
        if let Some(cause) = &undefined.cause {
            return (**cause).clone();
        }
        let message = match undefined.message.as_str() {
            "" => "the inline `if` was false and has no `else`",
            words => words,
        };
        let mut error = Self::new(ErrorKind::Undefined, message);
        error.0.place.clone_from(&undefined.place);
        error.0.about = undefined.name.clone().map(|name| (name, undefined.attribute));
        error.0.hints.extend(undefined.near().map(|near| format!("did you mean `{near}`?")));
        error
    }

    /// The place of the mistake, unless one nearer to it is known already.
    pub fn at(mut self, place: Option<Span>) -> Self {
        if self.0.place.is_none() {
            self.0.place = place;
        }
        self
    }

    /// The words beneath the caret.
    pub fn label(mut self, words: impl Into<String>) -> Self {
        self.0.label = words.into();
        self
    }

    /// How to mend it.
    pub fn hint(mut self, words: impl Into<String>) -> Self {
        self.0.hints.push(words.into());
        self
    }

    /// What a template gave, or what is marked so, is no expression.
    // ansible: scripts look for the first words.
    pub fn untrusted(value: &super::Value) -> Self {
        let mut error = Self::failed(format!("untrusted template or expression: {}", value.repr()));
        error.0.headed = true;
        error.hint("only what stands in a playbook as it is can be a condition")
    }

    /// A step on the way to the mistake, from the inside out: "while rendering variable `a`".
    pub fn through(mut self, step: impl Into<String>, place: Option<Span>) -> Self {
        self.0.trail.push((step.into(), place));
        self
    }

    /// The place of the last step, unless it is known already.
    pub(super) fn used_at(mut self, place: Option<&Span>) -> Self {
        if let Some((_, at @ None)) = self.0.trail.last_mut() {
            *at = place.cloned();
        }
        self
    }

    /// Puts words before the message.
    pub fn prefixed(mut self, words: &str) -> Self {
        self.0.message = format!("{words}{}", self.0.message);
        self
    }

    /// Puts words before Ansible's.
    pub(super) fn worded_after(mut self, words: &str) -> Self {
        let inner = self.0.words.as_ref().unwrap_or(&self.0.message);
        self.0.words = Some(format!("{words}{inner}"));
        self
    }

    /// Says in Ansible's words what it was that failed, unless they do so already.
    // ansible: of a missing value they do not.
    pub(super) fn headed(mut self, head: &str) -> Self {
        if self.0.headed || !matches!(self.0.kind, ErrorKind::Failed | ErrorKind::Syntax) {
            return self;
        }
        self = self.worded_after(head);
        self.0.headed = true;
        self
    }

    /// Says that a plugin which cannot be loaded is the whole reason.
    pub(super) fn told(mut self) -> Self {
        self.0.headed |= self.0.kind == ErrorKind::Failed;
        self
    }

    /// The same for what failed as a whole: a `template` or an `expression`.
    pub(super) fn failed_as(self, whole: &str) -> Self {
        let head = match self.0.kind {
            ErrorKind::Syntax => format!("Syntax error in {whole}: "),
            _ => format!("Error rendering {whole}: "),
        };
        self.headed(&head)
    }

    /// What Ansible says of the way to it in a condition: only of missing values.
    pub fn within_condition(self, place: Option<Span>) -> Self {
        match self.0.kind {
            ErrorKind::Undefined => self.within("Error while evaluating conditional", place),
            _ => self,
        }
    }

    /// Ansible's words for it: what a result says, for scripts look for them.
    pub fn words(mut self, words: impl Into<String>) -> Self {
        self.0.words = Some(words.into());
        self
    }

    /// What was being done, in Ansible's words; told from the inside out.
    pub fn within(mut self, context: impl Into<String>, place: Option<Span>) -> Self {
        self.0.contexts.insert(0, (context.into(), place));
        self
    }

    /// The whole chain in Ansible's words.
    pub fn said(&self) -> String {
        let mut said: String = self.0.contexts.iter().map(|(context, _)| format!("{context}: ")).collect();
        said.push_str(self.reason());
        said
    }

    /// The last link of the chain, in Ansible's words.
    pub fn reason(&self) -> &str {
        self.0.words.as_ref().unwrap_or(&self.0.message)
    }

    /// What Ansible says of the way to it, outermost first.
    pub fn contexts(&self) -> &[(String, Option<Span>)] {
        &self.0.contexts
    }

    /// The same as a failure while rendering.
    pub fn into_failed(mut self) -> Self {
        self.0.kind = ErrorKind::Failed;
        self
    }

    /// The kind of mistake.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message without place and trail.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// Where in the user's text.
    pub fn place(&self) -> Option<&Span> {
        self.0.place.as_ref()
    }

    /// The steps it came through, innermost first.
    pub fn trail(&self) -> &[(String, Option<Span>)] {
        &self.0.trail
    }

    /// The variable that is missing; with true, the one whose attribute is.
    pub(super) fn about(&self) -> Option<(&str, bool)> {
        self.0.about.as_ref().map(|(name, attribute)| (name.as_str(), *attribute))
    }

    /// How to mend it.
    pub fn hints(&self) -> &[String] {
        &self.0.hints
    }

    /// As a mistake in the user's text.
    pub fn to_diagnostic(&self) -> Diagnostic {
        let slug = match self.0.kind {
            ErrorKind::Syntax => "broken-template",
            ErrorKind::Undefined => "undefined-variable",
            ErrorKind::Recursion => "recursive-template",
            ErrorKind::Omitted | ErrorKind::Failed => "failed-template",
        };
        let mut diagnostic = Diagnostic::error(slug, self.0.message.clone());
        diagnostic.words = self.0.words.clone();
        if let Some(place) = &self.0.place {
            diagnostic = diagnostic.at(place, self.0.label.clone());
        }
        for (step, place) in &self.0.trail {
            diagnostic = match place {
                Some(place) => diagnostic.also(place, step.clone()),
                None => diagnostic.hint(step.clone()),
            };
        }
        self.0.hints.iter().fold(diagnostic, |d, hint| d.hint(hint.clone()))
    }
}

/// The message, and the variables it came through.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)?;
        let steps = self.0.trail.iter().filter(|(step, _)| step.starts_with("while "));
        steps.into_iter().try_for_each(|(step, _)| write!(f, ", {step}"))
    }
}

impl fmt::Debug for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {self}", self.0.kind)
    }
}
