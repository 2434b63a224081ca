//! Of which kind a module is, told from its text: how it is started and how it wants its arguments.

/// How a module takes its arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    /// Python on `ansible.module_utils`.
    Python,
    /// Any program that reads a file in JSON.
    Json,
    /// A script that reads a file of `key=value`.
    KeyValue,
    /// A script into which the arguments are written.
    Filled,
    /// PowerShell, or a form that Ansible itself has given up.
    Foreign,
}

/// The first line of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shebang {
    pub(crate) interpreter: String,
    pub(crate) arguments: Vec<String>,
}

/// Where the arguments are written into a script.
pub(crate) const FILLED: &str = "<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>";

impl Style {
    /// The kind of a module with this content.
    pub(crate) fn of(content: &[u8]) -> Self {
        // A program has bytes that no text has.
        if content.iter().take(1024).any(|byte| *byte == 0) {
            return Self::Json;
        }
        let text = String::from_utf8_lossy(content);
        let is = |words: &str| text.contains(words);
        if is("#<<INCLUDE_ANSIBLE_MODULE_COMMON>>") || is("# POWERSHELL_COMMON") || is("#AnsibleRequires") {
            Self::Foreign
        } else if is_python(&text) {
            Self::Python
        } else if is(FILLED) {
            Self::Filled
        } else if is("#Requires -Module") {
            Self::Foreign
        } else if is("WANT_JSON") {
            Self::Json
        } else {
            Self::KeyValue
        }
    }
}

/// Whether some line imports what Ansible's modules in Python stand on.
fn is_python(text: &str) -> bool {
    text.lines().map(str::trim_start).any(|line| {
        let Some(of) = line.strip_prefix("from ").or_else(|| line.strip_prefix("import ")) else {
            return false;
        };
        let of = of.trim_start();
        let relative =
            of.starts_with("..") && of.trim_start_matches('.').trim_start().starts_with("module_utils");
        let collection = of.starts_with("ansible_collections.") && of.contains(".module_utils");
        relative || collection || of.starts_with("ansible.module_utils") || of.starts_with("ansible.modules")
    })
}

impl Shebang {
    /// What the first line says, if it says how to start the script.
    pub(crate) fn of(content: &[u8]) -> Option<Self> {
        let line = content.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
        let line = String::from_utf8_lossy(line);
        let mut words = line.split_whitespace().map(str::to_owned);
        Some(Self { interpreter: words.next()?, arguments: words.collect() })
    }

    /// The name by which a variable replaces it: `ansible_NAME_interpreter`.
    pub(crate) fn name(&self) -> &str {
        let through_env = self.interpreter.ends_with("/env") && !self.arguments.is_empty();
        let program = if through_env { &self.arguments[0] } else { &self.interpreter };
        let base = program.rsplit('/').next().unwrap_or_default();
        match base.strip_prefix("python") {
            Some(version) if version.chars().all(|c| c.is_ascii_digit() || c == '.') => "python",
            _ => base,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kind_of_a_module_is_told_from_its_text() {
        let of = |text: &str| Style::of(text.as_bytes());
        assert_eq!(of("\u{7f}ELF\0\0"), Style::Json);
        assert_eq!(
            of("#!/usr/bin/python\nfrom ansible.module_utils.basic import AnsibleModule\n"),
            Style::Python
        );
        assert_eq!(of("from ..module_utils.mine import x\n"), Style::Python);
        assert_eq!(of("from ansible_collections.a.b.plugins.module_utils import x\n"), Style::Python);
        assert_eq!(of("#!/usr/bin/ruby\n# WANT_JSON\n"), Style::Json);
        assert_eq!(of("#!/bin/sh\n. $1\n"), Style::KeyValue);
        assert_eq!(of("#!/bin/sh\nargs='<<INCLUDE_ANSIBLE_MODULE_JSON_ARGS>>'\n"), Style::Filled);
        assert_eq!(of("#!powershell\n# POWERSHELL_COMMON\n"), Style::Foreign);
    }

    #[test]
    fn an_interpreter_is_named_by_its_program() {
        let name = |line: &str| Shebang::of(line.as_bytes()).map(|shebang| shebang.name().to_owned());
        assert_eq!(name("#!/usr/bin/python3.11\n").as_deref(), Some("python"));
        assert_eq!(name("#!/usr/bin/env bash\n").as_deref(), Some("bash"));
        assert_eq!(name("#! /bin/sh -e\n").as_deref(), Some("sh"));
        assert_eq!(name("#!actually_python\n").as_deref(), Some("actually_python"));
        assert_eq!(name("echo\n"), None);
    }
}
