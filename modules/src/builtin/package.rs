//! package

use super::apt::Apt;
use crate::args::{Args, Map, Return, Value};
use crate::packages::{Manager, Wish};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Install, upgrade and remove packages with whatever manager the target has.
    ///
    /// Names of packages are those of the target's distribution.
    pub struct Package as "package" {
        /// The packages; what else there is to do, as `autoremove`, the manager's own options say.
        name: Vec<String> = "",
        /// Whether they are to be there.
        state: State = "present",
        /// The manager to use, as `apt` or `dnf`; `auto` takes the one that is there.
        r#use: String = "auto",
        /// Whether to fetch the lists of packages first.
        #[alias("update-cache")]
        update_cache: bool = false,
        ..more: Map<String, Value>,
    }
}

returns! {
    /// What the manager said.
    stdout: str if "something was to do",
    /// What the manager complained about.
    stderr: str if "something was to do",
}

choices! {
    /// Whether packages are to be there.
    pub enum State {
        /// There.
        Present = "present" | "installed",
        /// Not there.
        Absent = "absent" | "removed",
        /// There, in the newest version.
        Latest = "latest",
    }
}

impl Module for Package {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Have a tool
  ansible.builtin.package:
    name: rsync
    state: present
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let used = self.r#use.rsplit('.').next().filter(|name| !matches!(*name, "auto" | "package"));
        let debian = target.stat(target.system("/etc/debian_version"))?.is_some();
        let manager = Manager::find(target, used);
        let has_apt = target.find_program("apt-get").is_some();
        if matches!(used, Some("apt")) || used.is_none() && has_apt && (debian || manager.is_none()) {
            return self.by_apt(target);
        }
        let Some(manager) = manager else {
            return Err(match used {
                // ansible: these words are looked for.
                Some(name) => {
                    Fail::new(format!("Could not find a matching action for the \"{name}\" package manager."))
                }
                None => Fail::new(
                    "Could not detect which package manager to use. Try gathering facts or setting the \"use\" option.",
                ),
            });
        };
        if let Some(name) = self.more.keys().next() {
            return Err(Fail::new(format!("`{}` does not know the option `{name}`", manager.name)));
        }
        if self.name.is_empty() && !self.update_cache {
            return Err(Fail::new("missing option `name` of module `package`"));
        }
        if self.update_cache {
            manager.refresh(target)?;
        }
        let wish = match self.state {
            State::Present => Wish::Present,
            State::Latest => Wish::Latest,
            State::Absent => Wish::Absent,
        };
        manager.bring(target, &self.name, wish)
    }
}

impl Package {
    /// All that `apt` knows goes to it.
    fn by_apt(self, target: &mut Target) -> Result<(), Fail> {
        let mut args = self.more;
        if !self.name.is_empty() {
            args.insert("name".into(), self.name.into());
        }
        args.insert("state".into(), self.state.as_str().into());
        if self.update_cache {
            args.insert("update_cache".into(), true.into());
        }
        let problems = |problems: Vec<_>| {
            let words: Vec<String> =
                problems.iter().map(|problem: &crate::args::ArgProblem| problem.to_string()).collect();
            Fail::new(words.join("\n"))
        };
        Apt::parse(&args).map_err(problems)?.run(target)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// A manager that keeps lines of name and version in the file `status`.
    const APK: &str = r#"
verb=$1; shift
case $verb in
info) shift 2; grep -q "^$1-" $SANDBOX/status && grep "^$1-" $SANDBOX/status ;;
version) shift 3; for name; do grep "^$name-1.0" $SANDBOX/status; done ;;
add) [ $1 = -u ] && shift
  for name; do sed -i "/^$name-/d" $SANDBOX/status; echo "$name-2.0-r0" >> $SANDBOX/status; echo "Installing $name"; done ;;
del) for name; do sed -i "/^$name-/d" $SANDBOX/status; done ;;
esac"#;

    fn sandbox(status: &str) -> Sandbox {
        Sandbox::new("package").file("status", status).tool("apk", APK)
    }

    #[test]
    fn a_package_is_installed_once() {
        let sandbox = sandbox("base-1.0-r0\n");
        let reply = sandbox.converges(json!({"name": "base,curl", "use": "apk"}));
        assert_eq!(sandbox.text("status"), "base-1.0-r0\ncurl-2.0-r0\n");
        assert_eq!(reply.values["stdout"], "Installing curl\n");
    }

    #[test]
    fn the_latest_version_replaces_an_old_one() {
        let sandbox = sandbox("base-1.0-r0\n");
        sandbox
            .converges(json!({"name": ["base", "curl"], "state": "latest", "use": "community.general.apk"}));
        assert_eq!(sandbox.text("status"), "curl-2.0-r0\nbase-2.0-r0\n");
    }

    #[test]
    fn a_package_is_removed() {
        let sandbox = sandbox("base-1.0-r0\n");
        sandbox.converges(json!({"name": "base", "state": "absent", "use": "apk"}));
        assert_eq!(sandbox.text("status"), "");
    }

    #[test]
    fn debian_has_apt_which_takes_its_own_options() {
        let query = "printf 'install\\tinstalled\\tbase\\tall\\t1\\t\\n'";
        let sandbox = Sandbox::new("package").file("etc/debian_version", "12").tool("dpkg-query", query);
        let sandbox = sandbox.tool("apt-get", "exit 9");
        sandbox.keeps(json!({"name": "base", "install_recommends": false}));
        assert!(sandbox.fails(json!({"name": "base", "instal_recommends": 1})).contains("unknown option"));
    }

    #[test]
    fn an_unknown_manager_is_named() {
        let said = sandbox("").fails(json!({"name": "x", "use": "nix"}));
        assert!(said.starts_with("Could not find a matching action for the \"nix\""), "{said}");
    }
}
