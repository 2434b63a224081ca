//! The context of a build: what of a directory it gets, told by digests, and sent as an archive.

use crate::sorting::Sorting;
use crate::sorting::Trees;
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Read, Seek};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::ignore::Ignore;
use super::tar::Archive;
use crate::wire::BodyInfo;
use crate::{Fail, Hands, Target, checksum};

/// The name that a Dockerfile from elsewhere has in the context.
const OUTSIDE: &str = ".dockerfile.baton";

/// What a build gets.
#[derive(Clone, Debug)]
pub struct Context {
    /// The name of the directory, for an image that has no other.
    pub name: String,
    /// Where the Dockerfile is in it.
    pub dockerfile: String,
    /// All that is in it, sorted.
    pub entries: Vec<Entry>,
    /// Where the files are; `None` where the controller has them.
    root: Option<PathBuf>,
    outside: Option<PathBuf>,
}

/// A file, directory or link of a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its path in the context.
    pub path: String,
    /// What it is.
    pub kind: Kind,
    /// Its bits of permission.
    pub mode: u32,
    /// Bytes of a file.
    pub size: u64,
    /// When it was changed last, in seconds; no part of the digest.
    pub modified: i64,
}

/// What an entry is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A directory.
    Directory,
    /// A link, and what it points to.
    Link(String),
}

fn trouble(path: &Path) -> impl Fn(io::Error) -> Fail {
    let path = path.display().to_string();
    move |error| Fail::io(format!("cannot read `{path}`"), &error)
}

impl Context {
    /// The context in a directory of this machine, less what its `.dockerignore` leaves out.
    ///
    /// # Errors
    /// When there is no such directory, no Dockerfile in it, or something cannot be read.
    pub fn scan(root: &Path, dockerfile: Option<&Path>) -> Result<Self, Fail> {
        let at = root.display();
        match fs::metadata(root) {
            Ok(meta) if meta.is_dir() => {}
            Ok(_) => {
                return Err(Fail::new(format!(
                    "the context of a build is a directory; this is none: `{at}`"
                )));
            }
            Err(error) => return Err(Fail::io(format!("cannot use the context `{at}`"), &error)),
        }
        let root = root.canonicalize().map_err(trouble(root))?;
        let name = root.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let wanted = root.join(dockerfile.unwrap_or(Path::new("Dockerfile")));
        let found = wanted.canonicalize().ok().filter(|path| path.is_file());
        let found = found.ok_or_else(|| no_dockerfile(&root, &wanted))?;
        let (dockerfile, outside) = match found.strip_prefix(&root) {
            Ok(inside) => (inside.to_string_lossy().into_owned(), None),
            Err(_) => (OUTSIDE.to_owned(), Some(found)),
        };
        let ignore = ignore(&root, &dockerfile)?;
        let mut context = Self { name, dockerfile, entries: Vec::new(), root: Some(root.clone()), outside };
        context.add(&root, "", &ignore)?;
        if let Some(path) = &context.outside {
            let meta = fs::metadata(path).map_err(trouble(path))?;
            context.entries.extend(entry(OUTSIDE.to_owned(), path, &meta)?);
        }
        Ok(context)
    }

    fn add(&mut self, directory: &Path, beneath: &str, ignore: &Ignore) -> Result<(), Fail> {
        let listed = fs::read_dir(directory).and_then(Iterator::collect::<io::Result<Vec<_>>>);
        let mut found = listed.map_err(trouble(directory))?;
        found.order_by_key(fs::DirEntry::file_name);
        for item in found {
            let name = item.file_name();
            let name = name.to_str().ok_or_else(|| {
                Fail::new(format!("the context has a name that is not UTF-8: `{}`", item.path().display()))
            })?;
            let path = format!("{beneath}{name}");
            // The engine looks for these two itself, and leaves them out of what it copies.
            let always = path == self.dockerfile || path == ".dockerignore";
            let excluded = !always && ignore.excludes(&path);
            let meta = fs::symlink_metadata(item.path()).map_err(trouble(&item.path()))?;
            if meta.is_dir() {
                let for_dockerfile = self.dockerfile.starts_with(&format!("{path}/"));
                if ignore.excludes_all_of(&path) && !for_dockerfile {
                    continue;
                }
                let at = self.entries.len();
                self.add(&item.path(), &format!("{path}/"), ignore)?;
                if !excluded || self.entries.len() > at {
                    let own = entry(path, &item.path(), &meta)?;
                    self.entries.splice(at..at, own);
                }
            } else if !excluded {
                self.entries.extend(entry(path, &item.path(), &meta)?);
            }
        }
        Ok(())
    }

