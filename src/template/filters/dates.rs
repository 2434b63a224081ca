//! Filters on dates and times.

use std::sync::Arc;

use jiff::civil::DateTime;

use super::super::clock::{Moment, Part, moment, strftime};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("strftime", "A time, by default the present, in a format.", format),
    Filter::new("to_datetime", "A point in time out of text.", to_datetime),
];

fn format(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("strftime", &["second", "utc"])?;
    let utc = args.truth(1, false);
    let zone = if utc { jiff::tz::TimeZone::UTC } else { jiff::tz::TimeZone::system() };
    let at = match args.some(0) {
        None => jiff::Timestamp::now(),
        Some(value) => {
            let seconds = match value {
                Value::Str(s) => s.trim().parse().ok(),
                other => other.as_float(),
            };
            let seconds: f64 = seconds.ok_or_else(|| {
                TemplateError::failed(format!("invalid value for epoch value ({})", value.to_text()))
                    .words(format!("Invalid value for epoch value ({})", value.to_text()))
            })?;
            jiff::Timestamp::from_microsecond((seconds * 1e6) as i64)
                .map_err(|e| TemplateError::failed(e.to_string()))?
        }
    };
    let zoned = at.to_zoned(zone);
    strftime(&input.to_text(), zoned.datetime(), Some(zoned.offset().seconds())).map(Value::from)
}

fn to_datetime(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    if moment(&input).is_some() {
        return Ok(input);
    }
    let format = args.bind("to_datetime", &["format"])?.text(0, "%Y-%m-%d %H:%M:%S");
    let text = input.to_text();
    let (at, offset) = parsed(&format, &text).map_err(|e| {
        TemplateError::failed(format!(
            "to_datetime: time data `{text}` does not match format `{format}`: {e}"
        ))
    })?;
    Ok(Value::Object(Arc::new(Moment { at, offset, part: Part::Both })))
}

fn parsed(format: &str, text: &str) -> Result<(DateTime, Option<i32>), jiff::Error> {
    // Python's fraction stands behind its dot in the format; jiff's takes the dot with it.
    let format = format.replace(".%f", "%.f");
    let broken = jiff::fmt::strtime::parse(&format, text)?;
    let offset = broken.offset().map(|o| o.seconds());
    let time = broken.to_time().unwrap_or(jiff::civil::Time::midnight());
    let date = broken.to_date().or_else(|_| {
        jiff::civil::Date::new(
            broken.year().unwrap_or(1900),
            broken.month().unwrap_or(1),
            broken.day().unwrap_or(1),
        )
    })?;
    Ok((DateTime::from_parts(date, time), offset))
}
