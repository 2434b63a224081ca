//! The properties that a task gives, as one map of values of their declared kinds.

use super::options::Properties;
use crate::args::{
    ArgProblem, Flatten, FromArg, Kind, Map, Mismatch, Opt, ProblemKind, Spec, Step, Type, Value, is_false,
    is_true,
};

/// The properties that were given, by the name of their option, as values of the declared kind.
#[derive(Clone, Debug)]
pub struct Wanted(pub(super) Map<String, Value>);

impl Flatten for Wanted {
    const OPTIONS: &'static [Opt] = <Properties as Flatten>::OPTIONS;

    fn take(args: &Map<String, Value>, _: &[Opt]) -> Result<Self, Vec<ArgProblem>> {
        given(Self::OPTIONS, args).map(Self).map_err(|(name, mismatch)| {
            let path = vec![Step::Key(name.to_owned())];
            let kind = ProblemKind::BadValue { name: name.to_owned(), mismatch };
            vec![ArgProblem { module: "docker_container".to_owned(), path, kind }]
        })
    }
}

/// The options that are given or have a default, in their declared kinds.
fn given(
    options: &'static [Opt],
    args: &Map<String, Value>,
) -> Result<Map<String, Value>, (&'static str, Mismatch)> {
    let mut all = Map::new();
    for option in options {
        let found = option.names().filter_map(|name| args.get(name)).last();
        let default = option.default.map(Value::from);
        if let Some(value) = found.filter(|value| !value.is_null()).or(default.as_ref()) {
            all.insert(
                option.name.to_owned(),
                normal(&option.ty, value).map_err(|mismatch| (option.name, mismatch))?,
            );
        }
    }
    Ok(all)
}

/// A value of the user as one of its declared kind.
fn normal(ty: &Type, value: &Value) -> Result<Value, Mismatch> {
    Ok(match ty.kind {
        Kind::Str | Kind::Path => match value {
            // A bare `no` is a boolean in YAML.
            Value::Bool(truth) if !ty.choices.is_empty() => {
                let means = |word: &&&str| if *truth { is_true(word) } else { is_false(word) };
                ty.choices.iter().find(means).map_or(Value::Null, |word| Value::from(*word))
            }
            value => String::from_arg(value)?.into(),
        },
        Kind::Int => i64::from_arg(value)?.into(),
        Kind::Float => f64::from_arg(value)?.into(),
        Kind::Bool => bool::from_arg(value)?.into(),
        Kind::Dict => Value::Object(Map::from_arg(value)?),
        Kind::List(inner) => {
            let items = Vec::<Value>::from_arg(value)?;
            items.iter().map(|item| normal(inner, item)).collect::<Result<Vec<_>, _>>()?.into()
        }
        Kind::Options(Spec { options, .. }) => {
            let map = Map::from_arg(value)?;
            Value::Object(given(options, &map).map_err(|(_, mismatch)| mismatch)?)
        }
        Kind::Raw | Kind::Mode | Kind::Secret => value.clone(),
    })
}
