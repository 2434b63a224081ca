//! copy

use std::path::Path;
use std::sync::Arc;

use baton_modules::args::{Args, Spec};
use serde_json::{Value as Json, json};

use crate::connection::NoBodies;
use crate::template::{TemplateError, Value, json_text};

use super::local_files::LocalFiles;
use super::{Answer, Arguments, Done, Invocation};

/// The options are those of the module on the target.
pub(crate) struct Copy;

impl Copy {
    /// As the module declares them.
    pub(crate) const SPEC: Spec = <baton_modules::builtin::copy::Copy as Args>::SPEC;
}

/// Sends files of the controller, or a text, to the module `copy`; with `remote_src` all
/// of it happens on the target.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    if truthy(args.get("remote_src")) {
        return Ok(invocation.call_telling("copy", args, Arc::new(NoBodies)).await);
    }
    if let Some(content) = args.shift_remove("content") {
        if args.contains_key("src") {
            return Ok(Answer::failed("src and content are mutually exclusive"));
        }
        args.insert("_source".into(), json!({ "kind": "text" }));
        let text = match dated(invocation)? {
            Some(text) => text,
            None => text_of(&content)?,
        };
        let files = LocalFiles::text(text.into_bytes());
        return Ok(invocation.call_telling("copy", args, Arc::new(files)).await);
    }
    let src = args.get("src").and_then(Json::as_str).filter(|src| !src.is_empty()).map(str::to_owned);
    let Some(src) = src else {
        return Ok(Answer::failed("src (or content) is required"));
    };
    if args.get("dest").is_none_or(|dest| matches!(dest.as_str(), Some(""))) {
        return Ok(Answer::failed("dest is required"));
    }
    let path = match invocation.search.find("files", &src) {
        Ok(path) => path,
        Err(missing) => return Ok(Answer::failed(missing.to_string())),
    };
    match offer(&path, &src, &mut args, invocation) {
        Ok(files) => Ok(invocation.call_telling("copy", args, Arc::new(files)).await),
        Err(error) => Ok(Answer::failed(format!("could not read `{}`: {error}", path.display()))),
    }
}

/// What the module needs to know of the source, and the files it may ask for.
fn offer(
    path: &Path,
    src: &str,
    args: &mut Arguments,
    invocation: &Invocation,
) -> std::io::Result<LocalFiles> {
    use std::os::unix::fs::PermissionsExt;
    let mut files = LocalFiles::default();
    let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
    let mode = std::fs::metadata(path)?.permissions().mode() & 0o7777;
    let decrypt = truthy(args.get("decrypt").or(Some(&Json::Bool(true))));
    let opened = |path: &Path| if decrypt { decrypted(invocation, path) } else { Ok(None) };
    let source = if path.is_dir() {
        let follow = truthy(args.get("local_follow").or(Some(&Json::Bool(true))));
        let entries = files.add_tree(path, follow, &opened)?;
        json!({ "kind": "tree", "name": name, "mode": mode, "contents_only": src.ends_with('/'), "entries": entries })
    } else if let Some(text) = opened(path)? {
        files = LocalFiles::text(text);
        json!({ "kind": "file", "name": name, "mode": mode })
    } else {
        files.add("content", path)?;
        json!({ "kind": "file", "name": name, "mode": mode })
    };
    args.insert("_source".into(), source);
    Ok(files)
}

/// What is in a file of the vault; `None` for any other file.
fn decrypted(invocation: &Invocation, path: &Path) -> std::io::Result<Option<Vec<u8>>> {
    invocation.decrypted(path).map_err(|error| match error.kind() {
        // ansible: these words are looked for.
        std::io::ErrorKind::Other if invocation.vault.secrets().is_empty() => std::io::Error::other(format!(
            "A vault password or secret must be specified to decrypt {}",
            path.display()
        )),
        _ => error,
    })
}

/// The text of a `content` that is a date or a time.
// ansible: as Python prints it, and not as in JSON.
fn dated(invocation: &Invocation) -> Result<Option<String>, TemplateError> {
    let Some(written) = invocation.written("content") else { return Ok(None) };
    let value = invocation.engine.resolve(written, &*invocation.scope)?;
    Ok(matches!(value, Value::Object(_)).then(|| value.to_text()))
}

/// `content` as text: what is no string is written as JSON.
fn text_of(content: &Json) -> Result<String, TemplateError> {
    Ok(match content {
        Json::String(text) => text.clone(),
        // ansible: laid out as Python does it, with blanks behind commas and colons.
        Json::Object(_) | Json::Array(_) => json_text(&Value::from_json(content))?,
        // ansible: as Python prints it.
        other => Value::from_json(other).to_text(),
    })
}

/// Whether an option is given and true.
pub(super) fn truthy(value: Option<&Json>) -> bool {
    match value {
        Some(Json::Bool(b)) => *b,
        Some(Json::String(text)) => baton_modules::args::is_true(text),
        Some(Json::Number(n)) => n.as_i64() == Some(1),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_that_is_no_text_is_laid_out_as_python_does() {
        let text = text_of(&json!({"a": 1, "b": ["x", true]}));
        assert_eq!(text.ok().as_deref(), Some(r#"{"a": 1, "b": ["x", true]}"#));
    }
}
