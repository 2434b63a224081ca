//! k8s_taint

use serde_json::{Value, json};

use crate::args::Return;
use crate::kubernetes::edit::edit;
use crate::kubernetes::{self as k8s, Cluster, Patch, Write};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Taint nodes, so that only pods that bear it run there, or take taints away.
    pub struct K8sTaint as "k8s_taint" {
        /// The node.
        name: String,
        /// Whether the taints should be there.
        state: State = "present",
        /// The taints.
        taints: Vec<Taint>,
        /// Whether the node keeps no other taints.
        replace: bool = false,
        ..cluster: Cluster,
    }
}

args! {
    /// A taint.
    pub struct Taint {
        /// Its key.
        key: Option<String>,
        /// Its value.
        value: Option<String>,
        /// What becomes of pods that do not bear it; needed with `state: present`.
        effect: Option<Effect>,
    }
}

returns! {
    /// The node.
    result: dict,
}

choices! {
    /// Whether taints should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

choices! {
    /// What becomes of pods that do not bear a taint.
    pub enum Effect {
        NoSchedule = "NoSchedule",
        NoExecute = "NoExecute",
        PreferNoSchedule = "PreferNoSchedule",
    }
}

impl Module for K8sTaint {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Keep a node for the database
  kubernetes.core.k8s_taint:
    name: node-3
    taints:
      - {key: dedicated, value: db, effect: NoSchedule}

- name: Let others run there again
  kubernetes.core.k8s_taint:
    name: node-3
    state: absent
    taints:
      - {key: dedicated}
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let resource = client.resource("Node", Some("v1"))?;
        let node = client.node(&self.name)?;
        let taints = self.wanted(k8s::items(&node, "/spec/taints"))?;
        // Left out, the list would stay as it is.
        let taints = if taints.is_empty() { Value::Null } else { taints.into() };
        let body = json!({"metadata": {"resourceVersion": node.pointer("/metadata/resourceVersion")}, "spec": {"taints": taints}});
        let write = Write::patch(&resource, "", &self.name, Patch::Merge, body);
        let made = edit(target, &client, &resource, Some(&node), &write)?;
        target.set("result", k8s::wanted(&made.object));
        Ok(())
    }
}

impl K8sTaint {
    /// The taints that the node is to have.
    fn wanted(&self, found: &[Value]) -> Result<Vec<Value>, Fail> {
        if self.state == State::Absent {
            let goes = |taint: &Value| self.taints.iter().any(|wanted| wanted.means(taint));
            return Ok(found.iter().filter(|taint| !goes(taint)).cloned().collect());
        }
        let mut all: Vec<Value> = if self.replace { Vec::new() } else { found.to_vec() };
        for wanted in &self.taints {
            let (Some(key), Some(effect)) = (&wanted.key, wanted.effect) else {
                return Err(Fail::new("each of `taints` needs `key` and `effect`"));
            };
            let same = |taint: &Value| {
                k8s::text(taint, "/key") == key && k8s::text(taint, "/effect") == effect.as_str()
            };
            let mut taint = json!({"key": key, "effect": effect.as_str()});
            if let Some(value) = &wanted.value {
                taint["value"] = value.clone().into();
            }
            match all.iter_mut().find(|taint| same(taint)) {
                // The time it was added is the server's.
                Some(known) if k8s::text(known, "/value") == wanted.value.as_deref().unwrap_or_default() => {}
                Some(known) => *known = taint,
                None => all.push(
                    found
                        .iter()
                        .find(|known| same(known) && known.get("value") == taint.get("value"))
                        .cloned()
                        .unwrap_or(taint),
                ),
            }
        }
        Ok(all)
    }
}

impl Taint {
    /// Whether it is this one, as far as it is told.
    fn means(&self, taint: &Value) -> bool {
        let fits =
            |wanted: Option<&str>, part: &str| wanted.is_none_or(|word| k8s::text(taint, part) == word);
        fits(self.key.as_deref(), "/key")
            && fits(self.effect.map(Effect::as_str), "/effect")
            && fits(self.value.as_deref(), "/value")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::K8sTaint;
    use crate::args::Args;

    fn wanted(args: Value, found: Value) -> Vec<Value> {
        let mut all = serde_json::Map::from_iter([("name".to_owned(), json!("n"))]);
        all.extend(args.as_object().cloned().unwrap());
        K8sTaint::parse(&all).unwrap().wanted(found.as_array().unwrap()).unwrap()
    }

    #[test]
    fn taints_are_added_replaced_and_taken_away() {
        let found = json!([{"key": "a", "effect": "NoSchedule", "timeAdded": "t"}, {"key": "b", "effect": "NoExecute", "value": "1"}]);
        let add = json!({"taints": [{"key": "b", "effect": "NoExecute", "value": "2"}, {"key": "c", "effect": "NoSchedule"}]});
        let after = wanted(add, found.clone());
        assert_eq!(
            after,
            [
                found[0].clone(),
                json!({"key": "b", "effect": "NoExecute", "value": "2"}),
                json!({"key": "c", "effect": "NoSchedule"})
            ]
        );
        let only = json!({"replace": true, "taints": [{"key": "a", "effect": "NoSchedule"}]});
        assert_eq!(wanted(only, found.clone()), [found[0].clone()]);
        let gone = json!({"state": "absent", "taints": [{"key": "b"}]});
        assert_eq!(wanted(gone, found.clone()), [found[0].clone()]);
    }

    #[cfg(feature = "lab")]
    #[test]
    fn a_node_is_tainted_and_free_again() {
        use crate::kubernetes::lab;
        use crate::testing::Sandbox;
        let key = lab::word("taint");
        let sandbox = lab::sandbox("k8s_taint");
        let node = lab::node();
        let taints = json!([{"key": key, "value": "x", "effect": "PreferNoSchedule"}]);
        sandbox.converges(json!({"name": node, "taints": taints}));
        sandbox.converges(json!({"name": node, "taints": taints, "state": "absent"}));
        let said = Sandbox::fails(&sandbox, json!({"name": "lab-nod", "taints": taints}));
        assert!(said.contains("did you mean `lab-node`?"), "{said}");
    }
}
