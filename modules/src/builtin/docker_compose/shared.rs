//! What services share: networks and volumes, made where they are not there.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use super::names::{HASH, NETWORK, OURS, PROJECT, VERSION, VOLUME};
use super::{Work, observed};
use crate::compose::units::truth;
use crate::compose::{Project, digest};
use crate::docker::escape;
use crate::{Fail, Made, Side, Target};

impl Work {
    /// The networks that services are in.
    pub(super) fn networks(&mut self, target: &mut Target, services: &[String]) -> Result<(), Fail> {
        let used = self.used(services, "networks");
        for (key, definition) in self.project.networks.clone() {
            if !used.contains(&key) {
                continue;
            }
            let name = self.project.full_name(&key, &definition);
            let there = observed::network(&self.client, &name)?;
            if is_external(&definition) {
                // The engine's own networks need not be listed under this name.
                there.ok_or_else(|| {
                    Fail::new(format!("network `{name}` is external, but there is none of this name"))
                })?;
                continue;
            }
            let hash = digest(&definition);
            let body = network_body(&self.project, &key, &name, &definition, &hash);
            let shown = json!({"driver": body["Driver"], "config_hash": hash});
            match there {
                None => {
                    self.act(
                        target,
                        ("network", &name, "Creating"),
                        Side::Absent,
                        shown,
                        |client, hands| Ok(client.post(hands, "/networks/create", &body)?),
                    )?;
                }
                Some(there) if differs(&there["Labels"], &hash) => {
                    let before = json!({"driver": there["Driver"], "config_hash": there["Labels"][HASH]});
                    self.leave(target, &name)?;
                    self.act(target, ("network", &name, "Recreate"), before, shown, |client, hands| {
                        client.delete(hands, &format!("/networks/{}", escape(&name)))?;
                        Ok(client.post(hands, "/networks/create", &body)?)
                    })?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Removes the containers of the project that are in a network.
    fn leave(&mut self, target: &mut Target, network: &str) -> Result<(), Fail> {
        for container in observed::containers(&self.client, &self.project.name)? {
            let networks = container.listed.pointer("/NetworkSettings/Networks");
            if networks.is_some_and(|networks| networks.get(network).is_some()) {
                self.remove(target, &container, false)?;
            }
        }
        Ok(())
    }

    /// The volumes with a name that services use.
    pub(super) fn volumes(&mut self, target: &mut Target, services: &[String]) -> Result<(), Fail> {
        let used = self.used(services, "volumes");
        for (key, definition) in self.project.volumes.clone() {
            if !used.contains(&key) {
                continue;
            }
            let name = self.project.full_name(&key, &definition);
            let path = format!("/volumes/{}", escape(&name));
            let there = self.client.find(&path)?;
            if is_external(&definition) {
                there.ok_or_else(|| {
                    Fail::new(format!("volume `{name}` is external, but there is none of this name"))
                })?;
                continue;
            }
            let hash = digest(&definition);
            let body = volume_body(&self.project, &key, &name, &definition, &hash);
            let shown = json!({"driver": body["Driver"], "config_hash": hash});
            match there {
                None => {
                    self.act(target, ("volume", &name, "Creating"), Side::Absent, shown, |client, hands| {
                        Ok(client.post(hands, "/volumes/create", &body)?)
                    })?;
                }
                Some(there) if differs(&there["Labels"], &hash) && !self.options.assume_yes => {
                    let driver = there["Driver"].as_str().unwrap_or_default();
                    target.warn(format!(
                        "volume `{name}` (driver `{driver}`) differs from the file and stays as it is; \
                         with `assume_yes` it is made anew, and what is in it is lost"
                    ));
                }
                Some(there) if differs(&there["Labels"], &hash) => {
                    let before = json!({"driver": there["Driver"], "config_hash": there["Labels"][HASH]});
                    self.empty(target, &name)?;
                    self.act(target, ("volume", &name, "Recreate"), before, shown, |client, hands| {
                        client.delete(hands, &path)?;
                        Ok(client.post(hands, "/volumes/create", &body)?)
                    })?;
                }
                Some(_) => {}
            }
        }
        Ok(())
    }

    /// Removes the containers of the project that use a volume.
    fn empty(&mut self, target: &mut Target, volume: &str) -> Result<(), Fail> {
        for container in observed::containers(&self.client, &self.project.name)? {
            let mut mounts = container.listed["Mounts"].as_array().into_iter().flatten();
            if mounts.any(|mount| mount["Name"] == volume) {
                self.remove(target, &container, false)?;
            }
        }
        Ok(())
    }

    /// The keys of the networks or volumes that services use.
    fn used(&self, services: &[String], kind: &str) -> BTreeSet<String> {
        let mut used = BTreeSet::new();
        for service in services.iter().filter_map(|name| self.project.services.get(name)) {
            match (kind, service.get(kind)) {
                ("networks", None) if service.get("network_mode").is_none() => {
                    used.extend(["default".to_owned()]);
                }
                ("networks", Some(Value::Object(named))) => used.extend(named.keys().cloned()),
                ("volumes", Some(Value::Array(list))) => {
                    let named = list.iter().filter(|volume| volume["type"] == "volume");
                    used.extend(named.filter_map(|volume| volume["source"].as_str().map(str::to_owned)));
                }
                _ => {}
            }
        }
        used
    }

    /// Removes a container; with `volumes` those of it without a name.
    pub(super) fn remove(
        &mut self,
        target: &mut Target,
        container: &observed::Container,
        volumes: bool,
    ) -> Result<Made<()>, Fail> {
        let before = json!({"state": container.state, "config_hash": container.hash});
        let stop = self.stop_path(container);
        let path = format!("/containers/{}?force=1{}", container.id, if volumes { "&v=1" } else { "" });
        let runs = container.runs();
        self.gone.insert(container.id.clone());
        self.act(target, ("container", &container.name, "Removing"), before, Side::Absent, |client, hands| {
            if runs {
                client.send(hands, super::recreate::patient(&stop))?;
            }
            client.delete(hands, &path)?;
            Ok(())
        })
    }
}

/// Whether something is not of this project.
pub(super) fn is_external(definition: &Value) -> bool {
    truth(&definition["external"])
}

/// Whether what is there was made by us of something else.
fn differs(labels: &Value, hash: &str) -> bool {
    labels[VERSION].as_str() == Some(OURS) && labels[HASH].as_str() != Some(hash)
}

fn labelled(project: &Project, kind: &str, key: &str, definition: &Value, hash: &str) -> Value {
    let mut labels = definition.get("labels").and_then(Value::as_object).cloned().unwrap_or_default();
    for (name, value) in [(PROJECT, project.name.as_str()), (kind, key), (HASH, hash), (VERSION, OURS)] {
        labels.insert(name.to_owned(), value.into());
    }
    labels.into()
}

fn network_body(project: &Project, key: &str, name: &str, definition: &Value, hash: &str) -> Value {
    let mut body = json!({
        "Name": name, "CheckDuplicate": true,
        "Labels": labelled(project, NETWORK, key, definition, hash),
        "Driver": definition["driver"].as_str().unwrap_or("bridge"),
        "Internal": truth(&definition["internal"]), "Attachable": truth(&definition["attachable"]),
        "EnableIPv6": truth(&definition["enable_ipv6"]),
        "Options": definition.get("driver_opts").cloned().unwrap_or_else(|| json!({})),
    });
    if let Some(ipam) = definition.get("ipam") {
        body["IPAM"] = ipam_body(ipam);
    }
    body
}

/// Addresses of a network as the engine has them.
pub(crate) fn ipam_body(ipam: &Value) -> Value {
    let names = [
        ("subnet", "Subnet"),
        ("ip_range", "IPRange"),
        ("gateway", "Gateway"),
        ("aux_addresses", "AuxiliaryAddresses"),
    ];
    let pool = |pool: &Value| -> Value {
        let each = |(key, name): &(&str, &str)| Some(((*name).to_owned(), pool.get(*key)?.clone()));
        names.iter().filter_map(each).collect::<Map<String, Value>>().into()
    };
    let pools: Vec<Value> = ipam["config"].as_array().into_iter().flatten().map(pool).collect();
    json!({
        "Driver": ipam["driver"].as_str().unwrap_or("default"), "Config": pools,
        "Options": ipam.get("options").cloned().unwrap_or_else(|| json!({})),
    })
}

fn volume_body(project: &Project, key: &str, name: &str, definition: &Value, hash: &str) -> Value {
    json!({
        "Name": name, "Labels": labelled(project, VOLUME, key, definition, hash),
        "Driver": definition["driver"].as_str().unwrap_or("local"),
        "DriverOpts": definition.get("driver_opts").cloned().unwrap_or_else(|| json!({})),
    })
}
