//! What `ansible-inventory` says of the inventories of `inventories/`, held to what Ansible says of them.
//! `inventories/compare` compares with Ansible itself, and records.

use std::path::Path;
use std::process::Command;

use baton_modules::yaml::{Dialect, read};
use regex::Regex;
use serde_json::{Map, Value as Json};

#[test]
fn inventories_are_shown_as_ansible_shows_them() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/inventories");
    let json = |name| -> Json {
        serde_json::from_slice(&std::fs::read(top.join(name)).expect("a table")).expect("JSON")
    };
    let (cases, expected) = (json("cases.json"), json("expected.json"));
    let links = tempfile::tempdir().expect("a directory");
    let program = links.path().join("ansible-inventory");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_baton"), &program).expect("a link");
    let wrong = std::sync::Mutex::new(Vec::new());
    let seen = std::sync::atomic::AtomicUsize::new(0);
    let compare = |case: &Json| {
        let name = case["name"].as_str().expect("a name");
        let ours = words(&case["ours"]);
        let views = expected[name].as_object().expect("what Ansible says").iter();
        for (view, wanted) in views.filter(|(view, _)| !ours.contains(&view.as_str())) {
            seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            let found = asked(&program, &top, case, view);
            if &found != wanted {
                let difference = format!("{name}: {view}\n  wanted {wanted}\n  found  {found}");
                wrong.lock().expect("the list").push(difference);
            }
        }
    };
    std::thread::scope(|scope| {
        for part in cases.as_array().expect("cases").chunks(7) {
            scope.spawn(|| part.iter().for_each(compare));
        }
    });
    let (seen, wrong) = (seen.into_inner(), wrong.into_inner().expect("the list"));
    assert!(seen > 250, "only {seen} views");
    assert!(wrong.is_empty(), "{} views differ\n{}", wrong.len(), wrong.join("\n"));
}

fn words(list: &Json) -> Vec<&str> {
    list.as_array().into_iter().flatten().filter_map(Json::as_str).collect()
}

/// What a view of a case says, as data.
fn asked(program: &Path, top: &Path, case: &Json, view: &str) -> Json {
    let mut command = Command::new(program);
    command
        .args(words(&case["args"]))
        .args(view.split(' '))
        .current_dir(top.join(case["at"].as_str().expect("a place")));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", "/nowhere");
    for (name, value) in case["env"].as_object().into_iter().flatten() {
        command.env(name, value.as_str().expect("a text"));
    }
    let output = command.stdin(std::process::Stdio::null()).output().expect("a started baton");
    if !output.status.success() {
        return serde_json::json!({ "fails": true });
    }
    let text = String::from_utf8_lossy(&output.stdout).replace(&top.display().to_string(), "HERE");
    if view.contains("--graph") {
        let python = Regex::new(r"ansible_python_interpreter = \S+\}").expect("a pattern");
        return python.replace_all(&text, "ansible_python_interpreter = /usr/bin/python3}").into();
    }
    let data = if view.contains("--toml") {
        serde_json::to_value(toml::from_str::<toml::Table>(&text).expect("TOML")).expect("data")
    } else if view.contains("--yaml") {
        // To a reader that does not know vaults these are texts.
        let documents = read(&text.replace("!vault |", "|"), Dialect::Python);
        documents.expect("YAML").into_iter().next().expect("a document").value
    } else {
        serde_json::from_str(&text).expect("JSON")
    };
    plain(data)
}

/// Without marks on texts that are no templates anyway, and with one Python for all.
fn plain(value: Json) -> Json {
    if let Some(text) = value.get("__ansible_unsafe").and_then(Json::as_str)
        && !["{{", "{%", "{#"].iter().any(|mark| text.contains(mark))
    {
        return text.into();
    }
    match value {
        Json::Array(items) => items.into_iter().map(plain).collect(),
        Json::Object(map) => {
            let entries = map.into_iter().map(|(name, value)| match name.as_str() {
                "ansible_python_interpreter" => (name, "/usr/bin/python3".into()),
                _ => (name, plain(value)),
            });
            Json::Object(entries.collect::<Map<_, _>>())
        }
        other => other,
    }
}
