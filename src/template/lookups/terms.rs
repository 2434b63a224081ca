//! Look-ups whose terms carry options: `key file=a.ini section=b`.

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, csv, is_truthy, printf};
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
    /// The words as they are written, quotes and all.
    raw: Vec<String>,
    options: Vec<(String, Value)>,
}

impl Term {
    /// Splits a term as a shell would; `names` are the options it may carry.
    pub(super) fn new(term: &str, args: &Args, names: &[&str]) -> Result<Self, TemplateError> {
        let mut options: Vec<(String, Value)> =
            args.named.iter().map(|(n, v)| (n.to_string(), v.clone())).collect();
        if let Some((name, _)) = options.iter().find(|(n, _)| !names.contains(&n.as_str())) {
            return Err(unknown_option(name, names));
        }
        let (mut words, mut raw) = (Vec::new(), Vec::new());
        for (written, word) in split(term) {
            match word.split_once('=') {
                Some((name, value)) if names.contains(&name) => {
                    options.push((name.to_owned(), Value::from(value)));
                }
                Some((name, _)) if !options.is_empty() || words.is_empty() => {
                    return Err(unknown_option(name, names));
                }
                _ => {
                    words.push(word);
                    raw.push(written);
                }
            }
        }
        Ok(Self { words, raw, options })
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

fn unknown_option(name: &str, names: &[&str]) -> TemplateError {
    let error = TemplateError::failed(format!("unknown option `{name}`"));
    let near = crate::diagnostic::nearest(name, names.iter().copied());
    let error = near.into_iter().fold(error, |e, near| e.hint(format!("did you mean `{near}`?")));
    error.words(format!("'{name}' is not a valid option"))
}

/// Words parted by blanks outside quotes, as written and with the quotes taken off.
fn split(text: &str) -> Vec<(String, String)> {
    let (mut words, mut written, mut current, mut quote) = (Vec::new(), String::new(), String::new(), None);
    for c in text.chars() {
        if quote.is_none() && c.is_whitespace() {
            if !written.is_empty() {
                words.push((std::mem::take(&mut written), std::mem::take(&mut current)));
            }
            continue;
        }
        written.push(c);
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            (c @ ('"' | '\''), None) => quote = Some(c),
            (c, _) => current.push(c),
        }
    }
    if !written.is_empty() {
        words.push((written, current));
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
    let wrong = |_| {
        let error = TemplateError::failed(format!("expected a whole number, found `{text}`"));
        error.words(format!("Option has an invalid value: expected a whole number, found '{text}'"))
    };
    let value = parsed.map_err(wrong)?;
    Ok(if negative { -value } else { value })
}

fn sequence(_: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    const NAMES: &[&str] = &["start", "end", "count", "stride", "format"];
    let terms = if terms.is_empty() && !args.named.is_empty() { vec![Value::str("")] } else { terms };
    let mut out = Vec::new();
    for term in terms {
        let term = Term::new(&term.to_text(), &args, NAMES).map_err(|e| {
            let words = e.reason().replace(" is not a valid option", "");
            e.words(format!("unrecognized arguments to with_sequence: [{words}]"))
        })?;
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
                return Err(TemplateError::failed("`count` and `end` cannot both be given")
                    .words("can't specify both count and end in with_sequence"));
            }
            (None, None) => {
                return Err(TemplateError::failed("`count` or `end` must be given")
                    .words("must specify count or end in with_sequence"));
            }
            (Some(0), None) => continue,
            // ansible: one less even where it counts backwards, which gives more numbers than asked for.
            (Some(count), None) => start + count * stride - 1,
            (None, Some(end)) => end,
        };
        if stride == 0 {
            continue;
        }
        if (stride > 0 && last < start) || (stride < 0 && last > start) {
            let (message, words) = if stride > 0 {
                ("to count backwards make `stride` negative", "to count backwards make stride negative")
            } else {
                ("to count forwards make `stride` positive", "to count forward don't make stride negative")
            };
            return Err(TemplateError::failed(message).words(words));
        }
        if format.matches('%').count() != 1 {
            let message = format!("`format` must hold one place for the number, found `{format}`");
            return Err(TemplateError::failed(message).words(format!("bad formatting string: {format}")));
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
    let no_key = || {
        TemplateError::failed("a key to search for is needed")
            .words("Search key is required but was not found")
    };
    if terms.is_empty() {
        return Err(no_key());
    }
    let mut out = Vec::new();
    for term in terms {
        let term = Term::new(&term.to_text(), &args, NAMES)?;
        let key = term.raw.join(" ");
        if key.is_empty() {
            return Err(no_key());
        }
        let name = term.text("file").unwrap_or_else(|| "ansible.csv".into());
        let path = found(session, "files", &name)
            .map_err(|e| e.words(format!("[Errno 2] No such file or directory: '{name}'")))?;
        let delimiter = match term.text("delimiter").as_deref() {
            None | Some("TAB" | "t" | "\\t") => '\t',
            Some(other) => other.chars().next().unwrap_or(','),
        };
        let column = |name: &str, default: usize| {
            term.text(name).map_or(Ok(default), |t| number(&t).map(|n| usize::try_from(n).unwrap_or(default)))
        };
        let (wanted, keyed) = (column("col", 1)?, column("keycol", 0)?);
        let content = text(session, &path)?;
        let row = csv::rows(&content, delimiter, false).into_iter().find(|row| row.get(keyed) == Some(&key));
        match row {
            Some(row) => out.push(Value::from(row.get(wanted).cloned().ok_or_else(|| {
                TemplateError::failed(format!("the row of `{key}` has no column {wanted}"))
            })?)),
            None => match term.value("default") {
                Some(Value::List(list)) => out.extend(list.items.iter().cloned()),
                Some(default) => out.push(default.clone()),
                None => {}
            },
        }
    }
    Ok(out)
}
