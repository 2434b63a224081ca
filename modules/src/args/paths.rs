//! `~` and `$VARIABLE` in paths: expanded on the target, before options are parsed.

use serde_json::{Map, Value};

use super::spec::{Kind, Spec, Type};

/// What paths are expanded with.
pub trait Home {
    /// The value of a variable of the environment.
    fn variable(&self, name: &str) -> Option<String>;
    /// The home of a user, or of the one who asks.
    fn home(&self, user: Option<&str>) -> Option<String>;
}

impl Spec {
    /// Expands all paths among the arguments.
    pub fn expand_paths(&self, args: &mut Map<String, Value>, home: &dyn Home) {
        for (name, value) in args.iter_mut() {
            if let Some(option) = self.option(name) {
                expand_value(&option.ty, value, home);
            }
        }
    }
}

fn expand_value(ty: &Type, value: &mut Value, home: &dyn Home) {
    match (ty.kind, value) {
        (Kind::Path, Value::String(text)) => *text = expand(text, home),
        (Kind::List(inner), Value::Array(items)) => {
            items.iter_mut().for_each(|item| expand_value(inner, item, home));
        }
        (Kind::List(inner), Value::String(text)) if matches!(inner.kind, Kind::Path) => {
            let parts: Vec<String> = text.split(',').map(|part| expand(part.trim(), home)).collect();
            *text = parts.join(",");
        }
        (Kind::Options(spec), Value::Object(map)) => spec.expand_paths(map, home),
        _ => {}
    }
}

/// A path with `~`, `~user`, `$NAME` and `${NAME}` expanded; what is unknown stays as it is.
pub fn expand(text: &str, home: &dyn Home) -> String {
    expand_variables(&expand_home(text, home), home)
}

fn expand_home(text: &str, home: &dyn Home) -> String {
    let Some(rest) = text.strip_prefix('~') else { return text.to_owned() };
    let (user, tail) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match home.home((!user.is_empty()).then_some(user)) {
        Some(path) => format!("{}{tail}", path.trim_end_matches('/')),
        None => text.to_owned(),
    }
}

fn expand_variables(text: &str, home: &dyn Home) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let tail = &rest[at + 1..];
        let (name, length) = variable_name(tail);
        match name.and_then(|name| home.variable(name)) {
            Some(value) => out.push_str(&value),
            None => out.push_str(&rest[at..at + 1 + length]),
        }
        rest = &tail[length..];
    }
    out + rest
}

/// The name after a `$`, and how many bytes it takes there.
fn variable_name(tail: &str) -> (Option<&str>, usize) {
    if let Some(braced) = tail.strip_prefix('{') {
        return match braced.find('}') {
            Some(end) => (Some(&braced[..end]), end + 2),
            None => (None, 0),
        };
    }
    let end = tail.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(tail.len());
    ((end > 0).then(|| &tail[..end]), end)
}
