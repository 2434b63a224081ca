//! From what is there and what is wanted to the steps between: a pure function, so that check mode tells
//! exactly what a run does.

use serde_json::{Map, Value, json};

use super::compare::{Comparison, Kind, matches};
use super::forms::{list, text};
use super::wishes::Difference;

/// One thing to do.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Step {
    /// Make the container.
    Create,
    /// Make a new container and put it in the place of the one that is there.
    Replace,
    /// Bring the container to properties that the engine can change.
    Update,
    /// Take it out of a network.
    Disconnect(String),
    /// Put it into a network, in this manner.
    Connect(Value),
    Start,
    Restart,
    Stop,
    Pause,
    Unpause,
    Remove,
}

/// What is to be done, and both sides of it.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) before: Map<String, Value>,
    pub(super) after: Map<String, Value>,
}

/// What the plan is made of.
#[derive(Clone, Default)]
pub(super) struct Wanted<'a> {
    /// The properties that differ, of a container that is there.
    pub(super) differences: &'a [Difference],
    /// The image by number, and by name, if they differ.
    pub(super) image: Option<(&'a str, Value, Value)>,
    pub(super) image_name: Option<(&'a str, Value, Value)>,
    /// Whether to make it anew in any case, or start it again.
    pub(super) recreate: bool,
    pub(super) restart: bool,
    /// Whether it is to run, or to be stopped; else it is left as it is.
    pub(super) running: Option<bool>,
    pub(super) paused: Option<bool>,
    pub(super) networks: Networks<'a>,
}

/// The networks that are wanted.
#[derive(Clone, Copy, Default)]
pub(super) struct Networks<'a> {
    /// Those listed, if any list is given.
    pub(super) listed: Option<&'a [Value]>,
    /// How many of them a new container is in from the first.
    pub(super) at_creation: usize,
    /// The network that a new container is in for want of a better one.
    pub(super) by_default: Option<&'a str>,
    pub(super) comparison: Option<Comparison>,
}

impl Plan {
    fn note(&mut self, name: &str, before: impl Into<Value>, after: impl Into<Value>) {
        self.before.insert(name.to_owned(), before.into());
        self.after.insert(name.to_owned(), after.into());
    }

    /// The steps to no container.
    pub(super) fn absent(found: Option<&Value>) -> Self {
        let mut plan = Self::default();
        if let Some(container) = found {
            plan.note("exists", true, false);
            if is_running(container) {
                plan.note("running", true, false);
                plan.steps.push(Step::Stop);
            }
            plan.steps.push(Step::Remove);
        }
        plan
    }

    /// The steps to a container that is as wanted.
    pub(super) fn present(found: Option<&Value>, wanted: &Wanted<'_>) -> Self {
        let mut plan = Self::default();
        let created = match found {
            None => {
                plan.note("exists", false, true);
                plan.steps.push(Step::Create);
                true
            }
            Some(_) => plan.properties(wanted),
        };
        plan.networks(found.filter(|_| !created), wanted.networks);
        plan.life(found, created, wanted);
        plan
    }

    /// The steps to the wanted properties; whether they make a new container.
    fn properties(&mut self, wanted: &Wanted<'_>) -> bool {
        let others = [&wanted.image, &wanted.image_name];
        let replaced = wanted.recreate
            || others.iter().any(|image| image.is_some())
            || wanted.differences.iter().any(|difference| !difference.updates);
        for (name, before, after) in others.into_iter().flatten() {
            self.note(name, before.clone(), after.clone());
        }
        for Difference { option, found, wanted, .. } in wanted.differences {
            self.note(option, found.clone(), wanted.clone());
        }
        if replaced {
            self.note("recreated", false, true);
            self.steps.push(Step::Replace);
        } else if !wanted.differences.is_empty() {
            self.steps.push(Step::Update);
        }
        replaced
    }

