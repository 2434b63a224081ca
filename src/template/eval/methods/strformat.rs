//! Python's `str.format`.

use super::super::super::args::sized;
use super::super::super::printf::{floating, in_radix};
use super::super::super::python::float;
use super::super::super::{Args, TemplateError, Value};
use super::index;

/// Fills the fields of a format.
pub(crate) fn format(format: &str, args: &Args) -> Result<String, TemplateError> {
    let mut next = 0;
    fill(format, args, &mut next, 0)
}

fn fill(format: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String, TemplateError> {
    let failed = |message: &str| TemplateError::failed(message.to_owned());
    if depth > 2 {
        return Err(failed("max string recursion exceeded"));
    }
    let mut out = String::new();
    let mut rest = format;
    while let Some(at) = rest.find(['{', '}']) {
        out.push_str(&rest[..at]);
        let brace = &rest[at..=at];
        let after = &rest[at + 1..];
        if let Some(doubled) = after.strip_prefix(brace) {
            out.push_str(brace);
            rest = doubled;
            continue;
        }
        if brace == "}" {
            return Err(failed("single '}' encountered in format string"));
        }
        let end = closing(after).ok_or_else(|| failed("expected '}' before end of string"))?;
        out.push_str(&field(&after[..end], args, next, depth)?);
        rest = &after[end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Where the field's brace closes, nested ones passed over.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0;
    for (at, c) in text.char_indices() {
        match c {
            '{' => open += 1,
            '}' if open == 0 => return Some(at),
            '}' => open -= 1,
            _ => {}
        }
    }
    None
}

fn field(text: &str, args: &Args, next: &mut usize, depth: usize) -> Result<String, TemplateError> {
    let (name, spec) = text.split_once(':').unwrap_or((text, ""));
    let (name, conversion) = name.split_once('!').unwrap_or((name, ""));
    let value = lookup(name, args, next)?;
    let spec = if spec.contains('{') { fill(spec, args, next, depth + 1)? } else { spec.to_owned() };
    let value = match conversion {
        "r" | "a" => Value::from(value.repr()),
        "s" => Value::from(value.to_text()),
        _ => value,
    };
    formatted(&value, &spec)
}

fn lookup(name: &str, args: &Args, next: &mut usize) -> Result<Value, TemplateError> {
    let end = name.find(['.', '[']).unwrap_or(name.len());
    let (first, mut path) = name.split_at(end);
    let position = match first {
        "" => {
            *next += 1;
            Some(*next - 1)
        }
        digits => digits.parse::<usize>().ok(),
    };
    let found = match position {
        Some(at) => args.positional.get(at).cloned(),
        None => args.named.iter().find(|(n, _)| &**n == first).map(|(_, v)| v.clone()),
    };
    let missing = || match position {
        Some(at) => {
            TemplateError::failed(format!("replacement index {at} out of range for positional args tuple"))
        }
        None => TemplateError::failed(format!("'{first}'")),
    };
    let mut value = found.ok_or_else(missing)?;
    while !path.is_empty() {
        let (key, rest) = match path.strip_prefix('[') {
            Some(inner) => inner.split_once(']').unwrap_or((inner, "")),
            None => {
                let inner = &path[1..];
                inner.split_at(inner.find(['.', '[']).unwrap_or(inner.len()))
            }
        };
        value = part(&value, key).ok_or_else(|| TemplateError::failed(format!("'{key}'")))?;
        path = rest;
    }
    Ok(value)
}

fn part(value: &Value, key: &str) -> Option<Value> {
    match value {
        Value::List(l) | Value::Tuple(l) => {
            key.parse().ok().and_then(|i| index(i, l.items.len())).map(|i| l.items[i].clone())
        }
        Value::Map(m) => m.entries.get(key).cloned(),
        Value::Object(o) => o.get(&Value::from(key)),
        _ => None,
    }
}

struct Spec {
    fill: char,
    align: Option<char>,
    sign: char,
    alternate: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

fn parse(spec: &str) -> Result<Spec, TemplateError> {
    let chars: Vec<char> = spec.chars().collect();
    let is_align = |c: Option<&char>| matches!(c, Some('<' | '>' | '^' | '='));
    let mut parsed = Spec {
        fill: ' ',
        align: None,
        sign: '-',
        alternate: false,
        width: 0,
        grouping: None,
        precision: None,
        kind: None,
    };
    let mut at = 0;
    if is_align(chars.get(1)) {
        (parsed.fill, parsed.align, at) = (chars[0], Some(chars[1]), 2);
    } else if is_align(chars.first()) {
        (parsed.align, at) = (Some(chars[0]), 1);
    }
    let accept = |at: &mut usize, wanted: &[char]| {
        let found = chars.get(*at).copied().filter(|c| wanted.contains(c));
        *at += usize::from(found.is_some());
        found
    };
    let number = |at: &mut usize| {
        let digits: String =
            chars[(*at).min(chars.len())..].iter().take_while(|c| c.is_ascii_digit()).collect();
        *at += digits.len();
        digits.parse::<usize>().ok()
    };
    parsed.sign = accept(&mut at, &['+', '-', ' ']).unwrap_or('-');
    parsed.alternate = accept(&mut at, &['#']).is_some();
    if accept(&mut at, &['0']).is_some() && parsed.align.is_none() {
        (parsed.fill, parsed.align) = ('0', Some('='));
    }
    parsed.width = sized(number(&mut at).unwrap_or(0) as i128)?;
    parsed.grouping = accept(&mut at, &[',', '_']);
    if accept(&mut at, &['.']).is_some() {
        let precision = number(&mut at);
        let missing = || TemplateError::failed("format specifier missing precision");
        parsed.precision = Some(sized(precision.ok_or_else(missing)? as i128)?);
    }
    parsed.kind = chars.get(at).copied();
    match at + usize::from(parsed.kind.is_some()) == chars.len() {
        true => Ok(parsed),
        false => Err(TemplateError::failed(format!("invalid format specifier '{spec}'"))),
    }
}

/// A value by a format specification.
fn formatted(value: &Value, spec: &str) -> Result<String, TemplateError> {
    if spec.is_empty() {
        return Ok(value.to_text());
    }
    if let Some(moment) = super::super::super::clock::moment(value) {
        return super::super::super::clock::strftime(spec, moment.at, moment.offset);
    }
    let spec = parse(spec)?;
    let (sign, digits, numeric) = match (value, spec.kind) {
        (Value::Bool(_), None | Some('s')) | (Value::Str(_), None | Some('s')) => {
            let text = value.to_text();
            let text = spec.precision.map_or(text.clone(), |p| text.chars().take(p).collect());
            ("", text, false)
        }
        (Value::Int(_) | Value::Bool(_), None | Some('d' | 'n' | 'b' | 'o' | 'x' | 'X' | 'c')) => {
            whole(value.as_int().unwrap_or(0), &spec)
        }
        (Value::Int(_) | Value::Bool(_) | Value::Float(_), kind) => {
            broken(value.as_float().unwrap_or(0.0), kind, &spec, value.type_name())?
        }
        (other, _) => {
            return Err(TemplateError::failed(format!(
                "unsupported format string passed to {}.__format__",
                other.type_name()
            )));
        }
    };
    Ok(padded(sign, &digits, numeric, &spec))
}

fn sign_of(negative: bool, spec: &Spec) -> &'static str {
    match (negative, spec.sign) {
        (true, _) => "-",
        (false, '+') => "+",
        (false, ' ') => " ",
        _ => "",
    }
}

fn whole(value: i128, spec: &Spec) -> (&'static str, String, bool) {
    let (radix, prefix) = match spec.kind {
        Some('b') => (2, "0b"),
        Some('o') => (8, "0o"),
        Some('x' | 'X') => (16, "0x"),
        Some('c') => {
            let c = u32::try_from(value).ok().and_then(char::from_u32).map(String::from);
            return ("", c.unwrap_or_default(), false);
        }
        _ => (10, ""),
    };
    let size = if radix == 10 { 3 } else { 4 };
    let mut digits = grouped(&in_radix(value.unsigned_abs(), radix), spec.grouping, size);
    if spec.alternate {
        digits.insert_str(0, prefix);
    }
    if spec.kind == Some('X') {
        digits = digits.to_uppercase();
    }
    (sign_of(value < 0, spec), digits, true)
}

fn broken(
    value: f64,
    kind: Option<char>,
    spec: &Spec,
    type_name: &str,
) -> Result<(&'static str, String, bool), TemplateError> {
    let size = value.abs();
    let precision = spec.precision.unwrap_or(6);
    let digits = match kind {
        None if spec.precision.is_none() => float(size),
        None => floating('g', size, precision, false),
        Some('n') => floating('g', size, precision, false),
        Some('%') => format!("{}%", floating('f', size * 100.0, precision, false)),
        Some(k @ ('e' | 'f' | 'g')) => floating(k, size, precision, spec.alternate),
        Some(k @ ('E' | 'F' | 'G')) => {
            floating(k.to_ascii_lowercase(), size, precision, spec.alternate).to_uppercase()
        }
        Some(other) => {
            return Err(TemplateError::failed(format!(
                "unknown format code '{other}' for object of type '{type_name}'"
            )));
        }
    };
    let end = digits.find(['.', 'e', '%']).unwrap_or(digits.len());
    let digits = grouped(&digits[..end], spec.grouping, 3) + &digits[end..];
    Ok((sign_of(value.is_sign_negative() && !value.is_nan(), spec), digits, true))
}

fn grouped(digits: &str, separator: Option<char>, size: usize) -> String {
    let Some(separator) = separator else { return digits.to_owned() };
    let mut out = String::new();
    for (at, c) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(size) {
            out.push(separator);
        }
        out.push(c);
    }
    out
}

fn padded(sign: &str, digits: &str, numeric: bool, spec: &Spec) -> String {
    let missing = spec.width.saturating_sub(sign.len() + digits.chars().count());
    let fill = |n: usize| spec.fill.to_string().repeat(n);
    match spec.align.unwrap_or(if numeric { '>' } else { '<' }) {
        '<' => format!("{sign}{digits}{}", fill(missing)),
        '^' => format!("{}{sign}{digits}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' => format!("{sign}{}{digits}", fill(missing)),
        _ => format!("{}{sign}{digits}", fill(missing)),
    }
}
