//! Carries a plan's steps out on the engine.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::forms::{list, text};
use super::plan::{Step, is_running, link};
use super::wait::Ended;
use super::{DockerContainer, wait};
use crate::docker::{Client, Error, Request, escape, query};
use crate::{Fail, Hands};

/// How long the engine may take beyond the time to stop, in seconds.
const MARGIN: u64 = 60;

/// The work on one container.
pub(super) struct Work<'a> {
    pub(super) module: &'a DockerContainer,
    pub(super) client: &'a Client,
    /// The container that is there.
    pub(super) found: Option<&'a Value>,
    /// What a new one is made of, and how one that is there is updated.
    pub(super) body: Value,
    pub(super) update: Value,
    /// The networks that a new one is in from the first.
    pub(super) networks: &'a [Value],
    /// Whether an earlier one is still on its way out.
    pub(super) removing: bool,
    /// What the engine warned of.
    pub(super) warnings: Vec<String>,
    /// How the container ended, where its end was waited for.
    pub(super) ended: Option<Ended>,
    /// The name of the one that is replaced, kept until the new one runs.
    pub(super) aside: Option<String>,
}

/// The path of a container.
pub(super) fn path(container: &str, rest: &str) -> String {
    format!("/containers/{}{rest}", escape(container))
}

impl<'a> Work<'a> {
    /// Work that makes nothing new.
    pub(super) fn new(module: &'a DockerContainer, client: &'a Client, found: Option<&'a Value>) -> Self {
        let (body, update) = (Value::Null, Value::Null);
        Self {
            module,
            client,
            found,
            body,
            update,
            networks: &[],
            removing: false,
            warnings: Vec::new(),
            ended: None,
            aside: None,
        }
    }

    /// Takes the steps in turn; what does not come about leaves the container that was there.
    pub(super) fn take(&mut self, hands: &mut Hands, steps: &[Step]) -> Result<(), Fail> {
        let taken = self.take_all(hands, steps).and_then(|()| self.forget(hands));
        taken.map_err(|fail| self.put_back(hands, fail))
    }

    fn take_all(&mut self, hands: &mut Hands, steps: &[Step]) -> Result<(), Fail> {
        let mut id = self.found.map(|container| text(&container["Id"]).to_owned()).unwrap_or_default();
        if self.removing {
            self.gone_or(&self.module.name, |_| false, self.patience())?;
        }
        for step in steps {
            match step {
                Step::Create => id = self.create(hands, &self.module.name)?,
                Step::Replace => id = self.replace(hands)?,
                Step::Update => {
                    let answer = self.client.post(hands, &path(&id, "/update"), &self.update);
                    let answer = answer.map_err(|error| self.failed("update", error))?;
                    self.warned(&answer);
                }
                Step::Disconnect(network) => {
                    let body = json!({"Container": id});
                    let place = format!("/networks/{}/disconnect", escape(network));
                    let done = self.client.post(hands, &place, &body);
                    done.map_err(|error| {
                        self.failed(&format!("disconnect from network `{network}`"), error)
                    })?;
                }
                Step::Connect(network) => {
                    let name = text(&network["name"]);
                    let body = json!({"Container": id, "EndpointConfig": endpoint(network)});
                    let place = format!("/networks/{}/connect", escape(name));
                    let done = self.client.post(hands, &place, &body);
                    done.map_err(|error| self.failed(&format!("connect to network `{name}`"), error))?;
                }
                Step::Start => self.start(hands, &id)?,
                Step::Restart => {
                    let seconds = self.module.stop_timeout().unwrap_or(10);
                    let place = query(&path(&id, "/restart"), &[("t", &seconds.to_string())]);
                    self.patient(hands, place, seconds).map_err(|error| self.failed("restart", error))?;
                }
                Step::Stop => self.stop(hands, &id)?,
                Step::Pause => self.simply(hands, &id, "pause")?,
                Step::Unpause => self.simply(hands, &id, "unpause")?,
                Step::Remove => self.remove(hands, &id)?,
            }
        }
        Ok(())
    }

    fn failed(&self, what: &str, error: Error) -> Fail {
        error.when(&format!("cannot {what} container `{}`", self.module.name))
    }

