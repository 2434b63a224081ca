//! docker_build, docker_push, docker_image: a relative context is one of the controller

use std::path::{Path, PathBuf};
use std::sync::Arc;

use baton_modules::docker::build::Context;
use serde_json::Value as Json;

use crate::connection::Transport;

use super::local_files::LocalFiles;
use super::{Answer, Arguments, Done, Invocation};

/// Whether a name is that of a module with a context.
pub(super) fn knows(name: &str) -> bool {
    let module = baton_modules::find(name).map(|entry| entry.spec.name);
    matches!(module, Some("docker_build" | "docker_image" | "docker_push"))
}

/// Finds the directory beside the role or the playbook. Where the task runs on this machine, the module is told where
/// it is; else its files are offered, and sent when the module wants them.
pub(super) async fn run(invocation: &Invocation) -> Done {
    let mut args = invocation.arguments()?;
    let module = baton_modules::find(&invocation.action).map_or("docker_build", |entry| entry.spec.name);
    let files = match offer(invocation, &mut args) {
        Ok(files) => files,
        Err(message) => return Ok(Answer::failed(message)),
    };
    Ok(invocation.call_telling(module, args, Arc::new(files)).await)
}

fn offer(invocation: &Invocation, args: &mut Arguments) -> Result<LocalFiles, String> {
    let text = |args: &Arguments, name: &str| args.get(name).and_then(Json::as_str).map(str::to_owned);
    // `docker_image` has its directory one level deeper.
    let nested = args.get("build").and_then(Json::as_object).cloned();
    let mut inner = nested.clone().unwrap_or_else(|| args.clone());
    let named = ["context", "path"].iter().find_map(|name| Some((*name, text(&inner, name)?)));
    let Some((option, written)) = named.filter(|(_, path)| is_relative(path)) else {
        return Ok(LocalFiles::default());
    };
    let dockerfile = text(&inner, "dockerfile").map(PathBuf::from);
    let root = find(invocation, &written, dockerfile.as_deref())?;
    if invocation.address.transport == Transport::Local {
        inner.insert(option.to_owned(), root.display().to_string().into());
        match nested {
            Some(_) => drop(args.insert("build".to_owned(), inner.into())),
            None => *args = inner,
        }
        return Ok(LocalFiles::default());
    }
    let context = Context::scan(&root, dockerfile.as_deref()).map_err(|fail| fail.message)?;
    let mut files = LocalFiles::default();
    for (name, path) in context.files() {
        files.add(&name, &path).map_err(|error| format!("could not read `{}`: {error}", path.display()))?;
    }
    args.insert("_context".to_owned(), context.describe());
    Ok(files)
}

/// Whether a path is neither absolute nor one that the target expands.
fn is_relative(path: &str) -> bool {
    !path.is_empty() && !path.starts_with(['/', '~', '$']) && !path.contains("://")
}

/// The directory of this name that has the Dockerfile, else the first of it.
fn find(invocation: &Invocation, written: &str, dockerfile: Option<&Path>) -> Result<PathBuf, String> {
    let places = || invocation.search.directories.iter().map(|directory| directory.join(written));
    let wanted = dockerfile.unwrap_or(Path::new("Dockerfile"));
    let found =
        places().find(|place| place.join(wanted).is_file()).or_else(|| places().find(|place| place.is_dir()));
    let found = found.and_then(|place| place.canonicalize().ok());
    found.ok_or_else(|| {
        let places: Vec<String> = places().map(|place| format!("`{}`", place.display())).collect();
        format!("could not find the directory `{written}`; searched: {}", places.join(", "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_paths_that_say_no_place_are_of_the_controller() {
        assert!(is_relative(".") && is_relative("app") && is_relative("./a/b"));
        assert!(
            !is_relative("/srv")
                && !is_relative("~/app")
                && !is_relative("$HOME")
                && !is_relative("https://x/y.git")
        );
    }
}
