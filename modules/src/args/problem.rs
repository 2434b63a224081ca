//! What is wrong with the arguments of a task, in words and as data.

use std::fmt;

use super::coerce::Mismatch;

/// One mistake in the arguments of a module.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArgProblem {
    /// The module; empty while still inside a nested dictionary.
    pub module: String,
    /// Where it stands: keys and indices from the module's arguments inward.
    /// Empty for what is missing at the top.
    pub path: Vec<Step>,
    pub kind: ProblemKind,
}

/// One step into the arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    Key(String),
    Index(usize),
}

/// The kinds of mistakes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProblemKind {
    /// No such option; the nearest one, and what it is an alias of.
    Unknown {
        name: String,
        near: Option<(&'static str, Option<&'static str>)>,
    },
    Missing {
        name: &'static str,
    },
    BadValue {
        name: String,
        mismatch: Mismatch,
    },
    Exclusive {
        given: Vec<&'static str>,
        of: &'static [&'static str],
    },
    OneOf {
        of: &'static [&'static str],
    },
    Together {
        given: &'static str,
        missing: Vec<&'static str>,
    },
    /// Needed because of what another option says; `any` when one of them is enough.
    NeededIf {
        option: &'static str,
        value: &'static str,
        missing: Vec<&'static str>,
        any: bool,
    },
    NeededBy {
        option: &'static str,
        missing: Vec<&'static str>,
    },
}

impl ProblemKind {
    /// The option that a mistyped name probably stands for.
    pub fn meant(&self) -> Option<&'static str> {
        match *self {
            Self::Unknown { near: Some((near, alias_of)), .. } => Some(alias_of.unwrap_or(near)),
            _ => None,
        }
    }
}

impl ArgProblem {
    /// Words for beneath the caret.
    pub fn label(&self) -> String {
        match &self.kind {
            ProblemKind::Unknown { .. } if self.module.is_empty() => "not an option here".to_owned(),
            ProblemKind::Unknown { .. } => format!("not an option of `{}`", self.module),
            ProblemKind::BadValue { .. } => "not a value of this option".to_owned(),
            ProblemKind::Exclusive { .. } => "not together with the other".to_owned(),
            _ => "needs more".to_owned(),
        }
    }

    /// How to mend it, where that can be said.
    pub fn hint(&self) -> Option<String> {
        match &self.kind {
            ProblemKind::Unknown { near: Some((near, None)), .. } => Some(format!("did you mean `{near}`?")),
            ProblemKind::Unknown { near: Some((near, Some(option))), .. } => {
                Some(format!("did you mean `{near}`, an alias of `{option}`?"))
            }
            ProblemKind::BadValue { mismatch, .. } => {
                mismatch.near.as_ref().map(|near| format!("did you mean `{near}`?"))
            }
            ProblemKind::Missing { name } => Some(format!("add `{name}: …`")),
            ProblemKind::Exclusive { given, .. } => Some(format!("keep one of them: {}", list(given, "or"))),
            _ => None,
        }
    }

    /// Whether the place is a value (a bad one), not a key.
    pub fn is_about_value(&self) -> bool {
        matches!(self.kind, ProblemKind::BadValue { .. })
    }

    /// The stable kebab-case name of the kind of mistake.
    pub fn slug(&self) -> &'static str {
        match self.kind {
            ProblemKind::Unknown { .. } => "unknown-option",
            ProblemKind::Missing { .. } => "missing-option",
            ProblemKind::BadValue { .. } => "bad-option-value",
            _ => "option-rule",
        }
    }

    /// Where the mistake is, without the key it is about: ` in `ports[0]` of module `docker_container``.
    fn owner(&self) -> String {
        let within = self.within();
        let within = if within.is_empty() { within } else { format!(" in `{within}`") };
        format!("{within}{}", self.of_module())
    }

    /// The dictionary inside the arguments that it is about: `ports[0]`; empty at the top.
    pub(super) fn within(&self) -> String {
        dotted(match (&self.kind, self.path.as_slice()) {
            (ProblemKind::Missing { .. } | ProblemKind::OneOf { .. }, all) => all,
            (_, [outer @ .., Step::Key(_)]) => outer,
            (_, all) => all,
        })
    }

    fn of_module(&self) -> String {
        if self.module.is_empty() { String::new() } else { format!(" of module `{}`", self.module) }
    }
}

fn dotted(path: &[Step]) -> String {
    let steps: String = path.iter().map(Step::to_string).collect();
    steps.trim_start_matches('.').to_owned()
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Key(key) => write!(f, ".{key}"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for ArgProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let owner = self.owner();
        match &self.kind {
            ProblemKind::Unknown { name, .. } => write!(f, "unknown option `{name}`{owner}"),
            ProblemKind::Missing { name } => write!(f, "missing option `{name}`{owner}"),
            ProblemKind::BadValue { mismatch, .. } => {
                let (option, module) = (dotted(&self.path), self.of_module());
                write!(
                    f,
                    "option `{option}`{module}: expected {}, found {}",
                    mismatch.expected, mismatch.found
                )
            }
            ProblemKind::Exclusive { given, .. } => {
                write!(f, "options {}{owner} exclude each other", list(given, "and"))
            }
            ProblemKind::OneOf { of } => write!(f, "missing one of the options {}{owner}", list(of, "or")),
            ProblemKind::Together { given, missing } | ProblemKind::NeededBy { option: given, missing } => {
                write!(f, "missing {}{owner}, needed with `{given}`", options(missing, "and"))
            }
            ProblemKind::NeededIf { option, value, missing, any } => {
                let missing = options(missing, if *any { "or" } else { "and" });
                write!(f, "missing {missing}{owner}, needed when `{option}` is `{value}`")
            }
        }
    }
}

fn options(names: &[&str], word: &str) -> String {
    let noun = if names.len() == 1 { "option" } else { "options" };
    format!("{noun} {}", list(names, word))
}

/// `a`, `b` and `c`
fn list(names: &[&str], word: &str) -> String {
    // What only actions pass on is nothing to write.
    let own = names.iter().filter(|name| !name.starts_with('_') || **name == "_raw_params");
    let all: Vec<String> = own.map(|name| quoted(name)).collect();
    match all.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} {word} {last}", first.join(", ")),
    }
}

fn quoted(name: &str) -> String {
    if name == "_raw_params" { "free words".to_owned() } else { format!("`{name}`") }
}
