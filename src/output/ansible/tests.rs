//! Whole outputs, as ansible-core 2.19.14 printed them for the same runs.

use serde_json::{Map, Value, json};

use super::super::testing::{Buffer, tell};
use super::*;
use crate::event::{Cause, Origin};

/// What a sequence of events prints.
fn printed(settings: Settings, verbosity: u8, events: &[Event]) -> String {
    let buffer = Buffer::default();
    let mut output = Ansible::new(buffer.screen(), settings);
    output.verbosity = verbosity;
    tell(&mut output, events);
    buffer.text()
}

fn plain(events: &[Event]) -> String {
    printed(Settings::default(), 0, events)
}

fn map(value: Value) -> Map<String, Value> {
    value.as_object().cloned().unwrap_or_default()
}

fn result(outcome: Outcome, value: Value) -> TaskResult {
    TaskResult { outcome, result: map(value), ..TaskResult::default() }
}

fn play(name: &str) -> Event {
    Event::PlayStarted {
        play: name.into(),
        place: "a.yml:1".into(),
        hosts: vec!["h1".into(), "h2".into()],
        steps: 1,
        strategy: "linear".into(),
        check: false,
        time: 0.0,
    }
}

fn info(id: u64, name: &str, action: &str) -> TaskInfo {
    TaskInfo { id, name: name.into(), action: action.into(), place: "a.yml:7".into(), ..TaskInfo::default() }
}

fn task(info: TaskInfo) -> Event {
    Event::TaskStarted { task: info, time: 0.0 }
}

fn host(task: u64, host: &str, result: TaskResult) -> Event {
    Event::HostFinished { task, host: host.into(), result, rescued: false, time: 0.0 }
}

fn item(task: u64, host: &str, label: Value, result: TaskResult) -> Event {
    Event::ItemFinished { task, host: host.into(), label, result, time: 0.0 }
}

fn finish() -> Event {
    Event::RunFinished { stats: Stats::default(), time: 0.0, interrupted: false }
}

fn origin() -> Origin {
    Origin {
        path: "/tmp/pb/a.yml".into(),
        line: 27,
        column: 7,
        lines: vec![
            "      loop: [1, 2]".into(),
            "      when: item == 3".into(),
            "    - name: fail ignored".into(),
        ],
    }
}

#[test]
fn a_play_with_good_results_and_a_recap() {
    let text = plain(&[
        play("First"),
        task(info(1, "Say", "debug")),
        host(1, "h1", result(Outcome::Ok, json!({"changed": false, "msg": "hello h1"}))),
        task(info(2, "", "ansible.builtin.command")),
        host(2, "h2", result(Outcome::Changed, json!({"changed": true, "rc": 0}))),
        host(2, "h1", result(Outcome::Skipped, json!({"changed": false, "skipped": true}))),
        finish(),
    ]);
    assert_eq!(
        text,
        "
PLAY [First] *******************************************************************

TASK [Say] *********************************************************************
ok: [h1] => {
    \"msg\": \"hello h1\"
}

TASK [ansible.builtin.command] *************************************************
changed: [h2]
skipping: [h1]

PLAY RECAP *********************************************************************
h1                         : ok=1    changed=0    unreachable=0    failed=0    skipped=1    rescued=0    ignored=0   \n\
h2                         : ok=1    changed=1    unreachable=0    failed=0    skipped=0    rescued=0    ignored=0   \n
"
    );
}

