//! Filters on text: case, whitespace, wrapping.

use super::super::eval::methods::{capitalize, split_lines};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, printf};
use super::{Filter, Outcome};
use baton_modules::sorting::Sorting;

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("upper", "All letters large.", |_, v, a| plain(a, "upper", v.to_text().to_uppercase())),
    Filter::new("lower", "All letters small.", |_, v, a| plain(a, "lower", v.to_text().to_lowercase())),
    Filter::new("capitalize", "The first letter large, the rest small.", |_, v, a| {
        plain(a, "capitalize", capitalize(&v.to_text()))
    }),
    Filter::new("title", "Every word's first letter large.", |_, v, a| {
        plain(a, "title", title(&v.to_text()))
    }),
    Filter::new("string", "The value as text.", |_, v, a| plain(a, "string", v.to_text())),
    Filter::new("safe", "The value; markup is never escaped here.", |_, v, a| plain(a, "safe", v.to_text())),
    Filter::new("trim", "Without blanks, or the given characters, at both ends.", trim),
    Filter::new("replace", "With a text replaced by another.", replace),
    Filter::new("center", "Centred in a width.", center),
    Filter::new("indent", "With every line but the first indented.", indent),
    Filter::new("truncate", "Cut to a length, at a word's end.", truncate),
    Filter::new("wordwrap", "Wrapped into lines of a width.", wordwrap),
    Filter::new("wordcount", "How many words it has.", |_, v, a| {
        a.none("wordcount")?;
        let text = v.to_text();
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_')).filter(|w| !w.is_empty());
        Ok(Value::Int(words.count() as i128))
    }),
    Filter::new("format", "A `%` format with its values put in.", format),
    Filter::new("split", "The parts between separators.", split),
    Filter::new("pprint", "The value as Python prints it, for people.", |_, v, a| {
        plain(a, "pprint", pretty(&v, 0))
    }),
];

fn plain(args: Args, name: &str, text: String) -> Outcome {
    args.none(name)?;
    Ok(Value::from(text))
}

/// Jinja's `title`: words begin after blanks and the signs `-({[<`.
fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut begin = true;
    for c in text.chars() {
        match begin {
            true => out.extend(c.to_uppercase()),
            false => out.extend(c.to_lowercase()),
        }
        begin = c.is_whitespace() || matches!(c, '-' | '(' | '{' | '[' | '<');
    }
    out
}

fn trim(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("trim", &["chars"])?;
    let text = input.to_text();
    Ok(Value::from(match args.some(0) {
        Some(chars) => {
            let set: Vec<char> = chars.to_text().chars().collect();
            text.trim_matches(|c| set.contains(&c)).to_owned()
        }
        None => text.trim().to_owned(),
    }))
}

fn replace(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("replace", &["old", "new", "count"])?;
    let (old, new) = (args.required_text(0)?, args.required_text(1)?);
    let text = input.to_text();
    Ok(Value::from(match usize::try_from(args.int(2, -1)?) {
        Ok(count) => text.replacen(&old, &new, count),
        Err(_) => text.replace(&old, &new),
    }))
}

fn center(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let width = args.bind("center", &["width"])?.size(0, 80)?;
    let text = input.to_text();
    let missing = width.saturating_sub(text.chars().count());
    let left = missing / 2 + (missing & width & 1);
    Ok(Value::from(format!("{}{text}{}", " ".repeat(left), " ".repeat(missing - left))))
}

fn indent(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("indent", &["width", "first", "blank"])?;
    let margin = match args.get(0) {
        Some(Value::Str(s)) => s.to_string(),
        _ => " ".repeat(args.size(0, 4)?),
    };
    let (first, blank) = (args.truth(1, false), args.truth(2, false));
    let text = input.to_text() + "\n";
    let lines = split_lines(&text, false);
    let indented = lines.iter().enumerate().map(|(at, line)| match at > 0 && (blank || !line.is_empty()) {
        true => format!("{margin}{line}"),
        false => line.clone(),
    });
    let text = indented.collect::<Vec<_>>().join("\n");
    Ok(Value::from(if first { format!("{margin}{text}") } else { text }))
}

fn truncate(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("truncate", &["length", "killwords", "end", "leeway"])?;
    let text = input.to_text();
    let (length, end) = (args.int(0, 255)?.max(0) as usize, args.text(2, "..."));
    let leeway = args.int(3, 5)?.max(0) as usize;
    let ending = end.chars().count();
    if length < ending {
        return Err(TemplateError::failed(format!(
            "truncate: expected a length of at least {ending}, found {length}"
        )));
    }
    if text.chars().count() <= length + leeway {
        return Ok(Value::from(text));
    }
    let cut: String = text.chars().take(length - ending).collect();
    let kept = match args.truth(1, false) {
        true => cut.as_str(),
        false => cut.rsplit_once(' ').map_or(cut.as_str(), |(words, _)| words),
    };
    Ok(Value::from(format!("{kept}{end}")))
}

