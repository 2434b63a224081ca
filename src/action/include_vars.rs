//! include_vars

use std::io::Read;
use std::path::{Path, PathBuf};

use baton_modules::args;
use serde_json::Value as Json;

use crate::template::Value;
use crate::vars::{Definition, VarMap, combined, reserved};

use super::{Answer, Done, Effect, Invocation, module::parse};

args! {
    /// Read variables from a file or a directory while running.
    pub(crate) struct IncludeVars as "include_vars" {
        /// The file, looked for in `vars`.
        #[alias("_raw_params")]
        file: Option<String>,
        /// A directory, looked for in `vars`; its files are read in the order of their names.
        dir: Option<String>,
        /// Put all variables into a dictionary of this name.
        name: Option<String>,
        /// How deep to go into the directory; 0 is all the way.
        depth: i64 = "0",
        /// Only files whose names match this regular expression.
        files_matching: Option<String>,
        /// Files to leave out.
        ignore_files: Vec<String> = "",
        /// The endings of files that are read.
        extensions: Vec<String> = "yaml,yml,json",
        /// Pass over files with other endings instead of failing.
        ignore_unknown_extensions: bool = "false",
        /// How to deal with a variable that is there already: replace or merge.
        hash_behaviour: Option<String>,
    }
    rules [MutuallyExclusive(&["file", "dir"]), RequiredOneOf(&["file", "dir"])]
}

pub(super) fn run(invocation: &Invocation) -> Done {
    let given = invocation.arguments()?;
    let args: IncludeVars = parse(&given).map_err(|mut failed: Box<Answer>| {
        let named =
            |name: &str| given.get(name).is_some_and(|value| !value.is_null() && value.as_str() != Some(""));
        let mut message = failed.failure.clone().unwrap_or_default();
        if !named("file") && !named("dir") {
            // ansible: scripts look for these words.
            message = format!("Could not find file on the controller: {message}");
        }
        failed.values.insert("message".into(), message.into());
        failed
    })?;
    let files = match files(&args, invocation) {
        Ok(files) => files,
        Err(message) => {
            let none = Json::Array(Vec::new());
            let failed = Answer::failed(message.clone()).with("ansible_included_var_files", none);
            return Ok(failed.with("message", message));
        }
    };
    let mut vars = VarMap::new();
    let mut secret = false;
    for file in &files {
        secret |= is_vault(file);
        match invocation.read_vars(file) {
            Ok(more) => vars.extend(more),
            Err(drawn) => {
                let first = drawn.lines().next().unwrap_or_default().trim_start_matches("error: ").to_owned();
                let failed = Answer::failed(first.clone()).with("message", first);
                return Ok(Answer { explanation: Some(drawn), ..failed });
            }
        }
    }
    for (name, var) in vars.iter().filter(|_| args.name.is_none()) {
        if let (Some(found), Some(place)) = (reserved(name), &var.place) {
            invocation.engine.note(found.at(place, ""));
        }
    }
    if let Some(name) = &args.name {
        let whole = Value::map(vars.into_iter().map(|(name, var)| (Value::Str(name), var.value)));
        vars = VarMap::from([(name.as_str().into(), Definition { value: whole, place: None })]);
    }
    if args.hash_behaviour.as_deref() == Some("merge") {
        for (name, new) in &mut vars {
            let old =
                invocation.scope.get(name).map(|old| invocation.engine.resolve(&old, &*invocation.scope));
            if let Some(old) = old.transpose()? {
                new.value = combined(&old, &new.value);
            }
        }
    }
    let facts: serde_json::Map<String, Json> =
        vars.iter().map(|(n, d)| (n.to_string(), d.value.to_json())).collect();
    let read: Vec<String> = files.iter().map(|f| f.display().to_string()).collect();
    Ok(Answer { secret, ..Answer::default() }
        .with("ansible_facts", Json::Object(facts))
        .with("ansible_included_var_files", read)
        .effect(Effect::IncludeVars(vars)))
}

/// Whether a file is encrypted as a whole: what it says is not to be shown.
fn is_vault(file: &Path) -> bool {
    let mut head = [0; 15];
    let read = std::fs::File::open(file).and_then(|mut file| file.read_exact(&mut head));
    read.is_ok() && head == *b"$ANSIBLE_VAULT;"
}

fn files(args: &IncludeVars, invocation: &Invocation) -> Result<Vec<PathBuf>, String> {
    if let Some(file) = &args.file {
        return invocation.search.find("vars", file).map(|f| vec![f]).map_err(|e| {
            // ansible: scripts look for the first words.
            format!("Could not find file on the machine baton runs on: {e}")
        });
    }
    let name = args.dir.as_deref().unwrap_or_default();
    let dir = invocation.search.find("vars", name).map_err(|e| e.to_string())?;
    if !dir.is_dir() {
        return Err(format!("`{}` is not a directory", dir.display()));
    }
    let matching = args.files_matching.as_deref().map(regex::Regex::new).transpose();
    let matching = matching.map_err(|e| format!("`files_matching` is no regular expression: {e}"))?;
    let depth = if args.depth <= 0 { usize::MAX } else { args.depth as usize };
    let mut found = Vec::new();
    for entry in walkdir::WalkDir::new(&dir).follow_links(true).max_depth(depth).sort_by_file_name() {
        let entry = entry.map_err(|e| e.to_string())?;
        if entry.file_type().is_dir() || !wanted(args, entry.path(), matching.as_ref())? {
            continue;
        }
        found.push(entry.into_path());
    }
    Ok(found)
}

/// Whether a file of the directory is to be read.
fn wanted(args: &IncludeVars, file: &Path, matching: Option<&regex::Regex>) -> Result<bool, String> {
    let name = file.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let ignored = args.ignore_files.iter().any(|pattern| {
        !pattern.is_empty()
            && (name == *pattern || regex::Regex::new(pattern).is_ok_and(|r| r.is_match(&name)))
    });
    if ignored || matching.is_some_and(|r| !r.is_match(&name)) {
        return Ok(false);
    }
    let ending = file.extension().map(|e| e.to_string_lossy().into_owned()).unwrap_or_default();
    if args.extensions.iter().any(|e| e.trim_start_matches('.') == ending) {
        return Ok(true);
    }
    if args.ignore_unknown_extensions || matching.is_some() {
        return Ok(false);
    }
    Err(format!("`{}` does not have a valid extension: {}", file.display(), args.extensions.join(", ")))
}
