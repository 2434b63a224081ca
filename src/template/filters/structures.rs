//! Filters that look into structures by paths, and that compare and merge lists of them.

use indexmap::{IndexMap, IndexSet};

use super::super::eval::item;
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("to_paths", "A mapping of its leaves by their paths.", to_paths),
    Filter::new("get_path", "What lies at a path (`a.b[0]`).", get_path),
    Filter::new("index_of", "The index of the items that pass a test, or a list of them.", index_of),
    Filter::new("consolidate", "Lists of mappings brought together by a key of each.", consolidate),
    Filter::new("param_list_compare", "Words chosen from a list, `!word` and `all` understood.", param_list),
    Filter::new("json_patch", "Changed by one operation of JSON Patch.", json_patch),
    Filter::new("json_patch_recipe", "Changed by operations of JSON Patch.", json_patch_recipe),
];

/// A value, or a list of it alone.
fn wrapped(value: Value, wantlist: bool) -> Value {
    if wantlist { Value::list([value]) } else { value }
}

fn to_paths(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("to_paths", &["prepend", "wantlist"])?;
    let mut paths = IndexMap::new();
    leaves(&input, &args.text(0, ""), &mut paths);
    Ok(wrapped(Value::map(paths), args.truth(1, false)))
}

fn leaves(value: &Value, path: &str, paths: &mut IndexMap<Value, Value>) {
    match value {
        Value::Map(map) if !map.entries.is_empty() => {
            for (key, inner) in &map.entries {
                let key = key.to_text();
                let is_name = key.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
                    && key.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
                let path = match (path, is_name) {
                    ("", _) => key,
                    (path, true) => format!("{path}.{key}"),
                    (path, false) => format!("{path}['{key}']"),
                };
                leaves(inner, &path, paths);
            }
        }
        Value::List(list) if !list.items.is_empty() => {
            for (at, inner) in list.items.iter().enumerate() {
                leaves(inner, &format!("{path}[{at}]"), paths);
            }
        }
        Value::Map(_) | Value::List(_) if path.is_empty() => {}
        leaf => drop(paths.insert(Value::from(path), leaf.clone())),
    }
}

/// The keys of a path such as `a.b[0]['c']`.
fn keys(path: &str) -> Vec<Value> {
    let mut keys = Vec::new();
    let mut rest = path.trim();
    while !rest.is_empty() {
        let (key, after) = match rest.strip_prefix('[') {
            Some(within) => within.split_once(']').unwrap_or((within, "")),
            None => rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len())),
        };
        let plain = key.trim_matches(['"', '\'']);
        keys.push(match plain.parse() {
            Ok(index) if plain == key => Value::Int(index),
            _ => Value::from(plain),
        });
        rest = after.strip_prefix('.').unwrap_or(after);
    }
    keys
}

fn get_path(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("get_path", &["path", "wantlist"])?;
    let mut found = input;
    for key in keys(&args.required_text(0)?) {
        found = item(session, &found, &key)?;
    }
    Ok(wrapped(found, args.truth(1, false)))
}

fn index_of(session: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("index_of", &["test", "value", "key", "wantlist", "fail_on_missing"])?;
    let test = args.required_text(0)?;
    let (test, inverted) = match test.strip_prefix('!').or_else(|| test.strip_prefix("not ")) {
        Some("=") => ("==", true),
        Some(test) => (test, true),
        None => (test.as_str(), false),
    };
    let mut against = Args::default();
    against.positional.extend(args.some(1).map(|right| match right {
        right if test == "in" && right.as_list().is_none() => Value::list([right.clone()]),
        right => right.clone(),
    }));
    let mut found = Vec::new();
    for (at, entry) in iterate(&input)?.into_iter().enumerate() {
        let subject = match args.some(2) {
            None => Some(&entry),
            Some(key) => {
                let entries = entry.as_map().ok_or_else(|| {
                    TemplateError::failed(format!("index_of: expected mappings, found `{}`", entry.repr()))
                })?;
                entries.get(key)
            }
        };
        let Some(subject) = subject else {
            if args.truth(4, false) {
                return Err(TemplateError::failed(format!("index_of: the key is not in `{}`", entry.repr())));
            }
            continue;
        };
        let passed = session.engine.apply_test(session, test, subject.clone(), against.clone());
        if passed.map_err(TemplateError::into_failed)? != inverted {
            found.push(Value::Int(at as i128));
        }
    }
    Ok(match found.as_slice() {
        [one] if !args.truth(3, false) => one.clone(),
        _ => Value::list(found),
    })
}

