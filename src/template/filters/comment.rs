//! The filter `comment`.

use super::super::args::sized;
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[Filter::new("comment", "The text as a comment.", comment)];

struct Style {
    beginning: &'static str,
    decoration: &'static str,
    end: &'static str,
}

fn style(name: &str) -> Option<Style> {
    let style = |beginning, decoration, end| Some(Style { beginning, decoration, end });
    match name {
        "plain" => style("", "# ", ""),
        "erlang" => style("", "% ", ""),
        "c" => style("", "// ", ""),
        "cblock" => style("/*", " * ", " */"),
        "xml" => style("<!--", " - ", "-->"),
        _ => None,
    }
}

fn comment(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let name = match args.positional.is_empty() {
        true => args.take("style").map_or_else(|| "plain".into(), |s| s.to_text()),
        false => args.positional.remove(0).to_text(),
    };
    let style = style(&name).ok_or_else(|| {
        TemplateError::failed(format!(
            "comment: expected `plain`, `erlang`, `c`, `cblock` or `xml`, found `{name}`"
        ))
        .words(format!("Invalid style '{name}'."))
    })?;
    let mut option = |name: &str| args.take(name).map(|v| v.to_text());
    let newline = option("newline").unwrap_or_else(|| "\n".into());
    let decoration = option("decoration").unwrap_or_else(|| style.decoration.into());
    let beginning = option("beginning").unwrap_or_else(|| style.beginning.into());
    let end = option("end").unwrap_or_else(|| style.end.into());
    let prefix = option("prefix").unwrap_or_else(|| decoration.trim_end().into());
    let postfix = option("postfix").unwrap_or_else(|| decoration.trim_end().into());
    let mut count = |name: &str| sized(args.take(name).and_then(|v| v.as_int()).unwrap_or(1));
    let (before, after) = (count("prefix_count")?, count("postfix_count")?);
    args.none("comment")?;
    let beginning = if beginning.is_empty() { beginning } else { beginning + &newline };
    let before = match prefix.as_str() {
        "" => String::new(),
        prefix if prefix == newline => newline.repeat(before),
        prefix => format!("{prefix}{newline}").repeat(before),
    };
    let text = input.to_text().replace(&newline, &format!("{newline}{decoration}"));
    // Decorated empty lines keep no blanks at their end.
    let body = format!("{decoration}{text}")
        .replace(&format!("{decoration}{newline}"), &format!("{}{newline}", decoration.trim_end()));
    let after = format!("{newline}{postfix}").repeat(after);
    let end = if end.is_empty() { end } else { format!("{newline}{end}") };
    Ok(Value::from(format!("{beginning}{before}{body}{after}{end}")))
}
