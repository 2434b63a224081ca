//! The task debugger: what it shows, changes and lets run again.

use std::io::Write;
use std::process::Stdio;

use crate::test::Test;

/// A run of a playbook with these lines typed: its exit status, and all that it said.
fn typed(playbook: &str, lines: &str, environment: &[(&str, &str)]) -> (i32, String) {
    let inventory = "one ansible_connection=local\ntwo ansible_connection=local\n";
    let test = Test::new().playbook(playbook).inventory(inventory).args([
        "run",
        "playbook.yml",
        "--no-log",
        "--output",
        "ansible",
    ]);
    let test = environment.iter().fold(test, |test, (name, value)| test.env(name, value));
    let mut child = test.command().stdin(Stdio::piped()).spawn().expect("a started baton");
    child.stdin.take().expect("its input").write_all(lines.as_bytes()).expect("lines that it reads");
    let output = child.wait_with_output().expect("its end");
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stdout).into_owned())
}

const ONCE: &str = r#"- hosts: all
  gather_facts: false
  vars: {word: "{{ 'wr' ~ 'ong' }}"}
  debugger: on_failed
  tasks:
    - name: once
      assert: {that: word == 'right', fail_msg: "it is {{ word }}"}
      run_once: true
    - name: after
      debug: {msg: "after on {{ inventory_hostname }}"}
"#;

#[test]
fn an_argument_is_changed_and_the_task_runs_again() {
    let lines = "p task.args\np result._result.msg\ntask.args['that'] = []\np task.args.that\nr\n";
    let (status, said) = typed(ONCE, lines, &[]);
    assert_eq!(status, 0, "{said}");
    assert!(said.contains("[one] TASK: once (debug)> {"), "{said}");
    assert!(
        said.contains("'fail_msg': 'it is {{ word }}'") && said.contains("'that': \"word == 'right'\""),
        "{said}"
    );
    assert!(said.contains("(debug)> 'it is wrong'\n") && said.contains("(debug)> []\n"), "{said}");
    assert!(said.contains("after on one") && said.contains("after on two"), "{said}");
    let recap = said.lines().find(|line| line.starts_with("one ")).unwrap_or_default();
    assert!(recap.contains("ok=2 ") && recap.contains("failed=0"), "{said}");
}

#[test]
fn a_variable_is_changed_and_counts_once_the_task_is_updated() {
    let playbook = r#"- hosts: one
  gather_facts: false
  vars: {word: wrong}
  tasks:
    - name: fails
      fail: {msg: "{{ word }}!"}
      debugger: on_failed
"#;
    let lines = "task_vars['word'] = 'right'\np task.args\nu\np task.args['msg']\nc\n";
    let (status, said) = typed(playbook, lines, &[]);
    assert_eq!(status, 2, "{said}");
    assert!(said.contains("(debug)> {'msg': '{{ word }}!'}\n"), "{said}");
    assert!(said.contains("(debug)> 'right!'\n"), "{said}");
}

#[test]
fn what_is_typed_may_be_a_template_but_what_a_host_said_is_none() {
    let playbook = r#"- hosts: one
  gather_facts: false
  tasks:
    - name: says
      command: "echo {% raw %}{{ 1 + 1 }}{% endraw %}"
      register: said
    - name: fails
      fail: {msg: ""}
      debugger: always
"#;
    let lines =
        "task.args['msg'] = 'typed {{ 1 + 1 }}'\nr\ntask.args['msg'] = task_vars['said'].stdout\nr\nq\n";
    let (status, said) = typed(playbook, lines, &[]);
    assert_eq!(status, 99, "{said}");
    assert!(said.contains("typed 2") && said.contains("\"msg\": \"{{ 1 + 1 }}\""), "{said}");
}

#[test]
fn it_starts_when_the_keyword_the_strategy_or_the_setting_says_so() {
    let playbook = |keywords: &str| {
        format!(
            "- hosts: one\n  gather_facts: false\n  {keywords}\n  tasks:\n    - command: 'false'\n      \
             ignore_errors: \"{{{{ forgive | default(false) }}}}\"\n    - debug:\n      when: false\n"
        )
    };
    let starts = |keywords: &str, environment: &[(&str, &str)]| {
        typed(&playbook(keywords), "c\nc\nc\n", environment).1.matches("(debug)> ").count()
    };
    assert_eq!(starts("debugger: never", &[("ANSIBLE_ENABLE_TASK_DEBUGGER", "1")]), 0);
    assert_eq!(starts("tags: x", &[("ANSIBLE_ENABLE_TASK_DEBUGGER", "1")]), 1);
    assert_eq!(starts("tags: x", &[]), 0);
    assert_eq!(starts("strategy: debug", &[]), 1);
    assert_eq!(starts("debugger: on_failed\n  vars: {forgive: true}", &[]), 0);
    assert_eq!(starts("debugger: on_unreachable", &[]), 0);
    assert_eq!(starts("debugger: on_skipped\n  vars: {forgive: true}", &[]), 1);
    assert_eq!(starts("debugger: always\n  vars: {forgive: true}", &[]), 2);
}
