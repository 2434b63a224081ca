//! Tests: `value is name(arguments)`. One family per file; each has a table of its own.

mod addresses;
mod basic;
mod containers;
mod matching;
mod paths;
mod results;
mod version;

pub(super) use version::{Part as VersionPart, parts as version_parts};

use super::filters::deep;
use super::session::Session;
use super::{Args, Engine, TemplateError, Value};

pub(crate) type Answer = Result<bool, TemplateError>;

/// A test.
pub(crate) struct Test {
    pub name: &'static str,
    /// Other names of the same.
    pub aliases: &'static [&'static str],
    /// One line for the documentation.
    pub doc: &'static str,
    /// Whether it is asked about missing values, too.
    pub missing: bool,
    pub run: fn(&Session<'_>, Value, Args) -> Answer,
}

impl Test {
    /// A test of values that are there.
    pub(crate) const fn new(
        name: &'static str,
        doc: &'static str,
        run: fn(&Session<'_>, Value, Args) -> Answer,
    ) -> Self {
        Self { name, aliases: &[], doc, missing: false, run }
    }

    /// Known by other names, too.
    pub(crate) const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Takes a missing value.
    pub(crate) const fn missing(self) -> Self {
        Self { missing: true, ..self }
    }

    /// All its names.
    pub(crate) fn names(&'static self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// The tables of all families.
const FAMILIES: &[&[Test]] = &[
    addresses::TESTS,
    basic::TESTS,
    containers::TESTS,
    matching::TESTS,
    paths::TESTS,
    results::TESTS,
    version::TESTS,
];

/// All tests.
pub(crate) fn all() -> impl Iterator<Item = &'static Test> {
    FAMILIES.iter().copied().flatten()
}

impl Engine {
    /// Asks a test.
    pub(crate) fn apply_test(&self, session: &Session<'_>, name: &str, input: Value, args: Args) -> Answer {
        let test = self.used_test(name).map_err(TemplateError::told)?;
        match input {
            Value::Undefined(u) if !test.missing => Err(TemplateError::undefined(&u)),
            input => {
                let answer = (test.run)(session, input, deep(session, args)?);
                answer.map_err(|error| error.headed(&Self::head("test", name, test.name)))
            }
        }
    }
}
