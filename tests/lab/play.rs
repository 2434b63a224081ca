//! Plays for tests: some tasks on some hosts, run once or as check → run → run again.

use std::collections::BTreeMap;
use std::process::{Child, Command, Output};

use serde_json::Value;

use crate::host::{inventory, look};
use crate::test::Test;

/// Some tasks for some hosts.
#[derive(Clone)]
pub(crate) struct Play {
    hosts: String,
    head: String,
    tasks: String,
    files: Vec<(String, String)>,
    args: Vec<String>,
    inventory: Option<String>,
}

/// What came of it, out of the events.
pub(crate) struct Ran {
    pub(crate) status: i32,
    pub(crate) stderr: String,
    pub(crate) events: Vec<Value>,
    pub(crate) outcome: crate::test::Outcome,
}

/// A started run; ended when the test is, however that comes.
pub(crate) struct Running(Option<Child>);

impl Running {
    #[track_caller]
    pub(crate) fn start(test: &Test) -> Self {
        Self(Some(test.command().spawn().expect("a started baton")))
    }

    /// Sends a signal; `INT` is Ctrl-C, `USR1` asks what is being done.
    #[track_caller]
    pub(crate) fn signal(&self, name: &str) {
        let id = self.0.as_ref().expect("a running baton").id().to_string();
        assert!(Command::new("kill").args(["-s", name, &id]).status().expect("a kill").success());
    }

