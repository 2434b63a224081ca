//! k8s_config_map

use std::time::Duration;

use serde_json::{Map, Value, json};

use crate::args::Return;
use crate::kubernetes::content::{Content, Values, encoded, metadata};
use crate::kubernetes::{self as k8s, Cluster, Placing};
use crate::{Fail, Module, Target, args, choices, returns};

args! {
    /// Keep configuration in a config map: values, files, or files of `NAME=value` lines.
    ///
    /// The config map holds just what is given. What is not text is kept as binary data.
    pub struct K8sConfigMap as "k8s_config_map" {
        /// The name of the config map.
        name: String,
        /// Where it is; else the context's namespace.
        namespace: Option<String>,
        /// Whether it should be there.
        state: State = "present",
        ..content: Content,
        ..placing: Placing,
        ..cluster: Cluster,
    }
}

returns! {
    /// The config map.
    result: dict,
}

choices! {
    /// Whether it should be there.
    pub enum State {
        Present = "present",
        Absent = "absent",
    }
}

impl Module for K8sConfigMap {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "kubernetes.core";
    const EXAMPLES: &'static str = "\
- name: Configure the shop
  k8s_config_map:
    name: shop
    namespace: web
    data: {currency: EUR, page_size: 20}
    from_files: [/etc/shop/shop.ini, 'logo=/srv/logo.png']
    from_env_files: [/etc/shop/limits.env]
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let client = self.cluster.client(target)?;
        let namespace = self.namespace.clone().unwrap_or_else(|| client.namespace().to_owned());
        let mut manifest = json!({"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata(&self.name, &namespace, &self.content)?});
        if self.state == State::Absent {
            return k8s::gone(target, &client, &manifest, Some(Duration::from_secs(30)));
        }
        let (text, binary) = split(self.content.values(target)?);
        for (key, part) in [("data", text), ("binaryData", binary)] {
            if !part.is_empty() {
                manifest[key] = part.into();
            }
        }
        if let Some(fixed) = self.content.immutable {
            manifest["immutable"] = fixed.into();
        }
        let made = k8s::place(target, &client, "k8s_config_map", manifest, &self.placing, None)?;
        target.set("result", made);
        Ok(())
    }
}

/// Text, and what is not text as base64.
fn split(values: Values) -> (Map<String, Value>, Map<String, Value>) {
    let (mut text, mut binary) = (Map::new(), Map::new());
    for (key, bytes) in values {
        match String::from_utf8(bytes) {
            Ok(words) if !words.contains('\0') => drop(text.insert(key, words.into())),
            Ok(words) => drop(binary.insert(key, encoded(words.as_bytes()))),
            Err(error) => drop(binary.insert(key, encoded(error.as_bytes()))),
        }
    }
    (text, binary)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Values, split};

    #[test]
    fn what_is_not_text_is_binary() {
        let values = Values::from([
            ("a".into(), b"x\n".to_vec()),
            ("b".into(), vec![0xff]),
            ("c".into(), b"\0".to_vec()),
        ]);
        let (text, binary) = split(values);
        assert_eq!(json!([text, binary]), json!([{"a": "x\n"}, {"b": "/w==", "c": "AA=="}]));
    }

    #[cfg(feature = "lab")]
    #[test]
    fn values_files_and_lines_are_kept() {
        use crate::kubernetes::lab;
        let space = lab::Namespace::new();
        let sandbox = lab::sandbox("k8s_config_map")
            .file("in/a.ini", "x=1\n")
            .file("in/b.bin", [0_u8, 255])
            .file("e.env", "# c\nK=v\n");
        let mut args = json!({"name": "conf", "namespace": space.name, "data": {"n": 1, "yes": true},
            "from_files": [sandbox.path("in")], "from_env_files": [sandbox.path("e.env")]});
        let reply = sandbox.converges(args.clone());
        assert_eq!(
            reply.values["result"]["data"],
            json!({"K": "v", "a.ini": "x=1\n", "n": "1", "yes": "true"})
        );
        assert_eq!(reply.values["result"]["binaryData"], json!({"b.bin": "AP8="}));
        args["data"] = json!({});
        sandbox.converges(args);
        assert_eq!(space.get("ConfigMap", "conf")["data"], json!({"K": "v", "a.ini": "x=1\n"}));
        let said = sandbox.fails(json!({"name": "conf", "namespace": space.name, "data": {"a b": 1, "c": 1}, "from_files": ["c=/no/such"]}));
        assert!(said.contains("`a b`") && said.contains("there is no file `/no/such`"), "{said}");
        sandbox.converges(json!({"name": "conf", "namespace": space.name, "state": "absent"}));
    }
}
