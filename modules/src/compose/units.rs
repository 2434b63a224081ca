//! Amounts, times and truths as compose files write them.

use serde_json::Value;

use crate::args::is_true;

/// A single value as text.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        _ => None,
    }
}

/// Whether a value is true.
pub(crate) fn truth(value: &Value) -> bool {
    value.as_bool().unwrap_or_else(|| text(value).is_some_and(|word| is_true(&word)))
}

/// A number, also one written as text.
pub(crate) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| text(value)?.trim().parse().ok())
}

/// A whole number, also one written as text.
pub(crate) fn whole(value: &Value) -> Option<i64> {
    value.as_i64().or_else(|| number(value).map(|number| number as i64))
}

/// A mode: a number, or text of octal digits.
pub(crate) fn octal(text: &str) -> Option<i64> {
    i64::from_str_radix(text.trim().trim_start_matches("0o"), 8).ok()
}

/// Bytes: a number, perhaps with a fraction, and a unit of 1024s.
pub(crate) fn bytes(text: &str) -> Option<i64> {
    crate::docker::quantity::bytes(text).ok()
}

/// Nanoseconds: numbers with units; a number alone is of microseconds, as cpu periods are.
pub(crate) fn nanoseconds(text: &str) -> Option<i64> {
    let units = [
        ("ns", 1.0),
        ("us", 1e3),
        ("µs", 1e3),
        ("ms", 1e6),
        ("s", 1e9),
        ("m", 6e10),
        ("h", 3.6e12),
        ("d", 8.64e13),
    ];
    let mut rest = text.trim();
    if let Ok(plain) = rest.parse::<f64>() {
        return Some((plain * 1e3) as i64);
    }
    let mut sum = 0.0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let number: f64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        sum += number * units.iter().find(|(unit, _)| *unit == &rest[..letters])?.1;
        rest = &rest[letters..];
    }
    (!text.trim().is_empty()).then_some(sum as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_sums_of_parts() {
        let cases =
            [("1m30s", 90_000_000_000), ("1.5s", 1_500_000_000), ("500ms", 500_000_000), ("50", 50_000)];
        for (text, wanted) in cases {
            assert_eq!(nanoseconds(text), Some(wanted), "{text}");
        }
        assert_eq!(["", "s", "1x", "x"].map(nanoseconds), [None; 4]);
    }
}
