//! Python's `'…' % values`.

use super::args::sized;
use super::python::float;
use super::{TemplateError, Value};

struct Spec {
    left: bool,
    zero: bool,
    plus: bool,
    space: bool,
    alternate: bool,
    width: usize,
    precision: Option<usize>,
}

struct Source<'a> {
    values: Vec<&'a Value>,
    next: usize,
    mapping: Option<&'a Value>,
}

impl<'a> Source<'a> {
    fn take(&mut self) -> Result<&'a Value, TemplateError> {
        let value = self.values.get(self.next).copied();
        self.next += 1;
        value.ok_or_else(|| TemplateError::failed("not enough arguments for format string"))
    }

    fn named(&self, key: &str) -> Result<&'a Value, TemplateError> {
        let map = self.mapping.and_then(Value::as_map);
        let map = map.ok_or_else(|| TemplateError::failed("format requires a mapping"))?;
        map.get(key).ok_or_else(|| TemplateError::failed(format!("'{key}'")))
    }
}

/// Fills a format with one value, or the items of a tuple, or by name from a mapping.
pub(crate) fn format(format: &str, values: &Value) -> Result<String, TemplateError> {
    let mapping = matches!(values, Value::Map(_)).then_some(values);
    let list = match values {
        Value::Tuple(t) => t.items.iter().collect(),
        other => vec![other],
    };
    let mut source = Source { values: list, next: 0, mapping };
    let mut out = String::new();
    let mut chars = format.chars();
    while let Some(c) = chars.next() {
        match c {
            '%' => conversion(&mut chars, &mut source, &mut out)?,
            c => out.push(c),
        }
    }
    if source.next < source.values.len() && source.mapping.is_none() {
        return Err(TemplateError::failed("not all arguments converted during string formatting"));
    }
    Ok(out)
}

type Chars<'c> = std::str::Chars<'c>;

fn conversion(chars: &mut Chars<'_>, source: &mut Source<'_>, out: &mut String) -> Result<(), TemplateError> {
    let incomplete = || TemplateError::failed("incomplete format");
    let mut key = None;
    if chars.as_str().starts_with('(') {
        chars.next();
        key = Some(chars.by_ref().take_while(|c| *c != ')').collect::<String>());
    }
    let spec = spec(chars, source)?;
    while chars.as_str().starts_with(['h', 'l', 'L']) {
        chars.next();
    }
    let kind = chars.next().ok_or_else(incomplete)?;
    if kind == '%' {
        out.push('%');
        return Ok(());
    }
    let value = match &key {
        Some(key) => source.named(key)?,
        None => source.take()?,
    };
    pad(&converted(kind, value, &spec)?, &spec, kind, out);
    Ok(())
}

fn spec(chars: &mut Chars<'_>, source: &mut Source<'_>) -> Result<Spec, TemplateError> {
    let mut spec = Spec {
        left: false,
        zero: false,
        plus: false,
        space: false,
        alternate: false,
        width: 0,
        precision: None,
    };
    while let Some(flag) = chars.clone().next() {
        match flag {
            '-' => spec.left = true,
            '0' => spec.zero = true,
            '+' => spec.plus = true,
            ' ' => spec.space = true,
            '#' => spec.alternate = true,
            _ => break,
        }
        chars.next();
    }
    if let Some(width) = number(chars, source)? {
        spec.left |= width < 0;
        spec.width = sized(width.unsigned_abs().into())?;
    }
    if chars.as_str().starts_with('.') {
        chars.next();
        spec.precision = Some(sized(number(chars, source)?.unwrap_or(0).into())?);
    }
    Ok(spec)
}

fn number(chars: &mut Chars<'_>, source: &mut Source<'_>) -> Result<Option<i64>, TemplateError> {
    if chars.as_str().starts_with('*') {
        chars.next();
        let value = source.take()?.as_int().ok_or_else(|| TemplateError::failed("* wants int"))?;
        return Ok(Some(i64::try_from(value).unwrap_or(i64::MAX)));
    }
    let digits: String = chars.as_str().chars().take_while(char::is_ascii_digit).collect();
    *chars = chars.as_str()[digits.len()..].chars();
    match digits.is_empty() {
        true => Ok(None),
        false => digits.parse().map(Some).map_err(|_| TemplateError::failed("width too big")),
    }
}

