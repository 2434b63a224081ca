//! A swarm as its manager sees it: who is in it, its services and their tasks, and how these come about.

use std::time::{Duration, Instant};

use serde_json::{Value, json};

use super::{Client, query};
use crate::sorting::Sorting;
use crate::{Fail, Hands};

const PAUSE: Duration = Duration::from_millis(250);

/// How long a service must be as wanted before it is believed.
const STABLE: Duration = Duration::from_secs(2);

/// What an engine says of the swarm it is in.
pub struct Membership {
    /// `active`, `inactive`, `pending`, `locked` or `error`.
    pub state: String,
    /// Whether this engine is a manager.
    pub manager: bool,
    /// Its number in the swarm.
    pub node: String,
}

impl Membership {
    /// Whether the engine is in a swarm, well or not.
    pub fn is_member(&self) -> bool {
        self.state != "inactive" && !self.state.is_empty()
    }
}

impl Client {
    /// The swarm that the engine is in.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn membership(&self) -> Result<Membership, Fail> {
        let swarm = self.get("/info")?["Swarm"].take();
        let word = |name: &str| swarm[name].as_str().unwrap_or_default().to_owned();
        Ok(Membership {
            state: word("LocalNodeState"),
            manager: swarm["ControlAvailable"] == true,
            node: word("NodeID"),
        })
    }

    /// Makes sure that the engine manages a swarm.
    ///
    /// # Errors
    /// When it does not, with how to mend it.
    pub fn need_manager(&self) -> Result<Membership, Fail> {
        let membership = self.membership()?;
        if membership.manager {
            return Ok(membership);
        }
        Err(match membership.state.as_str() {
            "inactive" | "" => Fail::new("the engine is in no swarm").hint("make one with `docker_swarm`"),
            "locked" => {
                Fail::new("the engine's swarm is locked").hint("unlock it with `docker swarm unlock`")
            }
            _ => Fail::new("the engine is a worker of its swarm, not a manager")
                .hint("run the task on a manager"),
        })
    }

    /// What a path lists, with filters, by name.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn listed(&self, path: &str, filters: &Value) -> Result<Vec<Value>, Fail> {
        let filters = if filters.is_null() { String::new() } else { filters.to_string() };
        let separator = if path.contains('?') { "&" } else { "?" };
        let words = query("", &[("filters", &filters)]).replacen('?', separator, 1);
        let mut all = self.get(&format!("{path}{words}"))?.as_array().cloned().unwrap_or_default();
        // The engine lists in any order, which differs from time to time.
        all.order_by_key(|one| one["Name"].as_str().or(one["Spec"]["Name"].as_str()).map(str::to_owned));
        Ok(all)
    }

    /// The one of a list whose `Spec` has this name.
    ///
    /// # Errors
    /// When the engine cannot be asked.
    pub fn of_name(&self, path: &str, name: &str) -> Result<Option<Value>, Fail> {
        let all = self.listed(path, &json!({"name": [name]}))?;
        Ok(all.into_iter().find(|one| one["Spec"]["Name"] == name))
    }

    /// Waits until a service has come about, or cannot.
    ///
    /// # Errors
    /// With what its tasks say, when they fail, or when it takes too long.
    pub fn converged(&self, hands: &mut Hands<'_>, id: &str, limit: Option<Duration>) -> Result<(), Fail> {
        let begun = Instant::now();
        let mut well: Option<Instant> = None;
        loop {
            let service = self.service_status(id)?;
            let name = service["Spec"]["Name"].as_str().unwrap_or(id).to_owned();
            let tasks = self.listed("/tasks", &json!({"service": [id]}))?;
            match self.progress_of(&service, &tasks) {
                Progress::Well if is_job(&service) || well.is_some_and(|since| since.elapsed() >= STABLE) => {
                    return Ok(());
                }
                Progress::Well => drop(well.get_or_insert_with(Instant::now)),
                Progress::Failed(why) => return Err(self.told(&name, &why, &tasks)),
                Progress::NotYet(why) => {
                    well = None;
                    if limit.is_some_and(|limit| begun.elapsed() >= limit) {
                        let seconds = limit.unwrap_or_default().as_secs();
                        return Err(self.told(&name, &format!("{why} after {seconds} s"), &tasks));
                    }
                }
            }
            if hands.cancelled() {
                return Err(Fail::new("the run was interrupted"));
            }
            std::thread::sleep(PAUSE);
        }
    }

    fn service_status(&self, id: &str) -> Result<Value, Fail> {
        let mut service = self.get(&format!("/services/{id}"))?;
        let status = self.listed("/services?status=true", &json!({"id": [id]}))?;
        if let Some(status) = status.first() {
            service["ServiceStatus"] = status["ServiceStatus"].clone();
        }
        Ok(service)
    }

    fn progress_of(&self, service: &Value, tasks: &[Value]) -> Progress {
        let update = service.pointer("/UpdateStatus/State").and_then(Value::as_str).unwrap_or_default();
        let message = service.pointer("/UpdateStatus/Message").and_then(Value::as_str).unwrap_or_default();
        match update {
            "paused" | "rollback_paused" => {
                return Progress::Failed(format!("the update is paused: {message}"));
            }
            "rollback_started" => return Progress::NotYet("the update is being rolled back".to_owned()),
            "rollback_completed" => {
                return Progress::Failed(format!("the update was rolled back: {message}"));
            }
            _ => {}
        }
        let current = |task: &&Value| same_task(&task["Spec"], &service["Spec"]["TaskTemplate"]);
        let own: Vec<&Value> = tasks.iter().filter(current).collect();
        let state = |task: &Value| task["Status"]["State"].as_str().unwrap_or_default().to_owned();
        let failed = own.iter().filter(|task| state(task) == "failed").count();
        // An update has its own rules for failures, and says so above.
        if own.iter().any(|task| state(task) == "rejected") || failed >= 2 && update != "updating" {
            return Progress::Failed("its tasks fail".to_owned());
        }
        let stuck = |task: &&&Value| state(task) == "pending" && !error(task).is_empty();
        if let Some(task) = own.iter().find(stuck) {
            return Progress::Failed(format!("a task finds no node: {}", error(task)));
        }
        let count = |name: &str| service["ServiceStatus"][name].as_u64().unwrap_or(0);
        let (running, desired, done) =
            (count("RunningTasks"), count("DesiredTasks"), count("CompletedTasks"));
        if is_job(service) {
            return if done >= desired {
                Progress::Well
            } else {
                Progress::NotYet(format!("{done} of {desired} tasks are done"))
            };
        }
        let fresh =
            own.iter().filter(|task| state(task) == "running" && task["DesiredState"] == "running").count()
                as u64;
        if running >= desired && fresh >= desired && update != "updating" {
            Progress::Well
        } else {
            Progress::NotYet(format!("{fresh} of {desired} tasks run"))
        }
    }

    /// A failure with what the tasks say, and the last lines of one that failed on this node.
    fn told(&self, name: &str, why: &str, tasks: &[Value]) -> Fail {
        let mut errors: Vec<&str> = Vec::new();
        let mut container = "";
        let mut newest: Vec<&Value> = tasks.iter().collect();
        newest.order_by_key(|task| std::cmp::Reverse(task["CreatedAt"].as_str().unwrap_or_default()));
        for task in newest {
            let words = error(task);
            if !words.is_empty() && !errors.contains(&words) {
                errors.push(words);
            }
            let id = task
                .pointer("/Status/ContainerStatus/ContainerID")
                .and_then(Value::as_str)
                .unwrap_or_default();
            if container.is_empty() && task["Status"]["State"] == "failed" {
                container = id;
            }
        }
        let mut words = format!("service `{name}` did not come about: {why}");
        for error in &errors {
            words += &format!("\ntask: {error}");
        }
        let lines = if container.is_empty() {
            Vec::new()
        } else {
            self.last_lines(container, false, 10).unwrap_or_default()
        };
        if !lines.is_empty() {
            words += &format!("\nlast lines:\n  {}", lines.join("\n  "));
        }
        Fail::new(words)
    }
}

enum Progress {
    Well,
    NotYet(String),
    Failed(String),
}

fn error(task: &Value) -> &str {
    task["Status"]["Err"].as_str().unwrap_or_default()
}

fn is_job(service: &Value) -> bool {
    let mode = &service["Spec"]["Mode"];
    mode.get("ReplicatedJob").or(mode.get("GlobalJob")).is_some()
}

/// Whether a task is of the service as it is now.
fn same_task(task: &Value, template: &Value) -> bool {
    let same = |key: &str| task[key] == template[key];
    ["ContainerSpec", "Placement", "ForceUpdate"].iter().all(|key| same(key)) || {
        let image = |spec: &Value| spec["ContainerSpec"]["Image"].clone();
        image(task) == image(template)
            && same("ForceUpdate")
            && task["ContainerSpec"]["Env"] == template["ContainerSpec"]["Env"]
            && task["ContainerSpec"]["Args"] == template["ContainerSpec"]["Args"]
            && task["ContainerSpec"]["Command"] == template["ContainerSpec"]["Command"]
    }
}
