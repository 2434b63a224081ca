//! helm

use std::path::PathBuf;

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::helm::{Helm as Cluster, Tool, Values};
use crate::kubernetes::text;
use crate::sorting::Trees;
use crate::{Fail, Module, Output, Side, Target, args, choices, returns};

args! {
    /// Install, upgrade or remove a release of a chart, by the `helm` command of the target.
    ///
    /// Whether something changes is told by helm's own dry run: by its manifests, its values and the chart's version.
    /// Charts that make random values are thus always changed.
    pub struct Helm as "helm" {
        /// The name of the release.
        #[alias("name")]
        release_name: String,
        /// Where it is.
        #[alias("namespace")]
        release_namespace: String,
        /// Whether it should be there.
        #[alias("state")]
        release_state: State = "present",
        /// The chart: `repository/name`, a path, or an address; needed with `state: present`.
        chart_ref: Option<String>,
        /// The address of the chart's repository.
        chart_repo_url: Option<String>,
        /// The version of the chart; else the newest.
        chart_version: Option<String>,
        /// Bring the chart's dependencies.
        #[alias("dep_up")]
        dependency_update: bool = false,
        /// Fetch the lists of the repositories before.
        update_repo_cache: bool = false,
        /// Keep the values of the last release, with these over them.
        reuse_values: Option<bool>,
        /// Start from the chart's own values.
        reset_values: bool = true,
        /// Start from the chart's own values, with those of the last release over them.
        reset_then_reuse_values: bool = false,
        /// Leave the chart's hooks out.
        disable_hook: bool = false,
        /// Replace objects rather than change them.
        force: bool = false,
        /// Forget a removed release; else its history stays.
        purge: bool = true,
        /// Wait until all is ready.
        wait: bool = false,
        /// How long to wait, as `5m`; `timeout` is the same.
        wait_timeout: Option<String>,
        /// How long helm's own steps may take, as `5m`.
        timeout: Option<String>,
        /// Undo what failed.
        atomic: bool = false,
        /// Make the namespace where it is missing.
        create_namespace: bool = false,
        /// A command that changes the manifests on their way.
        post_renderer: Option<String>,
        /// Take the name of a release that was removed but not forgotten.
        replace: bool = false,
        /// Leave the chart's definitions of custom resources out.
        skip_crds: bool = false,
        /// How many revisions are kept.
        history_max: Option<u32>,
        /// Take any certificate of the chart's server.
        #[alias("skip_tls_certs_check")]
        insecure_skip_tls_verify: bool = false,
        /// Speak HTTP with the chart's registry.
        plain_http: bool = false,
        /// Take over objects that others made.
        take_ownership: bool = false,
        /// Do not check values against the chart's schema.
        skip_schema_validation: bool = false,
        ..values: Values,
        ..cluster: Cluster,
    }
    rules [
        RequiredIf("release_state", "present", &["chart_ref"]),
        MutuallyExclusive(&["replace", "history_max"]),
    ]
}

returns! {
    /// The release: `name`, `namespace`, `revision`, `status`, `chart`, `app_version`, `updated`, `values`.
    status: dict if "it is there",
    /// What helm wrote.
    stdout: str if "helm changed something",
    /// What helm complained of.
    stderr: str if "helm changed something",
    /// The command, without private files.
    command: str if "helm changed something",
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for Helm {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Run the shop's database
  kubernetes.core.helm:
    name: db
    chart_ref: bitnami/postgresql
    chart_version: 15.5.0
    release_namespace: shop
    create_namespace: true
    values: {primary: {persistence: {size: 20Gi}}}
    wait: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let mut tool = self.cluster.tool(target)?;
        if self.update_repo_cache {
            target.refresh(|hands| hands.run(&tool.command(["repo", "update"])))?;
        }
        let (name, space) = (&self.release_name, &self.release_namespace);
        let found = tool.release(target, name, space)?;
        let what = format!("release {space}/{name}");
        let output = match (self.release_state, &found) {
            (State::Absent, None) => None,
            (State::Absent, Some(release)) => {
                let words = self.removal();
                let made = target
                    .change(&what, shown(release), Side::Absent, |hands| hands.run(&tool.command(&words)))?;
                made.done().map(|output| (words, output))
            }
            (State::Present, _) => self.install(target, &mut tool, found.as_ref())?,
        };
        if let Some((words, output)) = output {
            self.tell(target, &words, &output);
        }
        if self.release_state == State::Present
            && let Some(release) = tool.release(target, name, space)?
        {
            let status = tool.status(target, release, false)?;
            target.set("status", status);
        }
        Ok(())
    }
}

