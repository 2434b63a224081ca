//! Inventories that programs print: `--list`, and `--host NAME` where `_meta` is missing.

use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;

use indexmap::IndexSet;
use serde_json::{Map, Value as Json};

use super::{GroupId, HostId, Inventory};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::template::{Value, VaultString};
use crate::vars::{Definition, VarMap};

/// The kind of what a program said that did give one.
pub(crate) const SAID: &str = "script-said";

/// Why a program gave no inventory.
#[derive(Debug, thiserror::Error)]
pub(super) enum ScriptError {
    #[error("cannot start the inventory script: {0}")]
    Start(#[source] std::io::Error),
    #[error("the inventory script ended with {status}{said}")]
    Failed { status: std::process::ExitStatus, said: String },
    #[error("the inventory script did not print text in UTF-8{said}")]
    NotText { said: String },
    #[error("the inventory script did not print JSON: {error}{said}")]
    NotJson { error: serde_json::Error, host: Option<String>, said: String },
    #[error("the inventory script names the unknown profile `{0}`")]
    Profile(String),
    #[error("the inventory script printed {found} for `{what}`, expected {expected}")]
    Shape { what: String, expected: &'static str, found: &'static str },
}

impl ScriptError {
    /// What Ansible says of it.
    pub(super) fn words(&self, path: &Path) -> String {
        let words = match self {
            Self::Start(_) => {
                format!("Failed to execute inventory script command '{} --list'.", path.display())
            }
            Self::Failed { status, .. } => {
                format!("Inventory script returned non-zero exit code {}.", status.code().unwrap_or(-1))
            }
            Self::NotText { .. } => {
                "Inventory script result contained characters that cannot be interpreted \
                                     as UTF-8."
                    .into()
            }
            Self::NotJson { host: Some(host), .. } => {
                format!("Inventory script result for host '{host}' could not be parsed as JSON.")
            }
            Self::NotJson { host: None, .. } => {
                format!("{UNDECODED} Value could not be parsed as JSON.")
            }
            Self::Profile(name) if name.starts_with("inventory_") => {
                format!("{UNDECODED} Unknown profile name '{name}'.")
            }
            Self::Profile(name) => format!("{UNDECODED} Non-inventory profile '{name}' is not allowed."),
            Self::Shape { what, expected, found } => {
                let (found, expected) = (python(found), python(expected));
                match what.as_str() {
                    "--list" => format!("{UNDECODED} Value is '{found}' instead of '{expected}'."),
                    "_meta" | "_meta.profile" => {
                        format!(
                            "{UNDECODED} Value contains '{what}' which is '{found}' instead of '{expected}'."
                        )
                    }
                    host if !host.contains('.') => {
                        format!("Invalid data from file, expected dictionary and got: {found}")
                    }
                    _ => format!("Value contains '{what}' which is '{found}' instead of '{expected}'."),
                }
            }
        };
        let said = match self {
            Self::Failed { said, .. } | Self::NotText { said } | Self::NotJson { said, .. } => said.as_str(),
            _ => "",
        };
        format!("Failed to parse inventory with 'script' plugin: {words}{said}")
    }

    /// Whether the file is no program at all, and may be an inventory in text.
    pub(super) fn is_no_program(&self) -> bool {
        const NO_EXEC_FORMAT: i32 = 8;
        matches!(self, Self::Start(error) if error.raw_os_error() == Some(NO_EXEC_FORMAT))
    }
}

/// How Ansible begins to say what is wrong with the whole.
const UNDECODED: &str = "Unable to get JSON decoder for inventory script result.";

/// Python's name of a kind of value.
fn python(kind: &str) -> &'static str {
    match kind {
        "null" => "NoneType",
        "a boolean" => "bool",
        "a number" => "int",
        "a string" | "names" => "str",
        "a list" => "list",
        _ => "dict",
    }
}

/// Runs a program and adds what it prints; hosts remember `origin` as where they were first met.
pub(super) fn read(
    path: &Path,
    origin: &Arc<str>,
    inventory: &mut Inventory,
    diagnostics: &mut Diagnostics,
) -> Result<(), ScriptError> {
    let (listed, said) = json(path, &["--list"])?;
    if !said.is_empty() {
        let message = format!("the inventory script said: {said}");
        diagnostics.push(Diagnostic::warning(SAID, message).words(said));
    }
    let listed = object("--list", listed)?;
    let mut reader = Reader { origin, inventory, diagnostics, hosts: IndexSet::new() };
    let mut meta = None;
    for (name, data) in listed {
        if name == "_meta" {
            let mut all = object("_meta", data)?;
            match all.remove("profile") {
                None => {}
                Some(Json::String(name)) if name == "inventory_legacy" => {}
                Some(Json::String(name)) => return Err(ScriptError::Profile(name)),
                Some(other) => return Err(shape("_meta.profile", "a string", &other)),
            }
            meta = all.remove("hostvars").map(|vars| object("_meta.hostvars", vars)).transpose()?;
        } else {
            reader.group(&name, data)?;
        }
    }
    for host in std::mem::take(&mut reader.hosts) {
        let name = reader.inventory.host(host).name.clone();
        let vars = match &mut meta {
            Some(meta) => meta.remove(&*name).unwrap_or_default(),
            None => json(path, &["--host", &name])?.0,
        };
        if !vars.is_null() {
            let vars = variables(object(&name, vars)?);
            reader.inventory.merge_host_vars(host, &vars);
        }
    }
    Ok(())
}

