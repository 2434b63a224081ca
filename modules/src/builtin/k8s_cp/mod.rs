//! k8s_cp

mod archive;
mod pod;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::Value;

use self::archive::Archive;
use self::pod::{Place, Remote};
use crate::args::Return;
use crate::kubernetes::workload::container;
use crate::kubernetes::{self as k8s, Cluster};
use crate::{Fail, Module, Side, Target, args, choices, returns};

args! {
    /// Copy files between the target and a container of a pod.
    ///
    /// Only files that differ are copied, told apart by their SHA-256 where the container has `sha256sum`. The container
    /// needs `sh` and, to be copied into, `tar`. A directory goes into a directory that is there, unless that holds
    /// some of its files already.
    pub struct K8sCp as "k8s_cp" {
        /// The pod, or a deployment or other object that has pods: its best pod is taken.
        #[alias("name")]
        pod: String,
        /// Where the pod is; else the context's namespace.
        namespace: Option<String>,
        /// The container; else the pod's first, or the one that the pod names its default.
        container: Option<String>,
        /// The file or directory in the container.
        remote_path: String,
        /// The file or directory on the target.
        local_path: Option<PathBuf>,
        /// Text to be written to a file in the container, in place of `local_path`.
        content: Option<String>,
        /// Which way.
        state: State = "to_pod",
        /// Leave owner and permissions to the container.
        no_preserve: bool = false,
        ..cluster: Cluster,
    }
    rules [
        MutuallyExclusive(&["local_path", "content"]),
        RequiredIf("state", "from_pod", &["local_path"]),
        RequiredOneOf(&["local_path", "content"]),
    ]
}

returns! {
    /// What was copied, in words.
    result: str,
    /// The files that were copied, by their paths in what was copied.
    files: list,
    /// Where they are now, in the container or on the target.
    dest: str,
}

choices! {
    /// Which way.
    pub enum State {
        ToPod = "to_pod",
        FromPod = "from_pod",
    }
}

/// Files by their paths, with their digests; `.` is a single file.
type Sums = BTreeMap<String, String>;

impl Module for K8sCp {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Bring a picture into the shop
  kubernetes.core.k8s_cp:
    namespace: web
    pod: shop-0
    remote_path: /srv/logo.png
    local_path: /tmp/logo.png

- name: Save the logs
  kubernetes.core.k8s_cp:
    namespace: web
    pod: shop-0
    state: from_pod
    remote_path: /var/log/shop
    local_path: /backup/shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        if k8s::awaits(target, &namespace, &self.pod)? {
            return Ok(());
        }
        let pod = client.pod(&namespace, &self.pod)?;
        let container = container(&pod, self.container.as_deref())?;
        let remote = Remote { client, namespace, pod: k8s::name(&pod).to_owned(), container };
        match self.state {
            State::ToPod => self.send(target, &remote),
            State::FromPod => self.fetch(target, &remote),
        }
    }
}

impl K8sCp {
    fn send(&self, target: &mut Target<'_>, remote: &Remote) -> Result<(), Fail> {
        let local = self.local_path.clone().unwrap_or_default();
        let files = match &self.content {
            Some(_) => BTreeMap::from([(".".to_owned(), PathBuf::new())]),
            None => listed(target, &local)?,
        };
        let read = |path: &Path| match &self.content {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => target.read(path)?.ok_or_else(|| Fail::new(format!("`{}` has gone", path.display()))),
        };
        let mut wanted = Sums::new();
        for (name, path) in &files {
            wanted.insert(name.clone(), crate::checksum::sha256(&read(path)?));
        }
        let base = if self.content.is_some() { String::new() } else { name_of(&local) };
        let top: Vec<&str> = files.keys().filter(|name| *name != ".").map(|name| top(name)).collect();
        let place = remote.look(&self.remote_path, &base, &top)?;
        if !place.has_tar {
            return Err(Fail::new(format!(
                "container `{}` of pod `{}` has no `tar`, which unpacks what is copied",
                remote.container, remote.pod
            )));
        }
        let single = files.contains_key(".");
        if place.is_directory && single {
            return Err(Fail::new(format!("`{}` in pod `{}` is a directory", place.path, remote.pod)));
        }
        let (before, after, changed) = compare(&place, &wanted);
        let what = format!("{}:{}", remote.pod, place.path);
        let mut archive = Archive::new(self.no_preserve);
        for name in &changed {
            let path = &files[name];
            let meta = if self.content.is_some() { None } else { target.stat(path)? };
            let inner = if single {
                place.path.clone()
            } else {
                format!("{}/{name}", place.path.trim_end_matches('/'))
            };
            archive.add(inner.trim_start_matches('/'), &read(path)?, meta.as_ref());
        }
        let bytes = archive.finish();
        let root = if place.path.starts_with('/') { "/" } else { "." };
        target.change(&what, before, after, |_| remote.unpack(&bytes, root, self.no_preserve))?;
        let from = if self.content.is_some() { "Content".to_owned() } else { local.display().to_string() };
        target.set("result", format!("{from} successfully copied into remote Pod into {}", place.path));
        target.set("files", changed);
        target.set("dest", place.path);
        Ok(())
    }

