//! Filters on numbers and amounts.

use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("abs", "Without its sign.", abs),
    Filter::new("int", "As a whole number, or a default.", int),
    Filter::new("float", "As a number, or a default.", float),
    Filter::new("round", "Rounded to some digits.", round),
    Filter::new("log", "Its logarithm.", log),
    Filter::new("pow", "Raised to a power.", |_, v, a| {
        let a = a.bind("pow", &["power"])?;
        Ok(Value::Float(number(&v, "pow")?.powf(number(a.required(0)?, "pow")?)))
    }),
    Filter::new("root", "Its root.", root),
    Filter::new("filesizeformat", "A size for people, in kB or KiB.", filesizeformat),
    Filter::new("human_readable", "A size for people.", human_readable),
    Filter::new("human_to_bytes", "The bytes that a size for people means.", human_to_bytes),
];

fn number(value: &Value, filter: &str) -> Result<f64, TemplateError> {
    value.as_float().ok_or_else(|| {
        TemplateError::failed(format!("{filter}: expected a number, found `{}`", value.to_text())).words(
            format!("{filter}() can only be used on numbers: must be real number, not {}", value.type_name()),
        )
    })
}

fn abs(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("abs")?;
    Ok(match input.as_int() {
        Some(i) => Value::Int(i.saturating_abs()),
        None => Value::Float(number(&input, "abs")?.abs()),
    })
}

fn int(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("int", &["default", "base"])?;
    let default = || Ok(args.get(0).cloned().unwrap_or(Value::Int(0)));
    let base = args.int(1, 10)?;
    let parsed = match &input {
        Value::Str(s) => in_base(s, base as u32).or_else(|| {
            let float: f64 = python_float(s)?;
            float.is_finite().then_some(float.trunc() as i128)
        }),
        Value::Float(f) => f.is_finite().then_some(f.trunc() as i128),
        other => other.as_int(),
    };
    parsed.map_or_else(default, |i| Ok(Value::Int(i)))
}

