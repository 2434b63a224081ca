//! Files of variables: read once, opened with the vault's secrets where they are
//! encrypted as a whole, and kept.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;

use super::{Definition, VarMap};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::yaml::{self, Node, Yaml};

/// Opens a file that is encrypted as a whole, given its armoured text.
pub(crate) type Decrypt = Arc<dyn Fn(&str) -> Result<Vec<u8>, Diagnostic> + Send + Sync>;

/// Reads files of variables, each once.
#[derive(Default)]
pub(crate) struct VarsFiles {
    decrypt: Option<Decrypt>,
    known: Mutex<HashMap<PathBuf, Arc<VarMap>>>,
}

/// The line every vault file begins with.
const VAULT_MARK: &str = "$ANSIBLE_VAULT;";

impl VarsFiles {
    /// Opens encrypted files with `decrypt`; without it they are a mistake.
    pub(crate) fn new(decrypt: Option<Decrypt>) -> Self {
        Self { decrypt, known: Mutex::default() }
    }

    /// The variables of a file. What is wrong in it is said once; then it has none.
    pub(crate) fn read(&self, path: &Path, diagnostics: &mut Diagnostics) -> Arc<VarMap> {
        if let Some(known) = self.known.lock().get(path) {
            return known.clone();
        }
        let vars = Arc::new(
            self.load(path, diagnostics).map_or_else(VarMap::new, |node| variables(&node, diagnostics)),
        );
        self.known.lock().insert(path.into(), vars.clone());
        vars
    }

    /// Forgets what was read, so that a changed file is read anew.
    pub(crate) fn forget(&self) {
        self.known.lock().clear();
    }

    /// The document of a file; `None` when it is empty or cannot be read.
    pub(crate) fn load(&self, path: &Path, diagnostics: &mut Diagnostics) -> Option<Node> {
        let name = path.display().to_string();
        let text = match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) => text,
            Ok(Err(_)) => {
                let message = format!("the file of variables is not text in UTF-8: `{name}`");
                diagnostics.push(Diagnostic::error("vars-file", message));
                return None;
            }
            Err(error) => {
                diagnostics.push(Diagnostic::error(
                    "vars-file",
                    format!("cannot read variables: {error}: `{name}`"),
                ));
                return None;
            }
        };
        let source = self.opened(&name, text, diagnostics)?;
        let before = diagnostics.0.len();
        let node = yaml::read_one(&source, diagnostics);
        source.hide_in(&mut diagnostics.0[before..]);
        node
    }

    /// A text to be read, opened where the whole of it is in the vault: then no message may show it.
    pub(crate) fn opened(
        &self,
        name: &str,
        text: String,
        diagnostics: &mut Diagnostics,
    ) -> Option<Arc<Source>> {
        if !text.starts_with(VAULT_MARK) {
            return Some(Source::new(name, text));
        }
        let Some(decrypt) = &self.decrypt else {
            let message = format!("the file is encrypted and no vault password was given: `{name}`");
            diagnostics.push(
                Diagnostic::error("vault", message)
                    .hint("give `--vault-password-file` or `--ask-vault-pass`"),
            );
            return None;
        };
        let plain = match decrypt(&text) {
            Ok(plain) => plain,
            Err(error) => {
                let message = format!("cannot decrypt the file: {}: `{name}`", error.message);
                diagnostics.push(Diagnostic { message, ..error });
                return None;
            }
        };
        let Ok(plain) = String::from_utf8(plain) else {
            let message = format!("the decrypted file is not text in UTF-8: `{name}`");
            diagnostics.push(Diagnostic::error("vault", message));
            return None;
        };
        Some(Source::sealed(name, plain))
    }
}

/// The variables of a document: a mapping, or a list of mappings of which the later ones win.
pub(crate) fn variables(node: &Node, diagnostics: &mut Diagnostics) -> VarMap {
    let mut vars = VarMap::new();
    match &node.value {
        Yaml::Null => {}
        Yaml::Map(entries) => {
            for (key, value) in entries.iter() {
                if let Some(name) = variable_name(key, diagnostics) {
                    vars.insert(name, Definition::from_node(key, value));
                }
            }
        }
        Yaml::Seq(items) => items.iter().for_each(|item| vars.extend(variables(item, diagnostics))),
        _ => {
            let problem = Diagnostic::error("vars-file", "expected a mapping of variables");
            diagnostics.push(problem.at(&node.span, "not a mapping"));
        }
    }
    vars
}

/// The name a key gives a variable; other keys than text name none.
pub(crate) fn variable_name(key: &Node, diagnostics: &mut Diagnostics) -> Option<Arc<str>> {
    if let Yaml::Str { text, .. } | Yaml::Unsafe(text) = &key.value {
        return Some(text.clone());
    }
    let message = format!("the name of a variable must be text, found `{}`", key.span.text());
    diagnostics.push(Diagnostic::warning("variable-name", message).at(&key.span, "passed over"));
    None
}
