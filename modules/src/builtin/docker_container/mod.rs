//! docker_container

mod choices;
mod compare;
mod forms;
mod given;
mod image;
mod mounts;
mod options;
mod plan;
mod platform;
mod ports;
mod table;
#[cfg(test)]
mod tests;
mod wait;
mod wishes;
mod work;

use serde_json::{Value, json};

use crate::args::{Map, Return};
use crate::docker::{Client, Engine, escape};
use crate::{Fail, Made, Module, Target, args, returns};

pub use choices::{
    CommandHandling, Defaults, ImageComparison, LabelMismatch, NameMismatch, Pull, PullCheck, State,
};
use compare::{Comparison, Comparisons, Kind};
use forms::{list, text};
pub use given::Wanted;
use image::Image;
use plan::{Networks, Plan};
use wishes::{Beside, Task, Wish};
use work::Work;

args! {
    /// Bring containers to life, to what they are to be like, and to an end.
    ///
    /// What is there is compared with what is wanted, property by property; a container that differs is made
    /// anew, or updated where the engine can. The new one is made before the old one goes, so that what the
    /// engine does not take breaks nothing.
    pub struct DockerContainer as "docker_container" {
        /// The name of the container; of one that is there, its number will do.
        name: String,
        /// What becomes of the container.
        state: State = "started",
        /// The image it is made from, by name or number.
        image: Option<String>,
        /// Whether it is made anew though nothing differs.
        recreate: bool = false,
        /// Whether one that runs already is started again.
        restart: bool = false,
        /// Whether it is paused.
        paused: Option<bool>,
        /// When the image is pulled.
        pull: Pull = "missing",
        /// What check mode says of an image that is there and is to be pulled always, where the registry does
        /// not tell whether it has a newer one.
        pull_check_mode_behavior: PullCheck = "image_not_present",
        /// How properties are compared, by option: `strict`, `ignore` or `allow_more_present`; `*` is for all others.
        comparisons: Map<String, Value> = "{}",
        /// Which image's properties count as wanted too.
        image_comparison: ImageComparison = "desired-image",
        /// What becomes of labels that the image has and a strict comparison of `labels` has not.
        image_label_mismatch: LabelMismatch = "ignore",
        /// What becomes of a container whose image has another name.
        image_name_mismatch: NameMismatch = "recreate",
        /// Whether the image is not compared; `image: ignore` in `comparisons` is the newer word.
        ignore_image: bool = false,
        /// Whether lists of words are taken as they are, or joined and split again.
        command_handling: CommandHandling = "correct",
        /// What options that are not given are.
        container_default_behavior: Defaults = "no_defaults",
        /// Whether the container is removed when its end was waited for.
        cleanup: bool = false,
        /// Whether its output is shown while its end is waited for.
        output_logs: bool = false,
        /// The address that ports are published on when they name none.
        default_host_ip: Option<String>,
        /// Whether it is killed and not stopped.
        #[alias("forcekill")]
        force_kill: bool = false,
        /// The signal to kill it with.
        kill_signal: Option<String>,
        /// Whether volumes without a name stay when a container is removed.
        keep_volumes: bool = true,
        /// Whether networks are as with docker's command line: the container is in no other than those listed.
        networks_cli_compatible: bool = true,
        /// Whether it leaves networks that are not listed; `networks: strict` in `comparisons` is the newer word.
        purge_networks: bool = false,
        /// How many seconds its removal may take.
        removal_wait_timeout: Option<f64>,
        /// How many seconds it may take to be healthy; 0 for no limit.
        healthy_wait_timeout: f64 = "300",
        ..wanted: Wanted,
        ..engine: Engine,
    }
    rules [
        RequiredIf("state", "present", &["image"]),
        RequiredBy("log_options", &["log_driver"]),
        RequiredBy("restart_retries", &["restart_policy"]),
    ]
}

returns! {
    /// The container as the engine inspects it; `Output` has what it said, where its end was waited for.
    container: dict if "the container is there, or its end was waited for",
    /// The exit code.
    status: int if "`detach` is false and the container was started",
}

impl Module for DockerContainer {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const STOPS_EARLY: bool = true;
    const EXAMPLES: &'static str = "\
- name: Have the application run and be well
  community.docker.docker_container:
    name: shop
    image: registry.example.org/shop:2
    state: healthy
    restart_policy: unless-stopped
    published_ports: [\"8080:80\"]
    env: {WORD: hello}
    healthcheck: {test: \"curl -f http://localhost/\", interval: 5s}

- name: Migrate the database, and go on when that is done
  community.docker.docker_container:
    name: migrate
    image: registry.example.org/shop:2
    command: ./migrate --all
    detach: false
    cleanup: true
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        let client = self.engine.connect(target)?;
        let found = client.find(&work::path(&self.name, "/json"))?;
        if self.state == State::Absent {
            let plan = Plan::absent(found.as_ref());
            let work = Work::new(&self, &client, found.as_ref());
            return carry_out(target, plan, work).map(drop);
        }
        self.complete();
        self.present(target, &client, found)
    }
}

impl DockerContainer {
    /// The options that follow from others.
    fn complete(&mut self) {
        let wanted = &mut self.wanted.0;
        let first =
            wanted.get("networks").and_then(|networks| networks.get(0)).map(|first| first["name"].clone());
        if let (true, Some(name)) = (self.networks_cli_compatible, first) {
            wanted.entry("network_mode").or_insert(name);
        }
        if self.container_default_behavior == Defaults::Compatibility {
            for option in ["auto_remove", "init", "interactive", "privileged", "read_only", "tty"] {
                wanted.entry(option).or_insert(false.into());
            }
            wanted.entry("detach").or_insert(true.into());
            wanted.entry("memory").or_insert("0".into());
            self.paused.get_or_insert(false);
        }
    }

