//! Filters to and from JSON and YAML, and queries into structures.

use std::borrow::Cow;

use super::super::args::sized;
use super::super::json;
use super::super::session::Session;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};
use crate::diagnostic::{Diagnostics, Severity, Source};
use crate::yaml::emit::{Emit, Flow, Layout, dump};
use crate::yaml::{Node, Yaml, read};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("to_json", "As JSON.", |_, v, a| to_json(&v, a, None, false)),
    Filter::new("to_nice_json", "As JSON for people.", |_, v, a| to_json(&v, a, Some("    "), true)),
    Filter::new("tojson", "As JSON that is safe within HTML.", tojson),
    Filter::new("from_json", "Out of JSON.", from_json),
    Filter::new("to_yaml", "As YAML.", |_, v, a| to_yaml(&v, a, Layout::default())),
    Filter::new("to_nice_yaml", "As YAML for people.", |_, v, a| {
        let indent = a.positional.first().map(|n| number("indent", n)).transpose()?;
        let layout = Layout::nice();
        to_yaml(&v, a, Layout { indent: indent.unwrap_or(layout.indent), ..layout })
    }),
    Filter::new("community.general.to_nice_yaml", "As YAML for people, two blanks deep.", |_, v, a| {
        to_yaml(&v, a, Layout { indent: 2, ..Layout::nice() })
    }),
    Filter::new("from_yaml", "Out of YAML.", |_, v, a| {
        a.none("from_yaml")?;
        let Value::Str(text) = &v else { return Ok(v) };
        let mut documents = documents(text)?;
        match documents.len() {
            0 => Ok(Value::None),
            1 => Ok(documents.remove(0)),
            _ => Err(TemplateError::failed(
                "from_yaml: expected a single document; `from_yaml_all` takes several",
            )),
        }
    }),
    Filter::new("from_yaml_all", "All documents out of YAML.", |_, v, a| {
        a.none("from_yaml_all")?;
        match &v {
            Value::Str(text) => documents(text).map(Value::list),
            Value::None => Ok(Value::list([])),
            _ => Ok(v),
        }
    }),
];

/// Python's `indent`: a number of blanks, or a text.
fn indentation(value: &Value) -> Result<Option<String>, TemplateError> {
    Ok(match value {
        Value::Str(s) => Some(s.to_string()),
        other => other.as_int().map(sized).transpose()?.map(|n| " ".repeat(n)),
    })
}

fn to_json(value: &Value, mut args: Args, indent: Option<&str>, sorted: bool) -> Outcome {
    let indent = match args.take("indent") {
        Some(value) => indentation(&value)?,
        None => indent.map(str::to_owned),
    };
    let flag = |value: Option<Value>, default: bool| value.map_or(default, |v| is_truthy(&v));
    let sort_keys = flag(args.take("sort_keys"), sorted);
    let mut layout = json::Layout {
        ascii: flag(args.take("ensure_ascii"), true),
        sort_keys,
        item: if indent.is_some() { "," } else { ", " }.into(),
        key: ": ".into(),
        indent,
    };
    if let Some(separators) = args.take("separators")
        && let Some([item, key]) = separators.as_list()
    {
        (layout.item, layout.key) = (item.to_text(), key.to_text());
    }
    for ignored in ["vault_to_text", "preprocess_unsafe", "allow_nan", "check_circular", "skipkeys"] {
        args.take(ignored);
    }
    args.none("to_json")?;
    json::write(value, &layout).map(Value::from)
}

fn tojson(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("tojson", &["indent"])?;
    let indent = args.some(0).map(indentation).transpose()?.flatten();
    let item = if indent.is_some() { "," } else { ", " }.to_owned();
    let layout = json::Layout { ascii: true, sort_keys: true, item, key: ": ".into(), indent };
    let text = json::write(&input, &layout)?;
    let unsafe_signs = [("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026"), ("'", "\\u0027")];
    Ok(Value::from(unsafe_signs.iter().fold(text, |text, (from, to)| text.replace(from, to))))
}

fn from_json(_: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    args.take("profile");
    args.none("from_json")?;
    let text = input.to_text();
    let parsed: serde_json::Value =
        serde_json::from_str(&text).map_err(|e| TemplateError::failed(format!("from_json: {e}")))?;
    Ok(Value::from_json(&parsed))
}