#[test]
fn an_ignored_failure_shows_its_place_once() {
    let failed =
        || result(Outcome::Ignored, json!({"changed": true, "msg": "non-zero return code", "rc": 1}));
    let mut info = info(1, "fail ignored", "command");
    info.origin = Some(origin());
    let text = plain(&[task(info), host(1, "h1", failed()), host(1, "h2", failed())]);
    assert_eq!(
        text,
        "
TASK [fail ignored] ************************************************************
[ERROR]: Task failed: Module failed: non-zero return code
Origin: /tmp/pb/a.yml:27:7

25       loop: [1, 2]
26       when: item == 3
27     - name: fail ignored
         ^ column 7

fatal: [h1]: FAILED! => {\"changed\": true, \"msg\": \"non-zero return code\", \"rc\": 1}
...ignoring
fatal: [h2]: FAILED! => {\"changed\": true, \"msg\": \"non-zero return code\", \"rc\": 1}
...ignoring
"
    );
}

#[test]
fn a_chain_of_causes_is_drawn_link_by_link() {
    let at = |line, column, lines: &[&str]| {
        let lines = lines.iter().map(|l| l.to_string()).collect();
        Some(Origin { path: "/tmp/pb/a.yml".into(), line, column, lines })
    };
    let mut info = info(1, "undefined", "debug");
    info.origin = at(56, 7, &["    - include_tasks: inc.yml", "      loop: [1, 2]", "    - name: undefined"]);
    let words = "Task failed: Finalization of task args for 'ansible.builtin.debug' failed: Error while resolving \
                 value for 'msg': 'nosuch' is undefined";
    let mut failed = result(Outcome::Failed, json!({"msg": words}));
    failed.causes = vec![
        Cause {
            message: "Finalization of task args for 'ansible.builtin.debug' failed".into(),
            origin: at(57, 7, &["      loop: [1, 2]", "    - name: undefined", "      debug:"]),
        },
        Cause {
            message: "Error while resolving value for 'msg': 'nosuch' is undefined".into(),
            origin: at(58, 14, &["    - name: undefined", "      debug:", "        msg: \"{{ nosuch }}\""]),
        },
    ];
    assert_eq!(
        plain(&[task(info), host(1, "h2", failed)]),
        "
TASK [undefined] ***************************************************************
[ERROR]: Task failed: Finalization of task args for 'ansible.builtin.debug' failed: Error while resolving value for \
'msg': 'nosuch' is undefined

Task failed.
Origin: /tmp/pb/a.yml:56:7

54     - include_tasks: inc.yml
55       loop: [1, 2]
56     - name: undefined
         ^ column 7

<<< caused by >>>

Finalization of task args for 'ansible.builtin.debug' failed.
Origin: /tmp/pb/a.yml:57:7

55       loop: [1, 2]
56     - name: undefined
57       debug:
         ^ column 7

<<< caused by >>>

Error while resolving value for 'msg': 'nosuch' is undefined
Origin: /tmp/pb/a.yml:58:14

56     - name: undefined
57       debug:
58         msg: \"{{ nosuch }}\"
                ^ column 14

fatal: [h2]: FAILED! => {\"msg\": \"Task failed: Finalization of task args for 'ansible.builtin.debug' failed: \
Error while resolving value for 'msg': 'nosuch' is undefined\"}
"
    );
}

#[test]
fn items_of_loops_have_lines_of_their_own() {
    let mut looped = info(1, "loop", "command");
    looped.looped = true;
    let mut debug = info(2, "", "debug");
    debug.looped = true;
    let loop_result = |outcome| result(outcome, json!({"changed": true, "results": []}));
    let text = plain(&[
        task(looped),
        item(
            1,
            "h1",
            json!({"k": 1, "z": [1, "x", null, true]}),
            result(Outcome::Changed, json!({"changed": true})),
        ),
        item(1, "h1", json!(2), result(Outcome::Skipped, json!({"changed": false}))),
        item(
            1,
            "h1",
            json!("b"),
            result(Outcome::Ignored, json!({"changed": true, "item": "b", "msg": "no"})),
        ),
        host(1, "h1", loop_result(Outcome::Ignored)),
        host(1, "h2", loop_result(Outcome::Skipped)),
        task(debug),
        item(
            2,
            "h1",
            json!("a"),
            result(Outcome::Ok, json!({"ansible_loop_var": "item", "item": "a", "msg": 1})),
        ),
        item(
            2,
            "h1",
            json!("b"),
            result(Outcome::Ok, json!({"ansible_loop_var": "item", "item": "b", "x": 1})),
        ),
        host(2, "h1", loop_result(Outcome::Ok)),
    ]);
    assert_eq!(
        text,
        "
TASK [loop] ********************************************************************
changed: [h1] => (item={'k': 1, 'z': [1, 'x', None, True]})
skipping: [h1] => (item=2) \n\
[ERROR]: Task failed: Module failed: no
failed: [h1] (item=b) => {\"changed\": true, \"item\": \"b\", \"msg\": \"no\"}
...ignoring
skipping: [h2]

TASK [debug] *******************************************************************
ok: [h1] => (item=a) => {
    \"msg\": 1
}
ok: [h1] => (item=b) => {
    \"item\": \"b\",
    \"x\": 1
}
"
    );
}

#[test]
fn a_diff_stands_before_its_result() {
    let mut info = info(1, "copy", "copy");
    info.diff = true;
    let changed = result(
        Outcome::Changed,
        json!({"changed": true, "diff": [
            {"before": "", "after": "x\n", "before_header": "", "after_header": "/tmp/f"},
            {"before": {"path": "/d", "state": "absent"}, "after": {"path": "/d", "state": "directory"}},
            {"before": "same", "after": "same"}
        ]}),
    );
    assert_eq!(
        plain(&[task(info), host(1, "h1", changed)]),
        "
TASK [copy] ********************************************************************
--- before
+++ after: /tmp/f
@@ -0,0 +1 @@
+x

--- before
+++ after
@@ -1,4 +1,4 @@
 {
     \"path\": \"/d\",
-    \"state\": \"absent\"
+    \"state\": \"directory\"
 }

changed: [h1]
"
    );
}

#[test]
fn retries_includes_delegates_and_secrets() {
    let mut secret = result(Outcome::Ignored, json!({"changed": true, "stdout": "psst"}));
    secret.censored = true;
    let mut delegated = result(Outcome::Changed, json!({"changed": true}));
    delegated.delegated_to = Some("h3".into());
    delegated.delegated_address = Some("10.0.0.9".into());
    let retry = |attempt| Event::Retrying {
        task: 1,
        host: "h1".into(),
        attempt,
        retries: 2,
        result: TaskResult::default(),
        time: 0.0,
    };
    let mut role = info(1, "until", "shell");
    role.role = Some("r".into());
    let included = Event::Included {
        task: 2,
        file: "/tmp/inc.yml".into(),
        hosts: vec!["h1".into(), "h2".into()],
        label: Some(json!(1)),
    };
    let text = plain(&[
        task(role),
        retry(1),
        retry(2),
        host(1, "h1", secret),
        host(1, "h2", delegated),
        task(info(2, "", "include_tasks")),
        host(2, "h1", result(Outcome::Ok, json!({}))),
        included,
    ]);
    assert_eq!(
        text,
        "
TASK [r : until] ***************************************************************
FAILED - RETRYING: [h1]: r : until (2 retries left).
FAILED - RETRYING: [h1]: r : until (1 retries left).
[ERROR]: Task failed: Module failed.
fatal: [h1]: FAILED! => {\"censored\": \"the output has been hidden due to the fact that 'no_log: true' was \
specified for this result\", \"changed\": true}
...ignoring
changed: [h2 -> h3(10.0.0.9)]

TASK [include_tasks] ***********************************************************
included: /tmp/inc.yml for h1, h2 => (item=1)
"
    );
}

#[test]
fn what_debug_was_told_to_hide_is_not_even_mentioned() {
    let mut secret = result(Outcome::Ok, json!({"changed": false, "msg": "psst"}));
    secret.censored = true;
    let text = plain(&[task(info(1, "", "debug")), host(1, "h1", secret)]);
    let heading = "TASK [debug] *******************************************************************";
    assert_eq!(text, format!("\n{heading}\nok: [h1]\n"));
}

#[test]
fn verbosity_one_shows_results_in_one_line_and_three_over_many() {
    let events = || {
        let value = json!({"changed": false, "invocation": {"module_args": {}}, "ping": "pong"});
        [task(info(1, "", "ping")), host(1, "h1", result(Outcome::Ok, value))]
    };
    assert_eq!(
        printed(Settings::default(), 1, &events()),
        "\nTASK [ping] ********************************************************************\n\
         ok: [h1] => {\"changed\": false, \"ping\": \"pong\"}\n"
    );
    assert_eq!(
        printed(Settings::default(), 3, &events()),
        "\nTASK [ping] ********************************************************************\n\
         task path: a.yml:7\nok: [h1] => {\n    \"changed\": false,\n    \"invocation\": {\n        \
         \"module_args\": {}\n    },\n    \"ping\": \"pong\"\n}\n"
    );
}

#[test]
fn headings_wait_for_results_where_hosts_or_good_results_are_hidden() {
    let settings = Settings { display_ok_hosts: false, display_skipped_hosts: false, ..Settings::default() };
    let events = [
        task(info(1, "one", "ping")),
        host(1, "h1", result(Outcome::Ok, json!({}))),
        task(info(2, "two", "ping")),
        host(2, "h1", result(Outcome::Skipped, json!({}))),
        host(2, "h2", result(Outcome::Changed, json!({}))),
    ];
    assert_eq!(
        printed(settings, 0, &events),
        "\nTASK [two] *********************************************************************\nchanged: [h2]\n"
    );
}

#[test]
fn custom_statistics_and_check_mode_are_shown_when_asked_for() {
    let settings = Settings { show_custom_stats: true, check_mode_markers: true, ..Settings::default() };
    let stat = |host: Option<&str>, data| Event::Custom {
        host: host.map(Into::into),
        data: map(data),
        aggregate: true,
    };
    let started = Event::RunStarted {
        format: 1,
        version: String::new(),
        playbooks: vec![],
        plays: vec![],
        check: true,
        diff: false,
        forks: 5,
        verbosity: 0,
        config_file: None,
        log: None,
        time: 0.0,
    };
    let events =
        [started, stat(Some("h1"), json!({"z": 1})), stat(None, json!({"x": 4, "y": [1, 2]})), finish()];
    assert_eq!(
        printed(settings, 0, &events),
        "
DRY RUN ************************************************************************

PLAY RECAP *********************************************************************


CUSTOM STATS: ******************************************************************
\th1: { \"z\": 1}

\tRUN: { \"x\": 4, \"y\": [  1,  2 ]}


DRY RUN ************************************************************************
"
    );
}

#[test]
fn an_unreachable_host_and_colours() {
    let buffer = Buffer::default();
    let mut screen = buffer.screen();
    screen.color = true;
    let mut output = Ansible::new(screen, Settings::default());
    let words = "Task failed: no route";
    let lost = host(1, "h1", result(Outcome::Unreachable, json!({"changed": false, "msg": words})));
    tell(&mut output, &[task(info(1, "", "ping")), lost, finish()]);
    assert_eq!(
        buffer.text(),
        "\nTASK [ping] ********************************************************************\n\
         \u{1b}[0;31m[ERROR]: Task failed: no route\u{1b}[0m\n\
         \u{1b}[1;31mfatal: [h1]: UNREACHABLE! => {\"changed\": false, \"msg\": \"Task failed: no route\"}\u{1b}[0m\n\
         \nPLAY RECAP *********************************************************************\n\
         \u{1b}[0;31mh1\u{1b}[0m                         : ok=0    changed=0    \u{1b}[1;31munreachable=1   \u{1b}[0m \
         failed=0    skipped=0    rescued=0    ignored=0   \n\n"
    );
}
