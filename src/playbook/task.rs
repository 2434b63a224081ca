//! A task as written.

use std::sync::Arc;

use crate::diagnostic::Span;
use crate::template::{Template, Value};

use super::Directives;

/// A keyword's value as written, perhaps a template, and its place.
#[derive(Clone, Debug)]
pub(crate) struct Field {
    pub value: Value,
    pub span: Span,
}

/// One condition of `when`, `until`, `changed_when` …
#[derive(Clone)]
pub(crate) enum Condition {
    /// A literal truth value.
    Literal(bool),
    /// A bare expression.
    Expression(Arc<Template>),
    /// A text that is not to be taken for an expression.
    Untrusted(Field),
}

/// The module or action of a task and its arguments.
#[derive(Clone, Debug)]
pub(crate) struct Action {
    /// As written, e.g. `ansible.builtin.copy`.
    pub name: String,
    pub name_span: Span,
    pub args: Args,
}

/// Arguments as written.
#[derive(Clone, Debug, Default)]
pub(crate) struct Args {
    /// Options: key, place of the key, value. `k=v` text is already taken apart.
    pub options: Vec<(String, Span, Field)>,
    /// Free-form text (`command: ls -l`), without the options that stood in it.
    pub raw: Option<Field>,
    /// All options as one template (`copy: "{{ arguments }}"`), beneath `options`.
    pub whole: Option<Field>,
}

/// `loop:` or `with_<lookup>:`.
#[derive(Clone, Debug)]
pub(crate) struct Loop {
    /// The look-up's name for `with_…`; `None` for `loop:`.
    pub lookup: Option<String>,
    pub value: Field,
}

/// `loop_control:`.
#[derive(Clone, Debug, Default)]
pub(crate) struct LoopControl {
    pub loop_var: Option<Field>,
    pub index_var: Option<Field>,
    pub label: Option<Field>,
    pub pause: Option<Field>,
    pub extended: Option<Field>,
    pub extended_allitems: Option<Field>,
    pub break_when: Vec<Condition>,
}

/// A task or handler as written.
#[derive(Clone)]
pub(crate) struct Task {
    pub name: Option<Field>,
    /// The whole mapping.
    pub span: Span,
    pub action: Action,
    pub directives: Arc<Directives>,
    pub register: Option<Field>,
    pub looping: Option<Loop>,
    pub loop_control: LoopControl,
    pub until: Vec<Condition>,
    pub retries: Option<Field>,
    pub delay: Option<Field>,
    /// `None` when not given; several conditions must all hold (any, for `failed_when`: see Ansible).
    pub changed_when: Option<Vec<Condition>>,
    pub failed_when: Option<Vec<Condition>>,
    /// A name, a list of names, or a template of either.
    pub notify: Vec<Field>,
    /// Handlers only.
    pub listen: Vec<Field>,
    /// `apply:` of an include: directives for what it brings in.
    pub apply: Option<Arc<Directives>>,
    pub asynchronous: Option<Field>,
    pub poll: Option<Field>,
}

impl Task {
    /// A task that nobody wrote: an action, and nothing else; `span` is what it comes from.
    pub(crate) fn implicit(action: &str, args: Args, span: Span) -> Self {
        let action = Action { name: action.into(), name_span: span.clone(), args };
        Self {
            name: None,
            span,
            action,
            directives: Arc::default(),
            register: None,
            looping: None,
            loop_control: LoopControl::default(),
            until: Vec::new(),
            retries: None,
            delay: None,
            changed_when: None,
            failed_when: None,
            notify: Vec::new(),
            listen: Vec::new(),
            apply: None,
            asynchronous: None,
            poll: None,
        }
    }
}

impl std::fmt::Debug for Condition {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Condition::Literal(b) => write!(f, "{b}"),
            Condition::Expression(t) => write!(f, "{}", t.text),
            Condition::Untrusted(_) => f.write_str("!unsafe"),
        }
    }
}
