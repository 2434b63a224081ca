//! Arguments against their declaration: the same checks before the run, where
//! templates are passed over, and on the target, where everything is known.

use serde_json::{Map, Value};

use super::coerce::{FromArg, Mismatch, elements};
use super::problem::{ArgProblem, ProblemKind, Step};
use super::spec::{Kind, Opt, Rule, Spec, Type};

/// A struct declared with `args!`.
pub trait Args: Sized {
    /// Its declaration.
    const SPEC: Spec;

    /// The struct from arguments, or all that is wrong with them.
    fn parse(args: &Map<String, Value>) -> Result<Self, Vec<ArgProblem>>;
}

/// What can be taken into another struct with `..name: Type`.
pub trait Flatten: Sized {
    /// The options it brings.
    const OPTIONS: &'static [Opt];
    /// Whether it takes all that is not declared.
    const OPEN: bool = false;

    /// Its part of the arguments; `declared` are the options of the whole.
    fn take(args: &Map<String, Value>, declared: &[Opt]) -> Result<Self, Vec<ArgProblem>>;
}

impl Flatten for Map<String, Value> {
    const OPTIONS: &'static [Opt] = &[];
    const OPEN: bool = true;

    fn take(args: &Map<String, Value>, declared: &[Opt]) -> Result<Self, Vec<ArgProblem>> {
        let known = |key: &str| declared.iter().any(|option| option.names().any(|name| name == key));
        Ok(args.iter().filter(|(key, _)| !known(key)).map(|(k, v)| (k.clone(), v.clone())).collect())
    }
}

/// How far a key's presence is known before the run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Given {
    Yes,
    No,
    /// A template, which may turn out to be `omit`.
    Perhaps,
}

impl Spec {
    /// All that is wrong with the arguments; values that are not literal are passed over.
    pub fn check(&self, args: &Map<String, Value>, is_literal: &dyn Fn(&Value) -> bool) -> Vec<ArgProblem> {
        let mut problems = Vec::new();
        for (key, value) in args {
            match self.option(key) {
                Some(_) if !is_literal(value) => {}
                Some(option) if value.is_null() && !option.required => {}
                Some(option) => check_value(&option.ty, key, value, is_literal, &mut problems),
                None if self.open => {}
                None => problems.push(problem(
                    vec![Step::Key(key.clone())],
                    ProblemKind::Unknown { name: key.clone(), near: self.near(key) },
                )),
            }
        }
        let view = View { spec: self, args, is_literal };
        problems.extend(view.missing().chain(self.rules.iter().filter_map(|rule| view.broken(rule))).map(
            |kind| {
                let path = view.place(&kind);
                problem(path, kind)
            },
        ));
        for found in &mut problems {
            found.module = self.name.to_owned();
        }
        problems
    }

    fn near(&self, word: &str) -> Option<(&'static str, Option<&'static str>)> {
        let names = self.options.iter().flat_map(|o| o.names().map(move |name| (name, o.name)));
        names
            .filter(|(name, _)| !name.starts_with('_'))
            .map(|(name, option)| (strsim::damerau_levenshtein(word, name), name, option))
            .filter(|(distance, name, _)| *distance <= (name.len().max(word.len()) / 3).max(1))
            .min_by_key(|(distance, ..)| *distance)
            .map(|(_, name, option)| (name, (name != option).then_some(option)))
    }
}

fn problem(path: Vec<Step>, kind: ProblemKind) -> ArgProblem {
    ArgProblem { module: String::new(), path, kind }
}

fn check_value(
    ty: &Type,
    name: &str,
    value: &Value,
    is_literal: &dyn Fn(&Value) -> bool,
    problems: &mut Vec<ArgProblem>,
) {
    let inner = &mut Vec::new();
    check_inside(ty, name, value, is_literal, inner);
    for mut found in inner.drain(..) {
        found.path.insert(0, Step::Key(name.to_owned()));
        problems.push(found);
    }
}

fn check_inside(
    ty: &Type,
    name: &str,
    value: &Value,
    is_literal: &dyn Fn(&Value) -> bool,
    problems: &mut Vec<ArgProblem>,
) {
    match (ty.kind, value) {
        (_, value) if !is_literal(value) => {}
        (Kind::List(element), _) => {
            for (index, item) in elements(value).iter().enumerate() {
                let from = problems.len();
                check_inside(element, name, item, is_literal, problems);
                if value.is_array() {
                    problems[from..].iter_mut().for_each(|p| p.path.insert(0, Step::Index(index)));
                }
            }
        }
        (Kind::Options(spec), Value::Object(map)) => problems.extend(spec.check(map, is_literal)),
        _ => {
            if let Err(mismatch) = (ty.check)(value) {
                problems.push(problem(Vec::new(), ProblemKind::BadValue { name: name.to_owned(), mismatch }));
            }
        }
    }
}

struct View<'a> {
    spec: &'a Spec,
    args: &'a Map<String, Value>,
    is_literal: &'a dyn Fn(&Value) -> bool,
}

