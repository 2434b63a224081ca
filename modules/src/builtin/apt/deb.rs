//! Package files.

use std::path::{Path, PathBuf};

use super::status::Status;
use super::{Apt, get};
use crate::{Command, Fail, Target};

/// Installs a package file of the target, or one that is fetched first.
pub(super) fn install(apt: &Apt, target: &mut Target, deb: &str) -> Result<(), Fail> {
    if !deb.contains("://") {
        return install_file(apt, target, Path::new(deb));
    }
    // What it holds is not known before it is here.
    let fetched = target.perform(|hands| {
        hands.unchanged();
        let directory = hands.make_temporary(&std::env::temp_dir(), "baton-", "", true)?;
        let path = directory.join("package.deb");
        let command = Command::new("/usr/lib/apt/apt-helper").args(["download-file", deb]).arg(&path);
        match hands.run(&get::quiet(command)) {
            Ok(_) => Ok(path),
            Err(fail) => {
                hands.remove(&directory)?;
                Err(fail)
            }
        }
    })?;
    let Some(path) = fetched else { return Ok(()) };
    let installed = install_file(apt, target, &path);
    let directory = path.parent().map(Path::to_owned).unwrap_or_default();
    target.refresh(|hands| hands.remove(&directory))?;
    installed
}

fn install_file(apt: &Apt, target: &mut Target, path: &Path) -> Result<(), Fail> {
    if target.stat(path)?.is_none() {
        return Err(Fail::new(format!("Unable to find package file: {}", path.display())));
    }
    let fields = ["Package", "Version", "Architecture"];
    let output = target.query(&Command::new("dpkg-deb").arg("--field").arg(path).args(fields))?;
    let text = output.expect_ok("dpkg-deb")?.text();
    let field = |name: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
        line.map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    let (name, version) = (field("Package"), field("Version"));
    let status = Status::read(target)?;
    if let Some(now) = status.installed.get(&name) {
        let newer =
            target.query(&Command::new("dpkg").args(["--compare-versions", now, "gt", &version]))?.ok();
        if *now == version || newer && !apt.allow_downgrade && !apt.force {
            return Ok(());
        }
    }
    let path: PathBuf = std::fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    let mut words = vec!["install".to_owned(), "--".to_owned()];
    words.push(path.display().to_string());
    apt.carry_out(target, &words)
}
