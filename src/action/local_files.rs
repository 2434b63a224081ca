//! Files of the controller, offered with a call: read and hashed here, sent when asked for.

use std::collections::HashMap;
use std::io::{self, Cursor, Read, Write};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::time::Duration;

use baton_modules::sorting::Sorting;
use baton_modules::wire::BodyInfo;
use parking_lot::Mutex;
use serde_json::{Value as Json, json};
use sha2::{Digest, Sha256};

use crate::connection::Bodies;

/// Files and texts by the names a module asks for.
#[derive(Default)]
pub(super) struct LocalFiles {
    infos: Vec<BodyInfo>,
    sources: HashMap<String, Source>,
}

enum Source {
    File(PathBuf),
    Text(Vec<u8>),
}

impl LocalFiles {
    /// One text under the name `content`.
    pub(super) fn text(text: Vec<u8>) -> Self {
        let mut files = Self::default();
        files.add_text("content", text);
        files
    }

    /// A file under a name of the module's.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(super) fn add(&mut self, name: &str, path: &Path) -> std::io::Result<()> {
        let (size, sha256) = digest(path)?;
        self.infos.push(BodyInfo { name: name.into(), size, sha256 });
        self.sources.insert(name.into(), Source::File(path.to_owned()));
        Ok(())
    }

    /// As [`LocalFiles::text`], under another name.
    fn add_text(&mut self, name: &str, text: Vec<u8>) {
        let sha256 = hex(&Sha256::digest(&text));
        self.infos.push(BodyInfo { name: name.into(), size: text.len() as u64, sha256 });
        self.sources.insert(name.into(), Source::Text(text));
    }

    /// A directory with all that is in it: what the module needs to build it, in an order
    /// in which every directory comes before what it holds. `opened` gives what is in a file
    /// that travels otherwise than it stands there.
    ///
    /// # Errors
    /// When something in it cannot be read.
    pub(super) fn add_tree(
        &mut self,
        root: &Path,
        follow: bool,
        opened: &dyn Fn(&Path) -> io::Result<Option<Vec<u8>>>,
    ) -> io::Result<Vec<Json>> {
        let mut tree = Tree { files: self, root, follow, opened, entries: Vec::new() };
        tree.directory(Path::new(""), &[root.canonicalize()?])?;
        Ok(tree.entries)
    }
}

/// A directory on its way into a list of what is in it.
struct Tree<'a> {
    files: &'a mut LocalFiles,
    root: &'a Path,
    follow: bool,
    opened: &'a dyn Fn(&Path) -> io::Result<Option<Vec<u8>>>,
    entries: Vec<Json>,
}

impl Tree<'_> {
    /// What is in a directory; `above` are the real paths of those that lead to it, and of itself.
    fn directory(&mut self, below: &Path, above: &[PathBuf]) -> io::Result<()> {
        let listed = std::fs::read_dir(self.root.join(below))?;
        let mut names = listed.map(|entry| Ok(entry?.file_name())).collect::<io::Result<Vec<_>>>()?;
        // ansible: the files of a directory come before the directories in it.
        names.order_by_key(|name| (self.root.join(below).join(name).is_dir(), name.clone()));
        for name in names {
            let below = below.join(name);
            let full = self.root.join(&below);
            let path = below.to_string_lossy().into_owned();
            let meta = std::fs::symlink_metadata(&full)?;
            let behind = std::fs::metadata(&full).ok();
            let mode = meta.permissions().mode() & 0o7777;
            let real = full.canonicalize().ok().filter(|real| !above.contains(real));
            let is_dir = behind.as_ref().is_some_and(std::fs::Metadata::is_dir);
            if meta.is_symlink() && !(self.follow && is_dir && real.is_some()) {
                let file = behind.is_some_and(|behind| behind.is_file());
                if file && self.follow {
                    // ansible: links to files come as the files they point to, unless `local_follow` is off.
                    self.file(&path, &full)?;
                }
                let target = std::fs::read_link(&full)?.to_string_lossy().into_owned();
                self.entries.push(
                    json!({ "path": path, "kind": "link", "target": target, "file": file, "mode": mode }),
                );
            } else if is_dir {
                let mode = behind.map_or(mode, |behind| behind.permissions().mode() & 0o7777);
                self.entries.push(json!({ "path": path, "kind": "directory", "mode": mode }));
                let above: Vec<PathBuf> = above.iter().cloned().chain(real).collect();
                self.directory(&below, &above)?;
            } else if meta.is_file() {
                self.file(&path, &full)?;
                self.entries.push(json!({ "path": path, "kind": "file", "mode": mode }));
            }
        }
        Ok(())
    }

    fn file(&mut self, path: &str, full: &Path) -> io::Result<()> {
        match (self.opened)(full)? {
            Some(text) => {
                self.files.add_text(path, text);
                Ok(())
            }
            None => self.files.add(path, full),
        }
    }
}

/// What tells that a file is as it was: where it is, its size, and when it was changed.
#[derive(PartialEq, Eq, Hash)]
struct Stamp(u64, u64, u64, (i64, i64), (i64, i64));

/// Digests of files, so that one that goes to a hundred hosts is read once.
static DIGESTS: LazyLock<Mutex<HashMap<Stamp, String>>> = LazyLock::new(Mutex::default);

/// A file's size and SHA-256.
fn digest(path: &Path) -> io::Result<(u64, String)> {
    let mut file = std::fs::File::open(path)?;
    let meta = file.metadata()?;
    let times = ((meta.mtime(), meta.mtime_nsec()), (meta.ctime(), meta.ctime_nsec()));
    let stamp = Stamp(meta.dev(), meta.ino(), meta.size(), times.0, times.1);
    // A file changed a moment ago can change again within the grain of its times.
    let settled = meta.modified()?.elapsed().is_ok_and(|since| since > Duration::from_secs(1));
    if let Some(known) = DIGESTS.lock().get(&stamp).filter(|_| settled) {
        return Ok((meta.size(), known.clone()));
    }
    let (mut hash, mut size, mut buffer) = (Sha256::new(), 0, vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hash.update(&buffer[..read]);
        size += read as u64;
    }
    let sha256 = hex(&hash.finalize());
    if settled && size == meta.size() {
        DIGESTS.lock().insert(stamp, sha256.clone());
    }
    Ok((size, sha256))
}

impl Bodies for LocalFiles {
    fn offered(&self) -> Vec<BodyInfo> {
        self.infos.clone()
    }

    fn open(&self, name: &str) -> io::Result<Box<dyn Read + Send>> {
        match self.sources.get(name) {
            Some(Source::File(path)) => Ok(Box::new(std::fs::File::open(path)?)),
            Some(Source::Text(text)) => Ok(Box::new(Cursor::new(text.clone()))),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn create(&self, name: &str) -> io::Result<Box<dyn Write + Send>> {
        Err(io::Error::new(io::ErrorKind::Unsupported, format!("`{name}` is not expected")))
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}