fn number(name: &str, value: &Value) -> Result<i32, TemplateError> {
    value.as_int().and_then(|n| i32::try_from(n).ok()).ok_or_else(|| {
        TemplateError::failed(format!("to_yaml: expected `{name}` to be a number, found `{}`", value.repr()))
    })
}

fn to_yaml(value: &Value, mut args: Args, mut layout: Layout) -> Outcome {
    for (name, value) in std::mem::take(&mut args.named) {
        match &*name {
            "indent" => layout.indent = number("indent", &value)?,
            "width" => layout.width = number("width", &value)?,
            "sort_keys" => layout.sort_keys = is_truthy(&value),
            "allow_unicode" => layout.allow_unicode = is_truthy(&value),
            "explicit_start" => layout.explicit_start = is_truthy(&value),
            "explicit_end" => layout.explicit_end = is_truthy(&value),
            "default_flow_style" => {
                layout.flow = match &value {
                    Value::None => Flow::Leaves,
                    value if is_truthy(value) => Flow::Always,
                    _ => Flow::Never,
                }
            }
            "canonical" => layout.canonical = is_truthy(&value),
            "default_style" => layout.style = value.as_str().and_then(|s| s.chars().next()),
            "line_break" | "encoding" | "version" | "tags" | "dump_vault_tags" => {}
            other => return Err(TemplateError::failed(format!("to_yaml has no argument `{other}`"))),
        }
    }
    // ansible: what has no name is passed over.
    dump(&emitted(value)?, &layout).map(Value::from).map_err(|e| TemplateError::failed(e.to_string()))
}

fn emitted(value: &Value) -> Result<Emit<'_>, TemplateError> {
    Ok(match value {
        Value::None => Emit::Null,
        Value::Bool(b) => Emit::Bool(*b),
        Value::Int(i) => Emit::Int(*i),
        Value::Float(f) => Emit::Float(*f),
        Value::Str(s) => Emit::Str(Cow::Borrowed(s)),
        Value::Template(t) => Emit::Str(Cow::Borrowed(&t.text)),
        Value::Vault(v) => Emit::Vault(&v.text),
        Value::Bytes(b) => Emit::Bytes(b),
        Value::List(l) | Value::Tuple(l) => Emit::Seq(l.items.iter().map(emitted).collect::<Result<_, _>>()?),
        Value::Map(m) => {
            let entries = m.entries.iter().map(|(k, v)| Ok((emitted(k)?, emitted(v)?)));
            Emit::Map(entries.collect::<Result<_, TemplateError>>()?)
        }
        Value::Object(_) if super::super::clock::moment(value).is_some() => Emit::Plain(value.to_text()),
        Value::Object(_) => Emit::Str(Cow::Owned(value.to_text())),
        Value::Undefined(u) => return Err(TemplateError::undefined(u)),
        Value::Omit => return Err(TemplateError::failed("`omit` has no YAML")),
    })
}

/// The documents of a YAML text; all in them is data.
fn documents(text: &str) -> Result<Vec<Value>, TemplateError> {
    let source = Source::new("<from_yaml>", text);
    let mut diagnostics = Diagnostics::default();
    let nodes = read(&source, &mut diagnostics);
    if let Some(problem) = diagnostics.0.iter().find(|d| d.severity == Severity::Error) {
        let place = problem.place.as_ref().map_or(String::new(), |(span, _)| {
            let (line, column) = span.position();
            format!(" in line {line}, column {column}")
        });
        return Err(TemplateError::failed(format!("from_yaml: {}{place}", problem.message)));
    }
    Ok(nodes.iter().map(data).collect())
}

/// A node as data: nothing in it is a template.
pub(crate) fn data(node: &Node) -> Value {
    match &node.value {
        Yaml::Seq(items) => Value::list(items.iter().map(data)),
        Yaml::Map(entries) => Value::map(entries.iter().map(|(k, v)| (data(k).into_key(), data(v)))),
        Yaml::Str { text, .. } => Value::Str(text.clone()),
        _ => Value::from_node(node),
    }
}
