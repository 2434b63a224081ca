//! Filters of set theory and of combinations.

use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("union", "The items of both, each once.", |_, v, a| {
        sets(&v, a, |left, right| left.iter().chain(right).cloned().collect())
    }),
    Filter::new("intersect", "The items that both have.", |_, v, a| {
        sets(&v, a, |left, right| left.iter().filter(|i| right.contains(i)).cloned().collect())
    }),
    Filter::new("difference", "The items that the other has not.", |_, v, a| {
        sets(&v, a, |left, right| left.iter().filter(|i| !right.contains(i)).cloned().collect())
    }),
    Filter::new("symmetric_difference", "The items that only one of both has.", |_, v, a| {
        sets(&v, a, |left, right| {
            let union = left.iter().chain(right);
            union.filter(|i| !(left.contains(i) && right.contains(i))).cloned().collect()
        })
    }),
    Filter::new("zip", "Tuples of the items at the same place, as far as the shortest goes.", zip),
    Filter::new(
        "zip_longest",
        "Tuples of the items at the same place, as far as the longest goes.",
        zip_longest,
    ),
    Filter::new("product", "Every combination of an item of each.", product),
    Filter::new("permutations", "Every order of the items.", permutations),
    Filter::new("combinations", "Every choice of so many items.", combinations),
];

/// More results than this are taken for a mistake.
const MOST: usize = 10_000_000;

fn sets(left: &Value, args: Args, operation: fn(&[Value], &[Value]) -> Vec<Value>) -> Outcome {
    let args = args.bind("the set filter", &["b"])?;
    let (left, right) = (iterate(left)?, iterate(args.required(0)?)?);
    let mut seen = indexmap::IndexSet::new();
    seen.extend(operation(&left, &right));
    Ok(Value::list(seen))
}

fn columns(input: &Value, args: &Args) -> Result<Vec<Vec<Value>>, TemplateError> {
    std::iter::once(input).chain(&args.positional).map(iterate).collect()
}

fn zip(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let strict = args.take("strict").is_some_and(|s| super::super::is_truthy(&s));
    let columns = columns(&input, &args)?;
    let length = columns.iter().map(Vec::len).min().unwrap_or(0);
    if strict && columns.iter().any(|c| c.len() != length) {
        return Err(TemplateError::failed("zip: the lists differ in length"));
    }
    Ok(Value::list((0..length).map(|at| Value::tuple(columns.iter().map(|c| c[at].clone())))))
}

fn zip_longest(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let fill = args.take("fillvalue").unwrap_or(Value::None);
    let columns = columns(&input, &args)?;
    let length = columns.iter().map(Vec::len).max().unwrap_or(0);
    let row = |at: usize| columns.iter().map(move |c| c.get(at).cloned());
    Ok(Value::list((0..length).map(|at| Value::tuple(row(at).map(|v| v.unwrap_or_else(|| fill.clone()))))))
}

fn product(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let repeat = args.take("repeat").and_then(|r| r.as_int()).unwrap_or(1).max(0) as usize;
    let columns = columns(&input, &args)?;
    let columns: Vec<&Vec<Value>> = std::iter::repeat_n(&columns, repeat).flatten().collect();
    let mut rows: Vec<Vec<Value>> = vec![Vec::new()];
    for column in columns {
        if rows.len().saturating_mul(column.len()) > MOST {
            return Err(TemplateError::failed("product: there are too many combinations"));
        }
        rows = rows
            .iter()
            .flat_map(|row| column.iter().map(move |item| row.iter().chain([item]).cloned().collect()))
            .collect();
    }
    Ok(Value::list(rows.into_iter().map(Value::tuple)))
}

fn permutations(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let items = iterate(&input)?;
    let args = args.bind("permutations", &["r"])?;
    let size = usize::try_from(args.int(0, items.len() as i128)?).unwrap_or(0);
    let mut out = Vec::new();
    picks(&items, size, true, &mut Vec::new(), &mut out)?;
    Ok(Value::list(out))
}

fn combinations(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let items = iterate(&input)?;
    let args = args.bind("combinations", &["r"])?;
    args.required(0)?;
    let size = usize::try_from(args.int(0, 0)?).unwrap_or(0);
    let mut out = Vec::new();
    picks(&items, size, false, &mut Vec::new(), &mut out)?;
    Ok(Value::list(out))
}

/// Every pick of `size` indices: in any order, or only in rising order.
fn picks(
    items: &[Value],
    size: usize,
    any_order: bool,
    picked: &mut Vec<usize>,
    out: &mut Vec<Value>,
) -> Result<(), TemplateError> {
    if picked.len() == size {
        if out.len() >= MOST {
            return Err(TemplateError::failed("there are too many combinations"));
        }
        out.push(Value::tuple(picked.iter().map(|at| items[*at].clone())));
        return Ok(());
    }
    let from = if any_order { 0 } else { picked.last().map_or(0, |last| last + 1) };
    for at in from..items.len() {
        if !picked.contains(&at) {
            picked.push(at);
            picks(items, size, any_order, picked, out)?;
            picked.pop();
        }
    }
    Ok(())
}