    /// The context that a controller has described with [`Context::describe`], and offers with its call.
    ///
    /// # Errors
    /// When it is no such description.
    pub fn offered(description: &Value) -> Result<Self, Fail> {
        let wrong = || Fail::new("the controller's description of the context cannot be read");
        let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let read = |item: &Value| {
            let number = |name: &str| item.get(name).and_then(Value::as_i64);
            let kind = match item.get("kind").and_then(Value::as_str)? {
                "file" => Kind::File,
                "directory" => Kind::Directory,
                _ => Kind::Link(text(item, "target")?),
            };
            Some(Entry {
                path: text(item, "path")?,
                kind,
                mode: u32::try_from(number("mode")?).ok()?,
                size: u64::try_from(number("size")?).ok()?,
                modified: number("modified")?,
            })
        };
        let entries = description.get("entries").and_then(Value::as_array).ok_or_else(wrong)?;
        let entries = entries.iter().map(read).collect::<Option<Vec<_>>>().ok_or_else(wrong)?;
        let (name, dockerfile) = (text(description, "name"), text(description, "dockerfile"));
        let (name, dockerfile) = name.zip(dockerfile).ok_or_else(wrong)?;
        Ok(Self { name, dockerfile, entries, root: None, outside: None })
    }

    /// What a module elsewhere needs to know of it; the files go along under their paths.
    pub fn describe(&self) -> Value {
        let shown = |entry: &Entry| {
            let (kind, target) = match &entry.kind {
                Kind::File => ("file", ""),
                Kind::Directory => ("directory", ""),
                Kind::Link(target) => ("link", target.as_str()),
            };
            json!({"path": entry.path, "kind": kind, "target": target, "mode": entry.mode, "size": entry.size,
                "modified": entry.modified})
        };
        let entries: Vec<Value> = self.entries.iter().map(shown).collect();
        json!({"name": self.name, "dockerfile": self.dockerfile, "entries": entries})
    }

    /// The paths of its files in the context and on this machine.
    pub fn files(&self) -> Vec<(String, PathBuf)> {
        let files = self.entries.iter().filter(|entry| entry.kind == Kind::File);
        files.map(|entry| (entry.path.clone(), self.at(&entry.path))).collect()
    }

    fn at(&self, path: &str) -> PathBuf {
        match (&self.outside, &self.root) {
            (Some(outside), _) if path == OUTSIDE => outside.clone(),
            (_, Some(root)) => root.join(path),
            _ => PathBuf::from(path),
        }
    }

    /// A digest of all of it: names, permissions and content, not times or owners.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub fn digest(&self, offered: &[BodyInfo]) -> Result<String, Fail> {
        let known: BTreeMap<&str, &str> =
            offered.iter().map(|body| (body.name.as_str(), body.sha256.as_str())).to_map();
        let mut all = String::new();
        for entry in &self.entries {
            let content = match &entry.kind {
                Kind::Directory => "directory".to_owned(),
                Kind::Link(target) => format!("link {target}"),
                Kind::File if self.root.is_none() => {
                    (*known.get(entry.path.as_str()).unwrap_or(&"")).to_owned()
                }
                Kind::File => {
                    let at = self.at(&entry.path);
                    let file = fs::File::open(&at).map_err(trouble(&at))?;
                    checksum::Algorithm::Sha256.of(file).map_err(trouble(&at))?
                }
            };
            all += &format!("{:?} {:o} {content}\n", entry.path, entry.mode);
        }
        Ok(checksum::sha256(all.as_bytes()))
    }

    /// The text of its Dockerfile.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn dockerfile_text(&self, target: &mut Target) -> Result<String, Fail> {
        let mut bytes = Vec::new();
        let at = self.at(&self.dockerfile);
        let mut file: Box<dyn Read> = match self.root {
            Some(_) => Box::new(fs::File::open(&at).map_err(trouble(&at))?),
            None => target.open_body(&self.dockerfile)?,
        };
        file.read_to_end(&mut bytes).map_err(trouble(&at))?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }

    /// The context as an archive, read as it is sent; what the controller has comes here first, into a file without
    /// a name.
    ///
    /// # Errors
    /// When a file cannot be read or received.
    pub fn archive(&self, hands: &mut Hands<'_>) -> Result<Box<dyn Read>, Fail> {
        let entries = self.entries.clone();
        if self.root.is_some() {
            let context = self.clone();
            let open = move |path: &str| Ok(Box::new(fs::File::open(context.at(path))?) as Box<dyn Read>);
            return Ok(Box::new(Archive::new(entries, Box::new(open))));
        }
        let what = "cannot keep what the controller sends";
        let mut held = tempfile::tempfile().map_err(|error| Fail::io(what, &error))?;
        let mut open = |path: &str| -> io::Result<Box<dyn Read>> {
            let body = hands.open_body(path).map_err(|fail| io::Error::other(fail.message))?;
            Ok(body)
        };
        let mut archive = Archive::new(entries, Box::new(&mut open));
        let copied = io::copy(&mut archive, &mut held).and_then(|_| held.rewind());
        drop(archive);
        copied.map_err(|error| Fail::io(what, &error))?;
        Ok(Box::new(held))
    }
}

