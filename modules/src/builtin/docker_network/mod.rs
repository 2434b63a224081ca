//! docker_network

mod differences;
#[cfg(test)]
mod tests;

use std::net::IpAddr;

use serde_json::json;

use crate::args::{Map, Return, Value};
use crate::docker::{Client, Engine, escape, texts};
use crate::{Fail, Hands, Module, Target, args, choices, returns};

args! {
    /// Add, change and remove networks, and say which containers are in them.
    pub struct DockerNetwork as "docker_network" {
        /// The name of the network.
        #[alias("network_name")]
        name: String,
        /// Whether it is to be there; one that is removed lets its containers go first.
        state: State = "present",
        /// The containers in it, by name or number; all others leave it. Empty leaves them as they are.
        #[alias("containers")]
        connected: Vec<String> = "",
        /// Whether containers that are not named stay in it.
        #[alias("incremental")]
        appends: bool = false,
        /// The driver.
        driver: String = "bridge",
        /// What the driver is told.
        driver_options: Map<String, Value> = "{}",
        /// Whether it is made anew though nothing differs.
        force: bool = false,
        /// The network whose configuration it takes.
        config_from: Option<String>,
        /// Whether it is nothing but a configuration for others.
        config_only: Option<bool>,
        /// Whether it has IPv4.
        enable_ipv4: Option<bool>,
        /// Whether it has IPv6.
        enable_ipv6: Option<bool>,
        /// Whether it is the one through which a swarm is reached from outside.
        ingress: Option<bool>,
        /// The driver of its addresses.
        ipam_driver: Option<String>,
        /// What the driver of its addresses is told.
        ipam_driver_options: Option<Map<String, Value>>,
        /// Its ranges of addresses.
        ipam_config: Option<Vec<Ipam>>,
        /// Whether there is no way out of it.
        internal: Option<bool>,
        /// Labels of the network. Values are strings: quote booleans and fractions.
        labels: Map<String, Value> = "{}",
        /// How far it reaches.
        scope: Option<Scope>,
        /// Whether containers that are of no service may be in it, where it is of a swarm.
        attachable: Option<bool>,
        ..engine: Engine,
    }
}

args! {
    /// A range of addresses.
    pub struct Ipam {
        /// All addresses, as `172.20.0.0/16`.
        subnet: Option<String>,
        /// Those that containers get, as `172.20.5.0/24`.
        iprange: Option<String>,
        /// The address of the way out.
        gateway: Option<String>,
        /// Addresses that are taken, by the name of who has them.
        aux_addresses: Option<Map<String, Value>>,
    }
}

returns! {
    /// The network as the engine inspects it.
    network: dict if "it is to be there",
}

choices! {
    /// Whether a network is to be there.
    pub enum State {
        /// Not there.
        Absent = "absent",
        /// There.
        Present = "present",
    }
}

choices! {
    /// How far a network reaches.
    pub enum Scope {
        /// One machine.
        Local = "local",
        /// As far as its driver reaches.
        Global = "global",
        /// A swarm.
        Swarm = "swarm",
    }
}

impl Module for DockerNetwork {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.docker";
    const EXAMPLES: &'static str = "\
- name: Have a network for the shop
  community.docker.docker_network:
    name: shop
    internal: true
    ipam_config:
      - subnet: 172.23.27.0/24
        gateway: 172.23.27.2
    connected: [web, database]
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        self.labels = self.checked()?;
        self.driver_options = texts::options(&self.driver_options);
        if self.config_only == Some(true) {
            // The engine gives such a network no driver at all.
            "null".clone_into(&mut self.driver);
        }
        let client = self.engine.connect(target)?;
        let place = format!("/networks/{}", escape(&self.name));
        let found = client.find(&place)?;
        if self.state == State::Absent {
            return self.absent(target, &client, found);
        }
        self.present(target, &client, found)?;
        if let Some(network) = client.find(&place)? {
            target.set("network", network);
        }
        Ok(())
    }
}

impl DockerNetwork {
    /// The labels as texts, or all that is wrong with the options.
    fn checked(&self) -> Result<Map<String, Value>, Fail> {
        let labels = texts::labels(&self.labels);
        let mut problems: Vec<Fail> = labels.as_ref().err().cloned().into_iter().collect();
        for range in self.ipam_config.iter().flatten() {
            let parts = [
                ("subnet", &range.subnet, true),
                ("iprange", &range.iprange, true),
                ("gateway", &range.gateway, false),
            ];
            for (name, value, is_range) in parts {
                let Some(value) = value else { continue };
                if is_range && !is_cidr(value) {
                    problems.push(Fail::new(format!(
                        "`{name}`: expected a range as `172.20.0.0/16`, found `{value}`"
                    )));
                } else if !is_range && value.parse::<IpAddr>().is_err() {
                    problems.push(Fail::new(format!("`{name}`: expected an address, found `{value}`")));
                }
            }
        }
        let words: Vec<String> = problems.into_iter().map(|fail| fail.message).collect();
        if words.is_empty() { labels } else { Err(Fail::new(words.join("\n"))) }
    }

    fn failed(&self, what: &str) -> String {
        format!("cannot {what} network `{}`", self.name)
    }

    fn absent(&self, target: &mut Target, client: &Client, found: Option<Value>) -> Result<(), Fail> {
        let before = found.as_ref().map(|network| {
            json!({"driver": network["Driver"], "connected": members(network).map(|(_, name)| name).collect::<Vec<_>>()})
        });
        target.change(&format!("network {}", self.name), before, None::<Value>, |hands| {
            found.as_ref().map_or(Ok(()), |network| self.remove(hands, client, network))
        })?;
        Ok(())
    }

