//! Filters on lengths of time: `1h 30m` in another unit.

use super::super::regex::{self, Flags};
use super::super::{Args, TemplateError, Value};
use super::numbers::half_even;
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("to_time_unit", "A length of time in a unit.", |_, v, mut a| {
        let unit = match a.positional.is_empty() {
            true => a.take("unit").map_or_else(|| "ms".into(), |unit| unit.to_text()),
            false => a.positional.remove(0).to_text(),
        };
        in_unit(&v, &unit, a)
    }),
    Filter::new("to_milliseconds", "A length of time in milliseconds.", |_, v, a| in_unit(&v, "ms", a)),
    Filter::new("to_seconds", "A length of time in seconds.", |_, v, a| in_unit(&v, "s", a)),
    Filter::new("to_minutes", "A length of time in minutes.", |_, v, a| in_unit(&v, "m", a)),
    Filter::new("to_hours", "A length of time in hours.", |_, v, a| in_unit(&v, "h", a)),
    Filter::new("to_days", "A length of time in days.", |_, v, a| in_unit(&v, "d", a)),
    Filter::new("to_weeks", "A length of time in weeks.", |_, v, a| in_unit(&v, "w", a)),
    Filter::new("to_months", "A length of time in months.", |_, v, a| in_unit(&v, "mo", a)),
    Filter::new("to_years", "A length of time in years.", |_, v, a| in_unit(&v, "y", a)),
];

/// Days of a month and of a year, unless given.
const MONTH: i128 = 30;
const YEAR: i128 = 365;

/// Milliseconds of a unit.
fn milliseconds(unit: &str, month: i128, year: i128) -> Option<i128> {
    const DAY: i128 = 86_400_000;
    let days = |count: i128| count.checked_mul(DAY);
    let word = unit.trim_end_matches('s');
    Some(match if word.len() > 2 { word } else { unit } {
        "ms" | "millisecond" | "msec" | "msecond" => 1,
        "s" | "sec" | "second" => 1000,
        "m" | "min" | "minute" => 60_000,
        "h" | "hour" => 3_600_000,
        "d" | "day" => DAY,
        "w" | "week" => 7 * DAY,
        "mo" | "month" => days(month)?,
        "y" | "year" => days(year)?,
        _ => return None,
    })
}

fn in_unit(input: &Value, unit: &str, args: Args) -> Outcome {
    let args = Args { positional: Vec::new(), named: args.named }.bind("to_time_unit", &["month", "year"])?;
    let Value::Str(text) = input else {
        return Err(TemplateError::failed(format!("expected a length of time, found `{}`", input.repr())));
    };
    if &**text == "0" {
        return Ok(Value::Int(0));
    }
    let (month, year) = (args.int(0, MONTH)?, args.int(1, YEAR)?);
    let target = milliseconds(unit, month, year)
        .filter(|unit| *unit != 0)
        .ok_or_else(|| TemplateError::failed(format!("to_time_unit: unknown unit `{unit}`")))?;
    let pattern = regex::compile(r"(-?\d+)(\w+)", Flags { anchored: true, ..Flags::default() })?;
    let mut total = 0i128;
    for part in text.split_whitespace() {
        let found = pattern.first(part)?.and_then(|c| {
            let count: i128 = c.get(1)?.as_str().parse().ok()?;
            count.checked_mul(milliseconds(c.get(2)?.as_str(), month, year)?)
        });
        total = found.and_then(|found| total.checked_add(found)).ok_or_else(|| {
            TemplateError::failed(format!("to_time_unit: expected a length of time, found `{text}`"))
        })?;
    }
    Ok(Value::Float(half_even(total as f64 / target as f64, 12)))
}
