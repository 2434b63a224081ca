//! docker_compose

mod cli;
mod container;
mod down;
mod images;
mod names;
mod observed;
mod recreate;
mod shared;
mod source;
#[cfg(test)]
#[cfg(feature = "lab")]
mod tests;
mod up;
mod waiting;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use serde_json::{Value, json};

use crate::args::{Map, Return};
use crate::compose::Project;
use crate::docker::Client;
use crate::{Fail, Hands, Made, Module, Side, Target, args, choices, returns};

pub(crate) use cli::Cli;
pub(crate) use container::health;
pub(crate) use shared::ipam_body;

args! {
    /// Run the services of a compose file: networks, volumes, images and containers, in the order they need each other.
    ///
    /// Reads files of version 2 and 3 and of the compose specification, and speaks with the engine itself: neither
    /// `docker` nor `docker compose` need be installed. Names and labels are those of `docker compose`, whose
    /// commands (`ps`, `logs`, `exec`, `down`) see what was made.
    ///
    /// What differs from `docker compose`: containers that it made are made anew once, since the digest of a
    /// configuration is computed in another way; a service that others wait for with
    /// `service_completed_successfully` and that has ended well is not run again; a service without a health check
    /// that is waited for with `service_healthy` is an error at once; `include`, `gpus`, `models`, `provider`,
    /// hooks (`post_start`, `pre_stop`), build secrets and the keys of Windows are refused, as are keys that
    /// nobody knows. Keys of `deploy` that only a swarm can follow are taken and not looked at.
    pub struct DockerCompose as "docker_compose" {
        /// The directory of the project, with its compose file.
        project_src: Option<PathBuf>,
        /// The name of the project; else the one in the file, or that of the directory.
        project_name: Option<String>,
        /// The compose files, seen from `project_src`, each put onto those before it; else the usual one and its override.
        files: Option<Vec<PathBuf>>,
        /// The content of a compose file.
        definition: Option<Map<String, Value>>,
        /// Files of variables, seen from `project_src`; else `.env`.
        env_files: Option<Vec<PathBuf>>,
        /// Profiles whose services are meant too.
        profiles: Option<Vec<String>>,
        /// Whether there must be a file of a usual name where `files` are not given; else `COMPOSE_FILE` names them.
        check_files_existing: bool = true,
        /// `present` runs the services, `stopped` has their containers without running them, `restarted` starts those
        /// that are there anew, `absent` removes them.
        state: State = "present",
        /// When images are pulled; `policy` leaves it to the file, which else pulls what is missing.
        pull: Pull = "policy",
        /// When images are built; `policy` builds what is missing.
        build: Build = "policy",
        /// Whether services that are needed by `services` are meant too.
        dependencies: bool = true,
        /// Whether a build alone is no change.
        ignore_build_events: bool = true,
        /// Whether containers that differ are made anew: `auto`, `always` even those that do not, or `never`.
        recreate: Recreate = "auto",
        /// Whether volumes without a name are made anew with their containers.
        renew_anon_volumes: bool = false,
        /// With `absent`: remove the images too, `all` or those without a name in the file.
        remove_images: Option<RemoveImages>,
        /// With `absent`: remove the volumes too.
        remove_volumes: bool = false,
        /// Remove containers of services that are no longer in the file.
        remove_orphans: bool = false,
        /// How many seconds a container has to end before it is killed; else what the file says, or 10.
        timeout: Option<u64>,
        /// The services that are meant; else all.
        services: Option<Vec<String>>,
        /// How many containers services have, as `web: 3`.
        scale: Option<BTreeMap<String, usize>>,
        /// Wait until the services run, or are healthy where they have a health check.
        wait: bool = false,
        /// How many seconds to wait for services; else until they are ready or never will be.
        wait_timeout: Option<u64>,
        /// Make volumes anew that differ from the file; what is in them is lost.
        assume_yes: bool = false,
        ..engine: Cli,
    }
    rules [
        RequiredOneOf(&["project_src", "definition"]),
        MutuallyExclusive(&["project_src", "definition"]),
        MutuallyExclusive(&["files", "definition"]),
        RequiredBy("definition", &["project_name"]),
    ]
}

returns! {
    /// The containers of the project, as `docker compose ps` tells them.
    containers: list,
    /// Their images.
    images: list,
    /// What was done, or would be: `what` kind of thing, its `id`, and the `status` it came into.
    actions: list,
}