    fn warned(&mut self, answer: &Value) {
        self.warnings.extend(list(&answer["Warnings"]).iter().map(|warning| text(warning).to_owned()));
    }

    fn simply(&self, hands: &mut Hands, id: &str, verb: &'static str) -> Result<(), Fail> {
        let done = self.client.post(hands, &path(id, &format!("/{verb}")), &Value::Null);
        done.map(drop).map_err(|error| self.failed(verb, error))
    }

    /// Posts what takes as long as a container takes to stop.
    fn patient(&self, hands: &mut Hands, place: String, seconds: i64) -> Result<(), Error> {
        let limit = Duration::from_secs(seconds.unsigned_abs() + MARGIN);
        self.client.send(hands, Request::new("POST", place).patience(limit)).map(drop)
    }

    fn create(&mut self, hands: &mut Hands, name: &str) -> Result<String, Fail> {
        let mut body = self.body.clone();
        for network in self.networks {
            body["NetworkingConfig"]["EndpointsConfig"][text(&network["name"])] = endpoint(network);
        }
        let platform = self.module.wanted.0.get("platform").map(text).unwrap_or_default();
        let place = query("/containers/create", &[("name", name), ("platform", platform)]);
        let made = self.client.post(hands, &place, &body).map_err(|error| self.failed("create", error))?;
        self.warned(&made);
        Ok(text(&made["Id"]).to_owned())
    }

    /// The new container is made first: what the engine does not take leaves the old one as it is. That stands aside
    /// until the new one runs, as its start may fail too.
    fn replace(&mut self, hands: &mut Hands) -> Result<String, Fail> {
        let Some(old) = self.found else { return self.create(hands, &self.module.name) };
        let (old_id, name) = (text(&old["Id"]), text(&old["Name"]).trim_start_matches('/'));
        let short = old_id.get(..12).unwrap_or(old_id);
        let new = self.create(hands, &format!("{name}.new-{short}"))?;
        self.aside = Some(new.clone());
        if is_running(old) {
            self.stop(hands, old_id)?;
        }
        let rename = |hands: &mut Hands, id: &str, name: &str| {
            self.client.post(hands, &query(&path(id, "/rename"), &[("name", name)]), &Value::Null)
        };
        match rename(hands, old_id, &format!("{name}.old-{short}")) {
            // One that removes itself has done so.
            Err(error) if error.is_missing() || error.message.contains("removal") => {
                self.gone_or(old_id, |_| false, self.patience())?;
            }
            other => drop(other.map_err(|error| self.failed("rename the old", error))?),
        }
        rename(hands, &new, name).map_err(|error| self.failed("rename the new", error))?;
        Ok(new)
    }

    /// Removes the one that was replaced.
    fn forget(&mut self, hands: &mut Hands) -> Result<(), Fail> {
        match (self.aside.take(), self.found) {
            (Some(_), Some(old)) => self.remove(hands, text(&old["Id"])),
            _ => Ok(()),
        }
    }

    /// Has the old container stand where it stood, as it was, and tells it.
    fn put_back(&mut self, hands: &mut Hands, fail: Fail) -> Fail {
        let (Some(new), Some(old)) = (self.aside.take(), self.found) else { return fail };
        let (id, name) = (text(&old["Id"]), text(&old["Name"]).trim_start_matches('/'));
        let post = |hands: &mut Hands, place: String| self.client.post(hands, &place, &Value::Null);
        let back = self.client.delete(hands, &path(&new, "?force=1&v=1")).and_then(|_| {
            if text(&self.client.get(&path(id, "/json"))?["Name"]).trim_start_matches('/') != name {
                post(hands, query(&path(id, "/rename"), &[("name", name)]))?;
            }
            if is_running(old) {
                post(hands, path(id, "/start"))?;
            }
            if old["State"]["Paused"] == true {
                post(hands, path(id, "/pause"))?;
            }
            Ok(())
        });
        let words = match back {
            Ok(()) if is_running(old) => "; the old one runs again".to_owned(),
            Ok(()) => "; the old one is there as before".to_owned(),
            Err(error) => format!("; the old one could not be brought back: {}", error.message),
        };
        Fail { message: fail.message.clone() + &words, ..fail }
    }

