//! k8s_apply (k8s), k8s_delete, k8s_prune: manifests and templates of the controller

use std::path::Path;
use std::sync::Arc;

use baton_modules::args::{Args, Map, Value as Json, is_true};
use baton_modules::sorting::Sorting;
use serde_json::json;

use crate::connection::NoBodies;

use super::template::Template;
use super::{Answer, Arguments, Done, Invocation, module::parse};

/// Endings of files with manifests.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];

/// Whether a name is that of a module that takes manifests.
pub(super) fn knows(name: &str) -> bool {
    let module = baton_modules::find(name).map(|entry| entry.spec.name);
    matches!(module, Some("k8s_apply" | "k8s_delete" | "k8s_prune"))
}

/// Reads files and renders templates here, and makes one call of the module with their texts.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    let module = baton_modules::find(&invocation.action).map_or("k8s_apply", |entry| entry.spec.name);
    if invocation.action.rsplit('.').next() == Some("k8s") {
        // ansible: `k8s` patches, and waits only when it is told to.
        let applies =
            ["apply", "server_side_apply", "merge_type", "force"].iter().any(|name| args.contains_key(*name));
        if !applies {
            args.insert("apply".into(), false.into());
        }
        args.entry("wait").or_insert(false.into());
    }
    let mut documents = Vec::new();
    if let Some(template) = args.shift_remove("template").filter(|template| !template.is_null()) {
        for one in templates(template) {
            documents.push(rendered(invocation, &one)?);
        }
    }
    if let Some(found) = files(invocation, &args)? {
        args.shift_remove("src");
        documents.extend(found);
    }
    if !documents.is_empty() {
        args.insert("_documents".into(), documents.into());
    }
    Ok(invocation.call_telling(module, args, Arc::new(NoBodies)).await)
}

/// One template, or several.
fn templates(written: Json) -> Vec<Json> {
    match written {
        Json::Array(all) => all,
        one => vec![one],
    }
}

fn failed(message: impl Into<String>) -> Box<Answer> {
    Box::new(Answer::failed(message))
}

fn rendered(invocation: &Invocation, written: &Json) -> Result<Json, Box<Answer>> {
    let mut options = match written {
        Json::String(path) => Map::from_iter([("src".to_owned(), Json::from(path.clone()))]),
        Json::Object(options) => options.clone(),
        _ => return Err(failed("`template` must be a path, or a dictionary with `path`")),
    };
    if let Some(path) = options.shift_remove("path") {
        options.insert("src".into(), path);
    }
    let known = |name: &str| Template::SPEC.option(name).is_some();
    if let Some(name) = options.keys().find(|name| !known(name)) {
        return Err(failed(format!("unknown option `{name}` in `template`")));
    }
    options.entry("dest").or_insert_with(|| "".into());
    let template: Template = parse(&options)?;
    let (path, text) = super::template::rendered(invocation, &template)?;
    Ok(json!({ "name": name_of(&path, &template.src), "text": text }))
}

/// What is in the file or directory that `src` names here; `None` where it is on the target or on the web.
fn files(invocation: &Invocation, args: &Arguments) -> Result<Option<Vec<Json>>, Box<Answer>> {
    let Some(src) = args.get("src").and_then(Json::as_str) else { return Ok(None) };
    let remote = match args.get("remote_src") {
        Some(Json::Bool(remote)) => *remote,
        Some(Json::String(word)) => is_true(word),
        _ => false,
    };
    if remote || src.starts_with("http://") || src.starts_with("https://") {
        return Ok(None);
    }
    let path = invocation.search.find("files", src).map_err(|missing| failed(missing.to_string()))?;
    let unreadable =
        |path: &Path, error: &std::io::Error| failed(format!("could not read `{}`: {error}", path.display()));
    let mut paths = vec![path.clone()];
    if path.is_dir() {
        let entries = std::fs::read_dir(&path).map_err(|error| unreadable(&path, &error))?;
        let ends =
            |path: &Path| path.extension().is_some_and(|ending| ENDINGS.iter().any(|known| ending == *known));
        paths = entries.filter_map(|entry| Some(entry.ok()?.path())).filter(|path| ends(path)).collect();
        paths.put_in_order();
        if paths.is_empty() {
            return Err(failed(format!(
                "no file in `{}` ends with `.yaml`, `.yml` or `.json`",
                path.display()
            )));
        }
    }
    let read = |path: &std::path::PathBuf| {
        let text = invocation.read_text(path).map_err(|error| unreadable(path, &error))?;
        Ok(json!({ "name": name_of(path, src), "text": text }))
    };
    paths.iter().map(read).collect::<Result<_, _>>().map(Some)
}

/// How messages call a file: as the user wrote it, or by its own name in a directory.
fn name_of(path: &Path, written: &str) -> String {
    match path.file_name() {
        Some(name) if !Path::new(written).ends_with(name) => {
            Path::new(written).join(name).display().to_string()
        }
        _ => written.to_owned(),
    }
}
