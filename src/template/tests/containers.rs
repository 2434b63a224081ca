//! Tests of sets, lists and numbers.

use super::super::session::Session;
use super::super::truth::{contains, iterate};
use super::super::{Args, Value, is_truthy};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new("subset", "Whether all its items are in the other.", |s, v, a| all_in(s, v, a, false))
        .also(&["issubset"]),
    Test::new("superset", "Whether it has all items of the other.", |s, v, a| all_in(s, v, a, true))
        .also(&["issuperset"]),
    Test::new("contains", "Whether something is in it.", |s, v, a| {
        let a = a.bind("contains", &["value"])?;
        contains(&s.deep(v)?, a.required(0)?)
    }),
    Test::new("all", "Whether all its items count as true.", |s, v, a| {
        a.none("all")?;
        Ok(iterate(&s.deep(v)?)?.iter().all(is_truthy))
    }),
    Test::new("any", "Whether any of its items counts as true.", |s, v, a| {
        a.none("any")?;
        Ok(iterate(&s.deep(v)?)?.iter().any(is_truthy))
    }),
    Test::new("nan", "Whether it is not a number.", |_, v, a| {
        a.none("nan")?;
        Ok(v.as_float().is_some_and(f64::is_nan))
    })
    .also(&["isnan"]),
];

fn all_in(session: &Session<'_>, value: Value, args: Args, turned: bool) -> Answer {
    let args = args.bind("subset", &["b"])?;
    let (mut inner, mut outer) = (iterate(&session.deep(value)?)?, iterate(args.required(0)?)?);
    if turned {
        std::mem::swap(&mut inner, &mut outer);
    }
    Ok(inner.iter().all(|i| outer.contains(i)))
}
