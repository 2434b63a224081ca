//! Look-ups whose terms carry options: `key file=a.ini section=b`.

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy, printf};
use super::reading::{found, text};
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup { name: "sequence", doc: "Numbers from one to another, formatted.", run: sequence },
    Lookup { name: "ini", doc: "Values out of INI and properties files.", run: ini },
    Lookup { name: "csvfile", doc: "Values out of CSV files.", run: csvfile },
];

/// A term's words and its options; the call's options come first, so that the term's win.
pub(super) struct Term {
    pub words: Vec<String>,
    options: Vec<(String, Value)>,
}

impl Term {
    /// Splits a term as a shell would; `names` are the options it may carry.
    pub(super) fn new(term: &str, args: &Args, names: &[&str]) -> Result<Self, TemplateError> {
        let mut options: Vec<(String, Value)> =
            args.named.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
        if let Some((name, _)) = options.iter().find(|(n, _)| !names.contains(&n.as_str())) {
            return Err(TemplateError::failed(format!("unknown option `{name}`")));
        }
        let mut words = Vec::new();
        for word in split(term) {
            match word.split_once('=').filter(|(n, _)| names.contains(n)) {
                Some((name, value)) => options.push((name.to_owned(), Value::from(value))),
                None => words.push(word),
            }
        }
        Ok(Self { words, options })
    }

    /// An option as text.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.value(name).map(Value::to_text)
    }

    pub(super) fn value(&self, name: &str) -> Option<&Value> {
        self.options
            .iter()
            .rev()
            .find(|(n, _)| n == name)
            .map(|(_, v)| v)
            .filter(|v| !matches!(v, Value::None))
    }

    /// An option's truth.
    pub(super) fn flag(&self, name: &str, default: bool) -> bool {
        self.value(name).map_or(default, |v| v.to_bool().unwrap_or_else(|| is_truthy(v)))
    }
}

/// Words parted by blanks outside quotes; the quotes are taken off.
fn split(text: &str) -> Vec<String> {
    let (mut words, mut current, mut quote, mut any) = (Vec::new(), String::new(), None, false);
    for c in text.chars() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c @ ('"' | '\''), None) => {
                quote = Some(c);
                any = true;
            }
            (c, None) if c.is_whitespace() => {
                if any || !current.is_empty() {
                    words.push(std::mem::take(&mut current));
                }
                any = false;
            }
            (c, _) => current.push(c),
        }
    }
    if any || !current.is_empty() {
        words.push(current);
    }
    words
}

/// A number as Python's `int(text, 0)` reads it.
fn number(text: &str) -> Result<i128, TemplateError> {
    let (negative, digits) = text.strip_prefix('-').map_or((false, text), |d| (true, d));
    let parsed = match digits.get(..2).map(str::to_ascii_lowercase).as_deref() {
        Some("0x") => i128::from_str_radix(&digits[2..], 16),
        Some("0o") => i128::from_str_radix(&digits[2..], 8),
        _ if digits.len() > 1 && digits.starts_with('0') => i128::from_str_radix(digits, 8),
        _ => digits.parse(),
    };
    let value =
        parsed.map_err(|_| TemplateError::failed(format!("expected a whole number, found `{text}`")))?;
    Ok(if negative { -value } else { value })
}

fn sequence(_: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    const NAMES: &[&str] = &["start", "end", "count", "stride", "format"];
    let terms = if terms.is_empty() { vec![Value::str("")] } else { terms };
    let mut out = Vec::new();
    for term in terms {
        let term = Term::new(&term.to_text(), &args, NAMES)?;
        let option = |name: &str| term.text(name).map(|t| number(&t)).transpose();
        let (mut start, mut end) = (option("start")?.unwrap_or(1), option("end")?);
        let (count, mut stride) = (option("count")?, option("stride")?.unwrap_or(1));
        let mut format = term.text("format").unwrap_or_else(|| "%d".into());
        if let Some(short) = term.words.first() {
            let captures = regex::compile(
                r"^(?:(0?x?[0-9a-f]+)-)?(0?x?[0-9a-f]+)(?:/(0?x?[0-9a-f]+))?(?::(.+))?$",
                Flags { ignore_case: true, ..Flags::default() },
            )?;
            let Some(captures) = captures.first(short)? else {
                return Err(TemplateError::failed(format!("unknown way to write a sequence: `{short}`")));
            };
            let part = |at: usize| captures.get(at).map(|m| m.as_str());
            start = part(1).map(number).transpose()?.unwrap_or(start);
            end = part(2).map(number).transpose()?;
            stride = part(3).map(number).transpose()?.unwrap_or(stride);
            format = part(4).map_or(format, str::to_owned);
        }
        let last = match (count, end) {
            (Some(_), Some(_)) => {
                return Err(TemplateError::failed("`count` and `end` cannot both be given"));
            }
            (None, None) => return Err(TemplateError::failed("`count` or `end` must be given")),
            (Some(0), None) => continue,
            (Some(count), None) => start + count * stride - stride.signum(),
            (None, Some(end)) => end,
        };
        if stride == 0 {
            continue;
        }
        if (stride > 0 && last < start) || (stride < 0 && last > start) {
            let way = if stride > 0 {
                "backwards make `stride` negative"
            } else {
                "forwards make `stride` positive"
            };
            return Err(TemplateError::failed(format!("to count {way}")));
        }
        if (last - start).unsigned_abs() / stride.unsigned_abs() > 10_000_000 {
            return Err(TemplateError::failed("the sequence is too long"));
        }
        let mut at = start;
        while (stride > 0 && at <= last) || (stride < 0 && at >= last) {
            out.push(Value::from(printf::format(&format, &Value::Int(at))?));
            at += stride;
        }
    }
    Ok(out)
}

