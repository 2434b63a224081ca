//! The declaration of a module's options as data, for the plan, pages and editors.

use super::{Mismatch, Value};

/// All that can be told a module: the one declaration that everything reads.
#[derive(Clone, Copy, Debug)]
pub struct Spec {
    /// The module's short name; empty for the options of a nested dictionary.
    pub name: &'static str,
    /// The declared text, as written after `///`; see [`Spec::doc`].
    pub text: &'static str,
    /// The options, in the order of their declaration.
    pub options: &'static [Opt],
    /// What holds between options.
    pub rules: &'static [Rule],
    /// Whether options beyond the declared ones are taken, as `set_fact` does.
    pub open: bool,
}

/// One option of a module.
#[derive(Clone, Copy, Debug)]
pub struct Opt {
    pub name: &'static str,
    /// Other names that mean the same.
    pub aliases: &'static [&'static str],
    /// The declared text, as written after `///`; see [`Opt::doc`].
    pub text: &'static str,
    /// What values it takes.
    pub ty: Type,
    pub required: bool,
    /// In the user's terms, as it would be written in a playbook.
    pub default: Option<&'static str>,
}

/// What values an option takes, and how one is checked.
#[derive(Clone, Copy, Debug)]
pub struct Type {
    pub kind: Kind,
    /// The only words that are taken; empty where anything of the kind is.
    pub choices: &'static [&'static str],
    /// Whether a value can be taken; of lists and nested options see [`Kind`].
    pub check: fn(&Value) -> Result<(), Mismatch>,
}

/// The kinds of values.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    Str,
    Int,
    Float,
    Bool,
    /// A path on the target: `~` and `$VARIABLE` are expanded there.
    Path,
    /// Permissions: octal or symbolic.
    Mode,
    /// A string never shown in outputs, diffs or logs.
    Secret,
    /// Anything, untouched.
    Raw,
    /// A dictionary with free keys.
    Dict,
    List(&'static Type),
    /// A dictionary with declared keys.
    Options(&'static Spec),
}

/// What holds between options.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// At most one of them.
    MutuallyExclusive(&'static [&'static str]),
    /// At least one of them.
    RequiredOneOf(&'static [&'static str]),
    /// All of them or none.
    RequiredTogether(&'static [&'static str]),
    /// Where the option has the value, all of the others.
    RequiredIf(&'static str, &'static str, &'static [&'static str]),
    /// Where the option has the value, at least one of the others.
    RequiredIfAny(&'static str, &'static str, &'static [&'static str]),
    /// Where the option is given, all of the others.
    RequiredBy(&'static str, &'static [&'static str]),
}

/// Whether a module can foretell what it would change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CheckSupport {
    /// Check mode says exactly what a run would.
    Full,
    /// Check mode answers *unknown*; why it cannot foretell.
    None(&'static str),
    /// Check mode does nothing and answers *skipped*, as Ansible does; why.
    Skipped(&'static str),
}

/// One value that a module gives back.
#[derive(Clone, Copy, Debug)]
pub struct Return {
    /// Dots for nested values, as in `stat.exists`.
    pub name: &'static str,
    /// The declared text, as written after `///`; see [`Return::doc`].
    pub text: &'static str,
    /// The kind of value: `str`, `int`, `bool`, `list`, `dict`, …
    pub ty: &'static str,
    /// When it is given back; `None` for always.
    pub when: Option<&'static str>,
}

impl Spec {
    /// The module's text, first line first, without the blanks of the source.
    pub fn doc(&self) -> String {
        unindent(self.text)
    }

    /// The option of this name or alias.
    pub fn option(&self, name: &str) -> Option<&'static Opt> {
        self.options.iter().find(|o| o.name == name || o.aliases.contains(&name))
    }

    /// Whether words that are not `key=value` are taken, as by `command`.
    pub fn free_form(&self) -> bool {
        self.option("_raw_params").is_some()
    }
}

impl Opt {
    /// The option's text, without the blanks of the source.
    pub fn doc(&self) -> String {
        unindent(self.text)
    }

    /// Its name and its aliases.
    pub fn names(&self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

impl Return {
    /// The value's text, without the blanks of the source.
    pub fn doc(&self) -> String {
        unindent(self.text)
    }
}

impl Type {
    /// The type in words for a page: `list of strings`.
    pub fn words(&self) -> String {
        match self.kind {
            Kind::List(inner) => format!("list of {}", inner.plural()),
            _ => self.singular().to_owned(),
        }
    }

    fn singular(&self) -> &'static str {
        match self.kind {
            Kind::Str if !self.choices.is_empty() => "choice",
            Kind::Str => "string",
            Kind::Int => "integer",
            Kind::Float => "number",
            Kind::Bool => "boolean",
            Kind::Path => "path",
            Kind::Mode => "mode",
            Kind::Secret => "secret",
            Kind::Raw => "any",
            Kind::Dict | Kind::Options(_) => "dictionary",
            Kind::List(_) => "list",
        }
    }

    fn plural(&self) -> String {
        match self.kind {
            Kind::Dict | Kind::Options(_) => "dictionaries".to_owned(),
            Kind::Raw => "anything".to_owned(),
            _ => format!("{}s", self.singular()),
        }
    }
}

fn unindent(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(|l| l.strip_prefix(' ').unwrap_or(l).trim_end()).collect();
    lines.join("\n").trim().to_owned()
}
