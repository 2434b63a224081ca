//! script

use std::sync::Arc;

use baton_modules::args::{Args, Spec};
use serde_json::Value as Json;

use super::local_files::LocalFiles;
use super::{Answer, Done, Invocation};

/// The options are those of the module on the target.
pub(crate) struct Script;

impl Script {
    /// As the module declares them.
    pub(crate) const SPEC: Spec = <baton_modules::builtin::script::Script as Args>::SPEC;
}

/// Sends a script of the controller to the module `script`, which runs it.
pub(super) async fn run(invocation: &Invocation) -> Done {
    if invocation.background.is_some() {
        return Ok(Answer::failed("This action (script) does not support async."));
    }
    let mut args = invocation.arguments()?;
    let line = ["_raw_params", "cmd"].iter().find_map(|name| args.get(*name)).and_then(Json::as_str);
    let Some(line) = line.map(str::trim_start) else {
        return Ok(Answer::failed("one of the following is required: _raw_params, cmd"));
    };
    let (name, rest) = first_word(line);
    let path = match invocation.search.find("files", &name) {
        Ok(path) => path,
        Err(missing) => return Ok(Answer::failed(missing.to_string())),
    };
    let mut files = LocalFiles::default();
    if let Err(error) = files.add("content", &path) {
        return Ok(Answer::failed(format!("could not read `{}`: {error}", path.display())));
    }
    let rest = rest.to_owned();
    args.shift_remove("cmd");
    args.insert("_raw_params".into(), rest.into());
    let base = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    args.insert("_name".into(), base.into());
    Ok(invocation.call_with("script", args, Arc::new(files)).await)
}

/// The first word of a command line, perhaps in quotes, and what follows it.
fn first_word(line: &str) -> (String, &str) {
    for quote in ['"', '\''] {
        if let Some(rest) = line.strip_prefix(quote)
            && let Some((word, rest)) = rest.split_once(quote)
        {
            return (word.to_owned(), rest.trim_start());
        }
    }
    match line.split_once(char::is_whitespace) {
        Some((word, rest)) => (word.to_owned(), rest.trim_start()),
        None => (line.to_owned(), ""),
    }
}