    fn fetch(&self, target: &mut Target<'_>, remote: &Remote) -> Result<(), Fail> {
        let place = remote.look(&self.remote_path, "", &[])?;
        if !place.exists {
            return Err(Fail::new(format!("there is no `{}` in pod `{}`", self.remote_path, remote.pod)));
        }
        let mut local = self.local_path.clone().unwrap_or_default();
        let is_directory = target.stat(&local)?.is_some_and(|meta| meta.is_dir());
        let inside = local.join(name_of(Path::new(&self.remote_path)));
        let known = place.sums.keys().filter(|name| *name != ".").any(|name| local.join(top(name)).exists());
        if is_directory && (inside.is_dir() || !known) {
            local = inside;
        }
        let at = |name: &str| if name == "." { local.clone() } else { local.join(name) };
        let mut found = Sums::new();
        for name in place.sums.keys() {
            if let Some(bytes) = target.read(at(name))? {
                found.insert(name.clone(), crate::checksum::sha256(&bytes));
            }
        }
        let here = Place { sums: found, exists: target.stat(&local)?.is_some(), ..Place::default() };
        let (before, after, changed) = compare(&here, &place.sums);
        target.change(&local.display().to_string(), before, after, |hands| {
            for name in &changed {
                let path = at(name);
                let from = if name == "." { place.path.clone() } else { format!("{}/{name}", place.path) };
                hands.make_parents(&path)?;
                hands.write(&path, &remote.read(&from)?)?;
            }
            Ok(())
        })?;
        target.set(
            "result",
            format!("{} successfully copied locally into {}", self.remote_path, local.display()),
        );
        target.set("files", changed);
        target.set("dest", local.display().to_string());
        Ok(())
    }
}

/// Both sides of a copy, and the files that differ.
fn compare(there: &Place, wanted: &Sums) -> (Side, Side, Vec<String>) {
    let changed: Vec<String> = wanted
        .iter()
        .filter(|(name, sum)| there.sums.get(*name) != Some(sum))
        .map(|(name, _)| name.clone())
        .collect();
    let side = |sums: &dyn Fn(&str) -> Option<String>| {
        changed
            .iter()
            .filter_map(|name| Some((name.clone(), Value::from(sums(name)?))))
            .collect::<serde_json::Map<_, _>>()
    };
    let before = side(&|name| there.sums.get(name).cloned());
    let after = side(&|name| wanted.get(name).cloned());
    let before = if there.exists || changed.is_empty() { Side::Json(before.into()) } else { Side::Absent };
    (before, Side::Json(after.into()), changed)
}

/// The files beneath a path, by their paths in it.
fn listed(target: &Target<'_>, path: &Path) -> Result<BTreeMap<String, PathBuf>, Fail> {
    let missing = || Fail::new(format!("there is no `{}` on the target", path.display()));
    let meta = target.stat(path)?.ok_or_else(missing)?;
    if !meta.is_dir() {
        return Ok(BTreeMap::from([(".".to_owned(), path.to_owned())]));
    }
    let (mut files, mut open) = (BTreeMap::new(), vec![path.to_owned()]);
    while let Some(directory) = open.pop() {
        for name in target.list(&directory)?.unwrap_or_default() {
            let inner = directory.join(name);
            match target.lstat(&inner)? {
                Some(meta) if meta.is_dir() => open.push(inner),
                Some(_) if target.stat(&inner)?.is_some_and(|meta| meta.is_file()) => {
                    let name = inner.strip_prefix(path).unwrap_or(&inner).to_string_lossy().into_owned();
                    files.insert(name, inner);
                }
                _ => {}
            }
        }
    }
    Ok(files)
}

fn name_of(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}

/// The first part of a path.
fn top(name: &str) -> &str {
    name.split('/').next().unwrap_or(name)
}

#[cfg(test)]
mod tests;
