//! Look-ups of `community.general` and `ansible.utils`.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use base64::Engine as _;
use baton_modules::sorting::Sorting;

use super::super::filters::Chance;
use super::super::regex::{self, Flags};
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, Template, TemplateError, Value, files, is_truthy};
use super::reading::Overlay;
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup {
        name: "get_path",
        doc: "What lies at a path (`a.b[0]`).",
        run: |s, t, a| filtered(s, "get_path", t, a),
    },
    Lookup {
        name: "to_paths",
        doc: "Its leaves by their paths.",
        run: |s, t, a| filtered(s, "to_paths", t, a),
    },
    Lookup {
        name: "index_of",
        doc: "The indices of the items that pass a test.",
        run: |s, t, a| filtered(s, "index_of", t, a),
    },
    Lookup { name: "dependent", doc: "Combinations of lists that depend on one another.", run: dependent },
    Lookup { name: "random_string", doc: "Characters by chance.", run: random_string },
    Lookup { name: "filetree", doc: "What is below directories, with owners and modes.", run: filetree },
    Lookup {
        name: "merge_variables",
        doc: "The variables that match, merged into one.",
        run: merge_variables,
    },
];

/// What the filter of the same name makes of the first term.
fn filtered(session: &Session<'_>, filter: &str, mut terms: Vec<Value>, args: Args) -> Found {
    if terms.is_empty() {
        return Err(TemplateError::failed("a term is needed"));
    }
    let input = terms.remove(0);
    let args = Args { positional: terms, named: args.named };
    Ok(match session.engine.apply_filter(session, filter, input, args)? {
        Value::List(list) => list.items.clone(),
        one => vec![one],
    })
}

fn dependent(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    args.none("dependent")?;
    let mut rows: Vec<Vec<(Value, Value)>> = vec![Vec::new()];
    for term in &terms {
        let entry = term.as_map().filter(|m| m.len() == 1).and_then(|m| m.iter().next());
        let Some((name, source)) = entry else {
            return Err(TemplateError::failed(format!(
                "expected mappings of one entry, found `{}`",
                term.repr()
            )));
        };
        let mut longer = Vec::new();
        for row in rows {
            for value in values(session, source, &row)? {
                longer.push(row.iter().cloned().chain([(name.clone(), value)]).collect());
            }
        }
        rows = longer;
    }
    Ok(rows.into_iter().map(Value::map).collect())
}

/// The values that may follow: a list, a mapping, or an expression that gives one and knows `item`.
fn values(session: &Session<'_>, source: &Value, row: &[(Value, Value)]) -> Found {
    let found = match source {
        Value::Str(expression) => {
            let added = HashMap::from([("item".to_owned(), Value::map(row.iter().cloned()))]);
            let scope = Overlay { base: session.scope, added };
            let template = Template::new(format!("{{{{ {expression} }}}}"), None);
            session.inner(&scope, None).finish(Value::Template(template))?
        }
        other => other.clone(),
    };
    match &found {
        Value::List(list) => Ok(list.items.clone()),
        Value::Map(_) => {
            let sorted = session.engine.apply_filter(session, "dictsort", found.clone(), Args::default())?;
            let pair = |pair: Value| {
                let [key, value] = pair.as_list()? else { return None };
                Some(Value::map([("key".into(), key.clone()), ("value".into(), value.clone())]))
            };
            Ok(iterate(&sorted)?.into_iter().filter_map(pair).collect())
        }
        other => {
            Err(TemplateError::failed(format!("expected a list or a mapping, found `{}`", other.repr())))
        }
    }
}

