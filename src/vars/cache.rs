//! Facts kept from run to run: a JSON file for each host, readable to its owner only.

use std::io::Write;
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Map, Value as Json};

use super::{Definition, VarMap};
use crate::template::Value;

/// What Ansible's names of files have before the host's since it keeps facts as a text in JSON.
const SCHEMA: &str = "s1_";

/// The name of that text.
const PAYLOAD: &str = "__payload__";

/// Where facts are kept, and for how long.
#[derive(Clone, Debug)]
pub(crate) struct FactCache {
    pub directory: PathBuf,
    /// What the names of files begin with.
    pub prefix: String,
    /// How long facts are good for; `None`: for ever.
    pub lasting: Option<Duration>,
}

impl FactCache {
    /// Makes the directory, for its owner only, where it is not there yet.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn prepare(directory: &Path) -> std::io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(directory)
    }

    /// The facts of a host that are still good.
    pub(super) fn load(&self, host: &str) -> Option<VarMap> {
        let path = self.path(host, SCHEMA).filter(|path| path.exists()).or_else(|| self.path(host, ""))?;
        let age = path.metadata().ok()?.modified().ok()?.elapsed().unwrap_or_default();
        if self.lasting.is_some_and(|lasting| age > lasting) {
            return None;
        }
        let kept: Json = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        let facts = match kept.get(PAYLOAD).and_then(Json::as_str) {
            Some(payload) => untagged(serde_json::from_str(payload).ok()?),
            None => kept,
        };
        let Json::Object(facts) = facts else { return None };
        let facts =
            facts.iter().map(|(name, fact)| (name.as_str().into(), Definition::from(Value::from_json(fact))));
        Some(facts.collect())
    }

    /// Keeps the facts of a host; where that cannot be, they are good for this run only.
    pub(super) fn keep(&self, host: &str, facts: &VarMap) {
        let Some(path) = self.path(host, SCHEMA) else { return };
        let _ = Self::prepare(&self.directory);
        let facts: Map<String, Json> =
            facts.iter().map(|(name, fact)| (name.to_string(), fact.value.to_json())).collect();
        let kept = Map::from_iter([(PAYLOAD.to_owned(), Json::Object(facts).to_string().into())]);
        let kept = Json::Object(kept);
        let new = self.directory.join(format!(".{}.{}", host, std::process::id()));
        let mut options = std::fs::OpenOptions::new();
        let written = options
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&new)
            .and_then(|mut file| file.write_all(kept.to_string().as_bytes()));
        // A reader sees the old facts or the new ones, never half of them.
        let _ = written.and_then(|()| std::fs::rename(&new, &path));
    }

    /// Forgets the facts of a host.
    pub(crate) fn forget(&self, host: &str) {
        for schema in [SCHEMA, ""] {
            let _ = self.path(host, schema).map(std::fs::remove_file);
        }
    }

    /// The file of a host; none where its name would lead elsewhere.
    fn path(&self, host: &str, schema: &str) -> Option<PathBuf> {
        (!host.contains('/')).then(|| self.directory.join(format!("{}{schema}{host}", self.prefix)))
    }
}

/// Without what Ansible notes of a value's origin.
fn untagged(json: Json) -> Json {
    match json {
        Json::Object(mut map) => {
            let tagged = map.get("__ansible_type").and_then(Json::as_str);
            if tagged.is_some_and(|kind| kind.starts_with("_AnsibleTagged")) {
                return untagged(map.remove("value").unwrap_or_default());
            }
            Json::Object(map.into_iter().map(|(name, value)| (name, untagged(value))).collect())
        }
        Json::Array(list) => Json::Array(list.into_iter().map(untagged).collect()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn facts_are_kept_privately_and_forgotten_when_asked_or_old() {
        let directory = tempfile::tempdir().unwrap();
        let mut cache = FactCache {
            directory: directory.path().join("facts"),
            prefix: "p_".into(),
            lasting: Some(Duration::from_secs(60)),
        };
        let facts = VarMap::from([("ansible_os".into(), Definition::from(Value::str("x")))]);
        cache.keep("web", &facts);
        let file = cache.directory.join("p_s1_web");
        assert_eq!(file.metadata().unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(cache.load("web").unwrap()["ansible_os"].value, Value::str("x"));
        cache.lasting = Some(Duration::ZERO);
        assert!(cache.load("web").is_none());
        cache.lasting = None;
        assert!(cache.load("web").is_some());
        cache.forget("web");
        assert!(cache.load("web").is_none());
        assert!(cache.load("../web").is_none());
    }

    #[test]
    fn facts_that_ansible_kept_are_read_and_those_of_its_older_versions() {
        let directory = tempfile::tempdir().unwrap();
        let cache = FactCache { directory: directory.path().into(), prefix: String::new(), lasting: None };
        let tagged = r#"{"a":[{"value":1,"tags":[{"line_num":3}],"__ansible_type":"_AnsibleTaggedInt"}]}"#;
        let kept = serde_json::json!({ "__payload__": tagged }).to_string();
        std::fs::write(directory.path().join("s1_new"), kept).unwrap();
        std::fs::write(directory.path().join("old"), r#"{"a": [1]}"#).unwrap();
        for host in ["new", "old"] {
            assert_eq!(cache.load(host).unwrap()["a"].value.to_json().to_string(), "[1]", "{host}");
        }
    }
}
