//! Filters with regular expressions.

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("regex_replace", "With what matches replaced.", replace),
    Filter::new("regex_search", "The first match, or groups of it.", search),
    Filter::new("regex_findall", "All matches.", find_all),
    Filter::new("regex_escape", "With the signs of regular expressions escaped.", escape),
];

fn replace(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let names = ["pattern", "replacement", "ignorecase", "multiline", "count", "mandatory_count"];
    let args = args.bind("regex_replace", &names)?;
    let flags =
        Flags { ignore_case: args.truth(2, false), multi_line: args.truth(3, false), anchored: false };
    let pattern = regex::compile(&args.text(0, ""), flags)?;
    let count = usize::try_from(args.int(4, 0)?).unwrap_or(0);
    let (text, found) = pattern.replace(&input.to_text(), &args.text(1, ""), count)?;
    let wanted = args.int(5, 0)?;
    if wanted != 0 && found as i128 != wanted {
        return Err(TemplateError::failed(format!(
            "`{}` should match {wanted} times, but matches {found} times",
            args.text(0, "")
        )));
    }
    Ok(Value::from(text))
}

fn search(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let flag = |v: Option<Value>| v.is_some_and(|v| super::super::is_truthy(&v));
    let flags = Flags {
        ignore_case: flag(args.take("ignorecase")),
        multi_line: flag(args.take("multiline")),
        anchored: false,
    };
    if args.positional.is_empty() {
        let named = args.take("regex");
        args.positional.extend(named);
    }
    let groups = args.positional.split_off(1.min(args.positional.len()));
    let wanted = args.bind("regex_search", &["regex"])?;
    let pattern = regex::compile(&wanted.required_text(0)?, flags)?;
    let text = input.to_text();
    let Some(captures) = pattern.first(&text)? else { return Ok(Value::None) };
    let found = |m: Option<fancy_regex::Match<'_>>| m.map_or(Value::None, |m| Value::from(m.as_str()));
    if groups.is_empty() {
        return Ok(found(captures.get(0)));
    }
    let mut values = Vec::new();
    for group in groups {
        let group = group.to_text();
        if let Some(name) = group.strip_prefix("\\g<").and_then(|g| g.strip_suffix('>')) {
            values.push(match name.parse() {
                Ok(index) => found(captures.get(index)),
                Err(_) if pattern.has_group(name) => found(captures.name(name)),
                Err(_) => return Err(TemplateError::failed(format!("regex_search: no such group `{name}`"))),
            });
        } else if let Some(index) = group.strip_prefix('\\').and_then(|g| g.parse::<usize>().ok()) {
            if index > pattern.groups() {
                return Err(TemplateError::failed(format!("regex_search: no such group `{index}`")));
            }
            values.push(found(captures.get(index)));
        } else {
            return Err(TemplateError::failed(format!(
                "regex_search: expected a group like `\\\\1` or `\\\\g<name>`, found `{group}`"
            )));
        }
    }
    Ok(Value::list(values))
}

fn find_all(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("regex_findall", &["regex", "multiline", "ignorecase"])?;
    let flags =
        Flags { multi_line: args.truth(1, false), ignore_case: args.truth(2, false), anchored: false };
    let pattern = regex::compile(&args.required_text(0)?, flags)?;
    let text = input.to_text();
    let matches = pattern.all(&text)?;
    let found = |m: Option<fancy_regex::Match<'_>>| Value::from(m.map_or("", |m| m.as_str()));
    Ok(Value::list(matches.iter().map(|captures| match pattern.groups() {
        0 => found(captures.get(0)),
        1 => found(captures.get(1)),
        count => Value::tuple((1..=count).map(|g| found(captures.get(g)))),
    })))
}

fn escape(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let kind = args.bind("regex_escape", &["re_type"])?.text(0, "python");
    let text = input.to_text();
    match kind.as_str() {
        "python" => Ok(Value::from(regex::quoted(&text))),
        "posix_basic" => {
            let mut out = String::with_capacity(text.len());
            for c in text.chars() {
                if "[].^$*\\".contains(c) {
                    out.push('\\');
                }
                out.push(c);
            }
            Ok(Value::from(out))
        }
        "posix_extended" => {
            Err(TemplateError::failed("regex_escape: regex type `posix_extended` is not implemented")
                .words("Regex type (posix_extended) not yet implemented"))
        }
        other => Err(TemplateError::failed(format!("regex_escape: unknown regex type `{other}`"))
            .words(format!("Invalid regex type ({other})"))),
    }
}
