//! Reading of single values: fields, names, conditions, variables.

use std::sync::Arc;

use super::Reader;
use super::embedded::unembed;
use crate::diagnostic::{Diagnostic, Span, nearest};
use crate::playbook::keywords::{Keyword, Kind};
use crate::playbook::{Condition, Field};
use crate::template::{Template, Value, has_markers};
use crate::vars::{Definition, VarMap, reserved};
use crate::yaml::{Mapping, Node, Yaml};

impl Reader<'_> {
    /// A keyword's value, checked for its kind; `None` when nothing was written.
    pub(super) fn field(&mut self, keyword: &Keyword, node: &Node) -> Option<Field> {
        if node.is_null() {
            return None;
        }
        let mut field = Field { value: Value::from_node(node), span: node.span.clone() };
        if node.as_str().is_some_and(has_markers) || matches!(node.value, Yaml::Vault(_)) {
            return Some(field);
        }
        let name = keyword.name;
        match keyword.kind {
            Kind::Bool if !suits(keyword, node) => self.wrong(name, "a boolean", node),
            Kind::Bool => field.value = Value::Bool(truth(node) == Some(true)),
            Kind::Int | Kind::Number if !suits(keyword, node) => self.wrong(name, "a number", node),
            Kind::Int if number(node).is_some_and(|n| n.fract() != 0.0) => {
                self.wrong(name, "a whole number", node);
            }
            Kind::Text => match scalar(node) {
                Some(text) => field.value = Value::str(text),
                None => self.wrong(name, "a string", node),
            },
            Kind::OneOf(words) if !node.as_str().is_some_and(|w| words.contains(&w)) => {
                self.wrong_word(name, words, node);
            }
            Kind::Identifier => self.identifier(name, node),
            _ => {}
        }
        Some(field)
    }

    fn wrong(&mut self, name: &str, what: &str, node: &Node) {
        let message = format!("`{name}` must be {what}, found {}", found(node));
        self.error("wrong-kind", message, &node.span, &format!("expected {what}"));
    }

    fn wrong_word(&mut self, name: &str, words: &[&str], node: &Node) {
        let list: Vec<_> = words.iter().map(|w| format!("`{w}`")).collect();
        let message = format!("`{name}` must be one of {}, found {}", list.join(", "), found(node));
        let mut problem = Diagnostic::error("wrong-choice", message).at(&node.span, "not one of them");
        if name == "order" {
            problem.slug = "unknown-order";
            // ansible: said where the hosts are looked for, and answered as a wrong word of the command line.
            problem.words = Some(format!(
                "Invalid 'order' specified for inventory hosts: {}",
                node.as_str().unwrap_or_default()
            ));
        }
        if let Some(near) = nearest(node.as_str().unwrap_or_default(), words.iter().copied()) {
            problem = problem.hint(format!("did you mean `{near}`?"));
        }
        self.diagnostics.push(problem);
    }

    /// Says so when a string cannot be the name of a variable.
    pub(super) fn identifier(&mut self, keyword: &str, node: &Node) {
        let name = node.as_str().unwrap_or_default();
        if is_identifier(name) {
            return;
        }
        let message = format!("`{keyword}` must be the name of a variable, found {}", found(node));
        let mut problem = Diagnostic::error("invalid-name", message)
            .at(&node.span, "letters, digits and underscores only, no digit first")
            .words(format!(
                "Invalid variable name in '{keyword}' specified: {}",
                found(node).replace('`', "'")
            ));
        if let Some(name) = as_identifier(name) {
            problem = problem.hint(format!("`{name}` would do"));
        }
        self.diagnostics.push(problem);
    }

    /// A string or a list of strings, one field each.
    pub(super) fn names(&mut self, keyword: &str, node: &Node) -> Vec<Field> {
        match &node.value {
            Yaml::Null => Vec::new(),
            Yaml::Seq(items) => items.iter().flat_map(|item| self.names(keyword, item)).collect(),
            Yaml::Map(_) => {
                self.wrong(keyword, "a string or a list of strings", node);
                Vec::new()
            }
            _ => vec![name_field(node)],
        }
    }

    /// Tags: a list, or a string with commas.
    pub(super) fn tags(&mut self, node: &Node) -> Vec<Field> {
        match node.as_str() {
            Some(text) if !has_markers(text) => {
                let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
                parts.map(|part| Field { value: Value::str(part), span: within(&node.span, part) }).collect()
            }
            _ => self.names("tags", node),
        }
    }

    /// A mapping or a list of mappings, one field each.
    pub(super) fn mappings(&mut self, keyword: &str, node: &Node) -> Vec<Field> {
        match &node.value {
            Yaml::Null => Vec::new(),
            Yaml::Seq(items) => items.iter().flat_map(|item| self.mappings(keyword, item)).collect(),
            Yaml::Map(_) => vec![name_field(node)],
            Yaml::Str { text, .. } if has_markers(text) => vec![name_field(node)],
            _ => {
                self.wrong(keyword, "a mapping", node);
                Vec::new()
            }
        }
    }

    /// Conditions: bare expressions, truth values, or a list of them.
    pub(super) fn conditions(&mut self, keyword: &str, node: &Node) -> Vec<Condition> {
        match &node.value {
            Yaml::Null => Vec::new(),
            Yaml::Bool(truth) => vec![Condition::Literal(*truth)],
            Yaml::Int(n) => vec![Condition::Literal(*n != 0)],
            Yaml::Seq(items) => items.iter().flat_map(|item| self.conditions(keyword, item)).collect(),
            Yaml::Unsafe(_) => vec![Condition::Untrusted(name_field(node))],
            Yaml::Str { text, .. } | Yaml::Time(text) => vec![self.expression(keyword, text, node)],
            Yaml::Map(_) => {
                let message = format!("`{keyword}` must be an expression, found a mapping");
                let problem = Diagnostic::error("wrong-kind", message)
                    .at(&node.span, "")
                    .hint("put the whole expression in quotes");
                self.diagnostics.push(problem);
                Vec::new()
            }
            Yaml::Float(_) | Yaml::Vault(_) => {
                self.wrong(keyword, "an expression", node);
                Vec::new()
            }
        }
    }

    fn expression(&mut self, keyword: &str, text: &Arc<str>, node: &Node) -> Condition {
        if text.trim().is_empty() {
            return Condition::Literal(true);
        }
        let inner = text.trim().strip_prefix("{{").and_then(|t| t.strip_suffix("}}"));
        let inner =
            inner.filter(|t| !has_markers(t) && !t.contains("}}")).map(|t| t.trim_matches('-').trim());
        let Some(plain) = inner.map(str::to_string).or_else(|| unembed(text)) else {
            return Condition::Expression(Template::new(text.clone(), Some(node.span.clone())));
        };
        let message = format!("`{keyword}` is an expression already and needs no `{{{{ }}}}`");
        let problem = Diagnostic::warning("condition-template", message)
            .at(&node.span, "")
            .hint(format!("write `{keyword}: {plain}`"))
            .words(
                "Conditionals should not be surrounded by templating delimiters such as {{ }} or {% %}. This \
                 feature will be removed from ansible-core version 2.23.",
            );
        self.diagnostics.push(problem);
        let place = within(&node.span, &plain);
        Condition::Expression(Template::new(plain, Some(place)))
    }

    /// Variables: a mapping.
    pub(super) fn vars(&mut self, node: &Node) -> VarMap {
        let mut vars = VarMap::new();
        match &node.value {
            Yaml::Null => {}
            Yaml::Map(map) => self.add_vars(map, &mut vars),
            _ => self.wrong("vars", "a mapping of variables", node),
        }
        vars
    }

    fn add_vars(&mut self, map: &Mapping, vars: &mut VarMap) {
        for (key, value) in map.iter() {
            match key.as_str().filter(|k| is_identifier(k)) {
                Some(name) => {
                    // ansible: what it only warns of is no slip here, where keywords and variables cannot be mistaken.
                    let told = reserved(name).filter(|_| self.actions.is_lenient());
                    self.diagnostics.0.extend(told.map(|found| found.at(&key.span, "")));
                    vars.insert(name.into(), Definition::from_node(key, value));
                }
                None => self.bad_variable(key),
            }
        }
    }

    fn bad_variable(&mut self, key: &Node) {
        let name = scalar(key).unwrap_or_default();
        let mut problem =
            Diagnostic::error("invalid-name", format!("not a valid name of a variable: `{name}`"))
                .at(&key.span, "letters, digits and underscores only, no digit first");
        if let Some(name) = as_identifier(&name) {
            problem = problem.hint(format!("`{name}` would do"));
        }
        self.diagnostics.push(problem);
    }
}