    fn present(&self, target: &mut Target, client: &Client, found: Option<Value>) -> Result<(), Fail> {
        let comparisons = self.comparisons();
        let networks = self.networks(target, client)?;
        let address = self.address(&networks);
        let wishes = match (comparisons, self.wishes(target, client, address.as_deref().unwrap_or("0.0.0.0")))
        {
            (Ok(comparisons), Ok(wishes)) if address.is_ok() => (comparisons, wishes),
            (comparisons, wishes) => {
                let all = comparisons.err().into_iter().chain(wishes.err()).flatten().chain(address.err());
                let words: Vec<String> = all.map(|fail| fail.message).collect();
                return Err(Fail::new(words.join("\n")));
            }
        };
        let (comparisons, wishes) = wishes;
        let removing = found.as_ref().is_some_and(|container| container["State"]["Status"] == "removing");
        let there = found.filter(|_| !removing);
        let image = Image::look(self, target, client, there.as_ref())?;
        let plan = self.plan(client, there.as_ref(), &image, &comparisons, &wishes)?;
        let of_old = || there.as_ref().map_or("", |container| text(&container["Image"]));
        let work = Work {
            body: wishes::body(&wishes, self.image.as_deref().unwrap_or_else(of_old)),
            update: there.as_ref().map(|container| wishes::update(&wishes, container)).unwrap_or_default(),
            networks: self.first_networks(client),
            removing,
            ..Work::new(self, client, there.as_ref())
        };
        if there.is_none() && self.image.is_none() {
            return Err(Fail::new(format!("no `image` to make container `{}` from", self.name)));
        }
        let name =
            there.as_ref().map(|container| text(&container["Name"]).trim_start_matches('/').to_owned());
        let ended = carry_out(target, plan, work)?;
        self.give_back(target, client, name.as_deref().unwrap_or(&self.name), ended)
    }

    fn comparisons(&self) -> Result<Comparisons, Vec<Fail>> {
        let mut read = Comparisons::read(&self.comparisons, table::kind)?;
        if self.ignore_image {
            read.suggest("image", Comparison::Ignore);
        }
        if self.purge_networks {
            read.suggest("networks", Comparison::Strict);
        }
        Ok(read)
    }

    fn wishes(&self, target: &Target, client: &Client, address: &str) -> Result<Vec<Wish>, Vec<Fail>> {
        let container_id = |name: &str| {
            let found = client.find(&work::path(name, "/json"))?;
            Ok(found.map(|container| text(&container["Id"]).to_owned()))
        };
        let splits_commands = self.command_handling == CommandHandling::Compatibility;
        let task = Task { name: &self.name, splits_commands, container_id: &container_id };
        let wanted = &self.wanted.0;
        let file = wanted.get("env_file").map(text);
        let lines = file.map(|path| match target.read_text(path) {
            Ok(None) => Err(Fail::new(format!("`env_file`: there is no file `{path}`"))),
            Ok(Some(lines)) => Ok(lines),
            Err(fail) => Err(fail),
        });
        let (lines, unread) = match lines.transpose() {
            Ok(lines) => (lines, None),
            Err(fail) => (None, Some(fail)),
        };
        let collected = wishes::collect(wanted, &task, target, lines.as_deref(), address);
        match unread {
            None => collected,
            Some(fail) => Err(collected.err().into_iter().flatten().chain([fail]).collect()),
        }
    }

    fn listed(&self) -> Option<&[Value]> {
        self.wanted.0.get("networks").map(list)
    }

    /// The listed networks as they are; one that an earlier task of this check would make is `Null`.
    fn networks(&self, target: &Target, client: &Client) -> Result<Vec<Value>, Fail> {
        let mut all = Vec::new();
        for network in self.listed().unwrap_or_default() {
            let name = text(&network["name"]);
            match client.find(&format!("/networks/{}", escape(name)))? {
                Some(network) => all.push(network),
                None if target.is_foretold(format!("network {name}").as_ref()) => all.push(Value::Null),
                None => {
                    let fail = Fail::new(format!("there is no network `{name}`"));
                    return Err(fail.hint("`docker_network` makes one"));
                }
            }
        }
        Ok(all)
    }

