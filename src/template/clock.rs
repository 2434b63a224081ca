//! Points in time and spans of time, as `now()` and `to_datetime` give them.

use std::any::Any;
use std::cmp::Ordering;
use std::sync::Arc;

use jiff::civil::DateTime;

use super::tree::BinaryOp;
use super::{Args, Object, TemplateError, Value};

/// A civil date, time, or both, without a zone as Python's naive `datetime`, or with one.
pub(crate) struct Moment {
    pub at: DateTime,
    pub offset: Option<i32>,
    pub part: Part,
}

/// What of a moment counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    Both,
    Date,
    Time,
}

/// A date, a time or both as YAML and TOML have them; what is none, such as the thirtieth of
/// February, stays text.
pub(crate) fn written(text: &str) -> Value {
    read(text).map_or_else(|| Value::str(text), |moment| Value::Object(Arc::new(moment)))
}

fn read(text: &str) -> Option<Moment> {
    let zero = jiff::civil::Time::midnight();
    let Some((day, rest)) = text.split_once(['T', 't', ' ', '\t']) else {
        return match text.contains(':') {
            true => {
                Some(Moment::of(DateTime::from_parts(jiff::civil::date(1900, 1, 1), time(text)?), Part::Time))
            }
            false => Some(Moment::of(DateTime::from_parts(date(text)?, zero), Part::Date)),
        };
    };
    let rest = rest.trim();
    let end = rest.find(|c: char| !matches!(c, '0'..='9' | ':' | '.')).unwrap_or(rest.len());
    let (clock, zone) = rest.split_at(end);
    let at = DateTime::from_parts(date(day)?, time(clock)?);
    Some(Moment { offset: offset(zone.trim())?, ..Moment::of(at, Part::Both) })
}

fn date(text: &str) -> Option<jiff::civil::Date> {
    let mut parts = text.splitn(3, '-');
    let (year, month, day) =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    jiff::civil::Date::new(year, month, day).ok()
}

fn time(text: &str) -> Option<jiff::civil::Time> {
    let mut parts = text.splitn(3, ':');
    let (hour, minute, second) =
        (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?, parts.next().unwrap_or("0"));
    let (second, fraction) = second.split_once('.').unwrap_or((second, ""));
    let micros: String = fraction.chars().chain("000000".chars()).take(6).collect();
    let nanos = micros.parse::<i32>().ok()?.checked_mul(1000)?;
    jiff::civil::Time::new(hour, minute, second.parse().ok()?, nanos).ok()
}

/// The seconds of a zone, `None` where there is no zone.
fn offset(zone: &str) -> Option<Option<i32>> {
    let (sign, zone) = match zone.split_at_checked(1) {
        None => return Some(None),
        Some(("Z" | "z", "")) => return Some(Some(0)),
        Some(("-", zone)) => (-1, zone),
        Some(("+", zone)) => (1, zone),
        Some(_) => return None,
    };
    let (hours, minutes) = zone.split_once(':').unwrap_or((zone, "0"));
    Some(Some(sign * (hours.parse::<i32>().ok()? * 3600 + minutes.parse::<i32>().ok()? * 60)))
}

/// A difference of two moments, in microseconds.
pub(crate) struct Elapsed(pub i64);

/// A point in time in the local zone, as Python's naive `datetime`.
pub(crate) fn local(at: std::time::SystemTime) -> Value {
    let at = jiff::Timestamp::try_from(at).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let at = at.to_zoned(jiff::tz::TimeZone::system()).datetime();
    Value::Object(Arc::new(Moment::of(at, Part::Both)))
}

impl Object for Moment {
    fn type_name(&self) -> &str {
        match self.part {
            Part::Both => "datetime",
            Part::Date => "date",
            Part::Time => "time",
        }
    }