impl View<'_> {
    fn value(&self, name: &str) -> Option<&Value> {
        let option = self.spec.option(name)?;
        find(self.args, option.name, option.aliases)
    }

    fn given(&self, name: &str) -> Given {
        match self.value(name) {
            None => Given::No,
            Some(value) if !(self.is_literal)(value) => Given::Perhaps,
            Some(Value::Null) => Given::No,
            Some(_) => Given::Yes,
        }
    }

    /// Whether an option has no value, not even by default.
    // ansible: what is required is looked for when defaults are filled in.
    fn lacks(&self, name: &str) -> bool {
        self.given(name) == Given::No && self.spec.option(name).is_none_or(|option| option.default.is_none())
    }

    fn lacking(&self, names: &'static [&'static str]) -> Vec<&'static str> {
        names.iter().copied().filter(|name| self.lacks(name)).collect()
    }

    fn missing(&self) -> impl Iterator<Item = ProblemKind> {
        let required = self.spec.options.iter().filter(|option| option.required);
        required
            .filter(|option| self.value(option.name).is_none())
            .map(|option| ProblemKind::Missing { name: option.name })
    }

    fn broken(&self, rule: &Rule) -> Option<ProblemKind> {
        match *rule {
            Rule::MutuallyExclusive(of) => {
                let given: Vec<_> = of.iter().copied().filter(|n| self.given(n) == Given::Yes).collect();
                (given.len() > 1).then_some(ProblemKind::Exclusive { given, of })
            }
            Rule::RequiredOneOf(of) => of.iter().all(|n| self.lacks(n)).then_some(ProblemKind::OneOf { of }),
            Rule::RequiredTogether(of) => {
                let given = of.iter().copied().find(|n| self.given(n) == Given::Yes)?;
                let missing = self.lacking(of);
                (!missing.is_empty()).then_some(ProblemKind::Together { given, missing })
            }
            Rule::RequiredIf(option, value, needed) => {
                let missing = self.lacking(needed);
                let broken = !missing.is_empty() && self.has(option, value);
                broken.then_some(ProblemKind::NeededIf { option, value, missing, any: false })
            }
            Rule::RequiredIfAny(option, value, needed) => {
                let missing = self.lacking(needed);
                let broken = missing.len() == needed.len() && self.has(option, value);
                broken.then_some(ProblemKind::NeededIf { option, value, missing, any: true })
            }
            Rule::RequiredBy(option, needed) => {
                let missing = self.lacking(needed);
                let broken = !missing.is_empty() && self.given(option) == Given::Yes;
                broken.then_some(ProblemKind::NeededBy { option, missing })
            }
        }
    }

    /// Whether the option has the value, given or by default.
    fn has(&self, name: &str, wanted: &str) -> bool {
        let Some(option) = self.spec.option(name) else { return false };
        match (self.value(name), option.ty.kind) {
            (None | Some(Value::Null), _) => option.default == Some(wanted),
            (Some(value), _) if !(self.is_literal)(value) => false,
            (Some(value), Kind::Bool) => bool::from_arg(value) == bool::from_arg(&Value::from(wanted)),
            (Some(value), _) => String::from_arg(value).is_ok_and(|text| text == wanted),
        }
    }

    /// The key that a broken rule is best shown at.
    fn place(&self, kind: &ProblemKind) -> Vec<Step> {
        let option = match kind {
            ProblemKind::Exclusive { given, .. } => given.last().copied(),
            ProblemKind::Together { given, .. } => Some(*given),
            ProblemKind::NeededIf { option, .. } | ProblemKind::NeededBy { option, .. } => Some(*option),
            _ => None,
        };
        let Some(option) = option.and_then(|name| self.spec.option(name)) else { return Vec::new() };
        let written = option.names().find(|name| self.args.contains_key(*name));
        written.map(|name| Step::Key(name.to_owned())).into_iter().collect()
    }
}

/// The value of an option; where an alias is given too, the alias wins.
fn find<'a>(args: &'a Map<String, Value>, name: &str, aliases: &[&str]) -> Option<&'a Value> {
    // ansible: the last alias that is given wins over the name itself
    aliases.iter().rev().find_map(|alias| args.get(*alias)).or_else(|| args.get(name))
}

/// One field of a struct declared with `args!`.
#[doc(hidden)]
pub fn fill<T: FromArg>(args: &Map<String, Value>, option: &Opt) -> Result<T, Vec<ArgProblem>> {
    let bad = |mismatch: Mismatch| {
        let name = option.name.to_owned();
        vec![problem(vec![Step::Key(name.clone())], ProblemKind::BadValue { name, mismatch })]
    };
    match (find(args, option.name, option.aliases), option.default) {
        (Some(value), None) => T::from_arg(value).map_err(bad),
        (Some(value), Some(_)) if !value.is_null() => T::from_arg(value).map_err(bad),
        (_, Some(default)) => T::from_arg(&Value::from(default)).map_err(bad),
        (None, None) => {
            T::absent().ok_or_else(|| vec![problem(Vec::new(), ProblemKind::Missing { name: option.name })])
        }
    }
}

/// A field's name as the user writes it: `r#type` is `type`, and `self_` is `self`.
#[doc(hidden)]
pub const fn plain(name: &'static str) -> &'static str {
    let bytes = name.as_bytes();
    if bytes.len() > 2 && bytes[0] == b'r' && bytes[1] == b'#' {
        name.split_at(2).1
    } else if bytes.len() > 1 && bytes[bytes.len() - 1] == b'_' {
        name.split_at(bytes.len() - 1).0
    } else {
        name
    }
}

/// How many options there are in all parts.
#[doc(hidden)]
pub const fn count(parts: &[&[Opt]]) -> usize {
    let (mut sum, mut i) = (0, 0);
    while i < parts.len() {
        sum += parts[i].len();
        i += 1;
    }
    sum
}

const NOTHING: Opt =
    Opt { name: "", aliases: &[], text: "", ty: <String as FromArg>::TYPE, required: false, default: None };

/// The options of all parts, one after another.
#[doc(hidden)]
pub const fn join<const N: usize>(parts: &[&[Opt]]) -> [Opt; N] {
    let mut all = [NOTHING; N];
    let (mut n, mut i) = (0, 0);
    while i < parts.len() {
        let mut j = 0;
        while j < parts[i].len() {
            all[n] = parts[i][j];
            n += 1;
            j += 1;
        }
        i += 1;
    }
    all
}
