//! Bringing services up: networks, volumes, images, then containers in the order they need each other.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::images::Image;
use super::names::{config_hash, container_name, image_name};
use super::observed::{Container, containers};
use super::{Recreate, State, Work, waiting};
use crate::compose::{Condition, Dependency, Project};
use crate::sorting::Sorting;
use crate::{Fail, Side, Target};

/// How far a run has come.
pub(super) struct Progress {
    pub(super) images: BTreeMap<String, Image>,
    /// Containers by service, as they are now or would be.
    pub(super) containers: BTreeMap<String, Vec<Container>>,
    /// Services whose containers were made or made anew.
    pub(super) renewed: BTreeSet<String>,
}

impl Work {
    /// Brings the services up; with `stopped` their containers are there, but do not run.
    pub(super) fn up(&mut self, target: &mut Target) -> Result<(), Fail> {
        let services = self.selected()?;
        self.files(target, &services)?;
        let images = self.images(target, &services)?;
        self.networks(target, &services)?;
        self.volumes(target, &services)?;
        self.orphans(target)?;
        let mut progress = Progress { images, containers: self.observed()?, renewed: BTreeSet::new() };
        for service in &services {
            self.service(target, service, &mut progress)?;
        }
        if self.options.state == State::Stopped {
            return self.stop_all(target, &services, &progress);
        }
        if self.options.wait {
            for service in &services {
                self.ready(target, service, &progress)?;
            }
        }
        Ok(())
    }

    /// The containers that are there and stay, by service.
    pub(super) fn observed(&self) -> Result<BTreeMap<String, Vec<Container>>, Fail> {
        let mut all: BTreeMap<String, Vec<Container>> = BTreeMap::new();
        for container in containers(&self.client, &self.project.name)? {
            if !self.gone.contains(&container.id) {
                all.entry(container.service.clone()).or_default().push(container);
            }
        }
        Ok(all)
    }

    /// Files that are mounted as secrets and configs are there.
    fn files(&self, target: &Target, services: &[String]) -> Result<(), Fail> {
        let mut wrong = Vec::new();
        for service in services {
            for (kind, named) in [("secrets", &self.project.secrets), ("configs", &self.project.configs)] {
                let grants = self.project.services[service].get(kind).and_then(Value::as_array);
                for grant in grants.into_iter().flatten() {
                    let name = grant["source"].as_str().unwrap_or_default();
                    let file = named.get(name).and_then(|definition| definition.get("file")?.as_str());
                    if let Some(file) = file.filter(|file| target.stat(file).ok().flatten().is_none()) {
                        let noun = kind.trim_end_matches('s');
                        wrong.push(format!(
                            "service `{service}`: there is no file `{file}` of {noun} `{name}`"
                        ));
                    }
                    if named.get(name).is_some_and(super::shared::is_external) {
                        let noun = kind.trim_end_matches('s');
                        wrong.push(format!(
                            "service `{service}`: {noun} `{name}` is external, which only a swarm has"
                        ));
                    }
                }
            }
        }
        wrong.put_in_order();
        wrong.dedup();
        if wrong.is_empty() { Ok(()) } else { Err(Fail::new(wrong.join("\n"))) }
    }

    /// Containers of services that are no longer in the file.
    pub(super) fn orphans(&mut self, target: &mut Target) -> Result<(), Fail> {
        let mut left = Vec::new();
        for (service, containers) in self.observed()? {
            if self.project.services.contains_key(&service) {
                continue;
            }
            for container in containers {
                if self.options.remove_orphans {
                    self.remove(target, &container, false)?;
                } else {
                    left.push(container.name);
                }
            }
        }
        if !left.is_empty() {
            let names = left.join("`, `");
            target.warn(format!(
                "containers of services that are not in the file: `{names}`; `remove_orphans` removes them"
            ));
        }
        Ok(())
    }

    /// One service: as many containers as it has, as they should be.
    fn service(&mut self, target: &mut Target, service: &str, progress: &mut Progress) -> Result<(), Fail> {
        let definition = self.project.services[service].clone();
        let count = self.count(service, &definition);
        let there = progress.containers.remove(service).unwrap_or_default();
        let hash = config_hash(&self.project, &definition);
        let mut kept: Vec<Container> = Vec::new();
        for container in there {
            if kept.len() < count {
                kept.push(container);
            } else {
                self.remove(target, &container, false)?;
            }
        }
        let mut work = Vec::new();
        for container in kept {
            let reason = self.differs(&container, &definition, &hash, progress);
            work.push((container.number, Some(container), reason));
        }
        let mut number = 1;
        while work.len() < count {
            if !work.iter().any(|(taken, ..)| *taken == number) {
                work.push((number, None, None));
            }
            number += 1;
        }
        let runs = |container: &Option<Container>| container.as_ref().is_some_and(Container::runs);
        if self.options.state == State::Present
            && work.iter().any(|(_, there, reason)| reason.is_some() || !runs(there))
        {
            self.needs(target, service, &definition, progress)?;
        }
        let restart = self.restarts(&definition, progress);
        for (number, there, reason) in work {
            self.container(target, service, &definition, number, there, reason, restart, progress)?;
        }
        // What was made is seen again with its number; in check mode it is as it was.
        if let Some(now) = self.observed()?.remove(service) {
            progress.containers.insert(service.to_owned(), now);
        }
        Ok(())
    }

    fn count(&self, service: &str, definition: &Value) -> usize {
        let scaled = self.options.scale.as_ref().and_then(|scale| scale.get(service));
        scaled.copied().unwrap_or_else(|| Project::replicas(definition))
    }