    fn get(&self, key: &Value) -> Option<Value> {
        let at = &self.at;
        let name = key.as_str()?;
        let of_date = matches!(name, "year" | "month" | "day");
        if self.part == Part::Date && !of_date || self.part == Part::Time && of_date {
            return None;
        }
        let number = match name {
            "year" => i64::from(at.year()),
            "month" => at.month().into(),
            "day" => at.day().into(),
            "hour" => at.hour().into(),
            "minute" => at.minute().into(),
            "second" => at.second().into(),
            "microsecond" => i64::from(at.subsec_nanosecond() / 1000),
            _ => return None,
        };
        Some(Value::from(number))
    }

    /// Python's `str()` of it.
    fn to_plain(&self) -> Option<Value> {
        Some(Value::from(self.isoformat(' ')))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Moment {
    /// Without a zone.
    pub(crate) fn of(at: DateTime, part: Part) -> Self {
        Self { at, offset: None, part }
    }

    /// Python's `repr` of it.
    pub(crate) fn repr(&self) -> String {
        let (at, micros) = (self.at, self.at.subsec_nanosecond() / 1000);
        let mut numbers = Vec::new();
        if self.part != Part::Time {
            numbers.extend([i64::from(at.year()), at.month().into(), at.day().into()]);
        }
        if self.part != Part::Date {
            numbers.extend([i64::from(at.hour()), at.minute().into()]);
            numbers.extend((at.second() != 0 || micros != 0).then(|| i64::from(at.second())));
            numbers.extend((micros != 0).then(|| i64::from(micros)));
        }
        let mut parts: Vec<String> = numbers.iter().map(i64::to_string).collect();
        parts.extend(self.offset.map(|seconds| match (seconds, seconds.div_euclid(86_400)) {
            (0, _) => "tzinfo=datetime.timezone.utc".to_owned(),
            (_, 0) => format!("tzinfo=datetime.timezone(datetime.timedelta(seconds={seconds}))"),
            (_, days) => {
                let seconds = seconds.rem_euclid(86_400);
                format!("tzinfo=datetime.timezone(datetime.timedelta(days={days}, seconds={seconds}))")
            }
        }));
        format!("datetime.{}({})", self.type_name(), parts.join(", "))
    }

    /// Python's `isoformat`.
    pub(crate) fn isoformat(&self, separator: char) -> String {
        let shape = match self.part {
            Part::Both => format!("%Y-%m-%d{separator}%H:%M:%S"),
            Part::Date => "%Y-%m-%d".to_owned(),
            Part::Time => "%H:%M:%S".to_owned(),
        };
        let mut text = self.at.strftime(&shape).to_string();
        let micros = self.at.subsec_nanosecond() / 1000;
        if micros != 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        if let Some(offset) = self.offset {
            let sign = if offset < 0 { '-' } else { '+' };
            text.push_str(&format!("{sign}{:02}:{:02}", offset.abs() / 3600, offset.abs() / 60 % 60));
        }
        text
    }

    /// Microseconds since the epoch, its zone taken for UTC when it has none.
    fn micros(&self) -> Option<i64> {
        let offset = jiff::tz::Offset::from_seconds(self.offset.unwrap_or(0)).ok()?;
        Some(offset.to_timestamp(self.at).ok()?.as_microsecond())
    }

    /// Whether both are of one kind, and with a zone or without.
    // A zone is not asked for: text that is parsed has none where Python's has.
    fn is_like(&self, other: &Self) -> bool {
        self.part == other.part
    }

    /// What counts of it, for comparison.
    fn instant(&self) -> Option<i64> {
        match self.part {
            Part::Time => {
                let (time, nanos) = (self.at.time(), i64::from(self.at.subsec_nanosecond()));
                let seconds =
                    (i64::from(time.hour()) * 60 + i64::from(time.minute())) * 60 + i64::from(time.second());
                Some(seconds * 1_000_000 + nanos / 1000)
            }
            _ => self.micros(),
        }
    }

    /// Seconds since the epoch; a moment without a zone is local time, as in Python.
    fn timestamp(&self) -> Option<f64> {
        let timestamp = match self.offset {
            Some(offset) => jiff::tz::Offset::from_seconds(offset).ok()?.to_timestamp(self.at).ok()?,
            None => jiff::tz::TimeZone::system().to_timestamp(self.at).ok()?,
        };
        Some(timestamp.as_microsecond() as f64 / 1e6)
    }

    /// The methods of Python's `datetime` that templates use; `None` when it is none of them.
    pub(crate) fn call(&self, name: &str, args: Args) -> Option<Result<Value, TemplateError>> {
        let part =
            |at: DateTime| Value::Object(Arc::new(Moment { at, offset: self.offset, part: self.part }));
        let only = |part| {
            let at = match part {
                Part::Date => DateTime::from_parts(self.at.date(), jiff::civil::Time::midnight()),
                _ => DateTime::from_parts(jiff::civil::date(1900, 1, 1), self.at.time()),
            };
            Ok(Value::Object(Arc::new(Moment::of(at, part)) as Arc<dyn Object>))
        };
        match (self.part, name) {
            (Part::Time, "date" | "weekday" | "isoweekday" | "timestamp" | "time") => return None,
            (Part::Date, "date" | "time" | "timestamp") => return None,
            _ => {}
        }
        Some(match name {
            "strftime" => args.bind(name, &["format"]).and_then(|a| {
                a.required_text(0).and_then(|f| strftime(&f, self.at, self.offset)).map(Value::from)
            }),
            "isoformat" => args
                .bind(name, &["sep"])
                .map(|a| Value::from(self.isoformat(a.text(0, "T").chars().next().unwrap_or('T')))),
            "timestamp" => Ok(self.timestamp().map_or(Value::None, Value::Float)),
            "date" => only(Part::Date),
            "time" => only(Part::Time),
            "utcoffset" => Ok(self.offset.map_or(Value::None, |seconds| {
                Value::Object(Arc::new(Elapsed(i64::from(seconds) * 1_000_000)))
            })),
            "weekday" => Ok(Value::from(i64::from(self.at.weekday().to_monday_zero_offset()))),
            "isoweekday" => Ok(Value::from(i64::from(self.at.weekday().to_monday_one_offset()))),
            "replace" => {
                args.bind(name, &["year", "month", "day", "hour", "minute", "second"]).and_then(|a| {
                    let with = self.at.with();
                    let with = a.get(0).and_then(Value::as_int).map_or(with, |n| with.year(n as i16));
                    let with = a.get(1).and_then(Value::as_int).map_or(with, |n| with.month(n as i8));
                    let with = a.get(2).and_then(Value::as_int).map_or(with, |n| with.day(n as i8));
                    let with = a.get(3).and_then(Value::as_int).map_or(with, |n| with.hour(n as i8));
                    let with = a.get(4).and_then(Value::as_int).map_or(with, |n| with.minute(n as i8));
                    let with = a.get(5).and_then(Value::as_int).map_or(with, |n| with.second(n as i8));
                    with.build().map(part).map_err(|e| TemplateError::failed(e.to_string()))
                })
            }
            _ => return None,
        })
    }
}

impl Object for Elapsed {
    fn type_name(&self) -> &str {
        "timedelta"
    }

    fn get(&self, key: &Value) -> Option<Value> {
        const DAY: i64 = 86_400_000_000;
        let within = self.0.rem_euclid(DAY);
        let number = match key.as_str()? {
            "days" => self.0.div_euclid(DAY),
            "seconds" => within / 1_000_000,
            "microseconds" => within % 1_000_000,
            _ => return None,
        };
        Some(Value::from(number))
    }

    fn to_plain(&self) -> Option<Value> {
        let (days, seconds) =
            (self.0.div_euclid(86_400_000_000), self.0.rem_euclid(86_400_000_000) / 1_000_000);
        let mut text = match days {
            0 => String::new(),
            1 | -1 => format!("{days} day, "),
            n => format!("{n} days, "),
        };
        text.push_str(&format!("{}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60));
        let micros = self.0.rem_euclid(1_000_000);
        if micros != 0 {
            text.push_str(&format!(".{micros:06}"));
        }
        Some(Value::from(text))
    }

    fn as_any(&self) -> &dyn Any {
        self
    }
}

impl Elapsed {
    /// The methods of Python's `timedelta`.
    pub(crate) fn call(&self, name: &str) -> Option<Value> {
        (name == "total_seconds").then_some(Value::Float(self.0 as f64 / 1e6))
    }
}

/// The moment in a value.
pub(crate) fn moment(value: &Value) -> Option<&Moment> {
    match value {
        Value::Object(o) => o.as_any().downcast_ref(),
        _ => None,
    }
}

/// The span of time in a value.
pub(crate) fn elapsed(value: &Value) -> Option<&Elapsed> {
    match value {
        Value::Object(o) => o.as_any().downcast_ref(),
        _ => None,
    }
}

/// Operators on moments and spans; `None` when neither side is one.
pub(crate) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Option<Result<Value, TemplateError>> {
    let span = |micros: i64| Value::Object(Arc::new(Elapsed(micros)));
    let shifted = |m: &Moment, micros: i64| {
        let at = m.at.checked_add(jiff::Span::new().microseconds(micros));
        let moved = |at| Moment { at, offset: m.offset, part: m.part };
        at.map(|at| Value::Object(Arc::new(moved(at)) as Arc<dyn Object>))
            .map_err(|e| TemplateError::failed(e.to_string()))
    };
    Some(match (op, moment(left), moment(right), elapsed(left), elapsed(right)) {
        (BinaryOp::Sub, Some(a), Some(b), ..) if a.is_like(b) && a.part != Part::Time => {
            Ok(span(a.micros()?.checked_sub(b.micros()?)?))
        }
        (BinaryOp::Sub, Some(a), _, _, Some(d)) => shifted(a, -d.0),
        (BinaryOp::Add, Some(a), _, _, Some(d)) | (BinaryOp::Add, _, Some(a), Some(d), _) => shifted(a, d.0),
        (BinaryOp::Sub, _, _, Some(a), Some(b)) => Ok(span(a.0 - b.0)),
        (BinaryOp::Add, _, _, Some(a), Some(b)) => Ok(span(a.0 + b.0)),
        _ => return None,
    })
}

/// The order of two moments or spans.
pub(crate) fn compare(left: &Value, right: &Value) -> Option<Ordering> {
    match (moment(left), moment(right), elapsed(left), elapsed(right)) {
        (Some(a), Some(b), ..) if a.is_like(b) => Some(a.instant()?.cmp(&b.instant()?)),
        (_, _, Some(a), Some(b)) => Some(a.0.cmp(&b.0)),
        _ => None,
    }
}

/// Whether two values are the same moment; `None` when neither is one.
pub(crate) fn equal(left: &Value, right: &Value) -> Option<bool> {
    match (moment(left), moment(right)) {
        (None, None) => None,
        (Some(a), Some(b)) => Some(a.is_like(b) && a.instant() == b.instant()),
        _ => Some(false),
    }
}

/// C's `strftime`, in the C locale.
pub(crate) fn strftime(format: &str, at: DateTime, offset: Option<i32>) -> Result<String, TemplateError> {
    let failed = |e: jiff::Error| TemplateError::failed(format!("strftime: {e}"));
    let zone = match offset {
        Some(seconds) => jiff::tz::Offset::from_seconds(seconds).map_err(failed)?.to_time_zone(),
        None => jiff::tz::TimeZone::system(),
    };
    let zoned = at.to_zoned(zone).map_err(failed)?;
    let mut mapped = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match (c, c == '%') {
            (_, false) => mapped.push(c),
            _ => match chars.next() {
                Some('c') => mapped.push_str("%a %b %e %H:%M:%S %Y"),
                Some('x') => mapped.push_str("%m/%d/%y"),
                Some('X') => mapped.push_str("%H:%M:%S"),
                Some('f') => mapped.push_str(&format!("{:06}", at.subsec_nanosecond() / 1000)),
                Some('Z') if offset == Some(0) => mapped.push_str("UTC"),
                Some(other) => mapped.extend(['%', other]),
                None => mapped.push_str("%%"),
            },
        }
    }
    jiff::fmt::strtime::format(&mapped, &zoned).map_err(failed)
}
