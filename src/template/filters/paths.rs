//! Filters on paths. They work on the text; only `realpath` and `fileglob` look at the disk.

use super::super::files::expand_user;
use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Filter, Outcome};

/// This family.
pub(super) const FILTERS: &[Filter] = &[
    Filter::new("basename", "The last part.", |_, v, _| Ok(Value::from(split(&v.to_text()).1))),
    Filter::new("dirname", "All but the last part.", |_, v, _| Ok(Value::from(split(&v.to_text()).0))),
    Filter::new("expanduser", "With `~` put in place.", |_, v, _| Ok(Value::from(expand_user(&v.to_text())))),
    Filter::new("expandvars", "With environment variables put in place.", |_, v, _| {
        Ok(Value::from(expand_vars(&v.to_text())))
    }),
    Filter::new("realpath", "With symbolic links resolved.", |_, v, _| {
        Ok(Value::from(real_path(&v.to_text())))
    }),
    Filter::new("relpath", "Relative to a directory.", relpath),
    Filter::new("normpath", "Without `.`, `..` and double slashes.", |_, v, _| {
        Ok(Value::from(normal(&v.to_text())))
    }),
    Filter::new("splitext", "The path and its extension.", |_, v, _| {
        let text = v.to_text();
        let (root, extension) = split_extension(&text);
        Ok(Value::tuple([Value::from(root), Value::from(extension)]))
    }),
    Filter::new("path_join", "Parts as one path.", |_, v, a| {
        a.none("path_join")?;
        let parts = match &v {
            Value::Str(s) => vec![s.to_string()],
            Value::List(list) | Value::Tuple(list) => list.items.iter().map(Value::to_text).collect(),
            other => {
                let message = format!("path_join: expected text or a list, found `{}`", other.repr());
                let words =
                    format!("|path_join expects string or sequence, got {} instead.", other.type_name());
                return Err(TemplateError::failed(message).words(words));
            }
        };
        Ok(Value::from(join(&parts)))
    }),
    Filter::new("commonpath", "The longest path that all begin with.", common_path),
    Filter::new("fileglob", "The files that match a pattern.", |_, v, _| glob(&v.to_text()).map(Value::list)),
    Filter::new("win_basename", "The last part of a Windows path.", |_, v, _| {
        Ok(Value::from(win_split(&v.to_text()).1))
    }),
    Filter::new("win_dirname", "All but the last part of a Windows path.", |_, v, _| {
        Ok(Value::from(win_split(&v.to_text()).0))
    }),
    Filter::new("win_splitdrive", "The drive and the rest of a Windows path.", |_, v, _| {
        let text = v.to_text();
        let (drive, rest) = split_drive(&text);
        Ok(Value::tuple([Value::from(drive), Value::from(rest)]))
    }),
];

fn split(path: &str) -> (String, String) {
    let at = path.rfind('/').map_or(0, |i| i + 1);
    let (head, tail) = path.split_at(at);
    let trimmed = head.trim_end_matches('/');
    (if trimmed.is_empty() { head } else { trimmed }.to_owned(), tail.to_owned())
}

fn split_extension(path: &str) -> (&str, &str) {
    let name_at = path.rfind('/').map_or(0, |i| i + 1);
    let name = &path[name_at..];
    let leading = name.len() - name.trim_start_matches('.').len();
    match name[leading..].rfind('.') {
        Some(dot) => path.split_at(name_at + leading + dot),
        None => (path, ""),
    }
}

fn expand_vars(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        out.push_str(&rest[..at]);
        let after = &rest[at + 1..];
        let (name, length) = match after.strip_prefix('{').and_then(|a| a.split_once('}')) {
            Some((name, _)) => (name, name.len() + 2),
            None => {
                let end =
                    after.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(after.len());
                (&after[..end], end)
            }
        };
        match std::env::var(name) {
            Ok(value) if !name.is_empty() => out.push_str(&value),
            _ => out.push_str(&rest[at..=at + length]),
        }
        rest = &after[length..];
    }
    out + rest
}

/// Python's `normpath`.
fn normal(path: &str) -> String {
    if path.is_empty() {
        return ".".into();
    }
    let root = match path {
        p if p.starts_with("//") && !p.starts_with("///") => "//",
        p if p.starts_with('/') => "/",
        _ => "",
    };
    let mut parts: Vec<&str> = Vec::new();
    for part in path.split('/').filter(|p| !p.is_empty() && *p != ".") {
        match part {
            ".." if parts.last().is_some_and(|last| *last != "..") => drop(parts.pop()),
            ".." if !root.is_empty() => {}
            part => parts.push(part),
        }
    }
    let text = format!("{root}{}", parts.join("/"));
    if text.is_empty() { ".".into() } else { text }
}