/// Whether a value can be what a keyword wants, a boolean or a number; templates can.
pub(super) fn suits(keyword: &Keyword, node: &Node) -> bool {
    match keyword.kind {
        _ if node.as_str().is_some_and(has_markers) || matches!(node.value, Yaml::Vault(_)) => true,
        Kind::Bool => truth(node).is_some(),
        Kind::Int | Kind::Number => number(node).is_some(),
        _ => true,
    }
}

/// Variables of a file, whose names are not checked.
pub(crate) fn read_vars(node: &Node) -> VarMap {
    let entries = node.as_map().map(|map| map.iter()).into_iter().flatten();
    entries.filter_map(|(k, v)| Some((scalar(k)?.into(), Definition::from_node(k, v)))).collect()
}

/// A scalar as a name: numbers and booleans are taken as text.
fn name_field(node: &Node) -> Field {
    let value = match node.value {
        Yaml::Int(_) | Yaml::Float(_) | Yaml::Bool(_) => Value::str(scalar(node).unwrap_or_default()),
        _ => Value::from_node(node),
    };
    Field { value, span: node.span.clone() }
}

/// The text of a scalar as Python would print it.
pub(super) fn scalar(node: &Node) -> Option<String> {
    match &node.value {
        Yaml::Str { text, .. } | Yaml::Unsafe(text) | Yaml::Time(text) => Some(text.to_string()),
        Yaml::Int(n) => Some(n.to_string()),
        Yaml::Float(_) => Some(node.span.text().trim().to_string()),
        Yaml::Bool(true) => Some("True".into()),
        Yaml::Bool(false) => Some("False".into()),
        _ => None,
    }
}

