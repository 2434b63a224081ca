//! The secrets and configs of a stack: named by their content where another one is there.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use super::{DockerStack, NAMESPACE};
use crate::compose::Project;
use crate::compose::units::{text, truth};
use crate::docker::Client;
use crate::{Fail, Side, Target};

/// The label with the digest of the content.
const CONTENT: &str = "baton.content";

/// The names of secrets and configs by kind and key.
pub(super) type Granted = BTreeMap<(&'static str, String), String>;

impl DockerStack {
    /// Makes the secrets and configs that are not there.
    pub(super) fn grants(
        &self,
        target: &mut Target,
        client: &Client,
        project: &Project,
    ) -> Result<Granted, Fail> {
        let mut all = Granted::new();
        for (kind, named) in [("secret", &project.secrets), ("config", &project.configs)] {
            for (key, definition) in named {
                let name = project.full_name(key, definition);
                let name = if truth(&definition["external"]) {
                    name
                } else {
                    self.keep(target, client, kind, &name, definition)?
                };
                all.insert((kind, key.clone()), name);
            }
        }
        Ok(all)
    }

    fn keep(
        &self,
        target: &mut Target,
        client: &Client,
        kind: &str,
        name: &str,
        definition: &Value,
    ) -> Result<String, Fail> {
        let content = content(target, kind, name, definition)?;
        let digest = crate::checksum::sha256(&content);
        let is_same = |one: &Value| one["Spec"]["Labels"][CONTENT] == digest.as_str();
        let other = format!("{name}_{}", &digest[..8]);
        let path = format!("/{kind}s");
        let there = client.of_name(&path, name)?;
        if there.as_ref().is_some_and(is_same) {
            return Ok(name.to_owned());
        }
        if client.of_name(&path, &other)?.as_ref().is_some_and(is_same) {
            return Ok(other);
        }
        let name = if there.is_some() { other } else { name.to_owned() };
        let mut labels = self.labelled(definition);
        labels.insert(CONTENT.to_owned(), digest.into());
        let shown = json!({"labels": labels});
        let mut body = json!({"Name": name, "Labels": labels, "Data": STANDARD.encode(content)});
        if let Some(driver) = definition.get("template_driver") {
            body["Templating"] = json!({"Name": driver});
        }
        target.change(&format!("{kind} {name}"), Side::Absent, shown, |hands| {
            let what = format!("cannot make {kind} `{name}`");
            client.post(hands, &format!("{path}/create"), &body).map_err(|error| error.when(&what))
        })?;
        Ok(name)
    }

    /// Removes secrets and configs of the stack with an older content.
    pub(super) fn clean(&self, target: &mut Target, client: &Client, granted: &Granted) -> Result<(), Fail> {
        for (kind, path) in [("secret", "/secrets"), ("config", "/configs")] {
            for one in client.listed(path, &self.filters())? {
                let labels = &one["Spec"]["Labels"];
                let name = one["Spec"]["Name"].as_str().unwrap_or_default().to_owned();
                let is_ours = labels[NAMESPACE] == self.name.as_str() && labels.get(CONTENT).is_some();
                if !is_ours
                    || granted.values().any(|used| *used == name)
                    || !self.is_replaced(&name, kind, granted)
                {
                    continue;
                }
                let path = format!("{path}/{}", one["ID"].as_str().unwrap_or_default());
                target.refresh(|hands| {
                    // A task that still ends may hold it; then it goes with the next run.
                    let _ = client.delete(hands, &path);
                    Ok(())
                })?;
            }
        }
        Ok(())
    }

    /// Whether something of this name has another name now, for its content differs.
    fn is_replaced(&self, name: &str, kind: &str, granted: &Granted) -> bool {
        let stem = |name: &str| match name.rsplit_once('_') {
            Some((stem, end)) if end.len() == 8 && end.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                stem.to_owned()
            }
            _ => name.to_owned(),
        };
        granted.iter().any(|((of, _), used)| *of == kind && stem(used) == stem(name))
    }
}

fn content(target: &Target, kind: &str, name: &str, definition: &Value) -> Result<Vec<u8>, Fail> {
    if let Some(file) = definition.get("file").and_then(Value::as_str) {
        return target
            .read(file)?
            .ok_or_else(|| Fail::new(format!("there is no file `{file}` of {kind} `{name}`")));
    }
    if let Some(variable) = definition.get("environment").and_then(Value::as_str) {
        let missing = || Fail::new(format!("the variable `{variable}` of {kind} `{name}` is not set"));
        return target.env(variable).map(String::into_bytes).ok_or_else(missing);
    }
    Ok(definition.get("content").and_then(text).unwrap_or_default().into_bytes())
}