struct Reader<'a> {
    origin: &'a Arc<str>,
    inventory: &'a mut Inventory,
    diagnostics: &'a mut Diagnostics,
    hosts: IndexSet<HostId>,
}

impl Reader<'_> {
    fn group(&mut self, name: &str, data: Json) -> Result<(), ScriptError> {
        let group = self.inventory.add_group(name);
        // ansible: a bare list is taken for the hosts; what has none of the three keys is
        // taken for the variables of a single host that is named like the group.
        let mut data = match data {
            Json::Object(data) if ["hosts", "vars", "children"].iter().any(|key| data.contains_key(*key)) => {
                data
            }
            Json::Object(data) => {
                let host = self.host(name, group);
                let message =
                    format!("group `{name}` of the script has neither `hosts`, `vars` nor `children`");
                let words = format!(
                    "Treating malformed group '{name}' as the sole host of that group. Variables provided in \
                     this manner cannot be templated."
                );
                self.diagnostics.push(Diagnostic::warning("inventory-script", message).words(words));
                // ansible: what stands in the wrong place is never a template.
                let plain = |(name, json): (String, Json)| {
                    let value = marked(json.as_object().unwrap_or(&Map::new()));
                    (name.into(), Definition::from(value.unwrap_or_else(|| Value::from_json(&json))))
                };
                self.inventory.merge_host_vars(host, &data.into_iter().map(plain).collect());
                return Ok(());
            }
            list => Map::from_iter([("hosts".to_owned(), list)]),
        };
        for host in list(name, "hosts", data.remove("hosts"))? {
            let host = text(name, "hosts", &host)?.to_owned();
            self.host(&host, group);
        }
        if let Some(vars) = data.remove("vars") {
            for (key, var) in variables(object(&format!("{name}.vars"), vars)?) {
                if let Err(var) = self.inventory.set_group_var(group, &key, var) {
                    let message =
                        format!("`{key}` of group `{name}` must be a whole number, found `{:?}`", var.value);
                    self.diagnostics.push(Diagnostic::error("inventory-vars", message));
                }
            }
        }
        for child in list(name, "children", data.remove("children"))? {
            let child_name = text(name, "children", &child)?;
            let child = self.inventory.add_group(child_name);
            if self.inventory.add_child(group, child, None).is_err() {
                let message = format!("group `{name}` would contain itself through `{child_name}`");
                self.diagnostics.push(Diagnostic::error("group-cycle", message));
            }
        }
        Ok(())
    }

    fn host(&mut self, name: &str, group: GroupId) -> HostId {
        let host = self.inventory.add_host(name, None, Some(self.origin));
        self.inventory.join(group, host);
        self.hosts.insert(host);
        host
    }
}

/// What a program prints, and what it says beside that.
fn json(path: &Path, options: &[&str]) -> Result<(Json, String), ScriptError> {
    let ran = Command::new(path).args(options).stdin(Stdio::null()).output().map_err(ScriptError::Start)?;
    let said = String::from_utf8_lossy(&ran.stderr).trim().to_owned();
    let why = if said.is_empty() { String::new() } else { format!("; it said: {said}") };
    if !ran.status.success() {
        return Err(ScriptError::Failed { status: ran.status, said: why });
    }
    if options[0] == "--host" && ran.stdout.trim_ascii().is_empty() {
        return Ok((Json::Null, said));
    }
    let Ok(text) = str::from_utf8(&ran.stdout) else { return Err(ScriptError::NotText { said: why }) };
    let host = options.get(1).map(ToString::to_string);
    let json = serde_json::from_str(text).map_err(|error| ScriptError::NotJson { error, host, said: why })?;
    Ok((json, said))
}

fn object(what: &str, json: Json) -> Result<Map<String, Json>, ScriptError> {
    match json {
        Json::Object(object) => Ok(object),
        other => Err(shape(what, "an object", &other)),
    }
}

fn list(group: &str, key: &str, json: Option<Json>) -> Result<Vec<Json>, ScriptError> {
    match json {
        None => Ok(Vec::new()),
        Some(Json::Array(items)) => Ok(items),
        Some(other) => Err(shape(&format!("{group}.{key}"), "a list", &other)),
    }
}

fn text<'a>(group: &str, key: &str, json: &'a Json) -> Result<&'a str, ScriptError> {
    json.as_str().ok_or_else(|| shape(&format!("{group}.{key}"), "names", json))
}

fn shape(what: &str, expected: &'static str, found: &Json) -> ScriptError {
    let found = match found {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    };
    ScriptError::Shape { what: what.into(), expected, found }
}

fn variables(object: Map<String, Json>) -> VarMap {
    object.into_iter().map(|(name, json)| (name.into(), Definition::from(value(json)))).collect()
}

/// What a program of the user's prints may hold templates, and strings marked as encrypted or as never templates.
fn value(json: Json) -> Value {
    match json {
        Json::String(text) => Value::text(&text, None),
        Json::Array(items) => Value::list(items.into_iter().map(value)),
        Json::Object(object) => match marked(&object) {
            Some(value) => value,
            None => Value::map(object.into_iter().map(|(k, v)| (Value::from(k), value(v)))),
        },
        other => Value::from_json(&other),
    }
}

fn marked(object: &Map<String, Json>) -> Option<Value> {
    let [(key, Json::String(text))] = &object.iter().collect::<Vec<_>>()[..] else { return None };
    match key.as_str() {
        "__ansible_unsafe" => Some(Value::str(text.as_str())),
        "__ansible_vault" => {
            Some(Value::Vault(Arc::new(VaultString { text: text.as_str().into(), place: None })))
        }
        _ => None,
    }
}
