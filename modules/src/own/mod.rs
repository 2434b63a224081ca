//! Modules of the user's: any program that takes arguments and prints JSON. The controller sends it with the call;
//! here it gets a private directory, runs, and what it prints becomes the reply. Not in the table of modules: its
//! name is whatever the user calls it.

mod arguments;
mod said;

use std::io::{self, Read};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::target::{Command, Fail, Output, Target};

/// The module that calls name.
pub const MODULE: &str = "_own";
/// The body of a call: the program, or the archive of a module in Python.
pub const CONTENT: &str = "content";

/// How a module takes its arguments, as the call says under `style`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    /// An archive that Python runs; arguments on standard input.
    Python,
    /// A file in JSON.
    Json,
    /// A file of `key=value`.
    KeyValue,
    /// Written into the text.
    Filled,
}

/// What the call asks for.
struct Asked<'a> {
    style: Style,
    name: &'a str,
    /// The name by which Python finds the module in its archive.
    python_name: &'a str,
    interpreter: Vec<String>,
    parameters: Map<String, Value>,
    background: bool,
}

/// Runs what the call brings.
pub(crate) fn run(args: &Map<String, Value>, target: &mut Target) -> Result<(), Fail> {
    if let Some(names) = args.get("discover") {
        let mut found: Vec<Value> = Vec::new();
        for name in texts(names) {
            let path = target.find_program(&name).filter(|_| found.is_empty());
            // One that is found but does not start, as those that only point to others, is none.
            if let Some(path) = path.filter(|path| starts(target, path)) {
                found.push(path.display().to_string().into());
            }
        }
        target.set("found", found);
        return Ok(());
    }
    let asked = Asked::of(args)?;
    let mut content = Vec::new();
    let mut body = target.open_body(CONTENT)?;
    body.read_to_end(&mut content).map_err(|error| Fail::io("cannot receive the module", &error))?;
    drop(body);
    let output = asked.run(&content, target)?;
    said::report(&output, &asked.interpreter, asked.background, target)
}

fn starts(target: &mut Target, python: &Path) -> bool {
    let look = Command::new(python).args(["-c", "import json"]);
    target.query(&look).is_ok_and(|output| output.ok())
}

fn texts(value: &Value) -> Vec<String> {
    let texts = value.as_array().into_iter().flatten();
    texts.filter_map(|text| text.as_str().map(str::to_owned)).collect()
}

impl<'a> Asked<'a> {
    fn of(args: &'a Map<String, Value>) -> Result<Self, Fail> {
        let text = |name: &str| args.get(name).and_then(Value::as_str).unwrap_or_default();
        let style = match text("style") {
            "python" => Style::Python,
            "json" => Style::Json,
            "key_value" => Style::KeyValue,
            "filled" => Style::Filled,
            other => return Err(Fail::new(format!("unknown style of module `{other}`"))),
        };
        Ok(Self {
            style,
            name: text("name"),
            python_name: text("python_name"),
            interpreter: args.get("interpreter").map(texts).unwrap_or_default(),
            parameters: args.get("parameters").and_then(Value::as_object).cloned().unwrap_or_default(),
            background: args.get("background") == Some(&Value::Bool(true)),
        })
    }

    /// Runs it in a directory of its own. Where nothing may be executed there, in one of the home's.
    fn run(&self, content: &[u8], target: &mut Target) -> Result<Output, Fail> {
        let mut places = vec![std::env::temp_dir()];
        places.extend(std::env::home_dir().map(|home| home.join(".ansible/tmp")));
        let last = places.len() - 1;
        for (index, place) in places.iter().enumerate() {
            let home = match private(place) {
                Ok(home) => home,
                Err(_) if index < last => continue,
                Err(error) => return Err(Fail::io("cannot make a directory for the module", &error)),
            };
            let refused = |output: &Result<Output, Fail>| {
                output.as_ref().is_err_and(|fail| {
                    fail.values.get("rc") == Some(&rustix::io::Errno::ACCESS.raw_os_error().into())
                })
            };
            let output = self.run_in(home.path(), content, target);
            if index == last || !refused(&output) {
                return output.or_else(|fail| not_started(fail, &self.interpreter));
            }
        }
        Err(Fail::new("there is no place to run the module in"))
    }

    fn run_in(&self, home: &Path, content: &[u8], target: &mut Target) -> Result<Output, Fail> {
        let mut parameters = self.parameters.clone();
        parameters.insert("_ansible_tmpdir".into(), home.display().to_string().into());
        let file = home.join(Path::new(self.name).file_name().unwrap_or("module".as_ref()));
        let filled = matches!(self.style, Style::Filled).then(|| arguments::filled(content, &parameters));
        write(&file, filled.as_deref().unwrap_or(content), 0o700)?;
        let command = match self.interpreter.split_first() {
            Some((program, more)) => Command::new(program).args(more).arg(&file),
            None => Command::new(&file),
        };
        let command = match self.style {
            Style::Python => command.arg(self.python_name).stdin(arguments::wrapped(&parameters)),
            Style::Filled => command,
            Style::Json => command.arg(given(home, &arguments::json(&parameters))?),
            Style::KeyValue => command.arg(given(home, arguments::key_value(&parameters).as_bytes())?),
        };
        // Runs in check mode as well: it is told of it, and answers for itself.
        target.query(&command.own_locale())
    }
}

/// What could not be started has the words of a shell's complaint, as Ansible's users know them.
fn not_started(fail: Fail, interpreter: &[String]) -> Result<Output, Fail> {
    let rc = fail.values.get("rc").and_then(Value::as_i64);
    let rc = match rc {
        Some(2) => 127,
        Some(13) => 126,
        _ => return Err(fail),
    };
    let what = if interpreter.is_empty() { "the module".to_owned() } else { interpreter.join(" ") };
    let why = if rc == 127 { "not found" } else { "permission denied" };
    Ok(Output { rc, stdout: Vec::new(), stderr: format!("{what}: {why}\n").into_bytes() })
}

/// A directory that only this user sees, removed with all that is in it.
fn private(place: &Path) -> io::Result<tempfile::TempDir> {
    if !place.is_dir() {
        std::fs::create_dir_all(place)?;
    }
    tempfile::Builder::new()
        .prefix("baton-")
        .rand_bytes(12)
        .permissions(std::fs::Permissions::from_mode(0o700))
        .tempdir_in(place)
}

fn given(home: &Path, text: &[u8]) -> Result<PathBuf, Fail> {
    let file = home.join("args");
    write(&file, text, 0o600)?;
    Ok(file)
}

// Not through `Hands`: what is written is the call's own, and is there in check mode too.
fn write(file: &Path, content: &[u8], mode: u32) -> Result<(), Fail> {
    let open = std::fs::OpenOptions::new().write(true).create_new(true).mode(mode).open(file);
    let written = open.and_then(|mut out| io::Write::write_all(&mut out, content));
    written.map_err(|error| Fail::io("cannot write the module", &error))
}

#[cfg(test)]
mod tests;