fn converted(kind: char, value: &Value, spec: &Spec) -> Result<String, TemplateError> {
    let cut = |text: String| match spec.precision {
        Some(precision) => text.chars().take(precision).collect(),
        None => text,
    };
    Ok(match kind {
        's' => cut(value.to_text()),
        'r' | 'a' => cut(value.repr()),
        'c' => match value {
            Value::Int(i) => u32::try_from(*i).ok().and_then(char::from_u32).map(String::from),
            Value::Str(s) if s.chars().count() == 1 => Some(s.to_string()),
            _ => None,
        }
        .ok_or_else(|| TemplateError::failed("%c requires int or char"))?,
        'd' | 'i' | 'u' => signed(whole(kind, value, true)?, 10, "", spec),
        'x' => signed(whole(kind, value, false)?, 16, "0x", spec),
        'X' => signed(whole(kind, value, false)?, 16, "0X", spec).to_uppercase(),
        'o' => signed(whole(kind, value, false)?, 8, "0o", spec),
        'e' | 'E' | 'f' | 'F' | 'g' | 'G' => {
            let number = value.as_float().ok_or_else(|| {
                TemplateError::failed(format!("must be real number, not {}", value.type_name()))
            })?;
            let text = floating(
                kind.to_ascii_lowercase(),
                number.abs(),
                spec.precision.unwrap_or(6),
                spec.alternate,
            );
            let text = format!("{}{text}", sign(number.is_sign_negative() && !number.is_nan(), spec));
            if kind.is_ascii_uppercase() { text.to_uppercase() } else { text }
        }
        other => {
            return Err(TemplateError::failed(format!(
                "unsupported format character '{other}' (0x{:x})",
                other as u32
            )));
        }
    })
}

fn whole(kind: char, value: &Value, floats: bool) -> Result<i128, TemplateError> {
    match value {
        Value::Float(f) if floats && f.is_finite() => Ok(f.trunc() as i128),
        other => other.as_int().ok_or_else(|| {
            let wanted = if floats { "a real number is required" } else { "an integer is required" };
            TemplateError::failed(format!("%{kind} format: {wanted}, not {}", other.type_name()))
        }),
    }
}

fn sign(negative: bool, spec: &Spec) -> &'static str {
    match (negative, spec.plus, spec.space) {
        (true, ..) => "-",
        (_, true, _) => "+",
        (_, _, true) => " ",
        _ => "",
    }
}

fn signed(value: i128, radix: u32, prefix: &str, spec: &Spec) -> String {
    let digits = in_radix(value.unsigned_abs(), radix);
    let zeros = "0".repeat(spec.precision.unwrap_or(0).saturating_sub(digits.len()));
    let prefix = if spec.alternate { prefix } else { "" };
    format!("{}{prefix}{zeros}{digits}", sign(value < 0, spec))
}

/// The digits of a number in base 2, 8, 10 or 16.
pub(crate) fn in_radix(value: u128, radix: u32) -> String {
    match radix {
        2 => format!("{value:b}"),
        8 => format!("{value:o}"),
        16 => format!("{value:x}"),
        _ => value.to_string(),
    }
}

/// A number that is not negative, as `%e`, `%f` and `%g` have it.
pub(crate) fn floating(kind: char, value: f64, precision: usize, alternate: bool) -> String {
    if !value.is_finite() {
        return float(value);
    }
    // More digits than a number can have, and as many as can be written.
    let precision = precision.min(usize::from(u16::MAX));
    match kind {
        'e' => exponent(value, precision),
        'f' => format!("{value:.precision$}"),
        _ => {
            let precision = precision.max(1);
            let scientific = exponent(value, precision - 1);
            let power: i32 = scientific.split_once('e').and_then(|(_, e)| e.parse().ok()).unwrap_or(0);
            let text = if power < -4 || power >= precision as i32 {
                scientific
            } else {
                let digits = (precision as i32 - 1 - power).max(0) as usize;
                format!("{value:.digits$}")
            };
            if alternate { text } else { without_zeros(&text) }
        }
    }
}

fn exponent(value: f64, precision: usize) -> String {
    let text = format!("{value:.precision$e}");
    let (mantissa, exponent) = text.split_once('e').unwrap_or((&text, "0"));
    let exponent: i32 = exponent.parse().unwrap_or(0);
    format!("{mantissa}e{}{:02}", if exponent < 0 { '-' } else { '+' }, exponent.abs())
}

fn without_zeros(text: &str) -> String {
    let (mantissa, exponent) = match text.split_once('e') {
        Some((m, e)) => (m, format!("e{e}")),
        None => (text, String::new()),
    };
    let mantissa = match mantissa.contains('.') {
        true => mantissa.trim_end_matches('0').trim_end_matches('.'),
        false => mantissa,
    };
    format!("{mantissa}{exponent}")
}

fn pad(text: &str, spec: &Spec, kind: char, out: &mut String) {
    let missing = spec.width.saturating_sub(text.chars().count());
    let numeric = !matches!(kind, 's' | 'r' | 'a' | 'c');
    if spec.left {
        out.push_str(text);
        out.push_str(&" ".repeat(missing));
    } else if spec.zero && numeric {
        let signs = text.len() - text.trim_start_matches(['+', '-', ' ']).len();
        out.push_str(&text[..signs]);
        out.push_str(&"0".repeat(missing));
        out.push_str(&text[signs..]);
    } else {
        out.push_str(&" ".repeat(missing));
        out.push_str(text);
    }
}
