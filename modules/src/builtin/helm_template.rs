//! helm_template

use std::path::PathBuf;

use crate::args::Return;
use crate::kubernetes::helm::{Tool, Values};
use crate::{Fail, Module, Side, Target, args, returns};

args! {
    /// Make the manifests of a chart without applying them, by the `helm` command of the target.
    pub struct HelmTemplate as "helm_template" {
        /// The chart: `repository/name`, a path, or an address.
        chart_ref: String,
        /// The address of the chart's repository.
        chart_repo_url: Option<String>,
        /// The version of the chart; else the newest.
        chart_version: Option<String>,
        /// Bring the chart's dependencies.
        #[alias("dep_up")]
        dependency_update: bool = false,
        /// Leave the chart's hooks out.
        disable_hook: bool = false,
        /// With the chart's definitions of custom resources.
        include_crds: bool = false,
        /// The directory to write them to, in place of giving them back.
        output_dir: Option<PathBuf>,
        /// Take any certificate of the chart's server.
        insecure_registry: bool = false,
        /// The name of the release in the manifests.
        #[alias("name")]
        release_name: Option<String>,
        /// The namespace of the release in the manifests.
        release_namespace: Option<String>,
        /// Only the manifests of these templates.
        show_only: Vec<String> = "",
        /// Fetch the lists of the repositories before.
        update_repo_cache: bool = false,
        /// Speak HTTP with the chart's registry.
        plain_http: bool = false,
        /// The path of the `helm` command; else it is looked for in `PATH`.
        binary_path: Option<PathBuf>,
        ..values: Values,
    }
}

returns! {
    /// The manifests, or what helm wrote.
    stdout: str,
    /// What helm complained of.
    stderr: str,
}

impl Module for HelmTemplate {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: See what a chart would make
  kubernetes.core.helm_template:
    chart_ref: bitnami/postgresql
    release_name: db
    release_namespace: shop
  register: chart
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let mut tool = Tool::find(target, self.binary_path.as_ref())?;
        if self.update_repo_cache {
            target.refresh(|hands| hands.run(&tool.command(["repo", "update"])))?;
        }
        let mut words = vec!["template".to_owned()];
        words.extend(self.release_name.clone());
        words.push(self.chart_ref.clone());
        let flags = [
            ("--dependency-update", self.dependency_update),
            ("--no-hooks", self.disable_hook),
            ("--include-crds", self.include_crds),
            ("--insecure-skip-tls-verify", self.insecure_registry),
            ("--plain-http", self.plain_http),
        ];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| (*flag).to_owned()));
        let told = [
            ("--repo", &self.chart_repo_url),
            ("--version", &self.chart_version),
            ("--namespace", &self.release_namespace),
        ];
        words
            .extend(told.into_iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value.as_ref()?))));
        words.extend(self.show_only.iter().map(|template| format!("--show-only={template}")));
        words.extend(self.values.words(&mut tool)?);
        let output = target.query(&tool.command(&words))?.expect_ok("helm")?;
        target.set("stderr", output.errors());
        let Some(directory) = &self.output_dir else {
            target.set("stdout", output.text());
            return Ok(());
        };
        let file = directory.join(format!("{}.yaml", self.release_name.as_deref().unwrap_or("release-name")));
        let before = target.read(&file)?.map_or(Side::Absent, Side::from);
        target.change(&file.display().to_string(), before, output.stdout.clone(), |hands| {
            hands.make_parents(&file)?;
            hands.write(&file, &output.stdout)
        })?;
        target.set("stdout", format!("wrote {}\n", file.display()));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Not helm itself, which no test machine has.
    const STAND_IN: &str = r##"[ "$1" = template ] || exit 1
for word in "$@"; do case $word in --values=*) values=$(cat "${word#--values=}") ;; esac; done
echo "# $2 of $3 with $values""##;

    #[test]
    fn manifests_are_given_back_or_written() {
        let sandbox = Sandbox::new("helm_template").tool("stand-in-for-helm", STAND_IN);
        let mut args = json!({"chart_ref": "charts/shop", "name": "shop", "values": {"a": 1}, "binary_path": sandbox.path("bin/stand-in-for-helm")});
        assert_eq!(sandbox.reads(args.clone())["stdout"], "# shop of charts/shop with {\"a\":1}\n");
        args["output_dir"] = sandbox.path("out").into();
        sandbox.converges(args);
        assert_eq!(sandbox.text("out/shop.yaml"), "# shop of charts/shop with {\"a\":1}\n");
    }
}
