//! Filters that keep, drop or rename keys: those of `community.general` look at the mappings of a list, those of
//! `ansible.utils` go through a whole structure.

use indexmap::IndexMap;

use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, TemplateError, Value, is_truthy};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("keep_keys", "Mappings of a list with some of their keys.", |_, v, a| shallow(&v, a, true)),
    Filter::new("remove_keys", "Mappings of a list without some keys.", |_, v, a| shallow(&v, a, false)),
    Filter::new("replace_keys", "Mappings of a list with other keys.", shallow_renamed),
    Filter::new("ansible.utils.keep_keys", "Some keys, wherever they are in it.", |_, v, a| {
        let wanted = Wanted::within(&v, a)?;
        kept(&v, &wanted)
    }),
    Filter::new("ansible.utils.remove_keys", "All but some keys, wherever these are in it.", |_, v, a| {
        let wanted = Wanted::within(&v, a)?;
        removed(&v, &wanted)
    }),
    Filter::new("ansible.utils.replace_keys", "Other keys, wherever they are in it.", |_, v, a| {
        let wanted = Wanted::within(&v, a)?;
        renamed(&v, &wanted)
    }),
];

/// Which keys are meant: the targets, and how they are compared.
struct Wanted {
    targets: Vec<Value>,
    how: String,
}

impl Wanted {
    /// The arguments of the filters of either collection.
    fn new(args: Args) -> Result<Self, TemplateError> {
        let args = args.bind("the filter of keys", &["target", "matching_parameter"])?;
        let targets = match args.required(0)? {
            text @ Value::Str(_) => vec![text.clone()],
            list => iterate(list)?,
        };
        let how = args.text(1, "equal");
        if !matches!(how.as_str(), "equal" | "starts_with" | "ends_with" | "regex") {
            let message =
                "expected `matching_parameter` to be `equal`, `starts_with`, `ends_with` or `regex`";
            return Err(TemplateError::failed(format!("{message}, found `{how}`")));
        }
        Ok(Self { targets, how })
    }

    /// Those of `ansible.utils`, for what is a list or a mapping.
    fn within(data: &Value, args: Args) -> Result<Self, TemplateError> {
        let mut wanted = Self::new(args)?;
        if !matches!(data, Value::List(_) | Value::Map(_)) {
            return Err(TemplateError::failed("expected a list or a mapping"));
        }
        if let [Value::Str(words)] = &*wanted.targets {
            wanted.targets = words.split(',').map(Value::from).collect();
        }
        Ok(wanted)
    }

    fn matches(&self, target: &Value, key: &Value) -> Result<bool, TemplateError> {
        let (target, key) = (target.to_text(), key.to_text());
        Ok(match self.how.as_str() {
            "starts_with" => key.starts_with(&target),
            "ends_with" => key.ends_with(&target),
            "regex" => {
                regex::compile(&target, Flags { anchored: true, ..Flags::default() })?.first(&key)?.is_some()
            }
            _ => key == target,
        })
    }

