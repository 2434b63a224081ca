//! `--step`: what is asked, and what the answers do.

use std::io::Write;
use std::process::Stdio;

use crate::test::Test;

const PLAYBOOK: &str = "\
- hosts: one, two
  gather_facts: false
  tasks:
    - {name: first, debug: {msg: hello}, changed_when: true, notify: told}
    - {name: second, debug: {msg: hello}}
    - {name: third, debug: {msg: hello}}
  handlers:
    - {name: told, debug: {msg: hello}}
";

/// What ran, with these answers, and what was asked.
fn answered(lines: &str, environment: &[(&str, &str)]) -> (Vec<String>, String) {
    let test = Test::new()
        .playbook(PLAYBOOK)
        .inventory("one ansible_connection=local\ntwo ansible_connection=local\n")
        .args(["run", "playbook.yml", "--step", "--no-log"]);
    let test = environment.iter().fold(test, |test, (name, value)| test.env(name, value));
    let mut command = test.command();
    let piped = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = piped.spawn().expect("a started baton");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("lines that it reads");
    let output = child.wait_with_output().expect("its end");
    assert!(output.status.success());
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let ran = said.lines().map(|line| line.trim_start_matches("handler "));
    let ran = ran.filter(|line| ["first", "second", "third", "told"].contains(line));
    (ran.map(str::to_owned).collect(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn each_task_is_asked_for_once_and_runs_only_when_wanted() {
    let (ran, asked) = answered("y\n\nyes\nY\n", &[]);
    assert_eq!(ran, ["first", "third", "told"]);
    assert_eq!(asked.matches("(N)o/(y)es/(c)ontinue: ").count(), 4, "{asked}");
    assert!(
        asked.starts_with("Perform task: TASK: first (N)o/(y)es/(c)ontinue: Perform task: TASK: second ")
    );
    assert!(asked.contains("Perform task: HANDLER: told "), "{asked}");
}

#[test]
fn the_rest_runs_without_being_asked_for_once_the_user_says_so() {
    let (ran, asked) = answered("n\nc\n", &[]);
    assert_eq!(ran, ["second", "third"]);
    assert_eq!(asked.matches("Perform task").count(), 2);
}

#[test]
fn where_nobody_answers_nothing_runs() {
    assert_eq!(answered("", &[]).0, Vec::<String>::new());
}

#[test]
fn hosts_that_do_not_wait_for_each_other_are_asked_for_one_by_one() {
    let (_, asked) = answered("y\ny\ny\ny\n", &[("ANSIBLE_STRATEGY", "free")]);
    assert!(asked.contains("Perform task: TASK: first on one (N)o"), "{asked}");
    assert!(asked.contains("Perform task: TASK: first on two (N)o"), "{asked}");
}
