//! assemble

use std::path::Path;
use std::sync::Arc;

use baton_modules::args::{Args, Spec};
use baton_modules::builtin::assemble::Assemble as Options;
use serde_json::{Value as Json, json};

use crate::connection::NoBodies;

use super::copy::truthy;
use super::local_files::LocalFiles;
use super::{Answer, Done, Invocation, module::parse};

/// The options are those of the module on the target.
pub(crate) struct Assemble;

impl Assemble {
    /// As the module declares them.
    pub(crate) const SPEC: Spec = <Options as Args>::SPEC;
}

/// What only concerns the parts; all else is for `copy`.
const OWN: [&str; 6] = ["src", "remote_src", "regexp", "delimiter", "ignore_hidden", "decrypt"];

/// Joins files of the controller and sends them to the module `copy`; with `remote_src` all of it happens on the
/// target.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    if truthy(args.get("remote_src").or(Some(&Json::Bool(true)))) {
        return Ok(invocation.call_telling("assemble", args, Arc::new(NoBodies)).await);
    }
    let options: Options = parse(&args)?;
    let src = args.get("src").and_then(Json::as_str).unwrap_or_default();
    let path = match invocation.search.find("files", src) {
        Ok(path) => path,
        Err(missing) => return Ok(Answer::failed(missing.to_string())),
    };
    if !path.is_dir() {
        return Ok(Answer::failed(format!("Source ({}) is not a directory", path.display())));
    }
    let whole = match parts(&path, &options, invocation) {
        // ansible: on the controller, the delimiter gets a new line though it ends with one.
        Ok(parts) => options.join(&parts, true),
        Err(error) => return Ok(Answer::failed(format!("could not read `{}`: {error}", path.display()))),
    };
    OWN.iter().for_each(|name| drop(args.shift_remove(*name)));
    // ansible: in a directory the file gets this name.
    args.insert("_source".into(), json!({ "kind": "file", "name": "src" }));
    let answer = invocation.call_telling("copy", args, Arc::new(LocalFiles::text(whole))).await;
    // ansible: what differs in the content is told as one difference, and not as a list of such.
    Ok(answer.with_single_diff())
}

/// What is in the files of a directory, in the order of their names.
fn parts(path: &Path, options: &Options, invocation: &Invocation) -> std::io::Result<Vec<Vec<u8>>> {
    let mut parts = Vec::new();
    for entry in walkdir::WalkDir::new(path).sort_by_file_name().min_depth(1).max_depth(1) {
        let entry = entry.map_err(std::io::Error::other)?;
        if !entry.path().is_file() || !options.takes(entry.file_name().as_encoded_bytes()) {
            continue;
        }
        let secret = if options.decrypt { invocation.decrypted(entry.path())? } else { None };
        parts.push(match secret {
            Some(text) => text,
            None => std::fs::read(entry.path())?,
        });
    }
    Ok(parts)
}
