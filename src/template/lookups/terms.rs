//! Look-ups whose terms carry options: `key file=a.ini section=b`.

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, csv, ini, is_truthy, printf};
use super::reading::{found, text_in};
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

fn too_long() -> TemplateError {
    TemplateError::failed("the sequence is too long")
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
            (Some(count), None) => {
                let last = count.checked_mul(stride).and_then(|on| start.checked_add(on)?.checked_sub(1));
                last.ok_or_else(too_long)?
            }
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
        if last.abs_diff(start) / stride.unsigned_abs() > 10_000_000 {
            return Err(too_long());
        }
        let mut next = Some(start);
        while let Some(at) = next.filter(|at| if stride > 0 { *at <= last } else { *at >= last }) {
            out.push(Value::from(printf::format(&format, &Value::Int(at))?));
            next = at.checked_add(stride);
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
        "allow_no_value",
        "interpolation",
    ];
    let mut out = Vec::new();
    for term in terms {
        let whole = term.to_text();
        let term = Term::new(&whole, &args, NAMES)?;
        let key = term.words.join(" ");
        if key.is_empty() {
            let words =
                format!("No key to look up was provided as first term within string inline options: {whole}");
            return Err(TemplateError::failed("a key to look up is needed").words(words));
        }
        let file = term.text("file").unwrap_or_else(|| "ansible.ini".into());
        let path = found(session, "files", &file)?;
        let content = text_in(session, &path, &term.text("encoding").unwrap_or_else(|| "utf-8".into()))?;
        let (section, content) = match term.text("type").as_deref() {
            Some("properties") => ("java_properties".to_owned(), format!("[java_properties]\n{content}")),
            _ => (term.text("section").unwrap_or_else(|| "global".into()), content),
        };
        let sensitive = term.flag("case_sensitive", false);
        let fold = |k: &str| if sensitive { k.to_owned() } else { k.to_lowercase() };
        let lonely = term.flag("allow_no_value", term.flag("allow_none", false));
        let parsed =
            ini::parse(&content, &file, fold, lonely).map_err(|e| match e.reason().contains("option '") {
                true => e.words(format!("Duplicate option in '{file}'.")),
                false => e,
            })?;
        let entries = parsed.section(&section).ok_or_else(|| {
            TemplateError::failed(format!("there is no section `{section}` in `{file}`"))
                .words(format!("No section '{section}' in '{file}'."))
        })?;
        let value = |name: &str, value: &str| match term.flag("interpolation", true) {
            true => interpolated(&entries, name, value, &fold, 0),
            false => Ok(value.to_owned()),
        };
        if term.flag("re", false) {
            let pattern = regex::compile(&key, Flags { anchored: true, ..Flags::default() })?;
            for (name, written) in &entries {
                if let (Some(_), Some(written)) = (pattern.first(name)?, written) {
                    out.push(Value::from(value(name, written)?));
                }
            }
            continue;
        }
        match entries.get(&fold(&key)) {
            Some(Some(written)) => out.push(Value::from(value(&key, written)?)),
            Some(None) => {}
            None => out.push(Value::from(term.text("default").unwrap_or_default())),
        }
    }
    Ok(out)
}

/// A value with `%(name)s` put in place.
fn interpolated(
    entries: &ini::Section,
    name: &str,
    value: &str,
    fold: &impl Fn(&str) -> String,
    depth: usize,
) -> Result<String, TemplateError> {
    let wrong = |why: &str| TemplateError::failed(format!("the value of `{name}` {why}: `{value}`"));
    if depth > 10 {
        return Err(wrong("needs itself"));
    }
    let (mut out, mut rest) = (String::new(), value);
    while let Some((before, after)) = rest.split_once('%') {
        out.push_str(before);
        if let Some(after) = after.strip_prefix('%') {
            out.push('%');
            rest = after;
            continue;
        }
        let inner = after.strip_prefix('(').and_then(|a| a.split_once(")s"));
        let (inner, after) = inner.ok_or_else(|| wrong("has a `%` that is neither `%%` nor `%(name)s`"))?;
        let found = entries.get(&fold(inner)).and_then(Option::as_ref);
        let found = found.ok_or_else(|| wrong(&format!("needs `{inner}`, which is not there")))?;
        out.push_str(&interpolated(entries, inner, found, fold, depth + 1)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
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
        let content = text_in(session, &path, &term.text("encoding").unwrap_or_else(|| "utf-8".into()))?;
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
