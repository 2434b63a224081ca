//! Runs every playbook of `cases/<area>/*.yml` on the local machine and compares with what its comments say.
//!
//! ```text
//! # run: --check             more words for the command line, on the first lines
//! # status: 2                how it ends, when not with 0 or, after an error in the text, with 4
//! # error: 9: message        a mistake at column 9 of the line above; `# warning:` and `# hint:` too
//! # expect: changed          how the task above ended, once per host and item
//! ```
//!
//! `BLESS=1` writes what was found into the files: all mistakes, and the end of every task that has an `# expect:`.
//! `CASE=text` runs only those whose path contains the text. What stands in directories of an area (roles,
//! templates …) and the file `hosts` beside the cases, if there is one, is there when they run.

mod annotations;
mod found;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use crate::test::Test;
use annotations::Annotated;
use found::Found;

#[test]
fn every_case_says_what_its_comments_say() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/cases");
    let cases = Mutex::new(listed(&top));
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(case) = next(&cases) {
                    if let Err(difference) = check(&case) {
                        let name = case.strip_prefix(&top).expect("a path below").display().to_string();
                        wrong.lock().expect("the list").push(format!("{name}\n{difference}"));
                    }
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().expect("the list");
    wrong.sort();
    assert!(wrong.is_empty(), "{} cases differ (- wanted, + found)\n\n{}", wrong.len(), wrong.join("\n"));
}

fn next(cases: &Mutex<Vec<PathBuf>>) -> Option<PathBuf> {
    cases.lock().expect("the list").pop()
}

fn listed(top: &Path) -> Vec<PathBuf> {
    let filter = std::env::var("CASE").unwrap_or_default();
    let mut cases = Vec::new();
    let entries = std::fs::read_dir(top).expect("the cases").map(|entry| entry.expect("an area").path());
    for area in entries.filter(|path| path.is_dir()) {
        let files = std::fs::read_dir(&area).expect("an area").map(|entry| entry.expect("a case").path());
        cases.extend(files.filter(|path| path.extension().is_some_and(|e| e == "yml")));
    }
    cases.retain(|path| path.to_string_lossy().contains(&filter));
    cases.sort();
    cases
}

/// Runs one case; what differs, if anything does.
fn check(case: &Path) -> Result<(), String> {
    let area = case.parent().expect("an area");
    let name = case.file_name().and_then(|name| name.to_str()).expect("a name in UTF-8");
    let text = std::fs::read_to_string(case).map_err(|error| error.to_string())?;
    let wanted = Annotated::read(&text);
    let mut test = Test::new()
        .tree(area)
        .file(name, &wanted.plain())
        .args(["run", name, "--output", "json", "--no-log"]);
    let inventory = if area.join("hosts").exists() { "hosts" } else { "localhost," };
    test = test.args(["-i", inventory, "-c", "local"]).args(wanted.run.clone());
    let outcome = test.look();
    let found = Found::read(name, &outcome.stdout, &outcome.stderr);
    let with_found = wanted.with(&found, outcome.status);
    if with_found == text {
        return Ok(());
    }
    if std::env::var_os("BLESS").is_some() {
        return std::fs::write(case, with_found).map_err(|error| error.to_string());
    }
    let stderr = if found.diagnostics.is_empty() { outcome.stderr } else { String::new() };
    Err(format!("{}{stderr}", difference(&text, &with_found)))
}

/// The lines that differ, each with its number; enough for annotations, which stand in between the same lines.
fn difference(wanted: &str, found: &str) -> String {
    let (wanted, found): (Vec<&str>, Vec<&str>) = (wanted.lines().collect(), found.lines().collect());
    let (mut w, mut f, mut out) = (0, 0, String::new());
    while w < wanted.len() || f < found.len() {
        match (wanted.get(w), found.get(f)) {
            (Some(one), Some(other)) if one == other => (w, f) = (w + 1, f + 1),
            (Some(one), _) if annotations::is_annotation(one) => {
                out += &format!("  -{:4} {}\n", w + 1, one.trim());
                w += 1;
            }
            (_, Some(other)) => {
                out += &format!("  +{:4} {}\n", w, other.trim());
                f += 1;
            }
            (Some(one), None) => {
                out += &format!("  -{:4} {}\n", w + 1, one.trim());
                w += 1;
            }
            (None, None) => break,
        }
    }
    out
}
