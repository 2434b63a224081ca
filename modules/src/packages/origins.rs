//! Where packages of Debian and its like come from, which only apt knows.

use std::collections::HashMap;

use super::installed::Package;
use crate::target::{Command, Fail, Target};

/// So many packages are asked for at once.
const AT_ONCE: usize = 2000;

/// Adds the origin of each package. What is of another architecture than the target's has that in its name.
pub(super) fn add(target: &mut Target<'_>, packages: &mut [Package]) -> Result<(), Fail> {
    let text = |package: &Package, name: &str| {
        package.get(name).and_then(|value| value.as_str()).unwrap_or_default().to_owned()
    };
    let own = packages.iter().find(|package| text(package, "name") == "dpkg").map(|dpkg| text(dpkg, "arch"));
    for package in packages.iter_mut() {
        let (name, arch) = (text(package, "name"), text(package, "arch"));
        if arch != "all" && own.as_ref().is_some_and(|own| *own != arch) {
            package.insert("name".into(), format!("{name}:{arch}").into());
        }
    }
    let names: Vec<String> = packages.iter().map(|package| text(package, "name")).collect();
    let known = origins(target, &names)?;
    for (package, name) in packages.iter_mut().zip(&names) {
        let origin = known.get(name).map(String::as_str).unwrap_or_default();
        package.insert("origin".into(), origin.into());
    }
    Ok(())
}

/// The origins of the installed versions, by the names of packages; what no source has is not there.
fn origins(target: &mut Target<'_>, names: &[String]) -> Result<HashMap<String, String>, Fail> {
    let mut known = HashMap::new();
    if target.find_program("apt-cache").is_none() {
        return Ok(known);
    }
    let sources = target.query(&Command::new("apt-cache").arg("policy"))?.text();
    let sources = sources_of(&sources);
    for names in names.chunks(AT_ONCE) {
        let text = target.query(&Command::new("apt-cache").args(["policy", "--"]).args(names))?.text();
        known.extend(of_packages(&text, &sources));
    }
    Ok(known)
}

/// The origin of each source that apt knows: `500 URL SUITE ARCH Packages`, and below it `release o=Debian,…`.
fn sources_of(text: &str) -> HashMap<&str, &str> {
    let mut sources = HashMap::new();
    let mut source = "";
    for line in text.lines().map(str::trim) {
        match line.strip_prefix("release ") {
            Some(release) => {
                let origin = release.split(',').find_map(|part| part.strip_prefix("o="));
                origin.map(|origin| sources.insert(source, origin));
            }
            None => source = line.split_once(' ').map_or("", |(_, source)| source),
        }
    }
    sources
}

/// The origin of the version that is installed, marked with `***`: that of the first source which has it.
fn of_packages(text: &str, sources: &HashMap<&str, &str>) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let (mut name, mut installed) = ("", false);
    for line in text.lines() {
        if let Some(header) = line.strip_suffix(':').filter(|_| !line.starts_with(' ')) {
            (name, installed) = (header, false);
        } else if line.starts_with(" ***") {
            installed = true;
        } else if installed {
            let source = line.trim().split_once(' ').map_or("", |(_, source)| source);
            let origin = sources.get(source).copied().unwrap_or_default();
            found.push((name.to_owned(), origin.to_owned()));
            installed = false;
        }
    }
    found
}