fn entry(path: String, at: &Path, meta: &fs::Metadata) -> Result<Option<Entry>, Fail> {
    let (kind, size) = match () {
        () if meta.is_dir() => (Kind::Directory, 0),
        () if meta.is_file() => (Kind::File, meta.len()),
        () if meta.is_symlink() => {
            let target = fs::read_link(at).map_err(trouble(at))?;
            (Kind::Link(target.to_string_lossy().into_owned()), 0)
        }
        // Sockets and devices are left out, as the docker command does.
        () => return Ok(None),
    };
    let mode = if meta.is_symlink() { 0o777 } else { meta.permissions().mode() & 0o7777 };
    Ok(Some(Entry { path, kind, mode, size, modified: meta.mtime() }))
}

/// The patterns for this Dockerfile: those of its own name come before those for all.
fn ignore(root: &Path, dockerfile: &str) -> Result<Ignore, Fail> {
    for name in [format!("{dockerfile}.dockerignore"), ".dockerignore".to_owned()] {
        match fs::read(root.join(&name)) {
            Ok(text) => return Ignore::parse(&String::from_utf8_lossy(&text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(Fail::io(format!("cannot read `{name}`"), &error)),
        }
    }
    Ok(Ignore::default())
}

fn no_dockerfile(root: &Path, wanted: &Path) -> Fail {
    let fail = Fail::new(format!("there is no Dockerfile `{}`", wanted.display()));
    let names = fs::read_dir(root).into_iter().flatten().flatten();
    let mut names: Vec<String> =
        names.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.retain(|name| name.to_lowercase().contains("dockerfile") && !name.ends_with(".dockerignore"));
    names.put_in_order();
    match names.first() {
        Some(name) => fail.hint(&format!("there is `{name}`; name it with `dockerfile`")),
        None => fail,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn paths(context: &Context) -> Vec<&str> {
        context.entries.iter().map(|entry| entry.path.as_str()).collect()
    }

    fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
        let directory = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = directory.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        directory
    }

    #[test]
    fn what_is_ignored_is_no_part_of_it_but_the_dockerfile_is() {
        let tree = tree(&[
            ("Dockerfile", "FROM scratch"),
            (".dockerignore", "*\n!keep\nkeep/*.log\n"),
            ("keep/a", ""),
            ("keep/b.log", ""),
            ("drop/deep/a", ""),
        ]);
        let context = Context::scan(tree.path(), None).unwrap();
        assert_eq!(paths(&context), [".dockerignore", "Dockerfile", "keep", "keep/a"]);
    }

    #[test]
    fn the_digest_knows_content_and_permissions_but_not_what_is_ignored() {
        let tree =
            tree(&[("Dockerfile", "FROM scratch"), (".dockerignore", "log"), ("a", "1"), ("log", "1")]);
        let digest = || Context::scan(tree.path(), None).unwrap().digest(&[]).unwrap();
        let first = digest();
        fs::write(tree.path().join("log"), "2").unwrap();
        assert_eq!(digest(), first);
        fs::write(tree.path().join("a"), "2").unwrap();
        let second = digest();
        assert_ne!(second, first);
        fs::set_permissions(tree.path().join("a"), fs::Permissions::from_mode(0o755)).unwrap();
        assert_ne!(digest(), second);
    }

    #[test]
    fn a_dockerfile_from_elsewhere_comes_along() {
        let elsewhere = tree(&[("My.dockerfile", "FROM scratch")]);
        let tree = tree(&[("a", "")]);
        let context = Context::scan(tree.path(), Some(&elsewhere.path().join("My.dockerfile"))).unwrap();
        assert_eq!((paths(&context), context.dockerfile.as_str()), (vec!["a", OUTSIDE], OUTSIDE));
    }

    #[test]
    fn a_missing_dockerfile_is_told_with_one_that_is_there() {
        let tree = tree(&[("dockerfile", "")]);
        let said = Context::scan(tree.path(), None).unwrap_err().message;
        assert!(
            said.starts_with("there is no Dockerfile `/") && said.contains("there is `dockerfile`"),
            "{said}"
        );
    }

    #[test]
    fn a_described_context_is_the_same_where_it_arrives() {
        let tree = tree(&[("Dockerfile", "FROM scratch"), ("a/b", "x")]);
        std::os::unix::fs::symlink("b", tree.path().join("a/link")).unwrap();
        let here = Context::scan(tree.path(), None).unwrap();
        let there = Context::offered(&here.describe()).unwrap();
        assert_eq!(there.entries, here.entries);
        let body = |(name, at): (String, PathBuf)| {
            let content = fs::read(at).unwrap();
            BodyInfo { name, size: content.len() as u64, sha256: checksum::sha256(&content) }
        };
        let bodies: Vec<_> = here.files().into_iter().map(body).collect();
        assert_eq!(there.digest(&bodies).unwrap(), here.digest(&[]).unwrap());
    }
}
