//! What a swarm keeps for its services: secrets and configs. Neither can be changed, so another content is another
//! one; what stands in it is told by a digest in a label, for secrets are never given back.

use std::path::PathBuf;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Map, Value, json};

use super::Client;
use crate::checksum::Algorithm;
use crate::sorting::Sorting;
use crate::{Fail, Hands, Side, Target, args, choices};

/// The label with the digest of the content, Ansible's own.
const KEY: &str = "ansible_key";
/// The label with the number of a version, Ansible's own.
const VERSION: &str = "ansible_version";

args! {
    /// Secrets and configs alike.
    pub struct Kept {
        /// Its name.
        name: String,
        /// Whether `data` is in base64.
        data_is_b64: bool = false,
        /// A file of the target that has its content.
        data_src: Option<PathBuf>,
        /// Its labels.
        labels: Option<Map<String, Value>>,
        /// Make it anew though its content is the same.
        force: bool = false,
        /// Make another one, with a number behind the name, where the content differs; else the old one is removed first,
        /// which it can only be while no service uses it.
        rolling_versions: bool = false,
        /// How many versions stay; -1 keeps all.
        versions_to_keep: i64 = "5",
        /// Whether it should be there.
        state: State = "present",
    }
}

choices! {
    /// Whether it should be there.
    pub enum State {
        /// There, with this content.
        Present = "present",
        /// Gone, in all versions.
        Absent = "absent",
    }
}

impl Kept {
    /// Brings secrets (`kind` is `secret`) or configs to what the options say; what is given back stands in
    /// `KIND_id` and `KIND_name`.
    ///
    /// # Errors
    /// With the engine's words, as that a service uses it.
    pub fn run(
        &self,
        target: &mut Target,
        client: &Client,
        kind: &str,
        data: Option<&str>,
        extra: &Value,
    ) -> Result<(), Fail> {
        client.need_manager()?;
        let work = Work { kept: self, client, kind, path: format!("/{kind}s") };
        let there = work.there()?;
        if self.state == State::Absent {
            return there.iter().try_for_each(|one| work.remove(target, one));
        }
        let content = self.content(target, data)?;
        let digest = Algorithm::Sha224
            .of(&content[..])
            .map_err(|error| Fail::io("cannot read the content", &error))?;
        let (id, name) = work.present(target, &there, &content, &digest, extra)?;
        target.set(&format!("{kind}_id"), id);
        target.set(&format!("{kind}_name"), name);
        Ok(())
    }

    fn content(&self, target: &Target, data: Option<&str>) -> Result<Vec<u8>, Fail> {
        match (&self.data_src, data) {
            (Some(path), _) => {
                target.read(path)?.ok_or_else(|| Fail::new(format!("there is no file `{}`", path.display())))
            }
            (None, Some(text)) if self.data_is_b64 => {
                STANDARD.decode(text.trim()).map_err(|_| Fail::new("`data` is no base64"))
            }
            (None, text) => Ok(text.unwrap_or_default().as_bytes().to_vec()),
        }
    }
}

struct Work<'w> {
    kept: &'w Kept,
    client: &'w Client,
    kind: &'w str,
    path: String,
}

fn label<'v>(one: &'v Value, name: &str) -> &'v str {
    one["Spec"]["Labels"][name].as_str().unwrap_or_default()
}

