//! package_facts

use std::collections::BTreeMap;

use crate::args::{Map, Return, Value};
use crate::packages::{INVENTORIES, Inventory};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Read which packages are installed on the target, as facts.
    pub struct PackageFacts as "package_facts" {
        /// The package managers to ask, in this order: `apk`, `apt`, `pacman`, `pkg`, `pkg_info`, `portage`, `rpm`, or
        /// another that keeps its packages in one of their databases, as `dnf`; `auto` stands for all.
        manager: Vec<String> = "auto",
        /// Whether to stop at the first that has packages.
        strategy: Strategy = "first",
    }
}

choices! {
    /// Which package managers are asked.
    pub enum Strategy {
        /// Up to the first that has packages.
        First = "first",
        /// All.
        All = "all",
    }
}

returns! {
    /// `packages`: a list behind the name of each package, of the versions and architectures that are installed.
    ansible_facts: dict,
    /// The name once more.
    ansible_facts.packages.name: str,
    /// The version.
    ansible_facts.packages.version: str,
    /// The architecture.
    ansible_facts.packages.arch: str if "the manager tells it",
    /// The release of the version.
    ansible_facts.packages.release: str if "with `rpm` and `apk`",
    /// The section it is in.
    ansible_facts.packages.category: str if "with `apt`, `pkg` and `portage`",
    /// Who made it.
    ansible_facts.packages.origin: str if "with `apt` and `pkg`",
    /// The package manager that told of it.
    ansible_facts.packages.source: str,
}

impl Module for PackageFacts {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Look at all packages
  ansible.builtin.package_facts:
- name: Tell the version of the web server
  ansible.builtin.debug:
    msg: \"{{ packages['nginx'][0].version }}\"
  when: \"'nginx' in packages\"
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let wanted = self.wanted()?;
        let mut packages: BTreeMap<String, Vec<Value>> = BTreeMap::new();
        for inventory in &wanted {
            if let Err(fail) = inventory.is_there(target) {
                if self.names(inventory) {
                    target.warn(format!(
                        "Requested package manager {} was not usable by this module: {}",
                        inventory.name, fail.message
                    ));
                }
                continue;
            }
            let found = inventory.packages(target).unwrap_or_else(|fail| {
                let message =
                    format!("Failed to retrieve packages with {}: {}", inventory.name, fail.message);
                target.warn(message);
                Vec::new()
            });
            if found.is_empty() {
                target.warn(format!("Found \"{}\" but no associated packages", inventory.name));
            }
            for package in found {
                let name = package.get("name").and_then(Value::as_str).unwrap_or_default().to_owned();
                packages.entry(name).or_default().push(Value::Object(package));
            }
            if !packages.is_empty() && self.strategy == Strategy::First {
                break;
            }
        }
        if packages.is_empty() {
            let names: Vec<String> = wanted.iter().map(|known| format!("`{}`", known.name)).collect();
            return Err(Fail::new(format!(
                "Could not detect a supported package manager from the following list: {}. Check warnings for details.",
                names.join(", ")
            )));
        }
        let packages: Map<String, Value> =
            packages.into_iter().map(|(name, versions)| (name, versions.into())).collect();
        target.set("ansible_facts", Map::from_iter([("packages".to_owned(), Value::Object(packages))]));
        Ok(())
    }
}

