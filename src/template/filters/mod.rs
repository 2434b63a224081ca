//! Filters: `value | name(arguments)`. One family per file; each has a table of its own.

mod addresses;
mod attributes;
mod chance;
mod comment;
mod dates;
mod defaults;
mod durations;
mod encodings;
mod formats;
mod general;
mod hardware;
mod keys;
mod mappings;
mod marks;
mod markup;
mod numbers;
mod paths;
mod query;
mod regexes;
mod secrets;
mod sequences;
mod sets;
mod structures;
mod tables;
mod text;

pub(in crate::template) use chance::Chance;
pub(in crate::template) use encodings::decoded;
pub(crate) use encodings::encoded;
pub(in crate::template) use general::revealed;
pub(crate) use mappings::elements;
pub(crate) use paths::glob as glob_files;

use super::session::Session;
use super::{Args, Engine, TemplateError, Value};

pub(crate) type Outcome = Result<Value, TemplateError>;

/// A filter.
pub(crate) struct Filter {
    pub name: &'static str,
    /// Other names of the same.
    pub aliases: &'static [&'static str],
    /// One line for the documentation.
    pub doc: &'static str,
    pub reads: Reads,
    pub run: fn(&Session<'_>, Value, Args) -> Outcome,
}

/// How much of its input a filter wants rendered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reads {
    /// All of it; a missing value anywhere in it is an error.
    All,
    /// The outermost layer: what is in it stays as it is.
    Outer,
    /// The outermost layer, which may be missing.
    Missing,
}

impl Filter {
    /// A filter that reads all of its input.
    pub(crate) const fn new(
        name: &'static str,
        doc: &'static str,
        run: fn(&Session<'_>, Value, Args) -> Outcome,
    ) -> Self {
        Self { name, aliases: &[], doc, reads: Reads::All, run }
    }

    /// Known by other names, too.
    pub(crate) const fn also(self, aliases: &'static [&'static str]) -> Self {
        Self { aliases, ..self }
    }

    /// Leaves what is in its input as it is.
    pub(crate) const fn outer(self) -> Self {
        Self { reads: Reads::Outer, ..self }
    }

    /// Takes a missing value.
    pub(crate) const fn missing(self) -> Self {
        Self { reads: Reads::Missing, ..self }
    }

    /// All its names.
    pub(crate) fn names(&'static self) -> impl Iterator<Item = &'static str> {
        std::iter::once(self.name).chain(self.aliases.iter().copied())
    }
}

/// The tables of all families.
const FAMILIES: &[&[Filter]] = &[
    addresses::FILTERS,
    general::FILTERS,
    hardware::FILTERS,
    attributes::FILTERS,
    chance::FILTERS,
    comment::FILTERS,
    dates::FILTERS,
    defaults::FILTERS,
    durations::FILTERS,
    encodings::FILTERS,
    formats::FILTERS,
    keys::FILTERS,
    secrets::FILTERS,
    mappings::FILTERS,
    markup::FILTERS,
    marks::FILTERS,
    numbers::FILTERS,
    paths::FILTERS,
    query::FILTERS,
    regexes::FILTERS,
    sequences::FILTERS,
    sets::FILTERS,
    structures::FILTERS,
    tables::FILTERS,
    text::FILTERS,
];

/// All filters.
pub(crate) fn all() -> impl Iterator<Item = &'static Filter> {
    FAMILIES.iter().copied().flatten()
}

impl Engine {
    /// Applies a filter.
    pub(crate) fn apply_filter(
        &self,
        session: &Session<'_>,
        name: &str,
        input: Value,
        args: Args,
    ) -> Outcome {
        let filter = self.used_filter(name).map_err(TemplateError::told)?;
        let input = match (filter.reads, input) {
            (Reads::Missing, input) => input,
            (_, Value::Undefined(u)) => return Err(TemplateError::undefined(&u)),
            (Reads::Outer, input) => input,
            (Reads::All, input) => session.deep(input)?,
        };
        let args = match filter.reads {
            Reads::All => deep(session, args)?,
            Reads::Outer | Reads::Missing => args,
        };
        let outcome = (filter.run)(session, input, args);
        outcome.map_err(|error| error.headed(&Self::head("filter", name, filter.name)))
    }
}

/// Arguments with everything in them rendered.
pub(crate) fn deep(session: &Session<'_>, args: Args) -> Result<Args, TemplateError> {
    let positional = args.positional.into_iter().map(|v| session.deep(v));
    let named = args.named.into_iter().map(|(n, v)| Ok((n, session.deep(v)?)));
    Ok(Args {
        positional: positional.collect::<Result<_, _>>()?,
        named: named.collect::<Result<_, TemplateError>>()?,
    })
}