    /// Waits for its end.
    #[track_caller]
    pub(crate) fn end(mut self) -> Output {
        self.0.take().expect("a running baton").wait_with_output().expect("its output")
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if let Some(mut child) = self.0.take() {
            // It may have ended by itself.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

impl Play {
    /// Nothing yet, for the hosts of a pattern.
    pub(crate) fn on(hosts: &str) -> Self {
        Self {
            hosts: hosts.into(),
            head: String::new(),
            tasks: String::new(),
            files: Vec::new(),
            args: Vec::new(),
            inventory: None,
        }
    }

    /// As root, by sudo without password.
    pub(crate) fn as_root(self) -> Self {
        self.keyword("become: true")
    }

    /// Logs in as this user, whatever the inventory says.
    pub(crate) fn user(self, name: &str) -> Self {
        self.keyword(&format!("vars: {{ansible_user: {name}}}"))
    }

    /// Adds a keyword of the play.
    pub(crate) fn keyword(mut self, line: &str) -> Self {
        self.head += &format!("  {line}\n");
        self
    }

    /// Adds tasks, written without indentation.
    pub(crate) fn tasks(mut self, text: &str) -> Self {
        for line in text.trim_matches('\n').lines() {
            self.tasks += &format!("    {line}\n");
        }
        self
    }

    /// Puts a file beside the playbook.
    pub(crate) fn file(mut self, path: &str, text: &str) -> Self {
        self.files.push((path.into(), text.into()));
        self
    }

    pub(crate) fn args<const N: usize>(mut self, args: [&str; N]) -> Self {
        self.args.extend(args.map(str::to_owned));
        self
    }

    /// An inventory in place of the lab's.
    pub(crate) fn inventory(mut self, text: &str) -> Self {
        self.inventory = Some(text.into());
        self
    }

    /// The test that it is, to be run in another way.
    pub(crate) fn test(&self) -> Test {
        let facts = if self.head.contains("gather_facts") { "" } else { "  gather_facts: false\n" };
        let playbook = format!("- hosts: {}\n{facts}{}  tasks:\n{}", self.hosts, self.head, self.tasks);
        let mut test = Test::new().playbook(&playbook).args(["run", "playbook.yml", "--no-log"]);
        for (path, text) in &self.files {
            test = test.file(path, text);
        }
        test = match &self.inventory {
            Some(text) => test.inventory(text),
            None => test.args(["-i".to_owned(), inventory().display().to_string()]),
        };
        test.args(self.args.clone())
    }

    /// Runs it, whatever comes of it.
    pub(crate) fn look(&self) -> Ran {
        Ran::of(self.test().args(["--output", "json"]).look())
    }

    /// Runs it; it must end with this status.
    #[track_caller]
    pub(crate) fn ends(&self, status: i32) -> Ran {
        let ran = self.look();
        assert_eq!(ran.status, status, "{}", ran.told());
        ran
    }

    /// Runs it; all must go well.
    #[track_caller]
    pub(crate) fn run(&self) -> Ran {
        self.ends(0)
    }

    /// Check mode must foretell a change and make none, a run must make it, and a second run must change nothing;
    /// `command` looks at the first host before and after.
    #[track_caller]
    pub(crate) fn converges(&self, command: &str, before: &str, after: &str) {
        let host = self.hosts.split([',', ':']).next().unwrap_or_default().to_owned();
        assert_eq!(look(&host, command), before, "before anything was run");
        let foretold = self.clone().args(["--check", "--diff"]).run();
        assert_eq!(look(&host, command), before, "check mode changed the host");
        assert!(foretold.count(&host, "changed") > 0, "check mode foretold no change: {}", foretold.told());
        let made = self.run();
        assert_eq!(look(&host, command), after, "after the run: {}", made.told());
        assert!(made.count(&host, "changed") > 0, "the run told of no change: {}", made.told());
        assert_eq!(
            foretold.count(&host, "changed"),
            made.count(&host, "changed"),
            "check mode foretold otherwise"
        );
        let again = self.run();
        assert_eq!(look(&host, command), after, "after the second run: {}", again.told());
        assert_eq!(again.count(&host, "changed"), 0, "the second run changed something: {}", again.told());
        let checked = self.clone().args(["--check"]).run();
        assert_eq!(checked.count(&host, "changed"), 0, "check mode foretold too much: {}", checked.told());
    }
}

impl Ran {
    /// Reads the events that were printed.
    pub(crate) fn of(outcome: crate::test::Outcome) -> Self {
        let events = outcome.stdout.lines().filter_map(|line| serde_json::from_str(line).ok()).collect();
        Self { status: outcome.status, stderr: outcome.stderr.clone(), events, outcome }
    }

    /// A count of the recap.
    #[track_caller]
    pub(crate) fn count(&self, host: &str, what: &str) -> u64 {
        let last = self.events.last().unwrap_or_else(|| panic!("no events: {}", self.stderr));
        last["stats"]["hosts"][host][what].as_u64().unwrap_or(0)
    }

    /// The result of the task with this name on a host; a task without name is called as its module.
    #[track_caller]
    pub(crate) fn result(&self, host: &str, task: &str) -> Value {
        let is_it = |e: &&Value| {
            let named = if e["task"]["name"] == "" { "action" } else { "name" };
            e["event"] == "task_started" && e["task"][named] == task
        };
        let id = self.events.iter().filter(is_it).map(|e| e["task"]["id"].clone()).next();
        let id = id.unwrap_or_else(|| panic!("no task `{task}`: {}", self.told()));
        let ended = |e: &&Value| e["event"] == "host_finished" && e["task"] == id && e["host"] == host;
        let found = self.events.iter().find(ended);
        found.unwrap_or_else(|| panic!("`{task}` did not end on {host}: {}", self.told()))["result"]["result"]
            .clone()
    }

    /// How each host's tasks ended, for messages of failed tests.
    pub(crate) fn told(&self) -> String {
        let mut names = BTreeMap::new();
        let mut out = String::new();
        for event in &self.events {
            if event["event"] == "task_started" {
                names.insert(event["task"]["id"].as_u64(), event["task"]["name"].clone());
            } else if event["event"] == "host_finished" {
                let name = names.get(&event["task"].as_u64()).cloned().unwrap_or_default();
                let result = &event["result"];
                out += &format!("\n{} {name}: {} {}", event["host"], result["outcome"], result["result"]);
            }
        }
        format!("status {}{out}\n{}", self.status, self.stderr)
    }
}