impl PackageFacts {
    /// The package managers to ask, each once.
    fn wanted(&self) -> Result<Vec<&'static Inventory>, Fail> {
        let named = self.manager.iter().filter(|name| name.to_lowercase() != "auto");
        let known = named.map(|name| Inventory::named(name).ok_or(name.as_str()));
        let (mut wanted, mut unknown): (Vec<&Inventory>, Vec<&str>) = Default::default();
        for found in known {
            match found {
                Ok(inventory) => wanted.push(inventory),
                Err(name) => unknown.push(name),
            }
        }
        if !unknown.is_empty() {
            return Err(Fail::new(format!("Unsupported package managers requested: {}", unknown.join(", "))));
        }
        if self.manager.len() > wanted.len() {
            wanted.extend(INVENTORIES);
        }
        let mut once: Vec<&'static Inventory> = Vec::new();
        for inventory in wanted {
            if !once.iter().any(|known| known.name == inventory.name) {
                once.push(inventory);
            }
        }
        Ok(once)
    }

    /// Whether the user asked for this very one.
    fn names(&self, inventory: &Inventory) -> bool {
        self.manager
            .iter()
            .filter_map(|name| Inventory::named(name))
            .any(|known| known.name == inventory.name)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const DPKG: &str = r#"
printf 'installed\tdpkg\t1.21\tamd64\tadmin\n'
printf 'installed\tacl\t2.3\tamd64\tutils\n'
printf 'installed\tlibc6\t2.36\ti386\tlibs\n'
printf 'installed\town\t1\tall\t\n'
printf 'config-files\tgone\t1\tall\tmisc\n'"#;

    const APT_CACHE: &str = r#"
if [ $# = 1 ]; then cat <<END
Package files:
 100 /var/lib/dpkg/status
     release a=now
 500 http://deb.example/debian stable/main amd64 Packages
     release v=12,o=Debian,a=stable,n=stable,l=Debian,c=main,b=amd64
     origin deb.example
END
else cat <<END
acl:
  Installed: 2.3
  Candidate: 2.3
  Version table:
     2.4 500
        500 http://deb.example/debian next/main amd64 Packages
 *** 2.3 500
        500 http://deb.example/debian stable/main amd64 Packages
        100 /var/lib/dpkg/status
own:
  Version table:
 *** 1 100
        100 /var/lib/dpkg/status
END
fi"#;

    fn debian() -> Sandbox {
        Sandbox::new("package_facts").tool("apt", "").tool("dpkg-query", DPKG).tool("apt-cache", APT_CACHE)
    }

    #[test]
    fn packages_of_debian_have_version_section_and_origin() {
        let values = debian().reads(json!({"manager": "apt"}));
        let packages = &values["ansible_facts"]["packages"];
        assert_eq!(
            packages["acl"],
            json!([{"name": "acl", "version": "2.3", "arch": "amd64", "category": "utils", "origin": "Debian", "source": "apt"}])
        );
        assert_eq!(packages["own"][0]["origin"], "");
        assert_eq!(packages["libc6:i386"][0]["version"], "2.36");
        assert_eq!(packages.as_object().map(serde_json::Map::len), Some(4), "{packages}");
    }

    #[test]
    fn all_managers_are_asked_where_that_is_wanted() {
        let sandbox = debian().tool("apk", "echo acl-9-r1");
        let values = sandbox.reads(json!({"manager": ["apk", "apt"], "strategy": "all"}));
        let acl = &values["ansible_facts"]["packages"]["acl"];
        assert_eq!((&acl[0]["source"], &acl[1]["source"]), (&json!("apk"), &json!("apt")));
        let first = sandbox.reads(json!({"manager": ["dnf", "apk", "apt"]}));
        assert_eq!(first["ansible_facts"]["packages"].as_object().map(serde_json::Map::len), Some(1));
    }

    #[test]
    fn what_cannot_be_asked_is_warned_of() {
        let sandbox = Sandbox::new("package_facts").tool("apk", "echo no database >&2; exit 3");
        let reply = sandbox.run(json!({"manager": ["apk", "pacman"]}));
        assert!(
            reply
                .failure
                .is_some_and(|said| said.starts_with("Could not detect a supported package manager"))
        );
        let failed = "Failed to retrieve packages with apk: Unable to list packages rc=3 : no database";
        assert!(reply.warnings.iter().any(|warning| warning == failed), "{:?}", reply.warnings);
        let unusable = "Requested package manager pacman was not usable by this module: ";
        assert!(reply.warnings.iter().any(|warning| warning.starts_with(unusable)), "{:?}", reply.warnings);
        assert_eq!(sandbox.fails(json!({"manager": "none"})), "Unsupported package managers requested: none");
    }
}
