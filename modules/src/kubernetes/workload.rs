//! The pods behind a name: of a deployment, or whatever else makes pods; and the name of a container.

use serde_json::Value;

use super::client::{Client, Selection};
use super::discovery::Resource;
use super::{items, name, nearest, text};
use crate::Fail;
use crate::args::FromArg;

/// Kinds that make pods, in the order in which a bare name is tried.
const KINDS: [(&str, &str); 6] = [
    ("apps/v1", "Deployment"),
    ("apps/v1", "StatefulSet"),
    ("apps/v1", "DaemonSet"),
    ("batch/v1", "Job"),
    ("apps/v1", "ReplicaSet"),
    ("v1", "ReplicationController"),
];

/// What a name meant.
#[derive(Clone, Debug)]
pub struct Workload {
    /// Its kind.
    pub resource: Resource,
    /// The object itself.
    pub object: Value,
}

impl Client {
    /// What makes pods under a name: `web`, or `deployment/web` where several kinds have one.
    ///
    /// # Errors
    /// When the kind is unknown or the server does not say.
    pub fn workload(&self, namespace: &str, word: &str) -> Result<Option<Workload>, Fail> {
        if let Some((kind, name)) = word.split_once('/') {
            let resource = self.resource(kind, None)?;
            let object = self.get(&resource, namespace, name)?;
            return Ok(object.map(|object| Workload { resource, object }));
        }
        for (version, kind) in KINDS {
            let Some(resource) = self.find(kind, Some(version))? else { continue };
            if let Some(object) = self.get(&resource, namespace, word)? {
                return Ok(Some(Workload { resource, object }));
            }
        }
        Ok(None)
    }

    /// As [`Client::workload`]; nothing of this name is a mistake.
    ///
    /// # Errors
    /// When there is none, told with the nearest names.
    pub fn workload_or_fail(&self, namespace: &str, word: &str) -> Result<Workload, Fail> {
        self.workload(namespace, word)?.ok_or_else(|| self.no_pod(namespace, word))
    }

    /// The object of a kind and name.
    ///
    /// # Errors
    /// When there is none, told with the nearest names.
    pub fn named(&self, resource: &Resource, namespace: &str, wanted: &str) -> Result<Workload, Fail> {
        if let Some(object) = self.get(resource, namespace, wanted)? {
            return Ok(Workload { resource: resource.clone(), object });
        }
        let fail = Fail::new(format!("there is no {} `{wanted}` in namespace `{namespace}`", resource.kind));
        let known = self.list(resource, namespace, &Selection::default()).unwrap_or_default().0;
        let known: Vec<&str> = known.iter().map(name).collect();
        Err(match nearest(wanted, known.iter().copied()) {
            Some(near) => fail.hint(&format!("did you mean `{near}`?")),
            None if known.is_empty() => fail.hint("there is none of this kind there"),
            None => fail.hint(&format!("there are {}", quoted(known.into_iter().take(8)))),
        })
    }

    /// The pods that a workload's selector finds.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn pods_of(&self, namespace: &str, object: &Value) -> Result<Vec<Value>, Fail> {
        let labels = selector(object);
        if labels.is_empty() {
            return Err(Fail::new(format!("`{}` has no selector to find pods by", name(object))));
        }
        self.pods(namespace, &Selection { labels, ..Selection::default() })
    }

    /// Pods by labels and fields.
    ///
    /// # Errors
    /// When the server does not say.
    pub fn pods(&self, namespace: &str, selection: &Selection) -> Result<Vec<Value>, Fail> {
        let pod = self.resource("Pod", Some("v1"))?;
        Ok(self.list(&pod, namespace, selection)?.0)
    }

    /// The pod of a name, or the best pod of the workload of that name: ready before running, running before the
    /// rest, the newest of these.
    ///
    /// # Errors
    /// When there is neither, told with the nearest names that there are.
    pub fn pod(&self, namespace: &str, word: &str) -> Result<Value, Fail> {
        let pod = self.resource("Pod", Some("v1"))?;
        let bare = word.strip_prefix("pod/").or_else(|| word.strip_prefix("pods/"));
        if (bare.is_some() || !word.contains('/'))
            && let Some(found) = self.get(&pod, namespace, bare.unwrap_or(word))?
        {
            return Ok(found);
        }
        let Some(found) = (if bare.is_some() { None } else { self.workload(namespace, word)? }) else {
            return Err(self.no_pod(namespace, word));
        };
        let kind = found.resource.kind.to_lowercase();
        let pods = self.pods_of(namespace, &found.object)?;
        let ended = |pod: &&Value| !["Succeeded", "Failed"].contains(&text(pod, "/status/phase"));
        let best = pods.iter().filter(ended).max_by_key(|pod| {
            let alive = pod.pointer("/metadata/deletionTimestamp").is_none();
            let created = text(pod, "/metadata/creationTimestamp");
            (alive && is_ready(pod), alive, text(pod, "/status/phase") == "Running", created.to_owned())
        });
        best.cloned().ok_or_else(|| {
            Fail::new(format!("{kind} `{word}` in namespace `{namespace}` has no pod that runs"))
                .hint("is it scaled to nothing, or do its pods fail?")
        })
    }

    /// A node.
    ///
    /// # Errors
    /// When there is none of this name, told with those that there are.
    pub fn node(&self, name: &str) -> Result<Value, Fail> {
        let resource = self.resource("Node", Some("v1"))?;
        if let Some(node) = self.get(&resource, "", name)? {
            return Ok(node);
        }
        let known = self.list(&resource, "", &Selection::default()).unwrap_or_default().0;
        let known: Vec<&str> = known.iter().map(super::name).collect();
        let fail = Fail::new(format!("there is no node `{name}`"));
        Err(match nearest(name, known.iter().copied()) {
            Some(near) => fail.hint(&format!("did you mean `{near}`?")),
            None => fail.hint(&format!("there are {}", quoted(known.into_iter().take(8)))),
        })
    }

    fn no_pod(&self, namespace: &str, word: &str) -> Fail {
        let bare = word.rsplit('/').next().unwrap_or(word);
        let fail =
            Fail::new(format!("no pod and no deployment is called `{word}` in namespace `{namespace}`"));
        let mut known: Vec<String> = Vec::new();
        for (version, kind) in [("v1", "Pod"), KINDS[0], KINDS[1]] {
            let Ok(resource) = self.resource(kind, Some(version)) else { continue };
            let listed = self.list(&resource, namespace, &Selection::default()).unwrap_or_default().0;
            known.extend(listed.iter().map(|object| name(object).to_owned()));
        }
        let space = self.resource("Namespace", Some("v1")).ok();
        let missing = space.is_some_and(|space| matches!(self.get(&space, "", namespace), Ok(None)));
        match nearest(bare, known.iter().map(String::as_str)) {
            _ if missing => fail.hint(&format!("there is no namespace `{namespace}`")),
            Some(near) => fail.hint(&format!("did you mean `{near}`?")),
            None if known.is_empty() => fail.hint("the namespace has no pods"),
            None => fail.hint(&format!("there are {}", quoted(known.iter().take(8).map(String::as_str)))),
        }
    }
}

