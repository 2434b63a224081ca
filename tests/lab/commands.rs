//! Modules that run what the user names.

use crate::host::look;
use crate::play::Play;

#[test]
fn command_tells_what_was_said_and_how_it_ended() {
    let tasks = "
- name: said
  command: sh -c 'echo out; echo err >&2'
- name: argv
  command: {argv: [echo, 'two  words', $HOME], expand_argument_vars: false}
- name: expanded
  command: echo $HOME
- name: failed
  command: sh -c 'echo bad >&2; exit 3'
  ignore_errors: true
- name: missing
  command: no-such-program
  ignore_errors: true
- name: where
  command: {cmd: pwd, chdir: /usr/lib}
- name: typed
  command: {cmd: cat, stdin: typed}
";
    let ran = Play::on("lab1").tasks(tasks).run();
    let said = ran.result("lab1", "said");
    assert_eq!((&said["stdout"], &said["stderr"], &said["rc"]), (&"out".into(), &"err".into(), &0.into()));
    assert_eq!(ran.result("lab1", "argv")["stdout"], "two  words $HOME");
    assert_eq!(ran.result("lab1", "expanded")["stdout"], "/home/deploy");
    let failed = ran.result("lab1", "failed");
    assert_eq!((&failed["rc"], &failed["stderr"]), (&3.into(), &"bad".into()));
    assert_eq!(ran.result("lab1", "missing")["rc"], 2);
    assert_eq!(ran.result("lab1", "where")["stdout"], "/usr/lib");
    assert_eq!(ran.result("lab1", "typed")["stdout"].as_str().map(str::trim_end), Some("typed"));
    assert_eq!(ran.count("lab1", "ignored"), 2);
}

#[test]
fn command_runs_only_while_creates_is_missing() {
    let tasks = "- command: {cmd: touch /srv/created, creates: /srv/created}";
    let play = Play::on("lab1").as_root().tasks(tasks);
    let checked = play.clone().args(["--check"]).run();
    assert_eq!(look("lab1", "ls /srv | grep -c '^created$'; true"), "0");
    assert_eq!(checked.count("lab1", "failed"), 0);
    assert_eq!(play.run().count("lab1", "changed"), 1);
    assert_eq!(play.run().count("lab1", "changed"), 0);
    look("lab1", "rm /srv/created");
}

#[test]
fn shell_knows_pipes_and_the_environment_of_the_task() {
    let tasks = "
- name: piped
  shell: printf 'b\\na\\n' | sort | tr '\\n' ' '; echo $FRUIT
  environment: {FRUIT: apple pie}
";
    for host in ["lab1", "busybox1"] {
        assert_eq!(Play::on(host).tasks(tasks).run().result(host, "piped")["stdout"], "a b apple pie");
    }
}

#[test]
fn script_runs_a_local_file_and_leaves_no_trace() {
    let script = "#!/bin/sh\necho \"$0 has $1\" | sed 's/.*has/it has/'\n";
    let play = Play::on("lab1,busybox1")
        .file("files/say.sh", script)
        .tasks("- name: said\n  script: say.sh 'two words'");
    let ran = play.run();
    for host in ["lab1", "busybox1"] {
        assert_eq!(ran.result(host, "said")["stdout"].as_str().map(str::trim_end), Some("it has two words"));
        assert_eq!(look(host, "find / -xdev -name '*say.sh*' 2>/dev/null | head -3; true"), "");
    }
}

#[test]
fn raw_needs_nothing_on_the_host() {
    let ran = Play::on("lab3").tasks("- name: said\n  raw: echo $((6 * 7)); exit 0").run();
    assert_eq!(ran.result("lab3", "said")["stdout"].as_str().map(str::trim_end), Some("42"));
}
