//! marathon_app

mod server;
#[cfg(test)]
mod tests;

use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use crate::args::{Return, Secret};
use crate::web::Request;
use crate::{Fail, Hands, Module, Side, Target, args, choices, returns};

use server::Server;

args! {
    /// Run an application on Mesos by Marathon, change it, or take it away.
    ///
    /// What is wanted is compared with the application as Marathon has it, key by key; keys that are not named stay as
    /// they are. Then the deployment is waited for, and ends early when the new version fails again and again. Tested
    /// against a server that answers as Marathon documents it, not against Marathon itself.
    pub struct MarathonApp as "marathon_app" {
        /// The address of Marathon: `http://marathon.mesos:8080`.
        #[alias("marathon_url")]
        url: String,
        /// The application's id, as a path: `/shop/web`.
        #[alias("name", "id")]
        app_id: String,
        /// Whether it is to be there, gone, or started anew.
        state: State = "present",
        /// The application as Marathon's API has it; the options below come before it.
        #[alias("app")]
        definition: Map<String, Value> = "{}",
        /// The image of its container.
        image: Option<String>,
        /// The command line, for Mesos to give to a shell.
        cmd: Option<String>,
        /// The arguments, where there is no `cmd`.
        args: Option<Vec<String>>,
        /// How many of it run.
        instances: Option<u64>,
        /// How many processors each of them gets.
        cpus: Option<f64>,
        /// How many MiB of memory each of them gets.
        mem: Option<f64>,
        /// How many MiB of disk each of them gets.
        disk: Option<f64>,
        /// The environment; all of it.
        env: Option<Map<String, Value>>,
        /// The labels; all of them.
        labels: Option<Map<String, Value>>,
        /// Whether a deployment of the application that goes on is given up for this one.
        force: bool = false,
        /// Whether to wait until it is deployed.
        wait: bool = true,
        /// How many seconds to wait.
        wait_timeout: u64 = "300",
        /// A token of DC/OS to log in with.
        token: Option<Secret>,
        ..request: Request,
    }
}

returns! {
    /// The application as Marathon has it now.
    app: dict if "it is there",
    /// The deployment that was begun.
    deployment_id: str if "something was deployed",
}

choices! {
    /// What is to become of an application.
    pub enum State {
        /// There, and like this.
        Present = "present",
        /// Gone.
        Absent = "absent",
        /// Started anew, all of it.
        Restarted = "restarted",
    }
}

impl Module for MarathonApp {
    const RETURNS: &'static [Return] = RETURNS;
    const COLLECTION: &'static str = "community.general";
    const EXAMPLES: &'static str = "\
- name: Run three of the shop
  marathon_app:
    url: http://marathon.mesos:8080
    app_id: /shop/web
    image: registry.example.com/shop:2
    instances: 3
    cpus: 0.5
    mem: 256
    definition:
      healthChecks: [{protocol: MESOS_HTTP, path: /healthz}]

- name: Take it away
  marathon_app:
    url: http://marathon.mesos:8080
    app_id: /shop/web
    state: absent
";

    fn run(mut self, target: &mut Target) -> Result<(), Fail> {
        if let Some(token) = &self.token {
            let value = format!("token={}", token.reveal());
            self.request.headers.insert("Authorization".to_owned(), value.into());
        }
        let server = Server::new(&self.url, &self.app_id, self.request.clone());
        let found = server.app()?;
        let began = match (self.state, &found) {
            (State::Absent, None) => return Ok(()),
            (State::Absent, Some(_)) => self.remove(target, &server)?,
            (State::Restarted, Some(_)) => self.restart(target, &server)?,
            _ => self.place(target, &server, found.as_ref())?,
        };
        let running = found.iter().flat_map(|app| app["deployments"].as_array().cloned().unwrap_or_default());
        let ids = running
            .filter_map(|deployment| deployment["id"].as_str().map(str::to_owned))
            .chain(began.clone());
        let ids: Vec<String> = ids.collect();
        if let Some(id) = began {
            target.set("deployment_id", id);
        }
        if self.wait && !ids.is_empty() {
            self.follow(target, &server, &ids)?;
        }
        if let Some(app) = server.app()?.filter(|_| self.state != State::Absent) {
            target.set("app", app);
        }
        Ok(())
    }
}

impl MarathonApp {
    fn what(&self, server: &Server) -> String {
        format!("app {}", server.id)
    }

    /// Makes the application, or makes it like this; the deployment.
    fn place(
        &self,
        target: &mut Target,
        server: &Server,
        found: Option<&Value>,
    ) -> Result<Option<String>, Fail> {
        let wanted = self.wanted();
        let now = found.map(|app| shared(app, &Value::Object(wanted.clone())));
        let after = match &now {
            Some(now) => laid_over(now, &Value::Object(wanted.clone())),
            None => Value::Object(wanted.clone()),
        };
        let mut body = Value::Object(wanted);
        if let Some(app) = found {
            // Marathon keeps what is not named at the top only.
            body = kept_beneath(app, &body);
        }
        body["id"] = server.id.as_str().into();
        let made = target.change(&self.what(server), now, Side::Json(after), |hands| {
            server.put(hands, &body, self.force)
        })?;
        Ok(made.done().flatten())
    }

