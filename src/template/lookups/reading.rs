//! Look-ups of files on the controller.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use super::super::filters::{decoded, glob_files};
use super::super::session::Session;
use super::super::truth::iterate;
use super::super::{Args, Scope, TemplateError, TextOptions, Value, VaultString, files, is_truthy};
use super::{Found, Lookup};

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup { name: "file", doc: "The text of files.", run: file },
    Lookup { name: "unvault", doc: "The text of encrypted files.", run: unvault },
    Lookup { name: "template", doc: "Template files, rendered.", run: template },
    Lookup { name: "fileglob", doc: "The files that match patterns.", run: fileglob },
    Lookup { name: "first_found", doc: "The first file that there is.", run: first_found },
];

/// A file of the kind kept in `subdirectory`; that there is none is an error.
pub(super) fn found(session: &Session<'_>, subdirectory: &str, name: &str) -> Result<PathBuf, TemplateError> {
    if let Some(path) = files::find(session, subdirectory, name)? {
        return Ok(path);
    }
    let searched = files::search_path(session)?;
    let searched: Vec<String> = searched.iter().map(|p| format!("`{}`", p.display())).collect();
    Err(TemplateError::failed(format!("could not find the file `{name}`"))
        .words(format!(
            "Unable to access the file '{name}': File not found. Use -vvvvv to see paths searched."
        ))
        .hint(format!("searched in {}, and in `{subdirectory}` there", searched.join(", "))))
}

/// The text of a file, decrypted if need be.
pub(super) fn text(session: &Session<'_>, path: &Path) -> Result<String, TemplateError> {
    text_in(session, path, "utf-8")
}

/// The text of a file in an encoding, decrypted if need be.
pub(super) fn text_in(session: &Session<'_>, path: &Path, encoding: &str) -> Result<String, TemplateError> {
    let unreadable =
        |why: String| TemplateError::failed(format!("cannot read the file `{}`: {why}", path.display()));
    let data = std::fs::read(path).map_err(|e| unreadable(e.to_string()))?;
    let text = match String::from_utf8(data) {
        Ok(text) => text,
        Err(e) if encoding != "utf-8" => decoded(e.as_bytes(), encoding)?,
        Err(_) => return Err(unreadable("it is not valid UTF-8".into())),
    };
    match text.starts_with("$ANSIBLE_VAULT;") {
        true => session.engine.open(&VaultString { text: text.into(), place: None }),
        false => Ok(text),
    }
}

fn file(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    let args = args.bind("file", &["lstrip", "rstrip"])?;
    let (left, right) = (args.truth(0, false), args.truth(1, true));
    let content = |term: &Value| {
        let path = found(session, "files", &term.to_text())?;
        let mut text = text(session, &path)?;
        if left {
            text = text.trim_start().to_owned();
        }
        Ok(Value::from(if right { text.trim_end().to_owned() } else { text }))
    };
    terms.iter().map(content).collect()
}

fn unvault(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    args.none("unvault")?;
    let content = |term: &Value| text(session, &found(session, "files", &term.to_text())?).map(Value::from);
    terms.iter().map(content).collect()
}

/// Variables in front of others.
pub(super) struct Overlay<'s> {
    pub base: &'s dyn Scope,
    pub added: HashMap<String, Value>,
}

impl Scope for Overlay<'_> {
    fn get(&self, name: &str) -> Option<Value> {
        self.added.get(name).cloned().or_else(|| self.base.get(name))
    }

    fn names(&self) -> Vec<String> {
        let mut names = self.base.names();
        names.extend(self.added.keys().cloned());
        names
    }
}

fn template(session: &Session<'_>, terms: Vec<Value>, mut args: Args) -> Found {
    let mut options = TextOptions::default();
    let mut set = |name: &str, slot: &mut String| {
        if let Some(value) = args.take(name) {
            *slot = value.to_text();
        }
    };
    set("variable_start_string", &mut options.syntax.variable.0);
    set("variable_end_string", &mut options.syntax.variable.1);
    set("block_start_string", &mut options.syntax.block.0);
    set("block_end_string", &mut options.syntax.block.1);
    set("comment_start_string", &mut options.syntax.comment.0);
    set("comment_end_string", &mut options.syntax.comment.1);
    let mut flag = |name: &str, slot: &mut bool| {
        if let Some(value) = args.take(name) {
            *slot = is_truthy(&value);
        }
    };
    flag("trim_blocks", &mut options.syntax.trim_blocks);
    flag("lstrip_blocks", &mut options.syntax.lstrip_blocks);
    let vars = args.take("template_vars").unwrap_or(Value::None);
    for ignored in ["convert_data", "jinja2_native"] {
        args.take(ignored);
    }
    args.none("template")?;
    let mut out = Vec::new();
    for term in terms {
        let path = found(session, "templates", &term.to_text())?;
        let template = files::read(session.engine, &path)?;
        let mut added: HashMap<String, Value> =
            vars.as_map().into_iter().flatten().map(|(k, v)| (k.to_text(), v.clone())).collect();
        let name = path.display().to_string();
        if session.scope.get("ansible_managed").is_none() {
            let managed = session.engine.setting("DEFAULT_MANAGED_STR");
            added.entry("ansible_managed".into()).or_insert(managed.unwrap_or(Value::str("Ansible managed")));
        }
        added.insert("template_path".into(), Value::from(name.as_str()));
        added.insert("template_fullpath".into(), Value::from(name));
        if let Some(directory) = path.parent() {
            // Templates beside this one are found first.
            let near = std::iter::once(directory.to_path_buf()).chain(files::search_path(session)?);
            let near = near.map(|p| Value::from(p.display().to_string()));
            added.insert("ansible_search_path".into(), Value::list(near));
        }
        let scope = Overlay { base: session.scope, added };
        let inner = session.inner(&scope, Some(&options));
        let value = session.engine.native(&inner, &template, &options)?;
        out.push(value);
    }
    Ok(out)
}

