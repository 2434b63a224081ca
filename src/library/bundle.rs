//! A module in Python and all that it imports, in one archive: from the user's `module_utils`, from collections,
//! from an ansible-core on this machine, or else from what baton brings itself.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::search::{Found, Library};
use super::{embedded, imports, zip};

impl Library {
    /// The archive of a module; made once.
    ///
    /// # Errors
    /// When the module cannot be read.
    pub(crate) fn bundle(&self, found: &Found) -> io::Result<Arc<Vec<u8>>> {
        if let Some(known) = self.bundles.lock().get(&found.path) {
            return Ok(known.clone());
        }
        let made = Arc::new(Bundle::of(self, found)?);
        self.bundles.lock().insert(found.path.clone(), made.clone());
        Ok(made)
    }
}

struct Bundle<'a> {
    library: &'a Library,
    utilities: Vec<PathBuf>,
    collections: Vec<PathBuf>,
    files: BTreeMap<String, Vec<u8>>,
    open: VecDeque<String>,
}

impl Bundle<'_> {
    fn of(library: &Library, found: &Found) -> io::Result<Vec<u8>> {
        let mut bundle = Bundle {
            library,
            utilities: library.utilities(),
            collections: library.collection_roots(),
            files: BTreeMap::new(),
            open: VecDeque::new(),
        };
        let name = found.python_name();
        let parts: Vec<&str> = name.split('.').collect();
        bundle.files.insert("__main__.py".into(), embedded::MAIN.into());
        bundle.packages(&parts[..parts.len() - 1]);
        bundle.add(
            &format!("{}.py", parts.join("/")),
            std::fs::read(&found.path)?,
            &parts[..parts.len() - 1],
        );
        bundle.need("ansible.module_utils.basic");
        while let Some(name) = bundle.open.pop_front() {
            bundle.need(&name);
        }
        zip::archive(&bundle.files.into_iter().collect::<Vec<_>>())
    }

    /// Puts a module into the archive that is somewhere; what is nowhere is told by Python, where it matters.
    fn need(&mut self, name: &str) {
        let parts: Vec<&str> = name.split('.').collect();
        let path = parts.join("/");
        let (module, package) = (format!("{path}.py"), format!("{path}/__init__.py"));
        if parts.len() < 3 || self.files.contains_key(&module) || self.files.contains_key(&package) {
            return;
        }
        if let Some(content) = self.read(&parts, "/__init__.py") {
            self.packages(&parts[..parts.len() - 1]);
            self.add(&package, content, &parts);
        } else if let Some(content) = self.read(&parts, ".py") {
            self.packages(&parts[..parts.len() - 1]);
            self.add(&module, content, &parts[..parts.len() - 1]);
        }
    }

    fn add(&mut self, path: &str, content: Vec<u8>, package: &[&str]) {
        self.open.extend(imports::imports(&String::from_utf8_lossy(&content), package));
        self.files.insert(path.to_owned(), content);
    }

    /// The packages around a module, with what is in them where they are the user's.
    fn packages(&mut self, parts: &[&str]) {
        for length in 1..=parts.len() {
            let package = &parts[..length];
            let path = format!("{}/__init__.py", package.join("/"));
            if self.files.contains_key(&path) {
                continue;
            }
            self.files.insert(path.clone(), Vec::new());
            let inside = length > 2 && (parts[0] != "ansible" || parts[1] == "module_utils");
            if let Some(content) = inside.then(|| self.read(package, "/__init__.py")).flatten() {
                self.add(&path, content, package);
            }
        }
    }

    /// The text of a module by its parts.
    fn read(&self, parts: &[&str], ending: &str) -> Option<Vec<u8>> {
        let at = |root: &Path, parts: &[&str]| {
            std::fs::read(root.join(format!("{}{ending}", parts.join("/")))).ok()
        };
        if parts[0] == "ansible_collections" {
            return self.collections.iter().find_map(|root| at(root, parts));
        }
        let rest = &parts[2..];
        let own = self.utilities.iter().find_map(|root| at(root, rest));
        own.or_else(|| match self.library.core() {
            Some(core) => at(core, &parts[1..]),
            None => {
                embedded::file(&format!("{}{ending}", rest.join("/"))).map(|text| text.as_bytes().to_vec())
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(path: PathBuf, text: &str) {
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[test]
    fn an_archive_has_what_the_module_imports_and_no_more() {
        let home = tempfile::tempdir().unwrap();
        let module =
            "from ansible.module_utils.basic import AnsibleModule\nfrom ansible.module_utils.mine import a\n";
        write(home.path().join("library/one.py"), module);
        write(home.path().join("module_utils/mine/__init__.py"), "from .deep import a\n");
        write(home.path().join("module_utils/mine/deep.py"), "a = 1\n");
        write(home.path().join("module_utils/other.py"), "b = 1\n");
        let library = Library::default();
        library.add_beside(home.path());
        let archive = library.bundle(&library.find("one", &[]).unwrap()).unwrap();
        let has = |name: &str| archive.windows(name.len()).any(|bytes| bytes == name.as_bytes());
        assert!(has("__main__.py") && has("ansible/modules/one.py") && has("ansible/module_utils/basic.py"));
        assert!(has("ansible/module_utils/mine/__init__.py") && has("ansible/module_utils/mine/deep.py"));
        assert!(!has("ansible/module_utils/other.py"));
    }
}
