//! k8s_json_patch

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::status::{Awaited, wait};
use crate::kubernetes::{Cluster, MANAGER, Patch, Waiting, Write, apply, edit};
use crate::{Fail, Module, Target, args, returns};

args! {
    /// Change an object of Kubernetes by the operations of a JSON patch.
    pub struct K8sJsonPatch as "k8s_json_patch" {
        /// The kind of the object.
        kind: String,
        /// The version of the kind; else the one that the server prefers.
        #[alias("api", "version")]
        api_version: Option<String>,
        /// The name of the object.
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// The operations, each with `op`, `path`, and `value` or `from`.
        patch: Vec<Value>,
        /// Whether to wait until the object has come about.
        wait: bool = false,
        /// Fields that are not given back.
        hidden_fields: Vec<String> = "metadata.managedFields",
        ..waiting: Waiting,
        ..cluster: Cluster,
    }
}

returns! {
    /// The object as the server has it.
    result: dict,
}

/// The operations that there are.
const OPERATIONS: [&str; 6] = ["add", "remove", "replace", "move", "copy", "test"];

impl Module for K8sJsonPatch {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Give a pod a label
  kubernetes.core.k8s_json_patch:
    kind: Pod
    name: shop
    namespace: web
    patch:
      - {op: add, path: /metadata/labels/app, value: shop}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        self.check()?;
        let client = self.cluster.client(target)?;
        let resource = client.resource(&self.kind, self.api_version.as_deref())?;
        let space = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let space = if resource.namespaced { space } else { String::new() };
        let found = client.get(&resource, &space, &self.name)?;
        let missing = || Fail::new(format!("there is no {} `{}` to patch", resource.kind, self.name));
        let before = found.ok_or_else(missing)?;
        let write =
            Write::patch(&resource, &space, &self.name, Patch::Json, json!(self.patch)).manager(MANAGER);
        let edited = edit::edit(target, &client, &resource, Some(&before), &write).map_err(unfit)?;
        let mut object = edited.object;
        if self.wait && !edited.foretold {
            let awaited = Awaited::one(&resource, &object, self.waiting.want());
            let found =
                wait(target, &client, &[awaited], std::slice::from_ref(&object), self.waiting.limit())?;
            object = found.into_iter().flatten().next().unwrap_or(object);
        }
        apply::hide(&mut object, &self.hidden_fields);
        apply::veil(&mut object);
        target.set("result", object);
        Ok(())
    }
}

impl K8sJsonPatch {
    fn check(&self) -> Result<(), Fail> {
        let mut wrong = Vec::new();
        for (index, operation) in self.patch.iter().enumerate() {
            let word = |key: &str| operation.get(key).and_then(Value::as_str);
            let op = word("op").unwrap_or_default();
            let at = format!("operation {} of `patch`", index + 1);
            if !OPERATIONS.contains(&op) {
                wrong.push(format!(
                    "{at}: `op` must be one of {}: `{op}`",
                    OPERATIONS.map(|op| format!("`{op}`")).join(", ")
                ));
            }
            if !word("path").is_some_and(|path| path.is_empty() || path.starts_with('/')) {
                wrong.push(format!("{at}: `path` must begin with `/`"));
            }
            let needs = match op {
                "add" | "replace" | "test" => "value",
                "move" | "copy" => "from",
                _ => continue,
            };
            if operation.get(needs).is_none() {
                wrong.push(format!("{at}: `{op}` needs `{needs}`"));
            }
        }
        if wrong.is_empty() { Ok(()) } else { Err(Fail::new(wrong.join("; "))) }
    }
}

/// A refusal in which older servers leave out what they refuse.
fn unfit(fail: Fail) -> Fail {
    if fail.values.get("status") != Some(&json!(422)) || !fail.message.contains("rejected our request") {
        return fail;
    }
    let message = format!("the patch does not fit the object as it is: {}", fail.message);
    Fail { message, ..fail }.hint("a path in it is not there, or a `test` does not hold")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::testing::Sandbox;

    #[test]
    fn operations_that_are_none_are_told_all_at_once() {
        let args = json!({"kind": "Pod", "name": "x", "patch": [{"op": "ad", "path": "x"}, {"op": "add", "path": "/x"}]});
        let said = Sandbox::new("k8s_json_patch").fails(args);
        assert!(
            said.contains("operation 1 of `patch`: `op` must be one of")
                && said.contains("operation 2 of `patch`: `add` needs `value`"),
            "{said}"
        );
    }

    #[cfg(feature = "lab")]
    #[test]
    fn an_object_is_patched_by_operations() {
        use crate::kubernetes::lab::{self, Namespace};
        let space = Namespace::new();
        space.apply(
            json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}, "data": {"k": "1"}}),
        );
        let args = |patch| json!({"kind": "ConfigMap", "name": "a", "namespace": space.name, "patch": patch});
        let reply = lab::sandbox("k8s_json_patch")
            .converges(args(json!([{"op": "replace", "path": "/data/k", "value": "2"}])));
        assert_eq!(reply.values["result"]["data"], json!({"k": "2"}));
        let said = lab::sandbox("k8s_json_patch")
            .fails(args(json!([{"op": "test", "path": "/data/k", "value": "3"}])));
        assert!(said.contains("test"), "{said}");
    }
}