    fn remove(&self, target: &mut Target, server: &Server) -> Result<Option<String>, Fail> {
        let there = json!({"id": server.id});
        let gone = |hands: &mut Hands| server.delete(hands, self.force);
        Ok(target.change(&self.what(server), there, Side::Absent, gone)?.done().flatten())
    }

    fn restart(&self, target: &mut Target, server: &Server) -> Result<Option<String>, Fail> {
        let (old, new) = (json!({"started": "before"}), json!({"started": "anew"}));
        let made = target.change(&self.what(server), old, new, |hands| server.restart(hands, self.force))?;
        Ok(made.done().flatten())
    }

    /// What the options say, as Marathon's API has it.
    fn wanted(&self) -> Map<String, Value> {
        let mut wanted = self.definition.clone();
        wanted.remove("id");
        let mut set = |key: &str, value: Option<Value>| {
            if let Some(value) = value {
                wanted.insert(key.to_owned(), value);
            }
        };
        set("cmd", self.cmd.clone().map(Value::from));
        set("args", self.args.clone().map(Value::from));
        set("instances", self.instances.map(Value::from));
        set("cpus", self.cpus.map(Value::from));
        set("mem", self.mem.map(Value::from));
        set("disk", self.disk.map(Value::from));
        set("env", self.env.clone().map(Value::Object));
        set("labels", self.labels.clone().map(Value::Object));
        if let Some(image) = &self.image {
            let container = wanted.entry("container").or_insert_with(|| json!({"type": "DOCKER"}));
            container["docker"]["image"] = image.as_str().into();
        }
        wanted
    }

    /// Waits until no deployment of the application goes on.
    fn follow(&self, target: &mut Target, server: &Server, ids: &[String]) -> Result<(), Fail> {
        let until = Instant::now() + Duration::from_secs(self.wait_timeout);
        let mut failures: Vec<String> = Vec::new();
        loop {
            if !server.deployments()?.iter().any(|id| ids.contains(id)) {
                return Ok(());
            }
            if let Some((when, why)) = server.newest_failure()?
                && !failures.contains(&when)
            {
                failures.push(when);
                if failures.len() > 2 {
                    let fail = Fail::new(format!("`{}` fails again and again: {why}", server.id));
                    return Err(fail.hint("the deployment goes on; `force: true` replaces it by another"));
                }
            }
            if Instant::now() > until {
                let seconds = self.wait_timeout;
                return Err(Fail::new(format!("`{}` was not deployed within {seconds} seconds", server.id)));
            }
            if target.cancelled() {
                return Err(Fail::new("the run was interrupted; the deployment goes on"));
            }
            std::thread::sleep(Duration::from_millis(400));
        }
    }
}

/// Maps that are replaced as a whole, in which a key that is not named must not be there.
const WHOLE: [&str; 2] = ["env", "labels"];

/// The part of what is there that is spoken of.
fn shared(now: &Value, wanted: &Value) -> Value {
    match (now, wanted) {
        (Value::Object(now), Value::Object(wanted)) => {
            let keys = wanted.iter().filter_map(|(key, wanted)| {
                let now = now.get(key)?;
                let part = if WHOLE.contains(&key.as_str()) { now.clone() } else { shared(now, wanted) };
                Some((key.clone(), part))
            });
            Value::Object(keys.collect())
        }
        (Value::Array(now), Value::Array(wanted)) if now.len() == wanted.len() => {
            now.iter().zip(wanted).map(|(now, wanted)| shared(now, wanted)).collect()
        }
        // 1 and 1.0 are one number.
        (Value::Number(a), Value::Number(b)) if a.as_f64() == b.as_f64() => wanted.clone(),
        (now, _) => now.clone(),
    }
}

/// What is wanted, with what stands beside it in its maps.
fn kept_beneath(now: &Value, wanted: &Value) -> Value {
    let Value::Object(wanted) = wanted else { return wanted.clone() };
    let with = |(key, value): (&String, &Value)| {
        let whole = WHOLE.contains(&key.as_str());
        let value = match (&now[key], value) {
            (Value::Object(old), Value::Object(_)) if !whole => {
                let mut all = old.clone();
                if let Value::Object(new) = kept_beneath(&now[key], value) {
                    all.extend(new);
                }
                Value::Object(all)
            }
            (_, value) => value.clone(),
        };
        (key.clone(), value)
    };
    Value::Object(wanted.iter().map(with).collect())
}

/// What will be there: Marathon forgets null, and takes numbers as they are.
fn laid_over(now: &Value, wanted: &Value) -> Value {
    match (now, wanted) {
        (Value::Object(now), Value::Object(wanted)) => {
            let given = wanted.iter().filter(|(key, value)| !value.is_null() || now.contains_key(*key));
            let over = |(key, value): (&String, &Value)| {
                (key.clone(), now.get(key).map_or_else(|| value.clone(), |now| laid_over(now, value)))
            };
            Value::Object(given.map(over).collect())
        }
        (_, wanted) => wanted.clone(),
    }
}