/// A source of `consolidate`: its name, and its mappings by the values of its key.
type Keyed = (Value, IndexMap<Value, Value>);

fn consolidate(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let names = ["fail_missing_match_key", "fail_missing_match_value", "fail_duplicate"];
    let args = args.bind("consolidate", &names)?;
    let fails = |at: usize, holds: bool, what: &str, source: &Value| match args.truth(at, true) && holds {
        true => {
            Err(TemplateError::failed(format!("consolidate: {what} in data source `{}`", source.to_text())))
        }
        false => Ok(()),
    };
    let mut sources: Vec<Keyed> = Vec::new();
    for source in iterate(&input)? {
        let part = |name: &str| {
            source.as_map().and_then(|m| m.get(name)).cloned().ok_or_else(|| {
                TemplateError::failed(format!(
                    "consolidate: a data source needs `{name}`: `{}`",
                    source.repr()
                ))
            })
        };
        let (name, key) = (part("name")?, part("match_key")?);
        let mut by_value = IndexMap::new();
        for entry in iterate(&part("data")?)? {
            let value = entry.as_map().and_then(|m| m.get(&key)).cloned();
            fails(0, value.is_none(), &format!("missing match key `{}`", key.to_text()), &name)?;
            if let Some(value) = value {
                fails(2, by_value.insert(value, entry).is_some(), "duplicate values", &name)?;
            }
        }
        sources.push((name, by_value));
    }
    let values: IndexSet<Value> = sources.iter().flat_map(|(_, by_value)| by_value.keys().cloned()).collect();
    let mut sorted: Vec<(Value, Value)> = values.into_iter().map(|v| (v.clone(), v)).collect();
    super::sequences::sort_by_key(&mut sorted, false)?;
    let mut all = Vec::new();
    for (value, _) in sorted {
        let mut facts = Vec::new();
        for (name, by_value) in &sources {
            let entry = by_value.get(&value);
            fails(1, entry.is_none(), &format!("missing match value `{}`", value.to_text()), name)?;
            facts.push((name.clone(), entry.cloned().unwrap_or_else(|| Value::map([]))));
        }
        all.push((value, Value::map(facts)));
    }
    Ok(Value::map(all))
}

fn param_list(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("param_list_compare", &["target"])?;
    let base = iterate(&input)?;
    let (mut chosen, mut unsupported) = (Vec::new(), Vec::new());
    let asked: Vec<String> = iterate(args.required(0)?)?.iter().map(Value::to_text).collect();
    if asked.iter().any(|word| word == "all") {
        chosen.clone_from(&base);
    }
    let not: Vec<Value> = asked.iter().filter_map(|w| w.strip_prefix('!')).map(Value::from).collect();
    chosen.retain(|word| !not.contains(word));
    for word in asked.iter().filter(|w| *w != "all" && !w.starts_with('!')) {
        let word = Value::from(word.as_str());
        match (base.contains(&word), chosen.contains(&word)) {
            (true, false) => chosen.push(word),
            (true, true) => {}
            (false, _) => unsupported.push(word),
        }
    }
    let mut keyed: Vec<(Value, Value)> = chosen.into_iter().map(|w| (w.clone(), w)).collect();
    super::sequences::sort_by_key(&mut keyed, false)?;
    let chosen = Value::list(keyed.into_iter().map(|(word, _)| word));
    Ok(Value::map([("actionable".into(), chosen), ("unsupported".into(), Value::list(unsupported))]))
}

