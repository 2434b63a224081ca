//! Stopping, starting anew and taking down.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::names::{NETWORK, PROJECT, VOLUME, image_name};
use super::observed::Container;
use super::recreate::patient;
use super::up::Progress;
use super::{RemoveImages, Work};
use crate::compose::units::truth;
use crate::docker::{escape, query};
use crate::sorting::Sorting;
use crate::{Fail, Side, Target};

impl Work {
    /// Stops the containers of services that run, those first that need others.
    pub(super) fn stop_all(
        &mut self,
        target: &mut Target,
        services: &[String],
        progress: &Progress,
    ) -> Result<(), Fail> {
        for service in services.iter().rev() {
            for container in progress.containers.get(service).into_iter().flatten().filter(|c| c.runs()) {
                if progress.renewed.contains(service) {
                    continue;
                }
                let path = self.stop_path(container);
                let (before, after) = (json!({"state": container.state}), json!({"state": "exited"}));
                self.act(
                    target,
                    ("container", &container.name, "Stopping"),
                    before,
                    after,
                    |client, hands| client.send(hands, patient(&path)).map(drop).map_err(Fail::from),
                )?;
            }
        }
        Ok(())
    }

    /// Starts the containers of services anew, those first that others need.
    pub(super) fn restart(&mut self, target: &mut Target) -> Result<(), Fail> {
        for service in self.selected()? {
            for container in self.observed()?.remove(&service).unwrap_or_default() {
                self.again(target, &container)?;
            }
        }
        Ok(())
    }

    /// Starts one container anew.
    pub(super) fn again(&mut self, target: &mut Target, container: &Container) -> Result<(), Fail> {
        let path = self.stop_path(container).replace("/stop", "/restart");
        let (before, after) = (json!({"state": container.state}), json!({"state": "running", "again": true}));
        let name = container.name.clone();
        self.act(target, ("container", &name, "Restarting"), before, after, |client, hands| {
            let what = format!("cannot start container `{name}` anew");
            client.send(hands, patient(&path)).map(drop).map_err(|error| error.when(&what))
        })?;
        Ok(())
    }

    /// Removes containers, networks and, where wanted, volumes and images.
    pub(super) fn down(&mut self, target: &mut Target) -> Result<(), Fail> {
        let named = self.options.services.clone().unwrap_or_default();
        let order = match named.as_slice() {
            [] => self.project.selected(&self.project.services.keys().cloned().collect::<Vec<_>>(), true),
            _ => self
                .selected()
                .map(|order| order.into_iter().filter(|name| named.contains(name)).collect())?,
        };
        let mut images = BTreeSet::new();
        for service in order.iter().rev() {
            for container in self.observed()?.remove(service).unwrap_or_default() {
                self.remove(target, &container, self.options.remove_volumes)?;
            }
            let definition = &self.project.services[service];
            let is_local = definition.get("build").is_some() && definition.get("image").is_none();
            let is_meant = match self.options.remove_images {
                Some(RemoveImages::All) => true,
                Some(RemoveImages::Local) => is_local,
                None => false,
            };
            if is_meant {
                images.insert(image_name(&self.project, service, definition));
            }
        }
        self.orphans(target)?;
        if named.is_empty() {
            self.remove_networks(target)?;
            if self.options.remove_volumes {
                self.remove_volumes(target)?;
            }
        }
        for image in images {
            self.remove_image(target, &image)?;
        }
        Ok(())
    }

    fn remove_networks(&mut self, target: &mut Target) -> Result<(), Fail> {
        let filters = json!({"label": [format!("{PROJECT}={}", self.project.name)]});
        for network in self.client.listed("/networks", &filters)? {
            let name = network["Name"].as_str().unwrap_or_default().to_owned();
            if network["Labels"].get(NETWORK).is_none() {
                continue;
            }
            let before = json!({"driver": network["Driver"]});
            // A container that goes on in it keeps it: one of another project, or an orphan.
            let path = format!("/networks/{}", escape(&name));
            let inside = self.client.get(&path)?["Containers"].as_object().cloned().unwrap_or_default();
            let mut inside = inside.iter().filter(|(id, _)| !self.gone.contains(*id)).peekable();
            if let Some((_, other)) = inside.peek() {
                let other = other["Name"].as_str().unwrap_or_default();
                target.warn(format!("network `{name}` stays: container `{other}` is in it"));
                continue;
            }
            self.act(target, ("network", &name, "Removing"), before, Side::Absent, |client, hands| {
                Ok(client.delete(hands, &path)?)
            })?;
        }
        Ok(())
    }

    fn remove_volumes(&mut self, target: &mut Target) -> Result<(), Fail> {
        let filters = json!({"label": [format!("{PROJECT}={}", self.project.name)]}).to_string();
        let listed = self.client.get(&query("/volumes", &[("filters", &filters)]))?;
        let mut volumes = listed["Volumes"].as_array().cloned().unwrap_or_default();
        volumes.order_by_key(|volume| volume["Name"].as_str().map(str::to_owned));
        for volume in volumes {
            let name = volume["Name"].as_str().unwrap_or_default().to_owned();
            let key = volume["Labels"].get(VOLUME).and_then(Value::as_str).unwrap_or_default();
            let is_external =
                self.project.volumes.get(key).is_some_and(|definition| truth(&definition["external"]));
            if key.is_empty() || is_external {
                continue;
            }
            let path = format!("/volumes/{}", escape(&name));
            let before = json!({"driver": volume["Driver"]});
            self.act(target, ("volume", &name, "Removing"), before, Side::Absent, |client, hands| {
                Ok(client.delete(hands, &path)?)
            })?;
        }
        Ok(())
    }

    fn remove_image(&mut self, target: &mut Target, name: &str) -> Result<(), Fail> {
        let Some(image) = self.client.image(name)? else { return Ok(()) };
        let id = crate::docker::image::id(&image).to_owned();
        self.act(target, ("image", name, "Removing"), json!({"id": id}), Side::Absent, |client, hands| {
            client.remove_image(hands, name, false, true).map(drop).map_err(Fail::from)
        })?;
        Ok(())
    }
}
