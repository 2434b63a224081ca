//! `baton check` and the lists of `baton run`: what is told before any host is touched.

use crate::test::Test;

const ROLE: &str = "- name: install\n  command: id\n- command: id\n";

#[test]
fn a_tree_without_mistakes_is_counted() {
    Test::new()
        .playbook("- hosts: all\n  roles: [web]\n")
        .file("roles/web/tasks/main.yml", ROLE)
        .file("roles/other/tasks/main.yml", ROLE)
        .args(["check"])
        .stdout("1 playbook, 2 roles: no mistakes\n")
        .stderr("")
        .run();
}

#[test]
fn mistakes_of_a_whole_tree_are_told_at_once() {
    Test::new()
        .playbook("- hosts: all\n  roles: [wep]\n")
        .file("roles/web/tasks/main.yml", "- debg: {}\n")
        .args(["check", "."])
        .status(4)
        .stdout("")
        .stderr(
            "error: role not found: `wep`
 --> playbook.yml:2:11
  |
2 |   roles: [wep]
  |           ^^^ no such role
  |
hint: did you mean `web`?
hint: looked for `roles/wep`, `.home/.ansible/roles/wep`, `/usr/share/ansible/roles/wep`, `/etc/ansible/roles/wep`, `wep`

error: unknown module `debg`
 --> roles/web/tasks/main.yml:1:3
  |
1 | - debg: {}
  |   ^^^^ no module or action of this name
  |
hint: did you mean `debug`?

2 errors
",
        )
        .run();
}

#[test]
fn lists_of_other_programs_are_no_tasks() {
    Test::new()
        .playbook("- hosts: all\n")
        .file("watches.yaml", "- version: v1\n  group: example.com\n  kind: Benchmark\n  playbook: p.yml\n")
        .args(["check"])
        .stdout("1 playbook: no mistakes\n")
        .stderr("")
        .run();
}

#[test]
fn a_playbook_without_plays_is_a_mistake() {
    Test::new()
        .playbook("---\n")
        .args(["run", "playbook.yml"])
        .status(4)
        .stdout("")
        .stderr("error: the playbook is empty\nhint: begin each play with `- hosts:`\n\n1 error\n")
        .run();
}

#[test]
fn nothing_to_check_is_a_mistake() {
    Test::new().args(["check", "nowhere"]).status(4).stdout("").run();
}

#[test]
fn tasks_tags_and_hosts_are_listed_as_ansible_lists_them() {
    Test::new()
        .playbook(
            "- name: first play
  hosts: web:db
  tags: [p]
  roles:
  - {role: web, tags: r}
  pre_tasks:
  - name: pre
    debug:
  tasks:
  - name: blocky
    block:
    - name: inner
      debug:
      tags: [b, a]
    rescue:
    - name: res
      debug:
  - import_tasks: more.yml
    tags: imp
  - name: nev {{ x }}
    debug:
    tags: never
- hosts: nobody
",
        )
        .file("more.yml", "- name: from more\n  debug:\n")
        .file("roles/web/tasks/main.yml", ROLE)
        .args(["run", "playbook.yml", "--list-tasks", "--list-tags", "--list-hosts"])
        .inventory("[web]\nw1\nw2\n[db]\nd1\n[nobody]\n")
        .stdout(
            "
playbook: playbook.yml

  play #1 (web:db): first play\tTAGS: [p]
    pattern: ['web:db']
    hosts (3):
      w1
      w2
      d1
    tasks:
      pre\tTAGS: [p]
      web : install\tTAGS: [p, r]
      command\tTAGS: [p, r]
      inner\tTAGS: [a, b, p]
      from more\tTAGS: [imp, p]
      nev {{ x }}\tTAGS: [never, p]
      TASK TAGS: [a, b, imp, never, p, r]

  play #2 (nobody): nobody\tTAGS: []
    pattern: ['nobody']
    hosts (0):
    tasks:
      TASK TAGS: []
",
        )
        .run();
}

#[test]
fn what_only_a_run_needs_is_listed_as_written() {
    Test::new()
        .playbook(
            "- hosts: \"{{ groups['gone'] | default(omit) }}\"
  remote_user: '{{ nobody }}'
  tasks:
  - include_role: {name: web}
- hosts: all
  strategy: mitogen_linear
  become_user: '{{ nobody }}'
",
        )
        .inventory("a\n")
        .args(["run", "playbook.yml", "--list-tasks", "--list-hosts"])
        .stdout(
            "
playbook: playbook.yml

  play #1 (): \tTAGS: []
    pattern: None
    hosts (0):
    tasks:
      include_role\tTAGS: []

  play #2 (all): all\tTAGS: []
    pattern: ['all']
    hosts (1):
      a
    tasks:
",
        )
        .run();
}