/// A release in a difference.
fn shown(release: &Value) -> Side {
    Side::Json(json!({"chart": release["chart"], "status": release["status"]}))
}

impl Helm {
    fn install(
        &self,
        target: &mut Target<'_>,
        tool: &mut Tool,
        found: Option<&Value>,
    ) -> Result<Option<(Vec<String>, Output)>, Fail> {
        let words = self.words(tool, found.is_none())?;
        let trial: Vec<String> =
            words.iter().cloned().chain(["--dry-run", "--output", "json"].map(str::to_owned)).collect();
        // What a dry run waits for never comes.
        let trial = trial.iter().filter(|word| !["--wait", "--atomic"].contains(&word.as_str()));
        let output = target.query(&tool.command(trial))?.expect_ok("helm")?;
        let wanted: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
            Fail::new(format!("helm's dry run does not answer in JSON: {}", output.text().trim()))
        })?;
        let after = json!({
            "chart": format!("{}-{}", text(&wanted, "/chart/metadata/name"), text(&wanted, "/chart/metadata/version")),
            "status": "deployed",
            "manifest": digest(text(&wanted, "/manifest")),
            "values": digest(&values(wanted.get("config"))),
        });
        let before = match found {
            None => Side::Absent,
            Some(release) => {
                let of = |what: &str| {
                    tool.command([
                        "get",
                        what,
                        &self.release_name,
                        "--namespace",
                        &self.release_namespace,
                        "--output",
                        "json",
                    ])
                };
                let known = target.query(&of("values"))?;
                let known = serde_json::from_slice(&known.stdout).ok();
                let manifest = tool.command([
                    "get",
                    "manifest",
                    &self.release_name,
                    "--namespace",
                    &self.release_namespace,
                ]);
                let manifest = target.query(&manifest)?.text();
                Side::Json(json!({
                    "chart": release["chart"], "status": release["status"],
                    "manifest": digest(&manifest), "values": digest(&values(known.as_ref())),
                }))
            }
        };
        let what = format!("release {}/{}", self.release_namespace, self.release_name);
        let made = target.change(&what, before, after, |hands| hands.run(&tool.command(&words)))?;
        Ok(made.done().map(|output| (words, output)))
    }

    fn words(&self, tool: &mut Tool, is_new: bool) -> Result<Vec<String>, Fail> {
        let chart = self.chart_ref.clone().unwrap_or_default();
        let verb: &[&str] =
            if self.replace && is_new { &["install", "--replace"] } else { &["upgrade", "--install"] };
        let mut words: Vec<String> = verb.iter().map(|word| (*word).to_owned()).collect();
        words.extend(["--namespace".into(), self.release_namespace.clone()]);
        let upgrade = verb[0] == "upgrade";
        let reuse = self.reuse_values == Some(true);
        let flags = [
            ("--dependency-update", self.dependency_update),
            ("--reuse-values", reuse && upgrade),
            ("--reset-then-reuse-values", self.reset_then_reuse_values && upgrade),
            ("--reset-values", self.reset_values && upgrade && !reuse && !self.reset_then_reuse_values),
            ("--no-hooks", self.disable_hook),
            ("--force", self.force),
            ("--wait", self.wait),
            ("--atomic", self.atomic),
            ("--create-namespace", self.create_namespace),
            ("--skip-crds", self.skip_crds),
            ("--insecure-skip-tls-verify", self.insecure_skip_tls_verify),
            ("--plain-http", self.plain_http),
            ("--take-ownership", self.take_ownership),
            ("--skip-schema-validation", self.skip_schema_validation),
        ];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| (*flag).to_owned()));
        let history = self.history_max.filter(|_| upgrade).map(|count| count.to_string());
        let told = [
            ("--repo", self.chart_repo_url.clone()),
            ("--version", self.chart_version.clone()),
            ("--timeout", self.timeout.clone().or_else(|| self.wait_timeout.clone().filter(|_| self.wait))),
            ("--post-renderer", self.post_renderer.clone()),
            ("--history-max", history),
        ];
        words.extend(told.into_iter().filter_map(|(flag, value)| Some(format!("{flag}={}", value?))));
        words.extend(self.values.words(tool)?);
        words.extend([self.release_name.clone(), expanded(&chart)]);
        Ok(words)
    }

    fn removal(&self) -> Vec<String> {
        let mut words = vec![
            "uninstall".to_owned(),
            self.release_name.clone(),
            "--namespace".into(),
            self.release_namespace.clone(),
        ];
        let flags =
            [("--keep-history", !self.purge), ("--no-hooks", self.disable_hook), ("--wait", self.wait)];
        words.extend(flags.iter().filter(|(_, set)| *set).map(|(flag, _)| (*flag).to_owned()));
        words.extend(
            self.timeout
                .iter()
                .chain(self.wait_timeout.iter().filter(|_| self.wait))
                .take(1)
                .map(|t| format!("--timeout={t}")),
        );
        words
    }

    fn tell(&self, target: &mut Target<'_>, words: &[String], output: &Output) {
        let private = std::env::temp_dir().join("baton-").display().to_string();
        let shown =
            words.iter().filter(|word| !word.contains(&private)).cloned().collect::<Vec<_>>().join(" ");
        target.set("command", format!("helm {shown}"));
        target.set("stdout", output.text());
        target.set("stderr", output.errors());
    }
}