choices! {
    /// What the project should be.
    pub enum State {
        /// Running.
        Present = "present",
        /// Gone.
        Absent = "absent",
        /// There, but not running.
        Stopped = "stopped",
        /// Started anew.
        Restarted = "restarted",
    }
}

choices! {
    /// When images are pulled.
    pub enum Pull {
        /// Whenever the registry has another one.
        Always = "always",
        /// When there is none.
        Missing = "missing",
        /// Never.
        Never = "never",
        /// As the file says.
        Policy = "policy",
    }
}

choices! {
    /// When images are built.
    pub enum Build {
        /// Each time.
        Always = "always",
        /// Never.
        Never = "never",
        /// When there is none.
        Policy = "policy",
    }
}

choices! {
    /// When containers are made anew.
    pub enum Recreate {
        /// Each time.
        Always = "always",
        /// Never.
        Never = "never",
        /// When they differ.
        Auto = "auto",
    }
}

choices! {
    /// Which images are removed.
    pub enum RemoveImages {
        /// Those of all services.
        All = "all",
        /// Those that were built and have no name of their own.
        Local = "local",
    }
}

impl Module for DockerCompose {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Run the shop and wait until it is healthy
  community.docker.docker_compose_v2:
    project_src: /srv/shop
    wait: true
    wait_timeout: 60

- name: Three web servers of a project in the task itself
  docker_compose:
    project_name: shop
    definition:
      services:
        web:
          image: nginx:1.27
          ports: ['8080-8082:80']
    scale: {web: 3}

- name: Take it all down, with its volumes
  docker_compose:
    project_src: /srv/shop
    state: absent
    remove_volumes: true
";

    fn run(self, target: &mut Target) -> Result<(), Fail> {
        let project = self.project(target)?;
        for warning in &project.warnings {
            target.warn(warning.as_str());
        }
        let client = self.engine.connect(target)?;
        let mut work = Work { client, project, options: self, actions: Vec::new(), gone: BTreeSet::new() };
        let done = match work.options.state {
            State::Present | State::Stopped => work.up(target),
            State::Restarted => work.restart(target),
            State::Absent => work.down(target),
        };
        target.set("actions", std::mem::take(&mut work.actions));
        done?;
        work.report(target)
    }
}

/// One project on one engine, and what is done for it.
struct Work {
    client: Client,
    project: Project,
    options: DockerCompose,
    actions: Vec<Value>,
    /// The numbers of containers that were removed, or would be.
    gone: BTreeSet<String>,
}

impl Work {
    /// One effect: told as an action where the sides differ.
    fn act<T>(
        &mut self,
        target: &mut Target,
        (what, id, status): (&str, &str, &str),
        before: impl Into<Side>,
        after: impl Into<Side>,
        make: impl FnOnce(&Client, &mut Hands<'_>) -> Result<T, Fail>,
    ) -> Result<Made<T>, Fail> {
        let client = &self.client;
        let made = target.change(&format!("{what} {id}"), before, after, |hands| make(client, hands))?;
        if made.differs() {
            self.actions.push(json!({"what": what, "id": id, "status": status}));
        }
        Ok(made)
    }

    /// The services that are meant, each after those it needs.
    fn selected(&self) -> Result<Vec<String>, Fail> {
        let named = self.options.services.clone().unwrap_or_default();
        let scaled = self.options.scale.iter().flat_map(BTreeMap::keys);
        for name in named.iter().chain(scaled) {
            if !self.project.services.contains_key(name) {
                let known: Vec<&str> = self.project.services.keys().map(String::as_str).collect();
                let known = known.join("`, `");
                return Err(Fail::new(format!("there is no service `{name}` in the project, but `{known}`")));
            }
        }
        Ok(self.project.selected(&named, self.options.dependencies))
    }

    fn limit(&self) -> Option<Duration> {
        self.options.wait_timeout.map(Duration::from_secs)
    }

    fn report(&self, target: &mut Target) -> Result<(), Fail> {
        let containers = observed::containers(&self.client, &self.project.name)?;
        let told: Vec<Value> = containers.iter().map(|c| observed::told(c, &self.project.name)).collect();
        target.set("containers", told);
        let images: Result<Vec<Value>, Fail> =
            containers.iter().map(|container| observed::image_told(&self.client, container)).collect();
        target.set("images", images?);
        Ok(())
    }
}
