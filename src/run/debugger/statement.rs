//! What a line of the debugger means.

use crate::template::Value;

/// A line, taken apart.
#[derive(Debug, PartialEq)]
pub(super) enum Statement<'a> {
    /// `p EXPRESSION`
    Print(&'a str),
    /// `PLACE = EXPRESSION`
    Assign(Place<'a>, &'a str),
    /// `del PLACE`
    Delete(Place<'a>),
    Update,
    Redo,
    Continue,
    Quit,
    Help(&'a str),
    /// Nothing, or a remark.
    Empty,
    /// Anything else: an expression, whose value is shown.
    Evaluate(&'a str),
}

/// What can be set: something in `task.args` or in `task_vars`.
#[derive(Debug, PartialEq)]
pub(super) struct Place<'a> {
    pub(super) root: Root,
    /// The expressions in brackets; a name after a dot in quotes of its own.
    pub(super) keys: Vec<&'a str>,
}

/// Where a place begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Root {
    Args,
    Vars,
}

impl<'a> Statement<'a> {
    /// Reads a line.
    pub(super) fn parse(line: &'a str) -> Self {
        let (word, rest) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        let rest = rest.trim();
        match word {
            "" => Self::Empty,
            "p" | "pprint" => Self::Print(rest),
            "u" | "update_task" => Self::Update,
            "r" | "redo" => Self::Redo,
            "c" | "continue" => Self::Continue,
            "q" | "quit" => Self::Quit,
            "h" | "help" | "?" => Self::Help(rest),
            "del" => Place::parse(rest)
                .filter(|(_, rest)| rest.is_empty())
                .map_or(Self::Evaluate(line), |(place, _)| Self::Delete(place)),
            _ if line.starts_with('#') => Self::Empty,
            _ => Self::assignment(line).unwrap_or(Self::Evaluate(line)),
        }
    }

    fn assignment(line: &'a str) -> Option<Self> {
        let (place, rest) = Place::parse(line)?;
        let value = rest.strip_prefix('=').filter(|value| !value.starts_with('='))?;
        Some(Self::Assign(place, value.trim()))
    }
}

impl<'a> Place<'a> {
    /// The place that a text begins with, and what follows it.
    fn parse(text: &'a str) -> Option<(Self, &'a str)> {
        let (root, mut rest) = match text.strip_prefix("task.args") {
            Some(rest) => (Root::Args, rest),
            None => (Root::Vars, text.strip_prefix("task_vars")?),
        };
        let mut keys = Vec::new();
        loop {
            rest = rest.trim_start();
            let Some(inner) = rest.strip_prefix('[') else { break };
            let end = closing(inner)?;
            keys.push(inner[..end].trim());
            rest = &inner[end + 1..];
        }
        Some((Self { root, keys }, rest))
    }
}

/// Where the bracket that is open closes.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0usize, None);
    for (at, c) in text.char_indices() {
        match (quote, c) {
            (Some(mark), _) if mark == c => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(c),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

/// A value put at a path of keys; `None` where there is nothing that has such keys.
pub(super) fn placed(whole: &Value, keys: &[Value], new: Option<Value>) -> Option<Value> {
    let Some((key, rest)) = keys.split_first() else { return new };
    match whole {
        Value::Map(map) => {
            let mut entries = map.entries.clone();
            let inner = match entries.get(key) {
                Some(inner) if !rest.is_empty() => Some(placed(inner, rest, new)?),
                None if !rest.is_empty() || new.is_none() => return None,
                _ => new,
            };
            match inner {
                Some(inner) => drop(entries.insert(key.clone(), inner)),
                None => drop(entries.shift_remove(key)),
            }
            Some(Value::map(entries))
        }
        Value::List(list) => {
            let Value::Int(at) = key else { return None };
            let at = if *at < 0 { *at + list.items.len() as i128 } else { *at };
            let at = usize::try_from(at).ok().filter(|at| *at < list.items.len())?;
            let mut items = list.items.clone();
            let inner = if rest.is_empty() { new } else { Some(placed(&items[at], rest, new)?) };
            match inner {
                Some(inner) => items[at] = inner,
                None => drop(items.remove(at)),
            }
            Some(Value::list(items))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_command_an_assignment_or_an_expression() {
        let args = |keys: &[&'static str]| Place { root: Root::Args, keys: keys.to_vec() };
        assert_eq!(Statement::parse("p task.args"), Statement::Print("task.args"));
        assert_eq!(Statement::parse("r"), Statement::Redo);
        assert_eq!(Statement::parse("task.args['that'] = []"), Statement::Assign(args(&["'that'"]), "[]"));
        let nested = Statement::Assign(args(&["\"a]\"", "x[0]"]), "1 == 1");
        assert_eq!(Statement::parse("task.args[\"a]\"][x[0]]=1 == 1"), nested);
        assert_eq!(Statement::parse("task.args['a'] == 1"), Statement::Evaluate("task.args['a'] == 1"));
        assert_eq!(Statement::parse("del task.args['a']"), Statement::Delete(args(&["'a'"])));
        let vars = Place { root: Root::Vars, keys: vec!["'x'"] };
        assert_eq!(Statement::parse("task_vars['x'] = 'y'"), Statement::Assign(vars, "'y'"));
        assert_eq!(Statement::parse("result"), Statement::Evaluate("result"));
    }

    #[test]
    fn a_value_is_put_where_its_keys_lead() {
        let whole = Value::map([(Value::str("a"), Value::list([Value::from(1), Value::from(2)]))]);
        let keys = [Value::str("a"), Value::from(-1)];
        let new = placed(&whole, &keys, Some(Value::from(7))).unwrap();
        assert_eq!(new.to_json(), serde_json::json!({ "a": [1, 7] }));
        let gone = placed(&whole, &keys[..1], None).unwrap();
        assert_eq!(gone.to_json(), serde_json::json!({}));
        assert!(placed(&whole, &[Value::str("b"), Value::str("c")], Some(Value::None)).is_none());
    }
}
