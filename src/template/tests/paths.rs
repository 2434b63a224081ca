//! Tests of files on the controller.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use super::super::session::Session;
use super::super::{Args, TemplateError, Value};
use super::{Answer, Test};

/// This family.
pub(super) const TESTS: &[Test] = &[
    Test::new("exists", "Whether there is something at the path.", |s, v, a| on(s, &v, a, |p| p.exists())),
    Test::new("file", "Whether there is a file at the path.", |s, v, a| on(s, &v, a, |p| p.is_file()))
        .also(&["is_file"]),
    Test::new("directory", "Whether there is a directory at the path.", |s, v, a| {
        on(s, &v, a, |p| p.is_dir())
    })
    .also(&["is_dir"]),
    Test::new("link", "Whether there is a symbolic link at the path.", |s, v, a| {
        on(s, &v, a, |p| p.is_symlink())
    })
    .also(&["is_link"]),
    Test::new("link_exists", "Whether there is something at the path, even a broken link.", |s, v, a| {
        on(s, &v, a, |p| p.symlink_metadata().is_ok())
    }),
    Test::new("abs", "Whether the path is absolute.", |_, v, _| Ok(v.to_text().starts_with('/')))
        .also(&["is_abs"]),
    Test::new("mount", "Whether something is mounted at the path.", |s, v, a| on(s, &v, a, mounted))
        .also(&["is_mount"]),
    Test::new("same_file", "Whether two paths lead to the same file.", same_file).also(&["is_same_file"]),
    Test::new("vaulted_file", "Whether the file is encrypted.", |_, v, _| {
        let path = v.to_text();
        let data = std::fs::read(&path).map_err(|e| {
            TemplateError::failed(format!("cannot test whether the file `{path}` is encrypted: {e}"))
        })?;
        Ok(data.starts_with(b"$ANSIBLE_VAULT"))
    }),
    Test::new("vault_encrypted", "Whether it is encrypted text.", |_, v, _| {
        Ok(matches!(&v, Value::Vault(_)) || v.as_str().is_some_and(|s| s.starts_with("$ANSIBLE_VAULT")))
    }),
];

fn on(_: &Session<'_>, value: &Value, args: Args, test: fn(&Path) -> bool) -> Answer {
    args.none("the test of a path")?;
    Ok(test(&PathBuf::from(value.to_text())))
}

fn mounted(path: &Path) -> bool {
    let (Ok(own), false) = (path.symlink_metadata(), path.is_symlink()) else { return false };
    let Ok(above) = path.join("..").metadata() else { return false };
    own.dev() != above.dev() || own.ino() == above.ino()
}

fn same_file(_: &Session<'_>, value: Value, args: Args) -> Answer {
    let args = args.bind("same_file", &["path"])?;
    let numbers = |path: String| {
        std::fs::metadata(&path)
            .map(|m| (m.dev(), m.ino()))
            .map_err(|e| TemplateError::failed(format!("same_file: cannot look at `{path}`: {e}")))
    };
    Ok(numbers(value.to_text())? == numbers(args.required_text(0)?)?)
}
