//! What is installed on a target, as its package managers tell it.

use serde_json::{Map, Value, json};

use super::origins;
use crate::target::{Command, Fail, Target};

/// One package, in Ansible's words.
pub type Package = Map<String, Value>;

/// A package manager that can be asked for all that is installed.
#[derive(Debug)]
pub struct Inventory {
    /// As Ansible calls it.
    pub name: &'static str,
    /// Others that keep their packages in the same place.
    pub aliases: &'static [&'static str],
    /// One of these must be there.
    programs: &'static [&'static str],
    /// What lists the packages.
    ask: &'static [&'static str],
    /// What stands between packages in its output.
    between: &'static str,
    /// A package of a piece of the output; `None` for what is none.
    read: fn(&str) -> Option<Value>,
}

const DPKG: &str = "${db:Status-Status}\t${Package}\t${Version}\t${Architecture}\t${Section}\n";
const RPM: &str = "%{NAME}\t%{VERSION}\t%{RELEASE}\t%{EPOCH}\t%{ARCH}\n";
const PKG: &str = "%n\t%v\t%R\t%t\t%a\t%q\t%o\t%p\t%V";
const QLIST: &str = "%{CATEGORY} %{PN} %{PV} %{PR}";

/// All that are known, in the order in which they are looked for.
#[rustfmt::skip]
pub const INVENTORIES: &[Inventory] = &[
    Inventory {
        name: "apk", aliases: &[], programs: &["apk"],
        ask: &["apk", "info", "-v"], between: "\n", read: of_apk,
    },
    Inventory {
        name: "apt", aliases: &[], programs: &["apt", "apt-get", "aptitude"],
        ask: &["dpkg-query", "-W", "-f", DPKG], between: "\n", read: of_dpkg,
    },
    Inventory {
        name: "pacman", aliases: &[], programs: &["pacman"],
        ask: &["pacman", "-Qi"], between: "\n\n", read: of_pacman,
    },
    Inventory {
        name: "pkg", aliases: &["pkg5", "pkgng"], programs: &["pkg"],
        ask: &["pkg", "query", PKG], between: "\n", read: of_pkg,
    },
    Inventory {
        name: "pkg_info", aliases: &["openbsd_pkg"], programs: &["pkg_info"],
        ask: &["pkg_info", "-a"], between: "\n", read: of_pkg_info,
    },
    Inventory {
        name: "portage", aliases: &[], programs: &["qlist"],
        ask: &["qlist", "-I", "-F", QLIST], between: "\n", read: of_portage,
    },
    Inventory {
        name: "rpm", aliases: &["dnf", "dnf5", "yum", "zypper"], programs: &["rpm"],
        ask: &["rpm", "-qa", "--qf", RPM], between: "\n", read: of_rpm,
    },
];

impl Inventory {
    /// The one of this name, in any case.
    pub fn named(name: &str) -> Option<&'static Self> {
        let name = name.to_lowercase();
        INVENTORIES.iter().find(|known| known.name == name || known.aliases.contains(&name.as_str()))
    }

    /// Whether the target has the program it needs.
    pub fn is_there(&self, target: &Target<'_>) -> Result<(), Fail> {
        match self.programs.iter().any(|program| target.find_program(program).is_some()) {
            true => Ok(()),
            false => Err(Fail::new(format!("there is no `{}` on this host", self.programs.join("`, `")))),
        }
    }

    /// All that is installed.
    pub fn packages(&self, target: &mut Target<'_>) -> Result<Vec<Package>, Fail> {
        let (program, options) = self.ask.split_first().unwrap_or((&"false", &[]));
        let output = target.query(&Command::new(program).args(options))?;
        if !output.ok() {
            // ansible: these words are looked for.
            let said = output.errors();
            return Err(Fail::new(format!("Unable to list packages rc={} : {}", output.rc, said.trim())));
        }
        let text = output.text();
        let pieces = text.split(self.between).filter(|piece| !piece.trim().is_empty());
        let mut packages: Vec<Package> = pieces
            .filter_map(self.read)
            .filter_map(|package| if let Value::Object(package) = package { Some(package) } else { None })
            .collect();
        if self.name == "apt" {
            origins::add(target, &mut packages)?;
        }
        packages.iter_mut().for_each(|package| drop(package.insert("source".into(), self.name.into())));
        Ok(packages)
    }
}

/// `name-version-release`.
fn of_apk(line: &str) -> Option<Value> {
    let mut parts = line.rsplitn(3, '-');
    let (release, version, name) = (parts.next()?, parts.next(), parts.next());
    Some(match (name, version) {
        (Some(name), Some(version)) => json!({"name": name, "version": version, "release": release}),
        _ => json!({"name": line, "version": "", "release": ""}),
    })
}