fn wordwrap(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("wordwrap", &["width", "break_long_words", "wrapstring", "break_on_hyphens"])?;
    let width = args.int(0, 79)?.max(1) as usize;
    let (long, hyphens) = (args.truth(1, true), args.truth(3, true));
    let newline = args.text(2, "\n");
    let text = input.to_text();
    let lines = split_lines(&text, false);
    let wrapped = lines.iter().map(|line| wrap(line, width, long, hyphens).join(&newline));
    Ok(Value::from(wrapped.collect::<Vec<_>>().join(&newline)))
}

/// Wraps one line; blanks at the ends of the new lines are dropped.
fn wrap(line: &str, width: usize, long: bool, hyphens: bool) -> Vec<String> {
    let mut lines = Vec::new();
    let mut current = String::new();
    let mut chunks: std::collections::VecDeque<String> = chunks(line, hyphens).into();
    let length = |s: &str| s.chars().count();
    while let Some(chunk) = chunks.pop_front() {
        if current.is_empty() && !lines.is_empty() && chunk.trim().is_empty() {
            continue;
        }
        if length(&current) + length(&chunk) <= width {
            current.push_str(&chunk);
            continue;
        }
        if length(&chunk) > width && long {
            let room = width - length(&current).min(width);
            let room = if room == 0 { 0 } else { room };
            let head: String = chunk.chars().take(room).collect();
            let tail: String = chunk.chars().skip(room).collect();
            current.push_str(&head);
            chunks.push_front(tail);
        } else if current.is_empty() {
            current.push_str(&chunk);
        } else {
            chunks.push_front(chunk);
        }
        let done = current.trim_end().to_owned();
        if !done.is_empty() {
            lines.push(done);
        }
        current.clear();
    }
    let last = current.trim_end();
    if !last.is_empty() {
        lines.push(last.to_owned());
    }
    lines
}

/// Words and the blanks between them; words may break behind hyphens.
fn chunks(line: &str, hyphens: bool) -> Vec<String> {
    let mut chunks: Vec<String> = Vec::new();
    let chars: Vec<char> = line.chars().collect();
    for (at, c) in chars.iter().enumerate() {
        let fresh = match at.checked_sub(1).map(|p| chars[p]) {
            None => true,
            Some(before) => {
                let hyphen =
                    hyphens && before == '-' && at >= 2 && chars[at - 2].is_alphabetic() && c.is_alphabetic();
                before.is_whitespace() != c.is_whitespace() || hyphen
            }
        };
        match chunks.last_mut().filter(|_| !fresh) {
            Some(last) => last.push(*c),
            None => chunks.push(c.to_string()),
        }
    }
    chunks
}

fn format(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let values = match (args.positional.is_empty(), args.named.is_empty()) {
        (false, false) => {
            return Err(TemplateError::failed("format takes values by position or by name, not both"));
        }
        (_, true) => Value::tuple(args.positional),
        (true, false) => Value::map(args.named.into_iter().map(|(n, v)| (Value::Str(n), v))),
    };
    printf::format(&input.to_text(), &values).map(Value::from)
}

fn split(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let text = Value::from(input.to_text());
    let _ = session;
    super::super::eval::methods::call(&text, "split", args)
}

/// Python's `pprint`: containers that do not fit one line are broken into one item a line.
pub(super) fn pretty(value: &Value, indent: usize) -> String {
    let flat = value.repr();
    if flat.chars().count() + indent <= 80 {
        return flat;
    }
    let pad = " ".repeat(indent + 1);
    let joined = |parts: Vec<String>, open: char, close: char| {
        format!("{open}{}{close}", parts.join(&format!(",\n{pad}")))
    };
    match value {
        Value::List(l) => joined(l.items.iter().map(|i| pretty(i, indent + 1)).collect(), '[', ']'),
        Value::Tuple(l) => joined(l.items.iter().map(|i| pretty(i, indent + 1)).collect(), '(', ')'),
        Value::Map(m) => {
            let mut entries: Vec<_> = m.entries.iter().map(|(k, v)| (k.repr(), v)).collect();
            entries.order_by(|a, b| a.0.cmp(&b.0));
            let parts = entries.into_iter().map(|(k, v)| {
                let inner = pretty(v, indent + k.chars().count() + 3);
                format!("{k}: {inner}")
            });
            joined(parts.collect(), '{', '}')
        }
        _ => flat,
    }
}