    fn networks(&mut self, found: Option<&Value>, wanted: Networks<'_>) {
        let Some(listed) = wanted.listed else { return };
        let none = Map::new();
        let connected = found.and_then(|container| container["NetworkSettings"]["Networks"].as_object());
        let connected = connected.unwrap_or(&none);
        for (index, network) in listed.iter().enumerate() {
            let name = text(&network["name"]);
            match (found, connected.get(name)) {
                (None, _) if index < wanted.at_creation => {}
                (None, _) | (Some(_), None)
                    if wanted.comparison == Some(Comparison::Ignore) && found.is_some() => {}
                (None, _) | (Some(_), None) => {
                    self.note(&format!("network.{name}"), Value::Null, network.clone());
                    self.steps.push(Step::Connect(network.clone()));
                }
                (Some(_), Some(endpoint)) if is_as_wanted(network, endpoint) => {}
                (Some(_), Some(_)) if wanted.comparison == Some(Comparison::Ignore) => {}
                (Some(_), Some(endpoint)) => {
                    self.note(&format!("network.{name}"), shown(name, endpoint), network.clone());
                    self.steps.extend([Step::Disconnect(name.to_owned()), Step::Connect(network.clone())]);
                }
            }
        }
        if wanted.comparison != Some(Comparison::Strict) {
            return;
        }
        let of_new = wanted.by_default.filter(|_| found.is_none()).map(str::to_owned);
        for name in connected.keys().cloned().chain(of_new) {
            if !listed.iter().any(|network| network["name"] == name.as_str()) {
                self.note(&format!("network.{name}"), json!({"name": name}), Value::Null);
                self.steps.push(Step::Disconnect(name));
            }
        }
    }

    /// The steps to running or not, paused or not.
    fn life(&mut self, found: Option<&Value>, created: bool, wanted: &Wanted<'_>) {
        let was_running = found.is_some_and(is_running);
        let was_paused = found.is_some_and(|container| container["State"]["Paused"] == true);
        let runs = was_running && !created;
        match wanted.running {
            Some(true) if !runs => {
                self.note("running", was_running, true);
                self.steps.push(Step::Start);
            }
            Some(true) if wanted.restart => {
                self.note("restarted", false, true);
                self.steps.push(Step::Restart);
            }
            Some(false) if runs => {
                self.note("running", true, false);
                self.steps.push(Step::Stop);
            }
            _ if was_running && created => self.note("running", true, false),
            _ => {}
        }
        let paused = was_paused && !created && !self.steps.contains(&Step::Restart);
        if let (Some(true), Some(wish)) = (wanted.running, wanted.paused)
            && wish != paused
        {
            self.note("paused", was_paused, wish);
            self.steps.push(if wish { Step::Pause } else { Step::Unpause });
        }
    }
}

/// Whether a container runs, paused or not.
pub(super) fn is_running(container: &Value) -> bool {
    container["State"]["Running"] == true && container["State"]["Ghost"] != true
}

/// Whether a connection to a network is as listed; what is not said may be anything.
fn is_as_wanted(network: &Value, endpoint: &Value) -> bool {
    let ipam = &endpoint["IPAMConfig"];
    let same = |option: &str, found: &Value| {
        network.get(option).is_none_or(|value| text(value).is_empty() || value == found)
    };
    let has = |option: &str, found: &Value| {
        network.get(option).is_none_or(|all| matches(all, found, Comparison::AllowMorePresent, Kind::Set))
    };
    let links: Value = list(&network["links"]).iter().map(link).collect();
    same("ipv4_address", &ipam["IPv4Address"])
        && same("ipv6_address", &ipam["IPv6Address"])
        && same("mac_address", &endpoint["MacAddress"])
        && has("aliases", &endpoint["Aliases"])
        && matches(&links, &endpoint["Links"], Comparison::AllowMorePresent, Kind::Set)
}

/// A link with its alias.
pub(super) fn link(link: &Value) -> Value {
    let link = text(link);
    if link.contains(':') { link.into() } else { format!("{link}:{link}").into() }
}

fn shown(name: &str, endpoint: &Value) -> Value {
    json!({
        "name": name,
        "ipv4_address": endpoint["IPAMConfig"]["IPv4Address"],
        "ipv6_address": endpoint["IPAMConfig"]["IPv6Address"],
        "aliases": endpoint["Aliases"],
        "links": endpoint["Links"],
        "mac_address": endpoint["MacAddress"],
    })
}