fn word(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

impl Work<'_> {
    /// What is there of it: all versions, the newest last.
    fn there(&self) -> Result<Vec<Value>, Fail> {
        let own = &self.kept.name;
        let mut all = self.client.listed(&self.path, &json!({"name": [own]}))?;
        let version = |one: &Value| {
            let name = one["Spec"]["Name"].as_str().unwrap_or_default();
            name.strip_prefix(&format!("{own}_v")).is_some_and(|number| number.parse::<u64>().is_ok())
        };
        match self.kept.rolling_versions {
            true => all.retain(version),
            false => all.retain(|one| one["Spec"]["Name"] == own.as_str()),
        }
        all.order_by_key(|one| label(one, VERSION).parse::<u64>().unwrap_or(0));
        Ok(all)
    }

    fn present(
        &self,
        target: &mut Target,
        there: &[Value],
        content: &[u8],
        digest: &str,
        extra: &Value,
    ) -> Result<(String, String), Fail> {
        let plain = |value: &Value| crate::compose::units::text(value).unwrap_or_default();
        let wished: Map<String, Value> = self
            .kept
            .labels
            .iter()
            .flatten()
            .map(|(key, value)| (key.clone(), plain(value).into()))
            .collect();
        let newest = there.last();
        if let Some(newest) = newest {
            let labels = &newest["Spec"]["Labels"];
            let known = label(newest, KEY);
            if known.is_empty() && !self.kept.force {
                target.warn(format!(
                    "{} `{}` has no digest of its content, so it is left as it is; `force` makes it anew",
                    self.kind, self.kept.name
                ));
            }
            let same = known.is_empty() || known == digest;
            let same_labels = wished.iter().all(|(key, value)| labels.get(key) == Some(value));
            let same_extra = extra
                .as_object()
                .into_iter()
                .flatten()
                .all(|(key, value)| newest["Spec"].get(key) == Some(value));
            if same && same_labels && same_extra && !self.kept.force {
                return Ok((word(&newest["ID"]), word(&newest["Spec"]["Name"])));
            }
        }
        let number = newest.map_or(0, |one| label(one, VERSION).parse::<u64>().unwrap_or(0)) + 1;
        let mut labels: Map<String, Value> = [(KEY.to_owned(), digest.into())].into_iter().collect();
        let mut name = self.kept.name.clone();
        if self.kept.rolling_versions {
            labels.insert(VERSION.to_owned(), number.to_string().into());
            name = format!("{name}_v{number}");
        }
        labels.extend(wished);
        let mut body = json!({"Name": name, "Labels": labels, "Data": STANDARD.encode(content)});
        let mut before =
            newest.map(|one| json!({"name": one["Spec"]["Name"], "labels": one["Spec"]["Labels"]}));
        let mut shown = json!({"name": name, "labels": labels});
        for (key, value) in extra.as_object().into_iter().flatten() {
            body[key.as_str()] = value.clone();
            shown[key.as_str()] = value.clone();
            if let (Some(before), Some(newest)) = (&mut before, newest) {
                before[key.as_str()] = newest["Spec"][key.as_str()].clone();
            }
        }
        if self.kept.force && newest.is_some() {
            shown["anew"] = true.into();
        }
        let made = target.change(&format!("{} {name}", self.kind), before, shown, |hands| {
            if let Some(old) = newest.filter(|_| !self.kept.rolling_versions) {
                self.delete(hands, old)?;
            }
            let what = format!("cannot make {} `{name}`", self.kind);
            let made = self.client.post(hands, &format!("{}/create", self.path), &body);
            let id = word(&made.map_err(|error| error.when(&what))?["ID"]);
            if self.kept.rolling_versions && self.kept.versions_to_keep >= 0 {
                let keep = usize::try_from(self.kept.versions_to_keep.max(1)).unwrap_or(1);
                for old in &there[..(there.len() + 1).saturating_sub(keep)] {
                    // What services still use goes when they no longer do.
                    match self.delete(hands, old) {
                        Err(fail) if !fail.message.contains("in use") => return Err(fail),
                        _ => {}
                    }
                }
            }
            Ok(id)
        })?;
        Ok((made.done().unwrap_or_default(), name))
    }

    fn remove(&self, target: &mut Target, one: &Value) -> Result<(), Fail> {
        let name = word(&one["Spec"]["Name"]);
        let before = json!({"name": name, "labels": one["Spec"]["Labels"]});
        target.change(&format!("{} {name}", self.kind), before, Side::Absent, |hands| {
            self.delete(hands, one)
        })?;
        Ok(())
    }

    fn delete(&self, hands: &mut Hands<'_>, one: &Value) -> Result<(), Fail> {
        let (id, name) = (word(&one["ID"]), word(&one["Spec"]["Name"]));
        self.client.delete(hands, &format!("{}/{id}", self.path)).map(drop).map_err(|error| {
            let used = error.message.contains("in use");
            let fail = error.when(&format!("cannot remove {} `{name}`", self.kind));
            let hint =
                "with `rolling_versions` the new one stands beside the old, and services are moved to it";
            if used { fail.hint(hint) } else { fail }
        })
    }
}
