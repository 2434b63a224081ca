//! Look-ups that run commands on the controller.

use std::process::{Command, Stdio};

use super::super::session::Session;
use super::super::{TemplateError, Value};
use super::Lookup;

/// This family.
pub(super) const LOOKUPS: &[Lookup] = &[
    Lookup {
        name: "pipe",
        doc: "What commands print.",
        run: |s, t, a| {
            a.none("pipe")?;
            t.iter()
                .map(|t| output(s, &t.to_text()).map(|text| Value::from(text.trim_end().to_owned())))
                .collect()
        },
    },
    Lookup {
        name: "lines",
        doc: "The lines that commands print.",
        run: |s, t, a| {
            a.none("lines")?;
            let mut out = Vec::new();
            for term in t {
                let text = output(s, &term.to_text())?;
                out.extend(text.lines().map(Value::from));
            }
            Ok(out)
        },
    },
];

/// What a command prints; it runs in the playbook's directory.
fn output(session: &Session<'_>, command: &str) -> Result<String, TemplateError> {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", command]).stdin(Stdio::null());
    if let Some(directory) = session.settled_variable("playbook_dir")?
        && std::path::Path::new(&directory.to_text()).is_dir()
    {
        shell.current_dir(directory.to_text());
    }
    let failed = |why: String| TemplateError::failed(format!("the command `{command}` failed: {why}"));
    let output = shell.stderr(Stdio::piped()).output().map_err(|e| failed(e.to_string()))?;
    if !output.status.success() {
        let words = String::from_utf8_lossy(&output.stderr);
        let first = words.trim().lines().next().unwrap_or("").to_owned();
        let code = output.status.code().map_or_else(|| "it was killed".into(), |c| format!("exit code {c}"));
        return Err(failed(if first.is_empty() { code } else { format!("{code}: {first}") }));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