    fn start(&mut self, hands: &mut Hands, id: &str) -> Result<(), Fail> {
        let waits = self.module.wanted.0.get("detach").is_some_and(|detach| *detach == false);
        // Asked before the start, so that no end is too quick to be seen.
        let condition = if self.module.removes_itself() { "removed" } else { "next-exit" };
        let waiting = match waits {
            true => {
                let place = query(&path(id, "/wait"), &[("condition", condition)]);
                let open = self.client.send_open(hands, Request::new("POST", place));
                Some(open.map_err(|error| self.failed("wait for", error))?)
            }
            false => None,
        };
        self.client.post(hands, &path(id, "/start"), &Value::Null).map_err(|error| {
            let is_old = self.found.is_some_and(|old| old["Id"] == id);
            let made = if is_old || self.aside.is_some() { "" } else { " (it was made)" };
            self.failed(&format!("start{made}"), error)
        })?;
        self.forget(hands)?;
        match waiting {
            Some(answer) => {
                let ended = wait::end(self.module, self.client, hands, id, answer)?;
                if self.module.cleanup && !self.module.removes_itself() {
                    self.remove(hands, id)?;
                }
                self.ended = Some(ended);
                Ok(())
            }
            None => wait::beginning(self.module, self.client, id),
        }
    }

    fn stop(&self, hands: &mut Hands, id: &str) -> Result<(), Fail> {
        if self.module.force_kill {
            let signal = self.module.kill_signal.as_deref().unwrap_or_default();
            let place = query(&path(id, "/kill"), &[("signal", signal)]);
            let done = self.client.post(hands, &place, &Value::Null);
            done.map_err(|error| self.failed("kill", error))?;
            return self.gone_or(id, |container| !is_running(container), Duration::from_secs(MARGIN));
        }
        let seconds = self.module.stop_timeout();
        let given = seconds.map(|seconds| seconds.to_string()).unwrap_or_default();
        let place = query(&path(id, "/stop"), &[("t", &given)]);
        let limit = seconds.unwrap_or_else(|| {
            let own = self.found.and_then(|container| container["Config"]["StopTimeout"].as_i64());
            own.unwrap_or(10)
        });
        self.patient(hands, place, limit).map_err(|error| self.failed("stop", error))
    }

    fn remove(&self, hands: &mut Hands, id: &str) -> Result<(), Fail> {
        let volumes = if self.module.keep_volumes { "" } else { "1" };
        let place = query(&path(id, ""), &[("force", "1"), ("v", volumes)]);
        match self.client.delete(hands, &place) {
            // It may be on its way out by itself.
            Err(error) if error.is_missing() || error.message.contains("already in progress") => {}
            other => drop(other.map_err(|error| self.failed("remove", error))?),
        }
        self.gone_or(id, |_| false, self.patience())
    }

    /// How long a removal may take.
    fn patience(&self) -> Duration {
        let limit = |seconds| Duration::try_from_secs_f64(seconds).unwrap_or_default();
        self.module.removal_wait_timeout.map_or(Duration::MAX, limit)
    }

    /// Waits until a container is gone, or as asked.
    fn gone_or(&self, id: &str, well: fn(&Value) -> bool, limit: Duration) -> Result<(), Fail> {
        let since = Instant::now();
        while let Some(container) = self.client.find(&path(id, "/json"))? {
            if well(&container) {
                return Ok(());
            }
            if since.elapsed() > limit {
                let state = text(&container["State"]["Status"]);
                let name = &self.module.name;
                return Err(Fail::new(format!(
                    "container `{name}` is still {state} after {} seconds",
                    limit.as_secs()
                )));
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }
}

/// A network as the engine takes it.
fn endpoint(network: &Value) -> Value {
    let mut endpoint = json!({});
    for (option, place) in [
        ("ipv4_address", "IPAMConfig/IPv4Address"),
        ("ipv6_address", "IPAMConfig/IPv6Address"),
        ("aliases", "Aliases"),
        ("links", "Links"),
        ("mac_address", "MacAddress"),
    ] {
        let Some(value) = network.get(option) else { continue };
        let value = if option == "links" { list(value).iter().map(link).collect() } else { value.clone() };
        super::wishes::put(&mut endpoint, place, value);
    }
    endpoint
}
