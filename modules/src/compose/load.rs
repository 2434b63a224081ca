//! From files to a project: read, variables, check, long forms, `extends`, merge, and what holds over all.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use super::extend::{Others, extend};
use super::interpolate::Variables;
use super::merge::merge;
use super::normal::normal;
use super::project::Project;
use super::source::{Source, joined};
use super::units::text;
use super::{check, dotenv, sound};
use crate::sorting::Trees;

/// What is in a file.
#[derive(Clone, Debug)]
pub(crate) enum Given {
    /// A text to read.
    Text(String),
    /// A definition that stands in the task.
    Value(Value),
}

/// What a project is loaded from.
pub(crate) struct Input<'i> {
    /// Names of files and what is in them.
    pub(crate) files: Vec<(String, Given)>,
    /// Where relative paths begin.
    pub(crate) directory: PathBuf,
    /// The home of `~`.
    pub(crate) home: String,
    /// The variables of the environment and of `.env`.
    pub(crate) variables: BTreeMap<String, String>,
    /// The name that the user wants.
    pub(crate) name: Option<String>,
    /// The profiles that are active.
    pub(crate) profiles: Vec<String>,
    /// Reads further files.
    pub(crate) read: &'i dyn Fn(&Path) -> Option<String>,
}

/// The variables of a file such as `.env`, put below those that are known.
///
/// # Errors
/// In words, with the line.
pub(crate) fn variables(
    name: &str,
    text: &str,
    known: &BTreeMap<String, String>,
) -> Result<BTreeMap<String, String>, String> {
    let found = dotenv::read(text, known).map_err(|(line, message)| format!("{name}:{line}: {message}"))?;
    Ok(found.into_iter().filter_map(|(key, value)| Some((key, value?))).to_map())
}

/// The project, or everything that is wrong with it.
///
/// # Errors
/// Each mistake in words, with its file and line.
pub(crate) fn load(input: &Input<'_>) -> Result<Project, Vec<String>> {
    let mut wrong = Vec::new();
    let mut warnings = Vec::new();
    let mut sources: Vec<Source> = Vec::new();
    for (name, given) in &input.files {
        let source = match given {
            Given::Text(text) => Source::read(name, text),
            Given::Value(value) => Ok(Source::given(name, value.clone())),
        };
        sources.extend(read_source_warned(source, input, &mut wrong, &mut warnings));
    }
    let (mut merged, mut others) = (Map::new(), Others::new());
    for source in &sources {
        let mut file = normal(source, &input.directory, &input.home, &mut wrong);
        extend(source, &mut file, input, &mut others, &mut wrong);
        merge(&mut merged, file, "", source);
    }
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let mut project = Project::new(input, merged, warnings);
    for (name, service) in &mut project.services {
        environment(name, service, input, &sources, &mut wrong);
    }
    sound::check(&project, &sources, &mut wrong);
    if wrong.is_empty() { Ok(project) } else { Err(wrong) }
}

/// A message with the place where something was written last.
pub(super) fn place(sources: &[Source], pointer: &str, message: &str) -> String {
    let mut path = pointer;
    loop {
        if let Some(source) = sources.iter().rev().find(|source| source.has(path)) {
            return source.at(path, message);
        }
        match path.rfind('/') {
            Some(above) => path = &path[..above],
            None => return sources.last().map_or(message.to_owned(), |source| source.at("", message)),
        }
    }
}

/// A file with its variables put in and its keys checked.
pub(super) fn read_source(
    name: &str,
    text: &str,
    input: &Input<'_>,
    wrong: &mut Vec<String>,
) -> Option<Source> {
    read_source_warned(Source::read(name, text), input, wrong, &mut Vec::new())
}

fn read_source_warned(
    source: Result<Source, Vec<String>>,
    input: &Input<'_>,
    wrong: &mut Vec<String>,
    warnings: &mut Vec<String>,
) -> Option<Source> {
    let mut source = source.map_err(|slips| wrong.extend(slips)).ok()?;
    let mut variables = Variables { known: &input.variables, missing: Default::default() };
    let mut found = source.interpolate(&mut variables);
    for name in &variables.missing {
        warnings.push(format!("{}: the variable `{name}` is not set and taken as empty", source.name));
    }
    found.extend(check::check(&source));
    wrong.extend(found);
    Some(source)
}

/// The whole environment of a service: its files, then its own words, then what it takes from ours.
fn environment(
    name: &str,
    service: &mut Value,
    input: &Input<'_>,
    sources: &[Source],
    wrong: &mut Vec<String>,
) {
    let mut all: Map<String, Value> = Map::new();
    let at = format!("{}/env_file", joined("/services", name));
    let files = service.as_object_mut().and_then(|map| map.remove("env_file"));
    for file in files.as_ref().and_then(Value::as_array).into_iter().flatten() {
        let path = file["path"].as_str().unwrap_or_default();
        let Some(content) = (input.read)(Path::new(path)) else {
            if file.get("required").is_none_or(super::units::truth) {
                wrong.push(place(sources, &at, &format!("cannot read the file `{path}` of `env_file`")));
            }
            continue;
        };
        match dotenv::read(&content, &input.variables) {
            Ok(found) => all
                .extend(found.into_iter().map(|(key, value)| (key, value.map_or(Value::Null, Value::from)))),
            Err((line, message)) => wrong.push(format!("{path}:{line}: {message}")),
        }
    }
    if let Some(Value::Object(own)) = service.get("environment") {
        all.extend(own.clone());
    }
    for (key, value) in &mut all {
        if value.is_null() {
            *value = input.variables.get(key).map_or(Value::Null, |value| value.clone().into());
        } else {
            *value = text(value).map_or(Value::Null, Value::from);
        }
    }
    all.retain(|_, value| !value.is_null());
    if !all.is_empty() {
        service["environment"] = Value::Object(all);
    }
}