/// A whole number as Python's `int(text, base)` reads it.
fn in_base(text: &str, base: u32) -> Option<i128> {
    let text = text.trim();
    let (negative, digits) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixed = [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().find_map(|(prefix, b)| {
        lower.strip_prefix(prefix).filter(|_| base == b || base == 0).map(|d| (d.to_owned(), b))
    });
    let (digits, base) = prefixed.unwrap_or((lower, if base == 0 { 10 } else { base }));
    if !(2..=36).contains(&base) || digits.starts_with('_') || digits.ends_with('_') || digits.contains("__")
    {
        return None;
    }
    let value = i128::from_str_radix(&digits.replace('_', ""), base).ok()?;
    Some(if negative { -value } else { value })
}

/// A number as Python's `float(text)` reads it.
fn python_float(text: &str) -> Option<f64> {
    let text = text.trim();
    if text.starts_with('_') || text.ends_with('_') || text.contains("__") {
        return None;
    }
    let text = text.replace('_', "");
    text.parse().ok()
}

fn float(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("float", &["default"])?;
    let parsed = match &input {
        Value::Str(s) => python_float(s),
        other => other.as_float(),
    };
    Ok(match parsed {
        Some(f) => Value::Float(f),
        None => args.get(0).cloned().unwrap_or(Value::Float(0.0)),
    })
}

fn round(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("round", &["precision", "method"])?;
    let precision = args.int(0, 0)?.clamp(-400, 400) as i32;
    let value = number(&input, "round")?;
    let scale = 10f64.powi(precision);
    let rounded = match args.text(1, "common").as_str() {
        "common" => {
            // ansible: of a boolean a number.
            let rounded = input.as_int().map(Value::Int);
            return Ok(rounded.unwrap_or_else(|| Value::Float(half_even(value, precision))));
        }
        "ceil" => (value * scale).ceil() / scale,
        "floor" => (value * scale).floor() / scale,
        other => {
            return Err(TemplateError::failed(format!(
                "round: expected `common`, `ceil` or `floor`, found `{other}`"
            )));
        }
    };
    Ok(Value::Float(rounded))
}

/// Python's `round`: exact halves go to the even neighbour.
pub(super) fn half_even(value: f64, precision: i32) -> f64 {
    if precision >= 0 {
        return format!("{value:.*}", precision as usize).parse().unwrap_or(value);
    }
    let scale = 10f64.powi(-precision);
    if scale.is_infinite() {
        return 0.0;
    }
    (value / scale).round_ties_even() * scale
}

fn log(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("log", &["base"])?;
    let value = number(&input, "log")?;
    if value <= 0.0 {
        return Err(TemplateError::failed("log: expected a positive number"));
    }
    Ok(Value::Float(match args.some(0).map(|b| number(b, "log")).transpose()? {
        Some(10.0) => value.log10(),
        Some(base) => value.ln() / base.ln(),
        None => value.ln(),
    }))
}

fn root(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("root", &["base"])?;
    let value = number(&input, "root")?;
    Ok(Value::Float(match args.some(0).map(|b| number(b, "root")).transpose()? {
        None | Some(2.0) => value.sqrt(),
        Some(base) => value.powf(1.0 / base),
    }))
}

fn filesizeformat(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let binary = args.bind("filesizeformat", &["binary"])?.truth(0, false);
    let bytes = match &input {
        Value::Str(s) => {
            python_float(s).ok_or_else(|| TemplateError::failed(format!("expected a size, found `{s}`")))?
        }
        other => number(other, "filesizeformat")?,
    };
    let base: f64 = if binary { 1024.0 } else { 1000.0 };
    if bytes == 1.0 {
        return Ok(Value::from("1 Byte"));
    }
    if bytes < base {
        return Ok(Value::from(format!("{} Bytes", bytes.trunc() as i128)));
    }
    let units = if binary {
        ["KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB"]
    } else {
        ["kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB"]
    };
    let mut power = 0;
    while power + 1 < units.len() && bytes >= base.powi(power as i32 + 2) {
        power += 1;
    }
    Ok(Value::from(format!("{:.1} {}", bytes / base.powi(power as i32 + 1), units[power])))
}

const UNITS: [(&str, i128); 8] = [
    ("Y", 1 << 80),
    ("Z", 1 << 70),
    ("E", 1 << 60),
    ("P", 1 << 50),
    ("T", 1 << 40),
    ("G", 1 << 30),
    ("M", 1 << 20),
    ("K", 1 << 10),
];

fn human_readable(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("human_readable", &["isbits", "unit"])?;
    let (bits, unit) = (args.truth(0, false), args.some(1).map(|u| u.to_text().to_uppercase()));
    let size = match &input {
        Value::Str(s) => python_float(s).ok_or_else(|| {
            TemplateError::failed(format!("human_readable: expected a size, found `{s}`")).words(format!(
                "human_readable() failed on bad input: could not convert string to float: '{s}'"
            ))
        })?,
        other => number(other, "human_readable")?,
    };
    let base = if bits { "bits" } else { "Bytes" };
    let suffix = if bits { "b" } else { "B" };
    let chosen = UNITS.iter().find(|(name, limit)| match &unit {
        None => size >= *limit as f64,
        Some(unit) => unit.starts_with(name),
    });
    Ok(Value::from(match chosen {
        Some((name, limit)) => format!("{:.2} {name}{suffix}", size / *limit as f64),
        None => format!("{size:.2} {base}"),
    }))
}

fn human_to_bytes(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("human_to_bytes", &["default_unit", "isbits"])?;
    let (default, bits) = (args.some(0).map(Value::to_text), args.truth(1, false));
    let text = input.to_text();
    let trimmed = text.trim();
    let end = trimmed.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(trimmed.len());
    let wrong =
        || TemplateError::failed(format!("human_to_bytes() can't interpret following string: {text}"));
    let amount: f64 = trimmed[..end].parse().map_err(|_| wrong())?;
    let unit = match trimmed[end..].trim() {
        "" => default.unwrap_or_default(),
        unit => unit.to_owned(),
    };
    let scale = scale(&unit, bits).ok_or_else(wrong)?;
    Ok(Value::Int((amount * scale as f64).round_ties_even() as i128))
}

/// How many bytes or bits a unit is; the case of `b` and `B` tells bits from bytes.
fn scale(unit: &str, bits: bool) -> Option<i128> {
    let Some(first) = unit.chars().next().map(|c| c.to_ascii_uppercase()) else { return Some(1) };
    let rest = unit.strip_prefix(|_: char| true).unwrap_or("");
    let own = if bits { "b" } else { "B" };
    if first == 'B' {
        let whole = if bits { ["b", "bit", "bits"] } else { ["B", "byte", "bytes"] };
        let lower = unit.to_lowercase();
        return (unit == own || (unit.len() > 1 && whole.contains(&lower.as_str()))).then_some(1);
    }
    let (_, scale) = UNITS.iter().find(|(name, _)| name.starts_with(first))?;
    let words = if bits { ["bit", "bits"] } else { ["byte", "bytes"] };
    (rest.is_empty() || rest == own || words.iter().any(|w| rest.to_lowercase().ends_with(w)))
        .then_some(*scale)
}
