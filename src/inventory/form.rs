//! Which form a file is in, by its name and its first lines.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::sync::Arc;

use super::constructed::{self, Constructed};
use super::generator::{self, Generator};
use super::tree::{self, Children};
use super::{Inventory, ini, script, toml};
use crate::diagnostic::{Diagnostic, Diagnostics, Source};
use crate::yaml::{self, Yaml};

/// What configures a plugin.
pub(super) enum Plugin {
    Constructed(Constructed),
    Generator(Generator),
}

/// Adds what a program prints. `false`: the file is not a program, read it as text.
pub(super) fn run(
    path: &Path,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) -> bool {
    let executable = path.metadata().is_ok_and(|meta| meta.permissions().mode() & 0o111 != 0);
    if !executable {
        return false;
    }
    match script::read(path, origin, inventory, diagnostics) {
        Err(error) if error.is_no_program() => false,
        Err(error) => {
            let found = Diagnostic::error("inventory-script", format!("{error}: `{}`", path.display()));
            diagnostics.push(found.words(error.words(path)));
            true
        }
        Ok(()) => true,
    }
}

/// Adds what a text says, in whatever form it is; what configures a plugin comes back.
pub(super) fn read(
    path: &Path,
    source: &Arc<Source>,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) -> Option<Plugin> {
    let ending = path.extension().map(|e| e.to_string_lossy().into_owned());
    match ending.as_deref() {
        Some("toml") => {
            if let Some(root) = toml::nodes(source, diagnostics) {
                tree::read(&root, Children::Named, origin, inventory, diagnostics);
            }
        }
        Some("yml" | "yaml" | "json") => return read_yaml(source, origin, inventory, diagnostics),
        Some("config") | None if looks_like_yaml(source.plain()) => {
            return read_yaml(source, origin, inventory, diagnostics);
        }
        _ if source.plain().starts_with("#!") => {
            let message =
                format!("the inventory looks like a script, but must not be run: `{}`", path.display());
            let hint = format!("chmod +x {}", path.display());
            diagnostics.push(Diagnostic::error("inventory-script", message).hint(hint));
        }
        _ => ini::read(source, origin, inventory, diagnostics),
    }
    None
}

fn read_yaml(
    source: &Arc<Source>,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) -> Option<Plugin> {
    let document = yaml::read_one(source, diagnostics)?;
    match &document.value {
        Yaml::Null => {}
        Yaml::Map(root) => match tree::plugin(root) {
            None => tree::read(root, Children::Nested, origin, inventory, diagnostics),
            Some((name, _)) if constructed::NAMES.contains(&name) => {
                return Some(Plugin::Constructed(Constructed::new(root, diagnostics)));
            }
            Some((name, _)) if generator::NAMES.contains(&name) => {
                return Generator::new(root, diagnostics).map(Plugin::Generator);
            }
            Some((name, place)) => {
                let found =
                    Diagnostic::error("inventory-plugin", format!("unknown inventory plugin `{name}`"));
                diagnostics
                    .push(found.at(&place.span, "").hint("a script that prints the inventory can stand in"));
            }
        },
        _ => {
            let message = format!("expected groups of an inventory, found {}", document.kind_name());
            diagnostics
                .push(Diagnostic::error("inventory-group", message).at(&document.span, "not a mapping"));
        }
    }
    None
}

/// Whether the first line that says anything begins YAML or JSON: `---`, `{`, or a key with a colon at its end.
fn looks_like_yaml(text: &str) -> bool {
    let says_something = |line: &&str| !line.is_empty() && !line.starts_with(['#', ';']);
    let Some(first) = text.lines().map(str::trim).find(says_something) else { return false };
    let key = first.split(" #").next().unwrap_or(first).trim_end();
    let is_key = key.ends_with(':') && !key.contains([' ', '=', '[']);
    first.starts_with("---") || first.starts_with('{') || is_key || first.starts_with("plugin:")
}
