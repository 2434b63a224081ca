//! Who may use whom: the `crate::` paths in the sources against the layers of `docs/ARCHITECTURE.md`.

use std::path::Path;

/// Each layer and all that it may use; a layer that is not named may use nothing.
const MAY_USE: &[(&str, &[&str])] = &[
    ("action", &["connection", "diagnostic", "library", "playbook", "template", "vars", "vault"]),
    ("config", &["diagnostic"]),
    ("connection", &["diagnostic"]),
    ("inventory", &["diagnostic", "template", "vars", "yaml"]),
    ("library", &["diagnostic", "yaml"]),
    ("output", &["event", "yaml"]),
    ("plan", &["diagnostic", "inventory", "library", "playbook", "template", "vars", "yaml"]),
    ("playbook", &["diagnostic", "template", "vars", "yaml"]),
    (
        "run",
        &[
            "action",
            "connection",
            "diagnostic",
            "event",
            "inventory",
            "library",
            "plan",
            "playbook",
            "template",
            "vars",
            "vault",
        ],
    ),
    ("template", &["diagnostic", "vault", "yaml"]),
    ("vars", &["diagnostic", "template", "yaml"]),
    ("yaml", &["diagnostic"]),
];

#[test]
fn layers_use_only_what_is_below_them() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    for layer in std::fs::read_dir(&top).expect("src").flatten().filter(|entry| entry.path().is_dir()) {
        let name = layer.file_name().into_string().expect("a name");
        // The command line stands above all.
        if name != "cli" {
            look(&layer.path(), &name, &mut wrong);
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn look(directory: &Path, layer: &str, wrong: &mut Vec<String>) {
    let may = MAY_USE.iter().find(|(name, _)| *name == layer).map_or(&[][..], |(_, may)| may);
    for entry in std::fs::read_dir(directory).expect("a directory").flatten() {
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            look(&path, layer, wrong);
            continue;
        }
        if name.to_string_lossy().contains("tests") {
            continue;
        }
        let text = std::fs::read_to_string(&path).expect("a source");
        let code = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default();
        let words = code.split("crate::").skip(1);
        for used in words
            .map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default())
        {
            if used.starts_with(char::is_lowercase)
                && used != layer
                && !may.contains(&used)
                && used != "testing"
            {
                wrong.push(format!("{}: `{layer}` may not use `{used}`", path.display()));
            }
        }
    }
}
