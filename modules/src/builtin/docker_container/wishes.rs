//! What the user wants of a container, as one list: each wish knows where the engine keeps its property,
//! what makes it so, and how it is compared with what is there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::compare::{Comparison, Comparisons, Kind, matches};
use super::forms::{capability, list, text};
use super::mounts::{self, Volumes};
use super::table::PROPERTIES;
use super::{platform, ports};
use crate::Fail;
use crate::args::{Home, describe};
use crate::sorting::Sorting;

/// What forms must know of the task.
pub(super) struct Task<'a> {
    pub(super) name: &'a str,
    /// Whether lists of words are joined and split again, as Ansible once did.
    pub(super) splits_commands: bool,
    /// The number of another container.
    pub(super) container_id: &'a dyn Fn(&str) -> Result<Option<String>, Fail>,
}

/// One wish.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Wish {
    pub(super) option: &'static str,
    place: &'static str,
    kind: Kind,
    /// Whether the engine can fulfil it for a container that is there.
    pub(super) updates: bool,
    /// What the engine is told; nothing with `Null`.
    made: Value,
    /// What is to be found, apart from what the image brings.
    wanted: Value,
}

/// What is compared with beside the container.
#[derive(Clone, Copy, Default)]
pub(super) struct Beside<'a> {
    /// The image to compare with.
    pub(super) image: Option<&'a Value>,
    /// The image that the container was made from.
    pub(super) own_image: Option<&'a Value>,
    /// What the engine says of itself.
    pub(super) engine: Option<&'a Value>,
    /// Whether labels of the image are as good as wanted ones.
    pub(super) image_labels: bool,
}

/// A property that is not as wanted.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Difference {
    pub(super) option: &'static str,
    pub(super) found: Value,
    pub(super) wanted: Value,
    pub(super) updates: bool,
}

/// Puts a value into nested dictionaries, at `A/B/C`.
pub(super) fn put(into: &mut Value, place: &str, value: Value) {
    let mut at = into;
    for part in place.split('/') {
        if !at.is_object() {
            *at = Value::Object(Map::new());
        }
        at = &mut at[part];
    }
    *at = value;
}

/// All wishes, or all that is wrong with the values. `lines` are those of `env_file`; `address` is where
/// ports are bound that name none.
pub(super) fn collect(
    wanted: &Map<String, Value>,
    task: &Task<'_>,
    home: &dyn Home,
    lines: Option<&str>,
    address: &str,
) -> Result<Vec<Wish>, Vec<Fail>> {
    let (mut wishes, mut problems) = (Vec::new(), Vec::new());
    let given = |option: &str| wanted.get(option).filter(|value| !value.is_null());
    for row in PROPERTIES {
        let Some(value) = given(row.option) else { continue };
        match (row.form)(value, task) {
            Ok(value) => wishes.push(Wish {
                option: row.option,
                place: row.place,
                kind: row.kind,
                updates: row.updates,
                made: value.clone(),
                wanted: value,
            }),
            Err(fail) => problems.push(Fail::new(format!("`{}`: {}", row.option, fail.message))),
        }
    }
    let mut wish = |option, place, kind, made: Value, wanted: Value| {
        wishes.push(Wish { option, place, kind, updates: false, made, wanted });
    };
    for option in ["detach", "interactive", "platform"] {
        if let Some(value) = given(option) {
            wish(option, "", Kind::Single, Value::Null, value.clone());
        }
    }
    let variables = environment(given("env"), lines, &mut problems);
    let only_given = |value: Value, options: &[&str]| {
        if options.iter().any(|option| given(option).is_some()) { value } else { Value::Null }
    };
    wish("env", "Config/Env", Kind::Set, only_given(variables.clone(), &["env", "env_file"]), variables);
    volumes(wanted, home, &mut wish, &mut problems);
    published(wanted, address, &mut wish, &mut problems);
    if problems.is_empty() { Ok(wishes) } else { Err(problems) }
}

/// Variables as `NAME=value`, those of `env` before those of the file.
fn environment(env: Option<&Value>, lines: Option<&str>, problems: &mut Vec<Fail>) -> Value {
    let mut all = BTreeMap::new();
    for line in lines.unwrap_or_default().lines() {
        let line = if line.starts_with('#') { "" } else { line.trim() };
        match line.split_once('=') {
            Some((name, value)) => drop(all.insert(name.to_owned(), value.to_owned())),
            None if line.is_empty() => {}
            None => problems.push(Fail::new(format!("`env_file`: a line without `=`: `{line}`"))),
        }
    }
    for (name, value) in env.and_then(Value::as_object).into_iter().flatten() {
        match value.as_str() {
            Some(value) => drop(all.insert(name.clone(), value.to_owned())),
            // ansible: only strings, since YAML may have changed how anything else was written
            None => problems.push(
                Fail::new(format!("`env`: variable `{name}`: expected a string, found {}", describe(value)))
                    .hint("put the value in quotes"),
            ),
        }
    }
    all.into_iter().map(|(name, value)| Value::from(format!("{name}={value}"))).collect()
}

