//! kustomize

use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::args::Return;
use crate::kubernetes::apply::{self, Applying, Manifest, Mode, Removal};
use crate::kubernetes::{Cluster, Placing};
use crate::{Command, Fail, Module, Target, args, choices, returns};

args! {
    /// Build manifests with the `kustomize` command of the target, or with `kubectl`'s, and apply them as a set.
    pub struct Kustomize as "kustomize" {
        /// The directory with the `kustomization.yaml`, on the target, or an address.
        #[alias("dir", "kustomization_dir", "src")]
        path: String,
        /// Whether the objects should be there; `built` applies nothing and only gives them back.
        state: State = "present",
        /// The path of the `kustomize` or `kubectl` command; else it is looked for in `PATH`.
        binary_path: Option<PathBuf>,
        /// Let kustomize inflate charts with helm.
        enable_helm: bool = false,
        /// Let files come from anywhere, not only from beneath the directory.
        load_restrictor: Option<LoadRestrictor>,
        /// Where objects are that name no namespace; else the context's namespace.
        namespace: Option<String>,
        /// Wait until all has come about; with `state: absent`, until all is gone.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "120",
        ..placing: Placing,
        ..cluster: Cluster,
    }
}

returns! {
    /// The object as the server has it, or `results` of several, each with `method`, `changed` and `result`.
    result: dict if "something was applied",
    /// The manifests, with `state: built`.
    resources: list if "`state: built`",
    /// The manifests as text, with `state: built`.
    stdout: str if "`state: built`",
}

choices! {
    /// Whether the objects should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
        Built = "built",
    }
}

choices! {
    /// From where files may come.
    pub enum LoadRestrictor {
        RootOnly = "LoadRestrictionsRootOnly",
        None = "LoadRestrictionsNone",
    }
}

impl Module for Kustomize {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Bring the shop to what its overlay for production says
  kustomize:
    path: /srv/shop/overlays/production
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let text = self.build(target)?;
        let manifests = Manifest::read(&text, "").map_err(|problems| {
            let words: Vec<String> = problems.iter().map(ToString::to_string).collect();
            Fail::new(format!("what kustomize built is wrong: {}", words.join("; ")))
        })?;
        let limit = self.wait.then(|| Duration::from_secs(self.wait_timeout));
        let done = match self.state {
            State::Built => {
                let resources: Vec<Value> = manifests.into_iter().map(|manifest| manifest.object).collect();
                target.set("resources", resources);
                target.set("stdout", text);
                return Ok(());
            }
            State::Absent => {
                let client = self.cluster.client(target)?;
                let how = Removal { namespace: self.namespace.clone(), wait: limit, ..Removal::default() };
                apply::delete(target, &client, &manifests, &how)?
            }
            State::Present => {
                let client = self.cluster.client(target)?;
                let mut how = Applying {
                    mode: Mode::Apply { force: self.placing.force_conflicts },
                    namespace: self.namespace.clone(),
                    wait: limit,
                    ..Applying::default()
                };
                if let Some(manager) = &self.placing.field_manager {
                    how.manager.clone_from(manager);
                }
                apply::apply(target, &client, manifests, &how)?
            }
        };
        target.set("result", apply::returned(&done, &["metadata.managedFields".to_owned()]));
        Ok(())
    }
}

impl Kustomize {
    /// What kustomize makes of the directory.
    fn build(&self, target: &mut Target<'_>) -> Result<String, Fail> {
        let found = ["kustomize", "kubectl"].iter().find_map(|name| target.find_program(name));
        let missing = || {
            Fail::new("neither `kustomize` nor `kubectl` is installed on the target")
                .hint("install one of them, or name it with `binary_path`")
        };
        let program = self.binary_path.clone().or(found).ok_or_else(missing)?;
        let is_kubectl =
            program.file_name().is_some_and(|name| name.to_string_lossy().starts_with("kubectl"));
        let mut command = Command::new(&program).arg(if is_kubectl { "kustomize" } else { "build" });
        if self.enable_helm {
            command = command.arg("--enable-helm");
        }
        if let Some(restrictor) = self.load_restrictor {
            command = command.arg(format!("--load-restrictor={restrictor}"));
        }
        let output = target.query(&command.arg(crate::args::expand(&self.path, target)))?;
        let name = program.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        Ok(output.expect_ok(&name)?.text())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    /// Not kustomize itself, which no test machine has: it writes the files one after another.
    const STAND_IN: &str = r#"[ "$1" = build ] || exit 1
[ -f "$2/kustomization.yaml" ] || { echo "Error: unable to find one of 'kustomization.yaml' in '$2'" >&2; exit 1; }
for file in "$2"/objects/*; do echo ---; cat "$file"; done"#;

    #[test]
    fn what_is_built_is_given_back() {
        let sandbox = Sandbox::new("kustomize")
            .tool("stand-in-for-kustomize", STAND_IN)
            .file("app/kustomization.yaml", "")
            .file("app/objects/a.yaml", "kind: ConfigMap\n");
        let args = |path: &str| json!({"path": sandbox.path(path), "state": "built", "binary_path": sandbox.path("bin/stand-in-for-kustomize")});
        assert_eq!(sandbox.reads(args("app"))["resources"], json!([{"kind": "ConfigMap"}]));
        let said = sandbox.fails(args("nowhere"));
        assert!(said.contains("unable to find one of 'kustomization.yaml'"), "{said}");
    }

    #[test]
    fn a_tool_that_is_not_there_is_told() {
        let sandbox = Sandbox::new("kustomize");
        let said =
            sandbox.fails(json!({"path": "/a", "state": "built", "binary_path": "/nonexistent/kustomize"}));
        assert!(said.starts_with("cannot run `/nonexistent/kustomize`: no such file"), "{said}");
    }

    #[cfg(feature = "lab")]
    #[test]
    fn what_kubectl_builds_is_applied_and_removed() {
        use crate::kubernetes::lab;
        let kubectl = std::env::var("LAB_KUBECTL").expect("LAB_KUBECTL is not set: tests/lab brings it");
        let space = lab::Namespace::new();
        let sandbox = lab::sandbox("kustomize")
            .file("app/kustomization.yaml", "resources: [a.yaml]\nnamePrefix: my-\n")
            .file("app/a.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata: {x: why}\n");
        let mut args = json!({"path": sandbox.path("app"), "namespace": space.name, "binary_path": kubectl});
        sandbox.converges(args.clone());
        assert_eq!(space.get("ConfigMap", "my-a")["data"], json!({"x": "why"}));
        args["state"] = "absent".into();
        sandbox.converges(args);
    }
}