    fn present(&self, target: &mut Target, client: &Client, found: Option<Value>) -> Result<(), Fail> {
        let differences = found.as_ref().map(|network| self.differences(network)).unwrap_or_default();
        let anew = found.is_some() && (self.force || !differences.is_empty());
        let (mut before, mut after) = (Map::new(), Map::new());
        if found.is_none() {
            after.extend([
                ("exists".to_owned(), true.into()),
                ("driver".to_owned(), self.driver.as_str().into()),
            ]);
        }
        if anew {
            before.insert("recreated".to_owned(), false.into());
            after.insert("recreated".to_owned(), true.into());
        }
        for (name, now, wanted) in differences {
            before.insert(name.clone(), now);
            after.insert(name, wanted);
        }
        let (joins, leaves) = self.moves(target, client, found.as_ref())?;
        for (containers, joined) in [(&joins, true), (&leaves, false)] {
            for container in containers {
                if found.is_some() {
                    before.insert(format!("connected.{container}"), (!joined).into());
                }
                after.insert(format!("connected.{container}"), joined.into());
            }
        }
        // Those that stay in it come back to the new one.
        let kept = found.as_ref().filter(|_| anew).into_iter().flat_map(members).map(|(_, name)| name);
        let back: Vec<String> =
            kept.filter(|name| !leaves.contains(name)).chain(joins.iter().cloned()).collect();
        let leaves = if anew { &[][..] } else { &leaves };
        let before = found.is_some().then_some(Value::Object(before));
        target.change(&format!("network {}", self.name), before, Value::Object(after), |hands| {
            if let Some(network) = found.as_ref().filter(|_| anew) {
                self.remove(hands, client, network)?;
            }
            if anew || found.is_none() {
                let made = client.post(hands, "/networks/create", &self.body());
                made.map_err(|error| error.when(&self.failed("create")))?;
            }
            back.iter().try_for_each(|name| self.connect(hands, client, name))?;
            leaves.iter().try_for_each(|name| self.disconnect(hands, client, name))
        })?;
        Ok(())
    }

    /// Which containers join the network, and which leave it.
    fn moves(
        &self,
        target: &Target,
        client: &Client,
        found: Option<&Value>,
    ) -> Result<(Vec<String>, Vec<String>), Fail> {
        let (mut joins, mut leaves, mut named) = (Vec::new(), Vec::new(), Vec::new());
        for container in &self.connected {
            let Some(there) = client.find(&format!("/containers/{}/json", escape(container)))? else {
                if target.is_foretold(format!("container {container}").as_ref()) {
                    joins.push(container.clone());
                    continue;
                }
                return Err(Fail::new(format!("there is no container `{container}` to connect")));
            };
            let networks = there["NetworkSettings"]["Networks"].as_object();
            let own = networks.and_then(|networks| networks.get(&self.name));
            if own.is_none() || found.is_none() {
                joins.push(container.clone());
            }
            named.push(there["Id"].clone());
        }
        if !self.appends && !self.connected.is_empty() {
            let others = found
                .into_iter()
                .flat_map(members)
                .filter(|(id, _)| !named.contains(&Value::from(id.as_str())));
            leaves.extend(others.map(|(_, name)| name));
        }
        Ok((joins, leaves))
    }

    fn remove(&self, hands: &mut Hands, client: &Client, network: &Value) -> Result<(), Fail> {
        // The engine would refuse only when its containers are cut off already.
        if ["bridge", "host", "none"].contains(&self.name.as_str()) {
            return Err(Fail::new(format!(
                "network `{}` is the engine's own and cannot be removed",
                self.name
            )));
        }
        for (id, _) in members(network) {
            self.disconnect(hands, client, &id)?;
        }
        let place = format!("/networks/{}", escape(&self.name));
        client.delete(hands, &place).map_err(|error| error.when(&self.failed("remove")))?;
        // A swarm takes its time.
        while network["Scope"] == "swarm" && client.find(&place)?.is_some() && !hands.cancelled() {
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        Ok(())
    }

    fn connect(&self, hands: &mut Hands, client: &Client, container: &str) -> Result<(), Fail> {
        let place = format!("/networks/{}/connect", escape(&self.name));
        let done = client.post(hands, &place, &json!({"Container": container}));
        done.map(drop)
            .map_err(|error| error.when(&self.failed(&format!("connect container `{container}` to"))))
    }

    fn disconnect(&self, hands: &mut Hands, client: &Client, container: &str) -> Result<(), Fail> {
        let place = format!("/networks/{}/disconnect", escape(&self.name));
        let done = client.post(hands, &place, &json!({"Container": container, "Force": true}));
        done.map(drop)
            .map_err(|error| error.when(&self.failed(&format!("disconnect container `{container}` from"))))
    }
}

/// The containers in a network, by number and name.
fn members(network: &Value) -> impl Iterator<Item = (String, String)> + '_ {
    let all = network["Containers"].as_object().into_iter().flatten();
    all.map(|(id, container)| (id.clone(), container["Name"].as_str().unwrap_or(id).to_owned()))
}

fn is_cidr(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    match (address.parse::<IpAddr>(), length.parse::<u8>()) {
        (Ok(IpAddr::V4(_)), Ok(length)) => length <= 32,
        (Ok(IpAddr::V6(_)), Ok(length)) => length <= 128,
        _ => false,
    }
}
