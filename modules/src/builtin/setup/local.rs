//! The target's own facts: files that tell, and programs that say.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use super::collector::Facts;
use crate::args::Value;
use crate::{Command, Fail, Target};

/// What the files `*.fact` in a directory tell, by their names.
pub(super) fn facts(target: &mut Target, directory: &Path, limit: Duration) -> Result<Facts, Fail> {
    let mut found = Facts::new();
    let names = target.list(directory).ok().flatten().unwrap_or_default();
    for name in names.iter().filter_map(|name| name.to_str()) {
        let Some(base) = name.strip_suffix(".fact").filter(|base| !base.is_empty()) else { continue };
        let path = directory.join(name);
        let value = match target.stat(&path)? {
            None => Err(format!("Could not stat fact ({}): no such file or directory", path.display())),
            Some(meta) if !meta.is_file() => continue,
            Some(meta) if meta.permissions().mode() & 0o111 == 0 => read(target, &path),
            Some(_) => run(target, &path, limit),
        };
        let value = value.and_then(|text| parse(&text, &path));
        let value = value.unwrap_or_else(|why| {
            target.warn(why.clone());
            Value::from(why)
        });
        found.insert(base.to_owned(), value);
    }
    Ok(found)
}

fn read(target: &Target, path: &Path) -> Result<String, String> {
    let text = target.read_text(path).map_err(|fail| fail.message)?;
    Ok(text.unwrap_or_default())
}

fn run(target: &mut Target, path: &Path, limit: Duration) -> Result<String, String> {
    let wrong = |why: &str| format!("Failure executing fact script ({}), {why}", path.display());
    let output = target.query(&Command::new(path).timeout(limit)).map_err(|fail| wrong(&fail.message))?;
    match output.ok() {
        true => Ok(output.text()),
        false => Err(wrong(&format!("rc: {}, err: {}", output.rc, output.errors().trim_end()))),
    }
}

fn parse(text: &str, path: &Path) -> Result<Value, String> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let wrong = |kind| format!("error loading facts as {kind} - please check content: {}", path.display());
    let written = ini(text).ok_or_else(|| wrong("JSON or ini"))?;
    let filled = written.iter().map(|(name, options)| {
        let options = options.as_object()?;
        let fill = |(key, value): (&String, &Value)| {
            Some((key.clone(), Value::from(interpolated(value.as_str()?, options, 0)?)))
        };
        Some((name.clone(), Value::Object(options.iter().map(fill).collect::<Option<Facts>>()?)))
    });
    filled.collect::<Option<Facts>>().map(Value::Object).ok_or_else(|| wrong("ini"))
}

/// A value with `%(name)s` filled in from its section and `%%` as `%`, as Python does; none where a `%` stands alone.
fn interpolated(text: &str, options: &Facts, depth: usize) -> Option<String> {
    let Some((before, rest)) = text.split_once('%') else { return Some(text.to_owned()) };
    let (value, rest) = match rest.strip_prefix('%') {
        Some(rest) => ("%".to_owned(), rest),
        None => {
            let (name, rest) = rest.strip_prefix('(')?.split_once(")s")?;
            let value = options.get(&name.to_lowercase())?.as_str().filter(|_| depth < 10)?;
            (interpolated(value, options, depth + 1)?, rest)
        }
    };
    Some(format!("{before}{value}{}", interpolated(rest, options, depth)?))
}

/// Sections of options; names of options in small letters, as Python reads them.
fn ini(text: &str) -> Option<Facts> {
    let mut sections = Facts::new();
    let mut section: Option<String> = None;
    let mut option: Option<String> = None;
    for line in text.lines().filter(|line| !line.trim_start().starts_with(['#', ';'])) {
        let word = line.trim();
        let name =
            word.strip_prefix('[').and_then(|rest| rest.split_once(']')).map(|(name, _)| name.to_owned());
        if word.is_empty() {
            continue;
        }
        if let Some(name) = name.filter(|_| !line.starts_with(char::is_whitespace)) {
            sections.entry(name.clone()).or_insert_with(|| Value::Object(Facts::new()));
            (section, option) = (Some(name), None);
            continue;
        }
        let options = sections.get_mut(section.as_ref()?)?.as_object_mut()?;
        if let (true, Some(Value::String(value))) =
            (line.starts_with(char::is_whitespace), option.as_ref().and_then(|name| options.get_mut(name)))
        {
            value.push('\n');
            value.push_str(word);
            continue;
        }
        let (name, value) = word.split_once(['=', ':'])?;
        let name = name.trim().to_lowercase();
        options.insert(name.clone(), value.trim().into());
        option = Some(name);
    }
    Some(sections)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn sections_and_options_are_read() {
        let text = "# mine\n[app]\nVersion = 1.2\nurl: http://x/\nlong = a\n  b\n\n[empty]\n";
        let wanted = json!({"app": {"version": "1.2", "url": "http://x/", "long": "a\nb"}, "empty": {}});
        assert_eq!(Value::Object(ini(text).unwrap()), wanted);
        assert_eq!(ini("no section = 1\n"), None);
    }

    #[test]
    fn values_are_filled_in_as_python_does() {
        let parsed = |text| parse(text, Path::new("f"));
        let wanted = json!({"a": {"base": "/x", "full": "/x/50%"}});
        assert_eq!(parsed("[a]\nbase = /x\nfull = %(base)s/50%%\n"), Ok(wanted));
        let said = parsed("[a]\nb = a % bad % fact\n").unwrap_err();
        assert_eq!(said, "error loading facts as ini - please check content: f");
        assert!(parsed("[a]\nb = %(b)s\n").is_err(), "a value of itself has no end");
    }
}