fn absolute(path: &str) -> String {
    if path.starts_with('/') {
        return normal(path);
    }
    let here = std::env::current_dir().map(|d| d.display().to_string()).unwrap_or_default();
    normal(&format!("{here}/{path}"))
}

/// Resolves as much of a path as there is.
fn real_path(path: &str) -> String {
    let absolute = absolute(path);
    let mut existing = std::path::PathBuf::from(&absolute);
    let mut rest = Vec::new();
    loop {
        if let Ok(real) = existing.canonicalize() {
            let whole = rest.iter().rev().fold(real, |path: std::path::PathBuf, part| path.join(part));
            return whole.display().to_string();
        }
        let Some(name) = existing.file_name().map(std::ffi::OsStr::to_owned) else { return absolute };
        rest.push(name);
        existing.pop();
    }
}

fn relpath(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    let start = args.bind("relpath", &["start"])?.text(0, ".");
    let (path, start) = (absolute(&input.to_text()), absolute(&start));
    let parts = |p: &str| p.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (path, start) = (parts(&path), parts(&start));
    let common = path.iter().zip(&start).take_while(|(a, b)| a == b).count();
    let up = std::iter::repeat_n("..".to_owned(), start.len() - common);
    let whole: Vec<String> = up.chain(path[common..].iter().cloned()).collect();
    Ok(Value::from(if whole.is_empty() { ".".to_owned() } else { whole.join("/") }))
}

fn join(parts: &[String]) -> String {
    let mut whole = String::new();
    for part in parts {
        if part.starts_with('/') {
            whole.clone_from(part);
        } else if whole.is_empty() || whole.ends_with('/') {
            whole.push_str(part);
        } else {
            whole = format!("{whole}/{part}");
        }
    }
    whole
}

fn common_path(_: &Session<'_>, input: Value, args: Args) -> Outcome {
    args.none("commonpath")?;
    let items = input.as_list().ok_or_else(|| {
        TemplateError::failed(format!("commonpath: expected a list, found `{}`", input.repr()))
            .words(format!("|commonpath expects sequence, got {} instead.", input.type_name()))
    })?;
    let paths: Vec<String> = items.iter().map(Value::to_text).collect();
    let rooted = paths.iter().filter(|p| p.starts_with('/')).count();
    if paths.is_empty() || (rooted != 0 && rooted != paths.len()) {
        return Err(TemplateError::failed("commonpath needs paths that are all absolute or all relative"));
    }
    let split: Vec<Vec<&str>> =
        paths.iter().map(|p| p.split('/').filter(|s| !s.is_empty() && *s != ".").collect()).collect();
    let common = (0..).take_while(|at| {
        split[0].get(*at).is_some() && split.iter().all(|p| p.get(*at) == split[0].get(*at))
    });
    let length = common.count();
    Ok(Value::from(format!("{}{}", if rooted > 0 { "/" } else { "" }, split[0][..length].join("/"))))
}

/// The files, not directories, that match a pattern, in order.
pub(crate) fn glob(pattern: &str) -> Result<Vec<Value>, TemplateError> {
    let options = glob::MatchOptions {
        require_literal_leading_dot: true,
        require_literal_separator: true,
        ..Default::default()
    };
    let found = glob::glob_with(pattern, options)
        .map_err(|e| TemplateError::failed(format!("invalid pattern `{pattern}`: {e}")))?;
    let files = found.flatten().filter(|p| p.is_file());
    Ok(files.map(|p| Value::from(p.display().to_string())).collect())
}

fn split_drive(path: &str) -> (&str, &str) {
    let bytes = path.as_bytes();
    let is_sign = |b: u8| matches!(b, b'\\' | b'/');
    if bytes.len() >= 2 && is_sign(bytes[0]) && is_sign(bytes[1]) {
        let mut signs = path.char_indices().skip(2).filter(|(_, c)| matches!(c, '\\' | '/')).map(|(i, _)| i);
        let end = signs.next().and_then(|_| signs.next()).unwrap_or(path.len());
        return path.split_at(end);
    }
    if bytes.get(1) == Some(&b':') { path.split_at(2) } else { ("", path) }
}

fn win_split(path: &str) -> (String, String) {
    let (drive, rest) = split_drive(path);
    let at = rest.rfind(['\\', '/']).map_or(0, |i| i + 1);
    let (head, tail) = rest.split_at(at);
    let trimmed = head.trim_end_matches(['\\', '/']);
    (format!("{drive}{}", if trimmed.is_empty() { head } else { trimmed }), tail.to_owned())
}