/// A boolean as Ansible takes it: also numbers and words.
fn truth(node: &Node) -> Option<bool> {
    match &node.value {
        Yaml::Bool(b) => Some(*b),
        Yaml::Int(0) => Some(false),
        Yaml::Int(1) => Some(true),
        Yaml::Str { text, .. } => match text.to_lowercase().as_str() {
            "y" | "yes" | "on" | "1" | "true" | "t" => Some(true),
            "n" | "no" | "off" | "0" | "false" | "f" => Some(false),
            _ => None,
        },
        _ => None,
    }
}

fn number(node: &Node) -> Option<f64> {
    match &node.value {
        Yaml::Int(n) => Some(*n as f64),
        Yaml::Float(f) => Some(*f),
        Yaml::Str { text, .. } => text.trim().parse().ok(),
        _ => None,
    }
}

/// What was found, for messages: short texts as written.
pub(super) fn found(node: &Node) -> String {
    match scalar(node) {
        Some(text) if text.len() <= 60 && !text.contains('\n') => format!("`{text}`"),
        _ => node.kind_name().into(),
    }
}

/// Whether a text can be the name of a variable.
pub(crate) fn is_identifier(text: &str) -> bool {
    const RESERVED: &[&str] = &[
        "False", "None", "True", "and", "as", "assert", "async", "await", "break", "class", "continue",
        "def", "del", "elif", "else", "except", "finally", "for", "from", "global", "if", "import", "in",
        "is", "lambda", "nonlocal", "not", "or", "pass", "raise", "return", "try", "while", "with", "yield",
    ];
    let mut chars = text.chars();
    chars.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && !RESERVED.contains(&text)
}

/// The nearest text that can be the name of a variable.
fn as_identifier(text: &str) -> Option<String> {
    let name: String = text.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
    is_identifier(&name).then_some(name)
}

/// The piece of `span` in which `part` stands as it is; all of it when it cannot be found.
pub(super) fn within(span: &Span, part: &str) -> Span {
    match span.text().find(part) {
        Some(at) if !part.is_empty() => {
            let start = span.start + at as u32;
            Span::new(&span.source, start, start + part.len() as u32)
        }
        _ => span.clone(),
    }
}

/// The place of a string's text without its quotes, where it stands there as it is.
pub(super) fn text_span(node: &Node) -> Span {
    within(&node.span, node.as_str().unwrap_or_default())
}