type Push<'a> = dyn FnMut(&'static str, &'static str, Kind, Value, Value) + 'a;

fn volumes(wanted: &Map<String, Value>, home: &dyn Home, wish: &mut Push<'_>, problems: &mut Vec<Fail>) {
    let mounts = wanted.get("mounts").unwrap_or(&Value::Null);
    if mounts.is_array() {
        let mut checked = Vec::new();
        for mount in list(mounts) {
            match mounts::checked(mount) {
                Ok(mount) => checked.push(mount),
                Err(fails) => problems.extend(fails),
            }
        }
        let made: Value = checked.iter().map(mounts::engine).collect();
        wish("mounts", "HostConfig/Mounts", Kind::Maps, made, checked.into());
    }
    let given = wanted.get("volumes").filter(|value| value.is_array());
    let lines: Vec<String> = given.map(list).unwrap_or_default().iter().map(|v| text(v).to_owned()).collect();
    let mut volumes = Volumes::default();
    for line in &lines {
        problems.extend(volumes.add(line, home).err());
    }
    problems.extend(mounts::collisions(mounts, &lines));
    let made = |value: Value| if given.is_some() { value } else { Value::Null };
    let anonymous = volumes.anonymous.iter().map(|volume| (volume.clone(), json!({}))).collect();
    wish("volumes", "Config/Volumes", Kind::Set, made(Value::Object(anonymous)), volumes.anonymous.into());
    let binds = Value::from(volumes.binds);
    wish("volume_binds", "HostConfig/Binds", Kind::Set, made(binds.clone()), binds);
}

fn published(wanted: &Map<String, Value>, address: &str, wish: &mut Push<'_>, problems: &mut Vec<Fail>) {
    let mut published = ports::Published::default();
    for port in wanted.get("published_ports").map(list).unwrap_or_default() {
        problems.extend(published.add(text(port)).err());
    }
    if published.all && wanted.get("publish_all_ports").is_none() {
        wish("publish_all_ports", "HostConfig/PublishAllPorts", Kind::Single, true.into(), true.into());
    }
    if wanted.contains_key("published_ports") {
        let bindings = published.engine(address);
        wish("published_ports", "HostConfig/PortBindings", Kind::Map, bindings.clone(), bindings);
    }
    let mut exposed: Vec<String> = published.bindings.into_keys().collect();
    for port in wanted.get("exposed_ports").map(list).unwrap_or_default() {
        match ports::exposed(text(port)) {
            Ok(ports) => exposed.extend(ports),
            Err(fail) => problems.push(Fail::new(format!("`exposed_ports`: {}", fail.message))),
        }
    }
    exposed.put_in_order();
    exposed.dedup();
    let given = wanted.contains_key("published_ports") || wanted.contains_key("exposed_ports");
    let made = exposed.iter().map(|port| (port.clone(), json!({}))).collect();
    let made = if given { Value::Object(made) } else { Value::Null };
    wish("exposed_ports", "Config/ExposedPorts", Kind::Set, made, exposed.into());
}

/// What a new container is made of.
pub(super) fn body(wishes: &[Wish], image: &str) -> Value {
    let is = |option: &str| wishes.iter().find(|w| w.option == option).is_some_and(|w| w.wanted == true);
    let (attached, interactive) = (!is("detach"), is("interactive"));
    let mut body = json!({
        "Image": image, "OpenStdin": interactive, "AttachStdout": attached, "AttachStderr": attached,
        "AttachStdin": attached && interactive, "StdinOnce": attached && interactive,
    });
    for wish in wishes.iter().filter(|wish| !wish.made.is_null()) {
        put(&mut body, wish.place.strip_prefix("Config/").unwrap_or(wish.place), wish.made.clone());
    }
    body
}

/// What brings a container that is there to these wishes, as far as that can be done.
pub(super) fn update(wishes: &[Wish], container: &Value) -> Value {
    let mut body = json!({});
    for wish in wishes.iter().filter(|wish| wish.updates) {
        put(&mut body, wish.place.strip_prefix("HostConfig/").unwrap_or(wish.place), wish.made.clone());
    }
    // The engine gave twice the memory where no swap was named, and does not let memory outgrow it.
    let host = &container["HostConfig"];
    let doubled = host["MemorySwap"].as_i64() == host["Memory"].as_i64().map(|memory| memory * 2);
    if let (Some(memory), None, true) = (body["Memory"].as_i64(), body.get("MemorySwap"), doubled) {
        body["MemorySwap"] = if memory == 0 { (-1).into() } else { (memory * 2).into() };
    }
    body
}

/// The properties of a container that are not as wanted.
pub(super) fn differences(
    wishes: &[Wish],
    container: &Value,
    beside: Beside<'_>,
    comparisons: &Comparisons,
) -> Vec<Difference> {
    let mut all = Vec::new();
    for wish in wishes {
        let Some(wanted) = wish.expected(beside) else { continue };
        let found = wish.found(container, beside);
        let comparison = comparisons.of(wish.option, wish.kind);
        if !matches(&wanted, &found, comparison, wish.kind) && !wish.is_same(&wanted, &found) {
            let updates = wish.updates && !wish.is_stuck(container, &wanted);
            let [found, wanted] = [found, wanted].map(|value| shown(value, wish.kind));
            all.push(Difference { option: wish.option, found, wanted, updates });
        }
    }
    all
}

