//! helm_info

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::helm::Helm;
use crate::kubernetes::text;
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Read what is known of a release of a chart, by the `helm` command of the target.
    pub struct HelmInfo as "helm_info" {
        /// The name of the release.
        #[alias("name")]
        release_name: String,
        /// Where it is.
        #[alias("namespace")]
        release_namespace: String,
        /// Which states count, as `deployed` or `failed`; `all`, or none given, is any.
        release_state: Vec<String> = "",
        /// Whether the values that the chart has by default are among the values.
        get_all_values: bool = false,
        ..helm: Helm,
    }
}

returns! {
    /// The release: `name`, `namespace`, `revision`, `status`, `chart`, `app_version`, `updated`, `values`, `notes`,
    /// `manifest` and `hooks`.
    status: dict if "there is such a release",
}

impl Module for HelmInfo {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: See which version of the shop runs
  kubernetes.core.helm_info:
    release_name: shop
    release_namespace: web
  register: shop
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let tool = self.helm.tool(target)?;
        let (name, namespace) = (self.release_name.as_str(), self.release_namespace.as_str());
        let Some(found) = tool.release(target, name, namespace)? else { return Ok(()) };
        let wanted = |state: &String| state == "all" || state == text(&found, "/status");
        if !(self.release_state.is_empty() || self.release_state.iter().any(wanted)) {
            return Ok(());
        }
        let mut status = tool.status(target, found, self.get_all_values)?;
        for part in ["notes", "manifest", "hooks"] {
            let output = target.query(&tool.command(["get", part, name, "--namespace", namespace]))?;
            let said = if output.ok() { output.text() } else { String::new() };
            status[part] = if part == "notes" { said.into() } else { documents(&said) };
        }
        target.set("status", status);
        Ok(())
    }
}

/// The objects of manifests.
fn documents(text: &str) -> Value {
    match crate::yaml::read(text, crate::yaml::Dialect::Go) {
        Ok(all) => all.into_iter().map(|document| document.value).filter(|value| !value.is_null()).collect(),
        Err(_) => json!(text),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Not helm itself, which no test machine has.
    const STAND_IN: &str = r##"case "$1 $2" in
"list --all") echo '[{"name":"shop","namespace":"web","revision":"2","status":"deployed","chart":"shop-1.0.0","app_version":"1"}]' ;;
"get values") echo '{"replicas":2}' ;;
"get notes") echo 'Well done.' ;;
"get manifest") printf -- '---\nkind: Service\n---\nkind: Deployment\n' ;;
"get hooks") ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac"##;

    #[test]
    fn a_release_is_told_with_values_notes_and_manifest() {
        let sandbox = Sandbox::new("helm_info").tool("stand-in-for-helm", STAND_IN);
        let args =
            json!({"name": "shop", "namespace": "web", "binary_path": sandbox.path("bin/stand-in-for-helm")});
        let status = sandbox.reads(args)["status"].clone();
        assert_eq!((&status["values"], &status["notes"]), (&json!({"replicas": 2}), &json!("Well done.\n")));
        assert_eq!(status["manifest"], json!([{"kind": "Service"}, {"kind": "Deployment"}]));
        let none = json!({"name": "other", "namespace": "web", "binary_path": sandbox.path("bin/stand-in-for-helm")});
        assert!(sandbox.reads(none).get("status").is_none());
    }

    #[test]
    fn a_helm_that_is_not_there_is_told() {
        let sandbox = Sandbox::new("helm_info");
        let said = sandbox.fails(json!({"name": "a", "namespace": "b", "binary_path": "/nonexistent/helm"}));
        assert_eq!(
            said,
            "there is no command `/nonexistent/helm`\nhint: install helm, or leave `binary_path` out"
        );
    }
}