/// Whether a pod is ready.
pub fn is_ready(pod: &Value) -> bool {
    let ready =
        |condition: &Value| text(condition, "/type") == "Ready" && text(condition, "/status") == "True";
    items(pod, "/status/conditions").iter().any(ready)
}

/// The container of a pod that is meant: the named one, else the one that the pod names, else the first.
///
/// # Errors
/// When the pod has no such container.
pub fn container(pod: &Value, wanted: Option<&str>) -> Result<String, Fail> {
    let all = ["containers", "initContainers", "ephemeralContainers"];
    let known: Vec<&str> =
        all.iter().flat_map(|list| items(pod, &format!("/spec/{list}"))).map(|c| text(c, "/name")).collect();
    let named = text(pod, "/metadata/annotations/kubectl.kubernetes.io~1default-container");
    let wanted = wanted.or(Some(named).filter(|name| !name.is_empty()));
    match wanted {
        None => Ok(known.first().copied().unwrap_or_default().to_owned()),
        Some(wanted) if known.contains(&wanted) => Ok(wanted.to_owned()),
        Some(wanted) => {
            let fail = Fail::new(format!("pod `{}` has no container `{wanted}`", name(pod)));
            Err(match nearest(wanted, known.iter().copied()) {
                Some(near) => fail.hint(&format!("did you mean `{near}`?")),
                None => fail.hint(&format!("it has {}", quoted(known.into_iter()))),
            })
        }
    }
}

/// Words in backticks, with commas between.
pub(crate) fn quoted<'a>(words: impl Iterator<Item = &'a str>) -> String {
    words.map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ")
}

/// The selector of a workload as the server is asked by.
pub fn selector(object: &Value) -> String {
    let spec = object.pointer("/spec/selector").cloned().unwrap_or_default();
    let plain = spec.as_object().filter(|map| !map.values().any(|v| v.is_object() || v.is_array()));
    let labels = spec.get("matchLabels").and_then(Value::as_object).or(plain);
    let mut parts: Vec<String> = labels
        .into_iter()
        .flatten()
        .map(|(key, value)| format!("{key}={}", String::from_arg(value).unwrap_or_default()))
        .collect();
    for rule in items(&spec, "/matchExpressions") {
        let key = text(rule, "/key");
        let values: Vec<&str> = items(rule, "/values").iter().filter_map(Value::as_str).collect();
        parts.push(match text(rule, "/operator") {
            "In" => format!("{key} in ({})", values.join(",")),
            "NotIn" => format!("{key} notin ({})", values.join(",")),
            "DoesNotExist" => format!("!{key}"),
            _ => key.to_owned(),
        });
    }
    parts.join(",")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{container, selector};

    #[test]
    fn selectors_of_both_forms_become_one_line() {
        assert_eq!(selector(&json!({"spec": {"selector": {"app": "a", "tier": "b"}}})), "app=a,tier=b");
        let full = json!({"spec": {"selector": {"matchLabels": {"app": "a"}, "matchExpressions": [
            {"key": "x", "operator": "In", "values": ["1", "2"]}, {"key": "y", "operator": "DoesNotExist"}]}}});
        assert_eq!(selector(&full), "app=a,x in (1,2),!y");
    }

    #[test]
    fn a_container_that_is_not_there_is_told_with_the_nearest() {
        let pod =
            json!({"metadata": {"name": "p"}, "spec": {"containers": [{"name": "app"}, {"name": "proxy"}]}});
        assert_eq!(container(&pod, None).unwrap(), "app");
        assert_eq!(container(&pod, Some("proxy")).unwrap(), "proxy");
        let said = container(&pod, Some("prox")).unwrap_err().message;
        assert_eq!(said, "pod `p` has no container `prox`\nhint: did you mean `proxy`?");
        assert!(container(&pod, Some("zzzz")).unwrap_err().message.ends_with("it has `app`, `proxy`"));
    }
}