/// A value as it stands in a diff: what has no order of its own is sorted.
fn shown(mut value: Value, kind: Kind) -> Value {
    if let (Kind::Set, Some(items)) = (kind, value.as_array_mut()) {
        items.order_by(|one, other| text(one).cmp(text(other)));
    }
    value
}

impl Wish {
    /// What is to be found, with what the image brings; `None` where nothing is to be compared.
    fn expected(&self, beside: Beside<'_>) -> Option<Value> {
        let of_image = |name: &str| beside.image.map_or(&Value::Null, |image| &image["Config"][name]);
        Some(match self.option {
            "env" => {
                let name = |line: &Value| text(line).split('=').next().unwrap_or_default().to_owned();
                let own: Vec<String> = list(&self.wanted).iter().map(name).collect();
                let brought = list(of_image("Env")).iter().filter(|line| !own.contains(&name(line)));
                brought.chain(list(&self.wanted)).cloned().collect()
            }
            "labels" if beside.image_labels => {
                let brought = of_image("Labels").as_object().cloned().unwrap_or_default();
                let wanted = self.wanted.as_object().cloned().unwrap_or_default();
                Value::Object(brought.into_iter().chain(wanted).collect())
            }
            "command" if list(&self.wanted).is_empty() => of_image("Cmd").clone(),
            "volumes" => {
                let brought = of_image("Volumes").as_object().into_iter().flatten();
                let brought = brought.map(|(path, _)| Value::from(path.as_str()));
                let all: Vec<Value> = brought.chain(list(&self.wanted).iter().cloned()).collect();
                return (!all.is_empty()).then(|| all.into());
            }
            "exposed_ports" => {
                let brought = ports::found(of_image("ExposedPorts"));
                list(&brought).iter().chain(list(&self.wanted)).cloned().collect()
            }
            "platform" => platform::normal(text(&self.wanted), beside.engine.unwrap_or(&Value::Null)).into(),
            _ => self.wanted.clone(),
        })
    }

    /// What a container has.
    fn found(&self, container: &Value, beside: Beside<'_>) -> Value {
        let config = &container["Config"];
        let at = container.pointer(&format!("/{}", self.place)).unwrap_or(&Value::Null);
        match self.option {
            "detach" => (config["AttachStdout"] != true || config["AttachStderr"] != true).into(),
            "interactive" => (config["OpenStdin"] == true).into(),
            "capabilities" | "cap_drop" => list(at).iter().map(|name| capability(text(name))).collect(),
            "healthcheck" if at.is_null() || at["Test"] == json!(["NONE"]) => json!({"Test": ["NONE"]}),
            "mounts" => list(at).iter().map(mounts::options).collect(),
            "volumes" => {
                at.as_object().into_iter().flatten().map(|(path, _)| Value::from(path.as_str())).collect()
            }
            "exposed_ports" => ports::found(at),
            "platform" => beside.own_image.and_then(platform::of_image).into(),
            _ => at.clone(),
        }
    }

    /// Whether two words mean the same to the engine.
    fn is_same(&self, wanted: &Value, found: &Value) -> bool {
        match self.option {
            // Newer engines keep what `default` means.
            "network_mode" => *wanted == "default" && (*found == "bridge" || *found == "nat"),
            "pids_limit" => [wanted, found].into_iter().all(|limit| limit.as_i64().unwrap_or(0) <= 0),
            _ => false,
        }
    }

    /// Whether the engine does not change this one after all: it takes no 0 for an answer, and counts CPUs in
    /// one of two ways, for good.
    fn is_stuck(&self, container: &Value, wanted: &Value) -> bool {
        let is_set = |name: &str| container["HostConfig"][name].as_i64().is_some_and(|value| value != 0);
        match self.option {
            "cpus" if is_set("CpuPeriod") || is_set("CpuQuota") => true,
            "cpu_period" | "cpu_quota" if is_set("NanoCpus") => true,
            "restart_policy" | "restart_retries" => false,
            _ => *wanted == 0 || *wanted == "",
        }
    }
}

/// Labels of the image that a strict comparison would want removed, though a container always has them.
pub(super) fn labels_of_image(
    image: Option<&Value>,
    wanted: &Map<String, Value>,
    comparisons: &Comparisons,
) -> Vec<String> {
    let Some(wanted) = wanted.get("labels").and_then(Value::as_object) else { return Vec::new() };
    if comparisons.of("labels", Kind::Map) != Comparison::Strict {
        return Vec::new();
    }
    let brought = image.and_then(|image| image["Config"]["Labels"].as_object()).into_iter().flatten();
    brought.map(|(name, _)| name.clone()).filter(|name| !wanted.contains_key(name)).collect()
}