fn json_patch(session: &Session<'_>, input: Value, mut args: Args) -> Outcome {
    let fail_test = args.take("fail_test");
    let args = args.bind("json_patch", &["op", "path", "value", "from"])?;
    let part = |at: usize, name: &str| args.get(at).map(|v| (Value::from(name), v.clone()));
    let parts = [part(0, "op"), part(1, "path"), part(3, "from")].into_iter().flatten();
    let value = (Value::from("value"), args.get(2).cloned().unwrap_or(Value::None));
    let one = Value::map(parts.chain([value]));
    let named = fail_test.map(|f| ("fail_test".into(), f)).into_iter().collect();
    json_patch_recipe(session, input, Args { positional: vec![Value::list([one])], named })
}

fn json_patch_recipe(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let args = args.bind("json_patch", &["operations", "fail_test"])?;
    let failed = |why: String| TemplateError::failed(format!("json_patch: {why}"));
    let mut document = match &input {
        Value::Str(text) => serde_json::from_str(text).map_err(|e| failed(e.to_string()))?,
        Value::List(_) | Value::Map(_) => input.to_json(),
        other => return Err(failed(format!("expected a list, a mapping or JSON, found `{}`", other.repr()))),
    };
    for operation in iterate(args.required(0)?)? {
        match patch(&mut document, &operation.to_json()) {
            Ok(true) => {}
            Ok(false) if args.get(1).is_some_and(is_truthy) => {
                return Err(failed(format!("the test `{}` failed", operation.repr())));
            }
            Ok(false) => return Ok(Value::None),
            Err(why) => return Err(failed(format!("{why}: `{}`", operation.repr()))),
        }
    }
    Ok(Value::from_json(&document))
}

/// Carries out one operation; a test that failed is not an error.
fn patch(document: &mut serde_json::Value, operation: &serde_json::Value) -> Result<bool, &'static str> {
    let text = |name: &str| operation.get(name).and_then(|v| v.as_str());
    let (Some(op), Some(path)) = (text("op"), text("path")) else { return Err("`op` and `path` are needed") };
    let value = || operation.get("value").cloned().ok_or("`value` is needed");
    let from = || text("from").ok_or("`from` is needed");
    match op {
        "test" => return Ok(document.pointer(path) == Some(&value()?)),
        "add" => put(document, path, value()?)?,
        "remove" => drop(take(document, path)?),
        "replace" => *document.pointer_mut(path).ok_or("there is nothing at the path")? = value()?,
        "copy" => {
            let copied = document.pointer(from()?).cloned().ok_or("there is nothing at `from`")?;
            put(document, path, copied)?;
        }
        "move" => {
            let moved = take(document, from()?)?;
            put(document, path, moved)?;
        }
        _ => return Err("unknown operation"),
    }
    Ok(true)
}

/// The container of what a pointer points to, and its key there.
fn container<'d>(
    document: &'d mut serde_json::Value,
    path: &str,
) -> Result<(&'d mut serde_json::Value, String), &'static str> {
    let (parent, key) = path.rsplit_once('/').ok_or("a path begins with `/`")?;
    let parent = document.pointer_mut(parent).ok_or("there is nothing at the path")?;
    Ok((parent, key.replace("~1", "/").replace("~0", "~")))
}

fn put(document: &mut serde_json::Value, path: &str, value: serde_json::Value) -> Result<(), &'static str> {
    if path.is_empty() {
        *document = value;
        return Ok(());
    }
    match container(document, path)? {
        (serde_json::Value::Object(entries), key) => drop(entries.insert(key, value)),
        (serde_json::Value::Array(items), key) => {
            let at = if key == "-" { Some(items.len()) } else { key.parse().ok() };
            let at = at.filter(|at| *at <= items.len()).ok_or("there is no such index")?;
            items.insert(at, value);
        }
        _ => return Err("there is no container at the path"),
    }
    Ok(())
}

fn take(document: &mut serde_json::Value, path: &str) -> Result<serde_json::Value, &'static str> {
    let taken = match container(document, path)? {
        (serde_json::Value::Object(entries), key) => entries.shift_remove(&key),
        (serde_json::Value::Array(items), key) => {
            let at = key.parse().ok().filter(|at| *at < items.len());
            at.map(|at: usize| items.remove(at))
        }
        _ => None,
    };
    taken.ok_or("there is nothing at the path")
}