    /// Why a container has to be made anew.
    fn differs(
        &self,
        there: &Container,
        definition: &Value,
        hash: &str,
        progress: &Progress,
    ) -> Option<&'static str> {
        let modes = ["network_mode", "ipc", "pid"].iter();
        let shared = modes
            .filter_map(|key| definition.get(*key)?.as_str()?.strip_prefix("service:").map(str::to_owned));
        let from = crate::compose::strings(definition, "volumes_from").into_iter();
        let mut shared = shared.chain(from.map(|entry| entry.split(':').next().unwrap_or(entry).to_owned()));
        let image = progress.images.get(&there.service);
        let is_other = image.is_some_and(|image| image.id.as_ref() != Some(&there.image_id));
        match self.options.recreate {
            Recreate::Never => None,
            Recreate::Always => Some("it is wanted"),
            Recreate::Auto if there.hash != hash => Some("the configuration differs"),
            Recreate::Auto if is_other => Some("the image differs"),
            Recreate::Auto if shared.any(|name| progress.renewed.contains(&name)) => {
                Some("what it shares was made anew")
            }
            Recreate::Auto => None,
        }
    }

    /// Whether a service that was made anew asks that this one is started again.
    fn restarts(&self, definition: &Value, progress: &Progress) -> bool {
        Project::dependencies(definition)
            .iter()
            .any(|needed| needed.restart && progress.renewed.contains(&needed.service))
    }

    #[allow(clippy::too_many_arguments, reason = "one row of the plan of a service")]
    fn container(
        &mut self,
        target: &mut Target,
        service: &str,
        definition: &Value,
        number: usize,
        there: Option<Container>,
        reason: Option<&str>,
        restart: bool,
        progress: &mut Progress,
    ) -> Result<(), Fail> {
        let name = container_name(&self.project, service, definition, number);
        let image = progress.images.get(service).cloned().unwrap_or_default();
        let starts = self.options.state == State::Present;
        let hash = config_hash(&self.project, definition);
        let state = if starts { "running" } else { "created" };
        let after = json!({"state": state, "image": image_name(&self.project, service, definition), "config_hash": hash});
        let made = match &there {
            None => Some(self.make(
                target,
                service,
                definition,
                number,
                &image,
                None,
                progress,
                Side::Absent,
                after,
            )?),
            Some(old) if reason.is_some() => {
                // The engine's list tells the number of an image whose name has moved on.
                let inspected = self.client.get(&format!("/containers/{}/json", old.id))?;
                let before = json!({"state": old.state, "image": inspected["Config"]["Image"], "config_hash": old.hash, "anew": reason});
                Some(self.make(
                    target,
                    service,
                    definition,
                    number,
                    &image,
                    Some(old),
                    progress,
                    before.into(),
                    after,
                )?)
            }
            Some(_) => None,
        };
        if made.is_some() {
            progress.renewed.insert(service.to_owned());
            return Ok(());
        }
        let Some(there) = there.filter(|_| starts) else { return Ok(()) };
        if there.runs() && restart {
            self.again(target, &there)?;
        } else if !there.runs() && !self.is_done(service, &there) {
            let before = json!({"state": there.state});
            let path = format!("/containers/{}/start", there.id);
            self.act(
                target,
                ("container", &name, "Starting"),
                before,
                json!({"state": "running"}),
                |client, hands| {
                    let started = client.post(hands, &path, &Value::Null);
                    started.map(drop).map_err(|error| error.when(&format!("cannot start container `{name}`")))
                },
            )?;
        }
        Ok(())
    }

    /// Whether it was to end, and has ended well: others wait for that.
    fn is_done(&self, service: &str, container: &Container) -> bool {
        let waits = |other: &Value| {
            Project::dependencies(other)
                .iter()
                .any(|n| n.service == service && n.condition == Condition::Completed)
        };
        container.exit_code() == Some(0) && self.project.services.values().any(waits)
    }

    /// Waits for what a service needs before it is started.
    fn needs(
        &self,
        target: &mut Target,
        service: &str,
        definition: &Value,
        progress: &Progress,
    ) -> Result<(), Fail> {
        for Dependency { service: other, condition, required, .. } in Project::dependencies(definition) {
            if condition == Condition::Started {
                continue;
            }
            let Some(containers) = progress.containers.get(&other) else { continue };
            let limit = self.limit();
            let waited =
                target.refresh(|hands| waiting::until(hands, &self.client, containers, condition, limit));
            match waited {
                Err(fail) if required => {
                    return Err(Fail {
                        message: format!("cannot start service `{service}`: {}", fail.message),
                        ..fail
                    });
                }
                Err(fail) => target.warn(fail.message),
                Ok(_) => {}
            }
        }
        Ok(())
    }

    fn ready(&self, target: &mut Target, service: &str, progress: &Progress) -> Result<(), Fail> {
        let Some(containers) = progress.containers.get(service) else { return Ok(()) };
        let running: Vec<Container> =
            containers.iter().filter(|container| !self.is_done(service, container)).cloned().collect();
        let waits = |other: &Value| {
            Project::dependencies(other)
                .iter()
                .any(|n| n.service == service && n.condition == Condition::Completed)
        };
        let ends = self.project.services.values().any(waits);
        let condition = if ends { Condition::Completed } else { Condition::Started };
        let limit = self.limit();
        target.refresh(|hands| waiting::until(hands, &self.client, &running, condition, limit)).map(drop)
    }
}