fn ini(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    const NAMES: &[&str] = &[
        "file",
        "section",
        "type",
        "re",
        "default",
        "encoding",
        "case_sensitive",
        "allow_none",
        "interpolation",
    ];
    let mut out = Vec::new();
    for term in terms {
        let whole = term.to_text();
        let term = Term::new(&whole, &args, NAMES)?;
        let key = term.words.join(" ");
        let path = found(session, "files", &term.text("file").unwrap_or_else(|| "ansible.ini".into()))?;
        let properties = term.text("type").as_deref() == Some("properties");
        let section =
            if properties { String::new() } else { term.text("section").unwrap_or_else(|| "global".into()) };
        let sensitive = term.flag("case_sensitive", false);
        let fold = |k: &str| if sensitive { k.to_owned() } else { k.to_lowercase() };
        let entries = ini_entries(&text(session, &path)?, properties);
        let mut of_section =
            entries.iter().filter(|(s, ..)| *s == section || (s == "DEFAULT" && !properties));
        if term.flag("re", false) {
            let pattern = regex::compile(&key, Flags { anchored: true, ..Flags::default() })?;
            for (_, name, value) in of_section {
                if pattern.first(&fold(name))?.is_some() {
                    out.push(Value::from(value.as_str()));
                }
            }
            continue;
        }
        let value = of_section.rfind(|(_, name, _)| fold(name) == fold(&key)).map(|(.., v)| v.clone());
        out.push(Value::from(value.or_else(|| term.text("default")).unwrap_or_default()));
    }
    Ok(out)
}

/// Section, name and value of each entry.
fn ini_entries(text: &str, properties: bool) -> Vec<(String, String, String)> {
    let mut section = String::new();
    let mut entries: Vec<(String, String, String)> = Vec::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) || (properties && trimmed.starts_with('!')) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
            section = name.to_owned();
        } else if line.starts_with(char::is_whitespace)
            && let Some((.., value)) = entries.last_mut()
        {
            value.push('\n');
            value.push_str(trimmed);
        } else {
            let (name, value) = trimmed.split_once(['=', ':']).unwrap_or((trimmed, ""));
            let section = if properties { String::new() } else { section.clone() };
            entries.push((section, name.trim().to_owned(), value.trim().to_owned()));
        }
    }
    entries
}

fn csvfile(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    const NAMES: &[&str] = &["file", "delimiter", "col", "keycol", "default", "encoding"];
    let mut out = Vec::new();
    for term in terms {
        let term = Term::new(&term.to_text(), &args, NAMES)?;
        let key = term
            .words
            .first()
            .cloned()
            .ok_or_else(|| TemplateError::failed("a key to search for is needed"))?;
        let path = found(session, "files", &term.text("file").unwrap_or_else(|| "ansible.csv".into()))?;
        let delimiter = match term.text("delimiter").as_deref() {
            None | Some("TAB" | "t" | "\\t") => '\t',
            Some(other) => other.chars().next().unwrap_or(','),
        };
        let column = |name: &str, default: usize| {
            term.text(name).map_or(Ok(default), |t| number(&t).map(|n| usize::try_from(n).unwrap_or(default)))
        };
        let (wanted, keyed) = (column("col", 1)?, column("keycol", 0)?);
        let content = text(session, &path)?;
        let row = rows(&content, delimiter).into_iter().find(|row| row.get(keyed) == Some(&key));
        match row {
            Some(row) => out.push(Value::from(row.get(wanted).cloned().ok_or_else(|| {
                TemplateError::failed(format!("the row of `{key}` has no column {wanted}"))
            })?)),
            None => out.extend(term.text("default").map(Value::from)),
        }
    }
    Ok(out)
}

/// The rows of a CSV text, quotes resolved.
fn rows(text: &str, delimiter: char) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field, mut quoted) = (Vec::new(), Vec::new(), String::new(), false);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => row.push(std::mem::take(&mut field)),
            '\r' if !quoted => {}
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            c => field.push(c),
        }
    }
    if !field.is_empty() || !row.is_empty() {
        row.push(field);
        rows.push(row);
    }
    rows
}
