//! Where relative files are looked for: the search path of the task, as Ansible has it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::session::Session;
use super::{Engine, Template, TemplateError, Value, VaultString};
use crate::diagnostic::{Source, Span};

/// A path with `~` put in place.
pub(crate) fn expand_user(path: &str) -> String {
    let Some(rest) = path.strip_prefix('~') else { return path.to_owned() };
    let (user, rest) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    let home = match user {
        "" => std::env::var("HOME").ok(),
        user => home_of(user),
    };
    home.map_or_else(|| path.to_owned(), |home| format!("{}{rest}", home.trim_end_matches('/')))
}

fn home_of(user: &str) -> Option<String> {
    let accounts = std::fs::read_to_string("/etc/passwd").ok()?;
    let account = accounts.lines().find(|l| l.split(':').next() == Some(user))?;
    account.split(':').nth(5).map(str::to_owned)
}

/// The name of an account or a group by its number, in a table such as `/etc/passwd`.
pub(crate) fn name_of(table: &str, id: u32) -> Option<String> {
    let accounts = std::fs::read_to_string(table).ok()?;
    let account = accounts.lines().find(|l| l.split(':').nth(2).and_then(|n| n.parse().ok()) == Some(id))?;
    account.split(':').next().map(str::to_owned)
}

/// The directories that relative files are looked for in, nearest first.
pub(crate) fn search_path(session: &Session<'_>) -> Result<Vec<PathBuf>, TemplateError> {
    let mut path = Vec::new();
    let list = |name: &str| -> Result<Vec<String>, TemplateError> {
        Ok(match session.settled_variable(name)? {
            Some(Value::Str(one)) => vec![one.to_string()],
            Some(value) => value.as_list().unwrap_or_default().iter().map(Value::to_text).collect(),
            None => Vec::new(),
        })
    };
    for name in ["ansible_search_path", "role_path", "playbook_dir"] {
        for directory in list(name)? {
            let directory = PathBuf::from(directory);
            if !path.contains(&directory) {
                path.push(directory);
            }
        }
    }
    if path.is_empty() {
        path.extend(std::env::current_dir());
    }
    Ok(path)
}

/// A file of the kind kept in `subdirectory` (`files`, `templates`); `None` when there is none.
pub(crate) fn find(
    session: &Session<'_>,
    subdirectory: &str,
    name: &str,
) -> Result<Option<PathBuf>, TemplateError> {
    let name = expand_user(name);
    let wanted = Path::new(&name);
    if wanted.is_absolute() {
        return Ok(wanted.exists().then(|| wanted.to_path_buf()));
    }
    for directory in search_path(session)? {
        for candidate in [directory.join(subdirectory).join(wanted), directory.join(wanted)] {
            if candidate.exists() {
                return Ok(Some(candidate));
            }
        }
    }
    Ok(None)
}

impl Engine {
    /// A template for `include` and its kind.
    pub(crate) fn load(
        &self,
        session: &Session<'_>,
        name: &str,
    ) -> Result<Option<Arc<Template>>, TemplateError> {
        if let Some(loader) = session.options.and_then(|o| o.loader.as_ref()) {
            return loader(name);
        }
        match find(session, "templates", name)? {
            Some(path) if path.is_file() => read(self, &path).map(Some),
            _ => Ok(None),
        }
    }
}

/// Reads a template file, decrypted if need be.
pub(crate) fn read(engine: &Engine, path: &Path) -> Result<Arc<Template>, TemplateError> {
    let name = path.display().to_string();
    let text = std::fs::read_to_string(path)
        .map_err(|e| TemplateError::failed(format!("cannot read template `{name}`: {e}")))?;
    let text = match text.starts_with("$ANSIBLE_VAULT;") {
        true => engine.open(&VaultString { text: text.into(), place: None })?,
        false => text,
    };
    let source = Source::new(name, text);
    let span = Span::new(&source, 0, source.text.len() as u32);
    Ok(Template::new(source.text.clone(), Some(span)))
}
