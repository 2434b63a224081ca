//! What a run prints, in every form, and that a recorded run prints the same again.

use std::os::unix::fs::PermissionsExt;

use crate::test::Test;

/// Something of everything on this machine: changes, text, a loop, a difference, a rescue, a failure.
const PLAYBOOK: &str = "\
- name: A bit of everything
  hosts: one, two
  gather_facts: false
  tasks:
    - name: Say
      debug:
        msg: hello {{ inventory_hostname }}
    - name: Loop
      command: echo {{ item }}
      loop: [a, b]
      changed_when: item == 'a'
    - name: Write
      copy:
        content: |
          text
        dest: \"{{ playbook_dir }}/{{ inventory_hostname }}.txt\"
      notify: Tell
    - name: Never
      command: echo never
      when: false
    - block:
        - name: Break
          shell: echo out; echo cannot do it >&2; exit 3
      rescue:
        - name: Mend
          debug:
            msg: mended
    - name: Fail on one
      fail:
        msg: on purpose
      when: inventory_hostname == 'two'
  handlers:
    - name: Tell
      command: echo told
";

const HOSTS: &str = "one ansible_connection=local\ntwo ansible_connection=local\n";

fn run() -> Test {
    // One after the other, so that the order of hosts is the same every time.
    Test::new()
        .args(["run", "playbook.yml"])
        .inventory(HOSTS)
        .args(["--forks", "1"])
        .playbook(PLAYBOOK)
        .file("one.txt", "old\n")
        .file("two.txt", "old\n")
        .status(2)
}

#[test]
fn the_default_output_says_what_changed_and_what_failed() {
    run()
        .args(["--diff", "--no-log"])
        .stderr("")
        .stdout(
            "play A bit of everything: 2 hosts
Say
  one: hello one
  two: hello two
Loop
  one, two: changed: a (1 of 2 items)
Write
  one: changed
    --- before: TMP/one.txt
    +++ after: TMP/one.txt
    @@ -1 +1 @@
    -old
    +text
  two: changed
    --- before: TMP/two.txt
    +++ after: TMP/two.txt
    @@ -1 +1 @@
    -old
    +text
Break
  one, two: failed, rescued: cannot do it (exit code 3)
Mend
  one, two: mended
Fail on one
  two: failed: on purpose
    at playbook.yml:28
handler Tell
  one: changed
done in TIME
  two  4 ok, 2 changed, 1 failed, 1 rescued, 1 skipped  TIME
  one  5 ok, 3 changed, 1 rescued, 2 skipped  TIME
hint: handlers did not run on two: `Tell`
hint: again for these hosts: baton run playbook.yml … --limit two
",
        )
        .run();
}

#[test]
fn a_replayed_run_prints_what_the_run_printed() {
    for format in ["default", "ansible", "minimal", "oneline", "json", "junit"] {
        let test = run().args(["--log", "run.jsonl", "--output", format]);
        let printed = test.command().output().expect("a run");
        assert_eq!(printed.status.code(), Some(2), "{}", String::from_utf8_lossy(&printed.stderr));
        let mode = test.path().join("run.jsonl").metadata().expect("the record").permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        let failed = std::fs::read_to_string(test.path().join("run.failed")).expect("the list");
        assert_eq!(failed, "two\n");
        let replay = Test::new()
            .file("run.jsonl", &std::fs::read_to_string(test.path().join("run.jsonl")).expect("the record"))
            .args(["replay", "run.jsonl", "--output", format]);
        let again = replay.command().output().expect("a replay");
        assert_eq!(again.status.code(), Some(2), "{}", String::from_utf8_lossy(&again.stderr));
        assert_eq!(
            String::from_utf8_lossy(&printed.stdout),
            String::from_utf8_lossy(&again.stdout),
            "{format}"
        );
    }
}

#[test]
fn runs_are_recorded_in_the_state_directory_unless_told_not_to() {
    let test = run();
    let file = test.path().join("one.txt").display().to_string();
    let outcome = test.env("XDG_STATE_HOME", &file).run();
    assert!(outcome.stderr.contains("the run is not recorded"), "{}", outcome.stderr);
    let outcome = run().run();
    let runs: Vec<_> =
        std::fs::read_dir(outcome.path(".home/.local/state/baton/runs")).expect("runs").collect();
    assert_eq!(runs.len(), 2, "a record and a list of the hosts that failed: {runs:?}");
    let outcome = run().args(["--no-log"]).run();
    assert!(!outcome.exists(".home/.local"));
}

#[test]
fn interrupted_runs_finish_what_they_do_and_end_with_99() {
    let playbook = "\
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: Wait
      shell: touch begun; sleep 1; touch done
      args:
        chdir: \"{{ playbook_dir }}\"
    - name: Not any more
      command: touch later
";
    let test = Test::new().args(["run", "playbook.yml", "--no-log"]).playbook(playbook);
    let child = test.command().spawn().expect("a run");
    while !test.path().join("begun").exists() {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    let interrupt = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.expect("kill").success());
    let output = child.wait_with_output().expect("its end");
    let text = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(99), "{text}");
    assert!(test.path().join("done").exists() && !test.path().join("later").exists());
    assert!(text.contains("Wait\n  localhost: changed\ninterrupted in "), "{text}");
}

#[test]
fn hosts_to_retry_are_listed_in_a_file_where_the_settings_want_it() {
    let beside = run()
        .args(["--no-log", "--output", "json"])
        .env("ANSIBLE_RETRY_FILES_ENABLED", "1")
        .stderr("hint: to retry, use: --limit @TMP/playbook.retry\n")
        .run();
    assert_eq!(beside.read("playbook.retry"), "two\n");
    let mode = std::fs::metadata(beside.path("playbook.retry")).expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);

    let elsewhere = run().args(["--limit", "one"]).env("ANSIBLE_RETRY_FILES_ENABLED", "1").status(0).run();
    assert!(!elsewhere.exists("playbook.retry"), "nobody failed");
    let elsewhere = run()
        .env("ANSIBLE_RETRY_FILES_ENABLED", "1")
        .env("ANSIBLE_RETRY_FILES_SAVE_PATH", &beside.path("kept/there").to_string_lossy())
        .run();
    assert!(!elsewhere.exists("playbook.retry"));
    assert_eq!(beside.read("kept/there/playbook.retry"), "two\n");
}