#[cfg(test)]
mod tests {
    use super::Step::*;
    use super::*;

    fn container(running: bool, networks: Value) -> Value {
        json!({"State": {"Running": running, "Paused": false}, "NetworkSettings": {"Networks": networks}})
    }

    fn steps(found: Option<&Value>, wanted: &Wanted<'_>) -> Vec<Step> {
        let plan = Plan::present(found, wanted);
        assert_eq!(plan.steps.is_empty(), plan.before == plan.after, "{plan:?}");
        plan.steps
    }

    const STARTED: Wanted<'static> = Wanted {
        differences: &[],
        image: None,
        image_name: None,
        recreate: false,
        restart: false,
        running: Some(true),
        paused: None,
        networks: Networks { listed: None, at_creation: 0, by_default: None, comparison: None },
    };

    fn differing(option: &'static str, updates: bool) -> Difference {
        Difference { option, found: 1.into(), wanted: 2.into(), updates }
    }

    #[test]
    fn a_container_is_brought_to_life_and_to_an_end() {
        let (up, down) = (container(true, json!({})), container(false, json!({})));
        assert_eq!(steps(None, &STARTED), [Create, Start]);
        assert_eq!(steps(Some(&up), &STARTED), []);
        assert_eq!(steps(Some(&down), &STARTED), [Start]);
        assert_eq!(steps(Some(&up), &Wanted { restart: true, ..STARTED }), [Restart]);
        assert_eq!(steps(Some(&up), &Wanted { running: Some(false), ..STARTED }), [Stop]);
        assert_eq!(steps(None, &Wanted { running: Some(false), ..STARTED }), [Create]);
        assert_eq!(steps(Some(&down), &Wanted { running: None, ..STARTED }), []);
        assert_eq!(steps(None, &Wanted { paused: Some(true), ..STARTED }), [Create, Start, Pause]);
        assert_eq!(Plan::absent(Some(&up)).steps, [Stop, Remove]);
        assert_eq!(Plan::absent(Some(&down)).steps, [Remove]);
        assert_eq!(Plan::absent(None), Plan::default());
    }

    #[test]
    fn only_what_cannot_be_updated_makes_it_anew() {
        let up = container(true, json!({}));
        let (live, dead) = (differing("memory", true), differing("env", false));
        let (one, both) = ([live.clone()], [live, dead]);
        assert_eq!(steps(Some(&up), &Wanted { differences: &one, ..STARTED }), [Update]);
        assert_eq!(steps(Some(&up), &Wanted { differences: &both, ..STARTED }), [Replace, Start]);
        assert_eq!(steps(Some(&up), &Wanted { recreate: true, running: None, ..STARTED }), [Replace]);
        let image = Some(("image", "sha256:1".into(), "sha256:2".into()));
        assert_eq!(steps(Some(&up), &Wanted { image, ..STARTED }), [Replace, Start]);
    }

    #[test]
    fn networks_are_joined_and_left() {
        let listed = [json!({"name": "a"}), json!({"name": "b", "aliases": ["x"]})];
        let (first, second) = (listed[0].clone(), listed[1].clone());
        let networks = Networks { listed: Some(&listed), at_creation: 1, ..Networks::default() };
        let wanted = Wanted { networks, ..STARTED };
        assert_eq!(steps(None, &wanted), [Create, Connect(second.clone()), Start]);
        let up = container(true, json!({"b": {"Aliases": ["y"]}, "c": {}}));
        let moved = [Connect(first), Disconnect("b".to_owned()), Connect(second)];
        assert_eq!(steps(Some(&up), &wanted), moved);
        let all = container(true, json!({"a": {}, "b": {"Aliases": ["x", "y"]}, "c": {}}));
        assert_eq!(steps(Some(&all), &wanted), []);
        let ignored = Networks { comparison: Some(Comparison::Ignore), ..networks };
        assert_eq!(steps(Some(&up), &Wanted { networks: ignored, ..STARTED }), []);
        let strict = Networks { comparison: Some(Comparison::Strict), ..networks };
        assert_eq!(steps(Some(&all), &Wanted { networks: strict, ..STARTED }), [Disconnect("c".to_owned())]);
    }
}