/// A chart's path as it stands, other references too.
fn expanded(chart: &str) -> String {
    let home = || std::env::home_dir().unwrap_or_else(|| PathBuf::from("/"));
    chart.strip_prefix("~/").map_or_else(|| chart.to_owned(), |rest| home().join(rest).display().to_string())
}

/// Values may hold secrets: they are compared by their digests.
fn digest(text: &str) -> String {
    crate::checksum::sha256(text.trim().as_bytes())[..16].to_owned()
}

/// Values in one order, none being as good as empty.
fn values(of: Option<&Value>) -> String {
    fn sorted(value: &Value) -> Value {
        match value {
            Value::Object(map) => {
                let all: std::collections::BTreeMap<_, _> =
                    map.iter().map(|(k, v)| (k.clone(), sorted(v))).to_map();
                json!(all)
            }
            Value::Array(items) => items.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    of.filter(|value| !value.is_null()).map_or_else(|| "{}".to_owned(), |value| sorted(value).to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Not helm itself, which no test machine has: it keeps one release in a file.
    const STAND_IN: &str = r##"release="$SANDBOX/release"
case "$1 $2" in
"list --all") if [ -f "$release" ]; then printf '[{"name":"shop","namespace":"web","revision":"1","status":"deployed","chart":"shop-1.0.0"}]'; else echo '[]'; fi ;;
"get values") cat "$release" ;;
"get manifest") printf 'made of '; cat "$release" ;;
"upgrade --install")
  for word in "$@"; do case $word in --values=*) values=$(cat "${word#--values=}") ;; --dry-run) dry=1 ;; esac; done
  [ -n "$values" ] || values='{}'
  if [ -n "$dry" ]; then
    printf '{"manifest":"made of %s","config":%s,"chart":{"metadata":{"name":"shop","version":"1.0.0"}}}' "$(printf %s "$values" | sed 's/"/\\"/g')" "$values"
  else printf %s "$values" > "$release"; echo 'Release "shop" has been upgraded.'; fi ;;
"uninstall shop") rm "$release" ;;
*) echo "unknown: $*" >&2; exit 1 ;;
esac"##;

    #[test]
    fn a_release_follows_its_values_and_goes() {
        let sandbox = Sandbox::new("helm").tool("stand-in-for-helm", STAND_IN);
        let with = |more: serde_json::Value| {
            let mut args = json!({"name": "shop", "namespace": "web", "chart_ref": "charts/shop",
                "binary_path": sandbox.path("bin/stand-in-for-helm")});
            args.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            args
        };
        let reply = sandbox.converges(with(json!({"values": {"password": "hunter2"}})));
        assert_eq!(reply.values["status"]["values"], json!({"password": "hunter2"}));
        assert!(!format!("{:?}", reply.diff).contains("hunter2"));
        assert_eq!(
            reply.values["command"],
            "helm upgrade --install --namespace web --reset-values shop charts/shop"
        );
        sandbox.converges(with(json!({"values": {"password": "other"}})));
        sandbox.converges(with(json!({"state": "absent"})));
        let said = sandbox.fails(with(json!({"state": "present", "chart_ref": null})));
        assert!(said.contains("chart_ref"), "{said}");
    }
}
