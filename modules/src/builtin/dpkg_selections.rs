//! dpkg_selections

use crate::args::Return;
use crate::{Command, Fail, Module, Target, args, choices, returns};

args! {
    /// Say what is to become of a Debian package: hold it, or let it be installed or removed.
    ///
    /// Nothing is installed or removed by it.
    pub struct DpkgSelections as "dpkg_selections" {
        /// The name of the package.
        name: String,
        /// What is to become of it.
        selection: Selection,
    }
}

returns! {
    /// What was selected before; `not present` where nothing was.
    before: str,
    /// What is selected now.
    after: str,
}

choices! {
    /// What is to become of a package.
    pub enum Selection {
        /// It is installed, and upgraded.
        Install = "install",
        /// It stays as it is.
        Hold = "hold",
        /// It goes, but for its configuration.
        Deinstall = "deinstall",
        /// It goes with its configuration.
        Purge = "purge",
    }
}

impl Module for DpkgSelections {
    const RETURNS: &'static [Return] = RETURNS;
    const EXAMPLES: &'static str = "\
- name: Keep the database at its version
  ansible.builtin.dpkg_selections:
    name: postgresql
    selection: hold
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let wanted = self.selection.as_str();
        let found = target.query(&Command::new("dpkg").args(["--get-selections", "--", &self.name]))?;
        if found.errors().contains("no packages found matching") {
            let name = &self.name;
            return Err(Fail::new(format!(
                "Failed to find package '{name}' to perform selection '{wanted}'."
            )));
        }
        let found = found.expect_ok("dpkg")?.text();
        let now = found.split_whitespace().nth(1).unwrap_or("not present");
        target.set("before", now);
        target.set("after", wanted);
        let set = Command::new("dpkg").arg("--set-selections").stdin(format!("{} {wanted}\n", self.name));
        target.change(&format!("selection of {}", self.name), now, wanted, |hands| hands.run(&set))?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    const TOOL: &str = r#"
case "$*" in
  "--get-selections -- hello") cat "$SANDBOX/chosen" ;;
  "--set-selections") cat > "$SANDBOX/chosen" ;;
  *) echo "dpkg: no packages found matching $3" >&2 ;;
esac"#;

    #[test]
    fn a_package_is_held() {
        let sandbox = Sandbox::new("dpkg_selections").tool("dpkg", TOOL).file("chosen", "hello\tinstall\n");
        let reply = sandbox.converges(json!({"name": "hello", "selection": "hold"}));
        assert_eq!((&reply.values["before"], &reply.values["after"]), (&json!("install"), &json!("hold")));
        let said = sandbox.fails(json!({"name": "kernel", "selection": "hold"}));
        assert_eq!(said, "Failed to find package 'kernel' to perform selection 'hold'.");
    }
}