    /// The address of published ports that name none.
    fn address(&self, networks: &[Value]) -> Result<String, Fail> {
        const OWN: &str = "com.docker.network.bridge.host_binding_ipv4";
        match self.default_host_ip.as_deref() {
            Some("") => Ok(String::new()),
            Some(address) => ports::checked(address)
                .map_err(|fail| Fail::new(format!("`default_host_ip`: {}", fail.message))),
            None => {
                let bridges = networks.iter().filter(|network| network["Driver"] == "bridge");
                let own = bridges.filter_map(|network| network["Options"][OWN].as_str()).next();
                Ok(own.unwrap_or("0.0.0.0").to_owned())
            }
        }
    }

    /// The networks that a new container is in from the first: all that the engine takes at once.
    fn first_networks(&self, client: &Client) -> &[Value] {
        let listed = self.listed().filter(|_| self.networks_cli_compatible).unwrap_or_default();
        if client.speaks(1, 44) { listed } else { &listed[..listed.len().min(1)] }
    }

    fn plan(
        &self,
        client: &Client,
        found: Option<&Value>,
        image: &Image,
        comparisons: &Comparisons,
        wishes: &[Wish],
    ) -> Result<Plan, Fail> {
        let needs_engine = self.wanted.0.contains_key("platform") && found.is_some();
        let engine = if needs_engine { Some(client.get("/info")?) } else { None };
        let beside = Beside {
            image: image.compared(self.image_comparison),
            own_image: image.own.as_ref(),
            engine: engine.as_ref(),
            image_labels: self.image_label_mismatch == LabelMismatch::Ignore,
        };
        if let (Some(_), LabelMismatch::Fail) = (found, self.image_label_mismatch) {
            let labels = wishes::labels_of_image(beside.image, &self.wanted.0, comparisons);
            if !labels.is_empty() {
                let fail = format!("the image has labels that are not wanted: `{}`", labels.join("`, `"));
                return Err(Fail::new(fail).hint("`image_label_mismatch: ignore` keeps them"));
            }
        }
        let differences =
            found.map(|found| wishes::differences(wishes, found, beside, comparisons)).unwrap_or_default();
        let compares_image = comparisons.of("image", Kind::Single) == Comparison::Strict;
        let image = found.filter(|_| compares_image).map(|found| image.differences(self, found));
        let (image, image_name) = image.unwrap_or_default();
        let by_default = match self.wanted.0.get("network_mode").map(text) {
            None | Some("default" | "bridge") => Some("bridge"),
            _ => None,
        };
        let networks = Networks {
            listed: self.listed(),
            at_creation: self.first_networks(client).len(),
            by_default,
            comparison: Some(comparisons.of("networks", Kind::Maps)),
        };
        let running = match self.state {
            State::Started | State::Healthy => Some(true),
            State::Stopped => Some(false),
            State::Present | State::Absent => None,
        };
        let wanted = plan::Wanted {
            differences: &differences,
            image,
            image_name,
            recreate: self.recreate,
            restart: self.restart,
            running,
            paused: self.paused,
            networks,
        };
        Ok(Plan::present(found, &wanted))
    }

    /// Seconds until a container that is to stop is killed.
    fn stop_timeout(&self) -> Option<i64> {
        self.wanted.0.get("stop_timeout").and_then(Value::as_i64)
    }

    /// Whether the engine removes the container at its end.
    fn removes_itself(&self) -> bool {
        self.wanted.0.get("auto_remove").is_some_and(|value| *value == true)
    }

    fn give_back(
        &self,
        target: &mut Target,
        client: &Client,
        name: &str,
        ended: Option<wait::Ended>,
    ) -> Result<(), Fail> {
        let mut container = client.find(&work::path(name, "/json"))?;
        if let Some(ended) = ended {
            let mut shown = container.take().unwrap_or_else(|| json!({}));
            shown["Output"] = ended.output.as_str().into();
            target.set("container", shown);
            target.set("status", ended.status);
            if ended.status != 0 {
                let lines: Vec<&str> = ended.output.lines().collect();
                let last = lines[lines.len().saturating_sub(10)..].join("\n    ");
                let words = format!("container `{name}` ended with exit code {}:\n    {last}", ended.status);
                return Err(Fail::new(words));
            }
            return Ok(());
        }
        if self.state == State::Healthy {
            container = target.refresh(|hands| wait::health(self, client, hands, name))?.or(container);
        }
        if let Some(container) = container {
            target.set("container", container);
        }
        Ok(())
    }
}

/// Carries a plan out, or foretells it.
fn carry_out(target: &mut Target, plan: Plan, mut work: Work<'_>) -> Result<Option<wait::Ended>, Fail> {
    let what = format!("container {}", work.module.name);
    let made = target.change(&what, Value::Object(plan.before), Value::Object(plan.after), |hands| {
        work.take(hands, &plan.steps)?;
        Ok((work.warnings, work.ended))
    })?;
    let Made::Done((warnings, ended)) = made else { return Ok(None) };
    warnings.into_iter().for_each(|warning| target.warn(warning));
    Ok(ended)
}
