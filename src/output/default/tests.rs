//! Whole outputs.

use serde_json::{Map, Value, json};

use super::super::testing::{Buffer, tell};
use super::*;
use crate::event::{Outcome, Stream};

fn printed(verbosity: u8, events: &[Event]) -> String {
    let buffer = Buffer::default();
    let mut output = DefaultOutput::new(buffer.screen());
    tell(&mut output, &[&[started(verbosity)], events].concat());
    buffer.text()
}

fn started(verbosity: u8) -> Event {
    Event::RunStarted {
        format: 1,
        version: "0".into(),
        playbooks: vec!["site.yml".into()],
        plays: vec![1],
        check: false,
        diff: false,
        forks: 5,
        verbosity,
        config_file: None,
        log: None,
        time: 100.0,
    }
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn result(outcome: Outcome, value: Value) -> TaskResult {
    TaskResult { outcome, result: map(value), seconds: 0.5, ..TaskResult::default() }
}

fn play(hosts: &[&str], strategy: &str) -> Event {
    Event::PlayStarted {
        play: "web servers".into(),
        place: "site.yml:1".into(),
        hosts: hosts.iter().map(|host| Arc::from(*host)).collect(),
        steps: 1,
        strategy: strategy.into(),
        check: false,
        time: 100.0,
    }
}

fn info(id: u64, name: &str, action: &str) -> TaskInfo {
    let place = format!("site.yml:{}", 10 * id);
    TaskInfo { id, name: name.into(), action: action.into(), place, ..TaskInfo::default() }
}

fn task(info: TaskInfo) -> Event {
    Event::TaskStarted { task: info, time: 100.0 }
}

fn host(task: u64, host: &str, result: TaskResult) -> Event {
    Event::HostFinished { task, host: host.into(), result, rescued: false, time: 101.0 }
}

fn finish() -> Event {
    Event::RunFinished { stats: Stats::default(), time: 172.0, interrupted: false }
}

#[test]
fn the_same_on_many_hosts_is_said_once_and_what_is_ok_not_at_all() {
    let mut events = vec![play(&["web1", "web2", "web3"], "linear")];
    for (id, name, outcome) in [(1, "ping", Outcome::Ok), (2, "install", Outcome::Changed)] {
        events.push(task(info(id, name, "package")));
        events.extend(["web3", "web1", "web2"].map(|name| host(id, name, result(outcome, json!({})))));
    }
    events.push(finish());
    assert_eq!(
        printed(0, &events),
        "play web servers: 3 hosts
install
  web1–web3: changed
done in 1 m 12 s
  web1–web3  2 ok, 1 changed  1.0 s
"
    );
}

#[test]
fn a_failure_begins_with_the_line_that_tells_why() {
    let failed = json!({
        "msg": "non-zero return code", "rc": 3, "cmd": ["psql", "-f", "a b.sql"], "stdout": "",
        "stderr": "connecting\nERROR: relation \u{1b}[1m\"x\"\u{1b}[0m does not exist\nbye"
    });
    let events = [
        play(&["web1", "web2"], "linear"),
        task(info(1, "migrate", "command")),
        host(1, "web2", result(Outcome::Failed, failed)),
        host(1, "web1", result(Outcome::Changed, json!({"rc": 0, "stdout": "x"}))),
        finish(),
    ];
    assert_eq!(
        printed(0, &events),
        "play web servers: 2 hosts
migrate
  web1: changed
  web2: failed: ERROR: relation \"x\" does not exist (exit code 3)
    at site.yml:10
    command: psql -f 'a b.sql'
    stderr:
      connecting
      ERROR: relation \"x\" does not exist
      bye
done in 1 m 12 s
  web2  0 ok, 0 changed, 1 failed  0.5 s
  web1  1 ok, 1 changed  0.5 s
hint: again for these hosts: baton run site.yml … --limit web2
"
    );
}

#[test]
fn a_failure_of_the_text_shows_its_drawn_explanation() {
    let mut failed = result(Outcome::Failed, json!({"msg": "Task failed: …"}));
    failed.explanation = Some("error: `prot` is not defined\n --> site.yml:14:9\n".into());
    let events = [task(info(1, "write", "copy")), host(1, "a", failed)];
    assert_eq!(
        printed(0, &[&events[..], &[Event::PlayFinished { play: String::new(), time: 0.0 }]].concat()),
        "write
  a: failed: `prot` is not defined
    error: `prot` is not defined
     --> site.yml:14:9
"
    );
}

#[test]
fn debug_speaks_and_differences_are_drawn() {
    let mut write = info(2, "write", "template");
    (write.diff, write.role) = (true, Some("nginx".into()));
    let diff = json!({"diff": [{"before": "a\n", "after": "b\n", "after_header": "/etc/x"}]});
    let events = [
        task(info(1, "", "debug")),
        host(1, "a", result(Outcome::Ok, json!({"msg": "one\ntwo"}))),
        host(1, "b", result(Outcome::Ok, json!({"changed": false, "x": {"k": [1]}}))),
        task(write),
        host(2, "a", result(Outcome::Changed, diff)),
        finish(),
    ];
    assert_eq!(
        printed(0, &events),
        "debug
  a:
    one
    two
  b:
    x:
        k:
        - 1
nginx : write
  a: changed
    --- before
    +++ after: /etc/x
    @@ -1 +1 @@
    -a
    +b
done in 1 m 12 s
  a  2 ok, 1 changed  1.0 s
  b  1 ok, 0 changed  0.5 s
"
    );
}

#[test]
fn items_that_are_alike_stand_together() {
    let mut looped = info(1, "users", "user");
    looped.looped = true;
    let item = |host: &str, label: &str, outcome, value| Event::ItemFinished {
        task: 1,
        host: host.into(),
        label: label.into(),
        result: result(outcome, value),
        time: 1.0,
    };
    let events = [
        task(looped),
        item("a", "ann", Outcome::Changed, json!({})),
        item("a", "bob", Outcome::Changed, json!({})),
        host(1, "a", result(Outcome::Changed, json!({"results": []}))),
        item("b", "ann", Outcome::Ok, json!({})),
        item("b", "bob", Outcome::Failed, json!({"msg": "no such group"})),
        host(1, "b", result(Outcome::Failed, json!({"results": [], "msg": "One or more items failed"}))),
        item("c", "ann", Outcome::Skipped, json!({})),
        item("d", "ann", Outcome::Ok, json!({})),
        item("d", "bob", Outcome::Changed, json!({})),
        host(1, "d", result(Outcome::Changed, json!({"results": []}))),
        host(1, "c", result(Outcome::Skipped, json!({"results": []}))),
        Event::PlayFinished { play: String::new(), time: 0.0 },
    ];
    assert_eq!(
        printed(0, &events),
        "users
  a: changed: ann, bob
  d: changed: bob (1 of 2 items)
  b: failed, 1 of 2 items
    bob: failed: no such group
      at site.yml:10
"
    );
}

#[test]
fn one_v_shows_what_was_ok_and_skipped_and_what_commands_printed() {
    let mut skipped = result(Outcome::Skipped, json!({}));
    skipped.skip_reason = Some("`x == 1` is false".into());
    let events = [
        play(&["a"], "free"),
        task(info(1, "look", "command")),
        host(1, "a", result(Outcome::Ok, json!({"stdout": "x\ny", "stderr": "", "rc": 0}))),
        host(1, "b", skipped),
    ];
    assert_eq!(
        printed(1, &events),
        "play web servers: 1 host
look (site.yml:10)
  a: ok
    stdout:
      x
      y
  b: skipped: `x == 1` is false
"
    );
}

#[test]
fn a_long_command_shows_its_lines_as_they_come() {
    let line = |time, line: &str| Event::Output {
        task: 1,
        host: "a".into(),
        stream: Stream::Stdout,
        line: line.into(),
        time,
    };
    let events = [
        task(info(1, "build", "shell")),
        Event::HostStarted { task: 1, host: "a".into(), time: 100.0 },
        line(101.0, "first"),
        line(104.0, "second"),
        Event::StatusAsked {
            time: 165.0,
            doing: vec![Doing { host: "10.0.0.1".into(), what: "running `shell`".into(), seconds: 65.0 }],
        },
        host(1, "a", result(Outcome::Ok, json!({}))),
        Event::Pending { host: "a".into(), handlers: vec!["restart".into()] },
        finish(),
    ];
    assert_eq!(
        printed(0, &events),
        "build
  a │ first
  a │ second
1 host busy
  a: build, 1 m 05 s
  connection to 10.0.0.1: running `shell`, 1 m 05 s
done in 1 m 12 s
  a  1 ok, 0 changed  0.5 s
hint: handlers did not run on a: `restart`
"
    );
}

#[test]
fn secrets_and_warnings() {
    let mut secret = result(Outcome::Failed, json!({"msg": "psst", "stdout": "psst"}));
    secret.censored = true;
    let warned = json!({"warnings": ["odd"], "diff": {"before": "psst", "after": ""}});
    let events = [
        task(info(1, "login", "command")),
        host(1, "a", result(Outcome::Changed, warned)),
        host(1, "b", secret),
        Event::PlayFinished { play: String::new(), time: 0.0 },
    ];
    assert_eq!(
        printed(2, &events),
        "warning: odd (site.yml:10)
login (site.yml:10)
  a: changed
  b: failed: the result is hidden by `no_log`
"
    );
}
