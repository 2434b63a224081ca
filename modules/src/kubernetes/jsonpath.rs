//! JSONPath as kubectl has it, as far as it picks: `{.items[*].metadata.name}`, `[?(@.type=="Ready")]`, `..name`.

use serde_json::Value;

/// A step of a path.
enum Step {
    /// A field.
    Field(String),
    /// All members.
    All,
    /// All of this name, however deep.
    Deep(String),
    /// An item; from the end, if negative.
    Index(i64),
    /// Items from one to before another.
    Slice(Option<i64>, Option<i64>),
    /// Items whose part compares to a value.
    Filter(Vec<Step>, String, Value),
}

/// All values that a path finds.
///
/// # Errors
/// When it is no path.
pub fn pick(path: &str, value: &Value) -> Result<Vec<Value>, String> {
    let bare = path.trim();
    let bare = bare.strip_prefix('{').and_then(|inner| inner.strip_suffix('}')).unwrap_or(bare);
    let steps = steps(bare).ok_or_else(|| format!("not a JSONPath: `{path}`"))?;
    Ok(walk(&steps, vec![value]).into_iter().cloned().collect())
}

fn steps(path: &str) -> Option<Vec<Step>> {
    let mut rest = path.strip_prefix('$').or_else(|| path.strip_prefix('@')).unwrap_or(path);
    let mut all = Vec::new();
    while !rest.is_empty() {
        let (step, tail) = if let Some(inner) = rest.strip_prefix('[') {
            let end = closing(inner)?;
            (bracket(inner[..end].trim())?, &inner[end + 1..])
        } else {
            let deep = rest.starts_with("..");
            let (name, tail) = name(rest.trim_start_matches('.'));
            match (deep, name.as_str()) {
                (_, "") => return None,
                (true, _) => (Step::Deep(name), tail),
                (false, "*") => (Step::All, tail),
                (false, _) => (Step::Field(name), tail),
            }
        };
        all.push(step);
        rest = tail;
    }
    Some(all)
}

/// A name; a dot within it is escaped.
fn name(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '\\' => name.extend(letters.next().map(|(_, letter)| letter)),
            '.' | '[' => return (name, &text[at..]),
            other => name.push(other),
        }
    }
    (name, "")
}

/// Where the bracket ends, those within quotes and brackets apart.
fn closing(text: &str) -> Option<usize> {
    let (mut depth, mut quote) = (0, None);
    for (at, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), c) if c == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(inner: &str) -> Option<Step> {
    if inner == "*" {
        return Some(Step::All);
    }
    if let Some(filter) = inner.strip_prefix("?(").and_then(|rest| rest.strip_suffix(')')) {
        let operator =
            ["==", "!=", ">=", "<=", ">", "<"].into_iter().find(|operator| filter.contains(operator));
        let Some(operator) = operator else {
            return Some(Step::Filter(steps(filter.trim())?, String::new(), Value::Null));
        };
        let (left, right) = filter.split_once(operator)?;
        let right = right.trim();
        let quoted = |quote: char| right.strip_prefix(quote)?.strip_suffix(quote).map(Value::from);
        let value = quoted('\'').or_else(|| quoted('"')).or_else(|| serde_json::from_str(right).ok())?;
        return Some(Step::Filter(steps(left.trim())?, operator.to_owned(), value));
    }
    if let Some(name) = ['\'', '"'].iter().find_map(|quote| inner.strip_prefix(*quote)?.strip_suffix(*quote))
    {
        return Some(Step::Field(name.to_owned()));
    }
    let number =
        |text: &str| if text.trim().is_empty() { Some(None) } else { text.trim().parse().ok().map(Some) };
    match inner.split_once(':') {
        Some((from, to)) => Some(Step::Slice(number(from)?, number(to)?)),
        None => inner.parse().ok().map(Step::Index),
    }
}

fn walk<'a>(steps: &[Step], from: Vec<&'a Value>) -> Vec<&'a Value> {
    steps.iter().fold(from, |found, step| found.into_iter().flat_map(|value| next(step, value)).collect())
}

fn next<'a>(step: &Step, value: &'a Value) -> Vec<&'a Value> {
    let members = || match value {
        Value::Array(all) => all.iter().collect(),
        Value::Object(map) => map.values().collect(),
        _ => Vec::new(),
    };
    match step {
        Step::Field(name) => value.get(name).into_iter().collect(),
        Step::All => members(),
        Step::Deep(name) => {
            let mut found: Vec<&Value> = value.get(name).into_iter().collect();
            found.extend(members().into_iter().flat_map(|member| next(step, member)));
            found
        }
        Step::Index(index) => {
            value.as_array().and_then(|all| all.get(place(*index, all.len()))).into_iter().collect()
        }
        Step::Slice(from, to) => {
            let Some(all) = value.as_array() else { return Vec::new() };
            let end = to.map_or(all.len(), |to| place(to, all.len()).min(all.len()));
            all.iter().take(end).skip(from.map_or(0, |from| place(from, all.len()))).collect()
        }
        Step::Filter(path, operator, wanted) => members()
            .into_iter()
            .filter(|member| walk(path, vec![member]).into_iter().any(|found| fits(found, operator, wanted)))
            .collect(),
    }
}

fn place(index: i64, length: usize) -> usize {
    if index < 0 { length.saturating_sub(index.unsigned_abs() as usize) } else { index as usize }
}

fn fits(found: &Value, operator: &str, wanted: &Value) -> bool {
    let order = match (found.as_f64(), wanted.as_f64(), found.as_str(), wanted.as_str()) {
        (Some(a), Some(b), ..) => a.partial_cmp(&b),
        (.., Some(a), Some(b)) => Some(a.cmp(b)),
        _ => None,
    };
    match operator {
        "" => true,
        "==" => found == wanted || order.is_some_and(std::cmp::Ordering::is_eq),
        "!=" => found != wanted,
        ">" => order.is_some_and(std::cmp::Ordering::is_gt),
        "<" => order.is_some_and(std::cmp::Ordering::is_lt),
        ">=" => order.is_some_and(std::cmp::Ordering::is_ge),
        _ => order.is_some_and(std::cmp::Ordering::is_le),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::pick;

    #[test]
    fn paths_pick_what_kubectl_picks() {
        let value = json!({"items": [
            {"metadata": {"name": "a", "labels": {"a.b/c": "x"}}, "n": 1, "conditions": [{"type": "Ready", "status": "True"}, {"type": "Other", "status": "False"}]},
            {"metadata": {"name": "b"}, "n": 2}]});
        let found = |path: &str| serde_json::Value::from(pick(path, &value).unwrap());
        assert_eq!(found("{.items[*].metadata.name}"), json!(["a", "b"]));
        assert_eq!(found("{$.items[-1].n}"), json!([2]));
        assert_eq!(found(".items[0:1].n"), json!([1]));
        assert_eq!(found("{..name}"), json!(["a", "b"]));
        assert_eq!(found("{.items[?(@.n>1)].metadata.name}"), json!(["b"]));
        assert_eq!(found("{.items[*].conditions[?(@.type==\"Ready\")].status}"), json!(["True"]));
        assert_eq!(found(r"{.items[0].metadata.labels.a\.b/c}"), json!(["x"]));
        assert_eq!(found("{.items[0].metadata.labels['a.b/c']}"), json!(["x"]));
        assert_eq!(found("{.items[?(@.conditions)].n}"), json!([1]));
        assert_eq!(found("{.none}"), json!([]));
        assert!(pick("{.items[}", &value).is_err());
    }
}
