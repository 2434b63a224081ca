//! Amounts and times as people write them: `64M`, `1.5G`, `1m30s`.

use crate::Fail;

const UNITS: &str = "BKMGTPEZY";

/// Bytes: a number, perhaps with a fraction, and a unit of 1024s.
pub(crate) fn bytes(text: &str) -> Result<i64, Fail> {
    let text = text.trim();
    let wrong = || Fail::new(format!("expected an amount as `64M`, found `{text}`"));
    let split = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let (number, unit) = text.split_at(split);
    let unit = unit.trim().to_ascii_uppercase();
    let power = match unit.trim_end_matches("IB").trim_end_matches('B') {
        "" => 0,
        letter if letter.len() == 1 => UNITS.find(letter).ok_or_else(wrong)?,
        _ => return Err(wrong()),
    };
    let exponent = i32::try_from(power).map_err(|_| wrong())?;
    let bytes = number.parse::<f64>().map_err(|_| wrong())? * 1024_f64.powi(exponent);
    if bytes < 9e18 { Ok(bytes.round() as i64) } else { Err(wrong()) }
}

/// Nanoseconds of hours, minutes, seconds, milliseconds and microseconds, in this order.
pub(crate) fn nanoseconds(text: &str) -> Result<i64, Fail> {
    let units = [
        ("h", 3_600_000_000_000),
        ("m", 60_000_000_000),
        ("s", 1_000_000_000),
        ("ms", 1_000_000),
        ("us", 1000),
    ];
    let wrong = || Fail::new(format!("expected a time as `1m30s`, found `{text}`"));
    let (mut rest, mut sum, mut next) = (text.trim(), 0_i64, 0);
    while !rest.is_empty() {
        let digits =
            rest.find(|c: char| !c.is_ascii_digit()).filter(|length| *length > 0).ok_or_else(wrong)?;
        let number: i64 = rest[..digits].parse().map_err(|_| wrong())?;
        rest = &rest[digits..];
        let letters = rest.find(|c: char| c.is_ascii_digit()).unwrap_or(rest.len());
        let at = units.iter().position(|(unit, _)| *unit == &rest[..letters]);
        let at = at.filter(|at| *at >= next).ok_or_else(wrong)?;
        sum = number.checked_mul(units[at].1).and_then(|part| sum.checked_add(part)).ok_or_else(wrong)?;
        (rest, next) = (&rest[letters..], at + 1);
    }
    if text.trim().is_empty() { Err(wrong()) } else { Ok(sum) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_of_1024() {
        let cases = [
            ("0", 0),
            ("512", 512),
            ("1k", 1024),
            ("64M", 67_108_864),
            ("1.5 GB", 1_610_612_736),
            ("1MiB", 1_048_576),
        ];
        for (text, wanted) in cases {
            assert_eq!(bytes(text), Ok(wanted), "{text}");
        }
        for text in ["", "M", "1X", "-1", "1MM"] {
            assert!(bytes(text).is_err(), "{text}");
        }
    }

    #[test]
    fn times_are_sums() {
        let cases = [
            ("1h", 3_600_000_000_000),
            ("1m30s", 90_000_000_000),
            ("500ms", 500_000_000),
            ("0s", 0),
            ("1s5us", 1_000_005_000),
        ];
        for (text, wanted) in cases {
            assert_eq!(nanoseconds(text), Ok(wanted), "{text}");
        }
        for text in ["", "30", "s", "1s1m", "1x"] {
            assert!(nanoseconds(text).is_err(), "{text}");
        }
    }
}