/// Kinds of characters: the option that allows them, that which asks for some, and the characters.
const KINDS: [(&str, &str, &str); 4] = [
    ("numbers", "min_numeric", "0123456789"),
    ("lower", "min_lower", "abcdefghijklmnopqrstuvwxyz"),
    ("upper", "min_upper", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    ("special", "min_special", r##"!"#$%&'()*+,-./:;<=>?@[\]^_`{|}~"##),
];

fn random_string(_: &Session<'_>, _: Vec<Value>, mut args: Args) -> Found {
    let text = |value: Option<Value>| value.filter(is_truthy).map(|v| v.to_text());
    let (seed, all) = (text(args.take("seed")), text(args.take("override_all")));
    let special = text(args.take("override_special"));
    let similar = text(args.take("similar_chars")).unwrap_or_else(|| "il1LoO0".into());
    let mut flag =
        |name: &str, default: bool| args.take(name).map_or(default, |v| v.to_bool().unwrap_or(default));
    let (base64, without_similar) = (flag("base64", false), flag("ignore_similar_chars", false));
    let allowed = KINDS.map(|(name, ..)| flag(name, true));
    let mut count = |name: &str, default: usize| match args.take(name).map(|v| v.to_text().parse()) {
        None => Ok(default),
        Some(Ok(count)) if count <= 100_000 => Ok(count),
        _ => Err(TemplateError::failed(format!("expected `{name}` to be a number, not too large"))),
    };
    let length = count("length", 8)?;
    let least = KINDS.map(|(_, name, _)| count(name, 0));
    args.none("random_string")?;
    let seeded = seed.is_some();
    let mut chance = Chance::new(seed.map(Value::from).as_ref());
    let mut draw = |chars: &[char], count: usize, out: &mut Vec<char>| match chars.len() {
        0 => Err(TemplateError::failed("there are no characters to choose from")),
        kinds => {
            out.extend((0..count).map(|_| chars[chance.below(kinds)]));
            Ok(())
        }
    };
    let (mut chosen, mut pool) = (Vec::new(), [const { Vec::new() }; 4]);
    for (at, (name, _, chars)) in KINDS.into_iter().enumerate() {
        let own = special.as_deref().filter(|_| name == "special");
        let fits = |c: &char| own.is_some() || !without_similar || !similar.contains(*c);
        pool[at] = own.unwrap_or(chars).chars().filter(fits).collect::<Vec<char>>();
    }
    let available: Vec<char> = match &all {
        Some(all) => all.chars().collect(),
        None => {
            for (at, least) in least.into_iter().enumerate() {
                let least = least?;
                if least > 0 {
                    draw(&pool[at], least, &mut chosen)?;
                }
            }
            // ansible: in this order, so that a seed gives the same text.
            [2, 1, 0, 3].into_iter().filter(|at| allowed[*at]).flat_map(|at| pool[at].clone()).collect()
        }
    };
    draw(&available, length.saturating_sub(chosen.len()), &mut chosen)?;
    if !seeded {
        let mut chance = Chance::new(None);
        (1..chosen.len()).rev().for_each(|at| chosen.swap(at, chance.below(at + 1)));
    }
    let made: String = chosen.into_iter().collect();
    Ok(vec![Value::from(if base64 { base64::engine::general_purpose::STANDARD.encode(made) } else { made })])
}

fn filetree(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    args.bind("filetree", &["exclude"])?;
    let mut out = Vec::new();
    for term in terms {
        let term = term.to_text();
        let Some(root) = files::find(session, "files", &term)? else { continue };
        let text = root.display().to_string();
        let root = text.trim_end_matches('/').to_owned();
        below(Path::new(&root), "", &root, &mut out)?;
    }
    Ok(out)
}

/// What is in a directory, those of its directories first; then what is in these.
fn below(directory: &Path, above: &str, root: &str, out: &mut Vec<Value>) -> Result<(), TemplateError> {
    let unreadable =
        |e: std::io::Error| TemplateError::failed(format!("cannot read `{}`: {e}", directory.display()));
    let mut entries = Vec::new();
    for entry in std::fs::read_dir(directory).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let facts = entry.path().symlink_metadata().map_err(unreadable)?;
        // Links to directories stand with the directories, and are not followed.
        entries.push((!entry.path().is_dir(), entry.file_name().to_string_lossy().into_owned(), facts));
    }
    entries.order_by(|a, b| (a.0, &a.1).cmp(&(b.0, &b.1)));
    for (_, name, facts) in &entries {
        let path = format!("{above}{name}");
        out.extend(properties(root, &path, &directory.join(name), facts));
    }
    for (_, name, _) in entries.iter().filter(|(.., facts)| facts.is_dir()) {
        below(&directory.join(name), &format!("{above}{name}/"), root, out)?;
    }
    Ok(())
}

fn properties(root: &str, path: &str, full: &Path, facts: &std::fs::Metadata) -> Option<Value> {
    let source = || match facts.is_symlink() {
        true => std::fs::read_link(full).ok().map(|to| to.display().to_string()),
        false => facts.is_file().then(|| full.display().to_string()),
    };
    let state = match facts {
        facts if facts.is_symlink() => "link",
        facts if facts.is_dir() => "directory",
        facts if facts.is_file() => "file",
        _ => return None,
    };
    let name = |table: &str, id: u32| files::name_of(table, id).map_or(Value::Int(id.into()), Value::from);
    let time = |seconds: i64, nanoseconds: i64| Value::Float(seconds as f64 + nanoseconds as f64 / 1e9);
    let mut entries: Vec<(Value, Value)> = vec![("root".into(), root.into()), ("path".into(), path.into())];
    let mut add = |name: &str, value: Value| entries.push((Value::from(name), value));
    add("state", state.into());
    if let Some(source) = source() {
        add("src", source.into());
    }
    add("uid", Value::Int(facts.uid().into()));
    add("gid", Value::Int(facts.gid().into()));
    add("owner", name("/etc/passwd", facts.uid()));
    add("group", name("/etc/group", facts.gid()));
    add("mode", Value::from(format!("0{:03o}", facts.mode() & 0o7777)));
    add("size", Value::Int(facts.size().into()));
    add("mtime", time(facts.mtime(), facts.mtime_nsec()));
    add("ctime", time(facts.ctime(), facts.ctime_nsec()));
    Some(Value::map(entries))
}

fn merge_variables(session: &Session<'_>, terms: Vec<Value>, mut args: Args) -> Found {
    let mut text =
        |name: &str, default: &str| args.take(name).map_or_else(|| default.to_owned(), |v| v.to_text());
    let (kind, clash) = (text("pattern_type", "regex"), text("override", "error"));
    let first = args.take("initial_value").filter(|v| !matches!(v, Value::None));
    args.none("merge_variables")?;
    let mut names = session.scope.names();
    names.put_in_order();
    let mut out = Vec::new();
    for term in &terms {
        let term = term.to_text();
        let pattern = regex::compile(&term, Flags::default());
        let mut result = first.clone();
        for name in &names {
            let matches = match kind.as_str() {
                "prefix" => name.starts_with(&term),
                "suffix" => name.ends_with(&term),
                _ => pattern.clone()?.first(name)?.is_some(),
            };
            if let (true, Some(value)) = (matches, session.variable(name)) {
                let value = session.finish(value)?;
                result = Some(match result {
                    None => value,
                    Some(before) => merged(session, &before, &value, &clash, name)?,
                });
            }
        }
        out.push(result.unwrap_or(Value::None));
    }
    Ok(out)
}

/// Lists one after the other; mappings one in the other.
fn merged(
    session: &Session<'_>,
    before: &Value,
    value: &Value,
    clash: &str,
    path: &str,
) -> Result<Value, TemplateError> {
    Ok(match (before, value) {
        (Value::List(a), Value::List(b)) => Value::list(a.items.iter().chain(&b.items).cloned()),
        (Value::Map(a), Value::Map(b)) => {
            let mut entries = a.entries.clone();
            for (key, new) in &b.entries {
                let path = format!("{path}.{}", key.to_text());
                let whole = match entries.get(key) {
                    Some(old @ (Value::Map(_) | Value::List(_))) => merged(session, old, new, clash, &path)?,
                    Some(old) if old != new => {
                        let message = format!("the value of `{path}` is already `{}`", old.repr());
                        match clash {
                            "error" => return Err(TemplateError::failed(message)),
                            "warn" => session.engine.warn("merged-variables", &message, None),
                            _ => {}
                        }
                        new.clone()
                    }
                    _ => new.clone(),
                };
                entries.insert(key.clone(), whole);
            }
            Value::map(entries)
        }
        _ => {
            return Err(TemplateError::failed(format!(
                "cannot merge `{path}`: lists and mappings do not mix"
            )));
        }
    })
}