fn fileglob(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    args.none("fileglob")?;
    let mut out = Vec::new();
    for term in terms {
        let pattern = files::expand_user(&term.to_text());
        let (directory, name) = pattern.rsplit_once('/').map_or(("", pattern.as_str()), |(d, n)| (d, n));
        let directories: Vec<PathBuf> = match pattern.starts_with('/') {
            true => vec![PathBuf::from(if directory.is_empty() { "/" } else { directory })],
            false => {
                let path = files::search_path(session)?;
                path.iter().flat_map(|p| [p.join("files").join(directory), p.join(directory)]).collect()
            }
        };
        for directory in directories {
            let escaped = glob::Pattern::escape(&directory.display().to_string());
            let matching = glob_files(&format!("{}/{name}", escaped.trim_end_matches('/')))?;
            if !matching.is_empty() {
                out.extend(matching);
                break;
            }
        }
    }
    Ok(out)
}

/// What one term of `first_found` asks for.
#[derive(Default)]
struct Wanted {
    names: Vec<String>,
    skip: bool,
}

fn first_found(session: &Session<'_>, terms: Vec<Value>, args: Args) -> Found {
    let args = args.bind("first_found", &["files", "paths", "skip", "_kind"])?;
    let mut wanted = Wanted { skip: args.truth(2, false), ..Wanted::default() };
    let paths = words(args.some(1))?;
    let named = words(args.some(0))?;
    if !named.is_empty() {
        wanted.names.extend(combined(&named, &paths));
    }
    for term in &terms {
        collect(term, &paths, &mut wanted)?;
    }
    let kind = args.some(3).map(Value::to_text);
    let kinds = [kind.as_deref().unwrap_or("files"), "tasks"];
    for name in wanted.names.iter().filter(|n| !n.is_empty()) {
        for subdirectory in kinds {
            if let Some(path) = files::find(session, subdirectory, name)? {
                return Ok(vec![Value::from(path.display().to_string())]);
            }
        }
    }
    match wanted.skip {
        true => Ok(Vec::new()),
        false => Err(TemplateError::failed("no file was found")
            .words("No file was found when using first_found.")
            .hint(format!("looked for {}", wanted.names.join(", ")))),
    }
}

fn collect(term: &Value, paths: &[String], wanted: &mut Wanted) -> Result<(), TemplateError> {
    match term {
        Value::Map(map) => {
            let names = words(map.get("files"))?;
            let paths = words(map.get("paths"))?;
            wanted.skip |= map.get("skip").is_some_and(|s| s.to_bool().unwrap_or_else(|| is_truthy(s)));
            wanted.names.extend(if names.is_empty() { paths } else { combined(&names, &paths) });
        }
        Value::List(list) | Value::Tuple(list) => {
            list.items.iter().try_for_each(|t| collect(t, paths, wanted))?;
        }
        other => wanted.names.extend(combined(&[other.to_text()], paths)),
    }
    Ok(())
}

/// Every name in every directory.
fn combined(names: &[String], paths: &[String]) -> Vec<String> {
    if paths.is_empty() {
        return names.to_vec();
    }
    paths.iter().flat_map(|p| names.iter().map(move |n| format!("{}/{n}", p.trim_end_matches('/')))).collect()
}

/// The words of a list, or of a text parted by commas, semicolons or colons.
fn words(value: Option<&Value>) -> Result<Vec<String>, TemplateError> {
    Ok(match value {
        None | Some(Value::None) => Vec::new(),
        Some(Value::Str(s)) => {
            s.split([',', ';', ':']).filter(|w| !w.is_empty()).map(str::to_owned).collect()
        }
        Some(other) => iterate(other)?.iter().map(Value::to_text).collect(),
    })
}
