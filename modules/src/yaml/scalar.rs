//! What an unquoted word means: the rules of YAML 1.1 as PyYAML's safe loader applies
//! them, but dates stay text.

use std::sync::LazyLock;

use regex::Regex;

/// What an unquoted word is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar {
    Null,
    Bool(bool),
    Int(i128),
    Float(f64),
}

static INT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:[-+]?0b[01_]+|[-+]?0[0-7_]+|[-+]?(?:0|[1-9][0-9_]*)",
        r"|[-+]?0x[0-9a-fA-F_]+|[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+)$"
    ))
    .ok()
});

static FLOAT: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:[-+]?[0-9][0-9_]*\.[0-9_]*(?:[eE][-+][0-9]+)?|\.[0-9][0-9_]*(?:[eE][-+][0-9]+)?",
        r"|[-+]?[0-9][0-9_]*(?::[0-5]?[0-9])+\.[0-9_]*|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$"
    ))
    .ok()
});

static DATE: LazyLock<Option<Regex>> = LazyLock::new(|| {
    Regex::new(concat!(
        r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt]|[ \t]+)[0-9]{1,2}",
        r":[0-9]{2}:[0-9]{2}(?:\.[0-9]*)?(?:[ \t]*(?:Z|[-+][0-9]{1,2}(?::[0-9]{2})?))?)$"
    ))
    .ok()
});

/// Whether an unquoted word would not be read as the string it is: what an emitter must quote.
pub fn needs_quotes(text: &str) -> bool {
    matches(&INT, text)
        || matches(&FLOAT, text)
        || matches(&DATE, text)
        || matches!(text, "=" | "<<" | "!" | "&" | "*")
        || resolve_word(text).is_some()
}

/// The value of an unquoted word; `None` where it is text.
pub fn resolve(text: &str) -> Option<Scalar> {
    match text.as_bytes().first() {
        None => Some(Scalar::Null),
        Some(b'-' | b'+' | b'.' | b'0'..=b'9') => resolve_number(text),
        Some(_) if text.len() <= 5 => resolve_word(text),
        Some(_) => None,
    }
}

fn resolve_word(text: &str) -> Option<Scalar> {
    Some(match text {
        "yes" | "Yes" | "YES" | "true" | "True" | "TRUE" | "on" | "On" | "ON" => Scalar::Bool(true),
        "no" | "No" | "NO" | "false" | "False" | "FALSE" | "off" | "Off" | "OFF" => Scalar::Bool(false),
        "~" | "null" | "Null" | "NULL" | "" => Scalar::Null,
        _ => return None,
    })
}

fn resolve_number(text: &str) -> Option<Scalar> {
    if matches(&FLOAT, text) {
        return float(text).map(Scalar::Float);
    }
    if matches(&INT, text) { int(text).map(Scalar::Int) } else { None }
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|p| p.is_match(text))
}

/// A whole number in any of YAML's notations; `None` when it is none or too large.
pub fn int(text: &str) -> Option<i128> {
    let digits = text.replace('_', "");
    let (sign, digits) = split_sign(&digits);
    let value = if let Some(binary) = digits.strip_prefix("0b") {
        unsigned(binary, 2)?
    } else if let Some(hex) = digits.strip_prefix("0x") {
        unsigned(hex, 16)?
    } else if digits.len() > 1 && digits.starts_with('0') {
        unsigned(digits, 8)?
    } else if digits.contains(':') {
        digits
            .split(':')
            .try_fold(0i128, |sum, part| sum.checked_mul(60)?.checked_add(unsigned(part, 10)?))?
    } else {
        unsigned(digits, 10)?
    };
    Some(if sign { -value } else { value })
}

/// A number with a fraction in any of YAML's notations.
pub fn float(text: &str) -> Option<f64> {
    let digits = text.replace('_', "").to_ascii_lowercase();
    let (sign, digits) = split_sign(&digits);
    let value = match digits {
        ".inf" => f64::INFINITY,
        ".nan" => f64::NAN,
        _ if digits.contains(':') => {
            digits.split(':').try_fold(0.0, |sum, part| Some(sum * 60.0 + decimal(part)?))?
        }
        _ => decimal(digits)?,
    };
    Some(if sign { -value } else { value })
}

/// A boolean word, as `!!bool` takes it.
pub fn boolean(text: &str) -> Option<bool> {
    match text.to_ascii_lowercase().as_str() {
        "yes" | "true" | "on" => Some(true),
        "no" | "false" | "off" => Some(false),
        _ => None,
    }
}

/// Whether there is a minus, and the rest.
fn split_sign(text: &str) -> (bool, &str) {
    match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    }
}

/// Digits only: Rust would take a second sign.
fn unsigned(text: &str, radix: u32) -> Option<i128> {
    if text.starts_with(['-', '+']) { None } else { i128::from_str_radix(text, radix).ok() }
}

/// Digits and a point only: Rust would take `inf` and `nan` too.
fn decimal(text: &str) -> Option<f64> {
    if text.starts_with(|c: char| c.is_ascii_digit() || c == '.') { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str) -> String {
        match resolve(text) {
            Some(Scalar::Null) => "null".into(),
            Some(Scalar::Bool(b)) => format!("{b}"),
            Some(Scalar::Int(i)) => format!("{i}"),
            Some(Scalar::Float(f)) => format!("{f:?}"),
            None => format!("'{text}'"),
        }
    }

    #[test]
    fn words_are_read_as_pyyaml_reads_them() {
        let cases = "yes=true|No=false|ON=true|off=false|TRUE=true|y='y'|n='n'|tRue='tRue'|~=null|=null\
            |Null=null|nULL='nULL'|none='none'|nothing='nothing'";
        for case in cases.split('|') {
            let (text, wanted) = case.split_once('=').unwrap();
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_pyyaml_reads_them() {
        let cases = "1_000=1000|0o17='0o17'|017=15|08='08'|-017=-15|0_7=7|0b11=3|0x_1f=31|12:30:45=45045\
            |-1:30=-90|1:30.5=90.5|190:20:30.15=685230.15|1__2_=12|+7=7|0=0|1e3='1e3'|1.e+3=1000.0|.5=0.5\
            |-.5='-.5'|1_0.5_0=10.5|.inf=inf|+.inf=inf|-.INF=-inf|.NaN=NaN|-.nan='-.nan'|.='.'|-='-'|_1='_1'\
            |1.2.3='1.2.3'|0x='0x'|0b_='0b_'|1:99='1:99'|2020-01-01='2020-01-01'|6.0=6.0|1.=1.0|٣='٣'";
        for case in cases.split('|') {
            let (text, wanted) = case.split_once('=').unwrap();
            assert_eq!(shown(text), wanted, "{text}");
        }
    }

    #[test]
    fn a_number_too_large_stays_as_it_was_written() {
        let digits = "9".repeat(60);
        assert_eq!(shown(&digits), format!("'{digits}'"));
    }

    #[test]
    fn what_would_not_read_back_as_text_needs_quotes() {
        for text in ["yes", "12", "0x1f", "1.5", "", "~", "=", "<<", "2020-01-01", "12:30:45", "0o17"] {
            assert_eq!(needs_quotes(text), text != "0o17", "{text}");
        }
    }
}