    fn any(&self, key: &Value) -> Result<bool, TemplateError> {
        for target in &self.targets {
            if self.matches(target, key)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// What each target is, and what it becomes.
    fn renames(&self) -> Result<Vec<[Value; 2]>, TemplateError> {
        let part = |target: &Value, name: &str| target.as_map().and_then(|m| m.get(name)).cloned();
        let pair = |target: &Value| match (part(target, "before"), part(target, "after")) {
            (Some(before), Some(after)) => Ok([before, after]),
            _ => Err(TemplateError::failed("each target must have `before` and `after`")),
        };
        self.targets.iter().map(pair).collect()
    }
}

/// The mappings of a list.
fn mappings(data: &Value) -> Result<Vec<IndexMap<Value, Value>>, TemplateError> {
    let items = data.as_list().ok_or_else(|| TemplateError::failed("expected a list of mappings"))?;
    let entries = |item: &Value| {
        item.as_map().cloned().ok_or_else(|| {
            TemplateError::failed(format!("expected a list of mappings, found `{}` in it", item.repr()))
        })
    };
    items.iter().map(entries).collect()
}

fn needs_targets(wanted: &Wanted) -> Result<(), TemplateError> {
    match wanted.targets.is_empty() {
        true => Err(TemplateError::failed("`target` is empty")),
        false => Ok(()),
    }
}

fn shallow(data: &Value, args: Args, keep: bool) -> Outcome {
    let wanted = Wanted::new(args)?;
    needs_targets(&wanted)?;
    let mut out = Vec::new();
    for mut entries in mappings(data)? {
        let mut failure = None;
        entries.retain(|key, _| match wanted.any(key) {
            Ok(found) => found == keep,
            Err(error) => failure.replace(error).is_none(),
        });
        if let Some(error) = failure {
            return Err(error);
        }
        out.push(Value::map(entries));
    }
    Ok(Value::list(out))
}

fn shallow_renamed(_: &Session<'_>, data: Value, args: Args) -> Outcome {
    let wanted = Wanted::new(args)?;
    needs_targets(&wanted)?;
    let renames = wanted.renames()?;
    let mut out = Vec::new();
    for entries in mappings(&data)? {
        let mut new = IndexMap::new();
        for (key, value) in entries {
            let mut name = key.clone();
            for [before, after] in &renames {
                if wanted.matches(before, &key)? {
                    name = after.clone();
                    break;
                }
            }
            new.insert(name, value);
        }
        out.push(Value::map(new));
    }
    Ok(Value::list(out))
}

/// The same done to every item of a list or every value of a mapping.
fn each(data: &Value, work: impl Fn(&Value) -> Outcome) -> Outcome {
    match data {
        Value::List(list) => list.items.iter().map(work).collect::<Result<Vec<_>, _>>().map(Value::list),
        Value::Map(map) => {
            let entries = map.entries.iter().map(|(k, v)| Ok((k.clone(), work(v)?)));
            entries.collect::<Result<Vec<_>, TemplateError>>().map(Value::map)
        }
        other => Ok(other.clone()),
    }
}

fn is_container(value: &Value) -> bool {
    matches!(value, Value::List(_) | Value::Map(_))
}

fn kept(data: &Value, wanted: &Wanted) -> Outcome {
    let Value::Map(map) = data else { return each(data, |item| kept(item, wanted)) };
    let mut keep = IndexMap::new();
    for (key, value) in &map.entries {
        let inner = if is_container(value) { Some(kept(value, wanted)?) } else { None };
        let mut found = false;
        for target in &wanted.targets {
            let part = match &inner {
                _ if key == target => Some(value.clone()),
                None => wanted.matches(target, key)?.then(|| value.clone()),
                Some(Value::List(list)) => {
                    let full = |i: &&Value| !is_container(i) || is_truthy(i);
                    Some(Value::list(list.items.iter().filter(full).cloned())).filter(is_truthy)
                }
                Some(inner) => Some(inner.clone()).filter(is_truthy),
            };
            if let Some(part) = part {
                found = true;
                keep.insert(key.clone(), part);
            }
        }
        if let (false, Some(inner)) = (found, inner.filter(is_truthy)) {
            keep.insert(key.clone(), inner);
        }
    }
    Ok(Value::map(keep))
}

fn removed(data: &Value, wanted: &Wanted) -> Outcome {
    match data {
        // ansible: whatever is empty or false is gone from lists, too.
        Value::List(list) => {
            let mut rest = Vec::new();
            for item in &list.items {
                if is_truthy(item) || is_container(item) {
                    rest.push(removed(item, wanted)?);
                }
            }
            rest.retain(is_truthy);
            Ok(Value::list(rest))
        }
        Value::Map(map) => {
            let mut rest = IndexMap::new();
            for (key, value) in &map.entries {
                if !wanted.any(key)? {
                    rest.insert(key.clone(), removed(value, wanted)?);
                }
            }
            Ok(Value::map(rest))
        }
        other => Ok(other.clone()),
    }
}

fn renamed(data: &Value, wanted: &Wanted) -> Outcome {
    let Value::Map(map) = data else { return each(data, |item| renamed(item, wanted)) };
    let mut entries = map.entries.clone();
    for [before, after] in wanted.renames()? {
        let keys: Vec<Value> = entries.keys().cloned().collect();
        for key in keys {
            if wanted.matches(&before, &key)?
                && let Some(value) = entries.shift_remove(&key)
            {
                entries.insert(after.clone(), value);
            }
        }
    }
    each(&Value::map(entries), |value| renamed(value, wanted))
}
