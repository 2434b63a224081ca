//! Variables and settings in Terraform's own syntax, for private files instead of a command line.

use serde_json::Value;

use crate::args::Map;
use crate::{Fail, Target};

use std::path::Path;

/// The text of a file that sets these names.
pub(super) fn settings(values: &Map<String, Value>) -> Result<String, Fail> {
    values
        .iter()
        .map(|(name, value)| Ok(format!("{} = {}\n", identifier(name)?, expression(value))))
        .collect()
}

/// The text of a file of variables. Text for a variable that is declared as more than text is an expression.
pub(super) fn variables(
    target: &Target,
    project: &Path,
    values: &Map<String, Value>,
) -> Result<String, Fail> {
    let mut text = String::new();
    for (name, value) in values {
        let raw = value.as_str().filter(|text| is_collection(text));
        let raw = match raw {
            Some(raw) if is_complex(target, project, identifier(name)?)? => Some(raw.to_owned()),
            _ => None,
        };
        text += &format!("{} = {}\n", identifier(name)?, raw.unwrap_or_else(|| expression(value)));
    }
    Ok(text)
}

fn identifier(name: &str) -> Result<&str, Fail> {
    let mut letters = name.chars();
    let first = letters.next().is_some_and(|c| c.is_alphabetic() || c == '_');
    if first && letters.all(|c| c.is_alphanumeric() || c == '_' || c == '-') {
        return Ok(name);
    }
    Err(Fail::new(format!("not a name that Terraform takes: `{name}`")))
}

/// A value as an expression that means nothing but itself.
fn expression(value: &Value) -> String {
    match value {
        Value::String(text) => quoted(text),
        Value::Array(items) => {
            format!("[{}]", items.iter().map(expression).collect::<Vec<_>>().join(", "))
        }
        Value::Object(map) => {
            let pair = |(key, value): (&String, &Value)| format!("{} = {}", quoted(key), expression(value));
            format!("{{ {} }}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
        plain => plain.to_string(),
    }
}

fn quoted(text: &str) -> String {
    let mut out = String::from('"');
    let mut letters = text.chars().peekable();
    while let Some(letter) = letters.next() {
        match letter {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            // `${` and `%{` would begin a template.
            '$' | '%' if letters.peek() == Some(&'{') => out.extend([letter, letter]),
            control if control.is_control() => out += &format!("\\u{:04x}", u32::from(control)),
            plain => out.push(plain),
        }
    }
    out + "\""
}

/// Whether text is one list or map in brackets, with nothing after it.
fn is_collection(text: &str) -> bool {
    let text = text.trim();
    let (mut depth, mut quoted, mut escaped) = (0_usize, false, false);
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '[' | '{' | '(' if !quoted => depth += 1,
            ']' | '}' | ')' if !quoted => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1 == text.len() && text.starts_with(['[', '{']);
                }
            }
            _ if depth == 0 => return false,
            _ => {}
        }
    }
    false
}

/// Whether the project declares a variable with a type that is more than text, number or boolean.
fn is_complex(target: &Target, project: &Path, name: &str) -> Result<bool, Fail> {
    let files = target.list(project)?.unwrap_or_default();
    for file in files.iter().filter_map(|file| file.to_str()) {
        if file.ends_with(".tf") || file.ends_with(".tofu") {
            let text = target.read_text(project.join(file))?.unwrap_or_default();
            if let Some(ty) = declared_type(&text, name) {
                return Ok(["list", "set", "map", "object", "tuple", "any"].contains(&ty.as_str()));
            }
        }
    }
    Ok(false)
}

/// The first word of a variable's type, where the text declares one.
fn declared_type(text: &str, name: &str) -> Option<String> {
    let head = regex::Regex::new(&format!(r#"(?m)^\s*variable\s+"?{}"?\s*\{{"#, regex::escape(name))).ok()?;
    let block = &text[head.find(text)?.end()..];
    let mut depth = 1;
    let end = block.find(|c: char| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    let ty = regex::Regex::new(r"(?m)(?:^|[\s{])type\s*=\s*([a-z]+)").ok()?;
    Some(ty.captures(&block[..end.unwrap_or(block.len())])?[1].to_owned())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_mean_nothing_but_themselves() {
        let cases = [
            (json!("a\"b\n${x} %{y} $${z} 5%"), r#""a\"b\n$${x} %%{y} $$${z} 5%""#),
            (json!(["a", 1, true, null]), r#"["a", 1, true, null]"#),
            (json!({"a b": {"c": 1.5}}), r#"{ "a b" = { "c" = 1.5 } }"#),
            (json!("\u{8}"), r#""\u0008""#),
        ];
        for (value, expected) in cases {
            assert_eq!(expression(&value), expected);
        }
    }

    #[test]
    fn only_one_whole_list_or_map_is_an_expression() {
        assert!(is_collection(r#" ["a]", {b = "\"}"}] "#));
        assert!(is_collection("{a = 1}"));
        for text in ["[1]\nother = 2", "[1", "x", "", "{}{}", "(1)"] {
            assert!(!is_collection(text), "{text}");
        }
    }

    #[test]
    fn the_type_of_a_variable_is_read_from_its_declaration() {
        let text = "variable \"a\" { type = string }\nvariable \"b\" {\n  default = {}\n  type    = list(string)\n}\n";
        assert_eq!(declared_type(text, "a").as_deref(), Some("string"));
        assert_eq!(declared_type(text, "b").as_deref(), Some("list"));
        assert_eq!(declared_type(text, "c"), None);
    }

    #[test]
    fn a_name_cannot_smuggle_in_another() {
        let values = json!({"a = 1\nb": 2});
        assert!(settings(values.as_object().unwrap()).is_err());
    }
}
