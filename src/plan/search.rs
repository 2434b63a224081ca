//! Where files of tasks and roles are looked for.

use std::path::{Component, Path, PathBuf};

use super::absolute;
use super::inputs::Inputs;

/// Endings of YAML files, in the order they are tried; the bare name comes first.
const ENDINGS: &[&str] = &["", ".yml", ".yaml", ".json"];

/// The first of `candidates` that is a file, or all that were tried.
pub(super) fn first_file(candidates: Vec<PathBuf>) -> Result<PathBuf, Vec<PathBuf>> {
    match candidates.iter().find(|path| path.is_file()) {
        Some(path) => Ok(path.clone()),
        None => Err(candidates),
    }
}

/// Where `name` of an import may be: beside the importing file, then in the role, then
/// beside the playbook.
pub(super) fn of_import(
    name: &str,
    directory: &Path,
    role: Option<&Path>,
    kind: &str,
    base: &Path,
) -> Vec<PathBuf> {
    let mut candidates = vec![directory.join(name)];
    if let Some(role) = role {
        // ansible: what handlers import may stand among the tasks.
        candidates.extend([role.join(kind).join(name), role.join("tasks").join(name), role.join(name)]);
    }
    candidates.extend([base.join(kind).join(name), base.join(name)]);
    let mut seen = std::collections::HashSet::new();
    candidates.retain(|path| seen.insert(path.clone()));
    candidates
}

/// A directory in which a role may be, and the role's name if it is there.
pub(super) struct RolePlace {
    pub(super) path: PathBuf,
    pub(super) name: String,
}

/// Directories in which the role `name` may be.
pub(super) fn of_role(
    name: &str,
    base: &Path,
    parent: Option<&Path>,
    collections: &[String],
    inputs: &Inputs,
) -> Vec<RolePlace> {
    let mut places = Vec::new();
    let parts: Vec<&str> = name.split('.').collect();
    if let [namespace, collection, role] = parts.as_slice() {
        places.extend(in_collection(base, inputs, &format!("{namespace}.{collection}"), role));
    }
    for collection in collections {
        places.extend(in_collection(base, inputs, collection, name));
    }
    // What is within a collection sees its roles by their short names.
    for place in parent.into_iter().chain([base]) {
        let within = absolute(place);
        let Some(above) = within.ancestors().find(|above| above.ends_with("ansible_collections")) else {
            continue;
        };
        let mut parts = within.iter().skip(above.iter().count());
        if let (Some(namespace), Some(own)) = (parts.next(), parts.next()) {
            let path = above.join(namespace).join(own).join("roles").join(name);
            places
                .push(RolePlace { path, name: format!("{}.{}.{name}", namespace.display(), own.display()) });
        }
    }
    let mut beneath = vec![base.join("roles")];
    beneath.extend(inputs.roles_path.iter().cloned());
    beneath.extend(parent.and_then(Path::parent).map(Path::to_path_buf));
    beneath.push(base.to_path_buf());
    places.extend(beneath.iter().map(|above| RolePlace { path: above.join(name), name: name.to_string() }));
    places
}

fn in_collection<'a>(
    base: &Path,
    inputs: &'a Inputs,
    collection: &'a str,
    role: &'a str,
) -> impl Iterator<Item = RolePlace> + 'a {
    let roots = std::iter::once(base.join("collections")).chain(inputs.collections_path.iter().cloned());
    roots.map(move |root| RolePlace {
        path: root.join("ansible_collections").join(collection.replace('.', "/")).join("roles").join(role),
        name: format!("{collection}.{role}"),
    })
}

/// The directory, if it is there; `..` may lead out of one that is not.
pub(super) fn existing(path: &Path) -> Option<PathBuf> {
    if path.is_dir() {
        return Some(path.to_path_buf());
    }
    let plain = without_detours(path);
    (plain != path && plain.is_dir()).then_some(plain)
}

/// The same path without `.`, and without `..` where it can be.
pub(super) fn without_detours(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if matches!(plain.components().next_back(), Some(Component::Normal(_))) => {
                plain.pop();
            }
            Component::CurDir => {}
            part => plain.push(part),
        }
    }
    plain
}

/// The file of a role's subdirectory, e.g. `tasks/main.yml`.
pub(super) fn role_file(role: &Path, kind: &str, name: &str) -> Option<PathBuf> {
    let candidates = ENDINGS.iter().map(|ending| role.join(kind).join(format!("{name}{ending}")));
    candidates.into_iter().find(|path| path.is_file())
}

/// The files of a role's variables: one file, or all of a directory of that name.
pub(super) fn role_vars(role: &Path, kind: &str, name: &str) -> Vec<PathBuf> {
    let whole = role.join(kind).join(name);
    if whole.is_dir() {
        return below(&whole);
    }
    role_file(role, kind, name).into_iter().collect()
}

/// All YAML files in a directory and below, in order of their names.
pub(super) fn below(directory: &Path) -> Vec<PathBuf> {
    let entries = walkdir::WalkDir::new(directory).follow_links(true).sort_by_file_name();
    let hidden = |name: &str| name.starts_with('.') || name.ends_with('~');
    entries
        .into_iter()
        .filter_entry(move |entry| entry.depth() == 0 || !entry.file_name().to_str().is_some_and(hidden))
        .flatten()
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| entry.into_path())
        .filter(|path| {
            path.extension().is_none_or(|e| ["yml", "yaml", "json"].iter().any(|known| e == *known))
        })
        .collect()
}

/// Names of the entries of a directory, without the endings of YAML files.
pub(super) fn names_in(directory: &Path) -> Vec<String> {
    let directory = if directory.as_os_str().is_empty() { Path::new(".") } else { directory };
    let entries = std::fs::read_dir(directory).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok()).collect()
}
