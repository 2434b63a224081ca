//! `--limit`: the hosts a run keeps to, also from a file.

use std::path::Path;

use super::pattern::{Pattern, split};
use super::{HostId, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics};

/// `--limit`: hosts outside it are left out.
#[derive(Clone, Debug)]
pub(crate) struct Limit(Pattern);

impl Limit {
    /// Reads `--limit`; `@file` stands for the patterns in the file, one a line.
    pub(crate) fn new(text: &str, cwd: &Path, diagnostics: &mut Diagnostics) -> Self {
        let mut texts = Vec::new();
        for part in split(text) {
            match part.strip_prefix('@') {
                None => texts.push(part.to_owned()),
                Some(file) => match std::fs::read_to_string(cwd.join(file)) {
                    Ok(lines) => {
                        texts.extend(lines.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()))
                    }
                    Err(error) => {
                        let message = format!("cannot read the file of `--limit`: {error}: `{file}`");
                        diagnostics.push(Diagnostic::error("limit-unreadable", message));
                    }
                },
            }
        }
        Self(Pattern::of_terms(texts.iter().map(String::as_str), None))
    }

    /// The hosts within the limit; says what is wrong with it.
    pub(crate) fn hosts(&self, inventory: &Inventory, diagnostics: &mut Diagnostics) -> Vec<HostId> {
        self.0.hosts(inventory, diagnostics)
    }
}
