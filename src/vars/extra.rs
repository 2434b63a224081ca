//! Variables of the command line: `-e key=value`, `-e @file`, `-e '{"key": 1}'`.

use std::path::Path;

use super::{Definition, Unbalanced, VarMap, VarsFiles, merge, take_apart, variables};
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};
use crate::template::Value;
use crate::yaml::{self, Node};

/// The variables of all `-e`, the later ones over the earlier; files are found from `cwd`.
pub(crate) fn extra_vars(
    given: &[String],
    cwd: &Path,
    files: &VarsFiles,
    merging: bool,
    diagnostics: &mut Diagnostics,
) -> VarMap {
    let mut vars = VarMap::new();
    for text in given.iter().filter(|text| !text.is_empty()) {
        for (name, new) in one(text, cwd, files, diagnostics) {
            let value = match vars.get(&name).filter(|_| merging) {
                Some(old) => merge::combined(&old.value, &new.value),
                None => new.value,
            };
            vars.insert(name, Definition { value, place: new.place });
        }
    }
    vars
}

fn one(text: &str, cwd: &Path, files: &VarsFiles, diagnostics: &mut Diagnostics) -> VarMap {
    if let Some(file) = text.strip_prefix('@') {
        let node = files.load(&cwd.join(at_home(file)), diagnostics);
        return node.map(|node| mapping(&node, diagnostics)).unwrap_or_default();
    }
    let source = Source::new("--extra-vars", text);
    let all = Span::new(&source, 0, text.len() as u32);
    if text.starts_with(['/', '.']) {
        let problem = Diagnostic::error("extra-vars", format!("expected variables, found a path: `{text}`"));
        diagnostics.push(problem.at(&all, "").hint(format!("a file of variables is given as `@{text}`")));
        return VarMap::new();
    }
    if text.starts_with(['[', '{']) {
        let node = yaml::read_one(&source, diagnostics);
        let vars = node.map(|node| mapping(&node, diagnostics)).unwrap_or_default();
        let plain =
            |(name, var): (_, Definition)| (name, Definition { value: distrusted(&var.value), ..var });
        return vars.into_iter().map(plain).collect();
    }
    pairs(text, &source, diagnostics)
}

/// ansible: `{"__ansible_unsafe": "text"}` is that text, and never a template.
fn distrusted(value: &Value) -> Value {
    match value {
        Value::Map(map) => {
            match (map.entries.len(), value.as_map().and_then(|m| m.get("__ansible_unsafe"))) {
                (1, Some(Value::Template(template))) => Value::Str(template.text.clone()),
                (1, Some(text @ Value::Str(_))) => text.clone(),
                _ => Value::map(
                    value.as_map().into_iter().flatten().map(|(key, value)| (key.clone(), distrusted(value))),
                ),
            }
        }
        Value::List(list) => Value::list(list.items.iter().map(distrusted)),
        other => other.clone(),
    }
}

fn mapping(node: &Node, diagnostics: &mut Diagnostics) -> VarMap {
    if node.as_map().is_none() {
        let message = format!("expected a mapping of variables, found {}", node.kind_name());
        diagnostics.push(Diagnostic::error("extra-vars", message).at(&node.span, ""));
        return VarMap::new();
    }
    variables(node, diagnostics)
}

/// `a=1 b="two words"`: the values are text, whatever they look like.
fn pairs(text: &str, source: &std::sync::Arc<Source>, diagnostics: &mut Diagnostics) -> VarMap {
    let taken = match take_apart(text, false) {
        Ok(taken) => taken,
        Err(Unbalanced(at)) => {
            let place = Span::new(source, at as u32, text.len() as u32);
            diagnostics
                .push(Diagnostic::error("extra-vars", "a quote or a template is not closed").at(&place, ""));
            return VarMap::new();
        }
    };
    if !taken.raw.is_empty() {
        let place = Span::new(source, 0, text.len() as u32);
        let problem = format!("expected `key=value`, found `{}`", taken.raw);
        diagnostics.push(Diagnostic::warning("extra-vars", problem).at(&place, "passed over"));
    }
    let vars = taken.options.into_iter().map(|(key, value, range)| {
        let value_at = source.text[range.clone()].find('=').map_or(range.start, |n| range.start + n + 1);
        let place = Span::new(source, value_at as u32, range.end as u32);
        let key_place = Span::new(source, range.start as u32, range.end as u32);
        (key.into(), Definition::new(Value::text(&value, Some(place)), Some(key_place)))
    });
    vars.collect()
}

/// `~/` at the beginning is the user's home.
fn at_home(file: &str) -> std::path::PathBuf {
    match (file.strip_prefix("~/"), std::env::home_dir()) {
        (Some(rest), Some(home)) => home.join(rest),
        _ => file.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(given: &[&str], merging: bool) -> (String, Vec<String>) {
        let directory = tempfile::tempdir().unwrap();
        std::fs::write(directory.path().join("vars.yml"), "f: yes\nm: {a: 1}\n").unwrap();
        let given: Vec<String> = given.iter().map(|s| s.to_string()).collect();
        let mut diagnostics = Diagnostics::default();
        let vars = extra_vars(&given, directory.path(), &VarsFiles::default(), merging, &mut diagnostics);
        let shown =
            vars.iter().map(|(k, v)| format!("{k}={}", v.value.to_json())).collect::<Vec<_>>().join(" ");
        (shown, diagnostics.0.into_iter().map(|d| d.message).collect())
    }

    #[test]
    fn extra_vars_are_pairs_files_or_yaml_and_the_last_one_wins() {
        for (given, expected) in [
            (&["a=1 b='two words' c=true"][..], r#"a="1" b="two words" c="true""#),
            (&["@vars.yml"], r#"f=true m={"a":1}"#),
            (&["{\"a\": 1, \"l\": [1, true]}"], r#"a=1 l=[1,true]"#),
            (&["{a: yes}", "a=2"], r#"a="2""#),
            (&["a={{ x y }}"], r#"a="{{ x y }}""#),
            (&["@vars.yml", "{m: {b: 2}}"], r#"f=true m={"b":2}"#),
        ] {
            assert_eq!(read(given, false), (expected.to_owned(), vec![]), "{given:?}");
        }
        assert_eq!(read(&["@vars.yml", "{m: {b: 2}}"], true).0, r#"f=true m={"a":1,"b":2}"#);
    }

    #[test]
    fn wrong_extra_vars_are_said() {
        for (given, expected) in [
            ("/etc/vars.yml", "expected variables, found a path: `/etc/vars.yml`"),
            ("[1]", "expected a mapping of variables, found a list"),
            ("a='1", "a quote or a template is not closed"),
            ("word", "expected `key=value`, found `word`"),
        ] {
            assert_eq!(read(&[given], false), (String::new(), vec![expected.to_owned()]), "{given}");
        }
        assert!(read(&["@missing"], false).1[0].starts_with("cannot read variables"));
    }
}