fn of_dpkg(line: &str) -> Option<Value> {
    let fields: Vec<&str> = line.split('\t').collect();
    let ["installed", name, version, arch, section] = fields[..] else { return None };
    Some(json!({"name": name, "version": version, "arch": arch, "category": section}))
}

fn of_rpm(line: &str) -> Option<Value> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, version, release, epoch, arch] = fields[..] else { return None };
    // ansible: what has no epoch has one of this name.
    let word = |text: &str| if text == "(none)" { "None".to_owned() } else { text.to_owned() };
    Some(json!({
        "name": name, "version": version, "release": release, "epoch": word(epoch), "arch": word(arch),
    }))
}

/// Lines of `Name : value`; what is indented goes on with the value before.
fn of_pacman(piece: &str) -> Option<Value> {
    let mut details: Vec<(&str, String)> = Vec::new();
    for line in piece.lines() {
        match line.split_once(" : ").filter(|_| !line.starts_with(' ')) {
            Some((name, value)) => details.push((name.trim(), value.to_owned())),
            None => {
                if let Some((_, value)) = details.last_mut() {
                    value.push_str("  ");
                    value.push_str(line.trim_start());
                }
            }
        }
    }
    let detail = |name: &str| {
        details.iter().find(|(known, _)| *known == name).map(|(_, value)| value.trim().to_owned())
    };
    let bare = |name: &str| name.split('=').next().unwrap_or_default().to_owned();
    let provides = detail("Provides").filter(|value| value != "None");
    let provides: Option<Vec<String>> =
        provides.map(|all| all.split("  ").filter(|name| !name.is_empty()).map(bare).collect());
    Some(json!({
        "name": detail("Name")?, "version": detail("Version")?, "arch": detail("Architecture"), "provides": provides,
    }))
}

fn of_pkg(line: &str) -> Option<Value> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [name, version, origin, installed, automatic, arch, category, prefix, vital] = fields[..] else {
        return None;
    };
    let (version, epoch) = match version.split_once(',') {
        Some((version, epoch)) => (version, Value::from(epoch)),
        None => (version, Value::from(0)),
    };
    let (version, revision) = version.split_once('_').unwrap_or((version, "0"));
    Some(json!({
        "name": name, "version": version, "port_epoch": epoch, "revision": revision, "origin": origin,
        "installed": installed, "automatic": automatic == "1", "arch": arch.split(':').nth(2).unwrap_or(arch),
        "category": category.split('/').next(), "prefix": prefix, "vital": vital == "1",
    }))
}

/// `name-version description`.
fn of_pkg_info(line: &str) -> Option<Value> {
    let word = line.split_whitespace().next()?;
    let (name, version) = word.rsplit_once('-').unwrap_or((word, ""));
    Some(json!({"name": name, "version": version}))
}

fn of_portage(line: &str) -> Option<Value> {
    let mut words = line.split_whitespace();
    let (category, name, version) = (words.next()?, words.next()?, words.next()?);
    Some(json!({"category": category, "name": name, "version": version, "ebuild_revision": words.next()}))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn packages_are_read_as_each_manager_writes_them() {
        assert_eq!(
            of_apk("musl-utils-1.2.4-r2"),
            Some(json!({"name": "musl-utils", "version": "1.2.4", "release": "r2"}))
        );
        assert_eq!(of_dpkg("config-files\ta\t1\tall\tutils"), None);
        let rpm = of_rpm("zlib\t1.2.7\t17.el7\t(none)\tx86_64").unwrap_or_default();
        assert_eq!((&rpm["release"], &rpm["epoch"]), (&json!("17.el7"), &json!("None")));
        let said = "Name            : acl\nVersion         : 2.3.1-3\nArchitecture    : x86_64\nDescription     : a : b\nProvides        : xfsacl  libacl.so=1-64\n                  more";
        let wanted = json!({"name": "acl", "version": "2.3.1-3", "arch": "x86_64", "provides": ["xfsacl", "libacl.so", "more"]});
        assert_eq!(of_pacman(said), Some(wanted));
        let pkg = of_pkg("curl\t8.1_2,1\tFreeBSD\t1700\t0\tFreeBSD:13:amd64\tftp/curl\t/usr/local\t1");
        let pkg = pkg.unwrap_or_default();
        let told = json!([
            pkg["version"],
            pkg["revision"],
            pkg["port_epoch"],
            pkg["arch"],
            pkg["category"],
            pkg["vital"]
        ]);
        assert_eq!(told, json!(["8.1", "2", "1", "amd64", "ftp", true]));
        assert_eq!(of_pkg_info("zip-3.0p1  make archives"), Some(json!({"name": "zip", "version": "3.0p1"})));
        assert_eq!(of_portage("app-arch zip 3.0 r4").unwrap_or_default()["ebuild_revision"], "r4");
    }
}
