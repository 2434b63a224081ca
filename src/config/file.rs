//! `ansible.cfg`: where it is looked for, and its sections and keys.

use std::collections::HashMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::Config;
use super::setting::Places;
use crate::diagnostic::{Diagnostic, Diagnostics, Source, Span};

/// A settings file that was read.
pub(super) struct ConfigFile {
    pub(super) path: PathBuf,
    entries: HashMap<(String, String), Entry>,
}

/// A value of the file.
pub(super) struct Entry {
    pub(super) value: String,
    /// The value's place.
    pub(super) place: Span,
    /// The key's place.
    key: Span,
}

impl Config {
    /// Finds every setting; mistakes leave the default.
    pub(crate) fn load(env: &dyn Fn(&str) -> Option<String>, cwd: &Path) -> (Config, Diagnostics) {
        let mut diagnostics = Diagnostics::default();
        let home = env("HOME").map(PathBuf::from).or_else(std::env::home_dir).unwrap_or_else(|| "/".into());
        let file = locate(env, cwd, &home, &mut diagnostics)
            .and_then(|path| ConfigFile::read(path, &mut diagnostics));
        let places = Places { env, file: file.as_ref(), cwd, home };
        let config = Config::find(&places, &mut diagnostics);
        (config, diagnostics)
    }
}

impl Config {
    /// The settings file once more, for what the table has no settings for.
    pub(super) fn read_file(&self) -> Option<ConfigFile> {
        // What is wrong in it was told the first time.
        self.file.clone().and_then(|path| ConfigFile::read(path, &mut Diagnostics::default()))
    }
}

/// The first of the places that has a file.
fn locate(
    env: &dyn Fn(&str) -> Option<String>,
    cwd: &Path,
    home: &Path,
    diagnostics: &mut Diagnostics,
) -> Option<PathBuf> {
    let readable = |path: &PathBuf| std::fs::File::open(path).is_ok() && path.is_file();
    if let Some(given) = env("ANSIBLE_CONFIG") {
        let rest = given.strip_prefix("~/").map(|rest| home.join(rest));
        let path = cwd.join(rest.unwrap_or_else(|| given.into()));
        let path = if path.is_dir() { path.join("ansible.cfg") } else { path };
        if readable(&path) {
            return Some(path);
        }
    }
    let here = cwd.join("ansible.cfg");
    if readable(&here) {
        const WRITABLE_BY_ALL: u32 = 0o002;
        if !cwd.metadata().is_ok_and(|meta| meta.mode() & WRITABLE_BY_ALL != 0) {
            return Some(here);
        }
        let message = format!(
            "passing over `ansible.cfg` in a directory that everybody may write to: `{}`",
            cwd.display()
        );
        let found = Diagnostic::warning("config-writable", message);
        diagnostics.push(found.hint("name it in `ANSIBLE_CONFIG`, or `chmod o-w` the directory"));
    }
    [home.join(".ansible.cfg"), PathBuf::from("/etc/ansible/ansible.cfg")].into_iter().find(readable)
}

impl ConfigFile {
    fn read(path: PathBuf, diagnostics: &mut Diagnostics) -> Option<Self> {
        let name = path.display().to_string();
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                let source = Source::new(name, text);
                Some(Self { entries: entries(&source, diagnostics), path })
            }
            Err(error) => {
                let message = format!("cannot read settings: {error}: `{name}`");
                diagnostics.push(Diagnostic::error("config-unreadable", message));
                None
            }
        }
    }

    /// The sections and keys that stand in it.
    pub(super) fn keys(&self) -> impl Iterator<Item = &(String, String)> {
        self.entries.keys()
    }

    pub(super) fn get(&self, section: &str, key: &str) -> Option<&Entry> {
        // Python's parser lets a section named `DEFAULT` stand in for all others.
        let of = |section: &str| self.entries.get(&(section.to_owned(), key.to_owned()));
        of(section).or_else(|| of("DEFAULT"))
    }
}

fn entries(source: &Arc<Source>, diagnostics: &mut Diagnostics) -> HashMap<(String, String), Entry> {
    let mut found: HashMap<(String, String), Entry> = HashMap::new();
    let mut section: Option<String> = None;
    let mut last: Option<(String, String)> = None;
    let mut start = 0;
    for line in source.text.split_inclusive('\n') {
        let begin = start;
        start += line.len();
        let text = without_comment(line);
        let trimmed = text.trim();
        let at = (begin + text.len() - text.trim_start().len()) as u32;
        let place = Span::new(source, at, at + trimmed.len() as u32);
        if trimmed.is_empty() {
            continue;
        }
        // An indented line goes on with the value above.
        if let Some(entry) =
            last.as_ref().and_then(|id| found.get_mut(id)).filter(|_| text.starts_with([' ', '\t']))
        {
            entry.value = format!("{}\n{trimmed}", entry.value).trim().to_owned();
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
            section = Some(name.0.to_owned());
            last = None;
            continue;
        }
        let (Some(section), Some((key, value))) = (&section, trimmed.split_once(['=', ':'])) else {
            let message = format!("expected `[section]` or `key = value`, found `{trimmed}`");
            diagnostics.push(Diagnostic::error("config-syntax", message).at(&place, ""));
            continue;
        };
        let id = (section.clone(), key.trim().to_ascii_lowercase());
        let entry = entry(source, at as usize, key, value);
        if let Some(first) = found.get(&id) {
            let message = format!("setting `{}` stands twice in section `{}`", id.1, id.0);
            diagnostics.push(
                Diagnostic::error("config-duplicate", message)
                    .at(&entry.key, "")
                    .also(&first.key, "first here"),
            );
        }
        last = Some(id.clone());
        found.insert(id, entry);
    }
    found
}

fn entry(source: &Arc<Source>, at: usize, key: &str, value: &str) -> Entry {
    let value_at = at + key.len() + 1 + value.len() - value.trim_start().len();
    let value = value.trim();
    Entry {
        value: value.to_owned(),
        place: Span::new(source, value_at as u32, (value_at + value.len()) as u32),
        key: Span::new(source, at as u32, (at + key.trim_end().len()) as u32),
    }
}

/// A line up to its comment: `#` and `;` at its beginning, `;` after a blank.
fn without_comment(line: &str) -> &str {
    if line.trim_start().starts_with(['#', ';']) {
        return "";
    }
    let inline = line.match_indices(';').find(|(at, _)| line[..*at].ends_with([' ', '\t']));
    inline.map_or(line, |(at, _)| &line[..at])
}
